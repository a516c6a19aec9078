#pragma once
// What the text of a reference names, without fetching it.

#include "lib/fhirpath/model.h"

#include <string_view>

namespace xinglin::fhirpath {

/// "Patient/1" of "http://x/fhir/Patient/1/_history/2", a part of that text; empty when it names no resource.
struct ReferenceKey {
  std::string_view key;
  std::string_view type() const { return key.substr(0, key.find('/')); }
};
/// `wanted`: the type it has to be of; null = any.
ReferenceKey reference_key(std::string_view reference, const TypeInfo* wanted = nullptr);

} // namespace xinglin::fhirpath
