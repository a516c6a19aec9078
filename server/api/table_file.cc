// POST /api/table.xlsx: a table of a page as a spreadsheet. docs/api.md
#include "lib/office/xlsx.h"

#include "server/api/commands.h"
#include "server/api/respond.h"

#include <algorithm>

namespace xinglin::api {

namespace {

constexpr size_t k_table_rows_max = 100'000; ///< of one file
constexpr size_t k_table_columns_max = 200;
constexpr size_t k_number_digits_max = 15; ///< that a spreadsheet keeps exactly; longer numbers (IDs) stay text
constexpr size_t k_sheet_name_max = 31;    ///< characters (Excel's own limit)
constexpr double k_width_min = 8, k_width_max = 60;

/// A decimal as a spreadsheet would keep it unchanged: no leading zeros, at most 15 digits.
bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  size_t digits = 0, points = 0;
  for (const char c : text) {
    if (c == '.')
      ++points;
    else if (c >= '0' && c <= '9')
      ++digits;
    else
      return false;
  }
  if (digits == 0 || digits > k_number_digits_max || points > 1 || text.front() == '.' || text.back() == '.')
    return false;
  return text.size() == 1 || text.front() != '0' || text[1] == '.';
}

/// The title as a sheet's name: without what Excel refuses, at most 31 characters.
std::string sheet_name(std::string_view title) {
  std::string name;
  size_t characters = 0;
  for (const char c : title) {
    const bool begins = (c & 0xC0) != 0x80;
    if (begins && ++characters > k_sheet_name_max) break;
    name += std::string_view("[]:*?/\\").find(c) == std::string_view::npos ? c : ' ';
  }
  return name.empty() ? "Sheet1" : name;
}

/// In columns of Latin width: a Chinese character takes two.
double width_of(std::string_view text) {
  double width = 0;
  for (const char c : text)
    if ((c & 0xC0) != 0x80) width += (c & 0x80) ? 2 : 1;
  return width;
}

} // namespace

http::Response table_file(Call& call) {
  const fhir::Document document = body_json(call);
  const fhir::Node body = document.root();
  const auto refuse = [](const std::string& text) { throw base::Refused(base::Refusal::malformed, "structure", text); };
  if (!body["columns"].is_array() || !body["rows"].is_array())
    refuse("The body must be {\"title\": ..., \"columns\": [texts], \"rows\": [[texts], ...]}.");
  const size_t columns = body["columns"].size();
  if (columns == 0 || columns > k_table_columns_max || body["rows"].size() > k_table_rows_max)
    throw base::Refused(base::Refusal::too_large, "too-long",
                        "A table has 1 to " + std::to_string(k_table_columns_max) + " columns and at most " +
                            std::to_string(k_table_rows_max) + " rows; choose fewer.");
  office::Xlsx book;
  book.title = body["title"].text();
  book.creator = "Xinglin";
  office::XlsxSheet& sheet = book.sheets.emplace_back();
  sheet.name = sheet_name(book.title);
  sheet.header = true;
  sheet.column_widths.assign(columns, k_width_min);
  const auto add_row = [&](fhir::Node list, bool numbers) {
    if (!list.is_array() || list.size() != columns)
      refuse("Every row must be a list of as many texts as there are columns.");
    auto& row = sheet.rows.emplace_back();
    for (const fhir::Node cell : list) {
      if (!cell.is_string()) refuse("Every cell must be a text; numbers are sent as the text of the decimal they are.");
      const std::string text(cell.text());
      double& width = sheet.column_widths[row.size()];
      width = std::clamp(width_of(text) + 2, width, k_width_max);
      row.push_back(numbers && is_number(text) ? office::XlsxCell::of_number(text) : office::XlsxCell::of_text(text));
    }
  };
  add_row(body["columns"], false);
  for (const fhir::Node row : body["rows"])
    add_row(row, true);
  http::Response response;
  response.body = office::write_xlsx(book);
  response.set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
  response.set("Content-Disposition", "attachment; filename=\"table.xlsx\"");
  return response;
}

} // namespace xinglin::api
