#include "sim/allocate.h"

#include <doctest/doctest.h>

#include <numeric>

using namespace xinglin;
using sim::Random;

namespace {
int64_t sum(const std::vector<int64_t>& parts) {
  return std::accumulate(parts.begin(), parts.end(), int64_t{0});
}
base::Date day(const char* text) {
  return *base::Date::parse(text);
}
} // namespace

TEST_CASE("parts add up to the whole and follow the weights") {
  Random random(11);
  for (int round = 0; round < 300; ++round) {
    std::vector<uint64_t> weights(1 + random.below(400));
    for (auto& weight : weights)
      weight = random.below(3) ? random.below(10000) : 0;
    weights.back() = 5;
    const auto total = static_cast<int64_t>(random.below(round % 3 ? 40 : 7000000));
    const auto parts = sim::spread(total, weights, random.below(1000));
    CHECK(sum(parts) == total);
    for (size_t i = 0; i < parts.size(); ++i) {
      CHECK(parts[i] >= 0);
      if (weights[i] == 0) CHECK(parts[i] == 0);
    }
  }
  CHECK(sim::spread(4, std::vector<uint64_t>{1, 1, 1, 1}) == std::vector<int64_t>{1, 1, 1, 1});
  CHECK(sim::spread(10, std::vector<uint64_t>{0, 3, 0, 2, 0}) == std::vector<int64_t>{0, 6, 0, 4, 0});
}

TEST_CASE("a sum is cut into parts within their range, or not at all") {
  Random random(5);
  for (int round = 0; round < 500; ++round) {
    const int64_t low = random.between(0, 50);
    const int64_t high = low + random.between(0, 100);
    const int64_t count = random.between(1, 60);
    const int64_t total = random.between(count * low, count * high);
    const auto parts = sim::cut(total, count, low, high, random);
    REQUIRE(parts);
    CHECK(sum(*parts) == total);
    for (const auto part : *parts)
      CHECK((part >= low && part <= high));
  }
  CHECK(!sim::cut(10, 2, 6, 9, random));
  CHECK(!sim::cut(19, 2, 6, 9, random));
  CHECK(sim::cut(0, 0, 1, 2, random)->empty());
}

TEST_CASE("nobody works on weekends and holidays") {
  CHECK(sim::weekday(day("2023-01-02")) == 0);
  CHECK(sim::weekday(day("1969-12-31")) == 2);
  CHECK(sim::is_public_holiday(day("2023-01-22"))); // the first day of the lunar year
  CHECK(sim::is_public_holiday(day("2024-02-10")));
  for (const auto* feast : {"2022-04-05", "2023-04-05", "2024-04-04", "2025-04-04", // 清明
                            "2022-06-03", "2023-06-22", "2025-05-31",               // 端午
                            "2022-09-10", "2023-09-29", "2024-09-17"})              // 中秋
    CHECK_MESSAGE(sim::is_public_holiday(day(feast)), feast);
  CHECK(!sim::is_public_holiday(day("2023-03-01")));
  CHECK(!sim::is_public_holiday(day("2023-04-04")));
  CHECK(!sim::is_public_holiday(day("2023-06-21")));
  Random random(1);
  const auto period = base::Period::year_of(2023);
  const auto weights = sim::day_weights(period, sim::Days::working, {}, random);
  REQUIRE(weights.size() == 365);
  for (int i = 0; i < 365; ++i) {
    const auto at = period.first() + i;
    CHECK((weights[static_cast<size_t>(i)] == 0) == (sim::weekday(at) >= 5 || sim::is_public_holiday(at)));
  }
  const auto all =
      sim::day_weights(base::Period::range(day("2023-10-01"), day("2023-10-07")), sim::Days::working, {}, random);
  CHECK(std::accumulate(all.begin(), all.end(), uint64_t{0}) == 7);
}
