#pragma once
// What to make, as a file says it (docs/simulator.md, "Totals"): things by name, people by the dozen, and figures.

#include "lib/base/date.h"
#include "lib/base/decimal.h"
#include "server/package/model.h"
#include "sim/people.h"

#include <map>
#include <string>
#include <vector>

namespace xinglin::sim {

using Values = std::vector<std::pair<std::string, std::string>>;

/// One entry of a register, with its id.
struct NamedThing {
  std::string register_id, id, org;
  Values set;
  package::Place place;
};

struct PeopleSpec {
  std::string register_id, org;
  int64_t count = 0;
  base::Date as_of;
  std::vector<AgeBand> ages;
  std::vector<std::pair<std::string, std::string>> towns; ///< organisation → name: where they live and belong
  Values set;
  package::Place place;
};

/// A figure asked for.
struct Target {
  enum class Kind : uint8_t { count, sum, proportion, stock, stock_days, stock_sum } kind = Kind::count;
  const package::Indicator* indicator = nullptr; ///< of stock_days: the stock whose days are meant
  std::string asked;                             ///< the indicator's id as written (of stock_days the derived one)
  std::string org;
  base::Period period = base::Period::year_of(2000);
  int64_t number = 0; ///< count, hits, value or days of a stock
  int64_t of = 0;     ///< proportion
  base::Decimal sum;
  base::Rational value; ///< what the engine must give
  package::Place place;
  bool soft = false; ///< of a county: made about so, and not asked afterwards
  std::string name() const { return asked + " of " + org + " in " + period.to_string(); }
};

struct Totals {
  std::string id;
  uint64_t seed = 1;
  std::vector<NamedThing> things;
  std::vector<PeopleSpec> people;
  std::map<std::string, std::vector<int>> seasons; ///< by indicator: twelve weights
  std::vector<Target> targets;
};

inline constexpr size_t k_totals_bytes_max = 4 << 20;
inline constexpr int64_t k_people_max = 20'000'000;
inline constexpr int64_t k_number_max = 1'000'000'000'000'000;
inline constexpr int k_scale_max = 10000;

/// Reads the file; every figure and number of people times `scale`. Throws Refused(invalid) with all that is wrong
/// (file, line, mend), Refused(not_found) when there is no such file.
Totals read_totals(const std::string& file, const package::Catalog& catalog, int scale = 1);
/// The same from text; `file` is for messages.
Totals parse_totals(const std::string& text, const std::string& file, const package::Catalog& catalog, int scale = 1);

} // namespace xinglin::sim
