#pragma once
// What author's SQL may say: the written allowlist of docs/sql.md, looked up in the tree that DuckDB's own parser
// gives, so that DuckDB and PostgreSQL read a query alike and every figure is exact.

#include "lib/fhir/json.h"

#include <set>
#include <string>
#include <vector>

namespace xinglin::package {

/// What a query does that it may not, with the place in its text.
struct SqlProblem {
  std::string text; ///< with the mend
  size_t offset = 0;
};

struct SqlReading {
  std::vector<SqlProblem> problems;
  std::set<std::string> tables; ///< read by plain name (its own CTEs left out)
};

/// Looks through the result of json_serialize_sql().
SqlReading read_sql_tree(fhir::Node tree);

/// The functions that may be called, sorted.
std::vector<std::string> sql_functions();

/// `:first` and `:last` (outside strings and comments) replaced; line breaks stay where they are.
std::string replace_period(std::string_view sql, std::string_view first, std::string_view last);

} // namespace xinglin::package
