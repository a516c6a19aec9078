#pragma once
// How one record's answers are made from what `set:` and `fill:` say (docs/simulator.md, "Values"): compiled once for
// many records, evaluated with its own chance.

#include "lib/base/date.h"
#include "server/package/model.h"
#include "sim/random.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::sim {

/// Where a record's values come from.
struct Scene {
  Random* random = nullptr;
  /// `$day`, `$value`, `$serial`, `$from.x`, ...: empty optional = no such name (then it is an item of the record).
  std::function<std::optional<std::string>(std::string_view)> variable;
  /// `any` of a reference: "Practitioner/1"; empty = there is none, the item is left out.
  std::function<std::string(const package::Item&)> any;
  base::Date first, last; ///< dates that are counted by are kept within these
};

struct Value;

class Recipe {
public:
  Recipe();
  ~Recipe();
  Recipe(Recipe&&) noexcept;
  Recipe& operator=(Recipe&&) noexcept;

  /// `items`: of the form (or group, or register) the record is of. Keys already there win over what is added later.
  /// Throws Refused(invalid) at `place` for an unknown item, a value that is none of its type, an unknown name.
  void add(const std::vector<package::Item>& items, const std::vector<std::pair<std::string, std::string>>& values,
           const package::Place& place);
  /// This item's date must stay within the scene's first and last day.
  void keep_within(std::string_view item);
  bool has(std::string_view item) const;
  /// Item and text, in the order of the form's items; items whose value is empty are left out.
  std::vector<std::pair<const package::Item*, std::string>> evaluate(const Scene& scene) const;

private:
  std::vector<Value> m_values;
  std::vector<const package::Item*> m_items;   ///< all that are given, in the form's order
  std::vector<std::pair<size_t, size_t>> m_at; ///< of each of m_items: the value and its cell
  std::vector<bool> m_within;
  void order(const std::vector<package::Item>& items);
};

/// What a value can come to, for asking whether one record would also count for another figure.
enum class Meets : uint8_t { yes, no };
/// Whether everything `made` can give for an item is also given by `wanted` (both as written in `set:`). `$day` is met
/// by any date: another rule keeps it in the period.
Meets meets(const package::Item& item, std::string_view made, std::string_view wanted);

/// The weight of `value` among the alternatives "a*3|b"; 0 when it is none of them.
uint64_t weight_in(std::string_view alternatives, std::string_view value);

/// "3..9" → {3, 9}, "6.0..14.0" → {60, 140} with scale 1; a single number twice. Empty when it is not a range.
struct Range {
  int64_t low = 0, high = 0;
  int scale = 0;
};
std::optional<Range> parse_range(std::string_view text);
/// coefficient 1234 of scale 1 → "123.4".
std::string decimal_text(int64_t coefficient, int scale);

} // namespace xinglin::sim
