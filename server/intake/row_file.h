#pragma once
// Rows of views as files and texts: CSV (RFC 4180), NDJSON, JSON, Parquet.

#include "lib/viewdef/view.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace xinglin::intake {

enum class RowFormat : uint8_t { csv, ndjson, json, parquet };

/// "csv", "ndjson", "json", "parquet"; empty for another word.
std::optional<RowFormat> row_format(std::string_view name);
/// By the ending of a file's name, `.gz` aside (which Parquet cannot have). Throws base::Refused(malformed) naming the
/// endings there are.
RowFormat row_format_of_path(std::string_view path);
std::string_view name_of(RowFormat format);
std::string_view media_type_of(RowFormat format);

/// One row as a line without its end. CSV: a null is nothing, an empty text "". JSON: an object with every column;
/// numbers and booleans as such, collections as lists, structures as they are.
void append_csv_header(std::string& out, std::span<const viewdef::Column> columns);
void append_csv_row(std::string& out, std::span<const viewdef::Cell> cells);
void append_json_row(std::string& out, std::span<const viewdef::Column> columns, std::span<const viewdef::Cell> cells);

/// Writes rows into a file beside `path` and puts it in place whole on finish(); without finish() nothing is left.
/// Takes the same memory for any number of rows. Parquet columns have the SQL types of the specification's table, or
/// what the tag "ansi/type" asks for.
class RowFile {
public:
  virtual ~RowFile() = default;
  /// Throws base::Refused(unavailable) when the file cannot be made.
  static std::unique_ptr<RowFile> open(const std::string& path, RowFormat format,
                                       std::span<const viewdef::Column> columns, bool header = true);
  virtual void row(std::span<const viewdef::Cell> cells) = 0;
  /// Throws base::Refused(unavailable), for Parquet also (invalid) when a value does not fit its column's SQL type.
  virtual void finish() = 0;
};

/// The SQL type of a column in typed files: "VARCHAR", "INTEGER", "TIMESTAMP WITH TIME ZONE", "VARCHAR[]", ...
/// https://build.fhir.org/ig/FHIR/sql-on-fhir-v2/StructureDefinition-ViewDefinition.html, default type mappings.
std::string sql_type_of(const viewdef::Column& column);

} // namespace xinglin::intake
