#pragma once
// The words between the braces: how officials state a figure. Each word is looked up here and nowhere else, so that the
// language is this table and docs/documents.md describes it.

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
  last_year, ///< 同期: the same period a year before
  previous,  ///< 上期 (环比): the period just before
  year_end,  ///< 去年底: the last day of the year before
};

/// A vague quantity: never says more than is true (余 and 超过 round down, 近 rounds up; an exact value is printed
/// plainly).
enum class Vague : uint8_t {
  none,
  more,     ///< 余: 2000余人次
  near,     ///< 近: 近6000人次
  over,     ///< 超过: 超过1000人次
  at_least, ///< 以上: 50%以上
  about,    ///< 约: 约26%
  around,   ///< 左右: 65%左右
};

/// How one number is to be printed, put together from the words of a brace.
struct Format {
  enum class Show : uint8_t {
    value,      ///< 772万元
    change,     ///< 比去年同期增长16.4%
    reached,    ///< 下降到22.97%
    base_value, ///< the figure it would be compared with
  };
  enum class Measure : uint8_t {
    automatic,    ///< points for a share, a difference where a unit is given, else relative
    relative,     ///< 增长16.4%
    points,       ///< 上升10.09个百分点
    plain,        ///< 上升0.02 (points without the word)
    percent_sign, ///< 下降3.47% in points, as summaries of rates say it
    difference,   ///< 增加12间
    times,        ///< 增长1.2倍
  };
  enum class Per : uint8_t { none, percent, unit }; ///< %: multiplied by 100; unit: ‰, /万 … are only written after it

  Show show = Show::value;
  std::optional<int> digits; ///< after the point; empty = the indicator's own
  base::Rounding rounding = base::Rounding::half_up;
  bool trim_zeros = false; ///< 去零
  bool thousands = false;  ///< 千分位
  bool in_words = false;   ///< 汉字
  int64_t scale = 1;
  std::string scale_word; ///< 万
  std::string measure;    ///< 元
  Per per = Per::none;
  std::string per_word; ///< ‰
  Vague vague = Vague::none;
  std::optional<int64_t> vague_step; ///< 余1000; in printed units

  Base base = Base::none;
  std::string phrase; ///< 比去年同期
  std::string verb_up, verb_down;
  Measure change = Measure::automatic;
  bool bare = false;         ///< 仅数值: neither phrase nor verb
  bool respectively = false; ///< 分别
};

/// Takes one word into `format`. False when it is none of the language's. `own_unit` is the indicator's unit, which is
/// always a word.
bool take_word(std::string_view word, std::string_view own_unit, Format& format);

/// Every word of the language, for suggestions.
const std::vector<std::string>& all_words();

inline constexpr int k_digits_max = 6;                   ///< after the point, in a document
inline constexpr int64_t k_vague_step_max = 100'000'000; ///< of 余, 近, 超过, 以上

} // namespace xinglin::document
