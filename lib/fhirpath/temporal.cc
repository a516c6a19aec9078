#include "lib/fhirpath/temporal.h"

#include <algorithm>
#include <array>
#include <functional>

namespace xinglin::fhirpath {
namespace {

constexpr int64_t k_nanos_per_second = 1'000'000'000;
/// Zones in use reach from UTC-12 to UTC+14 (R4 and the boundary functions assume so).
constexpr int64_t k_zone_span_seconds = 26 * 3600;

class Reader {
public:
  explicit Reader(std::string_view text) : m_text(text) {}
  bool done() const { return m_at == m_text.size(); }
  char peek() const { return done() ? '\0' : m_text[m_at]; }
  bool take(char c) {
    if (peek() != c) return false;
    ++m_at;
    return true;
  }
  /// Exactly `count` digits within [low, high].
  template <typename Number> bool number(int count, int low, int high, Number& out) {
    int value = 0;
    for (int i = 0; i < count; ++i, ++m_at) {
      if (peek() < '0' || peek() > '9') return false;
      value = value * 10 + (peek() - '0');
    }
    out = static_cast<Number>(value);
    return value >= low && value <= high;
  }

private:
  std::string_view m_text;
  size_t m_at = 0;
};

bool read_time(Reader& in, Moment& out) {
  if (!in.number(2, 0, 23, out.hours)) return false;
  out.precision = Moment::hour;
  if (!in.take(':')) return true;
  if (!in.number(2, 0, 59, out.minutes)) return false;
  out.precision = Moment::minute;
  if (!in.take(':')) return true;
  if (!in.number(2, 0, 60, out.seconds)) return false;
  out.precision = Moment::second;
  if (!in.take('.')) return true;
  int digits = 0;
  int32_t scale = static_cast<int32_t>(k_nanos_per_second);
  for (; in.peek() >= '0' && in.peek() <= '9'; ++digits) {
    int digit = 0;
    in.number(1, 0, 9, digit);
    scale /= 10;
    out.nanoseconds += digit * scale; // digits beyond the ninth add nothing
  }
  out.fraction_digits = static_cast<int8_t>(std::min(digits, 9));
  return digits > 0;
}

bool read_zone(Reader& in, Moment& out) {
  if (in.take('Z')) {
    out.has_zone = true;
    return true;
  }
  const char sign = in.peek();
  if (sign != '+' && sign != '-') return true;
  in.take(sign);
  int hours = 0;
  int minutes = 0;
  if (!in.number(2, 0, 14, hours) || !in.take(':') || !in.number(2, 0, 59, minutes) || hours * 60 + minutes > 14 * 60)
    return false;
  out.has_zone = true;
  out.zone_minutes = static_cast<int16_t>((hours * 60 + minutes) * (sign == '-' ? -1 : 1));
  return true;
}

int64_t local_seconds(const Moment& m) {
  const int64_t days = base::Date::from_civil(m.years, m.months, m.days).value_or(base::Date()).days();
  return ((days * 24 + m.hours) * 60 + m.minutes) * 60 + m.seconds;
}

void set_seconds(Moment& m, int64_t seconds) {
  int64_t days = seconds / 86400;
  int64_t rest = seconds % 86400;
  if (rest < 0) {
    rest += 86400;
    --days;
  }
  const auto date = base::Date::from_days(static_cast<int32_t>(days));
  m.years = static_cast<int16_t>(date.year());
  m.months = static_cast<int8_t>(date.month());
  m.days = static_cast<int8_t>(date.day());
  m.hours = static_cast<int8_t>(rest / 3600);
  m.minutes = static_cast<int8_t>(rest / 60 % 60);
  m.seconds = static_cast<int8_t>(rest % 60);
}

std::optional<std::strong_ordering> compare_parts(const Moment& a, const Moment& b) {
  const std::array<int64_t, 6> left = {a.years, a.months,  a.days,
                                       a.hours, a.minutes, a.seconds * k_nanos_per_second + a.nanoseconds};
  const std::array<int64_t, 6> right = {b.years, b.months,  b.days,
                                        b.hours, b.minutes, b.seconds * k_nanos_per_second + b.nanoseconds};
  const int first = a.kind == TemporalKind::time ? Moment::hour : Moment::year;
  const int last = std::min(a.precision, b.precision);
  for (int part = first; part <= last; ++part) {
    const auto order = left[static_cast<size_t>(part - 1)] <=> right[static_cast<size_t>(part - 1)];
    if (order != 0) return order;
  }
  if (a.precision != b.precision) return {};
  return std::strong_ordering::equal;
}

int days_in_month(int year, int month) {
  const auto first = base::Date::from_civil(year, month, 1);
  return base::month_start(*first, 1) - *first;
}

void append_padded(std::string& out, int value, size_t width) {
  const std::string digits = std::to_string(value);
  out.append(width > digits.size() ? width - digits.size() : 0, '0').append(digits);
}

} // namespace

std::optional<Moment> Moment::parse(std::string_view text, TemporalKind kind) {
  Moment out;
  out.kind = kind;
  Reader in(text);
  if (kind == TemporalKind::time) {
    if (!read_time(in, out) || !in.done()) return {};
    return out;
  }
  if (!in.number(4, 1, 9999, out.years)) return {};
  out.precision = year;
  if (in.take('-')) {
    if (!in.number(2, 1, 12, out.months)) return {};
    out.precision = month;
    if (in.take('-')) {
      if (!in.number(2, 1, 31, out.days) || !base::Date::from_civil(out.years, out.months, out.days)) return {};
      out.precision = day;
    }
  }
  if (in.done()) return out;
  if (kind == TemporalKind::date || out.precision != day || !in.take('T')) return {};
  if (!read_time(in, out) || !read_zone(in, out) || !in.done()) return {};
  return out;
}

Moment Moment::from_millis(base::Millis at, base::Zone zone) {
  Moment out;
  out.kind = TemporalKind::date_time;
  out.precision = second;
  const int64_t local = at + int64_t{zone.offset_minutes} * 60'000;
  int64_t seconds = local / 1000;
  int64_t rest = local % 1000;
  if (rest < 0) {
    rest += 1000;
    --seconds;
  }
  set_seconds(out, seconds);
  out.nanoseconds = static_cast<int32_t>(rest * 1'000'000);
  out.fraction_digits = 3;
  out.has_zone = true;
  out.zone_minutes = static_cast<int16_t>(zone.offset_minutes);
  return out;
}

Moment Moment::from_date(base::Date date) {
  Moment out;
  out.years = static_cast<int16_t>(date.year());
  out.months = static_cast<int8_t>(date.month());
  out.days = static_cast<int8_t>(date.day());
  return out;
}

std::string Moment::to_string() const {
  std::string out;
  if (kind != TemporalKind::time) {
    append_padded(out, years, 4);
    if (precision >= month) append_padded(out += '-', months, 2);
    if (precision >= day) append_padded(out += '-', days, 2);
    if (precision >= hour) out += 'T';
  }
  if (precision >= hour) append_padded(out, hours, 2);
  if (precision >= minute) append_padded(out += ':', minutes, 2);
  if (precision >= second) append_padded(out += ':', seconds, 2);
  if (precision >= second && fraction_digits > 0) {
    std::string fraction;
    append_padded(fraction, nanoseconds, 9);
    out += '.' + fraction.substr(0, static_cast<size_t>(fraction_digits));
  }
  if (has_zone && precision >= hour) {
    if (zone_minutes == 0) return out + 'Z';
    const int absolute = zone_minutes < 0 ? -zone_minutes : zone_minutes;
    out += zone_minutes < 0 ? '-' : '+';
    append_padded(out, absolute / 60, 2);
    append_padded(out += ':', absolute % 60, 2);
  }
  return out;
}

int Moment::digits() const {
  static constexpr std::array<int, 7> k_digits = {0, 4, 6, 8, 10, 12, 14};
  int count = k_digits[precision] - (kind == TemporalKind::time ? 8 : 0);
  if (precision == second && fraction_digits > 0) count += 3;
  return count;
}

std::optional<std::strong_ordering> compare(const Moment& a, const Moment& b) {
  if ((a.kind == TemporalKind::time) != (b.kind == TemporalKind::time)) return {};
  const bool both_timed = a.kind != TemporalKind::time && a.precision >= Moment::hour && b.precision >= Moment::hour;
  if (!both_timed || (!a.has_zone && !b.has_zone)) return compare_parts(a, b); // a date is never shifted by a zone
  Moment left = a;
  Moment right = b;
  const auto seconds = [](const Moment& m) { return local_seconds(m) - int64_t{m.zone_minutes} * 60; };
  if (a.has_zone != b.has_zone) { // decided only if it is so in every zone
    const int64_t difference = seconds(a) - seconds(b);
    if (difference > k_zone_span_seconds) return std::strong_ordering::greater;
    if (difference < -k_zone_span_seconds) return std::strong_ordering::less;
    return {};
  }
  set_seconds(left, seconds(a));
  set_seconds(right, seconds(b));
  return compare_parts(left, right);
}

size_t hash(const Moment& moment) {
  // What is equal has one precision, and with a time of day either no zone or one instant.
  Moment whole = moment;
  if (whole.precision < Moment::month) whole.months = 1;
  if (whole.precision < Moment::day) whole.days = 1;
  if (whole.kind == TemporalKind::time) whole.years = 1970;
  int64_t seconds = local_seconds(whole);
  if (whole.precision >= Moment::hour && whole.has_zone) seconds -= int64_t{whole.zone_minutes} * 60;
  return std::hash<int64_t>()(seconds * 8 + whole.precision) ^ std::hash<int64_t>()(whole.nanoseconds);
}

bool same(const Moment& a, const Moment& b) {
  const auto order = compare(a, b);
  return order && *order == 0 && a.precision == b.precision;
}

std::optional<Moment> add(const Moment& moment, int64_t amount, std::string_view unit) {
  constexpr int64_t k_amount_max = int64_t{4} * 366 * 24 * 3600 * 10'000; // more than the years there are, in seconds
  if (moment.seconds == 60) {                                             // a leap second moves as the second before it
    Moment before = moment;
    before.seconds = 59;
    return add(before, amount, unit);
  }
  Moment out = moment;
  const auto checked = [](Moment m, int64_t months) -> std::optional<Moment> {
    const int64_t total = int64_t{m.years} * 12 + (m.months - 1) + months;
    const int64_t year = total >= 0 ? total / 12 : -1;
    if (year < 1 || year > 9999) return {};
    m.years = static_cast<int16_t>(year);
    m.months = static_cast<int8_t>(total % 12 + 1);
    m.days = static_cast<int8_t>(std::min<int>(m.days, days_in_month(m.years, m.months)));
    return m;
  };
  // Milliseconds per unit; a unit finer than the precision counts by the whole coarser units in it.
  int64_t millis = 0;
  if (unit == "week") millis = int64_t{7} * 86'400'000;
  if (unit == "day") millis = 86'400'000;
  if (unit == "hour") millis = 3'600'000;
  if (unit == "minute") millis = 60'000;
  if (unit == "second") millis = 1000;
  if (unit == "millisecond") millis = 1;
  if (amount > k_amount_max * 1000 || amount < -k_amount_max * 1000) return {};
  if (moment.kind == TemporalKind::time) {
    if (millis == 0) return {};
    const int64_t day_millis = 86'400'000;
    static constexpr std::array<int64_t, 7> k_step = {0, 0, 0, 0, 3'600'000, 60'000, 1};
    const int64_t step = k_step[moment.precision];
    int64_t shift = amount % day_millis * (millis % day_millis) % day_millis;
    shift = shift / step * step;
    int64_t now = local_seconds(moment) % 86400 * 1000 + moment.nanoseconds / 1'000'000;
    now = ((now + shift) % day_millis + day_millis) % day_millis;
    const int32_t rest = moment.nanoseconds % 1'000'000;
    set_seconds(out, now / 1000);
    out.nanoseconds = static_cast<int32_t>(now % 1000 * 1'000'000) + rest;
    if (out.nanoseconds % 1000 == 0 && out.nanoseconds != 0 && out.fraction_digits < 3) out.fraction_digits = 3;
    return out;
  }
  if (unit == "year") {
    if (amount > 10'000 || amount < -10'000) return {};
    return checked(moment, amount * 12);
  }
  if (unit == "month") {
    if (amount > 120'000 || amount < -120'000) return {};
    return checked(moment, moment.precision == Moment::year ? amount / 12 * 12 : amount);
  }
  if (millis == 0) return {};
  base::Int128 total = static_cast<base::Int128>(amount) * millis;
  if (total > k_amount_max * 1000 || total < -static_cast<base::Int128>(k_amount_max) * 1000) return {};
  if (moment.precision == Moment::year) return checked(moment, static_cast<int64_t>(total / 86'400'000 / 365) * 12);
  if (moment.precision == Moment::month) return checked(moment, static_cast<int64_t>(total / 86'400'000 / 30));
  static constexpr std::array<int64_t, 7> k_step = {0, 0, 0, 86'400'000, 3'600'000, 60'000, 1};
  const int64_t step = k_step[moment.precision];
  const base::Int128 shift = total / step * step;
  const base::Int128 now =
      static_cast<base::Int128>(local_seconds(moment)) * 1000 + moment.nanoseconds / 1'000'000 + shift;
  const int32_t rest = moment.nanoseconds % 1'000'000;
  base::Int128 seconds = now / 1000;
  int64_t milli_rest = static_cast<int64_t>(now % 1000);
  if (milli_rest < 0) {
    milli_rest += 1000;
    --seconds;
  }
  const auto first = base::Date::from_civil(1, 1, 1);
  const auto last = base::Date::from_civil(9999, 12, 31);
  if (seconds < static_cast<base::Int128>(first->days()) * 86400 ||
      seconds >= (static_cast<base::Int128>(last->days()) + 1) * 86400)
    return {};
  set_seconds(out, static_cast<int64_t>(seconds));
  out.nanoseconds = static_cast<int32_t>(milli_rest * 1'000'000) + rest;
  if (milli_rest != 0 && out.fraction_digits < 3) out.fraction_digits = 3;
  return out;
}

std::optional<Moment> boundary(const Moment& moment, int digits, bool high) {
  const bool is_time = moment.kind == TemporalKind::time;
  const int full = is_time ? digits + 8 : digits;
  Moment out = moment;
  switch (full) {
  case 4: out.precision = Moment::year; break;
  case 6: out.precision = Moment::month; break;
  case 8: out.precision = Moment::day; break;
  case 10: out.precision = Moment::hour; break;
  case 12: out.precision = Moment::minute; break;
  case 14:
  case 17: out.precision = Moment::second; break;
  default: return {};
  }
  if (is_time && out.precision < Moment::hour) return {};
  if (moment.kind == TemporalKind::date && out.precision > Moment::day) return {};
  if (moment.precision < Moment::month) out.months = high ? 12 : 1;
  if (moment.precision < Moment::day) out.days = high ? static_cast<int8_t>(days_in_month(out.years, out.months)) : 1;
  if (moment.precision < Moment::hour) out.hours = high ? 23 : 0;
  if (moment.precision < Moment::minute) out.minutes = high ? 59 : 0;
  if (moment.precision < Moment::second) out.seconds = high ? 59 : 0;
  if (moment.precision < Moment::second || moment.fraction_digits == 0) {
    out.nanoseconds = high ? 999'000'000 : 0;
  }
  out.fraction_digits = full == 17
                            ? std::max<int8_t>(3, moment.precision == Moment::second ? moment.fraction_digits : 0)
                            : static_cast<int8_t>(0);
  if (full == 14) out.nanoseconds = 0;
  if (!is_time && out.precision >= Moment::hour && !moment.has_zone) {
    out.has_zone = true;
    out.zone_minutes = static_cast<int16_t>(high ? -12 * 60 : 14 * 60);
  }
  if (out.precision < Moment::hour) out.has_zone = false;
  return out;
}

} // namespace xinglin::fhirpath
