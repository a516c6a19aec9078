#include "lib/fhirpath/quantity.h"

#include "lib/base/issue.h"
#include "lib/fhirpath/ast.h"

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

namespace xinglin::fhirpath {
namespace {

using base::Rational;

/// A unit as a factor over base units: base value = (value + offset) × factor.
struct Unit {
  Rational factor = 1;
  Rational offset = 0;                                      ///< of temperatures only
  std::vector<std::pair<std::string_view, int>> dimensions; ///< sorted by base unit, exponents not zero
};

struct Atom {
  std::string_view code;
  bool metric;            ///< takes prefixes
  std::string_view value; ///< times
  std::string_view unit;  ///< this; empty for a base unit
};

// UCUM 2.1 tables 2-6 and the customary and clinical units that health records use.
constexpr Atom k_atoms[] = {
    {"m", true, "1", ""},
    {"s", true, "1", ""},
    {"g", true, "1", ""},
    {"rad", true, "1", ""},
    {"K", true, "1", ""},
    {"C", true, "1", ""},
    {"cd", true, "1", ""},
    {"10*", false, "10", "1"},
    {"10^", false, "10", "1"},
    {"%", false, "0.01", "1"},
    {"[ppth]", false, "0.001", "1"},
    {"[ppm]", false, "0.000001", "1"},
    {"[ppb]", false, "0.000000001", "1"},
    {"[pi]", false, "3.141592653589793", "1"},
    {"mol", true, "6.0221367", "10*23"},
    {"sr", true, "1", "rad2"},
    {"Hz", true, "1", "s-1"},
    {"N", true, "1", "kg.m/s2"},
    {"Pa", true, "1", "N/m2"},
    {"J", true, "1", "N.m"},
    {"W", true, "1", "J/s"},
    {"A", true, "1", "C/s"},
    {"V", true, "1", "J/C"},
    {"F", true, "1", "C/V"},
    {"Ohm", true, "1", "V/A"},
    {"S", true, "1", "Ohm-1"},
    {"Wb", true, "1", "V.s"},
    {"T", true, "1", "Wb/m2"},
    {"H", true, "1", "Wb/A"},
    {"lm", true, "1", "cd.sr"},
    {"lx", true, "1", "lm/m2"},
    {"Bq", true, "1", "s-1"},
    {"Gy", true, "1", "J/kg"},
    {"Sv", true, "1", "J/kg"},
    {"gon", false, "0.9", "deg"},
    {"deg", false, "0.01745329251994330", "rad"},
    {"l", true, "1", "dm3"},
    {"L", true, "1", "dm3"},
    {"ar", true, "100", "m2"},
    {"min", false, "60", "s"},
    {"h", false, "60", "min"},
    {"d", false, "24", "h"},
    {"wk", false, "7", "d"},
    {"a_j", false, "365.25", "d"},
    {"a", false, "365.25", "d"},
    {"mo_j", false, "30.4375", "d"},
    {"mo", false, "30.4375", "d"},
    {"t", true, "1000", "kg"},
    {"bar", true, "100000", "Pa"},
    {"u", true, "1.6605402", "10*-24.g"},
    {"cal", true, "4.184", "J"},
    {"[Cal]", false, "1", "kcal"},
    {"m[Hg]", true, "133.3220", "kPa"},
    {"m[H2O]", true, "9.80665", "kPa"},
    {"kat", true, "1", "mol/s"},
    {"U", true, "1", "umol/min"},
    {"eq", true, "1", "mol"},
    {"osm", true, "1", "mol"},
    {"g%", true, "1", "g/dl"},
    {"Ci", true, "37000000000", "Bq"},
    {"[in_i]", false, "2.54", "cm"},
    {"[ft_i]", false, "12", "[in_i]"},
    {"[yd_i]", false, "3", "[ft_i]"},
    {"[mi_i]", false, "5280", "[ft_i]"},
    {"[gr]", false, "64.79891", "mg"},
    {"[lb_av]", false, "7000", "[gr]"},
    {"[oz_av]", false, "437.5", "[gr]"},
    {"[stone_av]", false, "14", "[lb_av]"},
    {"[drp]", false, "0.05", "ml"},
    {"[gal_us]", false, "231", "[in_i]3"},
    {"[pt_us]", false, "28.875", "[in_i]3"},
    {"[foz_us]", false, "1.8046875", "[in_i]3"},
    {"[tbs_us]", false, "0.90234375", "[in_i]3"},
    {"[HPF]", false, "1", "1"},
    {"[LPF]", false, "100", "1"},
    {"dyn", true, "1", "g.cm/s2"},
    {"P", true, "1", "dyn.s/cm2"},
    {"R", true, "0.000258", "C/kg"},
};

// Units of a procedure: comparable with themselves alone.
constexpr std::string_view k_arbitrary[] = {"[iU]", "[IU]",    "[arb'U]", "[CFU]", "[PFU]",
                                            "[pH]", "[USP'U]", "[AU]",    "[BAU]"};

struct Prefix {
  std::string_view code;
  int exponent;
};
constexpr Prefix k_prefixes[] = {{"da", 1}, {"Y", 24},  {"Z", 21},  {"E", 18},  {"P", 15},  {"T", 12}, {"G", 9},
                                 {"M", 6},  {"k", 3},   {"h", 2},   {"d", -1},  {"c", -2},  {"m", -3}, {"u", -6},
                                 {"n", -9}, {"p", -12}, {"f", -15}, {"a", -18}, {"z", -21}, {"y", -24}};

Rational power_of_ten(int exponent) {
  base::Int128 power = 1;
  for (int i = 0; i < (exponent < 0 ? -exponent : exponent); ++i)
    power *= 10;
  return exponent < 0 ? Rational::of(1, power) : Rational::of(power, 1);
}

void multiply(Unit& into, const Unit& by, int exponent) {
  for (int i = 0; i < (exponent < 0 ? -exponent : exponent); ++i)
    into.factor = exponent < 0 ? into.factor / by.factor : into.factor * by.factor;
  for (const auto& [unit, power] : by.dimensions) {
    const auto at = std::lower_bound(into.dimensions.begin(), into.dimensions.end(), unit,
                                     [](const auto& entry, std::string_view key) { return entry.first < key; });
    if (at != into.dimensions.end() && at->first == unit) {
      at->second += power * exponent;
      if (at->second == 0) into.dimensions.erase(at);
    } else {
      into.dimensions.insert(at, {unit, power * exponent});
    }
  }
}

constexpr int k_unit_depth_max = 16;
constexpr size_t k_unit_size_max = 256;

class UnitParser {
public:
  explicit UnitParser(std::string_view text, int depth = 0) : m_text(text), m_depth(depth) {}

  std::optional<Unit> run() {
    if (m_text.empty() || m_text.size() > k_unit_size_max || m_depth > k_unit_depth_max) return {};
    Unit unit;
    if (!term(unit, 1) || m_at != m_text.size()) return {};
    return unit;
  }

private:
  char peek() const { return m_at < m_text.size() ? m_text[m_at] : '\0'; }

  bool term(Unit& into, int sign) {
    if (++m_depth > k_unit_depth_max) return false;
    int next = sign;
    if (peek() == '/') {
      ++m_at;
      next = -sign;
    }
    while (true) {
      if (!component(into, next)) return false;
      if (peek() == '.') {
        next = sign;
      } else if (peek() == '/') {
        next = -sign;
      } else {
        --m_depth;
        return true;
      }
      ++m_at;
    }
  }

  bool component(Unit& into, int sign) {
    if (peek() == '(') {
      ++m_at;
      if (!term(into, sign) || peek() != ')') return false;
      ++m_at;
      return true;
    }
    if (peek() == '{') return annotation();
    const size_t start = m_at;
    int bracket = 0;
    while (m_at < m_text.size()) {
      const char c = m_text[m_at];
      if (c == '[') ++bracket;
      if (c == ']') --bracket;
      if (bracket == 0 && (c == '.' || c == '/' || c == '(' || c == ')' || c == '{')) break;
      ++m_at;
    }
    std::string_view code = m_text.substr(start, m_at - start);
    if (peek() == '{' && !annotation()) return false;
    if (code.empty()) return false;
    // 1. A plain number.
    if (std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      const auto value = base::Decimal::parse(code);
      if (!value) return false;
      Unit number;
      number.factor = Rational(*value);
      if (number.factor.is_zero()) return false;
      multiply(into, number, sign);
      return true;
    }
    // 2. The exponent at the end.
    size_t digits = code.size();
    while (digits > 0 && code[digits - 1] >= '0' && code[digits - 1] <= '9')
      --digits;
    int exponent = 1;
    if (digits < code.size() && digits > 0 && code.size() - digits <= 2) {
      exponent = 0;
      for (const char c : code.substr(digits))
        exponent = exponent * 10 + (c - '0');
      if (code[digits - 1] == '-' || code[digits - 1] == '+') {
        if (code[digits - 1] == '-') exponent = -exponent;
        --digits;
      }
      code = code.substr(0, digits);
    }
    // 3. The unit, with or without a prefix.
    std::optional<Unit> unit = atom(code, false);
    if (!unit) {
      for (const auto& prefix : k_prefixes) {
        if (code.size() <= prefix.code.size() || code.substr(0, prefix.code.size()) != prefix.code) continue;
        unit = atom(code.substr(prefix.code.size()), true);
        if (!unit) continue;
        unit->factor = unit->factor * power_of_ten(prefix.exponent);
        break;
      }
    }
    if (!unit) return false;
    if (code == m_text && exponent == 1 && sign == 1) into.offset = unit->offset;
    multiply(into, *unit, exponent * sign);
    return true;
  }

  bool annotation() {
    const size_t end = m_text.find('}', m_at);
    if (end == std::string_view::npos) return false;
    m_at = end + 1;
    return true;
  }

  std::optional<Unit> atom(std::string_view code, bool prefixed) const {
    Unit unit;
    if (!prefixed && (code == "Cel" || code == "[degF]")) {
      unit.dimensions = {{"K", 1}};
      unit.offset = code == "Cel" ? Rational::of(27315, 100) : Rational::of(45967, 100);
      if (code == "[degF]") unit.factor = Rational::of(5, 9);
      return unit;
    }
    for (const auto known : k_arbitrary) {
      if (known != code) continue;
      unit.dimensions = {{known == "[iU]" ? "[IU]" : known, 1}};
      return unit;
    }
    for (const auto& known : k_atoms) {
      if (known.code != code || (prefixed && !known.metric)) continue;
      if (known.unit.empty()) {
        unit.dimensions = {{known.code, 1}};
      } else if (known.unit != "1") {
        auto inner = UnitParser(known.unit, m_depth + 1).run();
        if (!inner) return {};
        unit = std::move(*inner);
      }
      unit.factor = unit.factor * Rational(*base::Decimal::parse(known.value));
      return unit;
    }
    return {};
  }

  std::string_view m_text;
  size_t m_at = 0;
  int m_depth;
};

std::optional<Unit> parse_unit(std::string_view code) {
  try {
    return UnitParser(code).run();
  } catch (const base::Refused&) { // the factor does not fit: not convertible
    return {};
  }
}

bool is_long_calendar(const QuantityValue& q) {
  return q.calendar && (q.unit == "year" || q.unit == "month");
}
bool is_long_ucum(const QuantityValue& q) {
  return !q.calendar && (q.unit == "a" || q.unit == "mo");
}

/// Does one speak of calendar years or months and the other not?
bool mixes_years(const QuantityValue& a, const QuantityValue& b) {
  if (is_long_calendar(a) == is_long_calendar(b)) return false;
  const QuantityValue& other = is_long_calendar(a) ? b : a;
  return !(other.calendar_too && is_long_ucum(other));
}

/// Both in base units; empty when they have none in common.
std::optional<std::pair<Rational, Rational>> in_base_units(const QuantityValue& a, const QuantityValue& b) {
  if (a.calendar && b.calendar && is_long_calendar(a) && is_long_calendar(b)) { // months
    return std::pair{Rational(a.value) * Rational(a.unit == "year" ? 12 : 1),
                     Rational(b.value) * Rational(b.unit == "year" ? 12 : 1)};
  }
  const auto left = parse_unit(ucum_code(a));
  const auto right = parse_unit(ucum_code(b));
  if (!left || !right || left->dimensions != right->dimensions) return {};
  try {
    return std::pair{(Rational(a.value) + left->offset) * left->factor,
                     (Rational(b.value) + right->offset) * right->factor};
  } catch (const base::Refused&) {
    return {};
  }
}

std::strong_ordering order(const Rational& a, const Rational& b) {
  if (a == b) return std::strong_ordering::equal;
  return a < b ? std::strong_ordering::less : std::strong_ordering::greater;
}

std::strong_ordering order(const base::Decimal& a, const base::Decimal& b) {
  if (a == b) return std::strong_ordering::equal;
  return a < b ? std::strong_ordering::less : std::strong_ordering::greater;
}

} // namespace

std::string_view ucum_code(const QuantityValue& quantity) {
  if (!quantity.calendar) return quantity.unit;
  if (quantity.unit == "year") return "a";
  if (quantity.unit == "month") return "mo";
  if (quantity.unit == "week") return "wk";
  if (quantity.unit == "day") return "d";
  if (quantity.unit == "hour") return "h";
  if (quantity.unit == "minute") return "min";
  if (quantity.unit == "second") return "s";
  return "ms";
}

std::string_view calendar_unit(const QuantityValue& quantity) {
  if (quantity.calendar) return quantity.unit;
  if (const auto word = calendar_word(quantity.unit); !word.empty()) return word; // 1 'month'
  if (quantity.calendar_too && quantity.unit == "a") return "year";
  if (quantity.calendar_too && quantity.unit == "mo") return "month";
  if (quantity.unit == "wk") return "week";
  if (quantity.unit == "d") return "day";
  if (quantity.unit == "h") return "hour";
  if (quantity.unit == "min") return "minute";
  if (quantity.unit == "s") return "second";
  if (quantity.unit == "ms") return "millisecond";
  return {};
}

std::optional<std::strong_ordering> compare(const QuantityValue& a, const QuantityValue& b) {
  if (a.unit == b.unit && a.calendar == b.calendar) return order(a.value, b.value);
  // A calendar year or month has no fixed length.
  if (mixes_years(a, b)) return {};
  const auto both = in_base_units(a, b);
  if (!both) return {};
  return order(both->first, both->second);
}

size_t hash(const QuantityValue& quantity) {
  const auto of_text = [](const std::string& text) { return std::hash<std::string>()(text); };
  try {
    if (is_long_calendar(quantity)) {
      const Rational months = Rational(quantity.value) * Rational(quantity.unit == "year" ? 12 : 1);
      return of_text(months.to_decimal().normalized().to_string() + " months");
    }
    const auto unit = parse_unit(ucum_code(quantity));
    if (!unit) return of_text(quantity.value.normalized().to_string() + std::string(quantity.unit));
    const Rational value = (Rational(quantity.value) + unit->offset) * unit->factor;
    std::string dimensions;
    for (const auto& [name, power] : unit->dimensions)
      dimensions += std::string(name) + std::to_string(power);
    return of_text(value.to_decimal().normalized().to_string() + dimensions);
  } catch (const base::Refused&) {
    return 0;
  }
}

bool comparable(const QuantityValue& a, const QuantityValue& b) {
  return (a.unit == b.unit && a.calendar == b.calendar) || in_base_units(a, b).has_value();
}

std::optional<base::Decimal> value_in(const QuantityValue& a, const QuantityValue& b) {
  if (a.unit == b.unit && a.calendar == b.calendar) return a.value;
  try {
    if (is_long_calendar(a) && is_long_calendar(b)) { // year ↔ month
      const Rational months = Rational(a.value) * Rational(a.unit == "year" ? 12 : 1);
      return (months / Rational(b.unit == "year" ? 12 : 1)).to_decimal().normalized();
    }
    if (mixes_years(a, b)) return {};
    const auto from = parse_unit(ucum_code(a));
    const auto to = parse_unit(ucum_code(b));
    if (!from || !to || from->dimensions != to->dimensions) return {};
    return ((Rational(a.value) + from->offset) * from->factor / to->factor - to->offset).to_decimal().normalized();
  } catch (const base::Refused&) {
    return {};
  }
}

std::optional<base::Decimal> ratio(const QuantityValue& a, const QuantityValue& b) {
  try {
    if (a.unit == b.unit && a.calendar == b.calendar) return (Rational(a.value) / Rational(b.value)).to_decimal();
    if (mixes_years(a, b)) return {};
    const auto both = in_base_units(a, b);
    if (!both || both->second.is_zero()) return {};
    return (both->first / both->second).to_decimal();
  } catch (const base::Refused&) {
    return {};
  }
}

bool is_finer(const QuantityValue& a, const QuantityValue& b) {
  const auto left = parse_unit(ucum_code(a));
  const auto right = parse_unit(ucum_code(b));
  return left && right && left->factor < right->factor;
}

bool equivalent(const QuantityValue& a, const QuantityValue& b) {
  const int digits = std::min({a.value.scale(), b.value.scale(), 18});
  if ((is_long_calendar(a) && is_long_ucum(b)) || (is_long_ucum(a) && is_long_calendar(b))) {
    if (ucum_code(a) != ucum_code(b)) return false;
    return Rational(a.value).round(digits) == Rational(b.value).round(digits);
  }
  if (a.unit == b.unit && a.calendar == b.calendar)
    return Rational(a.value).round(digits) == Rational(b.value).round(digits);
  // In the unit of the less precisely written one, to its last digit.
  const bool first_is_finer = [&] {
    const auto unit_a = parse_unit(ucum_code(a));
    const auto unit_b = parse_unit(ucum_code(b));
    if (!unit_a || !unit_b) return false;
    try {
      return unit_a->factor * power_of_ten(-a.value.scale()) < unit_b->factor * power_of_ten(-b.value.scale());
    } catch (const base::Refused&) {
      return false;
    }
  }();
  const QuantityValue& fine = first_is_finer ? a : b;
  const QuantityValue& coarse = first_is_finer ? b : a;
  const auto value = value_in(fine, coarse);
  if (!value) return false;
  try {
    const int scale = std::min(coarse.value.scale(), 18);
    return Rational(*value).round(scale) == Rational(coarse.value).round(scale);
  } catch (const base::Refused&) {
    return false;
  }
}

std::string product_unit(std::string_view a, std::string_view b) {
  if (a == "1") return std::string(b);
  if (b == "1") return std::string(a);
  return std::string(a) + "." + std::string(b);
}

std::string quotient_unit(std::string_view a, std::string_view b) {
  if (a == b) return "1";
  if (b == "1") return std::string(a);
  const bool compound = b.find_first_of("./") != std::string_view::npos;
  std::string out = a == "1" ? std::string() : std::string(a);
  out += '/';
  return compound ? out + "(" + std::string(b) + ")" : out + std::string(b);
}

std::string to_text(const QuantityValue& quantity) {
  std::string out = quantity.value.to_string() + " ";
  if (!quantity.calendar) return out + "'" + std::string(quantity.unit) + "'";
  out += quantity.unit;
  if (!(quantity.value == base::Decimal(1))) out += 's';
  return out;
}

std::optional<QuantityValue> parse_quantity(std::string_view text) {
  size_t end = 0;
  if (end < text.size() && (text[end] == '+' || text[end] == '-')) ++end;
  while (end < text.size() && ((text[end] >= '0' && text[end] <= '9') || text[end] == '.'))
    ++end;
  std::string_view number = text.substr(0, end);
  if (!number.empty() && number[0] == '+') number.remove_prefix(1);
  const auto value = base::Decimal::parse(number);
  if (!value) return {};
  std::string_view rest = text.substr(end);
  if (rest.empty()) return QuantityValue{*value, "1", false};
  size_t blank = 0;
  while (blank < rest.size() && (rest[blank] == ' ' || rest[blank] == '\t'))
    ++blank;
  rest.remove_prefix(blank);
  if (rest.size() >= 2 && rest.front() == '\'' && rest.back() == '\'') {
    const std::string_view unit = rest.substr(1, rest.size() - 2);
    if (unit.empty() || unit.find('\'') != std::string_view::npos) return {};
    return QuantityValue{*value, unit, false};
  }
  if (blank == 0) return {};
  const std::string_view word = calendar_word(rest);
  if (word.empty()) return {};
  return QuantityValue{*value, word, true};
}

} // namespace xinglin::fhirpath
