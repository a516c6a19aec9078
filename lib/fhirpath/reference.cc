#include "lib/fhirpath/reference.h"

#include "lib/fhir/definitions.h"

namespace xinglin::fhirpath {

ReferenceKey reference_key(std::string_view reference, const TypeInfo* wanted) {
  size_t slash = reference.find('/');
  if (slash == std::string_view::npos) return {};
  size_t start = 0;
  if (reference.find('/', slash + 1) != std::string_view::npos) { // more than Type/id
    reference = reference.substr(0, reference.find("/_history/"));
    slash = reference.rfind('/');
    if (slash == std::string_view::npos || slash == 0) return {};
    start = reference.rfind('/', slash - 1) + 1; // 0 when there is none
  }
  if (slash + 1 == reference.size()) return {};
  const std::string_view type = reference.substr(start, slash - start);
  if (wanted ? type != wanted->name : !fhir::is_resource_type(type)) return {};
  return {reference.substr(start)};
}

} // namespace xinglin::fhirpath
