#pragma once
// The XHTML a Narrative may hold: https://hl7.org/fhir/R4/narrative.html#xhtml (txt-1, txt-2). Text that reaches a
// browser later must carry no script, so everything that is not listed is refused.

#include <string>
#include <string_view>

namespace xinglin::fhir {

constexpr int k_xhtml_depth_max = 100; ///< of nested elements

/// What is wrong with the text of Narrative.div and how to mend it; empty when nothing is.
std::string check_xhtml(std::string_view text);

} // namespace xinglin::fhir
