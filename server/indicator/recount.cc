#include "server/indicator/recount.h"

#include <algorithm>

namespace xinglin::indicator {
namespace {

using base::Date;
using base::Rational;
using package::Derived;
using package::Indicator;
using package::IndicatorKind;
using package::PeriodKind;

/// Does the row count in the figure of the period?
bool counts(const Indicator& indicator, const Row& row, const base::Period& period) {
  if (indicator.period == PeriodKind::flow) {
    const auto happened = Date::parse(row.happened);
    return happened && *happened >= period.first() && *happened <= period.last();
  }
  const auto since = Date::parse(row.since), until = Date::parse(row.until);
  return since && *since <= period.last() && (row.until.empty() || (until && *until > period.last()));
}

/// On how many days of the period a lasting row was there.
int days_there(const Row& row, const base::Period& period) {
  const auto since = Date::parse(row.since), until = Date::parse(row.until);
  if (!since) return 0;
  int days = 0;
  for (Date day = period.first(); day <= period.last(); day = day + 1)
    if (*since <= day && (!until || day < *until)) ++days;
  return days;
}

std::optional<Rational> value_of(const package::Catalog& catalog, const Derived& node, const base::Period& period,
                                 const std::function<const Recount&(const Indicator&)>& of, int depth) {
  std::vector<Rational> values;
  for (const auto& argument : node.arguments) {
    const auto value = value_of(catalog, argument, period, of, depth);
    if (!value) return {};
    values.push_back(*value);
  }
  const auto indicator = [&]() -> const Indicator& { return catalog.indicators.at(node.id); };
  switch (node.kind) {
  case Derived::Kind::number: return Rational(node.number);
  case Derived::Kind::indicator: return recounted_value(catalog, indicator(), period, of, depth + 1);
  case Derived::Kind::days: return of(indicator()).days;
  case Derived::Kind::average: return of(indicator()).days / Rational(period.days());
  case Derived::Kind::add: return values[0] + values[1];
  case Derived::Kind::subtract: return values[0] - values[1];
  case Derived::Kind::multiply: return values[0] * values[1];
  case Derived::Kind::divide:
    if (values[1].is_zero()) return {};
    return values[0] / values[1];
  case Derived::Kind::negate: return Rational(0) - values[0];
  case Derived::Kind::least: return *std::min_element(values.begin(), values.end());
  case Derived::Kind::greatest: return *std::max_element(values.begin(), values.end());
  }
  return {};
}

} // namespace

void Recount::add(const Recount& other) {
  rows += other.rows;
  first = first + other.first;
  second = second + other.second;
  days = days + other.days;
  counted.insert(other.counted.begin(), other.counted.end());
}

std::map<std::string, Recount> recount(const Indicator& indicator, const std::vector<Row>& rows,
                                       const base::Period& period) {
  const bool has_values = indicator.kind == IndicatorKind::sum || indicator.kind == IndicatorKind::mean;
  std::map<std::string, Recount> out;
  for (const Row& row : rows) {
    if (row.org.empty()) continue;
    const Rational weight(row.weight);
    const Rational worth = !has_values ? weight : row.value ? Rational(*row.value) * weight : Rational(0);
    if (indicator.period == PeriodKind::stock)
      if (const int days = days_there(row, period)) out[row.org].days = out[row.org].days + worth * Rational(days);
    if (!counts(indicator, row, period)) continue;
    Recount& total = out[row.org];
    ++total.rows;
    if (indicator.count == "subjects") {
      if (!row.subject.empty()) total.counted.insert(row.subject);
    } else if (indicator.count != "rows") {
      if (!row.counted.empty()) total.counted.insert(row.counted);
    }
    switch (indicator.kind) {
    case IndicatorKind::proportion:
      if (row.hit.value_or(false)) total.first = total.first + weight;
      total.second = total.second + weight;
      break;
    case IndicatorKind::mean:
      total.first = total.first + worth;
      if (row.value) total.second = total.second + weight;
      break;
    default: total.first = total.first + worth; break;
    }
  }
  return out;
}

std::optional<Rational> recounted_value(const package::Catalog& catalog, const Indicator& indicator,
                                        const base::Period& period,
                                        const std::function<const Recount&(const Indicator&)>& of, int depth) {
  if (depth > k_derived_steps_max) return {};
  if (indicator.kind == IndicatorKind::derived)
    return value_of(catalog, package::parse_derived(indicator.derived), period, of, depth);
  const Recount& total = of(indicator);
  const Rational count = indicator.count == "rows" ? total.first : Rational(static_cast<int64_t>(total.counted.size()));
  switch (indicator.kind) {
  case IndicatorKind::count: return count;
  case IndicatorKind::sum:
    if (indicator.grain == package::Grain::returned && total.rows == 0) return {};
    return total.first;
  case IndicatorKind::mean:
  case IndicatorKind::proportion:
    if (total.second.is_zero()) return {};
    return total.first / total.second;
  case IndicatorKind::rate: {
    const auto population =
        recounted_value(catalog, catalog.indicators.at(indicator.population), period, of, depth + 1);
    if (!population || population->is_zero()) return {};
    return count / *population * Rational(std::max<int64_t>(indicator.per, 1));
  }
  case IndicatorKind::derived: break;
  }
  return {};
}

} // namespace xinglin::indicator
