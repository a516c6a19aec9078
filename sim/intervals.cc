#include "sim/intervals.h"

#include "sim/allocate.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace xinglin::sim {
namespace {

constexpr int64_t k_pairs_max = 1000; ///< extra beginnings and ends that may be put in where their numbers are free
constexpr int k_moves_per_interval = 400;
constexpr int k_moves_least = 200000;
constexpr int64_t k_heat = 30;    ///< days by which a move may worsen the whole at first
constexpr int k_guesses_max = 13; ///< of how many there were before the first period

/// Who ends first: some stay long and most do not (2), or many never end (-4).
constexpr std::array<int, 4> k_tastes{2, 1, -2, -4};

/// How many begin and end in each period, and how many are carried over.
struct Counts {
  std::vector<int64_t> starts, ends;
  std::vector<int64_t> carried; ///< before the first period, then after each
};

std::string name(const IntervalTargets& target) {
  return target.period.to_string();
}

/// 1. Counts. Where starts and ends are both given they tie neighbouring carries together; one given stock, or else the
///    days wanted, fixes each chain of them.
///    `shift` is added where nothing but such a guess fixes them.
std::string find_counts(const IntervalProblem& problem, Counts& counts, int64_t shift) {
  const size_t n = problem.periods.size();
  counts.starts.assign(n, 0);
  counts.ends.assign(n, 0);
  counts.carried.assign(n + 1, 0);
  std::vector<bool> fixed(n + 1, false);
  for (size_t first = 0; first <= n;) {
    size_t last = first; // carries first..last are tied
    std::vector<int64_t> offset{0};
    while (last < n && problem.periods[last].starts && problem.periods[last].ends) {
      offset.push_back(offset.back() + *problem.periods[last].starts - *problem.periods[last].ends);
      ++last;
    }
    std::optional<int64_t> base;
    for (size_t k = first; k <= last; ++k) {
      if (k == 0 || !problem.periods[k - 1].at_end) continue;
      const int64_t implied = *problem.periods[k - 1].at_end - offset[k - first];
      if (base && *base != implied)
        return fmt::format(
            "the numbers at the end of the periods up to {} do not differ by what begins and ends between",
            name(problem.periods[k - 1]));
      base = implied;
    }
    if (base) fixed[first] = true;
    if (!base) {
      double sum = 0;
      int hints = 0;
      for (size_t k = first; k < last; ++k) {
        const auto& target = problem.periods[k];
        const double days = target.period.days();
        const double middle = static_cast<double>(offset[k - first] + offset[k - first + 1]) / 2;
        if (target.within)
          sum += static_cast<double>(*target.within) / days - middle, ++hints;
        else if (target.lengths && hints == 0 && k + 1 == last)
          sum += static_cast<double>(*target.lengths) / days - middle, ++hints;
      }
      if (hints > 0) {
        base = std::llround(sum / hints);
      } else if (last > first) {
        const double rate = static_cast<double>(*problem.periods[first].ends) / problem.periods[first].period.days();
        base = std::llround(rate * (problem.length_low + problem.length_high) / 4);
      }
    }
    if (base) {
      if (!fixed[first]) *base += shift;
      const int64_t lowest = *base + *std::min_element(offset.begin(), offset.end());
      if (lowest < 0) {
        if (fixed[first]) return "more would have ended than there were";
        *base -= lowest;
      }
      for (size_t k = first; k <= last; ++k) {
        counts.carried[k] = *base + offset[k - first];
        fixed[k] = true;
      }
    }
    first = last + 1;
  }
  // A carry nothing speaks of stays as its neighbour's.
  for (size_t k = 1; k <= n; ++k)
    if (!fixed[k] && fixed[k - 1]) counts.carried[k] = counts.carried[k - 1], fixed[k] = true;
  for (size_t k = n; k-- > 0;)
    if (!fixed[k] && fixed[k + 1]) counts.carried[k] = counts.carried[k + 1], fixed[k] = true;

  for (size_t k = 0; k < n; ++k) {
    const auto& target = problem.periods[k];
    const int64_t change = counts.carried[k + 1] - counts.carried[k];
    int64_t starts = target.starts.value_or(target.ends ? *target.ends + change : std::max<int64_t>(change, 0));
    int64_t ends = starts - change;
    if (!target.starts && !target.ends && target.within) {
      // Beginnings and ends are free: put in as many pairs as the days need.
      const int64_t days = target.period.days();
      const int64_t wanted = *target.within - counts.carried[k] * days;
      int64_t pairs = 0;
      const auto reach_low = [&] { return starts + pairs - (ends + pairs) * (days - 1); };
      const auto reach_high = [&] { return (starts + pairs) * days - (ends + pairs); };
      while (pairs < k_pairs_max && (wanted < reach_low() || wanted > reach_high()))
        ++pairs;
      starts += pairs;
      ends += pairs;
    }
    if (starts < 0 || ends < 0 || counts.carried[k] + starts < ends)
      return fmt::format("in {} {} would begin and {} end, with {} before it: that cannot be", name(target), starts,
                         ends, counts.carried[k]);
    if (target.within && *target.within > (counts.carried[k] + starts) * target.period.days())
      return fmt::format("{} has at most {} at a time, so not {} days", name(target), counts.carried[k] + starts,
                         *target.within);
    if (target.lengths && *target.lengths < ends)
      return fmt::format("in {} {} end, so their lengths are at least {} days, not {}", name(target), ends, ends,
                         *target.lengths);
    counts.starts[k] = starts;
    counts.ends[k] = ends;
  }
  return {};
}

class Search {
public:
  Search(const IntervalProblem& problem, const Counts& counts, Random& random)
      : m_problem(problem), m_counts(counts), m_random(random) {}

  /// 2. A first answer with the right counts: days by weight, and those that end drawn from those that are open.
  ///    `taste`: of how many drawn the oldest (negative: the newest) ends; 1 = any.
  std::string place(int taste) {
    const base::Date first = m_problem.periods.front().period.first();
    std::vector<size_t> open;
    for (int64_t i = 0; i < m_counts.carried[0]; ++i) {
      open.push_back(m_list.size());
      m_list.push_back({first + -static_cast<int32_t>(m_random.between(1, std::max(1, m_problem.length_high))), {}});
    }
    size_t at = 0; // of the weights
    for (size_t k = 0; k < m_problem.periods.size(); ++k) {
      const auto& period = m_problem.periods[k].period;
      const auto days = static_cast<size_t>(period.days());
      std::vector<uint64_t> weights(days, 1);
      if (!m_problem.weights.empty())
        weights.assign(m_problem.weights.begin() + static_cast<ptrdiff_t>(at),
                       m_problem.weights.begin() + static_cast<ptrdiff_t>(at + days));
      at += days;
      auto starts = dates(period, spread(m_counts.starts[k], weights, m_random.below(1000)));
      auto ends = dates(period, spread(m_counts.ends[k], weights, m_random.below(1000)));
      // The j-th end needs j that began before it.
      for (size_t j = 0; j < ends.size(); ++j) {
        const int64_t needed = static_cast<int64_t>(j) + 1 - m_counts.carried[k];
        if (j > 0) ends[j] = std::max(ends[j], ends[j - 1]);
        if (needed <= 0) continue;
        base::Date& start = starts[static_cast<size_t>(needed - 1)];
        if (start < ends[j]) continue;
        if (start == period.last()) start = start + -1;
        if (start < period.first())
          return fmt::format("{} is too short for what begins and ends in it", name(m_problem.periods[k]));
        ends[j] = start + 1;
      }
      std::sort(starts.begin(), starts.end());
      size_t next = 0;
      for (const auto end : ends) {
        while (next < starts.size() && starts[next] < end) {
          open.push_back(m_list.size());
          m_list.push_back({starts[next++], {}});
        }
        assert(!open.empty());
        size_t pick = m_random.below(open.size());
        for (int drawn = 1; drawn < std::abs(taste); ++drawn) {
          const size_t other = m_random.below(open.size());
          const bool older = m_list[open[other]].start < m_list[open[pick]].start;
          if (older == (taste > 0)) pick = other;
        }
        m_list[open[pick]].end = end;
        open.erase(open.begin() + static_cast<ptrdiff_t>(pick));
      }
      while (next < starts.size()) {
        open.push_back(m_list.size());
        m_list.push_back({starts[next++], {}});
      }
    }
    return {};
  }

  /// 3. Move dates within their periods and exchange who ends until the days are right too.
  bool improve() {
    m_errors.assign(m_problem.periods.size() * 2, 0);
    m_wanted.assign(m_errors.size(), false);
    for (size_t k = 0; k < m_problem.periods.size(); ++k) {
      const auto& target = m_problem.periods[k];
      if (target.within) m_wanted[2 * k] = true, m_errors[2 * k] = -*target.within;
      if (target.lengths) m_wanted[2 * k + 1] = true, m_errors[2 * k + 1] = -*target.lengths;
    }
    for (const auto& interval : m_list)
      add(m_errors, interval, 1);
    const int64_t budget = k_moves_least + static_cast<int64_t>(m_list.size()) * k_moves_per_interval;
    m_total = total(m_errors);
    if (m_list.empty()) return m_total == 0;
    for (int64_t move = 0; move < budget && m_total > 0; ++move) {
      m_strict = move < budget / 2; // usual lengths first
      m_heat = std::max<int64_t>(0, k_heat - k_heat * move * 4 / (budget * 3));
      switch (m_random.below(4)) {
      case 0: move_end(); break;
      case 1: move_start(); break;
      case 2: exchange(true); break;
      default: exchange(false); break;
      }
    }
    return m_total == 0;
  }

  std::string shortfall() const {
    std::string text;
    for (size_t i = 0; i < m_errors.size(); ++i) {
      if (!m_wanted[i] || m_errors[i] == 0) continue;
      const auto& target = m_problem.periods[i / 2];
      const int64_t asked = i % 2 ? *target.lengths : *target.within;
      text +=
          fmt::format("{}the {} of {} come to {} at the nearest, not {}", text.empty() ? "" : "; ",
                      i % 2 ? "lengths of those that end" : "days within", name(target), asked + m_errors[i], asked);
    }
    return text;
  }

  std::vector<Interval> take() {
    std::stable_sort(m_list.begin(), m_list.end(),
                     [](const Interval& a, const Interval& b) { return a.start < b.start; });
    return std::move(m_list);
  }

private:
  static std::vector<base::Date> dates(const base::Period& period, const std::vector<int64_t>& counts) {
    std::vector<base::Date> result;
    for (size_t i = 0; i < counts.size(); ++i)
      for (int64_t j = 0; j < counts[i]; ++j)
        result.push_back(period.first() + static_cast<int32_t>(i));
    return result;
  }

  void add(std::vector<int64_t>& errors, const Interval& interval, int sign) const {
    for (size_t k = 0; k < m_problem.periods.size(); ++k) {
      const auto& period = m_problem.periods[k].period;
      if (m_wanted[2 * k]) {
        const base::Date from = std::max(interval.start, period.first());
        const base::Date to = interval.end ? std::min(*interval.end, period.end()) : period.end();
        if (from < to) errors[2 * k] += sign * (to - from);
      }
      if (m_wanted[2 * k + 1] && interval.end && *interval.end >= period.first() && *interval.end <= period.last())
        errors[2 * k + 1] += sign * (*interval.end - interval.start);
    }
  }

  static int64_t total(const std::vector<int64_t>& errors) {
    int64_t sum = 0;
    for (const auto error : errors)
      sum += std::abs(error);
    return sum;
  }

  /// The period a day lies in; none before the first and after the last.
  std::optional<base::Period> period_of(base::Date day) const {
    for (const auto& target : m_problem.periods)
      if (day >= target.period.first() && day <= target.period.last()) return target.period;
    return {};
  }

  int32_t step() {
    int64_t error = 1;
    for (size_t tries = 0; tries < 4; ++tries) {
      const int64_t drawn = m_errors[m_random.below(m_errors.size())];
      if (drawn != 0) {
        error = std::abs(drawn);
        break;
      }
    }
    const int64_t size =
        m_random.below(2) ? std::min<int64_t>(error, 400) : m_random.between(1, std::min<int64_t>(error, 60));
    return static_cast<int32_t>(m_random.below(2) ? size : -size);
  }

  bool fits(const Interval& interval) const {
    if (!interval.end) return true;
    const int32_t days = *interval.end - interval.start;
    if (days < 1) return false;
    return !m_strict || (days >= m_problem.length_low && days <= m_problem.length_high);
  }

  /// Keeps the change when it brings the whole nearer, or costs nothing.
  bool keep(std::initializer_list<std::pair<size_t, Interval>> changes) {
    m_trial = m_errors;
    for (const auto& [index, changed] : changes) {
      if (!fits(changed) && fits(m_list[index])) return false;
      add(m_trial, m_list[index], -1);
      add(m_trial, changed, 1);
    }
    const int64_t now = total(m_trial);
    // Early on a little worse is accepted too, so that the search leaves dead ends.
    if (now > m_total && static_cast<int64_t>(m_random.below(static_cast<uint64_t>(m_heat) + 1)) < now - m_total)
      return false;
    if (now == m_total && m_random.below(4)) return false;
    for (const auto& [index, changed] : changes) {
      if (changed.end && *changed.end <= changed.start) return false;
    }
    for (const auto& [index, changed] : changes)
      m_list[index] = changed;
    m_errors.swap(m_trial);
    m_total = now;
    return true;
  }

  void move_end() {
    const size_t index = m_random.below(m_list.size());
    Interval changed = m_list[index];
    if (!changed.end) return;
    const auto period = period_of(*changed.end);
    if (!period) return;
    changed.end = std::clamp(*changed.end + step(), std::max(period->first(), changed.start + 1), period->last());
    keep({{index, changed}});
  }

  void move_start() {
    const size_t index = m_random.below(m_list.size());
    Interval changed = m_list[index];
    const base::Date first = m_problem.periods.front().period.first();
    base::Date low = first + -std::max(1, m_problem.length_high);
    base::Date high = first + -1;
    if (const auto period = period_of(changed.start)) low = period->first(), high = period->last();
    if (changed.end) high = std::min(high, *changed.end + -1);
    if (low > high) return;
    changed.start = std::clamp(changed.start + step(), low, high);
    keep({{index, changed}});
  }

  /// The ends of two are exchanged; with `open`, one of them still lasts.
  void exchange(bool open) {
    const size_t i = m_random.below(m_list.size());
    size_t j = m_random.below(m_list.size());
    if (open) {
      // Most that still last began late, near the end of the list.
      const size_t near = std::min<size_t>(m_list.size(), 1 + static_cast<size_t>(m_counts.carried.back()) * 3);
      if (m_random.below(4)) j = m_list.size() - 1 - m_random.below(near);
      if (m_list[j].end) return;
    }
    if (i == j || m_list[i].end == m_list[j].end) return;
    Interval a = m_list[i];
    Interval b = m_list[j];
    std::swap(a.end, b.end);
    if ((a.end && *a.end <= a.start) || (b.end && *b.end <= b.start)) return;
    keep({{i, a}, {j, b}});
  }

  const IntervalProblem& m_problem;
  const Counts& m_counts;
  Random& m_random;
  std::vector<Interval> m_list;
  std::vector<int64_t> m_errors, m_trial; ///< got minus asked: within and lengths of each period
  std::vector<bool> m_wanted;
  int64_t m_total = 0;
  int64_t m_heat = 0;
  bool m_strict = true;
};

} // namespace

IntervalSolution solve(const IntervalProblem& problem, Random random) {
  IntervalSolution solution;
  if (problem.periods.empty()) return solution;
  std::vector<int64_t> tried;
  for (int guess = 0; guess < k_guesses_max; ++guess) {
    const int64_t step = (guess + 1) / 2;
    Counts counts;
    std::string conflict = find_counts(problem, counts, (guess % 2 ? 1 : -1) * step * step);
    if (conflict.empty()) {
      if (guess > 0 && counts.carried == tried) continue; // nothing was free
      tried = counts.carried;
      for (const int taste : k_tastes) {
        Search search(problem, counts, random);
        std::string missed = search.place(taste);
        if (missed.empty() && search.improve()) return {search.take(), {}};
        if (missed.empty()) missed = search.shortfall();
        if (conflict.empty()) conflict = std::move(missed);
      }
    }
    if (guess == 0) solution.conflict = std::move(conflict);
  }
  return solution;
}

} // namespace xinglin::sim
