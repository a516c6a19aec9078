#include "server/store/search_text.h"

#include <fmt/format.h>

#include <array>
#include <cstring>

namespace xinglin::store {

using base::Decimal;
using base::Int128;

namespace {

/// The letters without accent of U+00C0..U+017F, one byte each; '.' = leave the character as it is (lower-cased when it
/// has a lower case), '/' = two letters, see k_pairs.
constexpr std::string_view k_plain_letters = //
    "aaaaaa/ceeeeiiii"                       // C0 À
    ".nooooo.ouuuuy./"                       // D0 Ð
    "aaaaaa/ceeeeiiii"                       // E0 à
    ".nooooo.ouuuuy.y"                       // F0 ð
    "aaaaaaccccccccdd"                       // 100 Ā
    "ddeeeeeeeeeegggg"                       // 110 Đ
    "gggghhhhiiiiiiii"                       // 120 Ġ
    "iiiijjkk.lllllll"                       // 130 İ
    "lllnnnnnn...oooo"                       // 140 ŀ
    "oo//rrrrrrssssss"                       // 150 Ő
    "sstttttt"
    "uuuuuuuu"          // 160 Š
    "uuuuwwyyyzzzzzzs"; // 170 Ű
static_assert(k_plain_letters.size() == 0x180 - 0xC0);

void append_utf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

/// Decodes one character at `at` and moves on; a byte that begins none stands for itself (with `is_text` false).
uint32_t next_character(std::string_view text, size_t& at, bool& is_text) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char first = byte(at);
  is_text = true;
  int more = first < 0x80 ? 0 : first >> 5 == 6 ? 1 : first >> 4 == 14 ? 2 : first >> 3 == 30 ? 3 : -1;
  if (more >= 0 && at + static_cast<size_t>(more) < text.size()) {
    uint32_t code = more == 0 ? first : first & (0x3F >> more);
    bool is_whole = true;
    for (int i = 1; i <= more; i++) {
      unsigned char next = byte(at + static_cast<size_t>(i));
      is_whole = is_whole && next >> 6 == 2;
      code = (code << 6) | (next & 0x3F);
    }
    if (is_whole) {
      at += static_cast<size_t>(more) + 1;
      return code;
    }
  }
  at++;
  is_text = false;
  return first;
}

void append_folded(std::string& out, uint32_t code) {
  if (code >= 0xFF01 && code <= 0xFF5E) code -= 0xFEE0; // full width
  if (code >= 'A' && code <= 'Z') code += 'a' - 'A';
  if (code >= 0x300 && code <= 0x36F) return; // combining marks
  if (code >= 0xC0 && code < 0x180) {
    char plain = k_plain_letters[code - 0xC0];
    if (plain == '/') {
      switch (code) {
      case 0xC6:
      case 0xE6: out += "ae"; return;
      case 0xDF: out += "ss"; return;
      default: out += "oe"; return; // U+0152, U+0153
      }
    }
    if (plain != '.') {
      out += plain;
      return;
    }
    if (code == 0xD0) code = 0xF0;
    if (code == 0xDE) code = 0xFE;
    if (code == 0x14A) code = 0x14B;
  } else if (code >= 0x391 && code <= 0x3A9) {
    code += 0x20; // Greek
  } else if (code >= 0x410 && code <= 0x42F) {
    code += 0x20; // Cyrillic
  } else if (code >= 0x400 && code <= 0x40F) {
    code += 0x50;
  }
  append_utf8(out, code);
}

bool is_blank(uint32_t code) {
  return code == ' ' || code == '\t' || code == '\n' || code == '\r' || code == 0x3000 || code == 0xA0;
}

/// Reads `count` digits.
std::optional<int> digits(std::string_view text, size_t at, size_t count) {
  if (at + count > text.size()) return {};
  int value = 0;
  for (size_t i = at; i < at + count; i++) {
    if (text[i] < '0' || text[i] > '9') return {};
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

constexpr base::Millis k_minute = 60'000;
constexpr base::Millis k_day = 24 * 60 * k_minute;

} // namespace

std::string normalise(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool owes_blank = false;
  for (size_t at = 0; at < text.size();) {
    bool is_text = true;
    uint32_t code = next_character(text, at, is_text);
    if (!is_text) {
      out += static_cast<char>(code);
      continue;
    }
    if (is_blank(code)) {
      owes_blank = !out.empty();
      continue;
    }
    if (owes_blank) out += ' ';
    owes_blank = false;
    append_folded(out, code);
  }
  return out;
}

std::optional<TimeSpan> time_span(std::string_view text, base::Zone zone) {
  auto year = digits(text, 0, 4);
  if (!year || *year == 0) return {};
  base::Millis offset = zone.offset_minutes * k_minute;
  auto at_day = [&](base::Date date) { return date.days() * k_day - offset; };
  auto date_of = [](int y, int m, int d) { return base::Date::from_civil(y, m, d); };
  if (text.size() == 4) {
    auto first = date_of(*year, 1, 1);
    return TimeSpan{at_day(*first), at_day(base::month_start(*first, 12))};
  }
  auto month = digits(text, 5, 2);
  if (text[4] != '-' || !month) return {};
  auto month_first = date_of(*year, *month, 1);
  if (!month_first) return {};
  if (text.size() == 7) return TimeSpan{at_day(*month_first), at_day(base::month_start(*month_first, 1))};
  auto date = base::Date::parse(text.substr(0, 10));
  if (!date) return {};
  if (text.size() == 10) return TimeSpan{at_day(*date), at_day(*date + 1)};

  // hh:mm, hh:mm:ss, hh:mm:ss.f..., then the zone.
  if (text[10] != 'T' || text.size() < 16 || text[13] != ':') return {};
  auto hour = digits(text, 11, 2), minute = digits(text, 14, 2);
  if (!hour || !minute || *hour > 23 || *minute > 59) return {};
  base::Millis low = date->days() * k_day + (*hour * 60 + *minute) * k_minute;
  base::Millis width = k_minute;
  size_t at = 16;
  if (at < text.size() && text[at] == ':') {
    auto second = digits(text, at + 1, 2);
    if (!second || *second > 60) return {};
    low += *second * 1000;
    width = 1000;
    at += 3;
    if (at < text.size() && text[at] == '.') {
      size_t from = ++at;
      base::Millis unit = 1000;
      for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; at++) {
        if (unit == 1) continue; // finer than is kept
        unit /= 10;
        low += (text[at] - '0') * unit;
      }
      if (at == from) return {};
      width = unit;
    }
  }
  if (at == text.size()) return TimeSpan{low - offset, low - offset + width};
  if (text[at] == 'Z' && at + 1 == text.size()) return TimeSpan{low, low + width};
  // A plus sign that was sent in an address without being encoded arrives as a blank.
  if ((text[at] != '+' && text[at] != '-' && text[at] != ' ') || text.size() != at + 6 || text[at + 3] != ':')
    return {};
  auto zone_hour = digits(text, at + 1, 2), zone_minute = digits(text, at + 4, 2);
  if (!zone_hour || !zone_minute || *zone_hour > 14 || *zone_minute > 59) return {};
  base::Millis shift = (*zone_hour * 60 + *zone_minute) * k_minute * (text[at] == '-' ? -1 : 1);
  return TimeSpan{low - shift, low - shift + width};
}

std::string sortable(const Decimal& number) {
  Decimal plain = number.normalized();
  Int128 coefficient = plain.coefficient();
  if (coefficient == 0) return "1";
  bool is_negative = coefficient < 0;
  std::string digits;
  for (Int128 rest = is_negative ? -coefficient : coefficient; rest != 0; rest /= 10)
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
  // 0.ddd × 10^exponent, the exponent moved up so that it is positive and has three digits.
  int exponent = static_cast<int>(digits.size()) - plain.scale() + 500;
  while (digits.size() > 1 && digits.back() == '0')
    digits.pop_back();
  if (!is_negative) return fmt::format("2{:03}{}", exponent, digits);
  for (char& digit : digits)
    digit = static_cast<char>('0' + '9' - digit);
  return fmt::format("0{:03}{}~", 999 - exponent, digits); // ~ so that the shorter, greater one comes after
}

std::optional<NumberSpan> number_span(std::string_view text) {
  auto number = Decimal::parse(text);
  if (!number) return {};
  // The unit of the last digit: 10^(exponent - digits after the point).
  size_t exponent_at = text.find_first_of("eE");
  std::string_view digits = text.substr(0, exponent_at);
  size_t point = digits.find('.');
  int places = point == std::string_view::npos ? 0 : static_cast<int>(digits.size() - point - 1);
  if (exponent_at != std::string_view::npos) places -= std::atoi(std::string(text.substr(exponent_at + 1)).c_str());
  auto half = Decimal::parse(fmt::format("5e{}", -places - 1));
  if (!half) return {};
  auto minus_half = Decimal::from_parts(-half->coefficient(), half->scale());
  return NumberSpan{*number + minus_half, *number + *half};
}

std::string to_hex(std::string_view bytes) {
  std::string text;
  for (char byte : bytes)
    text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return {};
  auto value = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    int high = value(text[i]), low = value(text[i + 1]);
    if (high < 0 || low < 0) return {};
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

} // namespace xinglin::store
