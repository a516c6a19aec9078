#include "server/intake/row_file.h"

#include "lib/base/issue.h"
#include "lib/base/text.h"
#include "lib/sql/duck.h"
#include "server/intake/files.h"

#include <fmt/format.h>

#include <filesystem>

namespace xinglin::intake {

namespace fs = std::filesystem;
using base::Refusal;
using base::Refused;
using viewdef::Cell;
using viewdef::Column;
using viewdef::ColumnType;

namespace {

constexpr std::pair<std::string_view, RowFormat> k_formats[] = {
    {"csv", RowFormat::csv}, {"ndjson", RowFormat::ndjson}, {"json", RowFormat::json}, {"parquet", RowFormat::parquet}};

bool is_json_as_it_is(const Column& column) {
  return column.collection || column.type == ColumnType::integer || column.type == ColumnType::decimal ||
         column.type == ColumnType::boolean || column.type == ColumnType::structure;
}

class TextFile : public RowFile {
public:
  TextFile(const std::string& path, RowFormat format, std::span<const Column> columns, bool header)
      : m_lines(path), m_format(format), m_columns(columns.begin(), columns.end()) {
    if (format == RowFormat::csv && header) {
      append_csv_header(m_line, columns);
      m_lines.line(m_line);
    }
    if (format == RowFormat::json) m_before = "[";
  }

  void row(std::span<const Cell> cells) override {
    // In a JSON list the comma stands before the second row and those after it.
    m_line = m_before;
    if (m_format == RowFormat::csv) {
      append_csv_row(m_line, cells);
    } else {
      append_json_row(m_line, m_columns, cells);
    }
    m_lines.line(m_line);
    if (m_format == RowFormat::json) m_before = ",";
  }

  void finish() override {
    if (m_format == RowFormat::json) m_lines.line(m_before == "[" ? "[]" : "]");
    m_lines.finish();
  }

private:
  LineWriter m_lines;
  RowFormat m_format;
  std::vector<Column> m_columns;
  std::string m_line;
  std::string m_before;
};

/// DuckDB writes Parquet. Rows wait in a database file beside the output, as text, so that memory stays the same.
class ParquetFile : public RowFile {
public:
  ParquetFile(std::string path, std::span<const Column> columns)
      : m_path(std::move(path)), m_staging(m_path + ".part.db"), m_part(m_path + ".part") {
    remove();
    try {
      open(columns);
    } catch (...) {
      close();
      throw;
    }
  }
  ~ParquetFile() override { close(); }
  ParquetFile(const ParquetFile&) = delete;
  ParquetFile& operator=(const ParquetFile&) = delete;

  void row(std::span<const Cell> cells) override {
    for (const Cell& cell : cells) {
      if (cell)
        m_rows->text(*cell);
      else
        m_rows->null();
    }
    m_rows->end_row();
  }

  void finish() override {
    m_rows->close();
    m_rows.reset();
    m_connection->run("COMMIT");
    m_connection->run(
        fmt::format("COPY (SELECT {} FROM rows) TO {} (FORMAT parquet)", m_select, sql::quote_literal(m_part)));
    std::error_code failed;
    fs::rename(m_part, m_path, failed);
    if (failed)
      throw Refused(Refusal::unavailable, "exception",
                    "The file " + m_path + " cannot be put in place: " + failed.message() + ".");
    close();
  }

private:
  static constexpr const char* k_memory = "512MB"; ///< of DuckDB's own, the least that 1000 columns of text need

  void open(std::span<const Column> columns) {
    sql::DuckOptions options;
    options.path = m_staging;
    options.threads = 1;
    options.memory_limit = k_memory;
    options.files = true;
    m_connection = std::make_unique<sql::DuckConnection>(sql::DuckInstance::open(options));
    std::string staged;
    for (const Column& column : columns) {
      const std::string name = sql::quote_identifier(column.name);
      staged += (staged.empty() ? "" : ", ") + name + " VARCHAR";
      m_select += (m_select.empty() ? "" : ", ") + typed(column, name) + " AS " + name;
    }
    m_connection->run("CREATE TABLE rows(" + staged + "); BEGIN");
    m_rows = std::make_unique<sql::DuckAppender>(*m_connection, "main", "rows");
  }

  static std::string typed(const Column& column, const std::string& name) {
    const std::string type = sql_type_of(column);
    if (column.collection) return fmt::format("CAST(CAST({} AS JSON) AS {})", name, type);
    if (type == "BLOB") return fmt::format("from_base64({})", name);
    return type == "VARCHAR" ? name : fmt::format("CAST({} AS {})", name, type);
  }

  void close() {
    m_rows.reset();
    m_connection.reset();
    remove();
  }

  void remove() {
    std::error_code ignored;
    for (const std::string& left : {m_staging, m_staging + ".wal", m_part})
      fs::remove(left, ignored);
    fs::remove_all(m_staging + ".tmp", ignored);
  }

  std::string m_path, m_staging, m_part, m_select;
  std::unique_ptr<sql::DuckConnection> m_connection;
  std::unique_ptr<sql::DuckAppender> m_rows;
};

} // namespace

std::optional<RowFormat> row_format(std::string_view name) {
  for (const auto& [known, format] : k_formats)
    if (known == name) return format;
  return {};
}

std::string_view name_of(RowFormat format) {
  return k_formats[static_cast<size_t>(format)].first;
}

std::string_view media_type_of(RowFormat format) {
  switch (format) {
  case RowFormat::csv: return "text/csv; charset=utf-8";
  case RowFormat::ndjson: return "application/x-ndjson";
  case RowFormat::json: return "application/json";
  case RowFormat::parquet: break;
  }
  return "application/vnd.apache.parquet";
}

RowFormat row_format_of_path(std::string_view path) {
  std::string_view name = path;
  const bool packed = name.ends_with(".gz");
  if (packed) name.remove_suffix(3);
  for (const auto& [known, format] : k_formats)
    if (name.size() > known.size() && name.ends_with(known) && name[name.size() - known.size() - 1] == '.' &&
        !(packed && format == RowFormat::parquet))
      return format;
  throw Refused(Refusal::malformed, "value",
                "The name \"" + std::string(path) +
                    "\" does not say in what form to write: end it with .csv, .ndjson, .json (these also with .gz) or "
                    ".parquet.");
}

void append_csv_header(std::string& out, std::span<const Column> columns) {
  bool first = true;
  for (const Column& column : columns) {
    if (!first) out += ',';
    first = false;
    out += column.name; // letters, digits and _ only
  }
}

void append_csv_row(std::string& out, std::span<const Cell> cells) {
  bool first = true;
  for (const Cell& cell : cells) {
    if (!first) out += ',';
    first = false;
    if (!cell) continue;
    // A row of one empty text would else be an empty line.
    if (!cell->empty() && cell->find_first_of("\",\r\n") == std::string_view::npos) {
      out += *cell;
      continue;
    }
    out += '"';
    for (const char c : *cell) {
      if (c == '"') out += '"';
      out += c;
    }
    out += '"';
  }
}

void append_json_row(std::string& out, std::span<const Column> columns, std::span<const Cell> cells) {
  out += '{';
  for (size_t i = 0; i < columns.size(); ++i) {
    out += i ? ",\"" : "\"";
    out += columns[i].name;
    out += "\":";
    if (!cells[i])
      out += "null";
    else if (is_json_as_it_is(columns[i]))
      out += *cells[i];
    else
      base::append_json_string(out, *cells[i]);
  }
  out += '}';
}

std::string sql_type_of(const Column& column) {
  std::string type = "VARCHAR";
  if (!column.sql_type.empty())
    type = column.sql_type;
  else if (column.type == ColumnType::integer)
    type = "INTEGER";
  else if (column.type == ColumnType::boolean)
    type = "BOOLEAN";
  else if (column.fhir_type == "instant")
    type = "TIMESTAMP WITH TIME ZONE";
  else if (column.fhir_type == "base64Binary" && !column.collection)
    type = "BLOB";
  return column.collection ? type + "[]" : type;
}

std::unique_ptr<RowFile> RowFile::open(const std::string& path, RowFormat format, std::span<const Column> columns,
                                       bool header) {
  if (format == RowFormat::parquet) return std::make_unique<ParquetFile>(path, columns);
  return std::make_unique<TextFile>(path, format, columns, header);
}

} // namespace xinglin::intake
