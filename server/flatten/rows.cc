#include "server/flatten/rows.h"

#include "lib/base/date.h"

#include <fmt/format.h>

#include <charconv>

namespace xinglin::flatten {
namespace {

constexpr int64_t k_micros_per_day = 86'400'000'000;

bool read_decimal(std::string_view text, const CellType& type, Cell& cell) {
  const auto parsed = base::Decimal::parse(text);
  if (!parsed) return false;
  const base::Decimal value = parsed->scale() > type.scale ? parsed->normalized() : *parsed;
  if (value.scale() > type.scale) return false;
  base::Int128 end = 1; // one more than the largest coefficient
  for (int i = 0; i < type.width; ++i)
    end *= 10;
  base::Int128 coefficient = value.coefficient();
  for (int i = value.scale(); i < type.scale; ++i) {
    if (coefficient >= end / 10 || coefficient <= -(end / 10)) return false;
    coefficient *= 10;
  }
  if (coefficient >= end || coefficient <= -end) return false;
  cell.number = coefficient;
  return true;
}

bool read_integer(std::string_view text, int64_t low, int64_t high, Cell& cell) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high) return false;
  cell.number = value;
  return true;
}

bool read_date(std::string_view text, base::Zone zone, Cell& cell) {
  std::optional<base::Date> day = base::Date::parse(text);
  if (!day && text.size() > 10 && text[10] == 'T')
    if (const auto instant = base::parse_instant(text)) day = base::local_date(*instant, zone);
  if (!day) return false;
  cell.number = day->days();
  return true;
}

bool read_timestamp(std::string_view text, base::Zone zone, Cell& cell) {
  if (const auto day = base::Date::parse(text)) {
    cell.number = day->days() * k_micros_per_day;
    return true;
  }
  const auto instant = base::parse_instant(text);
  if (!instant) return false;
  cell.number = county_micros(*instant, zone);
  return true;
}

} // namespace

CellType parse_cell_type(std::string_view sql_type) {
  using Kind = CellType::Kind;
  if (sql_type == "VARCHAR") return {Kind::text};
  if (sql_type == "INTEGER") return {Kind::integer};
  if (sql_type == "BIGINT") return {Kind::bigint};
  if (sql_type == "BOOLEAN") return {Kind::boolean};
  if (sql_type == "DATE") return {Kind::date};
  if (sql_type == "TIMESTAMP") return {Kind::timestamp};
  CellType type{Kind::decimal};
  int read = 0;
  if (std::sscanf(std::string(sql_type).c_str(), "DECIMAL(%d,%d)%n", &type.width, &type.scale, &read) == 2 &&
      static_cast<size_t>(read) == sql_type.size() && type.width >= 1 && type.width <= 38 && type.scale >= 0 &&
      type.scale <= type.width)
    return type;
  throw base::Refused(
      base::Refusal::invalid, "invalid",
      fmt::format("{} is no type of a column; use VARCHAR, INTEGER, BIGINT, BOOLEAN, DATE, TIMESTAMP or "
                  "DECIMAL(width,scale)",
                  sql_type));
}

bool read_cell(std::string_view text, const CellType& type, base::Zone zone, Cell& cell, std::string& arena) {
  using Kind = CellType::Kind;
  bool fits = false;
  switch (type.kind) {
  case Kind::text:
    cell.number = static_cast<base::Int128>(arena.size());
    cell.length = static_cast<uint32_t>(text.size());
    arena.append(text);
    fits = true;
    break;
  case Kind::integer: fits = read_integer(text, INT32_MIN, INT32_MAX, cell); break;
  case Kind::bigint: fits = read_integer(text, INT64_MIN, INT64_MAX, cell); break;
  case Kind::decimal: fits = read_decimal(text, type, cell); break;
  case Kind::boolean:
    fits = text == "true" || text == "false";
    cell.number = text == "true";
    break;
  case Kind::date: fits = read_date(text, zone, cell); break;
  case Kind::timestamp: fits = read_timestamp(text, zone, cell); break;
  }
  cell.is_null = !fits;
  return fits;
}

int64_t county_micros(base::Millis at, base::Zone zone) {
  return (at + int64_t{zone.offset_minutes} * 60'000) * 1000;
}

} // namespace xinglin::flatten
