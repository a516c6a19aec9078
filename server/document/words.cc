#include "server/document/words.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>

namespace xinglin::document {

namespace {

using namespace std::string_view_literals;

struct Scale {
  std::string_view word;
  int64_t value;
};
constexpr Scale k_scales[] = {
    {"亿", 100'000'000}, {"千万", 10'000'000}, {"百万", 1'000'000}, {"万", 10'000}, {"千", 1000}};

// Measure words (量词) and units of this field. Any other is quoted in the template: “支”.
constexpr std::string_view k_measures[] = {
    "元",   "人",   "人次",   "人份", "例",   "例次", "次",   "针次", "份",   "件",   "个",   "间",   "间次", "家",
    "家次", "张",   "名",     "位",   "天",   "日",   "床日", "公斤", "千克", "克",   "吨",   "升",   "毫升", "单位",
    "种",   "期",   "场",     "场次", "册",   "本",   "袋",   "版",   "项",   "户",   "户次", "所",   "支",   "台",
    "台次", "辆",   "起",     "篇",   "处",   "条",   "村",   "箱",   "瓶",   "盒",   "剂",   "剂次", "只",   "套",
    "批",   "批次", "平方米", "小时", "分钟", "岁",   "函次", "人日", "课时", "学时", "学分", "分",   "公里", "米",
    "亩",   "座",   "栋",     "宗",   "笔",   "枚",   "班",   "节",   "届",   "轮",   "周",   "个月", "年",   "季度",
    "组",   "队",   "支队",   "对",   "床",   "科",   "类",   "门",   "部",   "块",   "面",   "头",   "车次", "趟"};

struct BaseWord {
  std::string_view word;
  Base base;
};
constexpr BaseWord k_bases[] = {
    {"同比", Base::last_year},       {"比去年同期", Base::last_year}, {"较去年同期", Base::last_year},
    {"比上年同期", Base::last_year}, {"较上年同期", Base::last_year}, {"同期比", Base::last_year},
    {"比同期", Base::last_year},     {"较同期", Base::last_year},     {"比上年", Base::last_year},
    {"较上年", Base::last_year},     {"比去年", Base::last_year},     {"较去年", Base::last_year},
    {"环比", Base::previous},        {"比上期", Base::previous},      {"较上期", Base::previous},
    {"比上月", Base::previous},      {"较上月", Base::previous},      {"比上季度", Base::previous},
    {"较上季度", Base::previous},    {"较去年底", Base::year_end},    {"比去年底", Base::year_end},
    {"较上年底", Base::year_end},    {"比上年底", Base::year_end},    {"较上年末", Base::year_end},
    {"比上年末", Base::year_end},    {"较去年末", Base::year_end},    {"比去年末", Base::year_end},
    {"较年初", Base::year_end},      {"比年初", Base::year_end},
};
constexpr BaseWord k_base_values[] = {
    {"同期值", Base::last_year}, {"上期值", Base::previous}, {"年底值", Base::year_end}};
constexpr BaseWord k_own_phrases[] = {{"同期", Base::last_year}, {"上期", Base::previous}, {"年底", Base::year_end}};

/// A verb and its opposite. Asking for either gives the pair; the first pair with the word wins.
constexpr std::pair<std::string_view, std::string_view> k_verbs[] = {
    {"增长", "下降"}, {"增加", "减少"}, {"上升", "下降"}, {"提高", "降低"}, {"提升", "降低"}, {"升高", "降低"},
    {"多", "少"},     {"扩大", "缩小"}, {"延长", "缩短"}, {"增", "减"},     {"涨", "跌"},
};
// 提高 goes down as 下降 in most summaries; 降低 is asked for with 提高/降低 or 降低.
constexpr std::pair<std::string_view, std::string_view> k_reached[] = {
    {"增至", "减至"},     {"增加到", "减少到"}, {"增加至", "减少至"}, {"增长到", "下降到"}, {"增长至", "下降至"},
    {"上升到", "下降到"}, {"上升至", "下降至"}, {"提高到", "下降到"}, {"提高至", "下降至"}, {"升至", "降至"},
    {"延长到", "缩短到"}, {"延长至", "缩短至"}, {"扩大到", "缩小到"}, {"扩大至", "缩小至"},
};

struct VagueWord {
  std::string_view word;
  Vague vague;
};
constexpr VagueWord k_vague[] = {{"余", Vague::more},    {"多于", Vague::over},     {"近", Vague::near},
                                 {"超过", Vague::over},  {"以上", Vague::at_least}, {"约", Vague::about},
                                 {"左右", Vague::around}};

constexpr std::string_view k_per_units[] = {"‰", "/千", "/万", "/10万", "/十万", "/百万"};

constexpr std::string_view k_others[] = {"0位",  "1位",      "2位",  "3位",    "4位",  "5位",    "6位",    "整数",
                                         "截尾", "四舍五入", "去零", "千分位", "汉字", "%",      "百分比", "百分点",
                                         "点",   "点%",      "幅",   "差",     "倍",   "仅数值", "分别"};

std::optional<int64_t> to_integer(std::string_view text) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return value;
}

/// 十 百 千 万, or digits.
std::optional<int64_t> to_step(std::string_view text) {
  constexpr std::pair<std::string_view, int64_t> k_words[] = {{"十", 10},     {"百", 100},       {"千", 1000},
                                                              {"万", 10'000}, {"十万", 100'000}, {"百万", 1'000'000}};
  for (auto [word, value] : k_words)
    if (word == text) return value;
  auto value = to_integer(text);
  if (!value || *value < 1 || *value > k_vague_step_max) return {};
  return value;
}

bool take_verb(std::string_view word, Format& format) {
  // Both said: 提高/降低.
  if (auto slash = word.find('/'); slash != std::string_view::npos && slash > 0) {
    Format up, down;
    if (!take_verb(word.substr(0, slash), up) || !take_verb(word.substr(slash + 1), down) || up.show != down.show)
      return false;
    format.verb_up = word.substr(0, slash);
    format.verb_down = word.substr(slash + 1);
    format.show = up.show;
    return true;
  }
  for (auto [up, down] : k_reached)
    if (word == up || word == down) {
      format.verb_up = up;
      format.verb_down = down;
      format.show = Format::Show::reached;
      return true;
    }
  std::string_view ending = word.ends_with("了") ? "了" : "";
  std::string_view stem = word.substr(0, word.size() - ending.size());
  for (auto [up, down] : k_verbs) {
    // A word that goes down with several (下降) is taken with the one it is said with most: 上升.
    if (stem == "下降" && up == "增长") continue;
    if (stem != up && stem != down) continue;
    format.verb_up = std::string(up) + std::string(ending);
    format.verb_down = std::string(down) + std::string(ending);
    if (format.show == Format::Show::value) format.show = Format::Show::change;
    return true;
  }
  return false;
}

bool take_measure(std::string_view word, std::string_view own_unit, Format& format) {
  auto known = [&](std::string_view measure) {
    return (!own_unit.empty() && measure == own_unit) ||
           std::find(std::begin(k_measures), std::end(k_measures), measure) != std::end(k_measures);
  };
  auto quoted = [](std::string_view text) -> std::string_view {
    for (auto [open, close] : {std::pair{"“"sv, "”"sv}, {"\""sv, "\""sv}})
      if (text.size() > open.size() + close.size() && text.starts_with(open) && text.ends_with(close))
        return text.substr(open.size(), text.size() - open.size() - close.size());
    return {};
  };
  if (known(word)) {
    format.measure = word;
    return true;
  }
  for (const auto& scale : k_scales) {
    if (!word.starts_with(scale.word)) continue;
    std::string_view rest = word.substr(scale.word.size());
    if (!rest.empty() && !known(rest) && quoted(rest).empty()) continue;
    format.scale = scale.value;
    format.scale_word = scale.word;
    format.measure = quoted(rest).empty() ? rest : quoted(rest);
    return true;
  }
  if (auto inside = quoted(word); !inside.empty()) {
    format.measure = inside;
    return true;
  }
  return false;
}

} // namespace

bool take_word(std::string_view word, std::string_view own_unit, Format& format) {
  for (const auto& base : k_bases)
    if (word == base.word) {
      format.base = base.base;
      format.phrase = base.word;
      if (format.show == Format::Show::value) format.show = Format::Show::change;
      return true;
    }
  for (const auto& base : k_base_values)
    if (word == base.word) {
      format.base = base.base;
      format.show = Format::Show::base_value;
      return true;
    }
  for (const auto& base : k_own_phrases)
    if (word == base.word) { // silent: the sentence has said it already
      format.base = base.base;
      format.phrase.clear();
      if (format.show == Format::Show::value) format.show = Format::Show::change;
      return true;
    }
  for (const auto& base : k_own_phrases)
    for (auto colon : {":"sv, "："sv})
      if (word.starts_with(base.word) && word.substr(base.word.size()).starts_with(colon) &&
          word.size() > base.word.size() + colon.size()) {
        format.base = base.base;
        format.phrase = word.substr(base.word.size() + colon.size());
        if (format.show == Format::Show::value) format.show = Format::Show::change;
        return true;
      }
  if (take_verb(word, format)) return true;
  for (const auto& vague : k_vague) {
    if (!word.starts_with(vague.word)) continue;
    auto rest = word.substr(vague.word.size());
    if (rest.empty()) {
      format.vague = vague.vague;
      return true;
    }
    if (vague.vague == Vague::about || vague.vague == Vague::around) continue;
    if (auto step = to_step(rest)) {
      format.vague = vague.vague;
      format.vague_step = step;
      return true;
    }
  }
  if (word.ends_with("位"))
    if (auto digits = to_integer(word.substr(0, word.size() - "位"sv.size()));
        digits && *digits >= 0 && *digits <= k_digits_max) {
      format.digits = static_cast<int>(*digits);
      return true;
    }
  if (word == "整数") {
    format.digits = 0;
    return true;
  }
  if (word == "截尾" || word == "四舍五入") {
    format.rounding = word == "截尾" ? base::Rounding::truncate : base::Rounding::half_up;
    return true;
  }
  if (word == "去零") return format.trim_zeros = true;
  if (word == "千分位") return format.thousands = true;
  if (word == "汉字") return format.in_words = true;
  if (word == "仅数值") return format.bare = true;
  if (word == "分别") return format.respectively = true;
  if (word == "%" || word == "百分比") {
    format.per = Format::Per::percent;
    return true;
  }
  for (auto unit : k_per_units)
    if (word == unit) {
      format.per = Format::Per::unit;
      format.per_word = unit;
      return true;
    }
  constexpr std::pair<std::string_view, Format::Measure> k_changes[] = {
      {"百分点", Format::Measure::points}, {"点", Format::Measure::plain},      {"点%", Format::Measure::percent_sign},
      {"幅", Format::Measure::relative},   {"差", Format::Measure::difference}, {"倍", Format::Measure::times},
  };
  for (auto [name, change] : k_changes)
    if (word == name) {
      format.change = change;
      return true;
    }
  return take_measure(word, own_unit, format);
}

const std::vector<std::string>& all_words() {
  static const std::vector<std::string> words = [] {
    std::vector<std::string> out;
    for (const auto& base : k_bases)
      out.emplace_back(base.word);
    for (const auto& base : k_base_values)
      out.emplace_back(base.word);
    for (const auto& base : k_own_phrases)
      out.emplace_back(base.word);
    for (auto [up, down] : k_verbs) {
      out.emplace_back(up);
      out.emplace_back(down);
    }
    for (auto [up, down] : k_reached) {
      out.emplace_back(up);
      out.emplace_back(down);
    }
    for (const auto& vague : k_vague)
      out.emplace_back(vague.word);
    for (auto unit : k_per_units)
      out.emplace_back(unit);
    for (auto other : k_others)
      out.emplace_back(other);
    for (auto measure : k_measures) {
      out.emplace_back(measure);
      out.push_back("万" + std::string(measure));
      out.push_back("亿" + std::string(measure));
    }
    out.emplace_back("万");
    out.emplace_back("亿");
    return out;
  }();
  return words;
}

} // namespace xinglin::document
