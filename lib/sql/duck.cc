#include "lib/sql/duck.h"

#include "lib/base/text.h"

#include <duckdb.h>
#include <fmt/format.h>

#include <cassert>
#include <cstring>

namespace xinglin::sql {
namespace {

using base::Int128;
using base::Refusal;

constexpr Int128 power_of_ten(int exponent) {
  return exponent == 0 ? 1 : 10 * power_of_ten(exponent - 1);
}
constexpr Int128 k_decimal_end = power_of_ten(38); ///< a HUGEINT reaches beyond 38 digits, base::Decimal does not

Int128 wide(duckdb_hugeint value) {
  return static_cast<Int128>(static_cast<unsigned __int128>(static_cast<uint64_t>(value.upper)) << 64 | value.lower);
}

duckdb_hugeint narrow(Int128 value) {
  return {static_cast<uint64_t>(value), static_cast<int64_t>(value >> 64)};
}

std::string integer_text(Int128 value) {
  return fmt::format("{}", value);
}

Refusal refusal_of(std::string_view kind) {
  if (kind == "Interrupt" || kind == "INTERRUPT") return Refusal::busy;
  if (kind == "TransactionContext" || kind == "Serialization") return Refusal::conflict;
  if (kind == "Out of Memory") return Refusal::too_large;
  if (kind == "Permission") return Refusal::forbidden;
  for (std::string_view bad_file : {"IO", "FATAL", "INTERNAL", "Serialization", "Connection", "Corrupt"})
    if (kind == bad_file) return Refusal::unavailable;
  return Refusal::invalid;
}

/// Columns a terminal gives a character: DuckDB places its caret by them.
int display_width(uint32_t point) {
  return point >= 0x1100 ? 2 : 1;
}

/// Byte offset in `text` of the character under display column `column`.
size_t byte_at_display(std::string_view text, size_t column) {
  size_t at = 0;
  for (size_t shown = 0; at < text.size() && shown < column;) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t point = lead < 0x80 ? lead : lead & (0xFF >> (length + 1));
    for (size_t i = 1; i < length && at + i < text.size(); ++i)
      point = point << 6 | (text[at + i] & 0x3F);
    shown += static_cast<size_t>(display_width(point));
    at += length;
  }
  return std::min(at, text.size());
}

/// Reads the "LINE 3: ...\n      ^" that DuckDB puts under a message.
void place_from_caret(std::string_view excerpt, std::string_view sql, base::Issue& issue) {
  const size_t colon = excerpt.find(": ");
  const size_t line_end = excerpt.find('\n');
  if (colon == std::string_view::npos || line_end == std::string_view::npos || colon > line_end) return;
  issue.line = std::atoi(std::string(excerpt.substr(5, colon - 5)).c_str());
  std::string_view shown = excerpt.substr(colon + 2, line_end - colon - 2);
  const size_t caret = excerpt.substr(line_end + 1).find('^');
  if (caret == std::string_view::npos || caret < colon + 2) return;
  const size_t in_shown = byte_at_display(shown, caret - colon - 2);
  const auto lines = base::split(sql, '\n');
  if (issue.line < 1 || static_cast<size_t>(issue.line) > lines.size()) return;
  const std::string_view line = lines[static_cast<size_t>(issue.line) - 1];
  // A long line is shown as "...middle...": find the middle in the real one.
  const bool cut_before = shown.starts_with("...") && !line.starts_with("...");
  const bool cut_after = shown.ends_with("...") && !line.ends_with("...");
  std::string_view middle = shown.substr(cut_before ? 3 : 0);
  if (cut_after) middle.remove_suffix(3);
  const size_t found = line.find(middle);
  if (found == std::string_view::npos) return;
  issue.column = static_cast<int>(found + in_shown - (cut_before ? 3 : 0)) + 1;
}

DuckType type_of(duckdb_type type) {
  switch (type) {
  case DUCKDB_TYPE_SQLNULL: return DuckType::null;
  case DUCKDB_TYPE_BOOLEAN: return DuckType::boolean;
  case DUCKDB_TYPE_TINYINT:
  case DUCKDB_TYPE_SMALLINT:
  case DUCKDB_TYPE_INTEGER:
  case DUCKDB_TYPE_BIGINT:
  case DUCKDB_TYPE_HUGEINT:
  case DUCKDB_TYPE_UTINYINT:
  case DUCKDB_TYPE_USMALLINT:
  case DUCKDB_TYPE_UINTEGER:
  case DUCKDB_TYPE_UBIGINT: return DuckType::integer;
  case DUCKDB_TYPE_DECIMAL: return DuckType::decimal;
  case DUCKDB_TYPE_FLOAT:
  case DUCKDB_TYPE_DOUBLE: return DuckType::floating;
  case DUCKDB_TYPE_DATE: return DuckType::date;
  case DUCKDB_TYPE_TIMESTAMP: return DuckType::timestamp;
  case DUCKDB_TYPE_VARCHAR: return DuckType::text;
  default: return DuckType::other;
  }
}

std::string_view name_of(duckdb_type type) {
  switch (type) {
  case DUCKDB_TYPE_SQLNULL: return "NULL";
  case DUCKDB_TYPE_BOOLEAN: return "BOOLEAN";
  case DUCKDB_TYPE_TINYINT: return "TINYINT";
  case DUCKDB_TYPE_SMALLINT: return "SMALLINT";
  case DUCKDB_TYPE_INTEGER: return "INTEGER";
  case DUCKDB_TYPE_BIGINT: return "BIGINT";
  case DUCKDB_TYPE_HUGEINT: return "HUGEINT";
  case DUCKDB_TYPE_UTINYINT: return "UTINYINT";
  case DUCKDB_TYPE_USMALLINT: return "USMALLINT";
  case DUCKDB_TYPE_UINTEGER: return "UINTEGER";
  case DUCKDB_TYPE_UBIGINT: return "UBIGINT";
  case DUCKDB_TYPE_UHUGEINT: return "UHUGEINT";
  case DUCKDB_TYPE_FLOAT: return "FLOAT";
  case DUCKDB_TYPE_DOUBLE: return "DOUBLE";
  case DUCKDB_TYPE_DATE: return "DATE";
  case DUCKDB_TYPE_TIME: return "TIME";
  case DUCKDB_TYPE_TIMESTAMP: return "TIMESTAMP";
  case DUCKDB_TYPE_TIMESTAMP_TZ: return "TIMESTAMP WITH TIME ZONE";
  case DUCKDB_TYPE_INTERVAL: return "INTERVAL";
  case DUCKDB_TYPE_VARCHAR: return "VARCHAR";
  case DUCKDB_TYPE_BLOB: return "BLOB";
  case DUCKDB_TYPE_LIST: return "LIST";
  case DUCKDB_TYPE_STRUCT: return "STRUCT";
  case DUCKDB_TYPE_MAP: return "MAP";
  case DUCKDB_TYPE_ENUM: return "ENUM";
  case DUCKDB_TYPE_UUID: return "UUID";
  default: return "another type";
  }
}

DuckColumn describe(std::string name, duckdb_logical_type logical) {
  DuckColumn column;
  column.name = std::move(name);
  const duckdb_type type = duckdb_get_type_id(logical);
  column.type = type_of(type);
  column.sql_type = name_of(type);
  if (type == DUCKDB_TYPE_DECIMAL) {
    column.scale = duckdb_decimal_scale(logical);
    column.sql_type = fmt::format("DECIMAL({},{})", duckdb_decimal_width(logical), column.scale);
  }
  return column;
}

} // namespace

base::Refused duck_refusal(std::string_view message, std::string_view sql) {
  base::Issue issue;
  issue.code = "invalid";
  std::string_view text = message;
  Refusal kind = Refusal::invalid;
  if (const size_t end = text.find(" Error: "); end != std::string_view::npos && end < 40) {
    kind = refusal_of(text.substr(0, end));
    text.remove_prefix(end + 8);
  }
  if (const size_t excerpt = text.find("\nLINE "); excerpt != std::string_view::npos) {
    place_from_caret(text.substr(excerpt + 1), sql, issue);
    text = text.substr(0, excerpt);
  }
  for (const std::string_view line : base::split(base::trim(text), '\n')) {
    if (base::trim(line).empty()) continue;
    if (!issue.text.empty()) issue.text += ' ';
    issue.text += base::trim(line);
  }
  if (kind == Refusal::unavailable) issue.code = "exception";
  base::Issues issues;
  issues.add(std::move(issue));
  return base::Refused(kind, std::move(issues));
}

// ---------------------------------------------------------------------------------------------------------------------

struct DuckInstance::Handle {
  duckdb_database database = nullptr;
  ~Handle() {
    if (database) duckdb_close(&database);
  }
};

DuckInstance::DuckInstance() : m_handle(std::make_unique<Handle>()) {}
DuckInstance::~DuckInstance() = default;

std::shared_ptr<DuckInstance> DuckInstance::open(const DuckOptions& options) {
  duckdb_config config = nullptr;
  duckdb_create_config(&config);
  const auto set = [&](const char* name, const std::string& value) {
    if (duckdb_set_config(config, name, value.c_str()) == DuckDBSuccess) return;
    duckdb_destroy_config(&config);
    throw base::Refused(Refusal::unavailable, "exception", fmt::format("DuckDB has no setting {}={}", name, value));
  };
  set("autoinstall_known_extensions", "false");
  set("autoload_known_extensions", "false");
  set("enable_external_access", options.files ? "true" : "false");
  set("checkpoint_threshold", options.checkpoint_threshold);
  if (options.threads > 0) set("threads", std::to_string(options.threads));
  if (!options.memory_limit.empty()) set("memory_limit", options.memory_limit);
  set("lock_configuration", "true");

  std::shared_ptr<DuckInstance> instance(new DuckInstance);
  char* error = nullptr;
  const auto state = duckdb_open_ext(options.path.empty() ? nullptr : options.path.c_str(),
                                     &instance->m_handle->database, config, &error);
  duckdb_destroy_config(&config);
  if (state != DuckDBSuccess) {
    const std::string message = error ? error : "unknown reason";
    duckdb_free(error);
    throw base::Refused(
        Refusal::unavailable, "exception",
        fmt::format("{} cannot be opened: {}", options.path.empty() ? ":memory:" : options.path, message));
  }
  return instance;
}

// ---------------------------------------------------------------------------------------------------------------------

struct DuckConnection::Handle {
  std::shared_ptr<DuckInstance> instance;
  duckdb_connection connection = nullptr;
  ~Handle() {
    if (connection) duckdb_disconnect(&connection);
  }
};

struct DuckStatement::Handle {
  duckdb_prepared_statement statement = nullptr;
  std::string sql;
  std::vector<DuckColumn> columns;
  ~Handle() {
    if (statement) duckdb_destroy_prepare(&statement);
  }
  void check(duckdb_state state, size_t position) const {
    if (state == DuckDBSuccess) return;
    const char* error = duckdb_prepare_error(statement);
    throw duck_refusal(error ? error : fmt::format("There is no parameter ${}", position), sql);
  }
};

struct DuckResult::Handle {
  duckdb_result result{};
  duckdb_data_chunk chunk = nullptr;
  std::vector<DuckColumn> columns;
  struct Vector {
    void* data = nullptr;
    uint64_t* validity = nullptr;
    duckdb_type type = DUCKDB_TYPE_INVALID; ///< physical: of a decimal the integer that carries it
  };
  std::vector<Vector> vectors;
  idx_t row = 0, rows = 0;
  bool done = false;

  ~Handle() {
    if (chunk) duckdb_destroy_data_chunk(&chunk);
    duckdb_destroy_result(&result);
  }
  void describe_columns() {
    const idx_t count = duckdb_column_count(&result);
    for (idx_t i = 0; i < count; ++i) {
      duckdb_logical_type logical = duckdb_column_logical_type(&result, i);
      const char* name = duckdb_column_name(&result, i);
      columns.push_back(describe(name ? name : "", logical));
      Vector vector;
      vector.type = duckdb_get_type_id(logical);
      if (vector.type == DUCKDB_TYPE_DECIMAL) vector.type = duckdb_decimal_internal_type(logical);
      vectors.push_back(vector);
      duckdb_destroy_logical_type(&logical);
    }
  }
  bool next_chunk() {
    while (!done) {
      if (chunk) duckdb_destroy_data_chunk(&chunk);
      chunk = duckdb_fetch_chunk(result);
      if (!chunk) {
        done = true;
        return false;
      }
      rows = duckdb_data_chunk_get_size(chunk);
      row = 0;
      if (rows == 0) continue;
      for (size_t i = 0; i < vectors.size(); ++i) {
        duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, i);
        vectors[i].data = duckdb_vector_get_data(vector);
        vectors[i].validity = duckdb_vector_get_validity(vector);
      }
      return true;
    }
    return false;
  }
  template <class T> T& cell(size_t column) const { return static_cast<T*>(vectors[column].data)[row]; }
  Int128 whole(size_t column) const {
    switch (vectors[column].type) {
    case DUCKDB_TYPE_TINYINT: return cell<int8_t>(column);
    case DUCKDB_TYPE_SMALLINT: return cell<int16_t>(column);
    case DUCKDB_TYPE_INTEGER: return cell<int32_t>(column);
    case DUCKDB_TYPE_BIGINT: return cell<int64_t>(column);
    case DUCKDB_TYPE_UTINYINT: return cell<uint8_t>(column);
    case DUCKDB_TYPE_USMALLINT: return cell<uint16_t>(column);
    case DUCKDB_TYPE_UINTEGER: return cell<uint32_t>(column);
    case DUCKDB_TYPE_UBIGINT: return cell<uint64_t>(column);
    case DUCKDB_TYPE_HUGEINT: return wide(cell<duckdb_hugeint>(column));
    default: assert(false && "not an integer column"); return 0;
    }
  }
};

DuckConnection::DuckConnection(std::shared_ptr<DuckInstance> instance) : m_handle(std::make_unique<Handle>()) {
  m_handle->instance = std::move(instance);
  if (duckdb_connect(m_handle->instance->m_handle->database, &m_handle->connection) != DuckDBSuccess)
    throw base::Refused(Refusal::unavailable, "exception", "The warehouse gives no connection");
}
DuckConnection::~DuckConnection() = default;

DuckResult DuckConnection::run(const std::string& sql) {
  auto handle = std::make_unique<DuckResult::Handle>();
  if (duckdb_query(m_handle->connection, sql.c_str(), &handle->result) != DuckDBSuccess) {
    const char* error = duckdb_result_error(&handle->result);
    throw duck_refusal(error ? error : "unknown error", sql);
  }
  handle->describe_columns();
  return DuckResult(std::move(handle));
}

DuckStatement DuckConnection::prepare(const std::string& sql) {
  auto handle = std::make_unique<DuckStatement::Handle>();
  handle->sql = sql;
  if (duckdb_prepare(m_handle->connection, sql.c_str(), &handle->statement) != DuckDBSuccess) {
    const char* error = duckdb_prepare_error(handle->statement);
    throw duck_refusal(error ? error : "unknown error", sql);
  }
  const idx_t count = duckdb_prepared_statement_column_count(handle->statement);
  for (idx_t i = 0; i < count; ++i) {
    duckdb_logical_type logical = duckdb_prepared_statement_column_logical_type(handle->statement, i);
    const char* name = duckdb_prepared_statement_column_name(handle->statement, i);
    handle->columns.push_back(describe(name ? name : "", logical));
    duckdb_free(const_cast<char*>(name));
    duckdb_destroy_logical_type(&logical);
  }
  return DuckStatement(std::move(handle));
}

DuckStatement DuckConnection::prepare_select(const std::string& sql) {
  DuckStatement statement = prepare(sql);
  if (duckdb_prepared_statement_type(statement.m_handle->statement) != DUCKDB_STATEMENT_TYPE_SELECT) {
    base::Issue issue;
    issue.text = "Only a SELECT may stand here; write one query that starts with select or with";
    issue.line = 1;
    issue.column = 1;
    base::Issues issues;
    issues.add(std::move(issue));
    throw base::Refused(Refusal::invalid, std::move(issues));
  }
  return statement;
}

void DuckConnection::interrupt() {
  duckdb_interrupt(m_handle->connection);
}

// ---------------------------------------------------------------------------------------------------------------------

DuckStatement::DuckStatement(std::unique_ptr<Handle> handle) : m_handle(std::move(handle)) {}
DuckStatement::DuckStatement(DuckStatement&&) noexcept = default;
DuckStatement& DuckStatement::operator=(DuckStatement&&) noexcept = default;
DuckStatement::~DuckStatement() = default;

const std::vector<DuckColumn>& DuckStatement::columns() const {
  return m_handle->columns;
}
size_t DuckStatement::parameters() const {
  return duckdb_nparams(m_handle->statement);
}

void DuckStatement::bind_null(size_t position) {
  m_handle->check(duckdb_bind_null(m_handle->statement, position), position);
}
void DuckStatement::bind(size_t position, std::string_view text) {
  m_handle->check(duckdb_bind_varchar_length(m_handle->statement, position, text.data(), text.size()), position);
}
void DuckStatement::bind(size_t position, int64_t value) {
  m_handle->check(duckdb_bind_int64(m_handle->statement, position, value), position);
}
void DuckStatement::bind(size_t position, bool value) {
  m_handle->check(duckdb_bind_boolean(m_handle->statement, position, value), position);
}
void DuckStatement::bind(size_t position, base::Date value) {
  m_handle->check(duckdb_bind_date(m_handle->statement, position, duckdb_date{value.days()}), position);
}

DuckResult DuckStatement::execute() {
  auto handle = std::make_unique<DuckResult::Handle>();
  if (duckdb_execute_prepared(m_handle->statement, &handle->result) != DuckDBSuccess) {
    const char* error = duckdb_result_error(&handle->result);
    throw duck_refusal(error ? error : "unknown error", m_handle->sql);
  }
  handle->describe_columns();
  return DuckResult(std::move(handle));
}

// ---------------------------------------------------------------------------------------------------------------------

DuckResult::DuckResult(std::unique_ptr<Handle> handle) : m_handle(std::move(handle)) {}
DuckResult::DuckResult(DuckResult&&) noexcept = default;
DuckResult& DuckResult::operator=(DuckResult&&) noexcept = default;
DuckResult::~DuckResult() = default;

const std::vector<DuckColumn>& DuckResult::columns() const {
  return m_handle->columns;
}

std::optional<size_t> DuckResult::find_column(std::string_view name) const {
  for (size_t i = 0; i < m_handle->columns.size(); ++i)
    if (m_handle->columns[i].name == name) return i;
  return {};
}

bool DuckResult::next() {
  if (m_handle->chunk && m_handle->row + 1 < m_handle->rows) {
    ++m_handle->row;
    return true;
  }
  return m_handle->next_chunk();
}

bool DuckResult::is_null(size_t column) const {
  return !duckdb_validity_row_is_valid(m_handle->vectors[column].validity, m_handle->row);
}

bool DuckResult::boolean(size_t column) const {
  assert(m_handle->columns[column].type == DuckType::boolean);
  return m_handle->cell<bool>(column);
}

base::Int128 DuckResult::big_integer(size_t column) const {
  assert(m_handle->columns[column].type == DuckType::integer);
  return m_handle->whole(column);
}

int64_t DuckResult::integer(size_t column) const {
  const Int128 value = big_integer(column);
  if (value > INT64_MAX || value < INT64_MIN)
    throw base::Refused(Refusal::too_large, "too-long", fmt::format("{} does not fit 64 bits", integer_text(value)));
  return static_cast<int64_t>(value);
}

base::Decimal DuckResult::decimal(size_t column) const {
  assert(m_handle->columns[column].type == DuckType::integer || m_handle->columns[column].type == DuckType::decimal);
  const Int128 coefficient = m_handle->whole(column);
  if (coefficient >= k_decimal_end || coefficient <= -k_decimal_end)
    throw base::Refused(Refusal::too_large, "too-long",
                        fmt::format("{} has over 38 digits", integer_text(coefficient)));
  return base::Decimal::from_parts(coefficient, m_handle->columns[column].scale);
}

base::Date DuckResult::date(size_t column) const {
  assert(m_handle->columns[column].type == DuckType::date);
  return base::Date::from_days(m_handle->cell<duckdb_date>(column).days);
}

int64_t DuckResult::timestamp_micros(size_t column) const {
  assert(m_handle->columns[column].type == DuckType::timestamp);
  return m_handle->cell<duckdb_timestamp>(column).micros;
}

std::string_view DuckResult::view(size_t column) const {
  assert(m_handle->columns[column].type == DuckType::text);
  auto& value = m_handle->cell<duckdb_string_t>(column);
  return {duckdb_string_t_data(&value), duckdb_string_t_length(value)};
}

std::string DuckResult::text(size_t column) const {
  if (is_null(column)) return {};
  switch (m_handle->columns[column].type) {
  case DuckType::boolean: return boolean(column) ? "true" : "false";
  case DuckType::integer: return integer_text(m_handle->whole(column));
  case DuckType::decimal: return decimal(column).to_string();
  case DuckType::date: return date(column).to_string();
  case DuckType::timestamp: {
    constexpr int64_t k_day = 86'400'000'000;
    const int64_t micros = timestamp_micros(column);
    int64_t day = micros / k_day;
    if (micros % k_day < 0) --day;
    const int64_t in_day = micros - day * k_day;
    const int64_t second = in_day / 1'000'000;
    std::string out = fmt::format("{} {:02}:{:02}:{:02}", base::Date::from_days(static_cast<int32_t>(day)).to_string(),
                                  second / 3600, second / 60 % 60, second % 60);
    if (in_day % 1'000'000) out += fmt::format(".{:06}", in_day % 1'000'000);
    return out;
  }
  case DuckType::text: return std::string(view(column));
  case DuckType::floating:
    return m_handle->vectors[column].type == DUCKDB_TYPE_FLOAT ? fmt::format("{}", m_handle->cell<float>(column))
                                                               : fmt::format("{}", m_handle->cell<double>(column));
  default: break;
  }
  throw base::Refused(Refusal::unsupported, "not-supported",
                      fmt::format("Column {} is {}; cast it to varchar", m_handle->columns[column].name,
                                  m_handle->columns[column].sql_type));
}

int64_t DuckResult::rows_changed() const {
  return static_cast<int64_t>(duckdb_rows_changed(&m_handle->result));
}

// ---------------------------------------------------------------------------------------------------------------------

struct DuckAppender::Handle {
  struct Column {
    duckdb_type type;     ///< logical
    duckdb_type physical; ///< of a decimal the integer that carries it
    duckdb_vector vector = nullptr;
    void* data = nullptr;
    uint64_t* validity = nullptr;
  };
  duckdb_appender appender = nullptr;
  duckdb_data_chunk chunk = nullptr;
  std::vector<Column> columns;
  idx_t row = 0, capacity = duckdb_vector_size();
  size_t column = 0;

  ~Handle() {
    if (chunk) duckdb_destroy_data_chunk(&chunk);
    if (appender) duckdb_appender_destroy(&appender);
  }
  void check(duckdb_state state) const {
    if (state == DuckDBSuccess) return;
    const char* error = duckdb_appender_error(appender);
    throw duck_refusal(error ? error : "The appender failed", "");
  }
  void take_vectors() {
    for (size_t i = 0; i < columns.size(); ++i) {
      columns[i].vector = duckdb_data_chunk_get_vector(chunk, i);
      columns[i].data = duckdb_vector_get_data(columns[i].vector);
      columns[i].validity = nullptr;
    }
  }
  void flush_chunk() {
    if (row == 0) return;
    duckdb_data_chunk_set_size(chunk, row);
    check(duckdb_append_data_chunk(appender, chunk));
    duckdb_data_chunk_reset(chunk);
    take_vectors();
    row = 0;
  }
  Column& take([[maybe_unused]] duckdb_type expected = DUCKDB_TYPE_INVALID) {
    assert(column < columns.size());
    Column& taken = columns[column++];
    assert(expected == DUCKDB_TYPE_INVALID || taken.type == expected);
    return taken;
  }
  template <class T> void put(Column& target, T value) { static_cast<T*>(target.data)[row] = value; }
};

DuckAppender::DuckAppender(DuckConnection& connection, const std::string& schema, const std::string& table)
    : m_handle(std::make_unique<Handle>()) {
  const auto state =
      duckdb_appender_create(connection.m_handle->connection, schema.c_str(), table.c_str(), &m_handle->appender);
  m_handle->check(state);
  const idx_t count = duckdb_appender_column_count(m_handle->appender);
  std::vector<duckdb_logical_type> types;
  for (idx_t i = 0; i < count; ++i) {
    types.push_back(duckdb_appender_column_type(m_handle->appender, i));
    Handle::Column column{};
    column.type = column.physical = duckdb_get_type_id(types.back());
    if (column.type == DUCKDB_TYPE_DECIMAL) column.physical = duckdb_decimal_internal_type(types.back());
    m_handle->columns.push_back(column);
  }
  m_handle->chunk = duckdb_create_data_chunk(types.data(), types.size());
  for (auto& type : types)
    duckdb_destroy_logical_type(&type);
  m_handle->take_vectors();
}
DuckAppender::~DuckAppender() = default;

size_t DuckAppender::columns() const {
  return m_handle->columns.size();
}

void DuckAppender::null() {
  auto& column = m_handle->take();
  if (!column.validity) {
    duckdb_vector_ensure_validity_writable(column.vector);
    column.validity = duckdb_vector_get_validity(column.vector);
  }
  duckdb_validity_set_row_invalid(column.validity, m_handle->row);
}

void DuckAppender::boolean(bool value) {
  m_handle->put(m_handle->take(DUCKDB_TYPE_BOOLEAN), value);
}

void DuckAppender::integer(int64_t value) {
  auto& column = m_handle->take();
  if (column.type == DUCKDB_TYPE_INTEGER) {
    assert(value >= INT32_MIN && value <= INT32_MAX);
    m_handle->put(column, static_cast<int32_t>(value));
  } else {
    assert(column.type == DUCKDB_TYPE_BIGINT);
    m_handle->put(column, value);
  }
}

void DuckAppender::scaled(base::Int128 coefficient) {
  auto& column = m_handle->take(DUCKDB_TYPE_DECIMAL);
  switch (column.physical) {
  case DUCKDB_TYPE_SMALLINT: m_handle->put(column, static_cast<int16_t>(coefficient)); break;
  case DUCKDB_TYPE_INTEGER: m_handle->put(column, static_cast<int32_t>(coefficient)); break;
  case DUCKDB_TYPE_BIGINT: m_handle->put(column, static_cast<int64_t>(coefficient)); break;
  default: m_handle->put(column, narrow(coefficient)); break;
  }
}

void DuckAppender::date(base::Date value) {
  m_handle->put(m_handle->take(DUCKDB_TYPE_DATE), duckdb_date{value.days()});
}

void DuckAppender::timestamp_micros(int64_t value) {
  m_handle->put(m_handle->take(DUCKDB_TYPE_TIMESTAMP), duckdb_timestamp{value});
}

void DuckAppender::text(std::string_view value) {
  auto& column = m_handle->take(DUCKDB_TYPE_VARCHAR);
  duckdb_vector_assign_string_element_len(column.vector, m_handle->row, value.data(), value.size());
}

void DuckAppender::end_row() {
  assert(m_handle->column == m_handle->columns.size());
  m_handle->column = 0;
  if (++m_handle->row == m_handle->capacity) m_handle->flush_chunk();
}

void DuckAppender::close() {
  assert(m_handle->column == 0);
  m_handle->flush_chunk();
  m_handle->check(duckdb_appender_close(m_handle->appender));
}

// ---------------------------------------------------------------------------------------------------------------------

namespace {
std::string quote(std::string_view text, char mark) {
  std::string out(1, mark);
  for (const char c : text) {
    if (c == mark) out += mark;
    out += c;
  }
  return out + mark;
}
} // namespace

std::string quote_identifier(std::string_view name) {
  return quote(name, '"');
}
std::string quote_literal(std::string_view text) {
  return quote(text, '\'');
}

} // namespace xinglin::sql
