#pragma once
// From figures to batches of records: which entry of `make:` makes how many on which days, so that all figures over a
// form come out together. Arithmetic only; nothing is written here.

#include "sim/intervals.h"
#include "sim/population.h"
#include "sim/spec.h"
#include "sim/totals.h"

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace xinglin::sim {

/// Subjects that are counted once for a figure: nobody is drawn twice into one set.
struct SubjectSet {
  const package::Indicator* indicator = nullptr;
  std::string org;
  base::Period period = base::Period::year_of(2000);
};

/// Records of one kind for one organisation and period.
struct Batch {
  const Spec* spec = nullptr;
  std::vector<const Spec*> also; ///< entries of other figures that these records count for too: their `fill` applies
  std::string org;
  base::Period period = base::Period::year_of(2000);
  std::vector<int64_t> per_day; ///< records (count: subjects: subjects) for each day of the period
  std::vector<size_t> sets;     ///< each subject must be new to these
  std::optional<size_t> of_set; ///< subjects are drawn from this one instead
  std::string of_stock;         ///< or from those in this stock at the period's end
  struct Sum {
    std::string item;
    std::vector<int64_t> values; ///< one a record
    int scale = 0;
  };
  std::vector<Sum> sums;
  const Target* target = nullptr; ///< the figure it was made for
  int64_t records() const;
};

/// Rows of a repeating part, dealt out over the records of the form in that organisation and period.
struct Rows {
  const Spec* spec = nullptr;
  std::string org;
  base::Period period = base::Period::year_of(2000);
  int64_t count = 0;
};

/// Things that last, of one class: the figures whose entries set the same values.
struct Intervals {
  std::string what; ///< form or register
  std::string org;
  IntervalItems items;
  Values conditions;              ///< what they have in common: `set` without the two dates
  std::vector<const Spec*> specs; ///< of all figures over them
  IntervalProblem problem;
  IntervalSolution solution;
  std::vector<const Target*> targets;
};

/// One return each organisation and cycle period.
struct Returns {
  const package::Form* form = nullptr;
  std::string org;
  std::vector<const Spec*> specs;
  std::map<base::Date, std::map<std::string, std::string>> values; ///< first day of the cycle's period → item → text
  std::vector<const Spec*> not_counted;
};

struct Plan {
  std::vector<Batch> batches;
  std::vector<Rows> rows;
  std::vector<SubjectSet> sets;
  std::vector<Intervals> intervals;
  std::vector<Returns> returns;
  std::deque<Spec> own_specs; ///< entries changed for this plan
};

/// Throws Refused(invalid): each issue is a target that cannot be met, with those it contradicts.
Plan make_plan(const Totals& totals, const Specs& specs, const Population& population);

/// The period of a return's cycle that a day lies in.
base::Period cycle_period(package::ReturnCycle cycle, base::Date day);

/// There on the day.
bool lasts_on(const Interval& interval, base::Date day);

/// The records that are made for `made` would count for `wanted` too (both of one form).
bool counts_for(const Spec& made, const Spec& wanted);

} // namespace xinglin::sim
