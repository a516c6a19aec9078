#include "server/document/report.h"

namespace xinglin::document {

std::string Report::text() const {
  std::string out;
  for (const auto& paragraph : paragraphs) {
    for (const auto& run : paragraph.runs)
      out += run.text;
    out += '\n';
  }
  return out;
}

std::string Report::title() const {
  for (const auto& paragraph : paragraphs) {
    if (paragraph.kind != Paragraph::Kind::title) continue;
    std::string out;
    for (const auto& run : paragraph.runs)
      out += run.text;
    return out;
  }
  return template_id;
}

} // namespace xinglin::document
