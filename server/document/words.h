#pragma once
// The words between the braces: how officials state a figure. Each word is looked up here and nowhere else, so that the
// language is this file and docs/documents.md describes it.
//
//   word    = unit | digits | dress | shape | vague | base | verb | measure | reach
//   base    = 同比 | 环比 | 比 NOUN | 较 NOUN | 与 NOUN 相比 | 同 NOUN 比 | NOUN 比 | 为 NOUN 的 | 是 NOUN 的 | NOUN [:
//   PHRASE] | NOUN 值 NOUN    = 去年同期 | 上年 | 上月 | 去年底 | 年初 | 2019年 | 2020年底 | … vague   = WORD [step]
//   verb = UP | DOWN | UP/DOWN, each with 了, or with :NAME (高于:全市平均水平)

#include "lib/base/decimal.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::document {

/// What a figure is set against.
enum class Base : uint8_t {
  none,
  last_year, ///< 同期: the same period a year before, or of `base_year`
  previous,  ///< 上期 (环比): the period just before
  year_end,  ///< 去年底: the last day of the year before, or of `base_year`
  indicator, ///< 对:ID: another indicator of the same organisation and period
};

/// A vague quantity: which way it may miss, and how that is said. It never says more than is true.
struct Vague {
  enum class Bound : uint8_t {
    none,
    above,    ///< 余 超过 逾 突破: more than what is printed; an exact value is printed plainly
    below,    ///< 近 不到 不足: less than what is printed; an exact value is printed plainly
    at_least, ///< 以上 不低于: what is printed or more
    at_most,  ///< 以下 以内 不超过: what is printed or less
    about,    ///< 约 左右: rounded
  };
  enum class Place : uint8_t { before, after, inside };
  Bound bound = Bound::none;
  Place place = Place::before;
  std::string word;
  std::optional<base::Decimal> step; ///< 余1000; in printed units
};

/// How one number is to be printed, put together from the words of a brace.
struct Format {
  enum class Show : uint8_t {
    value,      ///< 772万元
    change,     ///< 比去年同期增长16.4%
    reached,    ///< 下降到22.97%
    base_value, ///< the figure it would be compared with
    ratio,      ///< 为去年同期的172.44%, 是上年的1.7倍
    annual,     ///< 年均增长3.2%
    streak,     ///< 连续5年
    ahead,      ///< 提前2个月
    months,     ///< 3-4月: those in which it is not nought
  };
  enum class Measure : uint8_t {
    automatic,    ///< points for a share, a difference where a unit is given, else relative
    relative,     ///< 增长16.4%
    points,       ///< 上升10.09个百分点
    per_mille,    ///< 上升0.5个千分点
    plain,        ///< 上升0.02 (points without the word)
    percent_sign, ///< 下降3.47% in points, as summaries of rates say it
    difference,   ///< 增加12间
    times,        ///< 增长1.2倍
    doublings,    ///< 翻了一番
  };
  enum class Per : uint8_t { none, percent, unit }; ///< %: multiplied by 100; unit: ‰, /万 … are only written after it
  enum class Shape : uint8_t {
    digits,
    fraction, ///< 分数: 1/4, 四分之一; `parts`: of that many
    tenths,   ///< 成: 七成
    one_to,   ///< 1: → 1:1.2
    to_one,   ///< :1 → 3:1
    duration, ///< 时长: 2小时30分钟
  };
  enum class Streak : uint8_t { none, all, up, down, met }; ///< 连续:无 全 增 减 达标

  Show show = Show::value;
  std::optional<int> digits; ///< after the point; empty = the indicator's own
  base::Rounding rounding = base::Rounding::half_up;
  bool trim_zeros = false; ///< 去零
  bool thousands = false;  ///< 千分位
  bool in_words = false;   ///< 汉字
  bool ordinal = false;    ///< 第
  bool rank = false;       ///< 名次: smaller is higher
  Shape shape = Shape::digits;
  int parts = 0; ///< 分数5
  int64_t scale = 1;
  std::string scale_word; ///< 万
  std::string measure;    ///< 元
  Per per = Per::none;
  std::string per_word; ///< ‰
  Vague vague;

  Base base = Base::none;
  int base_year = 0;  ///< 较2019年; 0 = the year before
  std::string phrase; ///< 比去年同期
  std::string verb_up, verb_down;
  std::string object; ///< 全市平均水平, of 高于:全市平均水平
  Measure change = Measure::automatic;
  std::optional<base::Rational> flat; ///< 持平:1%: a change not above it is 基本持平
  bool bare = false;                  ///< 仅数值: neither phrase nor verb
  bool respectively = false;          ///< 分别
  std::string joint;                  ///< 连:至, between several figures; empty = 、
  bool unit_once = false;             ///< 单位一次
  bool unit_hidden = false;           ///< the unit stands with a later figure of the brace
  Streak streak = Streak::none;
  int years = 0;      ///< 近5年
  int since_year = 0; ///< 自2019年
};

/// Takes one word into `format`. False when it is none of the language's. `own_unit` is the indicator's unit, which is
/// always a word.
bool take_word(std::string_view word, std::string_view own_unit, Format& format);

/// The phrase of a base at the start of `text` (比去年同期, 同比), in bytes; 0 when there is none.
size_t base_phrase_at(std::string_view text);
/// The verb of a change at the start of `text` (增长, 下降了), in bytes; 0 when there is none.
size_t verb_at(std::string_view text);
/// The unit of a change at the start of `text` (%, 个百分点, 万人次), in bytes, and the word that asks for it.
size_t change_unit_at(std::string_view text, std::string* word);

/// Every word of the language, for suggestions.
const std::vector<std::string>& all_words();

inline constexpr int k_digits_max = 6;                   ///< after the point, in a document
inline constexpr int64_t k_vague_step_max = 100'000'000; ///< of 余, 近, 超过, 以上
inline constexpr int k_series_months_max = 240;          ///< looked at one by one: 提前, 发生月
inline constexpr int k_fraction_parts_max = 100;         ///< of 分数N
inline constexpr int k_fraction_parts = 10;              ///< 分数: denominators up to this
inline constexpr int k_years_back_max = 20;              ///< of 近N年, 自YYYY年

} // namespace xinglin::document
