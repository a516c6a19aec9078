#include "server/document/figure_text.h"

#include <array>

namespace xinglin::document {

namespace {

using base::Decimal;
using base::Rational;
using base::Rounding;

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
  if (format.in_words && value.scale() == 0 && !(value < Decimal(0)) && value < Decimal(10'000'000'000'000'000)) {
    auto whole = static_cast<int64_t>(value.coefficient());
    if (whole == 2 && !format.measure.empty() && format.scale == 1) return "两"; // 两个, but 第二
    return chinese_numerals(whole);
  }
  std::string digits = value.to_string();
  // -0.04 rounded to one digit is no longer negative.
  if (value.is_zero() && digits.starts_with("-")) digits.erase(0, 1);
  return format.thousands ? with_thousands(std::move(digits)) : digits;
}

std::string unit_text(const Format& format, bool percent) {
  if (percent) return "%";
  return format.per == Format::Per::unit ? format.per_word : std::string();
}

/// The step a vague quantity is cut to when the template does not say: the second figure of a long number (2345 → 2300
/// 余), tens of a short one, whole ones of 万 and 亿 and of per cent.
Rational vague_step(const Format& format, const Rational& value, bool percent) {
  if (format.vague_step) return *format.vague_step;
  if (format.scale != 1 || percent || value < Rational(10)) return 1;
  int length = static_cast<int>(value.round(0, Rounding::truncate).to_string().size());
  return power_of_ten(std::max(length - 2, 1));
}

std::string vague_text(const Format& format, const Rational& value, bool percent) {
  std::string unit = unit_text(format, percent);
  auto plain = [&](const Decimal& number) {
    return number_text(number, format) + format.scale_word + format.measure + unit;
  };
  if (format.vague == Vague::about || format.vague == Vague::around) {
    std::string text = plain(value.round(format.digits.value_or(0), format.rounding));
    return format.vague == Vague::about ? "约" + text : text + "左右";
  }
  if (value.is_negative()) return plain(value.round(format.digits.value_or(0), format.rounding));
  Rational step = vague_step(format, value, percent);
  Rational cut = format.vague == Vague::near ? ceil_to(value, step) : floor_to(value, step);
  Decimal number = cut.round(0);
  std::string digits = number_text(number, format);
  if (format.vague == Vague::at_least) return digits + format.scale_word + format.measure + unit + "以上";
  // Exact, or smaller than one step: the word would not be true.
  if (cut == value) return plain(number);
  if (cut.is_zero()) return plain(value.round(format.digits.value_or(0), format.rounding));
  if (format.vague == Vague::near) return "近" + digits + format.scale_word + format.measure + unit;
  if (format.vague == Vague::over) return "超过" + digits + format.scale_word + format.measure + unit;
  // 20余万元 when tens are left out, 25万余份 when only the rest of the 万 is.
  bool before_scale = step == Rational(1) ? format.scale_word.empty() : true;
  return digits + (before_scale ? "余" + format.scale_word : format.scale_word + "余") + format.measure + unit;
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
  if (percent) value = value * Rational(100);
  if (format.scale != 1) value = value / Rational(format.scale);
  if (format.vague != Vague::none) return vague_text(format, value, percent);
  return number_text(value.round(format.digits.value_or(operand.decimals), format.rounding), format) +
         format.scale_word + format.measure + unit_text(format, percent);
}

struct ChangeText {
  std::string number;  ///< "16.4%", "12间"; empty when there is none to print
  std::string instead; ///< what is printed in place of verb and number
  bool missing = false;
};

constexpr std::string_view k_no_base = "（无可比数据）";

ChangeText change_number(const Format& format, const Operand& operand) {
  ChangeText out;
  if (!operand.value || !operand.before) {
    out.missing = true;
    out.instead = k_no_base;
    return out;
  }
  Rational difference = *operand.value - *operand.before;
  if (difference.is_zero()) {
    out.instead = "持平";
    return out;
  }
  bool percent = is_percent(format, operand);
  auto measure = format.change;
  if (measure == Format::Measure::automatic)
    measure = operand.percent                                                            ? Format::Measure::points
              : !format.measure.empty() || format.scale != 1 || !format.per_word.empty() ? Format::Measure::difference
                                                                                         : Format::Measure::relative;
  bool relative = measure == Format::Measure::relative || measure == Format::Measure::times;
  if (relative && (operand.before->is_zero() || operand.before->is_negative())) {
    // Growth from nothing has no rate; saying so is better than a number that means nothing.
    out.missing = true;
    out.instead = operand.before->is_zero() ? "（基数为零）" : "（基数为负）";
    return out;
  }
  Rational amount = difference.abs();
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
  default:
    if (percent) amount = amount * Rational(100);
    amount = amount / Rational(format.scale);
    digits = operand.decimals;
    unit = format.scale_word + format.measure + unit_text(format, percent);
  }
  if (format.vague != Vague::none) {
    Format plain = format;
    plain.scale = 1;
    if (relative) plain.scale_word = plain.measure = "";
    plain.per = Format::Per::unit;
    plain.per_word = relative || measure == Format::Measure::points ? unit : unit_text(format, percent);
    out.number = vague_text(plain, amount, unit == "%");
    return out;
  }
  Decimal rounded = amount.round(format.digits.value_or(digits), format.rounding);
  if (rounded.is_zero()) {
    out.instead = "基本持平";
    return out;
  }
  out.number = number_text(rounded, format) + unit;
  return out;
}

std::string default_verb(const Format& format, const Operand& operand, bool up) {
  const std::string& asked = up ? format.verb_up : format.verb_down;
  if (!asked.empty()) return asked;
  bool points = format.change == Format::Measure::points || format.change == Format::Measure::plain ||
                format.change == Format::Measure::percent_sign ||
                (format.change == Format::Measure::automatic && operand.percent);
  if (points) return up ? "上升" : "下降";
  bool difference = format.change == Format::Measure::difference ||
                    (format.change == Format::Measure::automatic && (!format.measure.empty() || format.scale != 1));
  if (difference) return up ? "增加" : "减少";
  return up ? "增长" : "下降";
}

/// 比去年同期 → 与去年同期…; 同比 stays as it is.
std::string equal_text(const std::string& phrase, const std::string& how) {
  for (std::string_view particle : {"比", "较"})
    if (phrase.starts_with(particle)) return "与" + phrase.substr(particle.size()) + how;
  return phrase + how;
}

std::string change_text(const Format& format, const Operand& operand, bool first, int as_before, int* direction,
                        bool* missing) {
  ChangeText change = change_number(format, operand);
  if (missing && change.missing) *missing = true;
  int towards = direction_of(operand);
  if (direction) *direction = change.number.empty() ? 0 : towards;
  if (format.bare && !change.number.empty()) return (towards < 0 ? "-" : "") + change.number;
  std::string lead = first ? format.phrase : std::string();
  if (change.number.empty()) return change.missing ? lead + change.instead : equal_text(lead, change.instead);
  if (first && format.respectively) lead += "分别";
  if (first || towards != as_before) lead += default_verb(format, operand, towards > 0);
  return lead + change.number;
}

std::string reached_text(const Format& format, const Operand& operand, bool* missing) {
  std::string value = value_text(format, operand.value, operand, missing);
  if (!operand.value || !operand.before) {
    if (missing) *missing = true;
    return value;
  }
  int towards = direction_of(operand);
  // Falling from 0.23 to 0.2297 is still a fall, whatever is printed; only the equal stay.
  return format.phrase +
         (towards > 0   ? format.verb_up
          : towards < 0 ? format.verb_down
                        : std::string("保持在")) +
         value;
}

} // namespace

int direction_of(const Operand& operand) {
  if (!operand.value || !operand.before || *operand.value == *operand.before) return 0;
  return *operand.before < *operand.value ? 1 : -1;
}

std::string figure_text(const Format& format, const Operand& operand, bool* value_missing) {
  switch (format.show) {
  case Format::Show::change: return change_text(format, operand, true, 0, nullptr, value_missing);
  case Format::Show::reached: return reached_text(format, operand, value_missing);
  case Format::Show::base_value: return value_text(format, operand.before, operand, value_missing);
  case Format::Show::value: break;
  }
  return value_text(format, operand.value, operand, value_missing);
}

std::string figure_text_following(const Format& format, const Operand& operand, int as_before, int* direction,
                                  bool* value_missing) {
  if (format.show == Format::Show::change)
    return change_text(format, operand, false, as_before, direction, value_missing);
  return figure_text(format, operand, value_missing);
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
