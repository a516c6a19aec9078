#pragma once
// YAML as the packages use it, read into plain values that remember where they stood: maps, lists, scalars. Anchors,
// aliases, tags and several documents are refused, so that a text means what it shows.

#include "lib/base/issue.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::package {

inline constexpr int k_yaml_depth_max = 24;
inline constexpr size_t k_yaml_values_max = 100000;

struct Yaml {
  enum class Kind : uint8_t { null, scalar, map, list };
  Kind kind = Kind::null;
  std::string key; ///< in a map: the key this value stands under
  int key_line = 0;
  std::string text;    ///< scalar, as written (quotes resolved)
  bool quoted = false; ///< a scalar in quotes: never null, a number or a boolean
  int line = 0;        ///< 1-based
  int column = 0;
  std::vector<Yaml> children; ///< members of a map, elements of a list, in order

  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_map() const { return kind == Kind::map; }
  bool is_list() const { return kind == Kind::list; }
  bool is_null() const { return kind == Kind::null; }
  /// The member of a map; null pointer when there is none.
  const Yaml* find(std::string_view name) const;
  /// "text", "a map", "a list", "nothing": for messages.
  std::string_view kind_name() const;
};

/// The one document of a file. Empty after adding issues (file, line, column, what, mend) when it cannot be read.
std::optional<Yaml> parse_yaml(const std::string& text, const std::string& file, base::Issues& issues);

/// The value as compact JSON-like text, for keys whose meaning others own (`make:`).
std::string to_text(const Yaml& value);

} // namespace xinglin::package
