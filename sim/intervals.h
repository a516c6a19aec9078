#pragma once
// Things that last (a stay in a bed, a bed in use), solved together. Given for consecutive periods any of
//   starts  how many begin in it          ends    how many end in it
//   at_end  how many there are after it   within  days within it, summed (counted on a day when start <= day < end)
//   lengths days from start to end, summed over those that end in it
// finds intervals that have all of it exactly. Starts and ends fix the counts carried from period to period; the days
// are then met by moving dates within their period and by choosing which ones are still open.

#include "lib/base/date.h"
#include "sim/random.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace xinglin::sim {

struct Interval {
  base::Date start;
  std::optional<base::Date> end; ///< after start; none = it still lasts
};

struct IntervalTargets {
  base::Period period = base::Period::year_of(2000);
  std::optional<int64_t> starts, ends, at_end, within, lengths;
};

struct IntervalProblem {
  std::vector<IntervalTargets> periods;   ///< in order, each beginning the day after the one before
  int length_low = 1, length_high = 3650; ///< usual days
  std::vector<uint64_t> weights;          ///< of each day of all periods; empty = the same
};

struct IntervalSolution {
  std::vector<Interval> intervals; ///< ordered by start
  std::string conflict;            ///< not empty: which targets cannot hold together, and why
};

IntervalSolution solve(const IntervalProblem& problem, Random random);

} // namespace xinglin::sim
