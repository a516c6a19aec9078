#pragma once
// DuckDB through its C API (https://duckdb.org/docs/stable/clients/c/api), as plain values: exact decimals, dates, and
// errors that say where in the SQL they are. Every instance is locked down before the first statement: no extensions,
// no files (unless asked for), no network, no change of settings, because it runs SQL that authors of packages write.

#include "lib/base/date.h"
#include "lib/base/decimal.h"
#include "lib/base/issue.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::sql {

/// What a column holds, as far as exact figures care.
enum class DuckType : uint8_t { null, boolean, integer, decimal, floating, date, timestamp, text, other };

struct DuckColumn {
  std::string name;
  DuckType type = DuckType::other;
  std::string sql_type; ///< "DECIMAL(18,2)", "BIGINT", ... for messages
  int scale = 0;        ///< decimal: digits after the point
};

class DuckConnection;
class DuckResult;
class DuckStatement;

/// Turns a DuckDB error message into a refusal. `sql` is the text it is about: line and column of the issue (1-based,
/// column in bytes) are places in it. Wrong SQL is `invalid`, a broken file `unavailable`, a lost race `conflict`.
base::Refused duck_refusal(std::string_view message, std::string_view sql);

struct DuckOptions {
  std::string path;                         ///< file; empty = in memory
  int threads = 0;                          ///< 0 = one a core; a setting of the whole instance
  std::string memory_limit;                 ///< "2GB"; empty = DuckDB's own (80 % of the machine)
  std::string checkpoint_threshold = "1GB"; ///< high: we checkpoint in gaps, not under somebody's read
  bool files = false; ///< COPY may write files: only for an instance that never runs an author's SQL
};

/// A database, opened once a process. Thread safe. Throws Refused(unavailable) when the file cannot be read.
class DuckInstance {
public:
  static std::shared_ptr<DuckInstance> open(const DuckOptions& options);
  ~DuckInstance();
  DuckInstance(const DuckInstance&) = delete;
  DuckInstance& operator=(const DuckInstance&) = delete;

private:
  friend class DuckConnection;
  DuckInstance();
  struct Handle;
  std::unique_ptr<Handle> m_handle;
};

/// One connection; use from one thread at a time (interrupt() from any). Keeps its instance open.
class DuckConnection {
public:
  explicit DuckConnection(std::shared_ptr<DuckInstance> instance);
  ~DuckConnection();
  DuckConnection(const DuckConnection&) = delete;
  DuckConnection& operator=(const DuckConnection&) = delete;

  /// Runs one or more statements of our own; gives the result of the last. Never for author's SQL.
  DuckResult run(const std::string& sql);
  /// Prepares exactly one statement. Names, types and syntax are checked here (Refused(invalid) with the position).
  DuckStatement prepare(const std::string& sql);
  /// One statement that must be a SELECT: author's SQL.
  DuckStatement prepare_select(const std::string& sql);
  /// Stops what runs on this connection; it then throws Refused(busy).
  void interrupt();

private:
  friend class DuckAppender;
  struct Handle;
  std::unique_ptr<Handle> m_handle;
};

class DuckStatement {
public:
  DuckStatement(DuckStatement&&) noexcept;
  DuckStatement& operator=(DuckStatement&&) noexcept;
  ~DuckStatement();
  const std::vector<DuckColumn>& columns() const; ///< known before it runs
  size_t parameters() const;
  /// Positions are 1-based, as $1.
  void bind_null(size_t position);
  void bind(size_t position, std::string_view text);
  void bind(size_t position, const char* text) { bind(position, std::string_view(text)); }
  void bind(size_t position, int64_t value);
  void bind(size_t position, bool value);
  void bind(size_t position, base::Date value);
  DuckResult execute();

private:
  friend class DuckConnection;
  struct Handle;
  explicit DuckStatement(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> m_handle;
};

/// Rows, read forward: `while (result.next()) use(result.text(0));`. Cells are asked by the column's own type
/// (asserted); text() takes any scalar and is exact.
class DuckResult {
public:
  DuckResult(DuckResult&&) noexcept;
  DuckResult& operator=(DuckResult&&) noexcept;
  ~DuckResult();
  const std::vector<DuckColumn>& columns() const;
  std::optional<size_t> find_column(std::string_view name) const;
  bool next();
  bool is_null(size_t column) const;
  bool boolean(size_t column) const;
  /// Any integer type; throws Refused(too_large) when a HUGEINT does not fit.
  int64_t integer(size_t column) const;
  base::Int128 big_integer(size_t column) const;
  /// Decimal or integer columns.
  base::Decimal decimal(size_t column) const;
  base::Date date(size_t column) const;
  int64_t timestamp_micros(size_t column) const; ///< since 1970-01-01T00:00:00, without a zone
  /// Bytes of a text column; valid until the next next().
  std::string_view view(size_t column) const;
  /// Exact text of any scalar: "true", "12.50", "2023-05-01", "2023-05-01 08:30:00"; null is "".
  std::string text(size_t column) const;
  /// Rows an INSERT, UPDATE or DELETE touched.
  int64_t rows_changed() const;

private:
  friend class DuckConnection;
  friend class DuckStatement;
  struct Handle;
  explicit DuckResult(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> m_handle;
};

/// Appends rows to a table in data chunks (about 3 million rows a second), within the connection's transaction. Cells
/// in column order, then end_row(); close() writes what is left (the destructor does not: an unclosed appender is
/// dropped).
class DuckAppender {
public:
  DuckAppender(DuckConnection& connection, const std::string& schema, const std::string& table);
  ~DuckAppender();
  DuckAppender(const DuckAppender&) = delete;
  DuckAppender& operator=(const DuckAppender&) = delete;
  size_t columns() const;
  void null();
  void boolean(bool value);
  void integer(int64_t value); ///< INTEGER or BIGINT; asserted to fit
  /// coefficient × 10^-scale of the column; asserted to fit its width.
  void scaled(base::Int128 coefficient);
  void date(base::Date value);
  void timestamp_micros(int64_t value);
  void text(std::string_view value);
  void end_row();
  void close();

private:
  struct Handle;
  std::unique_ptr<Handle> m_handle;
};

/// `name` in double quotes, as an identifier.
std::string quote_identifier(std::string_view name);
/// `text` in single quotes, as a literal.
std::string quote_literal(std::string_view text);

} // namespace xinglin::sql
