#pragma once
// From exact values to the words of an official document. Pure: the same format and values give the same text.

#include "lib/base/date.h"
#include "server/document/words.h"

#include <optional>
#include <string>
#include <vector>

namespace xinglin::document {

/// What is known of a figure when it is printed.
struct Operand {
  std::optional<base::Rational>
      value; ///< a share is a fraction of one; empty = nothing to divide by, or nothing returned
  std::optional<base::Rational> before; ///< the figure it is compared with
  bool percent = false;                 ///< a share: printed as a percentage, compared in points
  int decimals = 0;                     ///< digits after the point when the format does not say
  /// What a reach looks at, nearest first: the figure one year before, two years before ... (年均, 连续); or, of 提前,
  /// the figure from the period's first day to the end of each of its months, in their order; of 发生月 that of each
  /// month alone, the first of them `first_month`. Months beyond k_series_months_max leave it empty.
  std::vector<std::optional<base::Rational>> series;
  std::optional<base::Date> first_month;
  std::optional<base::Rational> target; ///< 连续:达标, 提前
  bool lower_is_better = false;         ///< a target is met from below
};

/// Printed where a value is missing and the template has no words for it (缺则).
inline constexpr std::string_view k_missing = "（无数据）";

/// The figure alone, or with phrase and verb, as the format says. `value_missing`, if given, is set when a value that
/// was needed is not there (or a relative change has nothing to stand on), and the text says so.
///   {value 7720000, 万元} → 772万元              {62236 / 53193, 比去年同期 增长 0位} → 比去年同期增长17%
///   equal → 与去年同期持平; a change that rounds to nothing → 与去年同期基本持平
std::string figure_text(const Format& format, const Operand& operand, bool* value_missing = nullptr);

/// The same for a later one of several figures in one brace (分别): without the phrase, and without the verb when the
/// direction is `as_before` (1 up, -1 down). Returns through `direction` the one printed.
std::string figure_text_following(const Format& format, const Operand& operand, int as_before, int* direction,
                                  bool* value_missing = nullptr);
/// 1 up, -1 down, 0 equal or unknown. Of ranks (名次) a smaller number is up.
int direction_of(const Format& format, const Operand& operand);
/// Is the target met by the value: at least it, or at most where lower is better. False when one is not known.
bool meets_target(const std::optional<base::Rational>& value, const Operand& operand);
/// The rate r, rounded to `digits` after the point of a percentage, of which (1 + r)^years = ratio. Exact: compared in
/// whole numbers, never by floating point. `ratio` > 0, 1 <= years <= k_years_back_max.
base::Decimal annual_growth_percent(const base::Rational& ratio, int years, int digits, base::Rounding rounding);

/// A whole number in Chinese numerals: 0 → 零, 12 → 十二, 20004 → 二万零四. At most 10^16 - 1; beyond that digits.
std::string chinese_numerals(int64_t value);

} // namespace xinglin::document
