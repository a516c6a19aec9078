#pragma once
// Spreadsheets (.xlsx, ECMA-376 SpreadsheetML): a plain writer whose numbers are the decimals they were (never passed
// through binary floating point), and a reader for what people and their programs save.

#include "lib/office/zip.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::office {

struct XlsxCell {
  enum class Kind : uint8_t { empty, text, number, boolean, date, error };
  Kind kind = Kind::empty;
  /// text: as it stands; number: plain or exponent decimal ("929.8"); boolean: "true" / "false"; date: "2023-05-01" or
  /// "2023-05-01T08:30:00" (reading only); error: "#DIV/0!".
  std::string text;
  std::string link;       ///< URL opened by a click (writing only)
  bool formula = false;   ///< the text is the kept value of a formula (reading only)
  bool from_1904 = false; ///< days are counted from 1904 in its workbook (reading only)
  static XlsxCell of_text(std::string text, std::string link = {}) {
    return {text.empty() ? Kind::empty : Kind::text, std::move(text), std::move(link)};
  }
  static XlsxCell of_number(std::string decimal) { return {Kind::number, std::move(decimal), {}}; }
  bool operator==(const XlsxCell&) const = default;
};

/// Merged cells: the text stands in the first; rows and columns from 0, both ends included.
struct XlsxMerge {
  size_t first_row = 0, first_column = 0, last_row = 0, last_column = 0;
};

struct XlsxSheet {
  std::string name;                        ///< at most 31 characters, without []:*?/\ (refused by the writer)
  std::vector<double> column_widths;       ///< in characters; missing = default. Writing only
  bool header = false;                     ///< the first row is bold and stays in view. Writing only
  std::vector<std::vector<XlsxCell>> rows; ///< rows and cells that are not there are empty
  std::vector<XlsxMerge> merges = {};      ///< reading only
};

struct Xlsx {
  std::string title, creator, created; ///< core properties; `created` as in Docx
  std::vector<XlsxSheet> sheets;
};

inline constexpr size_t k_xlsx_rows_max = 1'048'576;  ///< of a sheet (Excel's own limit)
inline constexpr size_t k_xlsx_columns_max = 16'384;  ///< of a sheet (Excel's own limit)
inline constexpr size_t k_xlsx_cells_max = 5'000'000; ///< taken from one workbook, gaps between cells included
inline constexpr size_t k_xlsx_sheets_max = 256;
inline constexpr size_t k_xlsx_merges_max = 10'000; ///< of a sheet; more are passed over

/// The bytes of the file; the same workbook gives the same bytes. Throws Refused(invalid) for a bad sheet name or a
/// number cell that is no decimal.
std::string write_xlsx(const Xlsx& workbook);

/// Every sheet in workbook order. Shared and inline strings, formulas by their kept values, dates by their number
/// format (both date systems). Numbers lose the noise of binary writing beyond 15 digits (16.399999999999999 → 16.4).
/// Throws Refused(malformed) when it is not an xlsx, Refused(too_large) over a limit.
Xlsx read_xlsx(std::string_view bytes, const ZipLimits& limits = {});

/// A day number as a date, "2023-05-01" or with a part of a day "2023-05-01T08:30:00"; empty outside 1900..9999.
std::string date_of_serial(double serial, bool from_1904);

} // namespace xinglin::office
