#include "server/document/figure_text.h"

#include "server/document/big_number.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace xinglin::document {

namespace {

using base::Decimal;
using base::Rational;
using base::Rounding;
using Bound = Vague::Bound;
using Shape = Format::Shape;

Rational power_of_ten(int exponent) {
  Rational out = 1;
  for (int i = 0; i < exponent; ++i)
    out = out * Rational(10);
  return out;
}

/// Whole part of a value that is not negative.
Rational floor_to(const Rational& value, const Rational& step) {
  return Rational((value / step).round(0, Rounding::truncate)) * step;
}
Rational ceil_to(const Rational& value, const Rational& step) {
  Rational down = floor_to(value, step);
  return down == value ? down : down + step;
}

std::string with_thousands(std::string digits) {
  size_t point = digits.find('.');
  size_t end = point == std::string::npos ? digits.size() : point;
  size_t start = digits.starts_with("-") ? 1 : 0;
  for (size_t i = end; i > start + 3;) {
    i -= 3;
    digits.insert(i, ",");
  }
  return digits;
}

/// The digits of a rounded number, in the dress the format asks for.
std::string number_text(const Decimal& rounded, const Format& format) {
  Decimal value = format.trim_zeros ? rounded.normalized() : rounded;
  std::string lead = format.ordinal ? "第" : "";
  if (format.in_words && value.scale() == 0 && !(value < Decimal(0)) && value < Decimal(10'000'000'000'000'000)) {
    auto whole = static_cast<int64_t>(value.coefficient());
    if (whole == 2 && !format.measure.empty() && format.scale == 1 && !format.ordinal) return "两"; // 两个, but 第二
    return lead + chinese_numerals(whole);
  }
  std::string digits = value.to_string();
  // -0.04 rounded to one digit is no longer negative.
  if (value.is_zero() && digits.starts_with("-")) digits.erase(0, 1);
  return lead + (format.thousands ? with_thousands(std::move(digits)) : digits);
}

/// All that stands after the number.
std::string tail_of(const Format& format, bool percent) {
  if (format.unit_hidden) return {};
  return format.scale_word + format.measure +
         (percent                           ? std::string("%")
          : format.per == Format::Per::unit ? format.per_word
                                            : std::string());
}

/// The number in the middle of its vague word.
std::string dressed(const Format& format, const std::string& number, bool truly_vague) {
  const auto& vague = format.vague;
  bool strict = vague.bound == Bound::above || vague.bound == Bound::below;
  if (vague.bound == Bound::none || (strict && !truly_vague)) return number;
  return vague.place == Vague::Place::before ? vague.word + number : number + vague.word;
}

// --- plain numbers ---

/// The step a vague quantity is cut to: what the template says, else its digits; else the second figure of a long
/// number (2345 → 2300 余), tens of a short one, whole ones of 万 and 亿 and of per cent.
Rational vague_step(const Format& format, const Rational& value, bool percent) {
  if (format.vague.step) return Rational(*format.vague.step);
  if (format.digits) return Rational(1) / power_of_ten(*format.digits);
  bool closed = format.vague.bound == Bound::at_least || format.vague.bound == Bound::at_most;
  if (format.scale != 1 || percent || value < Rational(10) || format.per == Format::Per::unit) return 1;
  int length = static_cast<int>(value.round(0, Rounding::truncate).to_string().size());
  if (closed && length < 4) return 1; // 120张以上: a bound is said as it was set
  return power_of_ten(std::max(length - 2, 1));
}

std::string vague_text(const Format& format, const Rational& value, bool percent) {
  const std::string tail = tail_of(format, percent);
  auto rounded = [&] { return number_text(value.round(format.digits.value_or(0), format.rounding), format) + tail; };
  if (format.vague.bound == Bound::about) return dressed(format, rounded(), true);
  if (value.is_negative()) return rounded();
  Rational step = vague_step(format, value, percent);
  bool up = format.vague.bound == Bound::below || format.vague.bound == Bound::at_most;
  Rational cut = up ? ceil_to(value, step) : floor_to(value, step);
  if (cut.is_zero() && !value.is_zero()) return rounded(); // smaller than one step: the word would not be true
  Decimal number = cut.round(format.digits.value_or(format.vague.step ? format.vague.step->scale() : 0));
  std::string digits = number_text(number, format);
  bool truly_vague = !(cut == value);
  if (format.vague.place != Vague::Place::inside) return dressed(format, digits + tail, truly_vague);
  if (!truly_vague) return digits + tail;
  if (percent || !format.per_word.empty()) return digits + tail + "多"; // 62%多
  // 20余万元 when tens are left out, 25万余份 when only the rest of the 万 is.
  bool before_scale = step == Rational(1) ? format.scale_word.empty() : true;
  if (format.unit_hidden) return digits + format.vague.word;
  return digits + (before_scale ? format.vague.word + format.scale_word : format.scale_word + format.vague.word) +
         format.measure;
}

// --- fractions, tenths, ratios, spans of time ---

std::string fraction_words(int64_t part, int64_t whole, bool in_words) {
  if (!in_words) return std::to_string(part) + "/" + std::to_string(whole);
  if (part == 1 && whole == 2) return "一半";
  return chinese_numerals(whole) + "分之" + chinese_numerals(part);
}

/// 1/4, 不到1/7: the nearest fraction (or the nearest one above or below) with the parts asked for.
std::string fraction_text(const Format& format, const Rational& value) {
  bool up = format.vague.bound == Bound::below || format.vague.bound == Bound::at_most;
  bool down = format.vague.bound == Bound::above || format.vague.bound == Bound::at_least;
  int first = format.parts > 0 ? format.parts : 2, last = format.parts > 0 ? format.parts : k_fraction_parts;
  std::optional<Rational> best;
  for (int parts = first; parts <= last; ++parts) {
    Rational step = Rational(1) / Rational(parts);
    Rational cut = up     ? ceil_to(value, step)
                   : down ? floor_to(value, step)
                          : Rational((value * Rational(parts)).round(0)) * step;
    if (cut.is_zero() || !(cut < Rational(1))) continue;
    if (!best || (cut - value).abs() < (*best - value).abs()) best = cut;
  }
  if (!best) return {};
  int64_t part = static_cast<int64_t>(best->numerator()), whole = static_cast<int64_t>(best->denominator());
  return dressed(format, fraction_words(part, whole, format.in_words), !(*best == value));
}

/// 七成, 近八成, 六成多.
std::string tenths_text(const Format& format, const Rational& value) {
  Rational tenths = value * Rational(10);
  bool up = format.vague.bound == Bound::below || format.vague.bound == Bound::at_most;
  bool down = format.vague.bound == Bound::above || format.vague.bound == Bound::at_least;
  Rational cut = up ? ceil_to(tenths, 1) : down ? floor_to(tenths, 1) : Rational(tenths.round(0));
  if (cut.is_zero() || Rational(10) < cut) return {};
  std::string text = chinese_numerals(static_cast<int64_t>(cut.numerator())) + "成";
  bool truly_vague = !(cut == tenths);
  if (format.vague.place == Vague::Place::inside) return truly_vague ? text + "多" : text;
  return dressed(format, text, truly_vague);
}

/// 2小时30分钟, 1天6小时; whole units only. Empty when the unit is none of time.
std::string duration_text(const Format& format, const Rational& value) {
  struct Unit {
    std::string_view word;
    int64_t seconds;
  };
  static constexpr Unit k_units[] = {{"天", 86400}, {"小时", 3600}, {"分钟", 60}, {"秒", 1}};
  int64_t own = 0;
  for (auto unit : k_units)
    if (format.measure == unit.word || (format.measure == "日" && unit.word == "天")) own = unit.seconds;
  if (own == 0 || value.is_negative()) return {};
  auto seconds = static_cast<int64_t>((value * Rational(own)).round(0, format.rounding).coefficient());
  std::string out;
  int parts = 0;
  for (auto unit : k_units) {
    int64_t count = seconds / unit.seconds;
    if (count == 0 || parts == 2) {
      if (parts > 0) ++parts; // 2小时 and 5秒 are not said together
      continue;
    }
    out += std::to_string(count) + std::string(unit.word);
    seconds -= count * unit.seconds;
    ++parts;
  }
  return out.empty() ? "0" + format.measure : out;
}

bool is_percent(const Format& format, const Operand& operand) {
  return operand.percent || format.per == Format::Per::percent;
}

std::string value_text(const Format& format, const std::optional<Rational>& exact, const Operand& operand,
                       bool* missing) {
  if (!exact) {
    if (missing) *missing = true;
    return std::string(k_missing);
  }
  bool percent = is_percent(format, operand);
  Rational value = *exact;
  std::string shaped;
  if (format.shape == Shape::fraction && !value.is_negative()) shaped = fraction_text(format, value);
  if (format.shape == Shape::tenths && !value.is_negative()) shaped = tenths_text(format, value);
  if (format.shape == Shape::duration) shaped = duration_text(format, value);
  if (!shaped.empty()) return shaped;
  if (format.shape == Shape::one_to || format.shape == Shape::to_one) {
    std::string number = number_text(value.round(format.digits.value_or(operand.decimals), format.rounding), format);
    return dressed(format, format.shape == Shape::one_to ? "1:" + number : number + ":1", true);
  }
  if (percent) value = value * Rational(100);
  if (format.scale != 1) value = value / Rational(format.scale);
  if (format.vague.bound != Bound::none) return vague_text(format, value, percent);
  return number_text(value.round(format.digits.value_or(operand.decimals), format.rounding), format) +
         tail_of(format, percent);
}

// --- changes ---

struct ChangeText {
  std::string number;  ///< "16.4%", "12间"; empty when there is none to print
  std::string instead; ///< what is printed in place of verb and number
  bool equal = false;  ///< `instead` says there is no change to speak of
  bool missing = false;
};

constexpr std::string_view k_no_base = "（无可比数据）";

ChangeText no_relative(const Rational& before) {
  // Growth from nothing has no rate; saying so is better than a number that means nothing.
  ChangeText out;
  out.missing = true;
  out.instead = before.is_zero() ? "（基数为零）" : "（基数为负）";
  return out;
}

/// 翻了一番, 翻了两番多; empty when it did not double.
std::string doublings_text(const Rational& ratio) {
  int doublings = 0;
  Rational power = 1;
  while (!(ratio < power * Rational(2))) {
    power = power * Rational(2);
    ++doublings;
  }
  if (doublings == 0) return {};
  std::string count = doublings == 2 ? "两" : chinese_numerals(doublings);
  return "翻了" + count + "番" + (power == ratio ? "" : "多");
}

ChangeText change_number(const Format& format, const Operand& operand) {
  ChangeText out;
  if (!operand.value || !operand.before) {
    out.missing = true;
    out.instead = k_no_base;
    return out;
  }
  auto equal = [&](std::string_view words) {
    out.instead = words;
    out.equal = true;
    return out;
  };
  Rational difference = *operand.value - *operand.before;
  if (difference.is_zero()) return equal("持平");
  bool percent = is_percent(format, operand);
  auto measure = format.change;
  if (measure == Format::Measure::automatic)
    measure = operand.percent ? Format::Measure::points
              : format.rank || !format.measure.empty() || format.scale != 1 || !format.per_word.empty()
                  ? Format::Measure::difference
                  : Format::Measure::relative;
  bool relative = measure == Format::Measure::relative || measure == Format::Measure::times ||
                  measure == Format::Measure::doublings;
  Rational amount = difference.abs();
  if (format.flat) {
    Rational limit = operand.percent ? *format.flat : *format.flat * operand.before->abs();
    if (!(limit < amount)) return equal("基本持平");
  }
  if (relative && (operand.before->is_zero() || operand.before->is_negative())) return no_relative(*operand.before);
  if (measure == Format::Measure::doublings) {
    out.instead = doublings_text(*operand.value / *operand.before);
    if (!out.instead.empty()) return out;
    measure = Format::Measure::relative;
  }
  int digits = 0;
  std::string unit;
  switch (measure) {
  case Format::Measure::relative:
    amount = amount / *operand.before * Rational(100);
    digits = 1;
    unit = "%";
    break;
  case Format::Measure::times:
    amount = amount / *operand.before;
    digits = 1;
    unit = "倍";
    break;
  case Format::Measure::points:
  case Format::Measure::percent_sign:
  case Format::Measure::plain:
    if (percent) amount = amount * Rational(100);
    digits = operand.decimals;
    if (measure == Format::Measure::points) unit = "个百分点";
    if (measure == Format::Measure::percent_sign) unit = "%";
    break;
  case Format::Measure::per_mille:
    if (percent) amount = amount * Rational(1000);
    digits = operand.decimals;
    unit = "个千分点";
    break;
  default:
    if (percent) amount = amount * Rational(100);
    amount = amount / Rational(format.scale);
    digits = operand.decimals;
    unit = tail_of(format, percent);
    if (format.rank && unit.empty()) unit = "位";
  }
  Format dress = format;
  dress.ordinal = false;
  if (format.vague.bound != Bound::none) {
    dress.scale = 1;
    dress.per = Format::Per::unit;
    dress.per_word.clear();
    if (measure != Format::Measure::difference || percent) {
      dress.scale_word.clear();
      dress.measure = unit;
    }
    if (unit == "%") {
      dress.measure.clear();
      dress.per = Format::Per::none;
    }
    out.number = vague_text(dress, amount, unit == "%");
    return out;
  }
  Decimal rounded = amount.round(format.digits.value_or(digits), format.rounding);
  if (rounded.is_zero()) return equal("基本持平");
  out.number = number_text(rounded, dress) + unit;
  return out;
}

std::string default_verb(const Format& format, const Operand& operand, bool up) {
  const std::string& asked = up ? format.verb_up : format.verb_down;
  if (!asked.empty()) return asked;
  bool points =
      format.change == Format::Measure::points || format.change == Format::Measure::plain ||
      format.change == Format::Measure::percent_sign || format.change == Format::Measure::per_mille ||
      (format.change == Format::Measure::automatic && (operand.percent || format.rank || !format.per_word.empty()));
  if (points) return up ? "上升" : "下降";
  bool difference = format.change == Format::Measure::difference ||
                    (format.change == Format::Measure::automatic && (!format.measure.empty() || format.scale != 1));
  if (difference) return up ? "增加" : "减少";
  return up ? "增长" : "下降";
}

/// 比去年同期 → 与去年同期…; 同比, 与去年同期相比 stay as they are.
std::string equal_text(const Format& format, bool first, const std::string& how) {
  std::string lead = first ? format.phrase : std::string();
  if (!format.object.empty()) return lead + "与" + format.object + how;
  for (std::string_view particle : {"比", "较"})
    if (lead.starts_with(particle)) return "与" + lead.substr(particle.size()) + how;
  return lead + how;
}

std::string change_text(const Format& format, const Operand& operand, bool first, int as_before, int* direction,
                        bool* missing) {
  ChangeText change = change_number(format, operand);
  if (missing && change.missing) *missing = true;
  int towards = direction_of(format, operand);
  if (direction) *direction = change.number.empty() ? 0 : towards;
  if (format.bare && !change.number.empty()) return (towards < 0 ? "-" : "") + change.number;
  if (change.equal) return equal_text(format, first, change.instead);
  std::string lead = first ? format.phrase : std::string();
  if (change.number.empty()) return lead + change.instead;
  if (first && format.respectively) lead += "分别";
  if (first || towards != as_before) lead += default_verb(format, operand, towards > 0) + format.object;
  return lead + change.number;
}

std::string reached_text(const Format& format, const Operand& operand, bool* missing) {
  std::string value = value_text(format, operand.value, operand, missing);
  if (!operand.value || !operand.before) {
    if (missing) *missing = true;
    return value;
  }
  int towards = direction_of(format, operand);
  // Falling from 0.23 to 0.2297 is still a fall, whatever is printed; only the equal stay.
  return format.phrase +
         (towards > 0   ? format.verb_up
          : towards < 0 ? format.verb_down
                        : std::string("保持在")) +
         value;
}

/// 为去年同期的172.44%, 是上年的1.7倍.
std::string ratio_text(const Format& format, const Operand& operand, bool* missing) {
  if (!operand.value || !operand.before || operand.before->is_zero() || operand.before->is_negative()) {
    if (missing) *missing = true;
    return format.phrase +
           (operand.value && operand.before ? no_relative(*operand.before).instead : std::string(k_no_base));
  }
  Rational ratio = *operand.value / *operand.before;
  bool times = format.change == Format::Measure::times;
  Format plain = format;
  plain.scale = 1;
  plain.scale_word.clear();
  plain.measure = times ? "倍" : "";
  plain.per = Format::Per::none;
  Operand share;
  share.value = ratio;
  share.percent = !times;
  share.decimals = 1;
  return (format.bare ? std::string() : format.phrase) + value_text(plain, ratio, share, missing);
}

// --- reaches: further back than one period ---

std::string annual_text(const Format& format, const Operand& operand, bool* missing) {
  int years = static_cast<int>(operand.series.size());
  const auto& start = years > 0 ? operand.series.back() : std::optional<Rational>();
  if (!operand.value || !start || start->is_zero() || start->is_negative() || !(Rational(0) < *operand.value)) {
    if (missing) *missing = true;
    return "年均" + (operand.value && start && start->is_zero() ? std::string("（基数为零）") : std::string(k_no_base));
  }
  Decimal rate = annual_growth_percent(*operand.value / *start, years, format.digits.value_or(1), format.rounding);
  if (rate.is_zero()) return "年均基本持平";
  bool up = Decimal(0) < rate;
  std::string number = number_text(up ? rate : Decimal(0) - rate, format) + "%";
  if (format.bare) return (up ? "" : "-") + number;
  const std::string& asked = up ? format.verb_up : format.verb_down;
  return "年均" + (!asked.empty() ? asked : std::string(up ? "增长" : "下降")) + number;
}

/// 连续5年; one year alone is no series and prints nothing.
std::string streak_text(const Format& format, const Operand& operand, bool* missing) {
  std::vector<std::optional<Rational>> values = {operand.value};
  values.insert(values.end(), operand.series.begin(), operand.series.end());
  auto holds = [&](size_t i) {
    if (!values[i]) return false;
    switch (format.streak) {
    case Format::Streak::none: return values[i]->is_zero();
    case Format::Streak::all: return *values[i] == Rational(1);
    case Format::Streak::met: return meets_target(values[i], operand);
    default: break;
    }
    if (i + 1 >= values.size() || !values[i + 1]) return false;
    bool rose = *values[i + 1] < *values[i], fell = *values[i] < *values[i + 1];
    return (format.streak == Format::Streak::up) != format.rank ? rose : fell;
  };
  size_t years = 0;
  while (years < values.size() && holds(years))
    ++years;
  if (years == 0) {
    if (missing) *missing = true;
    return operand.value ? "（未连续）" : std::string(k_missing);
  }
  return years == 1 ? std::string() : "连续" + std::to_string(years) + "年";
}

/// 提前2个月: the first month by whose end the target was met.
std::string ahead_text(const Format& format, const Operand& operand, bool* missing) {
  for (size_t i = 0; i < operand.series.size(); ++i) {
    if (!meets_target(operand.series[i], operand)) continue;
    size_t ahead = operand.series.size() - 1 - i;
    if (ahead == 0) return "按期";
    Format plain = format;
    plain.measure = "个月";
    plain.ordinal = false;
    return "提前" + number_text(Decimal(static_cast<int64_t>(ahead)), plain) + "个月";
  }
  if (missing) *missing = !operand.value || !operand.target || operand.series.empty();
  return "未能按期";
}

/// 3-4月, 3、5-6月, over years 2022年12月至2023年1月: the months in which the figure is not nought.
std::string months_text(const Operand& operand, bool* missing) {
  if (operand.series.empty() || !operand.first_month) {
    if (missing) *missing = true;
    return std::string(k_missing);
  }
  auto month_at = [&](size_t i) { return base::month_start(*operand.first_month, static_cast<int>(i)); };
  auto happened = [&](size_t i) {
    return i < operand.series.size() && operand.series[i] && !operand.series[i]->is_zero();
  };
  bool over_years = month_at(operand.series.size() - 1).year() != operand.first_month->year();
  std::string out;
  for (size_t i = 0; i < operand.series.size(); ++i) {
    if (!happened(i)) continue;
    size_t last = i;
    while (happened(last + 1))
      ++last;
    auto name = [&](size_t at) {
      auto month = month_at(at);
      return over_years ? fmt::format("{}年{}月", month.year(), month.month()) : std::to_string(month.month());
    };
    if (!out.empty()) out += "、";
    out += name(i);
    if (last > i) out += (over_years ? "至" : "-") + name(last);
    i = last;
  }
  if (out.empty()) return "（未发生）";
  return over_years ? out : out + "月";
}

} // namespace

int direction_of(const Format& format, const Operand& operand) {
  if (!operand.value || !operand.before || *operand.value == *operand.before) return 0;
  return (*operand.before < *operand.value) != format.rank ? 1 : -1;
}

bool meets_target(const std::optional<Rational>& value, const Operand& operand) {
  if (!value || !operand.target) return false;
  return operand.lower_is_better ? !(*operand.target < *value) : !(*value < *operand.target);
}

Decimal annual_growth_percent(const Rational& ratio, int years, int digits, Rounding rounding) {
  // (1 + r)^years against ratio, r = k / 10^(digits+2): floor of |r| by bisection over whole k, then the half above it.
  int64_t unit = 100;
  for (int i = 0; i < digits; ++i)
    unit *= 10;
  auto compare = [&](int64_t top, int64_t bottom) { // (top / bottom)^years against ratio
    BigNumber left(static_cast<unsigned __int128>(ratio.denominator())),
        right(static_cast<unsigned __int128>(ratio.numerator()));
    for (int i = 0; i < years; ++i) {
      left.multiply(static_cast<uint64_t>(top));
      right.multiply(static_cast<uint64_t>(bottom));
    }
    return left.compare(right);
  };
  bool up = !(ratio < Rational(1));
  // The largest k for which the rate does not go beyond the true one.
  int64_t low = 0, high = up ? unit : unit + 1;
  if (up)
    while (compare(unit + high, unit) <= 0 && high < INT64_MAX / 8)
      high *= 2;
  while (high - low > 1) {
    int64_t middle = low + (high - low) / 2;
    bool within = up ? compare(unit + middle, unit) <= 0 : middle <= unit && compare(unit - middle, unit) >= 0;
    (within ? low : high) = middle;
  }
  if (rounding == Rounding::half_up) {
    int order = compare(2 * unit + (up ? 2 * low + 1 : -(2 * low + 1)), 2 * unit);
    if (up ? order <= 0 : order >= 0) ++low;
  }
  return Decimal::from_parts(up ? low : -low, digits);
}

std::string figure_text(const Format& format, const Operand& operand, bool* value_missing) {
  switch (format.show) {
  case Format::Show::change: return change_text(format, operand, true, 0, nullptr, value_missing);
  case Format::Show::reached: return reached_text(format, operand, value_missing);
  case Format::Show::base_value: return value_text(format, operand.before, operand, value_missing);
  case Format::Show::ratio: return ratio_text(format, operand, value_missing);
  case Format::Show::annual: return annual_text(format, operand, value_missing);
  case Format::Show::streak: return streak_text(format, operand, value_missing);
  case Format::Show::ahead: return ahead_text(format, operand, value_missing);
  case Format::Show::months: return months_text(operand, value_missing);
  case Format::Show::value: break;
  }
  return value_text(format, operand.value, operand, value_missing);
}

std::string figure_text_following(const Format& format, const Operand& operand, int as_before, int* direction,
                                  bool* value_missing) {
  if (format.show == Format::Show::change)
    return change_text(format, operand, false, as_before, direction, value_missing);
  Format later = format;
  if (format.unit_once) later.ordinal = false; // 第3、5、6名
  return figure_text(later, operand, value_missing);
}

std::string chinese_numerals(int64_t value) {
  static constexpr std::array<std::string_view, 10> k_digits = {"零", "一", "二", "三", "四",
                                                                "五", "六", "七", "八", "九"};
  static constexpr std::array<std::string_view, 4> k_places = {"", "十", "百", "千"};
  static constexpr std::array<std::string_view, 4> k_groups = {"", "万", "亿", "万亿"};
  if (value == 0) return std::string(k_digits[0]);
  if (value < 0 || value > 9'999'999'999'999'999) return std::to_string(value);
  std::string out;
  bool gap = false; // a zero to be read before the next digit
  for (int group = 3; group >= 0; --group) {
    int64_t size = 1;
    for (int i = 0; i < group; ++i)
      size *= 10'000;
    auto four = static_cast<int>(value / size % 10'000);
    if (four == 0) {
      gap = gap || !out.empty();
      continue;
    }
    for (int place = 3; place >= 0; --place) {
      int unit = place == 3 ? 1000 : place == 2 ? 100 : place == 1 ? 10 : 1;
      int digit = four / unit % 10;
      if (digit == 0) {
        gap = gap || !out.empty();
        continue;
      }
      if (gap) out += k_digits[0];
      gap = false;
      if (!(digit == 1 && place == 1 && out.empty())) out += k_digits[static_cast<size_t>(digit)]; // 十二, not 一十二
      out += k_places[static_cast<size_t>(place)];
    }
    out += k_groups[static_cast<size_t>(group)];
    gap = false;
  }
  return out;
}

} // namespace xinglin::document
