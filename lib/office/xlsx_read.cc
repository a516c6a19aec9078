#include "lib/office/xlsx.h"

#include "lib/base/date.h"
#include "lib/base/issue.h"
#include "lib/office/xml.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

namespace xinglin::office {

namespace {

using base::Refusal;
using base::Refused;

[[noreturn]] void refuse_xlsx(const std::string& why) {
  throw Refused(Refusal::malformed, "structure",
                "not a readable spreadsheet: " + why + "; save it again as .xlsx (not .xls)");
}

std::optional<size_t> to_number(std::string_view text) {
  size_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return value;
}

/// A string item: all its text but the phonetic hints (拼音指南).
std::string string_of(const pugi::xml_node& item) {
  std::string out;
  for (pugi::xml_node child : item.children()) {
    if (local_name(child) == "t") out += child.text().get();
    if (local_name(child) == "r") out += child_of(child, "t").text().get();
  }
  return out;
}

/// Is the number format one of a date? Built-in ids by ECMA-376 part 1, 18.8.30 (27-36 and 50-58: East Asian dates);
/// own formats when an unquoted y, m, d or h stands in them.
bool is_date_format(size_t id, const std::map<size_t, std::string>& own) {
  if ((id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58)) return true;
  auto found = own.find(id);
  if (found == own.end()) return false;
  bool quoted = false, bracketed = false, escaped = false;
  for (char c : found->second) {
    if (escaped) {
      escaped = false;
    } else if (c == '\\') {
      escaped = true;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == '[') {
      bracketed = true;
    } else if (!quoted && c == ']') {
      bracketed = false;
    } else if (!quoted && !bracketed && std::string_view("ymdhYMDH").find(c) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

struct Workbook {
  ZipReader& zip;
  Xlsx out;
  std::vector<std::string> shared;
  std::vector<bool> date_styles;
  bool from_1904 = false;
  size_t cells = 0;

  void read_shared_strings() {
    auto part = zip.read("xl/sharedStrings.xml");
    if (!part) return;
    pugi::xml_document document;
    parse_xml(document, *part, "xl/sharedStrings.xml");
    for (pugi::xml_node item : child_of(document, "sst").children())
      if (local_name(item) == "si") shared.push_back(string_of(item));
  }

  void read_styles() {
    auto part = zip.read("xl/styles.xml");
    if (!part) return;
    pugi::xml_document document;
    parse_xml(document, *part, "xl/styles.xml");
    auto styles = child_of(document, "styleSheet");
    std::map<size_t, std::string> own;
    for (pugi::xml_node format : child_of(styles, "numFmts").children())
      if (auto id = to_number(attribute_of(format, "numFmtId"))) own[*id] = attribute_of(format, "formatCode");
    for (pugi::xml_node format : child_of(styles, "cellXfs").children())
      date_styles.push_back(is_date_format(to_number(attribute_of(format, "numFmtId")).value_or(0), own));
  }

  void set_number(XlsxCell& cell, std::string_view text, std::string_view style) {
    double value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
      cell = {XlsxCell::Kind::error, std::string(text), {}};
      return;
    }
    auto style_index = to_number(style);
    if (style_index && *style_index < date_styles.size() && date_styles[*style_index]) {
      std::string date = date_of_serial(value, from_1904);
      if (!date.empty()) {
        cell = {XlsxCell::Kind::date, std::move(date), {}};
        return;
      }
    }
    char digits[64];
    std::snprintf(digits, sizeof digits, "%.15g", value);
    cell = {XlsxCell::Kind::number, digits, {}};
  }

  void set(XlsxCell& cell, const pugi::xml_node& node) {
    auto type = attribute_of(node, "t");
    std::string_view value = child_of(node, "v").text().get();
    if (type == "s") {
      auto index = to_number(value);
      if (!index || *index >= shared.size())
        refuse_xlsx(fmt::format("cell {} points at shared string {}, there are {}", attribute_of(node, "r"), value,
                                shared.size()));
      cell = XlsxCell::of_text(shared[*index]);
    } else if (type == "inlineStr") {
      cell = XlsxCell::of_text(string_of(child_of(node, "is")));
    } else if (type == "str") {
      cell = XlsxCell::of_text(std::string(value));
    } else if (type == "b") {
      cell = {XlsxCell::Kind::boolean, value == "1" ? "true" : "false", {}};
    } else if (type == "e") {
      cell = {XlsxCell::Kind::error, std::string(value), {}};
    } else if (type == "d") {
      cell = {XlsxCell::Kind::date, std::string(value), {}};
    } else if (!value.empty()) {
      set_number(cell, value, attribute_of(node, "s"));
    }
    cell.formula = static_cast<bool>(child_of(node, "f"));
    cell.from_1904 = from_1904;
  }

  /// "BC12" → column 54, row 11.
  static std::pair<size_t, size_t> place_of(std::string_view text) {
    size_t column = 0, i = 0;
    for (; i < text.size() && text[i] >= 'A' && text[i] <= 'Z'; ++i)
      column = std::min(column * 26 + static_cast<size_t>(text[i] - 'A' + 1), k_xlsx_columns_max + 1);
    auto row = to_number(text.substr(i));
    if (i == 0 || !row || *row == 0) refuse_xlsx(fmt::format("'{}' is no cell", text));
    return {column - 1, *row - 1};
  }

  void reserve_place(XlsxSheet& sheet, size_t column, size_t row) {
    if (row >= k_xlsx_rows_max || column >= k_xlsx_columns_max)
      throw Refused(
          Refusal::too_large, "too-long",
          fmt::format("sheet {} goes beyond {} rows or {} columns", sheet.name, k_xlsx_rows_max, k_xlsx_columns_max));
    size_t before = sheet.rows.size() <= row ? row + 1 - sheet.rows.size() : 0;
    if (sheet.rows.size() <= row) sheet.rows.resize(row + 1);
    if (sheet.rows[row].size() <= column) {
      before += column + 1 - sheet.rows[row].size();
    }
    cells += before; // gaps count: a single far cell must not cost more than it says
    if (cells > k_xlsx_cells_max)
      throw Refused(Refusal::too_large, "too-long",
                    fmt::format("the workbook has more than {} cells; split it", k_xlsx_cells_max));
    if (sheet.rows[row].size() <= column) sheet.rows[row].resize(column + 1);
  }

  void read_sheet(const std::string& name, const std::string& target) {
    auto part = zip.read(target);
    if (!part) refuse_xlsx("sheet '" + name + "' is missing its part " + target);
    pugi::xml_document document;
    parse_xml(document, *part, target);
    auto& sheet = out.sheets.emplace_back();
    sheet.name = name;
    size_t next_row = 0;
    for (pugi::xml_node row : child_of(child_of(document, "worksheet"), "sheetData").children()) {
      if (local_name(row) != "row") continue;
      // Both r attributes are optional: then a row or cell follows the one before.
      if (auto number = to_number(attribute_of(row, "r")); number && *number > 0) next_row = *number - 1;
      size_t next_column = 0;
      for (pugi::xml_node cell : row.children()) {
        if (local_name(cell) != "c") continue;
        size_t column = next_column, at_row = next_row;
        if (auto place = attribute_of(cell, "r"); !place.empty()) std::tie(column, at_row) = place_of(place);
        XlsxCell value;
        set(value, cell);
        if (value.kind != XlsxCell::Kind::empty) {
          reserve_place(sheet, column, at_row);
          sheet.rows[at_row][column] = std::move(value);
        }
        next_column = column + 1;
      }
      ++next_row;
    }
    for (pugi::xml_node merge : child_of(child_of(document, "worksheet"), "mergeCells").children()) {
      const std::string_view range = attribute_of(merge, "ref");
      const size_t colon = range.find(':');
      if (colon == std::string_view::npos || sheet.merges.size() >= k_xlsx_merges_max) continue;
      const auto [first_column, first_row] = place_of(range.substr(0, colon));
      const auto [last_column, last_row] = place_of(range.substr(colon + 1));
      sheet.merges.push_back({first_row, first_column, last_row, last_column});
    }
  }

  void read() {
    auto book = zip.read("xl/workbook.xml");
    if (!book) refuse_xlsx("it has no part xl/workbook.xml");
    pugi::xml_document document;
    parse_xml(document, *book, "xl/workbook.xml");
    auto workbook = child_of(document, "workbook");
    auto date_system = attribute_of(child_of(workbook, "workbookPr"), "date1904");
    from_1904 = date_system == "1" || date_system == "true";

    std::map<std::string, std::string> targets;
    if (auto relations = zip.read("xl/_rels/workbook.xml.rels")) {
      pugi::xml_document list;
      parse_xml(list, *relations, "xl/_rels/workbook.xml.rels");
      for (pugi::xml_node relation : child_of(list, "Relationships").children()) {
        std::string target(attribute_of(relation, "Target"));
        target = target.starts_with("/") ? target.substr(1) : "xl/" + target;
        targets[std::string(attribute_of(relation, "Id"))] = target;
      }
    }
    read_shared_strings();
    read_styles();
    for (pugi::xml_node sheet : child_of(workbook, "sheets").children()) {
      if (local_name(sheet) != "sheet") continue;
      if (out.sheets.size() >= k_xlsx_sheets_max)
        throw Refused(Refusal::too_large, "too-long",
                      fmt::format("the workbook has more than {} sheets", k_xlsx_sheets_max));
      // r:id, not sheetId: both have the local name "id" or not, so it is asked for by its usual prefix first.
      std::string id =
          sheet.attribute("r:id") ? sheet.attribute("r:id").value() : std::string(attribute_of(sheet, "id"));
      auto target = targets.find(id);
      if (target == targets.end())
        refuse_xlsx(fmt::format("sheet '{}' has no relationship {}", attribute_of(sheet, "name"), id));
      read_sheet(std::string(attribute_of(sheet, "name")), target->second);
    }
  }
};

} // namespace

/// Excel's day number: day 60 is the 29 February 1900 that never was, kept for the sake of an older program.
std::string date_of_serial(double serial, bool from_1904) {
  if (!(serial >= 0 && serial < 2958466)) return {}; // through 9999-12-31
  auto seconds = static_cast<int64_t>(std::llround((serial - std::floor(serial)) * 86400));
  auto days = static_cast<int32_t>(std::floor(serial));
  if (seconds == 86400) {
    seconds = 0;
    ++days;
  }
  auto first = from_1904 ? base::Date::from_civil(1904, 1, 1) : base::Date::from_civil(1899, 12, days >= 60 ? 30 : 31);
  std::string out = (*first + days).to_string();
  if (seconds) out += fmt::format("T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  return out;
}

Xlsx read_xlsx(std::string_view bytes, const ZipLimits& limits) {
  ZipReader zip(bytes, limits);
  Workbook workbook{zip, {}, {}, {}, false, 0};
  workbook.read();
  return std::move(workbook.out);
}

} // namespace xinglin::office
