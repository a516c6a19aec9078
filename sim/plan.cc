#include "sim/plan.h"

#include "lib/base/issue.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include <fmt/format.h>

namespace xinglin::sim {
namespace {

bool inside(const base::Period& inner, const base::Period& outer) {
  return inner.first() >= outer.first() && inner.last() <= outer.last() && inner.days() < outer.days();
}

bool overlap(const base::Period& a, const base::Period& b) {
  return a.first() <= b.last() && b.first() <= a.last();
}

int64_t power_of_ten(int exponent) {
  int64_t power = 1;
  for (int i = 0; i < exponent; ++i)
    power *= 10;
  return power;
}

/// A decimal as a whole number of 10^-scale; empty when it has more digits.
std::optional<int64_t> scaled(const base::Decimal& value, int scale) {
  const auto plain = value.normalized();
  if (plain.scale() > scale) return {};
  const auto wide = plain.coefficient() * power_of_ten(scale - plain.scale());
  if (wide > k_number_max) return {};
  return static_cast<int64_t>(wide);
}

/// A figure less what its parts (organisations beneath, periods within) already say.
struct Own {
  int64_t number = 0, of = 0;
  base::Decimal sum;
  std::vector<base::Period> covered;
};

/// So many records or rows for a target.
struct Unit {
  const Target* target = nullptr;
  std::vector<const Spec*> specs;
  int64_t need = 0;
  base::Decimal sum;
  bool is_sum = false;
  std::vector<base::Period> covered;
  size_t conditions = 0; ///< the more, the earlier
};

class Planner {
public:
  Planner(const Totals& totals, const Specs& specs, const Population& population)
      : m_totals(totals), m_specs(specs), m_population(population) {}

  Plan run() {
    for (const auto& target : m_totals.targets)
      sort_out(target);
    plan_intervals();
    plan_units();
    finish_returns();
    sprinkle();
    tie_subjects();
    if (m_issues.has_errors()) throw base::Refused(base::Refusal::invalid, std::move(m_issues));
    return std::move(m_plan);
  }

private:
  void conflict(const Target& target, std::string text) {
    if (target.soft) return;
    base::Issue issue;
    issue.code = "conflict";
    issue.text = fmt::format("{} cannot be met: {}", target.name(), text);
    issue.file = target.place.file;
    issue.line = target.place.line;
    m_issues.add(std::move(issue));
  }

  bool is_beneath(const std::string& org, const std::string& above) const {
    return m_population.is_beneath(org, above);
  }

  Own own_part(const Target& target) {
    Own own{target.number, target.of, target.sum, {}};
    std::vector<const Target*> parts;
    for (const auto& other : m_totals.targets) {
      if (&other == &target || other.asked != target.asked) continue;
      const bool stock = target.kind == Target::Kind::stock_sum;
      const bool within = !stock && other.org == target.org && inside(other.period, target.period);
      const bool beneath = other.period == target.period && is_beneath(other.org, target.org);
      if (other.org == target.org && other.period == target.period && &other > &target)
        conflict(target, "it is asked for twice; keep one");
      if (!stock && other.org == target.org && !within && overlap(other.period, target.period) &&
          !inside(target.period, other.period) && other.period != target.period)
        conflict(target, fmt::format("its period overlaps {}; give periods that lie within each other or apart",
                                     other.period.to_string()));
      if (within || beneath) parts.push_back(&other);
    }
    for (const auto* part : parts) {
      // Only the outermost parts: what lies within a part is in it already.
      const bool inner = std::any_of(parts.begin(), parts.end(), [&](const auto* other) {
        return other != part && ((other->org == part->org && inside(part->period, other->period)) ||
                                 (other->period == part->period && is_beneath(part->org, other->org)));
      });
      if (inner) continue;
      own.number -= part->number;
      own.of -= part->of;
      own.sum = own.sum - part->sum;
      if (part->org == target.org) own.covered.push_back(part->period);
      if (own.number < 0 || own.of < own.number * (target.kind == Target::Kind::proportion) ||
          own.sum < base::Decimal(0))
        conflict(target, fmt::format("{} is more than it", part->name()));
    }
    return own;
  }

  void sort_out(const Target& target) {
    const auto found = m_specs.by_indicator.find(target.indicator->id);
    std::vector<const Spec*> specs;
    if (found != m_specs.by_indicator.end())
      for (const auto* spec : found->second)
        if (spec->counts) specs.push_back(spec);
    if (specs.empty()) return conflict(target, "its indicator has no make: entry (docs/simulator.md)");
    if (target.kind == Target::Kind::stock_sum && !specs.front()->is_return())
      return conflict(target, "a sum of a stock is made from an entry of a return");
    if (target.kind == Target::Kind::stock || target.kind == Target::Kind::stock_days) {
      if (specs.front()->since.empty()) return conflict(target, "a stock is made from an entry with since and until");
      return add_interval(target, specs);
    }
    if (specs.front()->is_return()) return add_return(target, specs);
    const auto interval = m_specs.intervals.find(specs.front()->what());
    if (interval != m_specs.intervals.end() && specs.front()->group.empty()) return add_interval(target, specs);

    const Own own = own_part(target);
    const auto add = [&](int64_t need, const std::string& part) {
      Unit unit;
      unit.target = &target;
      unit.need = need;
      unit.covered = own.covered;
      for (const auto* spec : specs)
        if (part.empty() || spec->part == part) {
          unit.specs.push_back(spec);
          unit.conditions = std::max(unit.conditions, spec->set.size() * 2 + !spec->part.empty());
        }
      if (unit.specs.empty()) return conflict(target, fmt::format("there is no make: entry with part: {}", part));
      m_units.push_back(std::move(unit));
    };
    if (target.kind == Target::Kind::proportion) {
      add(own.number, "hit");
      add(own.of - own.number, "miss");
    } else {
      add(own.number, "");
      if (target.kind == Target::Kind::sum) {
        m_units.back().is_sum = true;
        m_units.back().sum = own.sum;
        m_units.back().conditions = 0; // after the counts, whose records it may use
      }
    }
  }

  // --- plain records, smaller periods and more conditions first ---

  void plan_units() {
    std::stable_sort(m_units.begin(), m_units.end(), [](const Unit& a, const Unit& b) {
      if (a.is_sum != b.is_sum) return b.is_sum;
      if (a.target->period.days() != b.target->period.days()) return a.target->period.days() < b.target->period.days();
      return a.conditions > b.conditions;
    });
    feeders_first();
    for (const auto& unit : m_units) {
      if (!unit.specs.front()->group.empty())
        plan_rows(unit);
      else if (unit.is_sum)
        plan_sum(unit);
      else
        plan_count(unit);
    }
    for (const auto& rows : m_plan.rows)
      if (rows.count > 0 && parents(rows) == 0)
        conflict(*m_rows_target.at(&rows - m_plan.rows.data()),
                 fmt::format("its rows are part of {} and no record of that is made; ask for a figure that makes it",
                             rows.spec->what()));
  }

  /// A figure whose records count for another one comes before it, so that the other makes only what is then missing.
  void feeders_first() {
    const auto feeds = [](const Unit& from, const Unit& to) {
      if (from.target->org != to.target->org || !overlap(from.target->period, to.target->period)) return false;
      return std::any_of(from.specs.begin(), from.specs.end(), [&](const auto* made) {
        return made->share > 0 && made->indicator != to.target->indicator &&
               std::any_of(to.specs.begin(), to.specs.end(),
                           [&](const auto* wanted) { return counts_for(*made, *wanted); });
      });
    };
    std::vector<Unit> ordered;
    std::vector<uint8_t> state(m_units.size(), 0); // 1 = being placed, 2 = placed
    const std::function<void(size_t)> place = [&](size_t i) {
      if (state[i]) return;
      state[i] = 1;
      for (size_t j = 0; j < m_units.size(); ++j)
        if (j != i && feeds(m_units[j], m_units[i]) && !feeds(m_units[i], m_units[j])) place(j);
      state[i] = 2;
      ordered.push_back(m_units[i]);
    };
    for (size_t i = 0; i < m_units.size(); ++i)
      place(i);
    m_units = std::move(ordered);
  }

  int64_t parents(const Rows& rows) const {
    int64_t count = 0;
    for (const auto& batch : m_plan.batches)
      if (batch.spec->form == rows.spec->form && batch.org == rows.org && batch.period == rows.period &&
          batch.spec->counts)
        count += batch.records();
    return count;
  }

  void plan_rows(const Unit& unit) {
    int64_t weight = 0;
    for (const auto* spec : unit.specs)
      weight += spec->share;
    std::vector<uint64_t> shares;
    for (const auto* spec : unit.specs)
      shares.push_back(static_cast<uint64_t>(spec->share));
    if (weight == 0) return conflict(*unit.target, "no entry has a share above 0");
    const auto parts = spread(unit.need, shares);
    for (size_t i = 0; i < parts.size(); ++i) {
      m_rows_target[static_cast<ptrdiff_t>(m_plan.rows.size())] = unit.target;
      m_plan.rows.push_back({unit.specs[i], unit.target->org, unit.target->period, parts[i]});
    }
  }

  bool counts_in(const Batch& batch, const Unit& unit) const {
    return batch.org == unit.target->org && batch.spec->counts &&
           std::any_of(unit.specs.begin(), unit.specs.end(),
                       [&](const auto* spec) { return counts_for(*batch.spec, *spec); });
  }

  /// Records of the batch on days of the period that no part has taken.
  static int64_t records_in(const Batch& batch, const base::Period& period, const std::vector<base::Period>& covered) {
    int64_t count = 0;
    for (size_t i = 0; i < batch.per_day.size(); ++i) {
      const auto day = batch.period.first() + static_cast<int32_t>(i);
      const bool free = std::none_of(covered.begin(), covered.end(),
                                     [&](const auto& part) { return day >= part.first() && day <= part.last(); });
      if (free && day >= period.first() && day <= period.last()) count += batch.per_day[i];
    }
    return count;
  }

  std::vector<int64_t> days_of(const Unit& unit, const Spec& spec, int64_t count) {
    const auto season = m_totals.seasons.find(unit.target->asked);
    auto random =
        Random::of(m_totals.seed, fmt::format("days {} {} {}", unit.target->name(), spec.place().line, spec.part));
    auto weights = day_weights(unit.target->period, spec.days,
                               season == m_totals.seasons.end() ? std::span<const int>{} : season->second, random);
    bool free = false;
    for (size_t i = 0; i < weights.size(); ++i) {
      const auto day = unit.target->period.first() + static_cast<int32_t>(i);
      for (const auto& part : unit.covered)
        if (day >= part.first() && day <= part.last()) weights[i] = 0;
      free |= weights[i] > 0;
    }
    if (!free) {
      if (count > 0) conflict(*unit.target, "the periods within it leave it no day");
      return std::vector<int64_t>(weights.size(), 0);
    }
    return spread(count, weights, random.below(1000));
  }

  Batch batch_of(const Unit& unit, const Spec& spec, int64_t count) {
    Batch batch;
    batch.spec = &spec;
    batch.org = unit.target->org;
    batch.period = unit.target->period;
    batch.per_day = days_of(unit, spec, count);
    batch.target = unit.target;
    return batch;
  }

  void plan_count(const Unit& unit) {
    int64_t have = 0;
    std::string culprits;
    for (const auto& batch : m_plan.batches) {
      if (!counts_in(batch, unit)) continue;
      const int64_t count = records_in(batch, unit.target->period, unit.covered);
      have += count;
      if (count > 0 && culprits.find(batch.target->asked) == std::string::npos)
        culprits += (culprits.empty() ? "" : ", ") + batch.target->name();
    }
    const int64_t need = unit.need - have;
    if (need < 0)
      return conflict(*unit.target, fmt::format("{} is asked for, but {} already make {} that count for it", unit.need,
                                                culprits, have));
    if (need == 0) return;
    std::vector<uint64_t> shares;
    for (const auto* spec : unit.specs)
      shares.push_back(unit.target->soft && spec->everyone ? 0 : static_cast<uint64_t>(spec->share));
    if (std::accumulate(shares.begin(), shares.end(), uint64_t{0}) == 0)
      return conflict(*unit.target, "no entry has a share above 0");
    const auto parts = spread(need, shares);
    for (size_t i = 0; i < parts.size(); ++i) {
      if (parts[i] == 0) continue;
      check_people(unit, *unit.specs[i], parts[i]);
      m_plan.batches.push_back(batch_of(unit, *unit.specs[i], parts[i]));
    }
  }

  void check_people(const Unit& unit, const Spec& spec, int64_t count) {
    if (unit.target->indicator->count != "subjects" || !spec.form) return;
    const Pool* pool = m_population.pool(spec.form->about, unit.target->org);
    if (!pool) return; // about an institution
    const int64_t people = pool->count(spec.about, unit.target->period);
    if (people < count)
      conflict(
          *unit.target,
          fmt::format(
              "it needs {} different entries of {} of the age and sex asked for, and there are {}; make more people",
              count, spec.form->about, people));
  }

  void plan_sum(const Unit& unit) {
    const Spec& spec = *unit.specs.front();
    if (spec.value_item.empty())
      return conflict(*unit.target, "days(a, b) belongs to a form that lasts (since, until)");
    const Range range = *spec.range;
    const auto total = scaled(unit.sum, range.scale);
    if (!total)
      return conflict(*unit.target, fmt::format("{} has more digits than its range {}", unit.sum.to_string(),
                                                decimal_text(range.low, range.scale)));
    auto random = Random::of(m_totals.seed, "sum " + unit.target->name());
    // Records that are there already, less the value itself, take it.
    std::vector<Batch*> ready;
    int64_t records = 0;
    for (auto& batch : m_plan.batches) {
      if (batch.org != unit.target->org || batch.period != unit.target->period || !batch.spec->counts ||
          batch.spec->form != spec.form || batch.spec->value_of(spec.value_item))
        continue;
      Spec without = spec;
      std::erase_if(without.set, [&](const auto& entry) { return entry.first == spec.value_item; });
      if (!counts_for(*batch.spec, without)) continue;
      ready.push_back(&batch);
      records += batch.records();
    }
    if (ready.empty() && *total > 0) {
      if (spec.every) {
        records = std::max<int64_t>(1, unit.target->period.days() * 2 / (spec.every->low + spec.every->high));
      } else {
        records = std::max<int64_t>(1, *total * 2 / std::max<int64_t>(1, range.low + range.high));
      }
      const int64_t least = range.high > 0 ? (*total + range.high - 1) / range.high : records;
      const int64_t most = range.low > 0 ? *total / range.low : records;
      records = std::clamp(records, least, std::max(least, most));
      m_plan.batches.push_back(batch_of(unit, spec, records));
      ready.push_back(&m_plan.batches.back());
    }
    if (records == 0 && *total == 0) return;
    const auto values = cut(*total, records, range.low, range.high, random);
    if (!values)
      return conflict(*unit.target, fmt::format("{} records of {} to {} each cannot add up to {}", records,
                                                decimal_text(range.low, range.scale),
                                                decimal_text(range.high, range.scale), unit.sum.to_string()));
    size_t at = 0;
    for (auto* batch : ready) {
      const auto count = static_cast<size_t>(batch->records());
      batch->sums.push_back(
          {spec.value_item,
           {values->begin() + static_cast<ptrdiff_t>(at), values->begin() + static_cast<ptrdiff_t>(at + count)},
           range.scale});
      if (batch->spec != &spec) batch->also.push_back(&spec);
      at += count;
    }
  }

  // --- returns ---

  void add_return(const Target& target, const std::vector<const Spec*>& specs) {
    const Spec& spec = *specs.front();
    const package::Form& form = *spec.form;
    std::string value_item;
    for (const auto& [key, text] : spec.set)
      if (text == "$value") value_item = key;
    if (value_item.empty()) return conflict(target, "its entry sets no item to $value");
    const auto item =
        std::find_if(form.items.begin(), form.items.end(), [&](const auto& other) { return other.id == value_item; });
    const int scale = item->type == package::ItemType::integer ? 0
                      : item->type == package::ItemType::money ? 2
                                                               : std::max(0, target.sum.normalized().scale());
    const Own own = own_part(target);
    const bool is_sum = target.kind == Target::Kind::sum || target.kind == Target::Kind::stock_sum;
    const auto total = scaled(is_sum ? own.sum : base::Decimal(own.number), scale);
    if (!total) return conflict(target, fmt::format("{} has more digits than the item keeps", target.sum.to_string()));
    if (target.kind == Target::Kind::stock_sum) return add_level(target, spec, value_item, scale, *total);
    std::vector<base::Period> cycles;
    for (base::Date day = target.period.first(); day <= target.period.last();) {
      const auto cycle = cycle_period(form.cycle, day);
      if (cycle.first() < target.period.first() || cycle.last() > target.period.last())
        return conflict(target, "its period does not hold whole periods of the return");
      const bool taken =
          std::any_of(own.covered.begin(), own.covered.end(), [&](const auto& part) { return overlap(part, cycle); });
      if (!taken) cycles.push_back(cycle);
      day = cycle.end();
    }
    if (cycles.empty()) {
      if (*total > 0) conflict(target, "the periods within it leave it no return");
      return;
    }
    const auto season = m_totals.seasons.find(target.asked);
    // The same chance for every item of the return, so that its parts keep their proportion.
    auto random =
        Random::of(m_totals.seed, fmt::format("return {} {} {}", form.id, target.org, target.period.to_string()));
    std::vector<uint64_t> weights;
    for (const auto& cycle : cycles) {
      const auto days = day_weights(cycle, Days::all,
                                    season == m_totals.seasons.end() ? std::span<const int>{} : season->second, random);
      weights.push_back(item->type == package::ItemType::integer
                            ? static_cast<uint64_t>(cycle.days()) * 1000 // days do not follow the season
                            : std::accumulate(days.begin(), days.end(), uint64_t{1}));
    }
    const auto parts = spread(*total, weights);
    Returns& returns = returns_of(spec, target.org);
    for (size_t i = 0; i < cycles.size(); ++i)
      returns.values[cycles[i].first()][value_item] = decimal_text(parts[i], scale);
  }

  Returns& returns_of(const Spec& spec, const std::string& org) {
    Returns& returns = m_returns[spec.form->id + " " + org];
    returns.form = spec.form;
    returns.org = org;
    if (std::find(returns.specs.begin(), returns.specs.end(), &spec) == returns.specs.end())
      returns.specs.push_back(&spec);
    return returns;
  }

  /// What a return says as it stands at the end of its cycle: given for some cycles, in between by even steps.
  void add_level(const Target& target, const Spec& spec, const std::string& item, int scale, int64_t value) {
    Returns& returns = returns_of(spec, target.org);
    Levels& levels = m_levels[&returns][item];
    levels.scale = scale;
    const auto cycle = cycle_period(spec.form->cycle, target.period.last());
    const auto [at, is_new] = levels.given.emplace(cycle.first(), value);
    if (!is_new && at->second != value)
      return conflict(target, fmt::format("the return of {} cannot say both {} and {}", cycle.to_string(),
                                          decimal_text(at->second, scale), decimal_text(value, scale)));
    const auto start = cycle_period(spec.form->cycle, target.period.first()).first();
    if (levels.given.size() == 1 || start < levels.first) levels.first = start;
  }

  void finish_returns() {
    for (auto& [key, returns] : m_returns) {
      const auto levels = m_levels.find(&returns);
      if (levels != m_levels.end())
        for (const auto& [item, given] : levels->second)
          fill_levels(returns, item, given);
      m_plan.returns.push_back(std::move(returns));
    }
  }

  struct Levels {
    std::map<base::Date, int64_t> given; ///< by first day of the cycle
    base::Date first;
    int scale = 0;
  };

  static void fill_levels(Returns& returns, const std::string& item, const Levels& levels) {
    base::Date first = levels.first;
    if (!returns.values.empty()) first = std::min(first, returns.values.begin()->first);
    const base::Date last = levels.given.rbegin()->first;
    for (base::Date day = first; day <= last; day = cycle_period(returns.form->cycle, day).end()) {
      const auto after = levels.given.lower_bound(day);
      int64_t value = after->second;
      if (after->first != day && after != levels.given.begin()) {
        const auto before = std::prev(after);
        const auto days = after->first - before->first;
        value = before->second + (after->second - before->second) * (day - before->first) / days;
      }
      returns.values[day][item] = decimal_text(value, levels.scale);
    }
  }

  // --- things that last ---

  Values conditions_of(const Spec& spec) const {
    const auto& items = m_specs.intervals.at(spec.what());
    Values conditions;
    for (const auto& entry : spec.set)
      if (entry.first != items.since && entry.first != items.until) conditions.push_back(entry);
    std::sort(conditions.begin(), conditions.end());
    return conditions;
  }

  void add_interval(const Target& target, const std::vector<const Spec*>& specs) {
    const Spec& spec = *specs.front();
    const Values conditions = conditions_of(spec);
    auto found = std::find_if(m_intervals.begin(), m_intervals.end(), [&](const auto& other) {
      return other.what == spec.what() && other.org == target.org && other.conditions == conditions;
    });
    if (found == m_intervals.end()) {
      Intervals intervals;
      intervals.what = spec.what();
      intervals.org = target.org;
      intervals.items = m_specs.intervals.at(spec.what());
      intervals.conditions = conditions;
      found = m_intervals.insert(m_intervals.end(), std::move(intervals));
    }
    found->targets.push_back(&target);
  }

  /// What is counted among `part` is counted among `whole` too.
  bool is_part(const Intervals& part, const Intervals& whole) const {
    if (&part == &whole || part.what != whole.what) return false;
    if (part.org != whole.org && !is_beneath(part.org, whole.org)) return false;
    const auto& items = *m_specs.by_indicator.at(part.targets.front()->indicator->id).front()->items;
    for (const auto& [key, wanted] : whole.conditions) {
      const auto made = std::find_if(part.conditions.begin(), part.conditions.end(),
                                     [&key = key](const auto& entry) { return entry.first == key; });
      if (made == part.conditions.end()) return false;
      const auto item =
          std::find_if(items.begin(), items.end(), [&key = key](const auto& other) { return other.id == key; });
      if (item == items.end() ? made->second != wanted : meets(*item, made->second, wanted) == Meets::no) return false;
    }
    return part.org != whole.org || part.conditions != whole.conditions;
  }

  static std::string names_of(const std::vector<const Target*>& targets) {
    std::string names;
    for (const auto* target : targets)
      names += (names.empty() ? "" : ", ") + target->name();
    return names;
  }

  /// Parts before wholes: a whole is what its parts leave.
  void plan_intervals() {
    std::stable_sort(m_intervals.begin(), m_intervals.end(),
                     [&](const Intervals& a, const Intervals& b) { return a.conditions.size() > b.conditions.size(); });
    std::vector<Intervals*> ordered;
    std::set<const Intervals*> placed;
    const std::function<void(Intervals&)> place = [&](Intervals& one) {
      if (!placed.insert(&one).second) return;
      for (auto& other : m_intervals)
        if (is_part(other, one)) place(other);
      ordered.push_back(&one);
    };
    for (auto& one : m_intervals)
      place(one);
    for (auto* one : ordered)
      if (!cut_periods(*one)) return;
    for (const auto* one : ordered)
      guess_parts(*one);
    for (size_t i = 0; i < ordered.size(); ++i) {
      Intervals& one = *ordered[i];
      std::vector<const Intervals*> parts;
      for (size_t j = 0; j < i; ++j)
        if (is_part(*ordered[j], one)) parts.push_back(ordered[j]);
      if (!take_away(one, parts)) continue;
      fill_specs(one, parts);
      std::string name = one.what + " " + one.org;
      for (const auto& [key, text] : one.conditions)
        name += " " + key + "=" + text;
      auto random = Random::of(m_totals.seed, "interval days " + name);
      for (const auto& entry : one.problem.periods)
        for (const auto weight : day_weights(entry.period, Days::all, {}, random))
          one.problem.weights.push_back(weight);
      one.solution = solve(one.problem, Random::of(m_totals.seed, "intervals " + name));
      if (one.solution.conflict.empty()) continue;
      auto targets = one.targets;
      for (const auto* part : parts)
        targets.insert(targets.end(), part->targets.begin(), part->targets.end());
      conflict(*one.targets.front(),
               fmt::format("these cannot be met together: {} ({})", names_of(targets), one.solution.conflict));
    }
    for (auto* one : ordered)
      m_plan.intervals.push_back(std::move(*one));
  }

  /// The days from the first to the last cut where a figure begins or ends, and each figure given to its pieces.
  bool cut_periods(Intervals& one) {
    std::set<base::Date> cuts;
    for (const auto* target : one.targets) {
      cuts.insert(target->period.end());
      if (target->kind != Target::Kind::stock) cuts.insert(target->period.first());
    }
    base::Date first = one.targets.front()->period.first();
    for (const auto* target : one.targets)
      first = std::min(first, target->period.first());
    cuts.insert(first);
    for (auto at = cuts.begin(); std::next(at) != cuts.end(); ++at) {
      IntervalTargets piece;
      piece.period = base::Period::range(*at, *std::next(at) + -1);
      one.problem.periods.push_back(piece);
    }
    auto targets = one.targets;
    std::stable_sort(targets.begin(), targets.end(),
                     [](const auto* a, const auto* b) { return a->period.days() < b->period.days(); });
    bool good = true;
    for (const auto* target : targets)
      good &= give(one, *target);
    return good;
  }

  bool give(Intervals& one, const Target& target) {
    const Spec& spec = *m_specs.by_indicator.at(target.indicator->id).front();
    int64_t value = target.number;
    std::optional<int64_t> IntervalTargets::* aspect = nullptr;
    switch (target.kind) {
    case Target::Kind::stock: aspect = &IntervalTargets::at_end; break;
    case Target::Kind::stock_days: aspect = &IntervalTargets::within; break;
    case Target::Kind::sum: {
      const auto days = scaled(target.sum, 0);
      if (!days || spec.days_from.empty())
        return conflict(target, "it must be whole days, by value: days(a, b)"), false;
      value = *days;
      aspect = &IntervalTargets::lengths;
      break;
    }
    default: {
      const auto* start = spec.value_of(one.items.since);
      const auto* end = spec.value_of(one.items.until);
      if (end && *end == "$day")
        aspect = &IntervalTargets::ends;
      else if (start && *start == "$day")
        aspect = &IntervalTargets::starts;
      else
        return conflict(target,
                        fmt::format("its entry sets neither {} nor {} to $day", one.items.since, one.items.until)),
               false;
    }
    }
    std::vector<IntervalTargets*> pieces;
    std::vector<uint64_t> days;
    int64_t known = 0;
    for (auto& piece : one.problem.periods) {
      const bool is_at_end = aspect == &IntervalTargets::at_end;
      if (is_at_end ? piece.period.last() != target.period.last()
                    : piece.period.first() < target.period.first() || piece.period.last() > target.period.last())
        continue;
      if (piece.*aspect) {
        known += *(piece.*aspect);
      } else {
        pieces.push_back(&piece);
        days.push_back(static_cast<uint64_t>(piece.period.days()));
      }
    }
    if (value < known || (pieces.empty() && value != known)) {
      std::vector<const Target*> others;
      for (const auto* other : one.targets)
        if (other != &target && other->asked == target.asked && overlap(other->period, target.period))
          others.push_back(other);
      return conflict(target, fmt::format("{} already come to {}", names_of(others), known)), false;
    }
    const auto parts = spread(value - known, days);
    for (size_t i = 0; i < parts.size(); ++i)
      pieces[i]->*aspect = parts[i];
    return true;
  }

  /// Where a whole is asked at the end of a period and some of its parts are not, those change as the whole does.
  void guess_parts(const Intervals& whole) {
    std::vector<Intervals*> parts;
    for (auto& other : m_intervals)
      if (is_part(other, whole)) parts.push_back(&other);
    std::erase_if(parts, [&](const auto* part) { // only those that have no parts themselves
      return std::any_of(parts.begin(), parts.end(), [&](const auto* other) { return is_part(*other, *part); });
    });
    if (parts.empty()) return;
    for (const auto& at : whole.problem.periods) {
      if (!at.at_end) continue;
      const base::Date day = at.period.last();
      int64_t left = *at.at_end;
      std::vector<Intervals*> lacking;
      std::vector<uint64_t> weights;
      for (auto* part : parts) {
        const auto piece = std::find_if(part->problem.periods.begin(), part->problem.periods.end(),
                                        [&](const auto& one) { return one.at_end && one.period.last() == day; });
        if (piece != part->problem.periods.end()) {
          left -= *piece->at_end;
          continue;
        }
        std::optional<int64_t> near;
        int32_t distance = INT32_MAX;
        for (const auto& one : part->problem.periods)
          if (one.at_end && std::abs(one.period.last() - day) < distance)
            near = one.at_end, distance = std::abs(one.period.last() - day);
        if (near) lacking.push_back(part), weights.push_back(static_cast<uint64_t>(*near));
      }
      if (lacking.empty() || left < 0) continue;
      // What the whole has beside its parts, at the nearest day at which all is known, it keeps.
      int64_t sum = std::accumulate(weights.begin(), weights.end(), int64_t{0});
      if (sum == 0) continue;
      int64_t rest = 0;
      for (const auto& one : whole.problem.periods) {
        if (!one.at_end || one.period.last() == day) continue;
        int64_t known = 0;
        bool all = true;
        for (const auto* part : parts) {
          const auto piece =
              std::find_if(part->problem.periods.begin(), part->problem.periods.end(),
                           [&](const auto& other) { return other.at_end && other.period.last() == one.period.last(); });
          all &= piece != part->problem.periods.end();
          if (all) known += *piece->at_end;
        }
        if (all && *one.at_end >= known) rest = std::min(left, *one.at_end - known);
      }
      const auto shares = spread(left - rest, weights);
      for (size_t i = 0; i < lacking.size(); ++i)
        add_end(*lacking[i], day, at.period.first(), shares[i]);
    }
  }

  /// So many at the end of that day: a piece of the problem is cut or put before or after.
  static void add_end(Intervals& one, base::Date day, base::Date first, int64_t number) {
    auto& periods = one.problem.periods;
    for (size_t i = 0; i < periods.size(); ++i) {
      if (periods[i].period.last() == day) {
        periods[i].at_end = number;
        return;
      }
      const auto period = periods[i].period;
      if (day < period.first() || day > period.last()) continue;
      if (periods[i].starts || periods[i].ends || periods[i].within || periods[i].lengths) return; // it is left alone
      IntervalTargets before;
      before.period = base::Period::range(period.first(), day);
      before.at_end = number;
      periods[i].period = base::Period::range(day + 1, period.last());
      periods.insert(periods.begin() + static_cast<ptrdiff_t>(i), before);
      return;
    }
    IntervalTargets piece;
    piece.at_end = number;
    if (day < periods.front().period.first()) {
      piece.period = base::Period::range(std::min(first, day), day);
      if (day + 1 < periods.front().period.first()) {
        IntervalTargets gap;
        gap.period = base::Period::range(day + 1, periods.front().period.first() + -1);
        periods.insert(periods.begin(), gap);
      }
      periods.insert(periods.begin(), piece);
    } else {
      piece.period = base::Period::range(periods.back().period.end(), day);
      periods.push_back(piece);
    }
  }

  bool take_away(Intervals& one, const std::vector<const Intervals*>& parts) {
    for (auto& piece : one.problem.periods) {
      const auto& period = piece.period;
      IntervalTargets made;
      made.starts = made.ends = made.at_end = made.within = made.lengths = 0;
      for (const auto* part : parts)
        for (const auto& interval : part->solution.intervals) {
          *made.at_end += lasts_on(interval, period.last());
          *made.starts += interval.start >= period.first() && interval.start <= period.last();
          const bool ends = interval.end && *interval.end >= period.first() && *interval.end <= period.last();
          *made.ends += ends;
          if (ends) *made.lengths += *interval.end - interval.start;
          const base::Date from = std::max(interval.start, period.first());
          const base::Date to = interval.end ? std::min(*interval.end, period.end()) : period.end();
          if (from < to) *made.within += to - from;
        }
      for (const auto aspect : {&IntervalTargets::starts, &IntervalTargets::ends, &IntervalTargets::at_end,
                                &IntervalTargets::within, &IntervalTargets::lengths}) {
        if (!(piece.*aspect)) continue;
        *(piece.*aspect) -= *(made.*aspect);
        if (*(piece.*aspect) >= 0) continue;
        std::vector<const Target*> culprits;
        for (const auto* part : parts)
          culprits.insert(culprits.end(), part->targets.begin(), part->targets.end());
        conflict(*one.targets.front(),
                 fmt::format("{} already come to {} in {}", names_of(culprits), *(made.*aspect), period.to_string()));
        return false;
      }
    }
    return true;
  }

  /// The entries behind it; where values may be chosen, not those that its parts are counted by.
  void fill_specs(Intervals& one, const std::vector<const Intervals*>& parts) {
    for (const auto& spec : m_specs.list) {
      if (!spec.counts || spec.what() != one.what || !spec.group.empty() || conditions_of(spec) != one.conditions)
        continue;
      const Spec* used = &spec;
      for (const auto& [key, text] : spec.set) {
        std::string kept;
        for (const auto alternative : base::split(text, '|')) {
          const auto value = alternative.substr(0, alternative.rfind('*'));
          const bool is_of_part = std::any_of(parts.begin(), parts.end(), [&](const auto* part) {
            return part->org == one.org &&
                   std::any_of(part->conditions.begin(), part->conditions.end(), [&](const auto& condition) {
                     return condition.first == key && weight_in(condition.second, value) > 0;
                   });
          });
          if (!is_of_part) kept += (kept.empty() ? "" : "|") + std::string(alternative);
        }
        if (kept.empty() || kept == text) continue;
        if (used == &spec) used = &m_plan.own_specs.emplace_back(spec);
        for (auto& entry : m_plan.own_specs.back().set)
          if (entry.first == key) entry.second = kept;
      }
      one.specs.push_back(used);
      if (!spec.since.empty()) {
        one.problem.length_low = static_cast<int>(spec.length.low);
        one.problem.length_high = static_cast<int>(spec.length.high);
      }
    }
  }

  // --- records that must not count ---

  void sprinkle() {
    std::set<std::string> done;
    for (const auto& target : m_totals.targets) {
      const auto found = m_specs.by_indicator.find(target.indicator->id);
      if (found == m_specs.by_indicator.end()) continue;
      if (!done.insert(target.indicator->id + " " + target.org + " " + target.period.to_string()).second) continue;
      for (const auto* spec : found->second) {
        if (spec->counts || spec->share == 0) continue;
        if (spec->is_return()) {
          const auto returns = std::find_if(m_plan.returns.begin(), m_plan.returns.end(), [&](const auto& other) {
            return other.form == spec->form && other.org == target.org;
          });
          if (returns != m_plan.returns.end() &&
              std::find(returns->not_counted.begin(), returns->not_counted.end(), spec) == returns->not_counted.end())
            returns->not_counted.push_back(spec);
          continue;
        }
        const int64_t percent = spec->make->more.contains("share") ? spec->share : 1;
        int64_t counted = std::max(target.number, target.of);
        if (target.kind == Target::Kind::sum)
          for (const auto& batch : m_plan.batches)
            if (batch.target == &target) counted += batch.records();
        if (target.kind == Target::Kind::stock_days) counted /= target.period.days();
        const int64_t count = std::max<int64_t>(1, counted * percent / 100);
        if (!spec->group.empty()) {
          const Rows rows{spec, target.org, target.period, count};
          if (parents(rows) > 0) m_plan.rows.push_back(rows);
          continue;
        }
        Unit unit;
        unit.target = &target;
        m_plan.batches.push_back(batch_of(unit, *spec, count));
      }
    }
  }

  // --- subjects ---

  /// Which records must be of different people, and which entries' fillings belong to which batches.
  void tie_subjects() {
    for (const auto& unit : m_units) {
      const bool subjects = unit.target->indicator->count == "subjects";
      size_t set = m_plan.sets.size();
      if (subjects) {
        const auto found = std::find_if(m_plan.sets.begin(), m_plan.sets.end(), [&](const auto& other) {
          return other.indicator == unit.target->indicator && other.org == unit.target->org &&
                 other.period == unit.target->period;
        });
        set = static_cast<size_t>(found - m_plan.sets.begin());
        if (found == m_plan.sets.end())
          m_plan.sets.push_back({unit.target->indicator, unit.target->org, unit.target->period});
      }
      for (auto& batch : m_plan.batches) {
        if (!counts_in(batch, unit) || !overlap(batch.period, unit.target->period)) continue;
        if (subjects && std::find(batch.sets.begin(), batch.sets.end(), set) == batch.sets.end())
          batch.sets.push_back(set);
        for (const auto* spec : unit.specs)
          if (spec != batch.spec && counts_for(*batch.spec, *spec) &&
              std::find(batch.also.begin(), batch.also.end(), spec) == batch.also.end())
            batch.also.push_back(spec);
      }
    }
    for (auto& batch : m_plan.batches) {
      if (batch.spec->about.of.empty()) continue;
      const auto& of = *m_specs.catalog->indicators.find(batch.spec->about.of);
      if (of.second.period == package::PeriodKind::stock) {
        batch.of_stock = of.first;
        check_members(batch);
        continue;
      }
      for (size_t i = 0; i < m_plan.sets.size(); ++i)
        if (m_plan.sets[i].indicator->id == batch.spec->about.of && m_plan.sets[i].org == batch.org &&
            overlap(m_plan.sets[i].period, batch.period))
          batch.of_set = i;
    }
    // Where nobody is counted there, nothing can be about one of them.
    std::erase_if(m_plan.batches, [](const Batch& batch) {
      return !batch.spec->about.of.empty() && !batch.of_set && batch.of_stock.empty();
    });
  }

  /// A share of those in a stock cannot be of more than are in it.
  void check_members(const Batch& batch) {
    if (!batch.target || batch.target->kind != Target::Kind::proportion || !batch.spec->counts) return;
    int64_t there = 0;
    std::vector<const Target*> targets;
    for (const auto& intervals : m_plan.intervals) {
      const bool is_of = std::any_of(intervals.specs.begin(), intervals.specs.end(),
                                     [&](const auto* spec) { return spec->indicator->id == batch.of_stock; });
      if (!is_of || (intervals.org != batch.org && !is_beneath(intervals.org, batch.org))) continue;
      targets.insert(targets.end(), intervals.targets.begin(), intervals.targets.end());
      for (const auto& interval : intervals.solution.intervals)
        there += lasts_on(interval, batch.period.last());
    }
    if (batch.target->of > there)
      conflict(*batch.target,
               fmt::format("it is of {}, and there are only {} by {}", batch.target->of, there,
                           targets.empty() ? batch.of_stock + ", which is not asked for" : names_of(targets)));
  }

  const Totals& m_totals;
  const Specs& m_specs;
  const Population& m_population;
  base::Issues m_issues;
  Plan m_plan;
  std::vector<Unit> m_units;
  std::vector<Intervals> m_intervals;
  std::map<std::string, Returns> m_returns;
  std::map<const Returns*, std::map<std::string, Levels>> m_levels; ///< by item
  std::map<ptrdiff_t, const Target*> m_rows_target;
};

} // namespace

Plan make_plan(const Totals& totals, const Specs& specs, const Population& population) {
  return Planner(totals, specs, population).run();
}

bool lasts_on(const Interval& interval, base::Date day) {
  return interval.start <= day && (!interval.end || *interval.end > day);
}

int64_t Batch::records() const {
  return std::accumulate(per_day.begin(), per_day.end(), int64_t{0});
}

base::Period cycle_period(package::ReturnCycle cycle, base::Date day) {
  int months = 1;
  if (cycle == package::ReturnCycle::quarter) months = 3;
  if (cycle == package::ReturnCycle::half) months = 6;
  if (cycle == package::ReturnCycle::year) months = 12;
  const base::Date first = base::month_start(day, -((day.month() - 1) % months));
  return base::Period::range(first, base::month_start(first, months) + -1);
}

bool counts_for(const Spec& made, const Spec& wanted) {
  if (made.form != wanted.form || made.reg != wanted.reg || made.group != wanted.group) return false;
  if (&made == &wanted) return true;
  if (made.indicator == wanted.indicator && made.part != wanted.part) return false; // a hit is no miss
  for (const auto& [key, text] : wanted.set) {
    const std::string* given = made.value_of(key);
    if (!given) return false;
    const auto item =
        std::find_if(made.items->begin(), made.items->end(), [&](const auto& other) { return other.id == key; });
    if (item == made.items->end()) {
      if (*given != text) return false; // several items together: only the very same
    } else if (meets(*item, *given, text) == Meets::no) {
      return false;
    }
  }
  return !wanted.set.empty();
}

} // namespace xinglin::sim
