#include "server/document/evaluate.h"

#include "lib/base/text.h"
#include "server/document/figure_text.h"
#include "server/document/typed_numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace xinglin::document {

namespace {

using base::Period;
using base::Rational;

/// The same period in another year; 29 February becomes the 28th.
Period in_year(const Period& period, int year) {
  Period out = period;
  for (int now = period.first().year(); now > year; --now)
    out = out.last_year();
  return out;
}

std::optional<Period> base_period(const Format& format, const Period& period) {
  int year = period.first().year();
  switch (format.base) {
  case Base::last_year: return in_year(period, format.base_year > 0 ? format.base_year : year - 1);
  case Base::previous: return period.previous();
  case Base::year_end: {
    auto day = *base::Date::from_civil(format.base_year > 0 ? format.base_year : year - 1, 12, 31);
    return Period::range(day, day);
  }
  case Base::indicator: return period;
  case Base::none: break;
  }
  return {};
}

/// The months of a period in their order, the first and the last as far as they lie in it; none when they are more than
/// k_series_months_max.
std::vector<Period> months_of(const Period& period) {
  std::vector<Period> out;
  for (auto day = period.first(); day <= period.last(); day = base::month_start(day, 1)) {
    if (out.size() == static_cast<size_t>(k_series_months_max)) return {};
    auto month = Period::month_of(day.year(), day.month());
    bool whole = day == month.first() && !(period.last() < month.last());
    out.push_back(whole ? month : Period::range(day, std::min(month.last(), period.last())));
  }
  return out;
}

/// Everything one subject of a brace is printed from.
struct Needs {
  Wanted value;              ///< what is printed: an authority's figure where one rules
  std::optional<Wanted> own; ///< then: ours
  std::optional<Wanted> before, before_own;
  std::optional<Wanted> target;
  std::vector<Wanted> series; ///< years before, nearest first; of 提前 and 发生月 the months of the period
};

Needs needs_of(const FigurePlan& plan, const std::string& id, const Context& context) {
  const auto& format = plan.format;
  std::string org = plan.org.empty() ? context.org : plan.org;
  Period period = context.period;
  if (!plan.period.empty()) period = resolve_period(plan.period, context.period).value_or(context.period);
  Needs out;
  auto want = [&](const std::string& what, const Period& when, Wanted& value, std::optional<Wanted>& own) {
    std::string published = published_id(context.catalog, what);
    value = {published, org, when};
    if (published != what) own = Wanted{what, org, when};
  };
  want(id, period, out.value, out.own);
  if (auto before = base_period(format, period))
    want(format.base == Base::indicator ? plan.against : id, *before, out.before.emplace(), out.before_own);

  bool on_target = format.streak == Format::Streak::met;
  int years = format.show == Format::Show::annual ? format.years : 0;
  int year = period.first().year();
  if ((format.show == Format::Show::annual || format.show == Format::Show::streak) && format.since_year > 0)
    years = std::clamp(year - format.since_year, 0, k_years_back_max);
  for (const auto& one : plan.cases) {
    on_target = on_target || one.when == Case::When::met || one.when == Case::When::unmet;
    if (one.when == Case::When::highest || one.when == Case::When::lowest) years = std::max(years, one.years - 1);
  }
  if (on_target) out.target = Wanted{id + std::string(k_target_suffix), org, period};
  for (int back = 1; back <= years; ++back)
    out.series.push_back({out.value.indicator, org, in_year(period, year - back)});
  bool ahead = format.show == Format::Show::ahead;
  if (ahead) out.target = Wanted{plan.against, org, period};
  if (ahead || format.show == Format::Show::months)
    for (const auto& month : months_of(period))
      out.series.push_back({out.value.indicator, org, ahead ? Period::range(period.first(), month.last()) : month});
  return out;
}

/// The operand of a condition that names an indicator.
Wanted operand_of(const Case& one, const Needs& needs, const Context& context) {
  return {published_id(context.catalog, one.operand_indicator), needs.value.org, needs.value.period};
}

bool is_share(const package::Indicator& indicator) {
  return indicator.kind == package::IndicatorKind::proportion || indicator.shown == "percent";
}

/// The period where the sentence has said the year: 全年, 上半年, 第一季度, 5月, 1—10月.
std::string within_in_words(const Period& period) {
  if (period.kind() == Period::Kind::year) return "全年";
  std::string words = period_in_words(period), year = fmt::format("{}年", period.first().year());
  return words.starts_with(year) ? words.substr(year.size()) : words;
}

/// 1-12月; a period that begins or ends within a month by its days: 1月1日至3月15日. Words: 份 → 1-12月份, any other
/// stands between the two.
std::string months_in_words(const Period& period, std::string_view words) {
  std::string joint, after = "月";
  for (auto word : base::split(words, ' ')) {
    if (word == "份")
      after = "月份";
    else if (!word.empty())
      joint = word;
  }
  auto first = period.first(), last = period.last();
  bool one_year = first.year() == last.year();
  if (first.day() == 1 && period.end().day() == 1) {
    if (!one_year)
      return fmt::format("{}年{}月{}{}年{}{}", first.year(), first.month(), joint.empty() ? "至" : joint, last.year(),
                         last.month(), after);
    if (first.month() == last.month()) return fmt::format("{}{}", first.month(), after);
    return fmt::format("{}{}{}{}", first.month(), joint.empty() ? "-" : joint, last.month(), after);
  }
  auto day_in_words = [&](base::Date day) {
    return one_year ? fmt::format("{}月{}日", day.month(), day.day()) : date_in_words(day);
  };
  if (first == last) return day_in_words(first);
  return fmt::format("{}{}{}", day_in_words(first), joint.empty() ? "至" : joint, day_in_words(last));
}

std::string parameter_text(const Piece& piece, const Context& context) {
  const auto& period = context.period;
  if (piece.text == "org") return context.org_name.empty() ? context.org : context.org_name;
  if (piece.text == "period") return period_in_words(period);
  if (piece.text == "year") return std::to_string(period.first().year());
  if (piece.text == "last_year") return std::to_string(period.first().year() - 1);
  if (piece.text == "first_day") return date_in_words(period.first());
  if (piece.text == "last_day") return date_in_words(period.last());
  if (piece.text == "last_month") return fmt::format("{}年{}月", period.last().year(), period.last().month());
  if (piece.text == "within") return within_in_words(period);
  return months_in_words(period, piece.argument);
}

/// {last_year} within a phrase of the author's own (同期:较{last_year}年同期).
std::string phrase_text(std::string phrase, const Context& context) {
  for (const char* name :
       {"org", "period", "year", "last_year", "first_day", "last_day", "last_month", "months", "within"}) {
    std::string brace = std::string("{") + name + "}";
    for (size_t at; (at = phrase.find(brace)) != std::string::npos;)
      phrase.replace(at, brace.size(), parameter_text({Piece::Kind::parameter, name, {}, {}, 0}, context));
  }
  return phrase;
}

class Evaluator {
public:
  Evaluator(const Context& context, const Lookup& lookup, Report& report)
      : m_context(context), m_lookup(lookup), m_report(report) {}

  void run(const Template& source) {
    for (const auto& block : source.blocks) {
      Paragraph paragraph;
      paragraph.kind = static_cast<Paragraph::Kind>(block.kind);
      m_runs = &paragraph.runs;
      print(block.pieces);
      m_report.paragraphs.push_back(std::move(paragraph));
    }
    if (!m_typed.empty()) m_report.findings.push_back(typed_numbers_finding(m_typed));
  }

private:
  /// A subject of a brace with all that is known of it.
  struct Subject {
    indicator::Figure figure;
    std::optional<indicator::Figure> before, own;
    std::vector<indicator::Figure> others;
    Operand operand;
  };

  void print(const Pieces& pieces) {
    for (const auto& piece : pieces) {
      switch (piece.kind) {
      case Piece::Kind::text:
        if (piece.figure) check_typed_change(piece);
        note_typed_numbers(piece.text, m_typed);
        prose(piece.text);
        break;
      case Piece::Kind::typed: prose(piece.text); break;
      case Piece::Kind::parameter: prose(parameter_text(piece, m_context)); break;
      case Piece::Kind::figure: print(*piece.figure); break;
      }
    }
  }

  void prose(const std::string& text) {
    if (text.empty()) return;
    if (!m_runs->empty() && m_runs->back().figure < 0)
      m_runs->back().text += text;
    else
      m_runs->push_back({text, -1});
  }

  void print(const FigurePlan& plan) {
    std::vector<Subject> subjects;
    for (const auto& id : plan.indicators)
      subjects.push_back(look_up(id, plan));
    for (const auto& one : plan.cases) {
      if (!holds(one, plan, subjects)) continue;
      print_case(one, plan, subjects);
      return;
    }
    Format format = plan.format;
    format.phrase = phrase_text(format.phrase, m_context);
    int direction = 0;
    for (size_t i = 0; i < subjects.size(); ++i) {
      bool missing = false;
      std::string text;
      format.unit_hidden = format.unit_once && i + 1 < subjects.size(); // 1-2个: said with the last
      if (i == 0) {
        text = figure_text(format, subjects[i].operand, &missing);
        direction = direction_of(format, subjects[i].operand);
      } else {
        prose(format.joint.empty() ? "、" : format.joint);
        text = figure_text_following(format, subjects[i].operand, direction, &direction, &missing);
      }
      if (missing) note_missing(subjects[i], text);
      if (!text.empty()) bound(text, plan, subjects[i]);
    }
  }

  /// Text bound to the figure it states.
  void bound(const std::string& text, const FigurePlan& plan, const Subject& subject) {
    m_runs->push_back({text, static_cast<int>(m_report.figures.size())});
    keep(text, plan, subject);
  }

  void keep(const std::string& text, const FigurePlan& plan, const Subject& subject) {
    PrintedFigure printed;
    printed.text = text;
    printed.format = plan.words;
    printed.rounding_truncates = plan.format.rounding == base::Rounding::truncate;
    printed.figure = subject.figure;
    // A figure that only shows last year's value is not compared with it: that value is what it shows.
    if (plan.format.show == Format::Show::base_value && subject.before)
      printed.figure = *subject.before;
    else
      printed.compared = subject.before;
    printed.own = subject.own;
    printed.others = subject.others;
    printed.paragraph = m_report.paragraphs.size();
    printed.line = plan.line;
    m_report.figures.push_back(std::move(printed));
  }

  Subject look_up(const std::string& id, const FigurePlan& plan) {
    Needs needs = needs_of(plan, id, m_context);
    Subject out;
    out.figure = m_lookup(needs.value);
    if (needs.own) {
      out.own = m_lookup(*needs.own);
      if (!out.figure.value) { // the authority has not said: ours is printed, and that it is ours is found
        note_unsaid(out.figure);
        out.figure = *std::exchange(out.own, std::nullopt);
      }
    }
    if (needs.before) {
      out.before = m_lookup(*needs.before);
      if (!out.before->value && needs.before_own) out.before = m_lookup(*needs.before_own);
      out.operand.before = out.before->value;
    }
    if (needs.target) {
      out.others.push_back(m_lookup(*needs.target));
      out.operand.target = out.others.back().value;
    }
    if (plan.format.show == Format::Show::months && !needs.series.empty())
      out.operand.first_month = base::month_start(needs.value.period.first(), 0);
    for (const auto& wanted : needs.series) {
      out.others.push_back(m_lookup(wanted));
      out.operand.series.push_back(out.others.back().value);
    }
    out.operand.value = out.figure.value;
    out.operand.percent = is_share(*out.figure.indicator);
    out.operand.decimals = out.figure.indicator->decimals;
    out.operand.lower_is_better = out.figure.indicator->better == "lower";
    return out;
  }

  /// A typed change that the two values do not give.
  void check_typed_change(const Piece& piece) {
    const auto& plan = *piece.figure;
    Subject subject = look_up(plan.indicators.front(), plan);
    std::string computed = figure_text(plan.format, subject.operand);
    if (computed == piece.argument) return;
    if (subject.operand.percent && plan.format.change == Format::Measure::relative) {
      Format points = plan.format;
      points.change = Format::Measure::percent_sign;
      if (figure_text(points, subject.operand) == piece.argument) return;
    }
    const auto& title = subject.figure.indicator->title;
    indicator::Finding finding;
    finding.code = "typed_change";
    finding.text.zh = fmt::format("文中手工填写的“{}”与数据不符：“{}”按两期的值应为“{}”。请改为花括号里的写法。",
                                  piece.argument, title.zh, computed);
    finding.text.en =
        fmt::format("The change typed by hand, \"{}\", is not what the two values of {} give: \"{}\". Write "
                    "it in braces.",
                    piece.argument, title.in("en"), computed);
    finding.addresses = {subject.figure.address};
    if (subject.before) finding.addresses.push_back(subject.before->address);
    m_report.findings.push_back(std::move(finding));
  }

  void note_unsaid(const indicator::Figure& figure) {
    const auto& indicator = *figure.indicator;
    std::string key = figure.address.indicator + figure.address.org + figure.address.period.to_string();
    if (!m_unsaid.insert(key).second) return;
    std::string period = period_in_words(figure.address.period);
    m_report.findings.push_back(
        {"authority_unsaid",
         {fmt::format("“{}”以上级系统的数为准，但{}的数尚未录入，文中印的是本级数。", indicator.title.zh, period),
          fmt::format("{}: the authority's figure for {} has not been entered; ours is printed.",
                      indicator.title.in("en"), figure.address.period.to_string())},
         {figure.address}});
  }

  bool holds(const Case& one, const FigurePlan& plan, const std::vector<Subject>& subjects) {
    auto every = [&](auto&& test) { return std::all_of(subjects.begin(), subjects.end(), test); };
    auto is = [](const Subject& subject, const Rational& value) {
      return subject.operand.value && *subject.operand.value == value;
    };
    auto known = [](const Subject& subject) { return subject.operand.value && subject.operand.before; };
    switch (one.when) {
    case Case::When::none: return every([&](const Subject& s) { return is(s, 0); });
    case Case::When::some: return !every([&](const Subject& s) { return !s.operand.value || is(s, 0); });
    case Case::When::all: return every([&](const Subject& s) { return is(s, 1); });
    case Case::When::up: return every([&](const Subject& s) { return direction_of(plan.format, s.operand) > 0; });
    case Case::When::down: return every([&](const Subject& s) { return direction_of(plan.format, s.operand) < 0; });
    case Case::When::equal:
      return every([&](const Subject& s) { return known(s) && direction_of(plan.format, s.operand) == 0; });
    case Case::When::met:
    case Case::When::unmet: {
      // Neither can be said of what is not known.
      if (!every([](const Subject& s) { return s.operand.value && s.operand.target; })) return false;
      bool met = every([](const Subject& s) { return meets_target(s.operand.value, s.operand); });
      return met == (one.when == Case::When::met);
    }
    case Case::When::highest:
    case Case::When::lowest:
      return every([&](const Subject& s) {
        for (int back = 0; back < one.years - 1; ++back) {
          const auto& then = s.operand.series.at(static_cast<size_t>(back));
          if (!s.operand.value || !then) return false;
          if (one.when == Case::When::highest ? !(*then < *s.operand.value) : !(*s.operand.value < *then)) return false;
        }
        return true;
      });
    case Case::When::missing: return !every([](const Subject& s) { return s.operand.value.has_value(); });
    case Case::When::otherwise: return true;
    case Case::When::compares: break;
    }
    std::optional<Rational> operand = one.operand_number;
    if (!operand)
      operand = m_lookup(operand_of(one, needs_of(plan, plan.indicators.front(), m_context), m_context)).value;
    if (!operand) return false;
    return every([&](const Subject& s) {
      if (!s.operand.value) return false;
      const Rational& value = *s.operand.value;
      switch (one.relation) {
      case Case::Relation::at_least: return !(value < *operand);
      case Case::Relation::at_most: return !(*operand < value);
      case Case::Relation::greater: return *operand < value;
      case Case::Relation::less: return value < *operand;
      case Case::Relation::equal: break;
      }
      return value == *operand;
    });
  }

  void print_case(const Case& one, const FigurePlan& plan, const std::vector<Subject>& subjects) {
    bool has_figure = std::any_of(one.pieces.begin(), one.pieces.end(),
                                  [](const Piece& piece) { return piece.kind == Piece::Kind::figure; });
    if (has_figure) {
      print(one.pieces);
      return;
    }
    // 无一例, 均, 全部: words that are the figure, so they open onto it as digits do.
    std::string text;
    for (const auto& piece : one.pieces)
      text += piece.kind == Piece::Kind::parameter ? parameter_text(piece, m_context) : piece.text;
    if (text.empty()) return;
    m_runs->push_back({text, static_cast<int>(m_report.figures.size())});
    for (const auto& subject : subjects)
      keep(text, plan, subject);
  }

  void note_missing(const Subject& subject, const std::string& text) {
    const auto& indicator = *subject.figure.indicator;
    indicator::Finding finding;
    // What is missing: the value; else the base; else something further back.
    bool no_value = !subject.figure.value;
    const indicator::Figure* missing = nullptr;
    if (!no_value && subject.before) missing = &*subject.before;
    for (const auto& other : subject.others)
      if (!no_value && !missing && !other.value) missing = &other;
    const auto& address = missing ? missing->address : subject.figure.address;
    finding.code = no_value ? "no_value" : "no_base";
    std::string period = period_in_words(address.period);
    finding.text.zh =
        no_value ? fmt::format("“{}”{}没有可用的值，文中印作“{}”。", indicator.title.zh, period, text)
                 : fmt::format("“{}”{}的值无法作为比较的基数，文中印作“{}”。", indicator.title.zh, period, text);
    finding.text.en = no_value ? fmt::format("{} has no value for {}; it is printed as \"{}\".",
                                             indicator.title.in("en"), address.period.to_string(), text)
                               : fmt::format("{} of {} cannot serve as a base of comparison; it is printed as \"{}\".",
                                             indicator.title.in("en"), address.period.to_string(), text);
    finding.addresses = {address};
    m_report.findings.push_back(std::move(finding));
  }

  const Context& m_context;
  const Lookup& m_lookup;
  Report& m_report;
  std::vector<Run>* m_runs = nullptr;
  std::vector<std::string> m_typed; ///< numbers in the prose
  std::set<std::string> m_unsaid;
};

struct Collector {
  const Context& context;
  std::vector<Wanted> out;
  std::set<std::string> seen;

  void want(const Wanted& one) {
    if (seen.insert(one.indicator + ' ' + one.org + ' ' + one.period.to_string()).second) out.push_back(one);
  }
  void collect(const Pieces& pieces) {
    for (const auto& piece : pieces) {
      if (!piece.figure) continue;
      for (const auto& id : piece.figure->indicators) {
        Needs needs = needs_of(*piece.figure, id, context);
        want(needs.value);
        for (const auto* one : {&needs.own, &needs.before, &needs.before_own, &needs.target})
          if (*one) want(**one);
        for (const auto& one : needs.series)
          want(one);
        for (const auto& one : piece.figure->cases)
          if (!one.operand_indicator.empty()) want(operand_of(one, needs, context));
      }
      for (const auto& one : piece.figure->cases)
        collect(one.pieces);
    }
  }
};

} // namespace

std::vector<Wanted> wanted_figures(const Template& source, const Context& context) {
  Collector collector{context, {}, {}};
  for (const auto& block : source.blocks)
    collector.collect(block.pieces);
  return std::move(collector.out);
}

void evaluate(const Template& source, const Context& context, const Lookup& lookup, Report& report) {
  Evaluator(context, lookup, report).run(source);
}

std::string published_id(const package::Catalog* catalog, const std::string& id) {
  if (!catalog) return id;
  auto found = catalog->indicators.find(id);
  if (found == catalog->indicators.end() || !found->second.authority.starts_with("upper:")) return id;
  std::string upper = id + std::string(indicator::k_upper_suffix);
  return catalog->indicators.contains(upper) ? upper : id;
}

std::string date_in_words(base::Date date) {
  return fmt::format("{}年{}月{}日", date.year(), date.month(), date.day());
}

std::string period_in_words(const base::Period& period) {
  int year = period.first().year(), month = period.first().month();
  switch (period.kind()) {
  case Period::Kind::year: return fmt::format("{}年", year);
  case Period::Kind::half: return fmt::format("{}年{}半年", year, month == 1 ? "上" : "下");
  case Period::Kind::quarter: return fmt::format("{}年第{}季度", year, chinese_numerals((month + 2) / 3));
  case Period::Kind::month: return fmt::format("{}年{}月", year, month);
  case Period::Kind::range: break;
  }
  if (period.first() == period.last()) return date_in_words(period.first());
  bool whole_months = period.first().day() == 1 && period.end().day() == 1;
  if (whole_months && month == 1 && period.last().month() == 12)
    return fmt::format("{}—{}年", year, period.last().year());
  if (whole_months && period.last().year() == year)
    return fmt::format("{}年{}—{}月", year, month, period.last().month());
  std::string last = date_in_words(period.last());
  if (period.last().year() == year) last = fmt::format("{}月{}日", period.last().month(), period.last().day());
  return date_in_words(period.first()) + "至" + last;
}

} // namespace xinglin::document
