#include "lib/sql/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cassert>
#include <functional>
#include <unordered_map>
#include <vector>

namespace xinglin::sql {

bool SqliteError::is_full() const {
  return code() == SQLITE_FULL;
}
bool SqliteError::is_busy() const {
  return code() == SQLITE_BUSY || code() == SQLITE_LOCKED;
}
bool SqliteError::is_not_a_database() const {
  return code() == SQLITE_NOTADB || code() == SQLITE_CORRUPT;
}

struct SqliteQuery::Slot {
  sqlite3_stmt* statement = nullptr;
  bool in_use = false;
  Slot() = default;
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  ~Slot() { sqlite3_finalize(statement); }
};

namespace {

/// Looks a text up without making a string of it.
struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

} // namespace

struct Sqlite::State {
  sqlite3* db = nullptr;
  std::string file;
  // A statement that is running is not shared: its text may stand here more than once.
  std::unordered_map<std::string, std::vector<std::shared_ptr<SqliteQuery::Slot>>, TextHash, std::equal_to<>> kept;
  size_t kept_count = 0;
};

SqliteQuery::SqliteQuery(Sqlite& connection, std::shared_ptr<Slot> slot)
    : m_connection(&connection), m_slot(std::move(slot)) {
  m_slot->in_use = true;
}

SqliteQuery::SqliteQuery(SqliteQuery&& other) noexcept
    : m_connection(other.m_connection), m_slot(std::move(other.m_slot)), m_next_parameter(other.m_next_parameter) {}

SqliteQuery::~SqliteQuery() {
  if (!m_slot) return;
  sqlite3_reset(m_slot->statement);
  sqlite3_clear_bindings(m_slot->statement);
  m_slot->in_use = false;
}

bool SqliteQuery::step() {
  int code = sqlite3_step(m_slot->statement);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  m_connection->fail(code, sqlite3_sql(m_slot->statement));
}

void SqliteQuery::run() {
  while (step()) {
  }
}

int64_t SqliteQuery::whole(int column) const {
  return sqlite3_column_int64(m_slot->statement, column);
}
double SqliteQuery::real(int column) const {
  return sqlite3_column_double(m_slot->statement, column);
}
bool SqliteQuery::is_null(int column) const {
  return sqlite3_column_type(m_slot->statement, column) == SQLITE_NULL;
}
int SqliteQuery::columns() const {
  return sqlite3_column_count(m_slot->statement);
}

std::string_view SqliteQuery::text(int column) const {
  auto bytes = static_cast<const char*>(sqlite3_column_blob(m_slot->statement, column));
  return {bytes, bytes ? static_cast<size_t>(sqlite3_column_bytes(m_slot->statement, column)) : 0};
}

SqliteQuery& SqliteQuery::bind(int64_t value) {
  int code = sqlite3_bind_int64(m_slot->statement, m_next_parameter++, value);
  if (code != SQLITE_OK) m_connection->fail(code, "binding a number");
  return *this;
}
SqliteQuery& SqliteQuery::bind(double value) {
  int code = sqlite3_bind_double(m_slot->statement, m_next_parameter++, value);
  if (code != SQLITE_OK) m_connection->fail(code, "binding a number");
  return *this;
}
SqliteQuery& SqliteQuery::bind(std::string_view text) {
  // An empty view may have no address, which SQLite would take for null.
  const char* bytes = text.data() ? text.data() : "";
  int code =
      sqlite3_bind_text64(m_slot->statement, m_next_parameter++, bytes, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) m_connection->fail(code, "binding a text");
  return *this;
}
SqliteQuery& SqliteQuery::bind_blob(std::string_view bytes) {
  const char* data = bytes.data() ? bytes.data() : "";
  int code = sqlite3_bind_blob64(m_slot->statement, m_next_parameter++, data, bytes.size(), SQLITE_TRANSIENT);
  if (code != SQLITE_OK) m_connection->fail(code, "binding bytes");
  return *this;
}
SqliteQuery& SqliteQuery::bind_null() {
  sqlite3_bind_null(m_slot->statement, m_next_parameter++);
  return *this;
}

Sqlite::Sqlite(const std::string& file, Mode mode) : m_state(std::make_unique<State>()) {
  // OPTIMIZATION: nobody asks for SQLite's count of its memory, and it costs every allocation a lock.
  [[maybe_unused]] static const int once = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  m_state->file = file;
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (mode == Mode::create) flags |= SQLITE_OPEN_CREATE;
  int code = sqlite3_open_v2(file.c_str(), &m_state->db, flags, nullptr);
  if (code == SQLITE_OK) return;
  std::string text = m_state->db ? sqlite3_errmsg(m_state->db) : "out of memory";
  sqlite3_close(m_state->db);
  throw SqliteError(code, fmt::format("{}: {}", file, text));
}

Sqlite::~Sqlite() {
  m_state->kept.clear();
  [[maybe_unused]] int code = sqlite3_close(m_state->db);
  assert(code == SQLITE_OK && "a query outlives its connection");
}

void Sqlite::fail(int code, std::string_view doing) const {
  throw SqliteError(code, fmt::format("{}: {} ({})", m_state->file, sqlite3_errmsg(m_state->db), doing));
}

void Sqlite::execute(const std::string& statements) {
  int code = sqlite3_exec(m_state->db, statements.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code, statements.substr(0, 120));
}

SqliteQuery Sqlite::prepare(std::string_view text) {
  auto found = m_state->kept.find(text);
  if (found == m_state->kept.end()) found = m_state->kept.try_emplace(std::string(text)).first;
  auto& slots = found->second;
  for (auto& slot : slots)
    if (!slot->in_use) return {*this, slot};
  if (m_state->kept_count >= k_statements_kept_max) {
    // Running statements live on through their own handle.
    m_state->kept.clear();
    m_state->kept_count = 0;
    return prepare(text);
  }
  auto slot = std::make_shared<SqliteQuery::Slot>();
  const char* rest = nullptr;
  int code = sqlite3_prepare_v3(m_state->db, text.data(), static_cast<int>(text.size()), SQLITE_PREPARE_PERSISTENT,
                                &slot->statement, &rest);
  if (code != SQLITE_OK) fail(code, text);
  assert(slot->statement && "an empty statement");
  slots.push_back(slot);
  m_state->kept_count++;
  return {*this, slot};
}

int64_t Sqlite::changes() const {
  return sqlite3_changes64(m_state->db);
}
bool Sqlite::in_transaction() const {
  return sqlite3_get_autocommit(m_state->db) == 0;
}
void Sqlite::interrupt() {
  sqlite3_interrupt(m_state->db);
}
std::string Sqlite::file() const {
  return m_state->file;
}

} // namespace xinglin::sql
