#include "server/document/evaluate.h"

#include "server/document/figure_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace xinglin::document {

namespace {

using base::Period;
using base::Rational;

std::optional<Period> base_period(Base base, const Period& period) {
  switch (base) {
  case Base::last_year: return period.last_year();
  case Base::previous: return period.previous();
  case Base::year_end: {
    auto day = *base::Date::from_civil(period.first().year(), 1, 1) + -1;
    return Period::range(day, day);
  }
  case Base::none: break;
  }
  return {};
}

/// Where and when the subjects of a brace are looked up.
struct Scope {
  std::string org;
  Period period = Period::year_of(2000);
  std::optional<Period> before;
};
Scope scope_of(const FigurePlan& plan, const Context& context) {
  Scope out{plan.org.empty() ? context.org : plan.org, context.period, {}};
  if (!plan.period.empty()) out.period = resolve_period(plan.period, context.period).value_or(context.period);
  out.before = base_period(plan.format.base, out.period);
  return out;
}

bool is_share(const package::Indicator& indicator) {
  return indicator.kind == package::IndicatorKind::proportion || indicator.shown == "percent";
}

std::string parameter_text(const Piece& piece, const Context& context) {
  const auto& period = context.period;
  if (piece.text == "org") return context.org_name.empty() ? context.org : context.org_name;
  if (piece.text == "period") return period_in_words(period);
  if (piece.text == "year") return std::to_string(period.first().year());
  if (piece.text == "last_year") return std::to_string(period.first().year() - 1);
  if (piece.text == "first_day") return date_in_words(period.first());
  if (piece.text == "last_day") return date_in_words(period.last());
  // months
  int first = period.first().month(), last = period.last().month();
  if (first == last) return std::to_string(first);
  return fmt::format("{}{}{}", first, piece.argument.empty() ? "-" : piece.argument, last);
}

/// {last_year} within a phrase of the author's own (同期:较{last_year}年同期).
std::string phrase_text(std::string phrase, const Context& context) {
  for (const char* name : {"org", "period", "year", "last_year", "first_day", "last_day", "months"}) {
    std::string brace = std::string("{") + name + "}";
    for (size_t at; (at = phrase.find(brace)) != std::string::npos;)
      phrase.replace(at, brace.size(), parameter_text({Piece::Kind::parameter, name, {}, {}}, context));
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
  }

private:
  /// A subject of a brace with all that is known of it.
  struct Subject {
    indicator::Figure figure;
    std::optional<indicator::Figure> before;
    Operand operand;
  };

  void print(const Pieces& pieces) {
    for (const auto& piece : pieces) {
      switch (piece.kind) {
      case Piece::Kind::text: prose(piece.text); break;
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
      if (i == 0) {
        text = figure_text(format, subjects[i].operand, &missing);
        direction = direction_of(subjects[i].operand);
      } else {
        prose("、");
        text = figure_text_following(format, subjects[i].operand, direction, &direction, &missing);
      }
      if (missing) note_missing(subjects[i], text);
      bound(text, plan, subjects[i]);
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
    printed.paragraph = m_report.paragraphs.size();
    printed.line = plan.line;
    m_report.figures.push_back(std::move(printed));
  }

  Subject look_up(const std::string& id, const FigurePlan& plan) {
    Scope scope = scope_of(plan, m_context);
    Subject out;
    out.figure = m_lookup({id, scope.org, scope.period});
    if (scope.before) out.before = m_lookup({id, scope.org, *scope.before});
    out.operand.value = out.figure.value;
    if (out.before) out.operand.before = out.before->value;
    out.operand.percent = is_share(*out.figure.indicator);
    out.operand.decimals = out.figure.indicator->decimals;
    return out;
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
    case Case::When::up: return every([](const Subject& s) { return direction_of(s.operand) > 0; });
    case Case::When::down: return every([](const Subject& s) { return direction_of(s.operand) < 0; });
    case Case::When::equal: return every([&](const Subject& s) { return known(s) && direction_of(s.operand) == 0; });
    case Case::When::missing: return !every([](const Subject& s) { return s.operand.value.has_value(); });
    case Case::When::otherwise: return true;
    case Case::When::compares: break;
    }
    std::optional<Rational> operand = one.operand_number;
    if (!operand) {
      Scope scope = scope_of(plan, m_context);
      operand = m_lookup({one.operand_indicator, scope.org, scope.period}).value;
    }
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
      text += piece.kind == Piece::Kind::text ? piece.text : parameter_text(piece, m_context);
    if (text.empty()) return;
    m_runs->push_back({text, static_cast<int>(m_report.figures.size())});
    for (const auto& subject : subjects)
      keep(text, plan, subject);
  }

  void note_missing(const Subject& subject, const std::string& text) {
    const auto& indicator = *subject.figure.indicator;
    indicator::Finding finding;
    bool no_value = !subject.figure.value;
    const auto& address = no_value || !subject.before ? subject.figure.address : subject.before->address;
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
};

struct Collector {
  const Context& context;
  std::vector<Wanted> out;
  std::set<std::string> seen;

  void want(const std::string& indicator, const std::string& org, const Period& period) {
    if (seen.insert(indicator + ' ' + org + ' ' + period.to_string()).second) out.push_back({indicator, org, period});
  }
  void collect(const Pieces& pieces) {
    for (const auto& piece : pieces) {
      if (!piece.figure) continue;
      Scope scope = scope_of(*piece.figure, context);
      for (const auto& id : piece.figure->indicators) {
        want(id, scope.org, scope.period);
        if (scope.before) want(id, scope.org, *scope.before);
      }
      for (const auto& one : piece.figure->cases) {
        if (!one.operand_indicator.empty()) want(one.operand_indicator, scope.org, scope.period);
        collect(one.pieces);
      }
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
  std::string last = date_in_words(period.last());
  if (period.last().year() == year) last = fmt::format("{}月{}日", period.last().month(), period.last().day());
  return date_in_words(period.first()) + "至" + last;
}

} // namespace xinglin::document
