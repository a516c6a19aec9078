#pragma once
#include <string>
#include <string_view>

namespace xinglin::office {

/// Text or attribute value for XML 1.0 and HTML; characters they cannot carry (controls) are left out.
std::string escape_xml(std::string_view text);

} // namespace xinglin::office
