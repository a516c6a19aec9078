#include "sim/intervals.h"

#include <doctest/doctest.h>

#include <map>

using namespace xinglin;
using namespace xinglin::sim;

namespace {

struct Tally {
  int64_t starts = 0, ends = 0, at_end = 0, within = 0, lengths = 0;
};

/// Counted day by day, in the plainest way.
Tally tally(const std::vector<Interval>& intervals, const base::Period& period) {
  Tally result;
  for (const auto& interval : intervals) {
    if (interval.end) REQUIRE(*interval.end > interval.start);
    result.starts += interval.start >= period.first() && interval.start <= period.last();
    if (interval.end && *interval.end >= period.first() && *interval.end <= period.last()) {
      ++result.ends;
      result.lengths += *interval.end - interval.start;
    }
    for (base::Date day = period.first(); day <= period.last(); day = day + 1)
      result.within += interval.start <= day && (!interval.end || day < *interval.end);
    result.at_end += interval.start <= period.last() && (!interval.end || period.last() < *interval.end);
  }
  return result;
}

void check(const IntervalProblem& problem, const IntervalSolution& solution) {
  REQUIRE(solution.conflict == "");
  for (const auto& target : problem.periods) {
    const auto got = tally(solution.intervals, target.period);
    if (target.starts) CHECK(got.starts == *target.starts);
    if (target.ends) CHECK(got.ends == *target.ends);
    if (target.at_end) CHECK(got.at_end == *target.at_end);
    if (target.within) CHECK(got.within == *target.within);
    if (target.lengths) CHECK(got.lengths == *target.lengths);
  }
}

IntervalTargets year(int number) {
  IntervalTargets target;
  target.period = base::Period::year_of(number);
  return target;
}

} // namespace

TEST_CASE("a hospital's stays over two years: admissions, discharges, census days and discharged bed-days at once") {
  IntervalProblem problem;
  problem.periods = {year(2022), year(2023)};
  problem.periods[0].starts = 501;
  problem.periods[0].ends = 519;
  problem.periods[1].starts = 552;
  problem.periods[1].ends = 547;
  problem.periods[1].lengths = 6891;
  problem.periods[1].within = 6717;
  problem.length_low = 2;
  problem.length_high = 45;
  for (uint64_t seed = 0; seed < 5; ++seed) {
    const auto solution = solve(problem, Random(seed));
    check(problem, solution);
    int64_t crossing = 0;
    for (const auto& interval : solution.intervals)
      crossing += interval.start.year() == 2022 && interval.end && interval.end->year() == 2023;
    CHECK(crossing > 5);
  }
}

TEST_CASE("beds: the number at the end and the average over the year fix the day one came into use") {
  IntervalProblem problem;
  problem.periods = {year(2022), year(2023)};
  problem.periods[0].at_end = 60;
  problem.periods[1].at_end = 61;
  problem.periods[1].within = 22192; // 60.8 on average
  const auto solution = solve(problem, Random(1));
  check(problem, solution);
  CHECK(solution.intervals.size() == 61);
  CHECK(solution.intervals.back().start.to_string() == "2023-03-15");
}

TEST_CASE("where beginnings and ends are free, as many are put in as the days need") {
  IntervalProblem problem;
  problem.periods = {year(2023)};
  problem.periods[0].at_end = 10;
  problem.periods[0].within = 10 * 365 - 500;
  check(problem, solve(problem, Random(1)));
}

TEST_CASE("figures taken from any intervals are met again") {
  Random random(99);
  for (int round = 0; round < 60; ++round) {
    std::vector<Interval> truth;
    const auto first = *base::Date::from_civil(2021, 1, 1);
    for (auto i = random.between(1, 400); i > 0; --i) {
      Interval interval;
      interval.start = first + static_cast<int32_t>(random.between(-20, 1000));
      if (random.below(10)) interval.end = interval.start + static_cast<int32_t>(random.between(1, 30));
      truth.push_back(interval);
    }
    IntervalProblem problem;
    problem.length_high = 40;
    for (const int number : {2021, 2022, 2023}) {
      auto target = year(number);
      const auto got = tally(truth, target.period);
      target.starts = got.starts;
      target.ends = got.ends;
      if (random.below(2)) target.at_end = got.at_end;
      if (random.below(2)) target.within = got.within;
      if (random.below(2)) target.lengths = got.lengths;
      problem.periods.push_back(target);
    }
    CAPTURE(round);
    check(problem, solve(problem, Random(static_cast<uint64_t>(round))));
  }
}

TEST_CASE("the same seed gives the same intervals") {
  IntervalProblem problem;
  problem.periods = {year(2023)};
  problem.periods[0].starts = 40;
  problem.periods[0].ends = 38;
  problem.periods[0].within = 500;
  const auto a = solve(problem, Random(4)).intervals;
  const auto b = solve(problem, Random(4)).intervals;
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i)
    CHECK((a[i].start == b[i].start && a[i].end == b[i].end));
}

TEST_CASE("what cannot hold together is said") {
  IntervalProblem problem;
  problem.periods = {year(2022), year(2023)};
  problem.periods[0].at_end = 10;
  problem.periods[1].at_end = 20;
  problem.periods[1].starts = 5;
  problem.periods[1].ends = 5;
  CHECK(solve(problem, Random(1)).conflict.find("up to 2023 do not differ") != std::string::npos);

  problem = {};
  problem.periods = {year(2023)};
  problem.periods[0].starts = 0;
  problem.periods[0].ends = 3;
  problem.periods[0].at_end = 0;
  problem.periods[0].lengths = 2;
  CHECK(solve(problem, Random(1)).conflict.find("at least 3 days") != std::string::npos);

  problem = {};
  problem.periods = {year(2023)};
  problem.periods[0].starts = 2;
  problem.periods[0].ends = 0;
  problem.periods[0].at_end = 2;
  problem.periods[0].within = 10000;
  CHECK(solve(problem, Random(1)).conflict.find("at most 2 at a time") != std::string::npos);
}
