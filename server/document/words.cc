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
    "元",     "人",   "人次",     "人份",   "例",   "例次", "次",   "针次",     "份",       "件",   "个",     "间",
    "间次",   "家",   "家次",     "张",     "名",   "位",   "天",   "日",       "床日",     "公斤", "千克",   "克",
    "吨",     "升",   "毫升",     "单位",   "种",   "期",   "场",   "场次",     "册",       "本",   "袋",     "版",
    "项",     "户",   "户次",     "所",     "支",   "台",   "台次", "辆",       "起",       "篇",   "处",     "条",
    "村",     "箱",   "瓶",       "盒",     "剂",   "剂次", "只",   "套",       "批",       "批次", "平方米", "小时",
    "分钟",   "岁",   "函次",     "人日",   "课时", "学时", "学分", "分",       "公里",     "米",   "亩",     "座",
    "栋",     "宗",   "笔",       "枚",     "班",   "节",   "届",   "轮",       "周",       "个月", "年",     "季度",
    "组",     "队",   "支队",     "对",     "床",   "科",   "类",   "门",       "部",       "块",   "面",     "头",
    "车次",   "趟",   "人天",     "秒",     "里",   "幢",   "层",   "口",       "片",       "粒",   "管",     "管次",
    "架",     "架次", "单",       "宗次",   "字",   "页",   "幅次", "首",       "集",       "档",   "级",     "步",
    "卷",     "扇",   "具",       "副",     "针",   "贴",   "付",   "服务人次", "平方公里", "公顷", "吨次",   "千瓦时",
    "立方米", "毫克", "个工作日", "工作日", "站",   "点位", "点次"};

/// What a figure can be set against, as nouns; the phrases are made of them.
struct Noun {
  std::string_view word;
  Base base;
};
constexpr Noun k_nouns[] = {
    {"去年同期", Base::last_year}, {"上年同期", Base::last_year}, {"同期", Base::last_year},
    {"上年", Base::last_year},     {"去年", Base::last_year},     {"上一年", Base::last_year},
    {"上期", Base::previous},      {"上月", Base::previous},      {"上月末", Base::previous},
    {"上月底", Base::previous},    {"上季度", Base::previous},    {"上季度末", Base::previous},
    {"上季末", Base::previous},    {"上半年", Base::previous},    {"上周", Base::previous},
    {"去年底", Base::year_end},    {"上年底", Base::year_end},    {"上年末", Base::year_end},
    {"去年末", Base::year_end},    {"年初", Base::year_end},      {"去年年底", Base::year_end},
    {"上年年末", Base::year_end},
};
constexpr std::pair<std::string_view, std::string_view> k_frames[] = {{"比", ""},     {"较", ""},   {"与", "相比"},
                                                                      {"同", "相比"}, {"同", "比"}, {"", "比"}};
constexpr std::pair<std::string_view, std::string_view> k_ratio_frames[] = {
    {"为", "的"}, {"是", "的"}, {"相当于", "的"}, {"占", "的"}};
/// The bases by their short names: NOUN:PHRASE says it in words of the author's own, NOUN alone does not say it.
constexpr Noun k_short_nouns[] = {{"同期", Base::last_year}, {"上期", Base::previous}, {"年底", Base::year_end}};

/// A verb and its opposite. Asking for either gives the pair; the first pair with the word wins.
constexpr std::pair<std::string_view, std::string_view> k_verbs[] = {
    {"增长", "下降"}, {"增加", "减少"}, {"上升", "下降"}, {"提高", "降低"}, {"提升", "降低"},
    {"升高", "降低"}, {"多", "少"},     {"扩大", "缩小"}, {"延长", "缩短"}, {"增", "减"},
    {"涨", "跌"},     {"上涨", "下跌"}, {"净增", "净减"}, {"回升", "回落"}, {"增幅", "降幅"},
    {"高", "低"},     {"高出", "低"},   {"高于", "低于"}, {"多于", "少于"}, {"快", "慢"},
    {"增收", "减收"}, {"前移", "后移"}, {"进位", "退位"}, {"新增", "减少"}, {"好于", "差于"}};
// 提高 goes down as 下降 in most summaries; 降低 is asked for with 提高/降低 or 降低.
constexpr std::pair<std::string_view, std::string_view> k_reached[] = {
    {"增至", "减至"},     {"增加到", "减少到"}, {"增加至", "减少至"}, {"增长到", "下降到"}, {"增长至", "下降至"},
    {"上升到", "下降到"}, {"上升至", "下降至"}, {"提高到", "下降到"}, {"提高至", "下降至"}, {"升至", "降至"},
    {"延长到", "缩短到"}, {"延长至", "缩短至"}, {"扩大到", "缩小到"}, {"扩大至", "缩小至"}, {"提升到", "下降到"},
    {"提升至", "下降至"}, {"降低到", "提高到"}, {"降低至", "提高至"}, {"前移至", "后移至"}, {"进至", "退至"},
};
/// Pairs that stand the other way round in k_reached so that asking for 降低到 finds them.
bool is_downward(std::string_view word) {
  return word.starts_with("降低");
}

struct VagueWord {
  std::string_view word;
  Vague::Bound bound;
  Vague::Place place;
};
constexpr VagueWord k_vague[] = {
    {"余", Vague::Bound::above, Vague::Place::inside},        {"超过", Vague::Bound::above, Vague::Place::before},
    {"逾", Vague::Bound::above, Vague::Place::before},        {"突破", Vague::Bound::above, Vague::Place::before},
    {"超", Vague::Bound::above, Vague::Place::before},        {"近", Vague::Bound::below, Vague::Place::before},
    {"将近", Vague::Bound::below, Vague::Place::before},      {"接近", Vague::Bound::below, Vague::Place::before},
    {"不到", Vague::Bound::below, Vague::Place::before},      {"不足", Vague::Bound::below, Vague::Place::before},
    {"不满", Vague::Bound::below, Vague::Place::before},      {"以上", Vague::Bound::at_least, Vague::Place::after},
    {"不低于", Vague::Bound::at_least, Vague::Place::before}, {"不少于", Vague::Bound::at_least, Vague::Place::before},
    {"至少", Vague::Bound::at_least, Vague::Place::before},   {"以下", Vague::Bound::at_most, Vague::Place::after},
    {"以内", Vague::Bound::at_most, Vague::Place::after},     {"不超过", Vague::Bound::at_most, Vague::Place::before},
    {"不高于", Vague::Bound::at_most, Vague::Place::before},  {"不大于", Vague::Bound::at_most, Vague::Place::before},
    {"至多", Vague::Bound::at_most, Vague::Place::before},    {"约", Vague::Bound::about, Vague::Place::before},
    {"大约", Vague::Bound::about, Vague::Place::before},      {"约为", Vague::Bound::about, Vague::Place::before},
    {"左右", Vague::Bound::about, Vague::Place::after},       {"上下", Vague::Bound::about, Vague::Place::after}};

constexpr std::string_view k_per_units[] = {"‰", "/千", "/万", "/10万", "/十万", "/百万"};

constexpr std::pair<std::string_view, Format::Measure> k_change_measures[] = {
    {"百分点", Format::Measure::points},    {"千分点", Format::Measure::per_mille}, {"点", Format::Measure::plain},
    {"点%", Format::Measure::percent_sign}, {"幅", Format::Measure::relative},      {"差", Format::Measure::difference},
    {"倍", Format::Measure::times},         {"番", Format::Measure::doublings},
};

constexpr std::pair<std::string_view, Format::Streak> k_streaks[] = {{"无", Format::Streak::none},
                                                                     {"全", Format::Streak::all},
                                                                     {"增", Format::Streak::up},
                                                                     {"减", Format::Streak::down},
                                                                     {"达标", Format::Streak::met}};

constexpr std::string_view k_others[] = {"0位",  "1位",    "2位",      "3位",      "4位",    "5位",   "6位",
                                         "整数", "截尾",   "四舍五入", "去零",     "千分位", "汉字",  "第",
                                         "名次", "%",      "百分比",   "成",       "分数",   "1:",    ":1",
                                         "时长", "仅数值", "分别",     "单位一次", "年均",   "近5年", "发生月"};

std::optional<int64_t> to_integer(std::string_view text) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return value;
}

/// What follows `name` and a colon; empty when it does not.
std::string_view after_colon(std::string_view word, std::string_view name) {
  for (auto colon : {":"sv, "："sv})
    if (word.starts_with(name) && word.substr(name.size()).starts_with(colon))
      return word.substr(name.size() + colon.size());
  return {};
}

/// 十 百 千 万, or a number.
std::optional<base::Decimal> to_step(std::string_view text) {
  constexpr std::pair<std::string_view, int64_t> k_words[] = {{"十", 10},     {"百", 100},       {"千", 1000},
                                                              {"万", 10'000}, {"十万", 100'000}, {"百万", 1'000'000}};
  for (auto [word, value] : k_words)
    if (word == text) return base::Decimal(value);
  int64_t scale = text.size() > "万"sv.size() && text.ends_with("万") ? 10'000 : 1; // 超10万
  auto value = base::Decimal::parse(scale == 1 ? text : text.substr(0, text.size() - "万"sv.size()));
  if (value && scale != 1) value = *value * base::Decimal(scale);
  if (!value || !(base::Decimal(0) < *value) || base::Decimal(k_vague_step_max) < *value ||
      value->scale() > k_digits_max)
    return {};
  return value;
}

std::optional<int> to_year(std::string_view digits) {
  auto year = to_integer(digits);
  if (!year || digits.size() != 4 || *year < 1900 || *year > 2200) return {};
  return static_cast<int>(*year);
}

/// 去年同期, 2019年, 2019年同期, 2020年底.
bool take_noun(std::string_view word, Format& format) {
  for (const auto& noun : k_nouns)
    if (word == noun.word) {
      format.base = noun.base;
      format.base_year = 0;
      return true;
    }
  size_t year_mark = word.find("年");
  if (year_mark == std::string_view::npos) return false;
  auto year = to_year(word.substr(0, year_mark));
  std::string_view rest = word.substr(year_mark + "年"sv.size());
  if (!year) return false;
  if (rest.empty() || rest == "同期") {
    format.base = Base::last_year;
  } else if (rest == "底" || rest == "末" || rest == "年底" || rest == "年末") {
    format.base = Base::year_end;
  } else {
    return false;
  }
  format.base_year = *year;
  return true;
}

bool between(std::string_view word, std::pair<std::string_view, std::string_view> frame, std::string_view& inside) {
  if (word.size() <= frame.first.size() + frame.second.size() || !word.starts_with(frame.first) ||
      !word.ends_with(frame.second))
    return false;
  inside = word.substr(frame.first.size(), word.size() - frame.first.size() - frame.second.size());
  return true;
}

bool take_base(std::string_view word, Format& format) {
  auto as = [&](std::string_view phrase, Format::Show show) {
    format.phrase = phrase;
    if (format.show == Format::Show::value) format.show = show;
    return true;
  };
  if (word == "同比" || word == "环比") {
    format.base = word == "同比" ? Base::last_year : Base::previous;
    format.base_year = 0;
    return as(word, Format::Show::change);
  }
  // A noun alone is silent: the sentence has said it already. With 值 it shows the other figure.
  for (const auto& noun : k_short_nouns) {
    if (word == noun.word) {
      format.base = noun.base;
      return as({}, Format::Show::change);
    }
    if (auto phrase = after_colon(word, noun.word); !phrase.empty()) {
      format.base = noun.base;
      return as(phrase, Format::Show::change);
    }
    if (word.starts_with(noun.word) && word.substr(noun.word.size()) == "值") {
      format.base = noun.base;
      format.show = Format::Show::base_value;
      return true;
    }
  }
  std::string_view inside;
  if (between(word, {"", "值"}, inside) && take_noun(inside, format)) {
    format.show = Format::Show::base_value;
    return true;
  }
  for (auto frame : k_ratio_frames)
    if (between(word, frame, inside) && take_noun(inside, format)) {
      as(word, Format::Show::ratio);
      format.show = Format::Show::ratio;
      return true;
    }
  for (auto frame : k_frames)
    if (between(word, frame, inside) && take_noun(inside, format)) return as(word, Format::Show::change);
  return false;
}

bool take_verb(std::string_view word, Format& format) {
  // With what it is set against: 高于:全市平均水平.
  for (auto colon : {":"sv, "："sv})
    if (size_t at = word.find(colon); at != std::string_view::npos && at > 0 && at + colon.size() < word.size()) {
      if (!take_verb(word.substr(0, at), format)) return false;
      format.object = word.substr(at + colon.size());
      return true;
    }
  // Both said: 提高/降低.
  if (auto slash = word.find('/'); slash != std::string_view::npos && slash > 0) {
    Format up, down;
    if (!take_verb(word.substr(0, slash), up) || !take_verb(word.substr(slash + 1), down) || up.show != down.show)
      return false;
    format.verb_up = word.substr(0, slash);
    format.verb_down = word.substr(slash + 1);
    if (format.show == Format::Show::value) format.show = up.show;
    return true;
  }
  for (auto [up, down] : k_reached)
    if (word == up || word == down) {
      format.verb_up = is_downward(up) ? down : up;
      format.verb_down = is_downward(up) ? up : down;
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

bool take_vague(std::string_view word, Format& format) {
  for (const auto& vague : k_vague) {
    if (!word.starts_with(vague.word)) continue;
    auto rest = word.substr(vague.word.size());
    std::optional<base::Decimal> step;
    if (!rest.empty()) {
      if (vague.bound == Vague::Bound::about) continue;
      step = to_step(rest);
      if (!step) continue;
    }
    format.vague = {vague.bound, vague.place, std::string(vague.word), step};
    return true;
  }
  return false;
}

bool is_measure(std::string_view measure) {
  return std::find(std::begin(k_measures), std::end(k_measures), measure) != std::end(k_measures);
}

bool take_unit(std::string_view word, std::string_view own_unit, Format& format) {
  auto known = [&](std::string_view measure) {
    return (!own_unit.empty() && measure == own_unit) || is_measure(measure);
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

bool take_shape(std::string_view word, Format& format) {
  if (word == "成") {
    format.shape = Format::Shape::tenths;
    return true;
  }
  if (word.starts_with("分数")) {
    auto rest = word.substr("分数"sv.size());
    auto parts = rest.empty() ? std::optional<int64_t>(0) : to_integer(rest);
    if (!parts || (!rest.empty() && (*parts < 2 || *parts > k_fraction_parts_max))) return false;
    format.shape = Format::Shape::fraction;
    format.parts = static_cast<int>(*parts);
    return true;
  }
  if (word == "1:" || word == "1：") {
    format.shape = Format::Shape::one_to;
    return true;
  }
  if (word == ":1" || word == "：1") {
    format.shape = Format::Shape::to_one;
    return true;
  }
  if (word == "时长") {
    format.shape = Format::Shape::duration;
    return true;
  }
  return false;
}

/// 年均, 连续:无, 近5年, 自2019年: what looks further back than one period.
bool take_reach(std::string_view word, Format& format) {
  if (word == "年均") {
    format.show = Format::Show::annual;
    return true;
  }
  if (word == "发生月") {
    format.show = Format::Show::months;
    return true;
  }
  if (auto what = after_colon(word, "连续"); !what.empty())
    for (auto [name, streak] : k_streaks)
      if (what == name) {
        format.show = Format::Show::streak;
        format.streak = streak;
        return true;
      }
  std::string_view inside;
  if (between(word, {"近", "年"}, inside))
    if (auto years = to_integer(inside); years && *years >= 1 && *years <= k_years_back_max) {
      format.years = static_cast<int>(*years);
      return true;
    }
  if (between(word, {"自", "年"}, inside))
    if (auto year = to_year(inside)) {
      format.since_year = *year;
      return true;
    }
  return false;
}

bool take_dress(std::string_view word, Format& format) {
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
  if (word == "第") return format.ordinal = true;
  if (word == "名次") return format.ordinal = format.rank = true;
  if (word == "仅数值") return format.bare = true;
  if (word == "分别") return format.respectively = true;
  if (word == "单位一次") return format.unit_once = true;
  if (auto joint = after_colon(word, "连"); !joint.empty()) {
    format.joint = joint;
    return true;
  }
  if (auto limit = after_colon(word, "持平"); limit.ends_with("%"))
    if (auto number = base::Decimal::parse(limit.substr(0, limit.size() - 1)); number && !(*number < 0)) {
      format.flat = base::Rational(*number) / base::Rational(100);
      return true;
    }
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
  return false;
}

/// The longest of these words that `text` begins with.
template <typename Words> size_t longest(std::string_view text, const Words& words) {
  size_t best = 0;
  for (std::string_view word : words)
    if (text.starts_with(word)) best = std::max(best, word.size());
  return best;
}

} // namespace

bool take_word(std::string_view word, std::string_view own_unit, Format& format) {
  if (take_base(word, format) || take_shape(word, format) || take_dress(word, format) || take_reach(word, format) ||
      take_vague(word, format))
    return true;
  for (auto [name, change] : k_change_measures)
    if (word == name) {
      format.change = change;
      return true;
    }
  return take_verb(word, format) || take_unit(word, own_unit, format);
}

size_t base_phrase_at(std::string_view text) {
  for (auto word : {"同比"sv, "环比"sv})
    if (text.starts_with(word)) return word.size();
  size_t best = 0;
  for (auto [before, after] : k_frames) {
    if (!text.starts_with(before)) continue;
    std::string_view rest = text.substr(before.size());
    size_t length = 0;
    for (const auto& noun : k_nouns)
      if (rest.starts_with(noun.word) && rest.substr(noun.word.size()).starts_with(after))
        length = std::max(length, noun.word.size());
    if (length > 0) best = std::max(best, before.size() + length + after.size());
  }
  return best;
}

size_t verb_at(std::string_view text) {
  std::vector<std::string_view> words;
  for (auto [up, down] : k_verbs) {
    words.push_back(up);
    words.push_back(down);
  }
  size_t length = longest(text, words);
  return length > 0 && text.substr(length).starts_with("了") ? length + "了"sv.size() : length;
}

size_t change_unit_at(std::string_view text, std::string* word) {
  for (auto [typed, asked] : {std::pair{"个百分点"sv, "百分点"sv}, {"个千分点"sv, "千分点"sv}, {"倍"sv, "倍"sv}})
    if (text.starts_with(typed)) {
      *word = asked;
      return typed.size();
    }
  if (text.starts_with("%")) {
    word->clear();
    return 1;
  }
  size_t scale = 0;
  for (const auto& one : k_scales)
    if (text.starts_with(one.word)) scale = std::max(scale, one.word.size());
  size_t measure = longest(text.substr(scale), k_measures);
  *word = text.substr(0, scale + measure);
  return scale + measure;
}

const std::vector<std::string>& all_words() {
  static const std::vector<std::string> words = [] {
    std::vector<std::string> out = {"同比", "环比"};
    for (const auto& noun : k_nouns) {
      for (auto [before, after] : k_frames)
        out.push_back(std::string(before) + std::string(noun.word) + std::string(after));
      for (auto [before, after] : k_ratio_frames)
        out.push_back(std::string(before) + std::string(noun.word) + std::string(after));
    }
    for (const auto& noun : k_short_nouns) {
      out.emplace_back(noun.word);
      out.push_back(std::string(noun.word) + "值");
    }
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
    for (auto [name, change] : k_change_measures)
      out.emplace_back(name);
    for (auto [name, streak] : k_streaks)
      out.push_back("连续:" + std::string(name));
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
