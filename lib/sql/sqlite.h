#pragma once
// SQLite (3.37 or newer, for STRICT tables) behind small value types: a connection, and a statement that is bound when
// it is asked for and freed for the next use when it goes out of scope. https://www.sqlite.org/c3ref/intro.html

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace xinglin::sql {

/// What SQLite reports, with its result code. Callers translate it once, at their own boundary.
class SqliteError : public std::runtime_error {
public:
  SqliteError(int code, const std::string& text) : std::runtime_error(text), m_code(code) {}
  int code() const { return m_code & 0xff; } ///< primary result code: SQLITE_FULL, SQLITE_BUSY, ...
  int extended_code() const { return m_code; }
  bool is_full() const; ///< no space left
  bool is_busy() const; ///< another connection holds the lock
  bool is_not_a_database() const;

private:
  int m_code;
};

class Sqlite;

/// A running statement of a connection. Rows are read by step() and the column functions (0-based); text and blobs
/// stay valid until the next step(). Must not outlive its connection.
class SqliteQuery {
public:
  SqliteQuery(SqliteQuery&& other) noexcept;
  SqliteQuery& operator=(SqliteQuery&&) = delete;
  ~SqliteQuery();
  bool step(); ///< true while there is a row; throws SqliteError
  void run();  ///< steps to the end
  int64_t whole(int column) const;
  double real(int column) const;
  std::string_view text(int column) const; ///< text or blob, as bytes; empty when null
  bool is_null(int column) const;
  int columns() const;

  /// Binds the next parameter, in order.
  SqliteQuery& bind(int64_t value);
  SqliteQuery& bind(int value) { return bind(static_cast<int64_t>(value)); }
  SqliteQuery& bind(bool value) { return bind(static_cast<int64_t>(value)); }
  SqliteQuery& bind(double value);
  SqliteQuery& bind(std::string_view text); ///< copied
  SqliteQuery& bind(const std::string& text) { return bind(std::string_view(text)); }
  SqliteQuery& bind(const char* text) { return bind(std::string_view(text)); }
  SqliteQuery& bind_blob(std::string_view bytes); ///< copied
  SqliteQuery& bind_null();
  template <typename Value> SqliteQuery& bind(const std::optional<Value>& value) {
    return value ? bind(*value) : bind_null();
  }

private:
  friend class Sqlite;
  struct Slot;
  SqliteQuery(Sqlite& connection, std::shared_ptr<Slot> slot);
  Sqlite* m_connection;
  std::shared_ptr<Slot> m_slot;
  int m_next_parameter = 1;
};

/// One connection; use it from one thread at a time.
class Sqlite {
public:
  enum class Mode : uint8_t { read_only, read_write, create };
  /// Throws SqliteError (SQLITE_CANTOPEN, SQLITE_NOTADB at the first use, ...).
  Sqlite(const std::string& file, Mode mode);
  ~Sqlite();
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;

  /// Runs statements separated by semicolons; results are thrown away.
  void execute(const std::string& statements);
  /// A prepared statement, kept for the next call with the same text, with `values` bound in order.
  template <typename... Values> SqliteQuery query(std::string_view text, const Values&... values) {
    SqliteQuery query = prepare(text);
    (query.bind(values), ...);
    return query;
  }
  /// The first column of the first row; throws std::logic_error when there is none.
  template <typename... Values> int64_t whole(std::string_view text, const Values&... values) {
    SqliteQuery found = query(text, values...);
    if (!found.step()) throw std::logic_error("no row: " + std::string(text));
    return found.whole(0);
  }
  int64_t changes() const; ///< rows that the last statement changed
  bool in_transaction() const;
  void interrupt(); ///< stops what runs in another thread
  std::string file() const;

  static constexpr size_t k_statements_kept_max = 256; ///< beyond it the cache of prepared statements starts anew

private:
  friend class SqliteQuery;
  SqliteQuery prepare(std::string_view text);
  [[noreturn]] void fail(int code, std::string_view doing) const;
  struct State;
  std::unique_ptr<State> m_state;
};

} // namespace xinglin::sql
