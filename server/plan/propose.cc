#include "server/plan/propose.h"

#include "lib/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace xinglin::plan {

namespace {

using namespace std::string_view_literals;
using Relation = package::PlanRelation;

struct RelationWord {
  std::string_view word;
  Relation relation;
};
// Before or after the number; the first that is found near it wins, so the longer stand first.
constexpr RelationWord k_before[] = {
    {"不低于", Relation::at_least}, {"不少于", Relation::at_least}, {"不高于", Relation::at_most},
    {"不超过", Relation::at_most},  {"控制在", Relation::at_most},  {"降至", Relation::at_most},
    {"下降到", Relation::at_most},  {"降到", Relation::at_most},    {"低于", Relation::at_most},
    {"新增", Relation::increase},   {"净增", Relation::increase},   {"增加", Relation::increase},
    {"排名前", Relation::rank},     {"排名第", Relation::rank},     {"位居前", Relation::rank},
    {"进入前", Relation::rank},     {"前列第", Relation::rank},     {"达到", Relation::at_least},
    {"提高到", Relation::at_least}, {"提升到", Relation::at_least}, {"提高至", Relation::at_least},
    {"至少", Relation::at_least},   {"达", Relation::at_least},     {"创建", Relation::at_least},
    {"新建", Relation::at_least},   {"建成", Relation::at_least},   {"完成", Relation::at_least},
    {"力争", Relation::at_least},   {"确保", Relation::at_least},
};
constexpr RelationWord k_after[] = {
    {"以上", Relation::at_least}, {"以下", Relation::at_most}, {"以内", Relation::at_most}};
constexpr std::string_view k_filler[] = {"力争", "确保", "努力", "争取", "推动", "实现",   "全县",
                                         "全区", "全市", "今年", "年内", "年底", "本年度", "其中",
                                         "要",   "使",   "将",   "的",   "到",   "了"};
constexpr std::string_view k_of_time[] = {"年", "月", "日", "号", "岁", "时", "、", "．", ". "};
constexpr std::string_view k_units[] = {"人次", "万人次", "人", "家",   "个",   "间", "张", "例", "名",
                                        "户",   "所",     "份", "次",   "场",   "期", "村", "项", "支",
                                        "台",   "辆",     "袋", "万元", "亿元", "元", "处", "件"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::vector<std::string_view> characters_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (size_t i = 0; i < text.size();) {
    auto lead = static_cast<unsigned char>(text[i]);
    size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    length = std::min(length, text.size() - i);
    out.push_back(text.substr(i, length));
    i += length;
  }
  return out;
}

/// Pairs of neighbouring characters: enough to know a name by, whatever stands between.
std::set<std::string> pairs_of(std::string_view text) {
  std::set<std::string> out;
  auto characters = characters_of(text);
  for (size_t i = 0; i + 1 < characters.size(); ++i)
    if (characters[i].size() > 1 && characters[i + 1].size() > 1)
      out.insert(std::string(characters[i]) + std::string(characters[i + 1]));
  return out;
}

std::vector<Candidate> candidates_for(std::string_view what, bool percent, const package::Catalog& catalog) {
  const auto wanted = pairs_of(what);
  struct Scored {
    double score;
    const package::Indicator* indicator;
  };
  std::vector<Scored> scored;
  for (const auto& [id, indicator] : catalog.indicators) {
    if (id.ends_with(".target") || id.ends_with(".upper") || id.ends_with(".returned")) continue;
    const auto own = pairs_of(indicator.title.zh);
    if (own.empty() || wanted.empty()) continue;
    size_t shared = 0;
    for (const auto& pair : own)
      shared += wanted.count(pair);
    if (shared == 0) continue;
    double score = 2.0 * static_cast<double>(shared) / static_cast<double>(own.size() + wanted.size());
    bool is_share = indicator.kind == package::IndicatorKind::proportion || indicator.shown == "percent";
    if (is_share != percent) score *= 0.5; // a percentage is asked of a percentage
    scored.push_back({score, &indicator});
  }
  std::stable_sort(scored.begin(), scored.end(), [](const Scored& a, const Scored& b) { return a.score > b.score; });
  std::vector<Candidate> out;
  for (const auto& one : scored) {
    if (out.size() == k_candidates_max || one.score < 0.2) break;
    out.push_back({one.indicator->id, one.indicator->title});
  }
  return out;
}

/// The clause without what says how much and how hard.
std::string plain_words(std::string text) {
  for (auto word : k_filler)
    for (size_t at; (at = text.find(word)) != std::string::npos;)
      text.erase(at, word.size());
  return std::string(base::trim(text));
}

class Finder {
public:
  Finder(const package::Catalog& catalog, std::vector<Proposal>& out) : m_catalog(catalog), m_out(out) {}

  void clause(std::string_view text, int line) {
    text = base::trim(text);
    if (text.empty() || text.starts_with("#")) return;
    if (each(text, line)) return;
    const std::string due = due_of(text);
    for (size_t i = 0; i < text.size(); ++i) {
      if (!is_digit(text[i]) || (i > 0 && (is_digit(text[i - 1]) || text[i - 1] == '.'))) continue;
      size_t end = i;
      while (end < text.size() &&
             (is_digit(text[end]) || (text[end] == '.' && end + 1 < text.size() && is_digit(text[end + 1]))))
        ++end;
      if (number(text, i, end, due, line)) return; // one target a clause
      i = end;
    }
  }

private:
  /// 10月底前 → 10-31.
  static std::string due_of(std::string_view text) {
    for (auto ending : {"月底前"sv, "月底"sv, "月份前"sv, "月前"sv})
      if (size_t at = text.find(ending); at != std::string_view::npos) {
        size_t start = at;
        while (start > 0 && is_digit(text[start - 1]))
          --start;
        int month = 0;
        for (size_t i = start; i < at; ++i)
          month = std::min(month * 10 + (text[i] - '0'), 99);
        static constexpr int k_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        if (month >= 1 && month <= 12) return fmt::format("{:02}-{:02}", month, k_days[month - 1]);
      }
    return {};
  }

  bool number(std::string_view text, size_t begin, size_t end, const std::string& due, int line) {
    std::string_view before = text.substr(0, begin), after = text.substr(end);
    for (auto word : k_of_time)
      if (after.starts_with(word)) return false;
    if (before.ends_with("第") || before.ends_with("“") || before.ends_with("-")) {
      if (!before.ends_with("排名第")) return false;
    }
    Proposal out;
    out.clause = text;
    out.line = line;
    out.due = due;
    out.number = text.substr(begin, end - begin);
    bool percent = false;
    for (auto scale : {"%"sv, "％"sv})
      if (after.starts_with(scale)) {
        out.number += '%';
        after.remove_prefix(scale.size());
        percent = true;
      }
    for (auto scale : {"万"sv, "亿"sv})
      if (!percent && after.starts_with(scale)) {
        out.number += scale;
        after.remove_prefix(scale.size());
      }
    if (after.starts_with("‰") || after.starts_with("/")) {
      out.unit = after.starts_with("‰")
                     ? "‰"
                     : std::string(after.substr(0, std::min(after.find_first_of(",，;；。"), size_t{6})));
      after.remove_prefix(std::min(after.size(), after.starts_with("‰") ? "‰"sv.size() : size_t{1}));
    }
    size_t longest = 0;
    for (auto unit : k_units)
      if (!percent && after.starts_with(unit) && unit.size() > longest) longest = unit.size();
    if (longest > 0) {
      out.unit = after.substr(0, longest);
      after.remove_prefix(longest);
    }
    bool found = relation(before, after, out);
    if (!found && !percent) return false;
    out.what = plain_words(std::string(before) + std::string(after));
    out.candidates = candidates_for(out.what, percent, m_catalog);
    m_out.push_back(std::move(out));
    return true;
  }

  /// Takes the relation's words away from both sides.
  static bool relation(std::string_view& before, std::string_view& after, Proposal& out) {
    bool found = false;
    for (const auto& one : k_after)
      if (!found && after.starts_with(one.word)) {
        out.relation = one.relation;
        after.remove_prefix(one.word.size());
        found = true;
      }
    size_t best = std::string_view::npos;
    const RelationWord* chosen = nullptr;
    for (const auto& one : k_before) {
      size_t at = before.rfind(one.word);
      if (at == std::string_view::npos) continue;
      if (chosen && at <= best) continue;
      best = at;
      chosen = &one;
    }
    if (!chosen) return found;
    if (!found) out.relation = chosen->relation;
    // The words that stand right before the number go; those further off (新增…机构2家) name what is counted.
    if (best + chosen->word.size() == before.size())
      before = before.substr(0, best);
    else if (chosen->relation == Relation::increase && !found)
      before.remove_prefix(best + chosen->word.size());
    return true;
  }

  /// 一街道一乡镇一普惠: each 街道 and each 乡镇 has one 普惠.
  bool each(std::string_view text, int line) {
    std::vector<std::string> parts;
    std::string current;
    for (auto one : characters_of(text)) {
      if (one == "一") {
        if (!current.empty() || parts.empty()) parts.push_back(std::exchange(current, {}));
        continue;
      }
      current += one;
    }
    parts.push_back(current);
    // parts[0] stands before the first 一; two or more short ones after it make the pattern.
    if (parts.size() < 3 || !parts.front().empty()) return false;
    for (size_t i = 1; i < parts.size(); ++i)
      if (parts[i].empty() || characters_of(parts[i]).size() > 4) return false;
    Proposal out;
    out.clause = text;
    out.line = line;
    out.is_each = true;
    out.number = "1";
    out.what = parts.back();
    for (size_t i = 1; i + 1 < parts.size(); ++i)
      out.unit += (i > 1 ? "、" : "每") + parts[i];
    out.candidates = candidates_for(out.what, false, m_catalog);
    m_out.push_back(std::move(out));
    return true;
  }

  const package::Catalog& m_catalog;
  std::vector<Proposal>& m_out;
};

} // namespace

std::vector<Proposal> propose(std::string_view prose, const package::Catalog& catalog) {
  std::vector<Proposal> out;
  Finder finder(catalog, out);
  int line = 0;
  for (auto row : base::split(prose, '\n')) {
    ++line;
    std::string text(row);
    for (auto mark : {"，"sv, "。"sv, "；"sv, "、"sv, "："sv, ";"sv, ", "sv})
      for (size_t at; (at = text.find(mark)) != std::string::npos;)
        text.replace(at, mark.size(), "\n");
    for (auto clause : base::split(text, '\n'))
      finder.clause(clause, line);
  }
  return out;
}

std::string target_line(const Proposal& proposal) {
  std::string id = proposal.candidates.empty() ? "ID" : proposal.candidates.front().indicator;
  switch (proposal.relation) {
  case Relation::at_least: return fmt::format("- target: {} >= {}", id, proposal.number);
  case Relation::at_most: return fmt::format("- target: {} <= {}", id, proposal.number);
  case Relation::increase: return fmt::format("- target: {} + {}", id, proposal.number);
  case Relation::rank: break;
  }
  return fmt::format("- target: {} rank {}", id, proposal.number);
}

} // namespace xinglin::plan
