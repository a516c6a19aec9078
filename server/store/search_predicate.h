#pragma once
// One criterion of a search as SQL: the set of resources it selects, and the question whether a given one is among
// them.

#include "server/store/search_index.h"
#include "server/store/search_query.h"

#include <functional>
#include <map>
#include <variant>

namespace xinglin::store {

/// A parameter the index does not hold yet.
struct NeededUnit {
  std::string type, code;
  Variant variant = Variant::values;
  bool operator==(const NeededUnit&) const = default;
};
/// SQL with its values. Values never stand in the text.
struct Sql {
  std::string text;
  std::vector<std::variant<int64_t, std::string>> values;
  Sql& operator+=(const Sql& other);
  Sql& operator+=(std::string_view more) {
    text += more;
    return *this;
  }
};
template <typename... Values> Sql sql_of(std::string text, Values&&... values) {
  return {std::move(text), {std::variant<int64_t, std::string>(std::forward<Values>(values))...}};
}
Sql operator+(Sql left, const Sql& right);
/// `parts` with `between` between them; "0" when there are none.
Sql joined(const std::vector<Sql>& parts, std::string_view between);

struct Predicate {
  std::optional<Sql> set;                           ///< SELECT key ...; empty = too wide to start from
  bool set_is_ordered = false;                      ///< each key once, in order of key
  bool set_is_scan = false;                         ///< goes through all values of the unit
  std::function<Sql(const std::string& key)> probe; ///< a condition on the resource whose key the SQL expression gives
};

/// Where the tables are and what they hold: the present index, or temporary tables made for a question about the past.
struct SearchScope {
  Records& records;
  const SearchIndex& index;
  bool is_past = false;
  std::string schema = "main.";
  std::vector<NeededUnit> past_units;  ///< past: position + 1 is the unit's number
  std::vector<std::string> past_types; ///< past: types whose resources are asked about
  std::vector<NeededUnit> missing;     ///< present: not built yet

  std::map<std::string, int64_t> past_names; ///< systems and paths that only the past tables know

  int64_t system(std::string_view name); ///< -1 = no value has it; 0 = the empty one
  int64_t path(std::string_view name);   ///< 0 = nothing stands there
  int64_t unit(std::string_view type, std::string_view code, Variant variant = Variant::values);
  void touches(std::string_view type);
  std::string table(std::string_view name) const { return schema + std::string(name); }
};

/// Throws Refused(malformed) with a suggestion when the type has no such parameter or the value cannot be read.
Predicate predicate_of(SearchScope& scope, const std::string& type, const Criterion& criterion);

/// The parameter, or a refusal that suggests another.
const Parameter& parameter_of(const SearchScope& scope, std::string_view type, std::string_view code,
                              std::string_view name);
/// The paths under which a reference parameter's references are kept (numbers of `path`).
std::vector<int64_t> paths_of(SearchScope& scope, const Parameter& parameter);

} // namespace xinglin::store
