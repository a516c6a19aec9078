#pragma once
// Rows on their way from a view to a table: typed as the table's columns are, packed, kept until they are appended.

#include "lib/base/clock.h"
#include "lib/base/decimal.h"
#include "server/package/model.h"
#include "server/store/store.h"

#include <string>
#include <string_view>
#include <vector>

namespace xinglin::flatten {

/// How a column's cells are kept.
struct CellType {
  enum class Kind : uint8_t { text, integer, bigint, decimal, boolean, date, timestamp } kind = Kind::text;
  int width = 0; ///< decimal: digits in all
  int scale = 0; ///< decimal: digits after the point
};
/// From the SQL type of a table's column ("DECIMAL(38,6)"). Throws Refused(invalid) for a type no column may have.
CellType parse_cell_type(std::string_view sql_type);

/// One cell. text: the bytes [number, number + length) of the rows' arena; decimal: the coefficient at the column's
/// scale; date: days; timestamp: microseconds of the county's clock; boolean: 0 or 1.
struct Cell {
  base::Int128 number = 0;
  uint32_t length = 0;
  bool is_null = true;
};

/// Rows of one table, in the order made.
struct Rows {
  struct Row {
    store::CommitNumber from = 0;
    store::CommitNumber to = 0; ///< 0 = still there at the end of the batch
    int64_t entered_micros = 0; ///< county's clock
  };
  std::vector<Row> rows;
  std::vector<Cell> cells; ///< rows × columns of the view
  std::string arena;
  std::string_view text(const Cell& cell) const {
    return std::string_view(arena).substr(static_cast<size_t>(cell.number), cell.length);
  }
};

/// A value of a record that its column cannot hold without loss: the cell stays empty and this says so.
struct Misfit {
  size_t table = 0;
  std::string column; ///< empty: the whole view failed on this record
  std::string record;
  std::string value; ///< as written, or why the view failed
  store::CommitNumber commit = 0;
};

/// Reads the FHIR text of a value into a cell; false when it does not fit without loss (a partial date, a decimal with
/// more digits than the column, a word where a number stands). A dateTime with a zone becomes the county's day or time.
bool read_cell(std::string_view text, const CellType& type, base::Zone zone, Cell& cell, std::string& arena);

/// 2023-05-01T08:30:00.000Z in the county's clock, as microseconds since 1970-01-01T00:00:00 there.
int64_t county_micros(base::Millis at, base::Zone zone);

} // namespace xinglin::flatten
