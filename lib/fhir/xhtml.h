#pragma once
// The XHTML a Narrative may hold: https://hl7.org/fhir/R4/narrative.html#xhtml (txt-1, txt-2). Text that reaches a
// browser later must carry no script, so everything that is not listed is refused.

#include <string>
#include <string_view>
#include <vector>

namespace xinglin::fhir {

constexpr int k_xhtml_depth_max = 100; ///< of nested elements

/// What is wrong with the text of Narrative.div and how to mend it; empty when nothing is. `open_links`, if given, gets
/// the targets x of links #x that are not an id or name within the text (they may name a contained resource).
std::string check_xhtml(std::string_view text, std::vector<std::string_view>* open_links = nullptr);

} // namespace xinglin::fhir
