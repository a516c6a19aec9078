#include "server/package/plan.h"

#include "lib/base/text.h"
#include "server/package/derived.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace xinglin::package {

namespace {

using namespace std::string_view_literals;
using base::Date;
using base::Rational;

bool is_share(const Indicator& indicator) {
  return indicator.kind == IndicatorKind::proportion || indicator.shown == "percent";
}

/// The first word and what follows it.
std::pair<std::string_view, std::string_view> split_word(std::string_view text) {
  text = base::trim(text);
  size_t space = std::min(text.find(' '), text.size());
  return {text.substr(0, space), base::trim(text.substr(space))};
}

class Parser {
public:
  Parser(std::string_view text, const std::string& file, const Catalog& catalog, base::Issues& issues)
      : m_file(file), m_catalog(catalog), m_issues(issues) {
    m_plan.text = text;
  }

  Plan parse() {
    if (m_plan.text.size() > k_plan_bytes_max) {
      error(1, fmt::format("the plan is larger than {} bytes; split it", k_plan_bytes_max),
            fmt::format("计划超过{}字节,请拆成几份", k_plan_bytes_max));
      return std::move(m_plan);
    }
    // 1. What is said of the whole, then sections and entries, line by line.
    for (auto raw : base::split(m_plan.text, '\n')) {
      ++m_line;
      read_line(base::trim(raw));
    }
    // 2. What only the whole shows.
    if (m_plan.title.empty())
      error(1, "the plan has no title; begin with '# ' and its name", "计划没有标题,首行写“# ”加标题");
    if (m_plan.id.empty())
      error(1, "the plan has no id; add the line '- plan: health_2024' under the title",
            "计划没有编号,在标题下加一行“- plan: health_2024”");
    if (m_plan.org.empty())
      error(1, "the plan does not say whose it is; add the line '- org: ID' under the title",
            "计划没有写明机构,在标题下加一行“- org: 机构编号”");
    if (!m_has_period)
      error(1, "the plan does not say its period; add the line '- period: 2024' under the title",
            "计划没有写明期间,在标题下加一行“- period: 2024”");
    for (auto& section : m_plan.sections)
      for (auto& entry : section.entries)
        check(entry);
    return std::move(m_plan);
  }

private:
  void issue(int line, std::string text, std::string text_zh, base::Severity severity) {
    base::Issue out;
    out.severity = severity;
    out.text = std::move(text);
    out.text_zh = std::move(text_zh);
    out.file = m_file;
    out.line = line;
    m_issues.add(std::move(out));
  }
  void error(int line, std::string text, std::string text_zh) {
    issue(line, std::move(text), std::move(text_zh), base::Severity::error);
  }

  void read_line(std::string_view line) {
    if (line.empty() || line.starts_with("<!--")) return;
    if (line.starts_with("### ")) {
      if (m_plan.sections.empty()) m_plan.sections.emplace_back();
      if (++m_entries == k_plan_entries_max + 1)
        error(m_line, fmt::format("the plan has more than {} entries; split it", k_plan_entries_max),
              fmt::format("任务超过{}条,请拆成几份计划", k_plan_entries_max));
      if (m_entries > k_plan_entries_max) return;
      PlanEntry entry;
      entry.title = base::trim(line.substr(4));
      entry.line = m_line;
      m_plan.sections.back().entries.push_back(std::move(entry));
    } else if (line.starts_with("## ")) {
      m_plan.sections.push_back({std::string(base::trim(line.substr(3))), {}});
    } else if (line.starts_with("# ")) {
      if (!m_plan.title.empty())
        return error(m_line, "a plan has one title ('# '); write '## ' for a section",
                     "计划只有一个标题(“# ”),板块写“## ”");
      m_plan.title = base::trim(line.substr(2));
    } else if (line.starts_with("- ")) {
      read_member(line.substr(2));
    }
    // Any other line is prose for the reader.
  }

  void read_member(std::string_view text) {
    size_t colon = text.find(':'), length = 1;
    if (size_t wide = text.find("："); wide < colon) {
      colon = wide;
      length = "："sv.size();
    }
    bool of_plan = m_plan.sections.empty();
    bool of_entry = !of_plan && !m_plan.sections.back().entries.empty();
    std::string_view key = base::trim(text.substr(0, std::min(colon, text.size())));
    std::string_view value = colon == std::string_view::npos ? ""sv : base::trim(text.substr(colon + length));
    using Names = std::vector<std::string>;
    static const Names k_of_plan = {"plan", "org", "period", "source", "revision"};
    static const Names k_of_entry = {"target", "owner", "due", "done", "milestone", "split"};
    const Names& names = of_plan ? k_of_plan : k_of_entry;
    if (std::find(names.begin(), names.end(), key) == names.end() || (!of_plan && !of_entry)) {
      std::string nearest = base::suggest(key, names);
      const bool is_placed = of_plan || of_entry;
      return error(m_line,
                   fmt::format("'{}' is not known {}; {}", key,
                               of_plan    ? "of a plan"
                               : of_entry ? "of an entry"
                                          : "of a section",
                               !nearest.empty() ? "did you mean '" + nearest + "'?"
                               : is_placed      ? fmt::format("write one of: {}", fmt::join(names, ", "))
                                                : std::string("put a '### ' heading above it")),
                   fmt::format("不认识“{}”,{}", key,
                               !nearest.empty() ? "是否应为“" + nearest + "”"
                               : is_placed      ? fmt::format("可写:{}", fmt::join(names, "、"))
                                                : std::string("它应写在“### ”任务标题之下")));
    }
    if (value.empty())
      return error(m_line, fmt::format("'{}' has nothing after the colon; write its value", key),
                   fmt::format("“{}”冒号后没有内容", key));
    of_plan ? read_of_plan(key, value) : read_of_entry(key, value, m_plan.sections.back().entries.back());
  }

  void read_of_plan(std::string_view key, std::string_view value) {
    if (key == "plan") {
      m_plan.id = value;
      m_plan.id_line = m_line;
      bool good = value.size() <= 40 && value.front() >= 'a' && value.front() <= 'z' &&
                  std::all_of(value.begin(), value.end(),
                              [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
      if (!good)
        error(m_line, fmt::format("'{}' is no id; write small letters, digits and _, at most 40", value),
              fmt::format("“{}”不能作编号,请用小写字母开头,只含小写字母、数字和下划线,至多40个", value));
    } else if (key == "org") {
      m_plan.org = value;
      m_plan.org_line = m_line;
    } else if (key == "source") {
      m_plan.source = value;
    } else if (key == "period") {
      auto period = base::Period::parse(value);
      if (!period)
        return error(m_line, fmt::format("'{}' is no period; write 2024, 2024H1 or 2024Q1", value),
                     fmt::format("“{}”不是期间,写作 2024、2024H1 或 2024Q1", value));
      m_plan.period = *period;
      m_has_period = true;
    } else {
      auto [day, text] = split_word(value);
      if (auto date = read_day(day)) m_plan.revisions.push_back({*date, std::string(text)});
    }
  }

  void read_of_entry(std::string_view key, std::string_view value, PlanEntry& entry) {
    if (key == "target") {
      if (entry.target)
        return error(m_line, "an entry has one target; make another entry of the second",
                     "一条任务只有一个目标,第二个请另立一条");
      entry.target = read_target(value);
    } else if (key == "owner") {
      entry.owner = value;
    } else if (key == "due") {
      entry.due = read_day(value);
    } else if (key == "done") {
      entry.done = read_day(value);
    } else if (key == "milestone") {
      auto [day, text] = split_word(value);
      auto date = read_day(day);
      if (entry.milestones.size() >= k_plan_milestones_max)
        return error(m_line,
                     fmt::format("an entry has at most {} milestones; make another entry", k_plan_milestones_max),
                     fmt::format("一条任务至多{}个节点,请另立一条", k_plan_milestones_max));
      const bool is_confirmed = text.ends_with("√");
      if (is_confirmed) text = base::trim(text.substr(0, text.size() - "√"sv.size()));
      if (date) entry.milestones.push_back({*date, std::string(text), is_confirmed, m_line});
    } else {
      if (!entry.target)
        return error(m_line, "'split' breaks down a target; write the target above it",
                     "分解(split)须写在目标(target)之下");
      for (auto part : base::split(value, ',')) {
        auto [org, number] = split_word(part);
        auto read = parse_plan_number(number);
        if (org.empty() || !read)
          error(m_line, fmt::format("'{}' is no part of a breakdown; write ORG NUMBER, ORG NUMBER", base::trim(part)),
                fmt::format("“{}”不是分解,写作“机构编号 数, 机构编号 数”", base::trim(part)));
        else
          entry.target->parts.push_back({std::string(org), *read, std::string(number), m_line});
      }
    }
  }

  std::optional<Date> read_day(std::string_view text) {
    if (auto day = Date::parse(text)) return day;
    // A month means its last day.
    if (auto month = base::Period::parse(text); month && month->kind() == base::Period::Kind::month)
      return month->last();
    error(m_line, fmt::format("'{}' is no day; write 2024-06-30, or 2024-06 for the end of the month", text),
          fmt::format("“{}”不是日期,写作 2024-06-30;写 2024-06 指月底", text));
    return {};
  }

  std::optional<PlanTarget> read_target(std::string_view text) {
    PlanTarget out;
    auto [id, rest] = split_word(text);
    out.indicator = id;
    out.line = m_line;
    static constexpr std::pair<std::string_view, PlanRelation> k_relations[] = {
        {">=", PlanRelation::at_least}, {"≥", PlanRelation::at_least}, {"<=", PlanRelation::at_most},
        {"≤", PlanRelation::at_most},   {"+", PlanRelation::increase}, {"rank", PlanRelation::rank}};
    bool found = false;
    for (auto [word, relation] : k_relations)
      if (!found && rest.starts_with(word)) {
        out.relation = relation;
        rest = base::trim(rest.substr(word.size()));
        found = true;
      }
    out.written = rest;
    auto number = parse_plan_number(rest);
    if (!found || !number) {
      error(m_line, fmt::format("'{}' is no target; write ID >= 25%, ID <= 8, ID + 2 or ID rank 3", text),
            fmt::format("“{}”不是目标,写作“指标 >= 25%”“指标 <= 8”“指标 + 2”或“指标 rank 3”", text));
      return {};
    }
    out.number = *number;
    auto indicator = m_catalog.indicators.find(out.indicator);
    if (indicator == m_catalog.indicators.end()) {
      std::vector<std::string> known;
      for (const auto& [name, declared] : m_catalog.indicators)
        known.push_back(name);
      std::string nearest = base::suggest(out.indicator, known);
      error(m_line,
            fmt::format("there is no indicator '{}'; {}", out.indicator,
                        nearest.empty() ? std::string("see `xinglin indicators` for those there are")
                                        : "did you mean '" + nearest + "'?"),
            fmt::format("没有指标“{}”{}", out.indicator,
                        nearest.empty() ? std::string(",可从指标页查编号") : ",是否应为“" + nearest + "”"));
      return {};
    }
    if (is_share(indicator->second) && !rest.ends_with("%") && out.relation != PlanRelation::rank) {
      error(m_line, fmt::format("{} is a percentage; write the number with %, as in {}%", out.indicator, rest),
            fmt::format("{}是百分比,目标写作“{}%”", indicator->second.title.zh, rest));
      return {};
    }
    return out;
  }

  void check(const PlanEntry& entry) {
    if (m_has_period && entry.due && (*entry.due < m_plan.period.first() || m_plan.period.last() < *entry.due))
      error(entry.line,
            fmt::format("'{}' is due on {}, which is not within {}; correct one of them", entry.title,
                        entry.due->to_string(), m_plan.period.to_string()),
            fmt::format("“{}”的期限{}不在{}之内", entry.title, entry.due->to_string(), m_plan.period.to_string()));
    if (!entry.target || entry.target->parts.empty()) return;
    const auto& indicator = m_catalog.indicators.at(entry.target->indicator);
    for (const auto& part : entry.target->parts)
      if (is_share(indicator) && !part.written.ends_with("%") && entry.target->relation != PlanRelation::rank)
        error(part.line,
              fmt::format("{} is a percentage; write the part of {} with %, as in {}%", entry.target->indicator,
                          part.org, part.written),
              fmt::format("{}是百分比,{}的分解写作“{}%”", indicator.title.zh, part.org, part.written));
    bool adds_up = indicator.kind == IndicatorKind::count || indicator.kind == IndicatorKind::sum;
    if (!adds_up || entry.target->relation == PlanRelation::rank) return;
    Rational sum = 0;
    for (const auto& part : entry.target->parts)
      sum = sum + part.number;
    if (!(sum == entry.target->number))
      issue(entry.line,
            fmt::format("the breakdown of '{}' adds up to {}, the target is {}", entry.title,
                        sum.to_decimal().normalized().to_string(), entry.target->written),
            fmt::format("“{}”的分解合计{},目标是{}", entry.title, sum.to_decimal().normalized().to_string(),
                        entry.target->written),
            base::Severity::warning);
  }

  const std::string& m_file;
  const Catalog& m_catalog;
  base::Issues& m_issues;
  Plan m_plan;
  int m_line = 0;
  size_t m_entries = 0;
  bool m_has_period = false;
};

} // namespace

std::string_view to_string(PlanRelation relation) {
  switch (relation) {
  case PlanRelation::at_least: return "at_least";
  case PlanRelation::at_most: return "at_most";
  case PlanRelation::increase: return "increase";
  case PlanRelation::rank: break;
  }
  return "rank";
}

std::string written_out(const PlanTarget& target) {
  switch (target.relation) {
  case PlanRelation::at_least: return "≥" + target.written;
  case PlanRelation::at_most: return "≤" + target.written;
  case PlanRelation::increase: return "+" + target.written;
  case PlanRelation::rank: break;
  }
  return "第" + target.written;
}

std::optional<Rational> parse_plan_number(std::string_view text) {
  Rational factor = 1;
  for (auto [unit, value] :
       {std::pair{"%"sv, Rational(1) / Rational(100)}, {"万"sv, Rational(10'000)}, {"亿"sv, Rational(100'000'000)}})
    if (text.ends_with(unit)) {
      text = base::trim(text.substr(0, text.size() - unit.size()));
      factor = value;
      break;
    }
  auto number = base::Decimal::parse(text);
  if (!number) return {};
  return Rational(*number) * factor;
}

Plan parse_plan(std::string_view text, const std::string& file, const Catalog& catalog, base::Issues& issues) {
  return Parser(text, file, catalog, issues).parse();
}

} // namespace xinglin::package
