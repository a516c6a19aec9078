#pragma once
// The bare names in a query, without parsing it: enough to know which tables and facts it may read.

#include <string>
#include <string_view>
#include <vector>

namespace xinglin::package {

/// Every identifier outside strings, quoted names and comments, in lower case, each once, in order of appearance.
/// A superset of the tables and facts the query reads.
std::vector<std::string> names_in_sql(std::string_view sql);

} // namespace xinglin::package
