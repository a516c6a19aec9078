#pragma once
// Words that have a meaning already: of SQL, of the tables, of code systems. Internal to server/package but for what
// programs need to make resources.

#include <string>
#include <string_view>
#include <vector>

namespace xinglin::package {

/// One of the columns every table may have (record, subject, org, ...).
bool is_common_column(std::string_view id);
/// A common column, or a word that SQL keeps for itself (in DuckDB or PostgreSQL).
bool is_reserved_column(std::string_view id);
bool is_option_code(std::string_view code);
std::vector<std::string> item_type_words();

/// "an integer", "a text".
std::string with_article(std::string_view word);

/// "loinc|8480-6" → {"http://loinc.org", "8480-6"}; a URL before the bar stays as it is. Both empty when it is neither.
struct SystemCode {
  std::string system, code;
};
SystemCode parse_code(std::string_view text);
/// The short names of code systems that parse_code knows.
std::vector<std::string> system_words();

} // namespace xinglin::package
