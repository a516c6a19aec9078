#pragma once
// XML inside Office files: escaping on the way out; parsing with limits on the way in.

#include "lib/office/escape.h"

#include <pugixml.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace xinglin::office {

inline constexpr int k_xml_depth_max = 128;         ///< deepest element taken; a docx in use has about 30
inline constexpr size_t k_xml_tags_max = 6'000'000; ///< opening and closing tags in one part: memory is bounded by it

/// Parses a part (`name` is for messages). No entities beyond the five of XML are expanded, no outside ones are read.
/// Throws Refused(malformed) with the part and the byte offset, Refused(too_large) over a limit.
void parse_xml(pugi::xml_document& document, std::string_view bytes, std::string_view name);

/// Element name without its prefix.
std::string_view local_name(const pugi::xml_node& node);
/// First child element with that local name; empty when there is none.
pugi::xml_node child_of(const pugi::xml_node& node, std::string_view local);
/// Attribute by local name ("" when absent).
std::string_view attribute_of(const pugi::xml_node& node, std::string_view local);

} // namespace xinglin::office
