#include "sim/totals.h"

#include "server/package/derived.h"
#include "server/package/reader.h"

#include <charconv>
#include <fstream>
#include <set>
#include <sstream>

namespace xinglin::sim {
namespace {

using package::Reader;
using package::Yaml;

Values read_set(Reader& reader, const Yaml& node) {
  Values values;
  const Yaml* set = node.find("set");
  if (!set || set->is_null()) return values;
  if (!set->is_map()) {
    reader.error(*set, "'set' must be a map of items to values", "structure");
    return values;
  }
  for (const auto& child : set->children)
    values.emplace_back(child.key, package::to_text(child));
  return values;
}

std::vector<AgeBand> read_ages(Reader& reader, const Yaml& node) {
  std::vector<AgeBand> bands;
  const Yaml* ages = node.find("ages");
  if (!ages || !ages->is_map() || ages->children.empty()) {
    reader.error(ages ? *ages : node, "people need their ages: {0..6: 9, 7..17: 12, 18..95: 79}", "required");
    return bands;
  }
  for (const auto& child : ages->children) {
    const auto range = std::string_view(child.key);
    const size_t dots = range.find("..");
    AgeBand band;
    const auto number = [](std::string_view text, int& value) {
      const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
      return problem == std::errc() && end == text.data() + text.size();
    };
    const bool good = number(range.substr(0, dots), band.low) &&
                      number(dots == std::string_view::npos ? range : range.substr(dots + 2), band.high) &&
                      number(child.text, band.weight) && band.low >= 0 && band.high >= band.low && band.high <= 120 &&
                      band.weight > 0;
    if (good)
      bands.push_back(band);
    else
      reader.error(child, "an age band is written 7..17: 12 (ages up to 120, a weight above 0)", "value");
  }
  return bands;
}

const package::Register* find_register(Reader& reader, const Yaml& at, std::string_view id,
                                       const package::Catalog& catalog) {
  const auto found = catalog.registers.find(std::string(id));
  if (found != catalog.registers.end()) return &found->second;
  std::vector<std::string> known;
  for (const auto& entry : catalog.registers)
    known.push_back(entry.first);
  const auto near = base::suggest(id, known);
  reader.error(at,
               near.empty() ? fmt::format("there is no register '{}'", id)
                            : fmt::format("there is no register '{}'; did you mean '{}'?", id, near),
               "not-found");
  return nullptr;
}

void read_things(Reader& reader, const Yaml& root, const package::Catalog& catalog, Totals& totals) {
  const Yaml* registers = root.find("registers");
  if (!registers) return;
  if (!registers->is_map())
    return reader.error(*registers, "'registers' must be a map of registers to lists", "structure");
  std::set<std::string> ids;
  for (const auto& list : registers->children) {
    if (!find_register(reader, list, list.key, catalog)) continue;
    if (!list.is_list()) {
      reader.error(list, "write a list: - {id: ..., set: {...}}", "structure");
      continue;
    }
    for (const auto& node : list.children) {
      if (!reader.keys(node, {"id", "org", "set"}, "an entry")) continue;
      NamedThing thing;
      thing.register_id = list.key;
      thing.id = reader.needed_string(node, "id", "an entry");
      thing.org = reader.string(node, "org");
      thing.set = read_set(reader, node);
      thing.place = reader.place(node);
      if (!ids.insert(list.key + "/" + thing.id).second)
        reader.error(node, fmt::format("'{}' stands twice", thing.id), "duplicate");
      totals.things.push_back(std::move(thing));
    }
  }
}

void read_people(Reader& reader, const Yaml& root, const package::Catalog& catalog, int scale, Totals& totals) {
  const Yaml* list = root.find("people");
  if (!list) return;
  if (!list->is_list()) return reader.error(*list, "'people' must be a list", "structure");
  for (const auto& node : list->children) {
    if (!reader.keys(node, {"register", "org", "count", "as_of", "ages", "towns", "set"}, "people")) continue;
    PeopleSpec people;
    people.place = reader.place(node);
    people.register_id = reader.needed_string(node, "register", "people");
    find_register(reader, node, people.register_id, catalog);
    people.org = reader.needed_string(node, "org", "people");
    people.count = reader.whole(node, "count", 0, 0, k_people_max) * scale;
    if (people.count > k_people_max)
      reader.error(node, fmt::format("more than {} people; lower the count or the scale", k_people_max), "too-long");
    const auto as_of = base::Date::parse(reader.needed_string(node, "as_of", "people"));
    if (as_of)
      people.as_of = *as_of;
    else
      reader.error(node, "'as_of' must be a day, 2023-12-31", "value");
    people.ages = read_ages(reader, node);
    if (const Yaml* towns = node.find("towns"))
      for (const auto& town : towns->children)
        people.towns.emplace_back(town.key, package::to_text(town));
    people.set = read_set(reader, node);
    totals.people.push_back(std::move(people));
  }
}

void read_seasons(Reader& reader, const Yaml& root, const package::Catalog& catalog, Totals& totals) {
  const Yaml* seasons = root.find("seasons");
  if (!seasons) return;
  if (!seasons->is_map())
    return reader.error(*seasons, "'seasons' must be a map of indicators to twelve weights", "structure");
  for (const auto& node : seasons->children) {
    std::vector<int> weights;
    for (const auto& child : node.children) {
      int weight = -1;
      std::from_chars(child.text.data(), child.text.data() + child.text.size(), weight);
      if (weight >= 0 && weight <= 10000) weights.push_back(weight);
    }
    if (!catalog.indicators.contains(node.key))
      reader.error(node, fmt::format("there is no indicator '{}'", node.key), "not-found");
    if (weights.size() != 12)
      reader.error(node, "a season is twelve whole weights from 0 to 10000, one a month", "value");
    else
      totals.seasons[node.key] = weights;
  }
}

/// The value as the kind of the indicator asks for it.
bool read_value(Reader& reader, const Yaml& node, const package::Indicator& indicator, const package::Catalog& catalog,
                int scale, Target& target) {
  using package::IndicatorKind;
  const auto fail = [&](std::string what) {
    reader.error(node, std::move(what), "value");
    return false;
  };
  const auto whole = [](const base::Decimal& value) -> std::optional<int64_t> {
    const auto plain = value.normalized();
    if (plain.scale() != 0 || plain.coefficient() < 0 || plain.coefficient() > k_number_max) return {};
    return static_cast<int64_t>(plain.coefficient());
  };
  target.indicator = &indicator;
  if (indicator.kind == IndicatorKind::proportion) {
    const auto parts = base::split(node.text, '/');
    const auto hits = parts.size() == 2 ? base::Decimal::parse(parts[0]) : std::nullopt;
    const auto of = parts.size() == 2 ? base::Decimal::parse(parts[1]) : std::nullopt;
    if (!hits || !of || !whole(*hits) || !whole(*of) || *whole(*hits) > *whole(*of))
      return fail(fmt::format("'{}': a proportion is written hits/of, 6856/7217", node.text));
    target.kind = Target::Kind::proportion;
    target.number = *whole(*hits) * scale;
    target.of = *whole(*of) * scale;
    if (target.of > 0) target.value = base::Rational::of(target.number, target.of);
    return true;
  }
  const auto value = base::Decimal::parse(node.text);
  if (!value || *value < base::Decimal(0)) return fail(fmt::format("'{}' is not a number of 0 or more", node.text));
  const base::Decimal scaled = *value * base::Decimal(scale);
  target.value = base::Rational(scaled);
  if (indicator.kind == IndicatorKind::derived) {
    const auto derived = package::parse_derived(indicator.derived);
    if (derived.kind != package::Derived::Kind::days && derived.kind != package::Derived::Kind::average)
      return fail(fmt::format("{} is derived ({}); state the figures it is made of", indicator.id, indicator.derived));
    target.kind = Target::Kind::stock_days;
    target.indicator = &catalog.indicators.at(derived.id);
    const auto days =
        derived.kind == package::Derived::Kind::average ? scaled * base::Decimal(target.period.days()) : scaled;
    if (!whole(days))
      return fail(fmt::format("{} {} would be {} days over the {} of the period; they must be whole", indicator.id,
                              node.text, days.to_string(), target.period.days()));
    target.number = *whole(days);
    return true;
  }
  if (indicator.kind == IndicatorKind::sum) {
    target.kind = indicator.period == package::PeriodKind::stock ? Target::Kind::stock_sum : Target::Kind::sum;
    target.sum = scaled;
    return true;
  }
  if (indicator.kind != IndicatorKind::count)
    return fail(fmt::format("{} is a {}; totals are made for counts, sums and proportions", indicator.id,
                            indicator.kind == IndicatorKind::mean ? "mean" : "figure of another kind"));
  if (!whole(scaled)) return fail(fmt::format("'{}' is not a whole number; {} is a count", node.text, indicator.id));
  target.kind = indicator.period == package::PeriodKind::stock ? Target::Kind::stock : Target::Kind::count;
  target.number = *whole(scaled);
  return true;
}

void read_targets(Reader& reader, const Yaml& root, const package::Catalog& catalog, int scale, Totals& totals) {
  const Yaml* orgs = reader.need(root, "totals_by_organization", "the file");
  if (!orgs) return;
  if (!orgs->is_map()) return reader.error(*orgs, "write organisation: {period: {indicator: value}}", "structure");
  for (const auto& org : orgs->children) {
    if (!org.is_map()) {
      reader.error(org, "write period: {indicator: value}", "structure");
      continue;
    }
    for (const auto& of_period : org.children) {
      const auto period = base::Period::parse(of_period.key);
      if (!period) {
        reader.error(
            of_period,
            fmt::format("'{}' is not a period; write 2023, 2023H1, 2023Q1, 2023-05 or DATE..DATE", of_period.key),
            "value");
        continue;
      }
      for (const auto& node : of_period.children) {
        const auto found = catalog.indicators.find(node.key);
        if (found == catalog.indicators.end()) {
          std::vector<std::string> known;
          for (const auto& entry : catalog.indicators)
            known.push_back(entry.first);
          const auto near = base::suggest(node.key, known);
          reader.error(node,
                       near.empty() ? fmt::format("there is no indicator '{}'", node.key)
                                    : fmt::format("there is no indicator '{}'; did you mean '{}'?", node.key, near),
                       "not-found");
          continue;
        }
        Target target;
        target.asked = node.key;
        target.org = org.key;
        target.period = *period;
        target.place = reader.place(node);
        if (read_value(reader, node, found->second, catalog, scale, target))
          totals.targets.push_back(std::move(target));
      }
    }
  }
}

} // namespace

Totals parse_totals(const std::string& text, const std::string& file, const package::Catalog& catalog, int scale) {
  base::Issues issues;
  Totals totals;
  if (const auto root = package::parse_yaml(text, file, issues)) {
    Reader reader(file, issues);
    if (reader.keys(*root, {"totals", "title", "seed", "registers", "people", "seasons", "totals_by_organization"},
                    "the file")) {
      totals.id = reader.needed_string(*root, "totals", "the file");
      totals.seed = static_cast<uint64_t>(reader.whole(*root, "seed", 1, 0, INT64_MAX));
      read_things(reader, *root, catalog, totals);
      read_people(reader, *root, catalog, scale, totals);
      read_seasons(reader, *root, catalog, totals);
      read_targets(reader, *root, catalog, scale, totals);
    }
  }
  if (issues.has_errors()) throw base::Refused(base::Refusal::invalid, std::move(issues));
  return totals;
}

Totals read_totals(const std::string& file, const package::Catalog& catalog, int scale) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream)
    throw base::Refused(base::Refusal::not_found, "not-found",
                        fmt::format("cannot read the totals '{}'; check the name", file));
  std::ostringstream text;
  text << stream.rdbuf();
  if (text.str().size() > k_totals_bytes_max)
    throw base::Refused(base::Refusal::too_large, "too-long",
                        fmt::format("'{}' is larger than {} bytes", file, k_totals_bytes_max));
  return parse_totals(text.str(), file, catalog, scale);
}

} // namespace xinglin::sim
