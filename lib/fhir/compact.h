#pragma once
// JSON without white space between its parts; numbers and texts as they were written.

#include "lib/fhir/json.h"

#include <string>

namespace xinglin::fhir {

void append_compact(std::string& out, Node node);

} // namespace xinglin::fhir
