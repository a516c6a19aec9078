#pragma once
// The text of a search, taken apart: https://hl7.org/fhir/R4/search.html. Says nothing of how it is answered.

#include "lib/base/issue.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::store {

inline constexpr size_t k_search_bytes_max = 65'536;  ///< of the query
inline constexpr size_t k_search_criteria_max = 50;   ///< parameters
inline constexpr size_t k_search_values_max = 500;    ///< values of one parameter (comma: any of them)
inline constexpr int64_t k_search_count_default = 50; ///< resources on a page
inline constexpr int64_t k_search_count_max = 1000;   ///< more is taken for this many
inline constexpr size_t k_search_sort_max = 5;        ///< sort keys
inline constexpr int64_t k_search_include_max = 5000; ///< resources a page brings along
inline constexpr int k_search_include_depth_max = 5;  ///< rounds of :iterate

/// One criterion: any of the values has to match.
struct Criterion {
  std::string name;                    ///< as written, for messages: "subject:Patient.name"
  std::string code;                    ///< "subject"
  std::string modifier;                ///< "exact", "not", "Patient", ... without the colon; empty = none
  std::string chain;                   ///< what follows the dot: "name:exact"; empty = no chain
  std::string has_type, has_reference; ///< _has:Observation:subject:code → these two, and `chain` is "code"
  std::vector<std::string> values;     ///< decoded, escapes (\, \| \$) still in
};

struct SortKey {
  std::string code;
  bool is_descending = false;
};

struct Include {
  std::string type, code, target; ///< "Observation", "subject", "Patient"; code "*" = all; target empty = any
  bool is_iterative = false;
};

struct Query {
  std::vector<Criterion> criteria;
  std::vector<SortKey> sort;
  int64_t count = k_search_count_default;
  bool wants_total = false; ///< _total=accurate
  bool only_count = false;  ///< _summary=count or _count=0
  std::vector<Include> includes, reverse_includes;
  std::string cursor;         ///< of the page before
  std::string without_cursor; ///< the query as it came, without the cursor: the next page asks the same
};

inline constexpr std::string_view k_cursor_parameter = "_cursor";

/// Throws Refused(malformed or too_large) for what cannot be read.
Query parse_query(std::string_view text);
/// What a conditional create, update or delete asks: criteria, at least one, and nothing that would choose among what
/// they match (_count, _sort, ...). Throws Refused as parse_query does.
Query parse_condition(std::string_view text);
/// A criterion out of its name and value: also for what stands after a dot or in _has.
Criterion parse_criterion(std::string_view name, std::string_view value);
/// Parts of a value at an unescaped separator; the escapes stay.
std::vector<std::string> split_value(std::string_view value, char separator);
/// Takes the escapes out.
std::string unescape(std::string_view value);
std::string percent_decode(std::string_view text);

} // namespace xinglin::store
