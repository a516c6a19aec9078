#pragma once
// Forms and indicators as FHIR definitions. Internal to server/program.

#include "server/package/model.h"
#include "server/store/store.h"

#include <string>
#include <vector>

namespace xinglin::program {

struct Definition {
  std::string type, id, json;
};

/// A Questionnaire for each form, a Measure for each indicator, ordered. Ids are those of the package with hyphens.
std::vector<Definition> definitions(const package::Catalog& catalog);

/// Writes those that changed since last time, and notes from which commit on the catalog is in use.
void install_definitions(store::Store& store, const package::Catalog& catalog);

} // namespace xinglin::program
