#pragma once
// A spreadsheet into a form, a return or a register: the columns are mapped to items, every row is looked at before
// anything is written, then all rows go in as one transaction or none does.
//
//  1. look() reads the file, finds the header and guesses which column is which item by its Chinese or English title or
//     its id. It remembers nothing: the mapping comes back from the person who looked.
//  2. try_sheet() says of each row what the program would say, and writes nothing.
//  3. import_sheet() writes, when no row is wrong. The ids are made from the file's digest and the row, so that the
//  same
//     row cannot come in twice; a file that went in is noted by its digest, and told the next time.
//
// Cells: dates as dates, as serial numbers, or as text (2023-05-01, 2023/5/1, 2023年5月1日, 20230501); numbers also as
// text with thousands' commas or full-width digits; choices by code or title; yes and no in the usual signs. A formula
// counts by the value that was saved with it, with a warning. Repeating groups have no place in one row and cannot be
// mapped.

#include "lib/base/issue.h"
#include "server/package/model.h"
#include "server/store/store.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::program {
class Program;
}

namespace xinglin::intake {

inline constexpr size_t k_sheet_file_bytes_max = size_t{10} << 20; ///< of the file as it came
inline constexpr size_t k_sheet_unpacked_bytes_max = size_t{80} << 20;
inline constexpr size_t k_sheet_rows_max = 5000;    ///< rows with something in them, under the header
inline constexpr size_t k_sheet_columns_max = 300;  ///< columns looked at
inline constexpr size_t k_header_rows_max = 20;     ///< the header stands within the first rows
inline constexpr size_t k_sheet_samples = 3;        ///< values shown of each column
inline constexpr size_t k_sheet_problems_max = 500; ///< listed; more are only counted

/// What else than an item a column may be.
inline constexpr std::string_view k_column_subject = "@subject"; ///< whom it is about: citizen ID or record id
inline constexpr std::string_view k_column_org = "@org";         ///< which organisation: name or id
inline constexpr std::string_view k_column_period = "@period";   ///< of a return
inline constexpr std::string_view k_column_authored = "@authored";

struct SheetColumn {
  size_t index = 0;
  std::string letter; ///< "B"
  std::string title;  ///< of merged headers "upper / lower"
  std::vector<std::string> samples;
  std::string guess; ///< item id or one of the above; empty = none
};
struct SheetLook {
  std::string name;
  size_t header_row = 0; ///< 0-based; the rows come after it
  size_t rows = 0;       ///< with something in them
  std::vector<SheetColumn> columns;
  std::string imported; ///< when this sheet of this file went in before: when and how many rows; else empty
};
struct FileLook {
  std::string digest; ///< sha256 of the file
  std::vector<SheetLook> sheets;
};

struct SheetPlan {
  std::string target; ///< form or register id
  size_t sheet = 0;
  size_t header_row = 0;
  std::map<size_t, std::string> columns; ///< column index → item id or one of the above
  std::string org;                       ///< of rows that do not say
  std::string period;                    ///< return: of rows that do not say
};

struct RowProblem {
  size_t row = 0;     ///< as the spreadsheet counts, from 1; 0 = the whole column
  std::string column; ///< letter; empty = the whole row
  bool is_warning = false;
  base::Text text; ///< what is wrong, and the mend
};
struct SheetReport {
  size_t rows = 0, bad_rows = 0, problem_count = 0;
  std::vector<RowProblem> problems;
  store::CommitNumber commit = 0; ///< written: the one transaction
};

/// Throws Refused(too_large) over a limit, Refused(malformed) when it is no .xlsx, Refused(not_found) for a target that
/// is neither form nor register.
FileLook look(const program::Program& program, const store::Store& store, std::string_view bytes,
              const std::string& target);
/// Throws as look(), and Refused(invalid) for a mapping that cannot be.
SheetReport try_sheet(const program::Program& program, const store::Store& store, std::string_view bytes,
                      const SheetPlan& plan, base::Zone zone = {});
/// Throws as try_sheet(); Refused(conflict) when the sheet went in before; Refused(invalid) with file rows when any row
/// is wrong: nothing is written then.
SheetReport import_sheet(program::Program& program, store::Store& store, std::string_view bytes, const SheetPlan& plan,
                         base::Clock clock = base::system_now, base::Zone zone = {});

} // namespace xinglin::intake
