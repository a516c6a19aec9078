// 1. Read totals and make entries.  2. Plan: arithmetic only, contradictions are refused here.  3. Write people, then
// records.  4. Ask the indicators.  5. Correct what differs, and ask again.
#include "sim/simulate.h"

#include "lib/base/issue.h"
#include "server/feed/feed.h"
#include "server/flatten/warehouse.h"
#include "server/indicator/engine.h"
#include "sim/county.h"
#include "sim/maker.h"
#include "sim/plan.h"

#include <algorithm>

#include <fmt/format.h>

namespace xinglin::sim {
namespace {

class Run {
public:
  Run(const SimulateParts& parts, const SimulateOptions& options)
      : m_parts(parts), m_options(options), m_catalog(parts.program.catalog()), m_specs(read_specs(m_catalog)) {
    if (!options.totals.empty()) m_totals = read_totals(options.totals, m_catalog, options.scale);
    if (options.seed) m_totals.seed = *options.seed;
    if (options.residents > 0)
      add_county(m_totals, make_county({options.residents, options.years, m_totals.seed}, m_catalog, m_specs), m_specs);
  }

  SimulateReport run() {
    check_organizations();
    populate(m_totals, m_catalog, m_population);
    const Plan plan = make_plan(m_totals, m_specs, m_population);
    m_maker.emplace(m_parts.program, m_totals, m_specs, m_population, m_options, m_report);
    try {
      m_maker->write_registers();
      if (m_options.residents > 0) m_maker->write_everyone();
      m_maker->write(plan);
      const bool is_asked = !m_totals.targets.empty() && !m_totals.targets.front().soft;
      for (int round = 0; is_asked && round < m_options.rounds_max; ++round) {
        ask();
        if (m_report.all_met() || !correct()) break;
        m_maker->flush();
        if (round + 1 == m_options.rounds_max) ask();
      }
    } catch (const Stopped&) {
      m_report.stopped = true;
      return m_report;
    }
    for (auto& figure : m_report.figures)
      if (!figure.met) figure.note = culprits(figure);
    return m_report;
  }

private:
  void check_organizations() {
    std::set<std::string> known;
    for (const auto& thing : m_totals.things)
      if (m_catalog.registers.at(thing.register_id).kept_as == "Organization") known.insert(thing.id);
    base::Issues issues;
    const auto check = [&](const std::string& org, const package::Place& place) {
      if (known.contains(org)) return;
      base::Issue issue;
      issue.code = "not-found";
      issue.text = fmt::format("there is no organisation '{}' among the registers; add it there", org);
      issue.file = place.file;
      issue.line = place.line;
      issues.add(std::move(issue));
      known.insert(org); // said once
    };
    for (const auto& people : m_totals.people)
      check(people.org, people.place);
    for (const auto& target : m_totals.targets)
      check(target.org, target.place);
    if (issues.has_errors()) throw base::Refused(base::Refusal::invalid, std::move(issues));
  }

  void ask() {
    m_parts.warehouse.catch_up(m_parts.feed, [&](flatten::Progress progress) {
      if (m_options.progress) m_options.progress({"figures", progress.done, progress.last});
      if (m_options.stopped && m_options.stopped()) throw Stopped{};
    });
    m_report.figures.clear();
    for (const auto& target : m_totals.targets) {
      if (target.soft) break; // they stand after those asked for
      const auto figure = m_parts.engine.figure(target.asked, target.org, target.period);
      SimulateFigure result;
      result.indicator = target.asked;
      result.org = target.org;
      result.period = target.period;
      result.asked = target.value;
      result.got = figure.value;
      if (target.kind == Target::Kind::proportion) {
        result.met = target.of == 0 ? !figure.value
                                    : figure.numerator == base::Rational(target.number) &&
                                          figure.denominator == base::Rational(target.of);
      } else {
        result.met = figure.value ? *figure.value == target.value : target.value.is_zero();
      }
      m_report.figures.push_back(std::move(result));
    }
  }

  // --- correcting ---

  bool correct() {
    bool changed = false;
    for (size_t i = 0; i < m_report.figures.size(); ++i) {
      if (m_report.figures[i].met) continue;
      const Target& target = m_totals.targets[i];
      const auto found = m_specs.by_indicator.find(target.indicator->id);
      if (found == m_specs.by_indicator.end()) continue;
      if (target.kind == Target::Kind::count && target.indicator->count == "rows") {
        changed |= adjust(target, "", target.number);
      } else if (target.kind == Target::Kind::proportion) {
        changed |= adjust(target, "hit", target.number);
        changed |= adjust(target, "miss", target.of - target.number);
      } else if (target.kind == Target::Kind::sum) {
        changed |= adjust_sum(target);
      }
    }
    return changed;
  }

  /// The plain entry that could make more without disturbing a figure that is met; null when there is none (parts of
  /// records, returns, things that last).
  const Spec* plain(const Target& target, const std::string& part) const {
    for (const auto* spec : m_specs.by_indicator.at(target.indicator->id))
      if (spec->counts && spec->share > 0 && spec->group.empty() && spec->from.empty() && spec->about.of.empty() &&
          (part.empty() || spec->part == part) && spec->form && !spec->is_return() &&
          !m_specs.intervals.contains(spec->what()) && !disturbs(*spec, target))
        return spec;
    return nullptr;
  }

  bool shares_place(const Target& a, const Target& b) const {
    const bool orgs = a.org == b.org || m_population.is_beneath(a.org, b.org) || m_population.is_beneath(b.org, a.org);
    return orgs && a.period.first() <= b.period.last() && b.period.first() <= a.period.last();
  }

  bool disturbs(const Spec& spec, const Target& target) const {
    for (size_t i = 0; i < m_report.figures.size(); ++i) {
      const Target& other = m_totals.targets[i];
      if (&other == &target || other.indicator == target.indicator || !m_report.figures[i].met ||
          !shares_place(target, other))
        continue;
      const auto wanted = m_specs.by_indicator.find(other.indicator->id);
      if (wanted != m_specs.by_indicator.end() &&
          std::any_of(wanted->second.begin(), wanted->second.end(),
                      [&](const auto* one) { return one->counts && counts_for(spec, *one); }))
        return true;
    }
    return false;
  }

  /// Records that figures which are met count, of the forms this one is made of.
  std::set<std::string> counted_by_met(const Target& target) {
    std::set<std::string> forms;
    for (const auto* spec : m_specs.by_indicator.at(target.indicator->id))
      forms.insert(spec->what());
    std::set<std::string> records;
    for (size_t i = 0; i < m_report.figures.size(); ++i) {
      const Target& other = m_totals.targets[i];
      const auto specs = m_specs.by_indicator.find(other.indicator->id);
      if (&other == &target || !m_report.figures[i].met || !shares_place(target, other) ||
          specs == m_specs.by_indicator.end() ||
          std::none_of(specs->second.begin(), specs->second.end(),
                       [&](const auto* spec) { return forms.contains(spec->what()); }))
        continue;
      for (const auto& row : rows(other))
        records.insert(row.record);
    }
    return records;
  }

  std::vector<indicator::Row> rows(const Target& target) {
    indicator::Address address;
    address.indicator = target.asked;
    address.org = target.org;
    address.period = target.period;
    return m_parts.engine.trace(address, SIZE_MAX).rows;
  }

  /// Makes records, or takes away some of those made, until so many count.
  bool adjust(const Target& target, const std::string& part, int64_t wanted) {
    const Spec* spec = plain(target, part);
    if (!spec) return false;
    auto counted = rows(target);
    if (!part.empty())
      std::erase_if(counted, [&](const auto& row) { return row.hit.value_or(false) != (part == "hit"); });
    const int64_t missing = wanted - static_cast<int64_t>(counted.size());
    if (missing > 0) {
      m_maker->write(extra(target, *spec, missing));
      m_report.corrections += missing;
      return true;
    }
    if (missing == 0) return false;
    std::vector<std::string> records;
    const auto kept = counted_by_met(target);
    for (auto row = counted.rbegin(); row != counted.rend() && static_cast<int64_t>(records.size()) < -missing; ++row)
      if (m_maker->made(row->record) && !kept.contains(row->record)) records.push_back(row->record);
    const auto removed = static_cast<int64_t>(m_maker->remove(records));
    m_report.corrections += removed;
    return removed > 0;
  }

  bool adjust_sum(const Target& target) {
    const Spec* spec = plain(target, "");
    if (!spec || spec->value_item.empty()) return false;
    const Range range = *spec->range;
    base::Decimal total;
    auto counted = rows(target);
    for (const auto& row : counted)
      if (row.value) total = total + *row.value * row.weight;
    // Take records away, last first, until what is then missing can be made of whole records.
    base::Decimal missing = target.sum - total;
    std::vector<std::string> records;
    auto random = Random::of(m_totals.seed, "correct " + target.name());
    for (auto row = counted.rbegin();; ++row) {
      const auto units = (missing * base::Decimal::from_parts(1, 0)).normalized();
      if (units.scale() <= range.scale && !(missing < base::Decimal(0))) {
        int64_t total_units = static_cast<int64_t>(units.coefficient());
        for (int i = units.scale(); i < range.scale; ++i)
          total_units *= 10;
        const int64_t count = total_units == 0 ? 0 : std::max<int64_t>(1, (total_units + range.high - 1) / range.high);
        if (const auto values = cut(total_units, count, range.low, range.high, random)) {
          m_maker->remove(records);
          if (count > 0) {
            Batch batch = extra(target, *spec, count);
            batch.sums.push_back({spec->value_item, *values, range.scale});
            m_maker->write(batch);
          }
          m_report.corrections += static_cast<int64_t>(records.size()) + count;
          return count > 0 || !records.empty();
        }
      }
      while (row != counted.rend() && !(m_maker->made(row->record) && row->value))
        ++row;
      if (row == counted.rend()) return false;
      records.push_back(row->record);
      missing = missing + *row->value * row->weight;
    }
  }

  Batch extra(const Target& target, const Spec& spec, int64_t count) {
    Batch batch;
    batch.spec = &spec;
    batch.org = target.org;
    batch.period = target.period;
    auto random = Random::of(m_totals.seed, "extra " + target.name());
    batch.per_day = spread(count, day_weights(target.period, spec.days, {}, random));
    batch.target = &target;
    return batch;
  }

  /// Other figures over the same records, when this one came out otherwise than asked.
  std::string culprits(const SimulateFigure& figure) const {
    std::set<std::string> what;
    const auto target = std::find_if(m_totals.targets.begin(), m_totals.targets.end(), [&](const auto& other) {
      return other.asked == figure.indicator && other.org == figure.org && other.period == figure.period;
    });
    const auto own = m_specs.by_indicator.find(target->indicator->id);
    if (own != m_specs.by_indicator.end())
      for (const auto* spec : own->second)
        what.insert(spec->what());
    std::string names;
    for (const auto& other : m_totals.targets) {
      if (&other == &*target || other.org != target->org) continue;
      const auto specs = m_specs.by_indicator.find(other.indicator->id);
      if (specs == m_specs.by_indicator.end()) continue;
      const bool shares = std::any_of(specs->second.begin(), specs->second.end(),
                                      [&](const auto* spec) { return what.contains(spec->what()); });
      if (shares && other.period.first() <= target->period.last() && target->period.first() <= other.period.last())
        names += (names.empty() ? "" : ", ") + other.name();
    }
    return names.empty() ? "its query and its make: entries disagree" : "its records are shared with " + names;
  }

  const SimulateParts& m_parts;
  const SimulateOptions& m_options;
  const package::Catalog& m_catalog;
  Specs m_specs;
  Totals m_totals;
  Population m_population;
  SimulateReport m_report;
  std::optional<Maker> m_maker;
};

} // namespace

bool SimulateReport::all_met() const {
  return std::all_of(figures.begin(), figures.end(), [](const auto& figure) { return figure.met; });
}

SimulateReport simulate(const SimulateParts& parts, const SimulateOptions& options) {
  return Run(parts, options).run();
}

} // namespace xinglin::sim
