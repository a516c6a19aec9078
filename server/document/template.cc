#include "server/document/template.h"

#include "lib/base/date.h"
#include "lib/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace xinglin::document {

namespace {

using namespace std::string_view_literals;
using base::Severity;

/// What can stand in a brace besides figures: canonical name ← the words for it.
constexpr std::pair<std::string_view, std::string_view> k_parameters[] = {
    {"org", "org"},
    {"机构", "org"},
    {"period", "period"},
    {"期间", "period"},
    {"year", "year"},
    {"年", "year"},
    {"last_year", "last_year"},
    {"上年", "last_year"},
    {"first_day", "first_day"},
    {"首日", "first_day"},
    {"last_day", "last_day"},
    {"末日", "last_day"},
    {"months", "months"},
    {"月份", "months"},
};

constexpr std::string_view k_same[] = {"…", "...", "同上"};

/// A paragraph's text and the line each part of it came from.
struct Source {
  std::string text;
  std::vector<std::pair<size_t, int>> lines; ///< offset → line from there on
  int line_at(size_t offset) const {
    int line = lines.empty() ? 0 : lines.front().second;
    for (auto [start, number] : lines)
      if (start <= offset) line = number;
    return line;
  }
};

/// Blanks out <!-- comments --> without moving lines.
std::string without_comments(std::string_view text) {
  std::string out(text);
  for (size_t start = 0; (start = out.find("<!--", start)) != std::string::npos;) {
    size_t end = out.find("-->", start);
    size_t stop = end == std::string::npos ? out.size() : end + 3;
    std::string kept;
    for (size_t i = start; i < stop; ++i)
      if (out[i] == '\n') kept += '\n';
    out.replace(start, stop - start, kept);
    start += kept.size();
  }
  return out;
}

bool is_ascii_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

class Parser {
public:
  Parser(const package::DocumentTemplate& document, const package::Catalog& catalog, base::Issues& issues)
      : m_document(document), m_catalog(catalog), m_issues(issues) {}

  Template parse() {
    std::string text = without_comments(m_document.text);
    Source paragraph;
    auto flush = [&] {
      if (!paragraph.text.empty()) add_block(Block::Kind::body, paragraph);
      paragraph = {};
    };
    int line = 0;
    for (std::string_view raw : base::split(text, '\n')) {
      ++line;
      std::string_view row = base::trim(raw);
      if (row.empty()) {
        flush();
        continue;
      }
      if (row.starts_with("#")) {
        flush();
        size_t level = row.find_first_not_of('#');
        if (level == std::string_view::npos || level > 4 || row[level] != ' ') {
          report(line, "a heading is '# ' (title), '## ', '### ' or '#### ' and its words; write one of these",
                 "标题写作“# ”（总标题）、“## ”、“### ”或“#### ”加文字");
          continue;
        }
        static constexpr Block::Kind k_levels[] = {Block::Kind::title, Block::Kind::heading1, Block::Kind::heading2,
                                                   Block::Kind::heading3};
        add_block(k_levels[level - 1], {std::string(base::trim(row.substr(level))), {{0, line}}});
        continue;
      }
      for (auto mark : {"- "sv, "* "sv, "> "sv, "```"sv, "|"sv, "---"sv})
        if (row.starts_with(mark)) {
          report(line,
                 fmt::format("'{}' of Markdown is not for official documents; write a heading or a paragraph",
                             base::trim(mark)),
                 fmt::format("公文模板里不用 Markdown 的“{}”，请写成标题或段落", base::trim(mark)));
          row = row.substr(mark.size());
          break;
        }
      if (!paragraph.text.empty() && !row.empty() && is_ascii_word(paragraph.text.back()) && is_ascii_word(row.front()))
        paragraph.text += ' '; // Chinese lines join without a space, Latin words with one
      paragraph.lines.emplace_back(paragraph.text.size(), line);
      paragraph.text += row;
    }
    flush();
    if (m_out.blocks.empty())
      report(1, "the template is empty; write a title ('# ...') and paragraphs", "模板是空的，请写标题（“# …”）和段落");
    return std::move(m_out);
  }

private:
  void report(int line, std::string text, std::string zh, Severity severity = Severity::error) {
    base::Issue issue;
    issue.severity = severity;
    issue.code = "invalid";
    issue.text = std::move(text);
    issue.text_zh = std::move(zh);
    issue.file = m_document.place.file;
    issue.line = line;
    m_issues.add(std::move(issue));
  }

  void add_block(Block::Kind kind, const Source& source) {
    Block block;
    block.kind = kind;
    block.line = source.lines.empty() ? 0 : source.lines.front().second;
    block.pieces = parse_pieces(source, 0, source.text.size(), 0);
    if (source.text.find("**") != std::string::npos)
      report(block.line, "'**' (bold) is not for official documents; leave it out", "公文正文不加粗，请去掉“**”");
    m_out.blocks.push_back(std::move(block));
  }

  /// Text and braces of source[begin, end).
  Pieces parse_pieces(const Source& source, size_t begin, size_t end, int depth) {
    Pieces out;
    std::string text;
    auto flush = [&] {
      if (!text.empty()) out.push_back({Piece::Kind::text, std::exchange(text, {}), {}, {}});
    };
    for (size_t i = begin; i < end; ++i) {
      char c = source.text[i];
      if (c == '\\' && i + 1 < end && "{}|\\"sv.find(source.text[i + 1]) != std::string_view::npos) {
        text += source.text[++i];
        continue;
      }
      if (c == '}') {
        report(source.line_at(i), "'}' closes nothing; write '\\}' for the sign itself",
               "“}”没有对应的“{”；要印出这个符号请写“\\}”");
        continue;
      }
      if (c != '{') {
        text += c;
        continue;
      }
      size_t close = matching(source, i, end);
      if (close == std::string::npos) {
        report(source.line_at(i), "'{' is not closed in this paragraph; add '}'", "这一段里的“{”没有“}”");
        return out;
      }
      flush();
      if (depth >= k_brace_depth_max)
        report(source.line_at(i),
               fmt::format("braces nest deeper than {}; say it in two paragraphs", k_brace_depth_max),
               fmt::format("花括号嵌套超过{}层", k_brace_depth_max));
      else if (auto piece = parse_brace(source, i + 1, close, depth))
        out.push_back(std::move(*piece));
      i = close;
    }
    flush();
    return out;
  }

  static size_t matching(const Source& source, size_t open, size_t end) {
    int depth = 0;
    for (size_t i = open; i < end; ++i) {
      if (source.text[i] == '\\') {
        ++i;
      } else if (source.text[i] == '{') {
        ++depth;
      } else if (source.text[i] == '}' && --depth == 0) {
        return i;
      }
    }
    return std::string::npos;
  }

  /// Parts between the bars at the brace's own level.
  static std::vector<std::pair<size_t, size_t>> bars(const Source& source, size_t begin, size_t end) {
    std::vector<std::pair<size_t, size_t>> out;
    int depth = 0;
    size_t start = begin;
    for (size_t i = begin; i < end; ++i) {
      if (source.text[i] == '\\') {
        ++i;
      } else if (source.text[i] == '{') {
        ++depth;
      } else if (source.text[i] == '}') {
        --depth;
      } else if (source.text[i] == '|' && depth == 0) {
        out.emplace_back(start, i);
        start = i + 1;
      }
    }
    out.emplace_back(start, end);
    return out;
  }

  std::optional<Piece> parse_brace(const Source& source, size_t begin, size_t end, int depth) {
    int line = source.line_at(begin);
    auto parts = bars(source, begin, end);
    auto part_text = [&](size_t i) {
      return base::trim(std::string_view(source.text).substr(parts[i].first, parts[i].second - parts[i].first));
    };
    std::string_view subject = part_text(0);
    if (auto parameter = parse_parameter(subject, parts.size() > 1 ? part_text(1) : ""sv)) return parameter;

    auto plan = std::make_shared<FigurePlan>();
    plan->line = line;
    plan->indicators = parse_subjects(subject, line);
    if (plan->indicators.empty()) return {};
    m_last = plan->indicators;
    if (++m_figures > k_template_figures_max) {
      if (m_figures == k_template_figures_max + 1)
        report(line, fmt::format("the template has more than {} figures; split it", k_template_figures_max),
               fmt::format("模板里的数字超过{}个，请分成几份", k_template_figures_max));
      return {};
    }
    for (size_t i = 1; i < parts.size(); ++i) {
      if (parse_case(source, parts[i].first, parts[i].second, depth, *plan)) {
        m_last = plan->indicators; // what a phrase names inside is not what … means after it
        continue;
      }
      if (!plan->words.empty()) plan->words += '|';
      plan->words += part_text(i);
      parse_words(part_text(i), line, *plan);
    }
    settle_base(*plan);
    check_plan(*plan);
    return Piece{Piece::Kind::figure, {}, {}, std::move(plan)};
  }

  static std::optional<Piece> parse_parameter(std::string_view name, std::string_view argument) {
    for (auto [word, canonical] : k_parameters)
      if (word == name) return Piece{Piece::Kind::parameter, std::string(canonical), std::string(argument), {}};
    return {};
  }

  std::vector<std::string> parse_subjects(std::string_view text, int line) {
    if (std::find(std::begin(k_same), std::end(k_same), text) != std::end(k_same)) {
      if (m_last.empty())
        report(line, "'…' means the indicator named before, and there is none yet; write its id",
               "“…”指前一个指标，但前面还没有指标，请写出指标编号");
      return m_last;
    }
    std::vector<std::string> out;
    std::string rest(text);
    // Several are parted by the enumeration comma, as in the sentence.
    for (size_t at; (at = rest.find("、")) != std::string::npos;)
      rest.replace(at, "、"sv.size(), ",");
    for (auto part : base::split(rest, ',')) {
      std::string id(base::trim(part));
      if (m_catalog.indicators.contains(id)) {
        out.push_back(std::move(id));
        continue;
      }
      std::vector<std::string> known;
      for (const auto& [name, indicator] : m_catalog.indicators)
        known.push_back(name);
      for (auto [word, canonical] : k_parameters)
        known.emplace_back(word);
      std::string nearest = base::suggest(id, known);
      if (nearest.empty() && id.find('.') != std::string::npos) nearest = same_last_part(id);
      report(line,
             id.empty() ? std::string("empty braces; write an indicator's id, as in {hospital_ops.discharges}")
                        : fmt::format("there is no indicator '{}'; {}", id,
                                      nearest.empty() ? "see `xinglin indicators` for those there are"
                                                      : "did you mean '" + nearest + "'?"),
             id.empty()
                 ? std::string("花括号里是空的，请写指标编号，如 {hospital_ops.discharges}")
                 : fmt::format("没有指标“{}”{}", id,
                               nearest.empty() ? "，可用 xinglin indicators 查看" : "，是不是“" + nearest + "”？"));
      return {};
    }
    return out;
  }

  /// hospital.discharges → hospital_ops.discharges.
  std::string same_last_part(const std::string& id) const {
    std::string tail = id.substr(id.rfind('.'));
    for (const auto& [name, indicator] : m_catalog.indicators)
      if (name.ends_with(tail)) return name;
    return {};
  }

  void parse_words(std::string_view text, int line, FigurePlan& plan) {
    const auto& own = m_catalog.indicators.at(plan.indicators.front()).unit.zh;
    size_t start = 0;
    while (start < text.size()) {
      size_t end = std::min(text.find(' ', start), text.size());
      std::string_view word = text.substr(start, end - start);
      start = end + 1;
      if (word.empty()) continue;
      if (take_setting(word, line, plan)) continue;
      if (take_word(word, own, plan.format)) continue;
      std::vector<std::string> known = all_words();
      for (auto extra : {"无则:", "有则:", "全则:", "增则:", "减则:", "平则:", "缺则:", "否则:", "机构:", "期间:"})
        known.emplace_back(extra);
      if (!own.empty()) known.push_back(own);
      std::string nearest = base::suggest(word, known);
      report(line,
             fmt::format("'{}' is no format word; {}", word,
                         nearest.empty() ? fmt::format("for a unit of your own write “{}” in quotation marks; the "
                                                       "words are listed in docs/documents.md",
                                                       word)
                                         : "did you mean '" + nearest + "'?"),
             fmt::format("“{}”不是格式词{}", word,
                         nearest.empty() ? "；如是计量单位，请加引号，如 “" + std::string(word) + "”"
                                         : "，是不是“" + nearest + "”？"));
    }
  }

  bool take_setting(std::string_view word, int line, FigurePlan& plan) {
    for (auto [name, target] : {std::pair{"机构"sv, &plan.org}, {"期间"sv, &plan.period}})
      for (auto colon : {":"sv, "："sv}) {
        if (!word.starts_with(name) || !word.substr(name.size()).starts_with(colon)) continue;
        *target = word.substr(name.size() + colon.size());
        if (target == &plan.period && !resolve_period(plan.period, base::Period::year_of(2024)))
          report(
              line,
              fmt::format("'{}' is no period; write 去年, 上半年, 1-10月, 2023, 2023H1, 2023Q1, 2023-05 or DATE..DATE",
                          plan.period),
              fmt::format("“{}”不是期间，请写 去年、上半年、1-10月、2023、2023H1、2023Q1、2023-05 或 起..止",
                          plan.period));
        return true;
      }
    return false;
  }

  /// `无则:…`, `不低于 ID 则:…`. False when the part is no case.
  bool parse_case(const Source& source, size_t begin, size_t end, int depth, FigurePlan& plan) {
    std::string_view part = std::string_view(source.text).substr(begin, end - begin);
    size_t lead = part.find_first_not_of(' ');
    if (lead == std::string_view::npos) return false;
    // The colon must stand at this level and be preceded by 则.
    size_t mark = std::string_view::npos, length = 0;
    for (auto colon : {"则:"sv, "则："sv})
      if (size_t at = part.find(colon); at < std::min(mark, part.find('{'))) {
        mark = at;
        length = colon.size();
      }
    if (mark == std::string_view::npos) return false;
    std::string_view condition = base::trim(part.substr(lead, mark - lead));
    Case out;
    int line = source.line_at(begin + lead);
    if (!parse_condition(condition, line, out)) {
      report(line,
             fmt::format("'{}则' is no condition; use 无则, 有则, 全则, 增则, 减则, 平则, 缺则, 否则, or 不低于 / "
                         "不高于 / 高于 / 低于 / 等于 NUMBER-or-ID 则",
                         condition),
             fmt::format("“{}则”不是条件，可用 无则、有则、全则、增则、减则、平则、缺则、否则，或 "
                         "不低于/不高于/高于/低于/等于 数或指标 则",
                         condition));
      return true;
    }
    size_t from = begin + mark + length;
    out.pieces = parse_pieces(source, from, end, depth + 1);
    plan.cases.push_back(std::move(out));
    return true;
  }

  bool parse_condition(std::string_view condition, int line, Case& out) {
    static constexpr std::pair<std::string_view, Case::When> k_cases[] = {
        {"无", Case::When::none},    {"有", Case::When::some},     {"全", Case::When::all},
        {"增", Case::When::up},      {"减", Case::When::down},     {"平", Case::When::equal},
        {"缺", Case::When::missing}, {"否", Case::When::otherwise}};
    for (auto [word, when] : k_cases)
      if (condition == word) {
        out.when = when;
        return true;
      }
    static constexpr std::pair<std::string_view, Case::Relation> k_relations[] = {{"不低于", Case::Relation::at_least},
                                                                                  {"不高于", Case::Relation::at_most},
                                                                                  {"高于", Case::Relation::greater},
                                                                                  {"低于", Case::Relation::less},
                                                                                  {"等于", Case::Relation::equal}};
    for (auto [word, relation] : k_relations) {
      if (!condition.starts_with(word)) continue;
      std::string_view operand = base::trim(condition.substr(word.size()));
      out.when = Case::When::compares;
      out.relation = relation;
      bool percent = operand.ends_with("%");
      if (auto number = base::Decimal::parse(percent ? operand.substr(0, operand.size() - 1) : operand)) {
        out.operand_number = base::Rational(*number);
        if (percent) out.operand_number = *out.operand_number / base::Rational(100);
        return true;
      }
      auto saved = m_last;
      auto ids = parse_subjects(operand, line);
      m_last = saved;
      out.operand_indicator = ids.empty() ? std::string() : ids.front();
      return true;
    }
    return false;
  }

  /// Where a direction is asked for (增则, 上升到) and nothing is said, it is against the same period of last year.
  static void settle_base(FigurePlan& plan) {
    bool directed = plan.format.show == Format::Show::reached;
    for (const auto& one : plan.cases)
      directed =
          directed || one.when == Case::When::up || one.when == Case::When::down || one.when == Case::When::equal;
    if (directed && plan.format.base == Base::none) plan.format.base = Base::last_year;
  }

  void check_plan(const FigurePlan& plan) {
    bool needs_base = plan.format.show == Format::Show::change && plan.format.base == Base::none;
    if (needs_base)
      report(plan.line,
             fmt::format("'{}' says a change but not against what; add 同比, 比去年同期, 环比, 较去年底 ...",
                         plan.format.verb_up),
             fmt::format("“{}”没有说和什么相比，请加 同比、比去年同期、环比、较去年底 等", plan.format.verb_up));
    for (const auto& id : plan.indicators) {
      const auto& indicator = m_catalog.indicators.at(id);
      if (plan.format.base == Base::year_end && indicator.period != package::PeriodKind::stock)
        report(plan.line,
               fmt::format(
                   "'{}' compares with the last day of last year, but {} counts events over a period; use 比去年同期",
                   plan.format.phrase, id),
               fmt::format("“{}”只用于时点数，{}是期间数，请用 比去年同期", plan.format.phrase, id));
    }
  }

  const package::DocumentTemplate& m_document;
  const package::Catalog& m_catalog;
  base::Issues& m_issues;
  Template m_out;
  std::vector<std::string> m_last;
  size_t m_figures = 0;
};

} // namespace

Template parse_template(const package::DocumentTemplate& document, const package::Catalog& catalog,
                        base::Issues& issues) {
  return Parser(document, catalog, issues).parse();
}

std::optional<base::Period> resolve_period(std::string_view text, const base::Period& report) {
  int year = report.first().year();
  if (text == "去年" || text == "上年") return report.last_year();
  auto months = [&](int first, int last) -> std::optional<base::Period> {
    auto start = base::Date::from_civil(year, first, 1);
    auto stop = base::Date::from_civil(year, last, 1);
    if (!start || !stop || last < first) return {};
    return base::Period::range(*start, base::month_start(*stop, 1) + -1);
  };
  static constexpr std::pair<std::string_view, std::string_view> k_parts[] = {
      {"上半年", "H1"}, {"下半年", "H2"}, {"一季度", "Q1"}, {"二季度", "Q2"}, {"三季度", "Q3"}, {"四季度", "Q4"}};
  for (auto [word, part] : k_parts)
    if (text == word) return base::Period::parse(fmt::format("{:04}{}", year, part));
  if (text.ends_with("月")) {
    std::string_view range = text.substr(0, text.size() - "月"sv.size());
    size_t dash = range.find('-');
    int first = 0, last = 0;
    auto number = [](std::string_view digits, int& value) {
      auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
      return error == std::errc() && end == digits.data() + digits.size() && !digits.empty();
    };
    if (!number(range.substr(0, dash), first)) return {};
    last = first;
    if (dash != std::string_view::npos && !number(range.substr(dash + 1), last)) return {};
    return months(first, last);
  }
  return base::Period::parse(text);
}

} // namespace xinglin::document
