// Statements about one thing that cannot both hold: the relations packages declare (`agrees:`), and what the engine
// finds by itself.

#include "server/indicator/findings_impl.h"

#include <fmt/format.h>

#include <algorithm>

namespace xinglin::indicator {
namespace {

using base::Rational;
using package::Derived;
using package::Relation;

/// An expression in words: titles in place of ids.
std::string in_words(const Derived& node, const package::Catalog& catalog, std::string_view language,
                     bool inner = false) {
  const bool zh = language == "zh";
  const auto title = [&] {
    const auto found = catalog.indicators.find(node.id);
    const std::string text = found == catalog.indicators.end() ? std::string() : found->second.title.in(language);
    return text.empty() ? node.id : text;
  };
  const auto argument = [&](size_t i, bool nested) { return in_words(node.arguments[i], catalog, language, nested); };
  const auto wrap = [&](std::string text) { return inner ? (zh ? "（" + text + "）" : "(" + text + ")") : text; };
  switch (node.kind) {
  case Derived::Kind::number: return node.number.to_string();
  case Derived::Kind::indicator: return title();
  case Derived::Kind::average: return zh ? "平均" + title() : "average " + title();
  case Derived::Kind::days: return zh ? title() + "日数" : "days of " + title();
  case Derived::Kind::add: return wrap(argument(0, false) + " + " + argument(1, false));
  case Derived::Kind::subtract: return wrap(argument(0, false) + (zh ? " － " : " - ") + argument(1, true));
  case Derived::Kind::multiply: return argument(0, true) + " × " + argument(1, true);
  case Derived::Kind::divide: return argument(0, true) + " ÷ " + argument(1, true);
  case Derived::Kind::negate: return "-" + argument(0, true);
  case Derived::Kind::least:
  case Derived::Kind::greatest: {
    const bool least = node.kind == Derived::Kind::least;
    std::string out = zh ? (least ? "最小值" : "最大值") : (least ? "least" : "greatest");
    out += zh ? "（" : "(";
    for (size_t i = 0; i < node.arguments.size(); ++i) {
      if (i > 0) out += zh ? "、" : ", ";
      out += argument(i, false);
    }
    return out + (zh ? "）" : ")");
  }
  }
  return node.id;
}

/// Does the period begin or end within a return's? (A return counts whole, on its first day.)
bool cuts(const base::Period& period, package::ReturnCycle cycle) {
  const int months = cycle == package::ReturnCycle::month     ? 1
                     : cycle == package::ReturnCycle::quarter ? 3
                     : cycle == package::ReturnCycle::half    ? 6
                                                              : 12;
  const auto begins = [&](base::Date day) { return day.day() == 1 && (day.month() - 1) % months == 0; };
  return !begins(period.first()) || !begins(period.last() + 1);
}

std::string trimmed(const base::Decimal& value) {
  return value.normalized().to_string();
}

bool holds(const Relation& relation, const Rational& left, const Rational& right) {
  Rational tolerance(relation.tolerance);
  if (relation.tolerance_is_percent) {
    const Rational larger = left.abs() < right.abs() ? right.abs() : left.abs();
    tolerance = tolerance * larger / Rational(100);
  }
  using enum Relation::Operator;
  switch (relation.comparison) {
  case equal: return !(tolerance < (left - right).abs());
  case at_most: return !(right + tolerance < left);
  case at_least: return !(left + tolerance < right);
  case less: return left < right + tolerance;
  case greater: return right < left + tolerance;
  }
  return true;
}

base::Text relation_words(const Relation& relation) {
  using enum Relation::Operator;
  base::Text words;
  switch (relation.comparison) {
  case equal: words = {"两者应当相等", "they should be equal"}; break;
  case at_most: words = {"前者不应大于后者", "the first should not exceed the second"}; break;
  case at_least: words = {"前者不应小于后者", "the first should not be below the second"}; break;
  case less: words = {"前者应当小于后者", "the first should be below the second"}; break;
  case greater: words = {"前者应当大于后者", "the first should exceed the second"}; break;
  }
  if (!relation.tolerance.is_zero()) {
    const std::string tolerance = trimmed(relation.tolerance) + (relation.tolerance_is_percent ? "%" : "");
    words.zh += fmt::format("（允许相差{}）", tolerance);
    words.en += fmt::format(" (within {})", tolerance);
  }
  return words;
}

} // namespace

std::pair<std::string, std::string> told_apart(const Rational& left, const Rational& right) {
  for (int digits = 1; digits < 6; ++digits) {
    const auto a = left.round(digits), b = right.round(digits);
    if (!(a == b)) return {trimmed(a), trimmed(b)};
  }
  return {trimmed(left.to_decimal()), trimmed(right.to_decimal())};
}

std::vector<Finding> Engine::findings(const std::vector<std::string>& indicators, std::string_view org,
                                      const base::Period& period, std::optional<AsOf> as_of) const {
  Session session = m_impl->open(as_of);
  const Impl::Scope scope = m_impl->scope(session, org, period);
  const auto& catalog = *m_impl->catalog;

  // 1. What was asked for, and what it is made of: a relation stands with the indicator that declares it.
  std::vector<Target> targets;
  const auto add = [&](const Target& target) {
    if (std::find(targets.begin(), targets.end(), target) == targets.end()) targets.push_back(target);
  };
  for (const auto& id : indicators) {
    const Target target = m_impl->find_target(id);
    add({target.indicator, Aspect::figure});
    for (const Target& leaf : m_impl->leaves(target))
      add({leaf.indicator, Aspect::figure});
  }

  std::vector<Finding> out;
  const auto addresses_of = [&](const Relation& relation) {
    std::vector<Address> addresses;
    for (const Derived* side : {&relation.left, &relation.right})
      for (const auto& [id, aspect] : operands_of(*side)) {
        Target part = m_impl->find_target(id);
        part.aspect = aspect;
        addresses.push_back(m_impl->address_of(session, part, scope));
      }
    return addresses;
  };

  // 2. Relations. One without values on both sides says nothing.
  std::set<std::string> done;
  for (const Target& target : targets)
    for (const auto& text : target.indicator->agrees) {
      if (!done.insert(text).second) continue;
      const Relation relation = package::parse_relation(text);
      const auto left = m_impl->evaluate(session, relation.left, scope, 0);
      const auto right = m_impl->evaluate(session, relation.right, scope, 0);
      if (!left || !right || holds(relation, *left, *right)) continue;
      const auto [a, b] = told_apart(*left, *right);
      const base::Text words = relation_words(relation);
      Finding finding;
      finding.code = "disagree";
      finding.text.zh = fmt::format("{}为{}，{}为{}：{}。", in_words(relation.left, catalog, "zh"), a,
                                    in_words(relation.right, catalog, "zh"), b, words.zh);
      finding.text.en = fmt::format("{} is {}, {} is {}: {}.", in_words(relation.left, catalog, "en"), a,
                                    in_words(relation.right, catalog, "en"), b, words.en);
      finding.addresses = addresses_of(relation);
      out.push_back(std::move(finding));
    }

  // 3. What needs no declaration.
  const FindingSearch search{*m_impl, session, scope, targets, out};
  find_grain_differences(search);
  find_authority_differences(search);
  find_returned_twice(search);
  find_shares_over_whole(search);
  find_benchmark_conflicts(search);
  find_growth_differences(search);
  find_population_differences(search);

  // 4. Rows that no organisation of the tree can be given. They stand in the cubes already (not in those of distinct
  // things, which the other indicators over the same records show).
  const auto tree = m_impl->tree(session, scope.tree_date);
  for (const Target& target : targets) {
    if (target.indicator->kind == package::IndicatorKind::derived) continue;
    const CubeRequest request = m_impl->request_for(session, target, scope);
    if (request.shape == CubeShape::distinct) continue;
    const auto cube = m_impl->cube(session, request);
    int64_t lost = 0;
    std::vector<std::string> named;
    for (const auto& [id, months] : cube->leaves) {
      if (!id.empty() && tree->find(id)) continue;
      lost += amounts_of(*cube, request, id).rows;
      named.push_back(id);
    }
    if (lost == 0) continue;
    const RowQuery query(*request.plan, m_impl->warehouse, session.as_of(), session.seen(), period.first(),
                         period.last());
    auto sample =
        query
            .prepare(session.connection(),
                     fmt::format("select min(record) from {} where {} and coalesce(org, '') in ({})", k_rows_name,
                                 counted_rows(*target.indicator, target.aspect, period.first(), period.last()),
                                 literal_list(named)))
            .execute();
    const std::string record = sample.next() ? sample.text(0) : std::string();
    out.push_back({"rows_without_organization",
                   {fmt::format("{}：有{}条记录的机构为空或不在机构树中，未计入任何机构（如{}）。",
                                target.indicator->title.in("zh"), lost, record),
                    fmt::format("{}: rows that name no organisation of the tree and are counted nowhere: {} (as {}).",
                                target.indicator->title.in("en"), lost, record)},
                   {m_impl->address_of(session, target, scope)}});
  }

  // 5. Returns that the period cuts: they count whole or not at all.
  for (const Target& target : targets) {
    if (target.indicator->kind == package::IndicatorKind::derived ||
        target.indicator->grain != package::Grain::returned)
      continue;
    for (const auto& table : m_impl->definition_of(*target.indicator).plan.tables) {
      const auto form = catalog.forms.find(table);
      if (form == catalog.forms.end() || form->second.cycle == package::ReturnCycle::none ||
          !cuts(period, form->second.cycle))
        continue;
      out.push_back(
          {"return_cut",
           {fmt::format(
                "{}来自报表《{}》，期间{}从报表期中间截开：报表按其首日整份计入或不计入，此数不是这段时间的数。",
                target.indicator->title.in("zh"), form->second.title.in("zh"), period.to_string()),
            fmt::format("{} comes from the return \"{}\", which {} cuts: a return counts whole, on its first "
                        "day, so the figure is not of this time.",
                        target.indicator->title.in("en"), form->second.title.in("en"), period.to_string())},
           {m_impl->address_of(session, target, scope)}});
      break;
    }
  }

  // 6. Values that did not fit their column and were left empty.
  for (const auto& misfit : m_impl->warehouse.misfits()) {
    if (misfit.commit > session.as_of()) continue;
    for (const Target& target : targets) {
      if (target.indicator->kind == package::IndicatorKind::derived) continue;
      if (!m_impl->definition_of(*target.indicator).plan.tables.contains(misfit.table)) continue;
      out.push_back({"values_left_out",
                     {fmt::format("{}的{}“{}”放不进{}的列，作空值处理。", misfit.record, misfit.column, misfit.value,
                                  misfit.table),
                      fmt::format("{}: {} \"{}\" does not fit the column of {} and is left empty.", misfit.record,
                                  misfit.column, misfit.value, misfit.table)},
                     {m_impl->address_of(session, target, scope)}});
      break;
    }
  }
  return out;
}

} // namespace xinglin::indicator
