#include "server/intake/cell_text.h"

#include "lib/base/date.h"
#include "lib/base/decimal.h"
#include "lib/base/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

namespace xinglin::intake {

namespace {

using base::Text;
using office::XlsxCell;
using package::ItemType;

constexpr double k_serial_min = 1, k_serial_max = 2958465; ///< 1900-01-01 .. 9999-12-31

/// Full-width digits and marks (U+FF01..FF5E) as ASCII, full-width blanks as blanks.
std::string half_width(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto a = static_cast<unsigned char>(text[i]);
    if (a == 0xEF && i + 2 < text.size()) {
      const auto b = static_cast<unsigned char>(text[i + 1]), c = static_cast<unsigned char>(text[i + 2]);
      const int code = ((a & 0x0F) << 12) | ((b & 0x3F) << 6) | (c & 0x3F);
      if (code >= 0xFF01 && code <= 0xFF5E) {
        out += static_cast<char>(code - 0xFEE0);
        i += 2;
        continue;
      }
    }
    if (text.substr(i).starts_with("\u3000")) {
      out += ' ';
      i += 2;
      continue;
    }
    out += text[i];
  }
  return std::string(base::trim(out));
}

/// The runs of digits in a text: "2023年5月1日" → 2023, 5, 1. Empty when anything else than date marks stands between.
std::vector<std::string> digit_runs(std::string_view text) {
  std::vector<std::string> runs(1);
  std::string rest;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      runs.back() += c;
    } else {
      if (!runs.back().empty()) runs.emplace_back();
      rest += c;
    }
  }
  if (runs.back().empty()) runs.pop_back();
  for (const std::string_view mark : {"年", "月", "日", "-", "/", ".", " "})
    for (size_t at = rest.find(mark); at != std::string::npos; at = rest.find(mark))
      rest.erase(at, mark.size());
  return rest.empty() ? runs : std::vector<std::string>();
}

int number(const std::string& digits) {
  return digits.size() > 4 ? -1 : std::stoi(digits);
}

std::optional<base::Date> day_of(std::string_view text) {
  const auto runs = digit_runs(text);
  if (runs.size() == 3 && runs[0].size() == 4)
    return base::Date::from_civil(number(runs[0]), number(runs[1]), number(runs[2]));
  if (runs.size() == 1 && runs[0].size() == 8)
    return base::Date::from_civil(number(runs[0].substr(0, 4)), number(runs[0].substr(4, 2)),
                                  number(runs[0].substr(6, 2)));
  return {};
}

std::string date_text(const XlsxCell& cell, Text& wrong) {
  if (cell.kind == XlsxCell::Kind::date && cell.text.size() >= 10) return cell.text.substr(0, 10);
  const std::string text = half_width(cell.text);
  if (const auto day = day_of(text)) return day->to_string();
  if (cell.kind == XlsxCell::Kind::number) {
    // A date whose cell lost its format: days since the end of 1899.
    const double serial = std::stod(text);
    if (serial >= k_serial_min && serial <= k_serial_max)
      return office::date_of_serial(serial, cell.from_1904).substr(0, 10);
  }
  wrong = {fmt::format("“{}”不是日期,请写作2023-05-01", cell.text),
           fmt::format("\"{}\" is not a date; write it as 2023-05-01", cell.text)};
  return {};
}

std::string zone_text(base::Zone zone) {
  const int minutes = std::abs(zone.offset_minutes);
  return fmt::format("{}{:02}:{:02}", zone.offset_minutes < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

std::string datetime_text(const XlsxCell& cell, base::Zone zone, Text& wrong) {
  std::string text = half_width(cell.text);
  if (cell.kind == XlsxCell::Kind::number) {
    const double serial = std::stod(text);
    if (serial >= k_serial_min && serial <= k_serial_max) text = office::date_of_serial(serial, cell.from_1904);
  }
  if (const auto day = day_of(text)) return day->to_string();
  // A day, then a time: "2023-05-01T08:30:00", "2023/5/1 8:30".
  const size_t split = text.find_first_of("T ");
  if (split != std::string::npos) {
    const auto day = day_of(text.substr(0, split));
    int hour = 0, minute = 0, second = 0, used = 0;
    const std::string time(base::trim(text.substr(split + 1)));
    const int fields = std::sscanf(time.c_str(), "%2d:%2d%n:%2d%n", &hour, &minute, &used, &second, &used);
    if (day && fields >= 2 && static_cast<size_t>(used) == time.size() && hour < 24 && minute < 60 && second < 60)
      return fmt::format("{}T{:02}:{:02}:{:02}{}", day->to_string(), hour, minute, second, zone_text(zone));
  }
  wrong = {fmt::format("“{}”不是日期时间,请写作2023-05-01 08:30", cell.text),
           fmt::format("\"{}\" is not a date and time; write it as 2023-05-01 08:30", cell.text)};
  return {};
}

std::string number_text(const XlsxCell& cell, Text& wrong) {
  std::string text = half_width(cell.text);
  std::erase(text, ',');
  std::erase(text, ' ');
  if (const auto value = base::Decimal::parse(text)) return value->normalized().to_string();
  wrong = {fmt::format("“{}”不是数,单位和文字请不要写在格里", cell.text),
           fmt::format("\"{}\" is not a number; leave units and words out of the cell", cell.text)};
  return {};
}

std::string boolean_text(const XlsxCell& cell, Text& wrong) {
  std::string text = half_width(cell.text);
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  for (const std::string_view yes : {"是", "有", "√", "✓", "y", "yes", "true", "1"})
    if (text == yes) return "true";
  for (const std::string_view no : {"否", "无", "×", "✗", "n", "no", "false", "0"})
    if (text == no) return "false";
  wrong = {fmt::format("“{}”看不出是或否,请写是或否", cell.text),
           fmt::format("\"{}\" is neither yes nor no; write 是 or 否", cell.text)};
  return {};
}

} // namespace

std::string cell_text(ItemType type, const XlsxCell& cell, base::Zone zone, Text& wrong) {
  switch (type) {
  case ItemType::date: return date_text(cell, wrong);
  case ItemType::datetime: return datetime_text(cell, zone, wrong);
  case ItemType::integer:
  case ItemType::decimal:
  case ItemType::money: return number_text(cell, wrong);
  case ItemType::boolean: return boolean_text(cell, wrong);
  case ItemType::citizen_id: {
    std::string text = half_width(cell.text);
    if (!text.empty() && text.back() == 'x') text.back() = 'X';
    if (cell.kind == XlsxCell::Kind::number && text.size() > 15) {
      wrong = {
          "身份证号被表格存成了数字,后几位已经丢失;请把该列设为文本,重新填写",
          "the citizen ID was saved as a number and lost its last digits; make the column text and fill it in again"};
      return {};
    }
    return text;
  }
  default: break;
  }
  return std::string(base::trim(cell.text));
}

std::string choice_text(const package::Item& item, const std::string& given, Text& wrong) {
  const std::string text = half_width(given);
  for (const auto& option : item.options)
    if (text == option.code || text == half_width(option.title.zh) || text == half_width(option.title.en))
      return option.code;
  std::string list;
  for (const auto& option : item.options)
    list += (list.empty() ? "" : "、") + option.title.zh;
  wrong = {fmt::format("“{}”不在选项里;可填:{}", given, list),
           fmt::format("\"{}\" is none of the options: {}", given, list)};
  return {};
}

std::string period_text(const XlsxCell& cell) {
  const std::string text = half_width(cell.text);
  if (cell.kind == XlsxCell::Kind::date && text.size() >= 7) return text.substr(0, 7);
  if (base::Period::parse(text)) return text;
  for (const auto& [word, sign] :
       {std::pair{"一", "1"}, {"二", "2"}, {"三", "3"}, {"四", "4"}, {"1", "1"}, {"2", "2"}, {"3", "3"}, {"4", "4"}})
    if (text.size() > 4 && text.substr(4) == fmt::format("年第{}季度", word)) return text.substr(0, 4) + "Q" + sign;
  if (text.size() > 4 && text.substr(4) == "年上半年") return text.substr(0, 4) + "H1";
  if (text.size() > 4 && text.substr(4) == "年下半年") return text.substr(0, 4) + "H2";
  const auto runs = digit_runs(text);
  if (runs.size() == 1 && runs[0].size() == 4) return runs[0];
  if (runs.size() == 1 && runs[0].size() == 6) return runs[0].substr(0, 4) + "-" + runs[0].substr(4);
  if (runs.size() >= 2 && runs[0].size() == 4 && runs[1].size() <= 2)
    return fmt::format("{}-{:02}", runs[0], number(runs[1]));
  return text;
}

std::vector<std::string> several(std::string_view text) {
  std::vector<std::string> parts(1);
  for (size_t i = 0; i < text.size();) {
    size_t mark = 0;
    for (const std::string_view one : {",", ";", ",", ";", "、"})
      if (text.substr(i).starts_with(one)) mark = one.size();
    if (mark) {
      parts.emplace_back();
      i += mark;
    } else {
      parts.back() += text[i++];
    }
  }
  std::vector<std::string> out;
  for (const auto& part : parts)
    if (const auto trimmed = base::trim(part); !trimmed.empty()) out.emplace_back(trimmed);
  return out;
}

} // namespace xinglin::intake
