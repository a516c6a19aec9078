// Contradictions the engine finds by itself, whatever the package declares. Each is a sentence that gives both sides.

#include "server/indicator/findings_impl.h"

#include "server/package/returns_of.h"

#include <fmt/format.h>

#include <algorithm>

namespace xinglin::indicator {
namespace {

using base::Rational;
using package::Derived;
using package::Indicator;
using package::IndicatorKind;

constexpr std::string_view k_wholes[] = {".city", ".province"}; ///< X of a larger whole
constexpr std::string_view k_rank_suffix = "_rank";             ///< X.city_rank: our place in it
constexpr std::string_view k_recorded_suffix = ".recorded";     ///< X.recorded: X, which is returned, from records
constexpr std::string_view k_growths[] = {"_growth", ".growth"};

/// Populations nearer to one another than this are meant to be the same.
constexpr int k_same_population_percent = 10;

bool is_share(const Indicator& indicator) {
  return indicator.kind == IndicatorKind::proportion || indicator.shown == "percent";
}

bool is_quotient(const Indicator& indicator) {
  return is_share(indicator) || indicator.kind == IndicatorKind::rate || indicator.kind == IndicatorKind::mean;
}

std::string exact(const Rational& value) {
  return value.to_decimal().normalized().to_string();
}

/// "8474 ÷ 929167", where the figure is a quotient.
std::string quotient_words(const Figure& figure) {
  if (!figure.numerator || !figure.denominator) return {};
  return exact(*figure.numerator) + " ÷ " + exact(*figure.denominator);
}

/// Do two figures of one thing say the same? What someone above has rounded is compared as rounded.
bool agree(const Figure& ours, const Figure& theirs) {
  if (*ours.value == *theirs.value) return true;
  if (!is_quotient(*ours.indicator) && ours.indicator->kind != IndicatorKind::derived) return false;
  Rational scale = is_share(*ours.indicator) ? Rational(100) : Rational(1);
  int digits = std::max(ours.indicator->decimals, theirs.indicator->decimals);
  return (*ours.value * scale).round(digits) == (*theirs.value * scale).round(digits);
}

std::pair<std::string, std::string> both_in_words(const Figure& ours, const Figure& theirs) {
  if (is_share(*ours.indicator)) {
    auto [a, b] = told_apart(*ours.value * Rational(100), *theirs.value * Rational(100));
    return {a + "%", b + "%"};
  }
  return told_apart(*ours.value, *theirs.value);
}

/// The populations of rates per 1,000 or more: of a rate, or of a derived a / b * 1000.
void collect_populations(const Derived& node, bool per_many, std::vector<std::string>& out) {
  if (node.kind == Derived::Kind::divide && per_many && node.arguments[1].kind == Derived::Kind::indicator)
    out.push_back(node.arguments[1].id);
  bool multiplies = node.kind == Derived::Kind::multiply &&
                    std::any_of(node.arguments.begin(), node.arguments.end(), [](const Derived& factor) {
                      return factor.kind == Derived::Kind::number && !(factor.number < base::Decimal(1000));
                    });
  for (const auto& argument : node.arguments)
    collect_populations(argument, per_many || multiplies, out);
}

} // namespace

const Indicator* FindingSearch::find(const std::string& id) const {
  const auto found = impl.catalog->indicators.find(id);
  return found == impl.catalog->indicators.end() ? nullptr : &found->second;
}

std::string value_in_words(const Figure& figure, std::string_view language) {
  const Indicator& indicator = *figure.indicator;
  if (!figure.value) return language == "zh" ? "无数据" : "no value";
  if (is_share(indicator))
    return (*figure.value * Rational(100)).round(std::max(1, indicator.decimals)).to_string() + "%";
  const std::string number = figure.value->denominator() == 1
                                 ? exact(*figure.value)
                                 : figure.value->round(std::max(1, indicator.decimals)).to_string();
  return language == "zh" ? number + indicator.unit.zh : number;
}

namespace {

/// One thing from records and by return: X and X.returned, or X.recorded and X where X itself is a return.
struct Grains {
  const Indicator *thing = nullptr, *record = nullptr, *returned = nullptr;
};

Grains grains_of(const FindingSearch& search, std::string id) {
  for (const auto suffix : {k_returned_suffix, k_recorded_suffix})
    if (id.ends_with(suffix)) id.resize(id.size() - suffix.size());
  Grains out{search.find(id), nullptr, nullptr};
  if (!out.thing) return out;
  if (const Indicator* returned = search.find(id + std::string(k_returned_suffix))) {
    out.record = out.thing;
    out.returned = returned;
  } else if (out.thing->grain == package::Grain::returned) {
    out.record = search.find(id + std::string(k_recorded_suffix));
    out.returned = out.thing;
  }
  return out;
}

} // namespace

void find_grain_differences(const FindingSearch& search) {
  std::set<std::string> done;
  for (const Target& target : search.targets) {
    const auto [thing, record, returned] = grains_of(search, target.indicator->id);
    if (!record || !returned || !done.insert(thing->id).second) continue;
    const Figure ours = search.figure_of(*record), theirs = search.figure_of(*returned);
    if (!ours.value || !theirs.value || agree(ours, theirs)) continue;
    // Where such records are not kept at all, the return stands alone.
    if (record != thing && ours.rows == 0) continue;
    const auto [a, b] = both_in_words(ours, theirs);
    const std::string quotient = quotient_words(ours);
    search.out.push_back({"grain_differs",
                          {fmt::format("{}：按记录为{}{}，按报表为{}，两者不一致。", thing->title.in("zh"), a,
                                       quotient.empty() ? "" : "（" + quotient + "）", b),
                           fmt::format("{}: {}{} from records but {} by return.", thing->title.in("en"), a,
                                       quotient.empty() ? "" : " (" + quotient + ")", b)},
                          {ours.address, theirs.address}});
  }
}

void find_authority_differences(const FindingSearch& search) {
  std::set<std::string> done;
  for (const Target& target : search.targets) {
    std::string id = target.indicator->id;
    if (id.ends_with(k_upper_suffix)) id.resize(id.size() - k_upper_suffix.size());
    const Indicator *own = search.find(id), *upper = search.find(id + std::string(k_upper_suffix));
    if (!own || !upper || !own->authority.starts_with("upper:") || !done.insert(id).second) continue;
    const Figure ours = search.figure_of(*own), theirs = search.figure_of(*upper);
    if (!ours.value || !theirs.value || agree(ours, theirs)) continue;
    const auto [a, b] = both_in_words(ours, theirs);
    std::string source, note;
    for (const Target& leaf : search.impl.leaves({upper, Aspect::figure}))
      for (const Row& row : search.impl.rows(search.session, leaf, search.scope)) {
        if (source.empty() && !row.source.empty()) source = row.source + "，" + row.issued;
        if (note.empty()) note = row.note;
      }
    const std::string system = own->authority.substr(std::string_view("upper:").size());
    search.out.push_back(
        {"authority_differs",
         {fmt::format("{}：上级系统（{}）为{}{}，本级记录为{}；{}。", own->title.in("zh"), system, b,
                      source.empty() ? "" : "（" + source + "）", a, note.empty() ? "尚无说明" : "说明：" + note),
          fmt::format("{}: {} by the authority's system ({}{}), {} from our records; {}.", own->title.in("en"), b,
                      system, source.empty() ? "" : "; " + source, a,
                      note.empty() ? "not explained" : "explained: " + note)},
         {theirs.address, ours.address}});
  }
}

void find_returned_twice(const FindingSearch& search) {
  const auto tree = search.impl.tree(search.session, search.scope.tree_date);
  for (const Target& target : search.targets) {
    const Indicator& indicator = *target.indicator;
    if (indicator.kind != IndicatorKind::sum || indicator.grain != package::Grain::returned) continue;
    const CubeRequest request = search.impl.request_for(search.session, target, search.scope);
    if (request.shape == CubeShape::distinct) continue;
    const auto cube = search.impl.cube(search.session, request);
    const auto forms = package::returns_of({indicator.id}, *search.impl.catalog);
    const auto owes = [&](const std::string& org) {
      return search.impl.owes && std::any_of(forms.begin(), forms.end(), [&](const std::string& form) {
               return search.impl.owes(search.impl.catalog->forms.at(form), org, search.scope.period.last(),
                                       search.session.as_of());
             });
    };
    for (const auto& id : search.scope.orgs) {
      const Amounts own = amounts_of(*cube, request, id);
      if (own.rows == 0) continue;
      // A township hospital and its clinics that are each asked for a return each return their own part.
      std::optional<bool> is_asked;
      Amounts below;
      for (const auto& child : tree->with_descendants(id)) {
        if (child == id) continue;
        const Amounts part = amounts_of(*cube, request, child);
        if (part.rows == 0) continue;
        if (!is_asked) is_asked = owes(id);
        if (!*is_asked || !owes(child)) below += part;
      }
      if (below.rows == 0) continue;
      const auto* node = tree->find(id);
      const std::string name = node && !node->name.empty() ? node->name : id;
      const bool same = own.numerator == below.numerator;
      search.out.push_back(
          {"returned_twice",
           {fmt::format("{}：{}自报{}，其下级机构合计{}，{}；两者已相加，请只由一方上报。", indicator.title.in("zh"),
                        name, exact(own.numerator), exact(below.numerator),
                        same ? "数字相同，被重复计算" : "总数与分项不符"),
            fmt::format(
                "{}: {} returned {} itself and those below it {} together, {}; both are added, so only one side "
                "should return it.",
                indicator.title.in("en"), name, exact(own.numerator), exact(below.numerator),
                same ? "the same thing twice" : "and the whole is not its parts")},
           {search.impl.address_of(search.session, target, search.scope)}});
    }
  }
}

void find_shares_over_whole(const FindingSearch& search) {
  for (const Target& target : search.targets) {
    const Indicator& indicator = *target.indicator;
    if (indicator.shown != "percent" || indicator.kind == IndicatorKind::proportion || indicator.exceeds) continue;
    const Figure figure = search.figure_of(indicator);
    const bool is_plain = indicator.kind != IndicatorKind::derived || (figure.numerator && figure.denominator);
    if (!is_plain || !figure.value || !(Rational(1) < *figure.value)) continue; // growth may be anything
    const std::string quotient = quotient_words(figure);
    search.out.push_back({"share_over_whole",
                          {fmt::format("{}为{}{}，部分不应大于整体。", indicator.title.in("zh"),
                                       value_in_words(figure, "zh"), quotient.empty() ? "" : "（" + quotient + "）"),
                           fmt::format("{} is {}{}: a part should not exceed its whole.", indicator.title.in("en"),
                                       value_in_words(figure, "en"), quotient.empty() ? "" : " (" + quotient + ")")},
                          {figure.address}});
  }
}

void find_benchmark_conflicts(const FindingSearch& search) {
  std::set<std::string> done;
  for (const Target& target : search.targets)
    for (const auto suffix : k_wholes) {
      std::string id = target.indicator->id;
      for (const std::string& ending : {std::string(suffix) + std::string(k_rank_suffix), std::string(suffix)})
        if (id.ends_with(ending)) {
          id.resize(id.size() - ending.size());
          break;
        }
      const Indicator *own = search.find(id), *whole = search.find(id + std::string(suffix));
      if (!own || !whole || !done.insert(id + std::string(suffix)).second) continue;
      const Figure ours = search.figure_of(*own), theirs = search.figure_of(*whole);
      if (!ours.value || !theirs.value) continue;
      const bool is_total = own->kind == IndicatorKind::count || own->kind == IndicatorKind::sum;
      if (is_total) {
        if (!(*theirs.value < *ours.value)) continue;
        search.out.push_back(
            {"part_over_whole",
             {fmt::format("{}为{}，大于{}{}，部分不应大于整体。", own->title.in("zh"), value_in_words(ours, "zh"),
                          whole->title.in("zh"), value_in_words(theirs, "zh")),
              fmt::format("{} is {}, more than {}, {}: a part should not exceed its whole.", own->title.in("en"),
                          value_in_words(ours, "en"), whole->title.in("en"), value_in_words(theirs, "en"))},
             {ours.address, theirs.address}});
        continue;
      }
      // Of rates the whole is an average: the first place cannot be worse than it.
      const Indicator* rank = search.find(id + std::string(suffix) + std::string(k_rank_suffix));
      if (!rank || own->better.empty()) continue;
      const Figure place = search.figure_of(*rank);
      const bool worse = own->better == "higher" ? *ours.value < *theirs.value : *theirs.value < *ours.value;
      if (!place.value || !(*place.value == Rational(1)) || !worse) continue;
      search.out.push_back(
          {"rank_conflicts",
           {fmt::format("{}为1，但{}为{}，不如{}{}，排名与数值矛盾。", rank->title.in("zh"), own->title.in("zh"),
                        value_in_words(ours, "zh"), whole->title.in("zh"), value_in_words(theirs, "zh")),
            fmt::format("{} is 1, but {} is {}, worse than {}, {}: the rank and the values disagree.",
                        rank->title.in("en"), own->title.in("en"), value_in_words(ours, "en"), whole->title.in("en"),
                        value_in_words(theirs, "en"))},
           {place.address, ours.address, theirs.address}});
    }
}

void find_growth_differences(const FindingSearch& search) {
  for (const Target& target : search.targets) {
    const Indicator& growth = *target.indicator;
    if (growth.kind == IndicatorKind::derived) continue; // then it is computed from the two values
    const Indicator* grown = nullptr;
    for (const auto suffix : k_growths)
      if (growth.id.ends_with(suffix)) grown = search.find(growth.id.substr(0, growth.id.size() - suffix.size()));
    if (!grown) continue;
    const Figure stated = search.figure_of(growth), now = search.figure_of(*grown);
    auto scope = search.scope;
    scope.period = scope.period.last_year();
    const Figure before = search.impl.figure(search.session, {grown, Aspect::figure}, scope);
    if (!stated.value || !now.value || !before.value || !(Rational(0) < *before.value)) continue;
    const Rational computed = *now.value / *before.value - Rational(1);
    const int digits = std::max(1, growth.decimals);
    const Rational hundred(100);
    const auto said = (*stated.value * hundred).round(digits), found = (computed * hundred).round(digits);
    if (said == found) continue;
    search.out.push_back(
        {"growth_differs",
         {fmt::format("{}填报为{}%，但{}由{}到{}，应为{}%。", growth.title.in("zh"), said.to_string(),
                      grown->title.in("zh"), exact(*before.value), exact(*now.value), found.to_string()),
          fmt::format("{} is stated as {}%, but {} went from {} to {}, which is {}%.", growth.title.in("en"),
                      said.to_string(), grown->title.in("en"), exact(*before.value), exact(*now.value),
                      found.to_string())},
         {stated.address, now.address, before.address}});
  }
}

void find_population_differences(const FindingSearch& search) {
  struct Use {
    const Indicator* population;
    const Indicator* rate;
  };
  std::vector<Use> uses;
  for (const Target& target : search.targets) {
    const Indicator& rate = *target.indicator;
    std::vector<std::string> ids;
    if (rate.kind == IndicatorKind::rate && rate.per >= 1000) ids.push_back(rate.population);
    if (rate.kind == IndicatorKind::derived) collect_populations(search.impl.definition_of(rate).derived, false, ids);
    for (const auto& id : ids)
      if (const Indicator* population = search.find(id)) uses.push_back({population, &rate});
  }
  std::set<std::string> done;
  for (size_t i = 0; i < uses.size(); ++i)
    for (size_t j = i + 1; j < uses.size(); ++j) {
      const auto &first = uses[i], &second = uses[j];
      if (first.population == second.population || first.population->unit.zh != second.population->unit.zh) continue;
      const auto ids = std::minmax(first.population->id, second.population->id);
      if (!done.insert(ids.first + " " + ids.second).second) continue;
      const Figure a = search.figure_of(*first.population), b = search.figure_of(*second.population);
      if (!a.value || !b.value || *a.value == *b.value) continue;
      const Rational larger = a.value->abs() < b.value->abs() ? b.value->abs() : a.value->abs();
      if (larger * Rational(k_same_population_percent) < (*a.value - *b.value).abs() * Rational(100)) continue;
      search.out.push_back(
          {"populations_differ",
           {fmt::format("{}按{}{}计算，{}按{}{}计算，人口口径不一致。", first.rate->title.in("zh"),
                        first.population->title.in("zh"), value_in_words(a, "zh"), second.rate->title.in("zh"),
                        second.population->title.in("zh"), value_in_words(b, "zh")),
            fmt::format("{} is by {}, {}; {} is by {}, {}: two populations that should be one.",
                        first.rate->title.in("en"), first.population->title.in("en"), value_in_words(a, "en"),
                        second.rate->title.in("en"), second.population->title.in("en"), value_in_words(b, "en"))},
           {a.address, b.address}});
    }
}

} // namespace xinglin::indicator
