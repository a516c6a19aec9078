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
  // Feasts of the lunar calendar, 2015 to 2035, as month * 100 + day.
  struct Feasts {
    int new_year, dragon_boat, mid_autumn;
  };
  constexpr int k_first_year = 2015;
  constexpr std::array<Feasts, 21> k_feasts{
      {{219, 620, 927}, {208, 609, 915},  {128, 530, 1004}, {216, 618, 924}, {205, 607, 913},  {125, 625, 1001},
       {212, 614, 921}, {201, 603, 910},  {122, 622, 929},  {210, 610, 917}, {129, 531, 1006}, {217, 619, 925},
       {206, 609, 915}, {126, 528, 1003}, {213, 616, 922},  {203, 605, 912}, {123, 624, 1001}, {211, 612, 919},
       {131, 601, 908}, {219, 620, 927},  {208, 610, 916}}};
  const int month = day.month();
  const int date = day.day();
  if ((month == 1 && date == 1) || (month == 5 && date <= 3) || (month == 10 && date <= 7)) return true;
  const int index = day.year() - k_first_year;
  if (index < 0 || index >= static_cast<int>(k_feasts.size())) return false;
  const Feasts& feasts = k_feasts[static_cast<size_t>(index)];
  const int as_written = month * 100 + date;
  if (as_written == feasts.dragon_boat || as_written == feasts.mid_autumn) return true;
  // 清明: the sun reaches 15 degrees on 4 April of leap years and of those after them, else on 5 April.
  if (month == 4 && date == (day.year() % 4 < 2 ? 4 : 5)) return true;
  const auto new_year = *base::Date::from_civil(day.year(), feasts.new_year / 100, feasts.new_year % 100);
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
