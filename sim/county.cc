#include "sim/county.h"

#include "lib/base/issue.h"
#include "sim/people.h"
#include "sim/plan.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

namespace xinglin::sim {
namespace {

constexpr int64_t k_residents_per_town = 2500;
constexpr int64_t k_towns_max = 40;
constexpr int k_clinics_per_town = 5;
constexpr std::string_view k_bureau = "bureau";

/// A pyramid of a county from which the young have moved away: ages and weights, our own estimate.
constexpr std::array<AgeBand, 9> k_pyramid{{{0, 6, 78},
                                            {7, 14, 104},
                                            {15, 24, 98},
                                            {25, 34, 128},
                                            {35, 44, 132},
                                            {45, 54, 168},
                                            {55, 64, 141},
                                            {65, 79, 121},
                                            {80, 95, 30}}};

const package::Register* register_kept_as(const package::Catalog& catalog, std::string_view type) {
  for (const auto& [id, reg] : catalog.registers)
    if (reg.kept_as == type) return &reg;
  return nullptr;
}

/// Only what the register has: an item of that id, and of a choice that option.
Values fitting(const package::Register& reg, const Values& values) {
  Values result;
  for (const auto& [key, text] : values) {
    const auto item =
        std::find_if(reg.items.begin(), reg.items.end(), [&key = key](const auto& one) { return one.id == key; });
    if (item == reg.items.end()) continue;
    if (item->type == package::ItemType::choice && text.find('$') == std::string::npos &&
        std::none_of(item->options.begin(), item->options.end(),
                     [&text = text](const auto& option) { return option.code == text; }))
      continue;
    result.emplace_back(key, text);
  }
  return result;
}

class County {
public:
  County(const CountyOptions& options, const package::Catalog& catalog, const Specs& specs)
      : m_options(options), m_catalog(catalog), m_specs(specs) {
    m_totals.id = "county";
    m_totals.seed = options.seed;
  }

  Totals make() {
    const auto* institutions = register_kept_as(m_catalog, "Organization");
    const auto* residents = register_kept_as(m_catalog, "Patient");
    if (!institutions || !residents)
      throw base::Refused(base::Refusal::invalid, "not-found",
                          "the programs have no register of organisations or none of residents; give --programs a "
                          "directory that has both");
    add_institutions(*institutions);
    add_people(*residents);
    for (const auto& [id, indicator] : m_catalog.indicators)
      if (indicator.period == package::PeriodKind::stock && indicator.kind != package::IndicatorKind::proportion)
        add_figures(indicator);
    for (const auto& [id, indicator] : m_catalog.indicators)
      if (indicator.period == package::PeriodKind::flow || indicator.kind == package::IndicatorKind::proportion)
        add_figures(indicator);
    return std::move(m_totals);
  }

private:
  void add_institution(const package::Register& reg, std::string id, std::string name, std::string category,
                       std::string parent) {
    NamedThing thing;
    thing.register_id = reg.id;
    thing.id = std::move(id);
    Values values{{"name", std::move(name)},
                  {"category", std::move(category)},
                  {"ownership", "public"},
                  {"opened", "1995-01-01"}};
    if (!parent.empty()) values.emplace_back("part_of", std::move(parent));
    thing.set = fitting(reg, values);
    m_totals.things.push_back(std::move(thing));
  }

  void add_institutions(const package::Register& reg) {
    auto random = Random::of(m_options.seed, "county");
    const std::string bureau(k_bureau);
    add_institution(reg, bureau, "示例县卫生健康局", "bureau", "");
    add_institution(reg, "county-hospital", "示例县人民医院", "general_hospital", bureau);
    add_institution(reg, "tcm-hospital", "示例县中医院", "tcm_hospital", bureau);
    add_institution(reg, "mch-hospital", "示例县妇幼保健院", "maternal_child", bureau);
    add_institution(reg, "cdc", "示例县疾病预防控制中心", "cdc", bureau);
    add_institution(reg, "supervision", "示例县卫生监督所", "supervision", bureau);
    const int64_t towns = std::clamp<int64_t>(m_options.residents / k_residents_per_town, 2, k_towns_max);
    std::set<std::string> names;
    for (int64_t i = 1; i <= towns; ++i) {
      std::string town = make_town(random);
      while (!names.insert(town).second)
        town = make_town(random);
      const std::string id = fmt::format("town-{:02}", i);
      add_institution(reg, id, town + "卫生院", "township_hospital", bureau);
      m_towns.emplace_back(id, town);
      for (int clinic = 1; clinic <= k_clinics_per_town; ++clinic)
        add_institution(reg, fmt::format("{}-clinic-{}", id, clinic), make_village(random) + "卫生室", "village_clinic",
                        id);
    }
  }

  void add_people(const package::Register& reg) {
    PeopleSpec people;
    people.register_id = reg.id;
    people.org = k_bureau;
    people.count = m_options.residents;
    people.as_of = *base::Date::from_civil(k_county_last_year, 12, 31);
    people.ages.assign(k_pyramid.begin(), k_pyramid.end());
    people.towns = m_towns;
    people.set = fitting(reg, {{"citizen_id", "$citizen_id"},
                               {"name", "$name"},
                               {"sex", "$sex"},
                               {"birth_date", "$birth_date"},
                               {"phone", "$phone"},
                               {"address", "$address"},
                               {"town", "$town"},
                               {"village", "$village"},
                               {"household", "$household"}});
    m_totals.people.push_back(std::move(people));
  }

  /// So many for all residents; the years before the last have a little less.
  base::Decimal amount(const base::Decimal& per_1000, int year, std::string_view name) const {
    auto random = Random::of(m_options.seed, fmt::format("amount {} {}", name, year));
    const auto vary = random.between(970, 1030) - 30 * (k_county_last_year - year);
    const base::Decimal exact =
        per_1000 * base::Decimal(m_options.residents) * base::Decimal::from_parts(std::max<int64_t>(vary, 100), 6);
    const auto plain = exact.normalized();
    auto units = plain.coefficient();
    for (int scale = plain.scale(); scale > 0; --scale)
      units /= 10;
    return base::Decimal(static_cast<int64_t>(units));
  }

  void add_figures(const package::Indicator& indicator) {
    const auto found = m_specs.by_indicator.find(indicator.id);
    if (found == m_specs.by_indicator.end()) return;
    base::Decimal hit, miss;
    bool said = false;
    std::string of;
    for (const auto* spec : found->second) {
      if (!spec->counts || spec->everyone) continue;
      if (!spec->about.of.empty()) of = spec->about.of;
      if (!spec->per_1000) continue;
      said = true;
      (spec->part == "miss" ? miss : hit) = (spec->part == "miss" ? miss : hit) + *spec->per_1000;
    }
    if (!said) return;
    for (int year = k_county_last_year - m_options.years + 1; year <= k_county_last_year; ++year)
      add_figure(indicator, year, hit, miss, of);
  }

  void add_figure(const package::Indicator& indicator, int year, const base::Decimal& hit, const base::Decimal& miss,
                  const std::string& of) {
    using package::IndicatorKind;
    Target target;
    target.indicator = &indicator;
    target.asked = indicator.id;
    target.org = k_bureau;
    target.period = base::Period::year_of(year);
    target.place = indicator.place;
    target.soft = true;
    const base::Decimal value = amount(hit, year, indicator.id);
    target.number = static_cast<int64_t>(value.coefficient());
    const bool stock = indicator.period == package::PeriodKind::stock;
    if (indicator.kind == IndicatorKind::proportion) {
      target.kind = Target::Kind::proportion;
      target.of = target.number + static_cast<int64_t>(amount(miss, year, indicator.id).coefficient());
      if (miss == base::Decimal(0)) target.of = target.number + target.number / 10;
      const auto whole = std::find_if(m_totals.targets.begin(), m_totals.targets.end(), [&](const auto& other) {
        return other.asked == of && other.period == target.period;
      });
      if (whole != m_totals.targets.end() && whole->kind == Target::Kind::stock) {
        target.of = whole->number;
        target.number = target.of - target.of / 12;
      }
      if (target.of > 0) target.value = base::Rational::of(target.number, target.of);
    } else if (indicator.kind == IndicatorKind::sum) {
      target.kind = stock ? Target::Kind::stock_sum : Target::Kind::sum;
      target.sum = value;
      target.number = 0;
      target.value = base::Rational(value);
    } else if (indicator.kind == IndicatorKind::count) {
      target.kind = stock ? Target::Kind::stock : Target::Kind::count;
      target.value = base::Rational(value);
    } else {
      return;
    }
    m_totals.targets.push_back(std::move(target));
  }

  const CountyOptions& m_options;
  const package::Catalog& m_catalog;
  const Specs& m_specs;
  Totals m_totals;
  std::vector<std::pair<std::string, std::string>> m_towns; ///< organisation, name
};

} // namespace

Totals make_county(const CountyOptions& options, const package::Catalog& catalog, const Specs& specs) {
  return County(options, catalog, specs).make();
}

void add_county(Totals& totals, Totals county, const Specs& specs) {
  if (totals.things.empty()) totals.things = std::move(county.things);
  if (totals.people.empty()) totals.people = std::move(county.people);
  std::set<std::string> organizations;
  for (const auto& thing : totals.things)
    organizations.insert(thing.id);
  const auto specs_of = [&](const Target& target) -> const std::vector<const Spec*>& {
    static const std::vector<const Spec*> k_none;
    const auto found = specs.by_indicator.find(target.indicator->id);
    return found == specs.by_indicator.end() ? k_none : found->second;
  };
  const size_t asked = totals.targets.size();
  for (auto& target : county.targets) {
    if (!organizations.contains(target.org)) continue;
    const bool shares = std::any_of(
        totals.targets.begin(), totals.targets.begin() + static_cast<ptrdiff_t>(asked), [&](const Target& other) {
          if (other.asked == target.asked) return true;
          for (const auto* made : specs_of(target))
            for (const auto* wanted : specs_of(other))
              if (made->counts && wanted->counts &&
                  (counts_for(*made, *wanted) || counts_for(*wanted, *made) ||
                   (specs.intervals.contains(made->what()) && made->what() == wanted->what())))
                return true;
          return false;
        });
    if (!shares) totals.targets.push_back(std::move(target));
  }
}

} // namespace xinglin::sim
