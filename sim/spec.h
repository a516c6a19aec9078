#pragma once
// `make:` and `make_not:` entries read whole: every key understood, or refused with file and line (docs/simulator.md).

#include "lib/base/decimal.h"
#include "server/package/model.h"
#include "sim/allocate.h"
#include "sim/recipe.h"
#include "sim/totals.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace xinglin::sim {

/// Who a record is about.
struct About {
  std::optional<bool> female;
  int age_low = 0, age_high = 200;
  std::string of; ///< indicator: somebody counted there
};

struct Spec {
  const package::Indicator* indicator = nullptr;
  const package::Make* make = nullptr;
  bool counts = true; ///< false: of make_not
  const package::Form* form = nullptr;
  const package::Register* reg = nullptr;
  const std::vector<package::Item>* items = nullptr; ///< of the form, its part, or the register
  std::string group;                                 ///< `in`
  Values set, fill;
  Values fill_ended; ///< of what lasts: given only when it has ended
  Values at;         ///< which institutions beneath the organisation do it: item of their register → values by weight
  std::optional<base::Decimal> per_1000; ///< so many a year for 1,000 residents, where no totals say otherwise
  std::string part;                      ///< hit, miss or empty
  int share = 1;                         ///< of make_not: percent
  bool everyone = false;                 ///< in a county without totals each resident has one
  About about;
  std::vector<std::string> once;
  Range each{1, 1, 0};
  std::string value_item;         ///< `value: item`
  std::string days_from, days_to; ///< `value: days(a, b)`
  std::optional<Range> range, every;
  Days days = Days::all;
  std::string from, on;
  Values where;
  std::string since, until;
  Range length{1, 3650, 0};
  std::string state;
  std::vector<std::string> counted_dates; ///< items of `set` that are dates

  const std::string& what() const { return form ? form->id : reg->id; } ///< form or register id
  const package::Place& place() const { return make->place; }
  const std::string* value_of(std::string_view item) const; ///< in `set`, by the item's own key
  bool is_return() const { return form && form->cycle != package::ReturnCycle::none; }
};

/// The two dates of a form or register whose records last.
struct IntervalItems {
  std::string since, until;
};

/// All entries of the catalog, found by what they make.
struct Specs {
  const package::Catalog* catalog = nullptr;
  std::vector<Spec> list;
  std::map<std::string, std::vector<const Spec*>> by_indicator; ///< make and make_not
  std::map<std::string, IntervalItems> intervals;               ///< by form or register
};

/// Throws Refused(invalid) with every mistake.
Specs read_specs(const package::Catalog& catalog);

} // namespace xinglin::sim
