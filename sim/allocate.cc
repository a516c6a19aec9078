#include "sim/allocate.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <numeric>

namespace xinglin::sim {

std::vector<int64_t> spread(int64_t total, std::span<const uint64_t> weights, uint64_t offset) {
  std::vector<int64_t> parts(weights.size(), 0);
  const uint64_t sum = std::accumulate(weights.begin(), weights.end(), uint64_t{0});
  if (total == 0) return parts;
  assert(sum > 0 && total > 0);
  // Part i = floor(cumulated share + u) - floor(before + u): the telescope ends at total exactly.
  using Wide = unsigned __int128;
  Wide before = 0;
  uint64_t cumulated = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    cumulated += weights[i];
    const Wide up_to = cumulated == sum
                           ? static_cast<Wide>(total)
                           : (static_cast<Wide>(cumulated) * static_cast<Wide>(total) * 1000 + Wide{offset} * sum) /
                                 (Wide{1000} * sum);
    const Wide bounded = std::min(up_to, static_cast<Wide>(total));
    parts[i] = static_cast<int64_t>(bounded - before);
    before = bounded;
  }
  return parts;
}

std::optional<std::vector<int64_t>> cut(int64_t total, int64_t parts, int64_t low, int64_t high, Random& random) {
  if (parts < 0 || low > high || total < parts * low || total > parts * high) return {};
  std::vector<int64_t> result;
  result.reserve(static_cast<size_t>(parts));
  int64_t left = total;
  for (int64_t remaining = parts; remaining > 0; --remaining) {
    // What the others can at least and at most take bounds this one; within that, around the mean that is left.
    const int64_t least = std::max(low, left - (remaining - 1) * high);
    const int64_t most = std::min(high, left - (remaining - 1) * low);
    const int64_t mean = left / remaining;
    const int64_t reach = std::min({mean - low, high - mean});
    const int64_t from = std::max(least, mean - std::max<int64_t>(reach, 0));
    const int64_t to = std::min(most, mean + std::max<int64_t>(reach, 0));
    const int64_t part = remaining == 1 ? left : random.between(std::min(from, to), std::max(from, to));
    result.push_back(std::clamp(part, least, most));
    left -= result.back();
  }
  return result;
}

int weekday(base::Date day) {
  return ((day.days() + 3) % 7 + 7) % 7;
} // 1970-01-01 was a Thursday

bool is_public_holiday(base::Date day) {
  const int month = day.month();
  const int date = day.day();
  if ((month == 1 && date == 1) || (month == 5 && date <= 3) || (month == 10 && date <= 7)) return true;
  // First day of the lunar year, 2015 to 2035, as month * 100 + day.
  constexpr std::array<int, 21> k_new_years{219, 208, 128, 216, 205, 125, 212, 201, 122, 210, 129,
                                            217, 206, 126, 213, 203, 123, 211, 131, 219, 208};
  const int index = day.year() - 2015;
  if (index < 0 || index >= static_cast<int>(k_new_years.size())) return false;
  const int start = k_new_years[static_cast<size_t>(index)];
  const auto new_year = *base::Date::from_civil(day.year(), start / 100, start % 100);
  return day >= new_year + -1 && day < new_year + 6;
}

std::vector<uint64_t> day_weights(const base::Period& period, Days days, std::span<const int> season, Random& random) {
  std::vector<uint64_t> weights;
  for (base::Date day = period.first(); day <= period.last(); day = day + 1) {
    const bool holiday = is_public_holiday(day);
    const bool weekend = weekday(day) >= 5;
    uint64_t weight = 100;
    if (days == Days::working)
      weight = holiday || weekend ? 0 : 100;
    else
      weight = holiday ? 45 : weekend ? 65 : 100;
    if (!season.empty()) weight *= static_cast<uint64_t>(season[static_cast<size_t>(day.month() - 1)]);
    weights.push_back(weight * (85 + random.below(31)));
  }
  if (std::all_of(weights.begin(), weights.end(), [](uint64_t weight) { return weight == 0; }))
    std::fill(weights.begin(), weights.end(), 1); // a period of nothing but holidays
  return weights;
}

} // namespace xinglin::sim
