#include "lib/fhir/primitive.h"

#include "lib/base/clock.h"
#include "lib/base/date.h"
#include "lib/base/id.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <limits>

namespace xinglin::fhir {

namespace {

constexpr std::array<std::string_view, 21> k_names{
    "",        "base64Binary", "boolean",     "canonical", "code",     "date", "dateTime",
    "decimal", "id",           "instant",     "integer",   "markdown", "oid",  "positiveInt",
    "string",  "time",         "unsignedInt", "uri",       "url",      "uuid", "xhtml"};

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_white(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

int number(std::string_view digits) {
  int value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

/// The value as a message shows it, shortened.
std::string shown(std::string_view text) {
  constexpr size_t k_bytes_max = 60;
  if (text.size() <= k_bytes_max) return fmt::format("\"{}\"", text);
  size_t end = k_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end; // not inside a character
  return fmt::format("\"{}...\"", text.substr(0, end));
}

std::string check_integer(std::string_view text, int64_t least, const char* kind) {
  std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool whole = is_digits(digits);
  if (whole && error == std::errc{} && value >= least && value <= std::numeric_limits<int32_t>::max()) return {};
  return fmt::format("{} is not {}; write a whole number from {} to 2147483647 without point or exponent.", text, kind,
                     least);
}

std::string check_text(std::string_view text) {
  if (text.empty()) return "A string must not be empty; leave the element out.";
  if (text.size() > k_string_bytes_max) {
    return fmt::format("The string has {} bytes, more than the {} allowed; shorten it or attach it.", text.size(),
                       k_string_bytes_max);
  }
  auto bad = std::find_if(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
  });
  if (bad == text.end()) return {};
  return fmt::format("The string holds the control character U+{:04X}; remove it.", static_cast<unsigned char>(*bad));
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < 36; ++i) {
    char c = text[i];
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  }
  return true;
}

bool is_oid(std::string_view text) {
  // [0-2](\.(0|[1-9][0-9]*))+
  if (text.size() < 3 || text[0] < '0' || text[0] > '2') return false;
  for (size_t at = 1; at < text.size();) {
    if (text[at] != '.') return false;
    size_t end = std::min(text.find('.', at + 1), text.size());
    std::string_view arc = text.substr(at + 1, end - at - 1);
    if (!is_digits(arc) || (arc.size() > 1 && arc[0] == '0')) return false;
    at = end;
  }
  return true;
}

std::string check_uri(std::string_view text) {
  if (text.empty()) return "A URI must not be empty; leave the element out.";
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= 0x20; })) {
    return fmt::format("{} is not a URI: it holds white space; write a space as %20.", shown(text));
  }
  if (text.starts_with("urn:uuid:") && !is_uuid(text.substr(9))) {
    return fmt::format("{} is not a UUID; write urn:uuid: and 8-4-4-4-12 lower-case hexadecimal digits.", shown(text));
  }
  if (text.starts_with("urn:oid:") && !is_oid(text.substr(8))) {
    return fmt::format("{} is not an OID; write urn:oid: and numbers without leading zeros, joined by dots.",
                       shown(text));
  }
  return {};
}

std::string check_code(std::string_view text) {
  bool good = !text.empty() && !is_white(text.front()) && !is_white(text.back());
  for (size_t i = 1; good && i < text.size(); ++i)
    good = !(is_white(text[i]) && is_white(text[i - 1]));
  if (good) return {};
  return fmt::format("{} is not a code; remove leading, trailing and doubled spaces.", shown(text));
}

/// A page that shows text unescaped would run it; no name or note needs it.
bool holds_active_markup(std::string_view text) {
  for (size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
    std::string tag;
    size_t start = at + 1 < text.size() && text[at + 1] == '/' ? at + 2 : at + 1;
    for (char c : text.substr(start, 6))
      tag.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
    if (tag == "script" || tag == "iframe" || tag == "object" || tag.starts_with("embed")) return true;
  }
  return false;
}

std::string check_string_value(Primitive primitive, std::string_view text) {
  switch (primitive) {
  case Primitive::string:
    if (holds_active_markup(text))
      return "The string holds HTML that could run; remove the script, iframe, object or embed tag.";
    return check_text(text);
  case Primitive::markdown: return check_text(text);
  case Primitive::code: return check_code(text);
  case Primitive::uri:
  case Primitive::url:
  case Primitive::canonical: return check_uri(text);
  case Primitive::id:
    if (base::is_fhir_id(text)) return {};
    return fmt::format("{} is not an id; use 1 to 64 of the characters A-Z a-z 0-9 - and point.", shown(text));
  case Primitive::date:
    if (is_date(text)) return {};
    return fmt::format("{} is not a date; write a real day as YYYY, YYYY-MM or YYYY-MM-DD.", shown(text));
  case Primitive::date_time:
    if (is_date_time(text)) return {};
    if (text.size() >= 19 && is_date(text.substr(0, 10)) && is_time(text.substr(11))) {
      return fmt::format("{} has a time but no time zone; add one, such as {}+08:00.", shown(text), text);
    }
    return fmt::format(
        "{} is not a dateTime; write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+08:00, a real day.", shown(text));
  case Primitive::instant:
    if (base::parse_instant(text)) return {};
    return fmt::format("{} is not an instant; write YYYY-MM-DDThh:mm:ss+08:00, a real day.", shown(text));
  case Primitive::time:
    if (is_time(text)) return {};
    return fmt::format("{} is not a time; write hh:mm:ss from 00:00:00 to 23:59:59.", shown(text));
  case Primitive::base64_binary:
    if (base64_size(text) >= 0) return {};
    return fmt::format("{} is not base64; encode the bytes by RFC 4648 with its padding.", shown(text));
  case Primitive::oid:
    if (text.starts_with("urn:oid:") && is_oid(text.substr(8))) return {};
    return fmt::format("{} is not an OID; write urn:oid: and numbers without leading zeros, joined by dots.",
                       shown(text));
  case Primitive::uuid:
    if (text.starts_with("urn:uuid:") && is_uuid(text.substr(9))) return {};
    return fmt::format("{} is not a UUID; write urn:uuid: and 8-4-4-4-12 lower-case hexadecimal digits.", shown(text));
  default: return {};
  }
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
  case Kind::null: return "null";
  case Kind::boolean: return "true or false";
  case Kind::number: return "a number";
  case Kind::string: return "a string";
  case Kind::array: return "an array";
  case Kind::object: return "an object";
  case Kind::none: break;
  }
  return "nothing";
}

} // namespace

Primitive primitive_of(std::string_view type_name) {
  auto found = std::find(k_names.begin() + 1, k_names.end(), type_name);
  return found == k_names.end() ? Primitive::none : static_cast<Primitive>(found - k_names.begin());
}

std::string check_primitive(Primitive primitive, Node value) {
  std::string_view name = k_names[static_cast<size_t>(primitive)];
  switch (primitive) {
  case Primitive::none: return {};
  case Primitive::boolean:
    if (value.kind() == Kind::boolean) return {};
    return fmt::format("A boolean is written true or false without quotes, not as {}.", kind_name(value.kind()));
  case Primitive::decimal:
  case Primitive::integer:
  case Primitive::positive_int:
  case Primitive::unsigned_int:
    if (value.kind() != Kind::number) {
      return fmt::format("The type {} is written as a JSON number without quotes, not as {}.", name,
                         kind_name(value.kind()));
    }
    if (primitive == Primitive::decimal) return {};
    if (primitive == Primitive::integer) {
      return check_integer(value.text(), std::numeric_limits<int32_t>::min(), "a 32-bit integer");
    }
    return primitive == Primitive::positive_int ? check_integer(value.text(), 1, "a positive integer")
                                                : check_integer(value.text(), 0, "an unsigned integer");
  default:
    if (value.is_string()) return check_string_value(primitive, value.text());
    return fmt::format("The type {} is written as a JSON string in double quotes, not as {}.", name,
                       kind_name(value.kind()));
  }
}

bool is_date(std::string_view text) {
  if (text.size() == 10) return base::Date::parse(text).has_value();
  if (text.size() != 4 && text.size() != 7) return false;
  if (!is_digits(text.substr(0, 4)) || number(text.substr(0, 4)) < 1) return false;
  if (text.size() == 4) return true;
  return text[4] == '-' && is_digits(text.substr(5)) && number(text.substr(5)) >= 1 && number(text.substr(5)) <= 12;
}

bool is_date_time(std::string_view text) {
  return text.size() <= 10 ? is_date(text) : base::parse_instant(text).has_value();
}

bool is_time(std::string_view text) {
  if (text.size() < 8 || text[2] != ':' || text[5] != ':') return false;
  std::string_view hour = text.substr(0, 2);
  std::string_view minute = text.substr(3, 2);
  std::string_view second = text.substr(6, 2);
  if (!is_digits(hour) || !is_digits(minute) || !is_digits(second)) return false;
  if (number(hour) > 23 || number(minute) > 59 || number(second) > 60) return false; // 60: a leap second
  return text.size() == 8 || (text[8] == '.' && is_digits(text.substr(9)));
}

int64_t base64_size(std::string_view text) {
  int64_t characters = 0;
  int64_t padding = 0;
  for (char c : text) {
    if (is_white(c)) continue;
    ++characters;
    if (c == '=') {
      ++padding;
      continue;
    }
    bool good = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    if (!good || padding > 0) return -1;
  }
  if (characters == 0 || characters % 4 != 0 || padding > 2) return -1;
  return characters / 4 * 3 - padding;
}

} // namespace xinglin::fhir
