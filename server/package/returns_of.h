#pragma once
// Which returns a figure rests on, read off the package itself.

#include "server/package/model.h"

#include <set>
#include <string>
#include <vector>

namespace xinglin::package {

/// The returns (forms with a cycle) that the figures are counted from: by their queries, by way of facts, of their
/// repeating parts, of a rate's population, and of the figures they derive from. The indicators are those of a checked
/// catalog; ids that are not there are passed over.
std::set<std::string> returns_of(const std::vector<std::string>& indicators, const Catalog& catalog);

} // namespace xinglin::package
