#pragma once
// Whole numbers cut into whole parts: a year's visits over its days, a total over its records. The parts always add up.

#include "lib/base/date.h"
#include "sim/random.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace xinglin::sim {

/// `total` >= 0 cut by `weights` (>= 0, not all zero unless total is 0), evenly: every run of neighbouring parts
/// differs from its share by less than one. `offset` 0..999 turns the pattern.
std::vector<int64_t> spread(int64_t total, std::span<const uint64_t> weights, uint64_t offset = 500);

/// `total` cut into `parts` numbers of low .. high, in no order; empty when parts*low <= total <= parts*high does not
/// hold.
std::optional<std::vector<int64_t>> cut(int64_t total, int64_t parts, int64_t low, int64_t high, Random& random);

/// Which days people come: with weekends and public holidays at nothing (`working`), or less (`all`).
enum class Days : uint8_t { all, working };
/// A weight for each day of the period: weekday, public holiday, the month's season (twelve weights, or empty for
/// none), and a little noise.
std::vector<uint64_t> day_weights(const base::Period& period, Days days, std::span<const int> season, Random& random);

/// 法定节假日 of the mainland: New Year, Labour Day, National Day week, and of 2015 to 2035 the Spring Festival week,
/// 清明, 端午 and 中秋.
bool is_public_holiday(base::Date day);
int weekday(base::Date day); ///< 0 Monday .. 6 Sunday

} // namespace xinglin::sim
