#include "lib/office/docx.h"

#include "lib/office/escape.h"
#include "server/document/evaluate.h"
#include "server/document/findings.h"
#include "server/document/report.h"

#include <fmt/format.h>

namespace xinglin::document {

namespace {

office::DocxParagraph::Style style_of(Paragraph::Kind kind) {
  switch (kind) {
  case Paragraph::Kind::title: return office::DocxParagraph::Style::title;
  case Paragraph::Kind::heading1: return office::DocxParagraph::Style::heading1;
  case Paragraph::Kind::heading2: return office::DocxParagraph::Style::heading2;
  case Paragraph::Kind::heading3: return office::DocxParagraph::Style::heading3;
  case Paragraph::Kind::body: break;
  }
  return office::DocxParagraph::Style::body;
}

std::string bookmark(int figure) {
  return fmt::format("figure_{}", figure + 1);
}

/// The address of each bookmark, kept in the file itself: names of bookmarks are too short for addresses.
std::string figures_xml(const Report& report) {
  std::string out = fmt::format(
      R"(<?xml version="1.0" encoding="UTF-8"?><figures xmlns="urn:xinglin:figures" template="{}" templateHash="{}" asOf="{}">)",
      office::escape_xml(report.template_id), report.template_hash, report.as_of.to_string());
  for (size_t i = 0; i < report.figures.size(); ++i) {
    const auto& figure = report.figures[i];
    out += fmt::format(R"(<figure bookmark="{}" address="{}" format="{}" digest="{}")", bookmark(static_cast<int>(i)),
                       office::escape_xml(figure.figure.address.to_string()), office::escape_xml(figure.format),
                       figure.digest);
    if (figure.compared)
      out += fmt::format(R"( compared="{}")", office::escape_xml(figure.compared->address.to_string()));
    out += ">" + office::escape_xml(figure.text) + "</figure>";
  }
  return out + "</figures>";
}

} // namespace

std::string to_docx(const Report& report, std::string_view base_url) {
  office::Docx document;
  document.title = report.title();
  document.creator = report.org_name;
  document.subject = period_in_words(report.period);
  document.description = fmt::format("{}@{} {}", report.template_id, report.template_hash, report.as_of.to_string());
  document.custom_xml = figures_xml(report);
  auto link = [&](const indicator::Address& address) {
    return base_url.empty() ? std::string() : trace_link(address, base_url);
  };
  for (const auto& paragraph : report.paragraphs) {
    office::DocxParagraph out;
    out.style = style_of(paragraph.kind);
    for (const auto& run : paragraph.runs) {
      if (run.figure < 0) {
        out.runs.push_back({run.text, {}, {}, {}});
        continue;
      }
      const auto& figure = report.figures[static_cast<size_t>(run.figure)].figure;
      out.runs.push_back(
          {run.text, bookmark(run.figure), link(figure.address), figure.indicator ? figure.indicator->title.zh : ""});
    }
    document.blocks.emplace_back(std::move(out));
  }
  if (!report.findings.empty()) {
    document.blocks.emplace_back(office::DocxParagraph{
        office::DocxParagraph::Style::heading1, {{std::string(k_findings_title), {}, {}, {}}}, true});
    document.blocks.emplace_back(
        office::DocxParagraph{office::DocxParagraph::Style::note, {{std::string(k_findings_note), {}, {}, {}}}, false});
    for (size_t i = 0; i < report.findings.size(); ++i) {
      const auto& finding = report.findings[i];
      office::DocxParagraph out{
          office::DocxParagraph::Style::body, {{fmt::format("{}. {}", i + 1, finding.text.zh), {}, {}, {}}}, false};
      document.blocks.emplace_back(std::move(out));
      for (const auto& address : finding.addresses)
        document.blocks.emplace_back(office::DocxParagraph{
            office::DocxParagraph::Style::note, {{address.to_string(), {}, link(address), {}}}, false});
    }
  }
  return office::write_docx(document);
}

} // namespace xinglin::document
