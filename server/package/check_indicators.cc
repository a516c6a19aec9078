// Indicators among one another: expressions, relations, populations; what make: names; catch-all forms.
#include "lib/fhir/json.h"
#include "server/package/checker.h"
#include "server/package/derived.h"
#include "server/package/names.h"
#include "server/package/rules.h"

#include <algorithm>

namespace xinglin::package {
namespace {

/// The domain of an indicator: "hospital_ops" of hospital_ops.discharges.
std::string domain_of(const std::string& id) {
  return id.substr(0, id.find('.'));
}

void check_references(Checker& checker, const Indicator& indicator, const Place& place, const Derived& expression) {
  for (const auto& id : indicators_of(expression))
    checker.find(checker.catalog().indicators, id, indicator.program, place, "indicator");
  for (const auto& id : indicators_of(expression, true)) {
    const auto found = checker.catalog().indicators.find(id);
    if (found != checker.catalog().indicators.end() && found->second.period != PeriodKind::stock)
      checker.error(place, fmt::format("average() and days() are of a stock; {} is a flow", id));
  }
}

void check_circle(Checker& checker, const Indicator& indicator) {
  std::set<std::string> reached;
  std::vector<std::string> open{indicator.id};
  while (!open.empty()) {
    const auto found = checker.catalog().indicators.find(open.back());
    open.pop_back();
    if (found == checker.catalog().indicators.end()) continue;
    std::vector<std::string> next;
    if (!found->second.population.empty()) next.push_back(found->second.population);
    try {
      if (!found->second.derived.empty())
        for (auto& id : indicators_of(parse_derived(found->second.derived)))
          next.push_back(std::move(id));
    } catch (const base::Refused&) { // said where it stands
    }
    for (auto& id : next) {
      if (id == indicator.id)
        return checker.error(indicator.place,
                             "the indicator is derived from itself, by way of others; break the circle");
      if (reached.insert(id).second) open.push_back(std::move(id));
    }
  }
}

/// "department,diagnosis" names two items that are made together.
void check_make_items(Checker& checker, const Make& make, const std::vector<Item>& items, const std::string& names) {
  std::vector<std::string> known = rule_names(items);
  for (const auto part : base::split(names, ',')) {
    const std::string id(base::trim(part));
    if (std::find(known.begin(), known.end(), id) != known.end()) continue;
    const std::string near = base::suggest(id, known);
    const std::string& what = make.form.empty() ? make.register_id : make.form;
    checker.error(make.place,
                  near.empty() ? fmt::format("{} has no item '{}'", what, id)
                               : fmt::format("{} has no item '{}'; did you mean '{}'?", what, id, near),
                  "not-found");
  }
}

void check_make(Checker& checker, const Indicator& indicator, const Make& make) {
  const std::vector<Item>* items = nullptr;
  if (!make.form.empty()) {
    if (const Form* form = checker.find(checker.catalog().forms, make.form, indicator.program, make.place, "form"))
      items = &form->items;
  } else if (const Register* one = checker.find(checker.catalog().registers, make.register_id, indicator.program,
                                                make.place, "register")) {
    items = &one->items;
  }
  if (!items) return;
  for (const auto& [id, value] : make.set)
    check_make_items(checker, make, *items, id);
  const auto fill = make.more.find("fill");
  if (fill == make.more.end() || !fill->second.starts_with("{")) return;
  const auto document = fhir::Document::parse(fill->second);
  for (const fhir::Node member : document.root())
    check_make_items(checker, make, *items, std::string(member.name()));
}

/// Everything a query reads by name, through facts.
void collect_names(const Catalog& catalog, const std::string& sql, std::set<std::string>& names) {
  for (const auto& name : names_in_sql(sql)) {
    if (!names.insert(name).second) continue;
    if (const auto fact = catalog.facts.find(name); fact != catalog.facts.end())
      collect_names(catalog, fact->second.sql, names);
  }
}

/// Words that say "one of many unrelated things".
bool is_catch_all_word(std::string_view id) {
  for (const std::string_view word : {"kind", "type", "category", "class", "sort", "business", "form_type",
                                      "record_type", "item_type", "matter_type"})
    if (id == word) return true;
  return false;
}

/// No catch-all: a form whose choice of that name serves indicators of more than one domain is several forms in one.
void check_catch_all(Checker& checker) {
  const Catalog& catalog = checker.catalog();
  std::map<std::string, std::set<std::string>> read; // indicator → names it reads
  for (const auto& [id, form] : catalog.forms) {
    for (const auto& item : form.items) {
      if (item.type != ItemType::choice || !is_catch_all_word(item.id)) continue;
      std::set<std::string> domains;
      for (const auto& [indicator, declared] : catalog.indicators) {
        auto& names = read[indicator];
        if (names.empty()) collect_names(catalog, declared.sql, names);
        if (names.contains(id) && names.contains(item.id)) domains.insert(domain_of(indicator));
      }
      if (domains.size() < 2) continue;
      std::string list;
      for (const auto& domain : domains)
        list += (list.empty() ? "" : ", ") + domain;
      checker.error(
          item.place,
          fmt::format("'{}' makes form {} a catch-all: it serves indicators of {}; make a form for each, or name the "
                      "item for what it tells apart",
                      item.id, id, list));
    }
  }
}

/// Where an authority above rules, its figure is entered as accepted returns and read by ID.upper.
void check_authority(Checker& checker, const Indicator& indicator) {
  constexpr std::string_view k_upper = ".upper";
  const auto& indicators = checker.catalog().indicators;
  if (indicator.authority.starts_with("upper:") && !indicators.contains(indicator.id + std::string(k_upper)))
    checker.error(place_of(indicator, "authority"),
                  fmt::format("'{}' means that the authority's figure is printed; add the indicator {}{} that reads it "
                              "from accepted returns, or write authority: own",
                              indicator.authority, indicator.id, k_upper),
                  "not-found");
  if (!indicator.id.ends_with(k_upper)) return;
  const std::string own = indicator.id.substr(0, indicator.id.size() - k_upper.size());
  const auto found = indicators.find(own);
  if (found == indicators.end() || !found->second.authority.starts_with("upper:"))
    checker.error(indicator.place, fmt::format("'{}' holds an authority's figure, but {} does not say authority: "
                                               "upper:SYSTEM; add that to it, or name this one otherwise",
                                               indicator.id, own));
  if (indicator.grain != Grain::returned || indicator.sql.find("'accepted'") == std::string::npos)
    checker.error(indicator.place,
                  fmt::format("'{}' must read accepted returns only: grain: return, and in its query where state in "
                              "('accepted', 'locked')",
                              indicator.id));
}

} // namespace

void check_indicators(Checker& checker) {
  for (const auto& [id, indicator] : checker.catalog().indicators) {
    check_authority(checker, indicator);
    if (!indicator.derived.empty()) {
      try {
        check_references(checker, indicator, place_of(indicator, "derived"), parse_derived(indicator.derived));
      } catch (const base::Refused& refused) {
        checker.refused(place_of(indicator, "derived"), fmt::format("derived \"{}\"", indicator.derived), refused);
      }
    }
    if (!indicator.population.empty())
      checker.find(checker.catalog().indicators, indicator.population, indicator.program,
                   place_of(indicator, "population"), "indicator");
    check_circle(checker, indicator);
    for (const auto& text : indicator.agrees) {
      try {
        const Relation relation = parse_relation(text);
        check_references(checker, indicator, place_of(indicator, "agrees"), relation.left);
        check_references(checker, indicator, place_of(indicator, "agrees"), relation.right);
      } catch (const base::Refused& refused) {
        checker.refused(place_of(indicator, "agrees"), fmt::format("agrees \"{}\"", text), refused);
      }
    }
    for (const auto& make : indicator.make)
      check_make(checker, indicator, make);
    for (const auto& make : indicator.make_not)
      check_make(checker, indicator, make);
  }
  check_catch_all(checker);
}

} // namespace xinglin::package
