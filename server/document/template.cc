#include "server/document/template.h"

#include "lib/base/date.h"
#include "lib/base/text.h"
#include "server/document/evaluate.h"
#include "server/document/typed_numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
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
    {"within", "within"},
    {"期内", "within"},
    {"last_month", "last_month"},
    {"末月", "last_month"},
};

constexpr std::string_view k_same[] = {"…", "...", "同上"};

/// What a number typed on purpose is announced by: {手填:12345热线}.
constexpr std::string_view k_typed[] = {"手填:", "手填："};

/// What the department that answers for a section is announced by, at a heading's end: {owner: 医政科|Medical affairs}.
constexpr std::string_view k_owner_words[] = {"owner", "科室"};

/// A paragraph's text and where each part of it stands in the file.
struct Source {
  struct Segment {
    size_t offset;    ///< in `text`, from there on
    int line, column; ///< of its first byte, 1-based
  };
  std::string text;
  std::vector<Segment> segments;
  std::pair<int, int> place_of(size_t offset) const {
    std::pair<int, int> out;
    for (const auto& segment : segments)
      if (segment.offset <= offset || &segment == &segments.front())
        out = {segment.line, segment.column + static_cast<int>(offset - std::min(offset, segment.offset))};
    return out;
  }
};

constexpr char k_blank = '\x01'; ///< stands where a comment stood

/// Blanks out <!-- comments --> without moving anything.
std::string without_comments(std::string_view text) {
  std::string out(text);
  for (size_t start = 0; (start = out.find("<!--", start)) != std::string::npos;) {
    size_t end = out.find("-->", start);
    size_t stop = end == std::string::npos ? out.size() : end + 3;
    for (; start < stop; ++start)
      if (out[start] != '\n') out[start] = k_blank;
  }
  return out;
}

/// Adds a row of the file from `column` on, without what is blanked out.
void add_row(Source& source, std::string_view row, int line, int column) {
  bool is_blank = true;
  for (size_t i = 0; i < row.size(); ++i) {
    if (row[i] == k_blank) {
      is_blank = true;
      continue;
    }
    if (is_blank) source.segments.push_back({source.text.size(), line, column + static_cast<int>(i)});
    is_blank = false;
    source.text += row[i];
  }
}

std::string_view trim_row(std::string_view row) {
  auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == k_blank; };
  while (!row.empty() && is_space(row.front()))
    row.remove_prefix(1);
  while (!row.empty() && is_space(row.back()))
    row.remove_suffix(1);
  return row;
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
    m_out.sections.emplace_back(); // what stands before the first heading
    Source paragraph;
    auto flush = [&] {
      if (!paragraph.text.empty()) add_block(Block::Kind::body, paragraph);
      paragraph = {};
    };
    int line = 0;
    for (std::string_view raw : base::split(text, '\n')) {
      ++line;
      std::string_view row = trim_row(raw);
      if (row.empty()) {
        flush();
        continue;
      }
      auto column_of = [&](std::string_view part) { return static_cast<int>(part.data() - raw.data()) + 1; };
      Place place{line, column_of(row)};
      if (row.starts_with("#")) {
        flush();
        size_t level = row.find_first_not_of('#');
        if (level == std::string_view::npos || level > 4 || row[level] != ' ') {
          report(place, "a heading is '# ' (title), '## ', '### ' or '#### ' and its words; write one of these",
                 "标题写作“# ”（总标题）、“## ”、“### ”或“#### ”加文字");
          continue;
        }
        static constexpr Block::Kind k_levels[] = {Block::Kind::title, Block::Kind::heading1, Block::Kind::heading2,
                                                   Block::Kind::heading3};
        Source heading;
        auto words = trim_row(row.substr(level));
        add_row(heading, words, line, column_of(words));
        add_heading(k_levels[level - 1], heading);
        continue;
      }
      for (auto mark : {"- "sv, "* "sv, "> "sv, "```"sv, "|"sv, "---"sv})
        if (row.starts_with(mark)) {
          report(place,
                 fmt::format("'{}' of Markdown is not for official documents; write a heading or a paragraph",
                             base::trim(mark)),
                 fmt::format("公文模板里不用 Markdown 的“{}”，请写成标题或段落", base::trim(mark)));
          row = row.substr(mark.size());
          break;
        }
      if (!paragraph.text.empty() && !row.empty() && is_ascii_word(paragraph.text.back()) && is_ascii_word(row.front()))
        paragraph.text += ' '; // Chinese lines join without a space, Latin words with one
      add_row(paragraph, row, line, column_of(row));
    }
    flush();
    if (m_out.blocks.empty())
      report({1, 1}, "the template is empty; write a title ('# ...') and paragraphs",
             "模板是空的，请写标题（“# …”）和段落");
    settle_sections();
    return std::move(m_out);
  }

private:
  /// Line and column.
  using Place = std::pair<int, int>;

  void report(Place place, std::string text, std::string zh, Severity severity = Severity::error) {
    base::Issue issue;
    issue.severity = severity;
    issue.code = "invalid";
    issue.text = std::move(text);
    issue.text_zh = std::move(zh);
    issue.file = m_document.place.file;
    issue.line = place.first;
    issue.column = place.second;
    m_issues.add(std::move(issue));
  }

  void add_block(Block::Kind kind, const Source& source) {
    Block block;
    block.kind = kind;
    Place place = source.place_of(0);
    block.line = place.first;
    block.pieces = parse_pieces(source, 0, source.text.size(), 0);
    if (size_t bold = source.text.find("**"); bold != std::string::npos)
      report(source.place_of(bold), "'**' (bold) is not for official documents; leave it out",
             "公文正文不加粗，请去掉“**”");
    note_typed_changes(block.pieces, place);
    if (kind == Block::Kind::body) m_with_text.insert(m_section);
    block.section = m_section;
    m_out.blocks.push_back(std::move(block));
  }

  /// A heading, with its owner, and the section that it begins or goes on with.
  void add_heading(Block::Kind kind, Source source) {
    const int level = static_cast<int>(kind);
    const auto owner = take_owner(source);
    while (!m_open.empty() && m_open.back().level >= level)
      m_open.pop_back();
    const Heading above = m_open.empty() ? Heading{} : m_open.back();
    const bool begins = kind == Block::Kind::heading1 || (kind != Block::Kind::title && owner);
    const Heading heading{level, owner ? *owner : above.owner, begins ? m_out.sections.size() : above.section};
    m_section = heading.section;
    if (begins) {
      Section& section = m_out.sections.emplace_back();
      section.title = base::trim(source.text);
      for (const auto& one : m_open)
        if (one.level == static_cast<int>(Block::Kind::heading1)) section.within = m_out.sections[one.section].title;
      section.owner = heading.owner;
      section.heading = m_out.blocks.size();
      section.has_heading = true;
      section.line = source.place_of(0).first;
    } else if (kind == Block::Kind::title) {
      m_out.title = base::trim(source.text);
      m_out.sections[m_section].owner = heading.owner;
    }
    m_open.push_back(heading);
    m_in_heading = true;
    add_block(kind, source);
    m_in_heading = false;
  }

  /// The words after `owner:` or `科室:`; empty when the brace is about something else.
  static std::optional<std::string_view> owner_words(std::string_view brace) {
    for (auto word : k_owner_words)
      for (auto colon : {":"sv, "："sv})
        if (brace.starts_with(word) && base::trim(brace.substr(word.size())).starts_with(colon))
          return base::trim(base::trim(brace.substr(word.size())).substr(colon.size()));
    return {};
  }

  /// Takes the owner off a heading's end.
  std::optional<base::Text> take_owner(Source& source) {
    const size_t open = source.text.rfind('{');
    if (open == std::string::npos || !source.text.ends_with('}')) return {};
    const std::string brace(base::trim(std::string_view(source.text).substr(open + 1, source.text.size() - open - 2)));
    const auto words = owner_words(brace);
    if (!words) return {};
    const Place place = source.place_of(open);
    source.text.resize(open);
    source.text.resize(base::trim(source.text).size()); // a heading does not begin with a space
    const size_t bar = words->find('|');
    base::Text owner{std::string(base::trim(words->substr(0, bar))),
                     bar == std::string_view::npos ? std::string() : std::string(base::trim(words->substr(bar + 1)))};
    if (owner.zh.empty())
      report(place, "the heading names no owner; write {owner: DEPARTMENT}, as in {owner: 医政科|Medical affairs}",
             "标题没有写出科室，请写成 {科室:医政科}");
    if (owner.zh.size() > k_owner_length_max || owner.en.size() > k_owner_length_max)
      report(
          place,
          fmt::format("an owner's name is longer than {} bytes; write the department's name alone", k_owner_length_max),
          fmt::format("科室名称超过{}字节，请只写科室名称", k_owner_length_max));
    return owner;
  }

  /// A brace that is meant as an owner but cannot be one here. False when it is not meant so.
  bool refuse_attribute(std::string_view brace, Place place) {
    if (owner_words(brace)) {
      report(place, "an owner stands at the end of a heading and nowhere else; move it there",
             "科室只写在标题末尾，请移到标题末尾");
      return true;
    }
    const size_t colon = std::min(brace.find(':'), brace.find("："));
    if (!m_in_heading || colon == std::string_view::npos) return false;
    const std::string name(base::trim(brace.substr(0, colon)));
    const std::string nearest = base::suggest(name, {std::begin(k_owner_words), std::end(k_owner_words)});
    report(place,
           fmt::format("a heading has no '{}'; {}", name,
                       nearest.empty() ? "write {owner: DEPARTMENT}" : "did you mean '" + nearest + "'?"),
           fmt::format("标题没有“{}”，{}", name, nearest.empty() ? "请写 {科室:名称}" : "是不是“" + nearest + "”？"));
    return true;
  }

  /// That the section's words rest on the indicator, and where an authority above rules on its figure.
  void note_indicator(const std::string& id) {
    auto& known = m_out.sections[m_section].indicators;
    for (const auto& one : {id, published_id(&m_catalog, id)})
      if (std::find(known.begin(), known.end(), one) == known.end()) known.push_back(one);
  }

  /// Sections without text of their own go; and one that states figures should have an owner where others have.
  void settle_sections() {
    bool is_owned = false;
    for (const auto& section : m_out.sections)
      is_owned = is_owned || !section.owner.empty();
    std::vector<Section> kept;
    std::vector<size_t> now;
    for (size_t i = 0; i < m_out.sections.size(); ++i) {
      now.push_back(kept.size());
      Section& section = m_out.sections[i];
      if (section.indicators.empty() && !m_with_text.contains(i)) continue;
      if (is_owned && section.owner.empty() && !section.indicators.empty())
        report({std::max(section.line, 1), 1},
               section.has_heading
                   ? fmt::format("'{}' states figures and no department owns it; add {{owner: NAME}} to its heading",
                                 section.title)
                   : std::string("figures stand before the first heading and no department owns them; add {owner: "
                                 "NAME} to the title"),
               section.has_heading
                   ? fmt::format("“{}”里有数字，但没有写明科室，请在标题末尾加 {{科室:名称}}", section.title)
                   : std::string("第一个标题之前有数字，但没有写明科室，请在总标题末尾加 {科室:名称}"),
               Severity::warning);
      kept.push_back(std::move(section));
    }
    for (auto& block : m_out.blocks) // a heading without text of its own leads to what comes after it
      block.section = kept.empty() ? 0 : std::min(now[block.section], kept.size() - 1);
    m_out.sections = std::move(kept);
  }

  /// Text and braces of source[begin, end).
  Pieces parse_pieces(const Source& source, size_t begin, size_t end, int depth) {
    Pieces out;
    std::string text;
    size_t start = begin;
    auto flush = [&] {
      if (text.empty()) return;
      warn_of_typed_numbers(text, source.place_of(start));
      out.push_back({Piece::Kind::text, std::exchange(text, {}), {}, {}, source.place_of(start).first});
    };
    for (size_t i = begin; i < end; ++i) {
      char c = source.text[i];
      if (c == '\\' && i + 1 < end && "{}|\\"sv.find(source.text[i + 1]) != std::string_view::npos) {
        if (text.empty()) start = i;
        text += source.text[++i];
        continue;
      }
      if (c == '}') {
        report(source.place_of(i), "'}' closes nothing; write '\\}' for the sign itself",
               "“}”没有对应的“{”；要印出这个符号请写“\\}”");
        continue;
      }
      if (c != '{') {
        if (text.empty()) start = i;
        text += c;
        continue;
      }
      size_t close = matching(source, i, end);
      if (close == std::string::npos) {
        report(source.place_of(i), "'{' is not closed in this paragraph; add '}'", "这一段里的“{”没有“}”");
        return out;
      }
      flush();
      if (depth >= k_brace_depth_max)
        report(source.place_of(i),
               fmt::format("braces nest deeper than {}; say it in two paragraphs", k_brace_depth_max),
               fmt::format("花括号嵌套超过{}层", k_brace_depth_max));
      else if (auto piece = parse_brace(source, i + 1, close, depth))
        out.push_back(std::move(*piece));
      i = close;
    }
    flush();
    return out;
  }

  void warn_of_typed_numbers(const std::string& text, Place place) {
    std::vector<std::string> numbers;
    note_typed_numbers(text, numbers);
    for (const auto& number : numbers)
      report(
          place,
          fmt::format("'{0}' is typed by hand and bound to no record; write the indicator in braces, or {{手填:{0}}} "
                      "where that is meant",
                      number),
          fmt::format("“{0}”是手工填写的数，没有与记录挂钩；能取数的请写成花括号，确需手填的写成“{{手填:{0}}}”",
                      number),
          Severity::warning);
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
    Place place = source.place_of(begin);
    auto parts = bars(source, begin, end);
    auto part_text = [&](size_t i) {
      return base::trim(std::string_view(source.text).substr(parts[i].first, parts[i].second - parts[i].first));
    };
    std::string_view subject = part_text(0);
    for (auto lead : k_typed)
      if (subject.starts_with(lead))
        return Piece{Piece::Kind::typed, std::string(base::trim(subject.substr(lead.size()))), {}, {}, place.first};
    if (auto parameter = parse_parameter(subject, parts.size() > 1 ? part_text(1) : ""sv)) return parameter;

    if (refuse_attribute(subject, place)) return {};

    auto plan = std::make_shared<FigurePlan>();
    plan->line = place.first;
    plan->column = place.second;
    plan->indicators = parse_subjects(subject, place);
    for (const auto& id : plan->indicators)
      note_indicator(id);
    if (plan->indicators.empty()) return {};
    m_last = plan->indicators;
    if (++m_figures > k_template_figures_max) {
      if (m_figures == k_template_figures_max + 1)
        report(place, fmt::format("the template has more than {} figures; split it", k_template_figures_max),
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
      parse_words(source, parts[i].first, parts[i].second, *plan);
    }
    settle_base(*plan);
    check_plan(*plan);
    return Piece{Piece::Kind::figure, {}, {}, std::move(plan), place.first};
  }

  static std::optional<Piece> parse_parameter(std::string_view name, std::string_view argument) {
    for (auto [word, canonical] : k_parameters)
      if (word == name) return Piece{Piece::Kind::parameter, std::string(canonical), std::string(argument), {}, 0};
    return {};
  }

  std::vector<std::string> parse_subjects(std::string_view text, Place place) {
    if (std::find(std::begin(k_same), std::end(k_same), text) != std::end(k_same)) {
      if (m_last.empty())
        report(place, "'…' means the indicator named before, and there is none yet; write its id",
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
      report(place,
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

  void parse_words(const Source& source, size_t begin, size_t end, FigurePlan& plan) {
    const auto& own = m_catalog.indicators.at(plan.indicators.front()).unit.zh;
    for (size_t start = begin; start < end;) {
      size_t stop = std::min(source.text.find(' ', start), end);
      std::string_view word = std::string_view(source.text).substr(start, stop - start);
      Place place = source.place_of(start);
      start = stop + 1;
      if (word.empty()) continue;
      if (take_setting(word, place, plan)) continue;
      if (take_word(word, own, plan.format)) continue;
      std::vector<std::string> known = all_words();
      for (auto extra :
           {"无则:", "有则:", "全则:", "增则:", "减则:", "平则:", "缺则:", "否则:", "机构:", "期间:", "对:", "提前:"})
        known.emplace_back(extra);
      if (!own.empty()) known.push_back(own);
      std::string nearest = base::suggest(word, known);
      report(place,
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

  bool take_setting(std::string_view word, Place place, FigurePlan& plan) {
    auto value_of = [&](std::string_view name) -> std::optional<std::string_view> {
      for (auto colon : {":"sv, "："sv})
        if (word.starts_with(name) && word.substr(name.size()).starts_with(colon))
          return word.substr(name.size() + colon.size());
      return {};
    };
    if (auto org = value_of("机构")) {
      plan.org = *org;
      return true;
    }
    if (auto period = value_of("期间")) {
      plan.period = *period;
      if (!resolve_period(plan.period, base::Period::year_of(2024)))
        report(place,
               fmt::format(
                   "'{}' is no period; write 去年, 累计, 上半年, 前三季度, 1-10月, 近3年, 2019年以来, 2023, 2023H1, "
                   "2023Q1, 2023-05 or DATE..DATE",
                   plan.period),
               fmt::format(
                   "“{}”不是期间，请写 去年、累计、上半年、前三季度、1-10月、近3年、2019年以来、2023、2023H1、2023Q1、"
                   "2023-05 或 起..止",
                   plan.period));
      return true;
    }
    if (auto target = value_of("提前")) {
      plan.against = operand_id(*target, place);
      plan.format.show = Format::Show::ahead;
      return true;
    }
    if (auto base = value_of("对")) { // ID, or ID:PHRASE
      size_t at = base->find(':'), length = 1;
      if (size_t wide = base->find("："); wide < at) {
        at = wide;
        length = "："sv.size();
      }
      plan.against = operand_id(base->substr(0, at), place);
      plan.format.base = Base::indicator;
      plan.format.phrase = at == std::string_view::npos ? std::string() : std::string(base->substr(at + length));
      if (plan.format.show == Format::Show::value) plan.format.show = Format::Show::change;
      return true;
    }
    return false;
  }

  /// The indicator that stands as an operand; does not change what … means.
  std::string operand_id(std::string_view text, Place place) {
    auto saved = m_last;
    auto ids = parse_subjects(text, place);
    m_last = saved;
    for (const auto& id : ids)
      note_indicator(id);
    return ids.empty() ? std::string() : ids.front();
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
    Place place = source.place_of(begin + lead);
    if (!parse_condition(condition, place, out)) {
      report(
          place,
          fmt::format(
              "'{}则' is no condition; use 无则, 有则, 全则, 增则, 减则, 平则, 缺则, 达标则, 未达标则, 近5年最高则, "
              "近5年最低则, 否则, or 不低于 / 不高于 / 高于 / 低于 / 等于 NUMBER-or-ID 则",
              condition),
          fmt::format("“{}则”不是条件，可用 "
                      "无则、有则、全则、增则、减则、平则、缺则、达标则、未达标则、近5年最高则、近5年最低则、否则，或 "
                      "不低于/不高于/高于/低于/等于 数或指标 则",
                      condition));
      return true;
    }
    size_t from = begin + mark + length;
    out.pieces = parse_pieces(source, from, end, depth + 1);
    plan.cases.push_back(std::move(out));
    return true;
  }

  bool parse_condition(std::string_view condition, Place place, Case& out) {
    static constexpr std::pair<std::string_view, Case::When> k_cases[] = {
        {"无", Case::When::none},     {"有", Case::When::some},      {"全", Case::When::all},
        {"增", Case::When::up},       {"减", Case::When::down},      {"平", Case::When::equal},
        {"缺", Case::When::missing},  {"否", Case::When::otherwise}, {"达标", Case::When::met},
        {"未达标", Case::When::unmet}};
    for (auto [word, when] : k_cases)
      if (condition == word) {
        out.when = when;
        return true;
      }
    for (auto [word, when] : {std::pair{"年最高"sv, Case::When::highest}, {"年最低"sv, Case::When::lowest}}) {
      if (!condition.starts_with("近") || !condition.ends_with(word)) continue;
      auto digits = condition.substr("近"sv.size(), condition.size() - "近"sv.size() - word.size());
      auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.years);
      out.when = when;
      return error == std::errc() && end == digits.data() + digits.size() && out.years >= 2 &&
             out.years <= k_years_back_max;
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
      out.operand_indicator = operand_id(operand, place);
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
    const auto& format = plan.format;
    Place place{plan.line, plan.column};
    if (format.show == Format::Show::change && format.base == Base::none)
      report(place,
             fmt::format("'{}' says a change but not against what; add 同比, 比去年同期, 环比, 较去年底, 对:ID ...",
                         format.verb_up),
             fmt::format("“{}”没有说和什么相比，请加 同比、比去年同期、环比、较去年底、对:指标 等", format.verb_up));
    if (format.show == Format::Show::annual && format.years == 0 && format.since_year == 0)
      report(place, "'年均' does not say over which years; add 近5年 or 自2018年",
             "“年均”没有说从哪一年算起，请加 近5年 或 自2018年");
    if (format.show == Format::Show::streak && format.since_year == 0)
      report(place,
             "'连续' does not say since when there are records, so that an empty year before would count; add 自2018年",
             "“连续”没有说从哪一年开始有记录（更早的空年份也会被算上），请加 自2018年");
    for (const auto& id : plan.indicators) {
      const auto& indicator = m_catalog.indicators.at(id);
      if (format.base == Base::year_end && indicator.period != package::PeriodKind::stock)
        report(place,
               fmt::format(
                   "'{}' compares with the last day of last year, but {} counts events over a period; use 比去年同期",
                   format.phrase, id),
               fmt::format("“{}”只用于时点数，{}是期间数，请用 比去年同期", format.phrase, id));
      bool needs_target = format.streak == Format::Streak::met;
      for (const auto& one : plan.cases)
        needs_target = needs_target || one.when == Case::When::met || one.when == Case::When::unmet;
      if (needs_target && !m_catalog.indicators.contains(id + std::string(k_target_suffix)))
        report(place,
               fmt::format("'达标' compares {0} with its target, but there is no indicator '{0}{1}'; add it, or write "
                           "不低于 NUMBER 则",
                           id, k_target_suffix),
               fmt::format("“达标”要与目标比较，但没有指标“{}{}”，请加上，或写 不低于 数 则", id, k_target_suffix));
      else if (needs_target)
        note_indicator(id + std::string(k_target_suffix));
    }
  }

  /// A change typed by hand right after a figure ({…|人}，同比增长5%): how the language would say it, so that it can be
  /// held against the two values.
  void note_typed_changes(Pieces& pieces, Place place) {
    const FigurePlan* before = nullptr;
    for (auto& piece : pieces) {
      if (piece.kind == Piece::Kind::figure) {
        before = piece.figure->indicators.size() == 1 && piece.figure->format.show == Format::Show::value
                     ? piece.figure.get()
                     : nullptr;
        continue;
      }
      if (piece.kind == Piece::Kind::text && before) note_typed_change(piece, *before, place);
      before = nullptr;
    }
  }

  void note_typed_change(Piece& piece, const FigurePlan& before, Place place) {
    std::string_view text = piece.text;
    size_t start = 0;
    for (bool again = true; again;) {
      again = false;
      for (auto mark : {"，"sv, ","sv, "、"sv, "（"sv, "("sv, " "sv})
        if (text.substr(start).starts_with(mark)) {
          start += mark.size();
          again = true;
        }
    }
    size_t base = base_phrase_at(text.substr(start));
    if (base == 0) return;
    size_t verb = verb_at(text.substr(start + base));
    if (verb == 0) return;
    size_t number = start + base + verb, end = number;
    while (end < text.size() && (text[end] == '.' || (text[end] >= '0' && text[end] <= '9')))
      ++end;
    auto value = base::Decimal::parse(text.substr(number, end - number));
    if (!value) return;
    std::string unit_word;
    size_t unit = change_unit_at(text.substr(end), &unit_word);
    if (unit == 0) return;
    auto plan = std::make_shared<FigurePlan>();
    plan->indicators = before.indicators;
    plan->org = before.org;
    plan->period = before.period;
    plan->line = place.first;
    plan->column = place.second;
    std::string digits = std::to_string(std::min(value->scale(), k_digits_max)) + "位";
    for (auto word : {text.substr(start, base), text.substr(start + base, verb), std::string_view(digits),
                      std::string_view(unit_word)}) {
      if (word.empty()) continue;
      if (!take_word(word, {}, plan->format)) return;
      plan->words += (plan->words.empty() ? "" : " ") + std::string(word);
    }
    if (unit_word.empty() && !m_catalog.indicators.at(plan->indicators.front()).unit.empty())
      plan->format.change = Format::Measure::relative; // of a share % may mean points too: either is accepted
    if (plan->format.base == Base::year_end &&
        m_catalog.indicators.at(plan->indicators.front()).period != package::PeriodKind::stock)
      return;
    piece.argument = text.substr(start, end + unit - start);
    piece.figure = std::move(plan);
  }

  const package::DocumentTemplate& m_document;
  const package::Catalog& m_catalog;
  base::Issues& m_issues;
  Template m_out;
  std::vector<std::string> m_last;
  size_t m_figures = 0;
  struct Heading {
    int level = 0;
    base::Text owner;
    size_t section = 0;
  };
  std::vector<Heading> m_open; ///< headings that what comes now stands beneath, the outermost first
  size_t m_section = 0;
  std::set<size_t> m_with_text; ///< sections
  bool m_in_heading = false;
};

} // namespace

Template parse_template(const package::DocumentTemplate& document, const package::Catalog& catalog,
                        base::Issues& issues) {
  return Parser(document, catalog, issues).parse();
}

std::optional<base::Period> resolve_period(std::string_view text, const base::Period& report) {
  int year = report.first().year();
  if (text == "去年" || text == "上年") return report.last_year();
  if (text == "累计") return base::Period::range(*base::Date::from_civil(year, 1, 1), report.last());
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
  if (text == "前三季度") return months(1, 9);
  auto number = [](std::string_view digits, int& value) {
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc() && end == digits.data() + digits.size() && !digits.empty();
  };
  auto since = [&](int first) -> std::optional<base::Period> {
    auto start = base::Date::from_civil(first, 1, 1);
    if (!start || report.last() < *start) return {};
    return base::Period::range(*start, report.last());
  };
  if (int from = 0; text.ends_with("年以来") && number(text.substr(0, text.size() - "年以来"sv.size()), from))
    return since(from);
  if (int years = 0; text.starts_with("近") && text.ends_with("年") &&
                     number(text.substr("近"sv.size(), text.size() - "近"sv.size() - "年"sv.size()), years))
    return years < 1 ? std::nullopt : since(year - years + 1);
  if (text.ends_with("月")) {
    std::string_view range = text.substr(0, text.size() - "月"sv.size());
    size_t dash = range.find('-');
    int first = 0, last = 0;
    if (!number(range.substr(0, dash), first)) return {};
    last = first;
    if (dash != std::string_view::npos && !number(range.substr(dash + 1), last)) return {};
    return months(first, last);
  }
  return base::Period::parse(text);
}

} // namespace xinglin::document
