#include "lib/office/xml.h"

#include "lib/base/issue.h"

#include <fmt/format.h>

#include <algorithm>

namespace xinglin::office {

using base::Refusal;
using base::Refused;

std::string escape_xml(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    switch (c) {
    case '&': out += "&amp;"; break;
    case '<': out += "&lt;"; break;
    case '>': out += "&gt;"; break;
    case '"': out += "&quot;"; break;
    default:
      if (static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n') out += c;
    }
  }
  return out;
}

void parse_xml(pugi::xml_document& document, std::string_view bytes, std::string_view name) {
  // A node costs many times its text, so the count is bounded before the tree is built.
  if (static_cast<size_t>(std::count(bytes.begin(), bytes.end(), '<')) > k_xml_tags_max)
    throw Refused(Refusal::too_large, "too-long",
                  fmt::format("{} has more than {} XML tags; split the file", name, k_xml_tags_max));
  auto result = document.load_buffer(bytes.data(), bytes.size(), pugi::parse_default | pugi::parse_ws_pcdata);
  if (!result)
    throw Refused(Refusal::malformed, "structure",
                  fmt::format("{} is not well-formed XML at byte {}: {}", name, result.offset, result.description()));
  int depth = 0;
  for (pugi::xml_node node = document.first_child(); node;) {
    if (node.first_child()) {
      if (++depth >= k_xml_depth_max)
        throw Refused(Refusal::too_large, "too-long",
                      fmt::format("{} nests deeper than {} elements", name, k_xml_depth_max));
      node = node.first_child();
      continue;
    }
    while (node && !node.next_sibling()) {
      node = node.parent();
      --depth;
    }
    if (node) node = node.next_sibling();
  }
}

std::string_view local_name(const pugi::xml_node& node) {
  std::string_view name = node.name();
  auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child_of(const pugi::xml_node& node, std::string_view local) {
  for (pugi::xml_node child : node.children())
    if (local_name(child) == local) return child;
  return {};
}

std::string_view attribute_of(const pugi::xml_node& node, std::string_view local) {
  for (pugi::xml_attribute attribute : node.attributes()) {
    std::string_view name = attribute.name();
    auto colon = name.find(':');
    if ((colon == std::string_view::npos ? name : name.substr(colon + 1)) == local) return attribute.value();
  }
  return {};
}

} // namespace xinglin::office
