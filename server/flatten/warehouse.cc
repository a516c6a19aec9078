#include "server/flatten/warehouse.h"

#include "lib/base/id.h"
#include "lib/sql/duck.h"
#include "server/flatten/flattener.h"

#include <fmt/format.h>

#include <atomic>
#include <cassert>
#include <filesystem>
#include <future>
#include <mutex>
#include <unordered_map>

namespace xinglin::flatten {
namespace {

namespace fs = std::filesystem;
using sql::quote_identifier;
using sql::quote_literal;
using store::CommitNumber;

constexpr int k_layout = 1;           ///< of schemas w and m; another number builds everything anew
constexpr size_t k_in_list_max = 500; ///< DuckDB uses the index for short lists of literals

std::string live_name(const package::Table& table) {
  return "w." + quote_identifier(table.name);
}
std::string history_name(const package::Table& table) {
  return "w." + quote_identifier(table.name + "_history");
}

/// The columns every table ends in, added where a hand-made table leaves them out.
std::vector<package::Table> with_own_columns(std::vector<package::Table> tables) {
  for (auto& table : tables) {
    std::erase_if(table.columns,
                  [](const auto& column) { return column.name == "entered" || column.name == "t_from"; });
    table.columns.push_back({"entered", "TIMESTAMP"});
    table.columns.push_back({"t_from", "BIGINT"});
  }
  return tables;
}

std::string shape_of(const std::vector<package::Table>& tables, base::Zone zone) {
  std::string text = fmt::format("layout {} zone {}\n", k_layout, zone.offset_minutes);
  for (const auto& table : tables) {
    text += table.name + '\n' + table.view_json + '\n';
    for (const auto& column : table.columns)
      text += column.name + ' ' + column.sql_type + '\n';
  }
  return base::sha256_hex(text);
}

std::string column_list(const package::Table& table, std::string_view prefix = {}) {
  std::string out;
  for (const auto& column : table.columns) {
    if (!out.empty()) out += ", ";
    out += prefix;
    out += quote_identifier(column.name);
  }
  return out;
}

void append_cell(sql::DuckAppender& appender, const CellType& type, const Rows& rows, const Cell& cell) {
  using Kind = CellType::Kind;
  if (cell.is_null) return appender.null();
  switch (type.kind) {
  case Kind::text: return appender.text(rows.text(cell));
  case Kind::integer:
  case Kind::bigint: return appender.integer(static_cast<int64_t>(cell.number));
  case Kind::decimal: return appender.scaled(cell.number);
  case Kind::boolean: return appender.boolean(cell.number != 0);
  case Kind::date: return appender.date(base::Date::from_days(static_cast<int32_t>(cell.number)));
  case Kind::timestamp: return appender.timestamp_micros(static_cast<int64_t>(cell.number));
  }
}

/// Begins a transaction; rolls it back unless commit() was reached.
class Transaction {
public:
  explicit Transaction(sql::DuckConnection& connection) : m_connection(connection) { m_connection.run("begin"); }
  ~Transaction() {
    if (m_done) return;
    try {
      m_connection.run("rollback");
    } catch (
        const base::Refused&) { // NOLINT(bugprone-empty-catch): the database is invalid; the next statement says so
    }
  }
  void commit() {
    m_done = true; // a failed COMMIT has rolled back by itself
    m_connection.run("commit");
  }

private:
  sql::DuckConnection& m_connection;
  bool m_done = false;
};

} // namespace

struct Warehouse::Impl {
  std::string directory;
  std::vector<package::Table> tables;
  Flattener flattener;
  base::Zone zone;
  std::string shape;

  std::mutex writing; ///< one writer: catch_up, apply, reset
  std::shared_ptr<sql::DuckInstance> instance;
  std::unique_ptr<sql::DuckConnection> writer;
  /// First build: rows are only appended, ends are noted in m.ended and drawn off at the end in one pass.
  bool building = false;
  CommitNumber built = 0; ///< building: last commit appended
  std::string reason;

  mutable std::mutex publishing; ///< guards `published`, `instance` for readers, `reason`
  std::shared_ptr<const State> published = std::make_shared<State>();

  Impl(std::string directory, std::vector<package::Table> given, const std::map<std::string, std::string>& forms,
       base::Zone zone)
      : directory(std::move(directory)), tables(with_own_columns(std::move(given))), flattener(tables, forms, zone),
        zone(zone), shape(shape_of(tables, zone)) {
    open();
  }

  std::string path() const { return directory.empty() ? std::string() : directory + "/warehouse.duckdb"; }
  std::string wal_path() const { return path() + ".wal"; }

  // --- opening ---

  void open() {
    if (!directory.empty()) {
      std::error_code error;
      fs::create_directories(directory, error);
      if (error)
        throw base::Refused(base::Refusal::unavailable, "exception",
                            fmt::format("{} cannot be made: {}", directory, error.message()));
    }
    const bool existed = !directory.empty() && fs::exists(path());
    if (existed) {
      try {
        open_file();
        if (read_state()) return;
        start_anew("the tables' shapes changed");
        return;
      } catch (const base::Refused& refused) {
        close();
        if (is_locked(refused)) throw base::Refused(base::Refusal::busy, "lock-error", refused.what());
        // 1. A damaged write-ahead log: the file without it stands at the last checkpoint, with the cursor of then.
        if (fs::exists(wal_path()) && try_without_log()) return;
        // 2. A damaged file: nothing is lost, the feed has it all.
        close();
        start_anew(fmt::format("the file is damaged: {}", refused.what()));
        return;
      }
    }
    start_anew("");
  }

  void open_file() {
    auto opened = sql::DuckInstance::open({.path = path(), .threads = 0, .memory_limit = std::string(k_memory_limit)});
    writer = std::make_unique<sql::DuckConnection>(opened);
    const std::lock_guard lock(publishing);
    instance = std::move(opened);
  }

  void close() {
    writer.reset();
    const std::lock_guard lock(publishing);
    instance.reset();
  }

  static bool is_locked(const base::Refused& refused) {
    return std::string_view(refused.what()).find("Could not set lock") != std::string_view::npos;
  }

  bool try_without_log() {
    try {
      fs::rename(wal_path(), wal_path() + ".damaged");
      open_file();
      if (!read_state()) return false;
      const std::lock_guard lock(publishing);
      reason = "the write-ahead log was damaged; what followed the last checkpoint is read from the feed again";
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }

  /// False when these are not the tables that are wanted.
  bool read_state() {
    auto names = writer->run("select count(*) from information_schema.tables where table_schema = 'm'");
    if (!names.next() || names.integer(0) == 0) return false;
    std::map<std::string, std::string> values;
    auto rows = writer->run("select key, value from m.state");
    while (rows.next())
      values[rows.text(0)] = rows.text(1);
    if (values["shape"] != shape) return false;
    auto state = std::make_shared<State>();
    state->cursor = std::stoll(values.at("cursor"));
    state->epoch = std::stoll(values.at("epoch"));
    building = values.at("building") != "no";
    built = building ? std::stoll(values.at("building")) : 0;
    auto changed = writer->run("select table_name, t from m.changed");
    while (changed.next())
      state->changed[changed.text(0)] = changed.integer(1);
    publish(std::move(state));
    return true;
  }

  void publish(std::shared_ptr<const State> state) {
    const std::lock_guard lock(publishing);
    published = std::move(state);
  }
  std::shared_ptr<const State> current() const {
    const std::lock_guard lock(publishing);
    return published;
  }

  /// Empty tables, in a new file: a file that lost everything would stay large.
  void start_anew(const std::string& why) {
    close();
    if (!directory.empty()) {
      std::error_code ignored;
      fs::remove(path(), ignored);
      fs::remove(wal_path(), ignored);
    }
    open_file();
    {
      const std::lock_guard lock(publishing);
      reason = why;
    }
    create_tables();
  }

  void create_tables() {
    Transaction transaction(*writer);
    writer->run(
        "create schema w; create schema m;"
        "create table m.state(key varchar, value varchar);"
        "create table m.changed(table_name varchar, t bigint); create table m.commits(t bigint, recorded_at bigint);"
        "create table m.ended(record varchar, t_to bigint);"
        "create table m.misfit(table_name varchar, column_name varchar, record varchar, value varchar, t bigint);");
    for (const auto& table : tables) {
      std::string columns;
      for (const auto& column : table.columns)
        columns += (columns.empty() ? "" : ", ") + quote_identifier(column.name) + " " + column.sql_type;
      writer->run(fmt::format("create table {} ({}); create table {} ({}, t_to bigint)", live_name(table), columns,
                              history_name(table), columns));
    }
    writer->run(
        fmt::format("insert into m.state values ('shape', {}), ('cursor', '0'), ('epoch', '0'), ('building', '0')",
                    quote_literal(shape)));
    transaction.commit();
    building = true;
    built = 0;
    auto state = std::make_shared<State>();
    state->generation = current()->generation + 1;
    publish(std::move(state));
  }

  /// Empty tables in the same file: readers may be at work, and keep what they see until they begin anew.
  void reset(const std::string& why) {
    {
      const std::lock_guard lock(publishing);
      reason = why;
    }
    writer->run("drop schema if exists w cascade; drop schema if exists m cascade");
    create_tables();
  }

  // --- writing ---

  CommitNumber position() const { return building ? built : current()->cursor; }

  /// One transaction: what these versions end and what they bring.
  void apply(std::span<const store::Version> versions, CommitNumber last) {
    // 1. For each version the commit that supersedes it within the batch; records that had rows before it.
    std::vector<CommitNumber> ends(versions.size(), 0);
    struct Ended {
      std::string_view type;
      CommitNumber at;
    };
    std::unordered_map<std::string, Ended> ended; // record → when its rows from before the batch end
    {
      std::unordered_map<std::string, size_t> latest;
      for (size_t i = 0; i < versions.size(); ++i) {
        if (flattener.tables_of(versions[i].type).empty()) continue;
        std::string record = versions[i].reference();
        const auto [found, is_first] = latest.try_emplace(record, i);
        if (!is_first) {
          ends[found->second] = versions[i].commit;
          found->second = i;
        } else if (versions[i].version > 1) {
          ended.emplace(std::move(record), Ended{versions[i].type, versions[i].commit});
        }
      }
    }
    // 2. Rows, over all cores.
    const std::vector<Flattened> pieces = flattener.run_parallel(versions, ends);

    // 3. Into the tables.
    Transaction transaction(*writer);
    auto state = std::make_shared<State>(*current());
    std::vector<CommitNumber> changed(tables.size(), 0);
    if (building) {
      if (!ended.empty()) {
        sql::DuckAppender appender(*writer, "m", "ended");
        for (const auto& [record, end] : ended) {
          appender.text(record);
          appender.integer(end.at);
          appender.end_row();
        }
        appender.close();
      }
    } else {
      std::map<std::string_view, std::vector<std::pair<std::string_view, CommitNumber>>> by_type;
      for (const auto& [record, end] : ended)
        by_type[end.type].emplace_back(record, end.at);
      for (const auto& [type, records] : by_type)
        end_rows(type, records, changed);
    }
    append(pieces, changed);
    append_misfits(pieces);
    append_commits(versions);

    // 4. The cursor, with what each table saw last.
    // OPTIMIZATION: two statements for all tables; a statement each took longer than the rows.
    std::string names, values;
    for (size_t i = 0; i < tables.size(); ++i)
      if (changed[i] > 0) {
        auto& at = state->changed[tables[i].name];
        if (changed[i] > at) at = changed[i];
        const std::string name = quote_literal(tables[i].name);
        names += (names.empty() ? "" : ", ") + name;
        values += fmt::format("{}({}, {})", values.empty() ? "" : ", ", name, at);
      }
    if (!names.empty())
      writer->run(fmt::format("delete from m.changed where table_name in ({}); insert into m.changed values {}", names,
                              values));
    if (building) {
      writer->run(fmt::format("update m.state set value = '{}' where key = 'building'", last));
    } else {
      writer->run(fmt::format("update m.state set value = '{}' where key = 'cursor'", last));
      state->cursor = last;
    }
    transaction.commit();
    if (building) {
      built = last;
      // Nothing can be asked of the tables yet (the cursor is 0); when they changed is known all the same.
      state->cursor = 0;
    }
    publish(std::move(state));
  }

  /// Moves the live rows of these records to the history, each ended at its commit.
  void end_rows(std::string_view type, const std::vector<std::pair<std::string_view, CommitNumber>>& records,
                std::vector<CommitNumber>& changed) {
    const auto state = current();
    for (size_t from = 0; from < records.size(); from += k_in_list_max) {
      const size_t count = std::min(k_in_list_max, records.size() - from);
      std::string list, values;
      for (size_t i = from; i < from + count; ++i) {
        const std::string record = quote_literal(records[i].first);
        list += (list.empty() ? "" : ",") + record;
        values += fmt::format("{}({},{}::bigint)", values.empty() ? "" : ",", record, records[i].second);
      }
      for (const size_t index : flattener.tables_of(type)) {
        const auto& table = tables[index];
        // OPTIMIZATION: a table that never had a row has none to end.
        if (!state->changed.contains(table.name)) continue;
        auto moved = writer->run(fmt::format(
            "insert into {} select {}, e.t_to from {} x, (values {}) e(record, t_to) where x.record in ({}) and "
            "x.record = e.record returning t_to",
            history_name(table), column_list(table, "x."), live_name(table), values, list));
        bool any = false;
        while (moved.next()) {
          any = true;
          changed[index] = std::max(changed[index], moved.integer(0));
        }
        if (any) writer->run(fmt::format("delete from {} where record in ({})", live_name(table), list));
      }
    }
  }

  void append(const std::vector<Flattened>& pieces, std::vector<CommitNumber>& changed) {
    for (size_t index = 0; index < tables.size(); ++index) {
      std::unique_ptr<sql::DuckAppender> live, history;
      const auto& types = flattener.types_of(index);
      for (const auto& piece : pieces) {
        const Rows& rows = piece.tables[index];
        for (size_t r = 0; r < rows.rows.size(); ++r) {
          const auto& row = rows.rows[r];
          const bool is_ended = row.to != 0;
          auto& appender = is_ended ? history : live;
          if (!appender)
            appender =
                std::make_unique<sql::DuckAppender>(*writer, "w", tables[index].name + (is_ended ? "_history" : ""));
          for (size_t c = 0; c < types.size(); ++c)
            append_cell(*appender, types[c], rows, rows.cells[r * types.size() + c]);
          appender->timestamp_micros(row.entered_micros);
          appender->integer(row.from);
          if (is_ended) appender->integer(row.to);
          appender->end_row();
          changed[index] = std::max({changed[index], row.from, row.to});
        }
      }
      if (live) live->close();
      if (history) history->close();
    }
  }

  void append_misfits(const std::vector<Flattened>& pieces) {
    std::unique_ptr<sql::DuckAppender> appender;
    for (const auto& piece : pieces)
      for (const auto& misfit : piece.misfits) {
        if (!appender) appender = std::make_unique<sql::DuckAppender>(*writer, "m", "misfit");
        appender->text(tables[misfit.table].name);
        appender->text(misfit.column);
        appender->text(misfit.record);
        appender->text(misfit.value);
        appender->integer(misfit.commit);
        appender->end_row();
      }
    if (appender) appender->close();
  }

  /// When each commit was recorded, so that a time can be asked for.
  void append_commits(std::span<const store::Version> versions) {
    sql::DuckAppender appender(*writer, "m", "commits");
    CommitNumber last = 0;
    for (const auto& version : versions) {
      if (version.commit == last) continue;
      last = version.commit;
      appender.integer(last);
      appender.integer(version.recorded_at);
      appender.end_row();
    }
    appender.close();
  }

  /// Ends a first build: draws off the rows that were superseded, makes the indexes, says so in the cursor.
  void finish_build(int64_t epoch) {
    if (!building) return;
    Transaction transaction(*writer);
    auto ends = writer->run("select count(*) from m.ended");
    ends.next();
    const bool any_ended = ends.integer(0) > 0;
    auto state = std::make_shared<State>(*current());
    for (const auto& table : tables) {
      if (any_ended && state->changed.contains(table.name)) {
        // The first end after a row's beginning is its own; the rows that have one are history.
        auto moved =
            writer->run(fmt::format("insert into {} select {}, e.t_to from {} x asof join m.ended e on x.record = "
                                    "e.record and x.t_from < e.t_to returning t_to",
                                    history_name(table), column_list(table, "x."), live_name(table)));
        CommitNumber& at = state->changed[table.name];
        bool any = false;
        while (moved.next()) {
          any = true;
          at = std::max(at, moved.integer(0));
        }
        if (any) {
          writer->run(fmt::format("delete from {} as x using (select record, max(t_to) as t_to from m.ended group by "
                                  "record) e where x.record = e.record and x.t_from < e.t_to",
                                  live_name(table)));
          writer->run(fmt::format("update m.changed set t = {} where table_name = {}", at, quote_literal(table.name)));
        }
      }
    }
    writer->run("delete from m.ended");
    writer->run(fmt::format("update m.state set value = '{}' where key = 'cursor'", built));
    writer->run(fmt::format("update m.state set value = '{}' where key = 'epoch'", epoch));
    writer->run("update m.state set value = 'no' where key = 'building'");
    transaction.commit();
    state->cursor = built;
    state->epoch = epoch;
    building = false;
    // After the commit, each by itself: an index that is missing costs time, not truth.
    for (const auto& table : tables)
      writer->run(fmt::format("create index if not exists {} on {} (record)", quote_identifier(table.name + "_record"),
                              live_name(table)));
    publish(std::move(state));
    checkpoint();
  }

  /// Folds the log into the file if nobody reads just now; else some other time.
  void checkpoint() {
    if (directory.empty()) return;
    try {
      writer->run("checkpoint");
    } catch (const base::Refused& refused) {
      if (refused.kind() == base::Refusal::unavailable) throw;
    }
  }
  void checkpoint_if_long() {
    if (directory.empty()) return;
    std::error_code error;
    const auto size = fs::file_size(wal_path(), error);
    if (!error && size > k_checkpoint_wal_bytes) checkpoint();
  }

  void catch_up(const feed::Feed& feed, const std::function<void(Progress)>& progress) {
    const auto state = current();
    if (!building && (state->epoch != feed.epoch() || state->cursor > feed.last_commit()))
      reset("the store was restored to another time");
    else if (building && built > feed.last_commit())
      reset("the store was restored to another time");
    if (building) {
      auto begun = std::make_shared<State>(*current());
      begun->epoch = feed.epoch();
      publish(std::move(begun));
      build(feed, progress);
      if (building) return; // nothing was ever written
    }
    while (true) {
      const feed::Batch batch = feed.read(current()->cursor, k_batch_versions_max);
      if (batch.empty()) break;
      apply(batch.versions, batch.last);
      if (progress) progress({batch.last, std::max(batch.last, feed.last_commit())});
    }
    checkpoint_if_long();
  }

  /// The first build, up to the last commit there was when it began; the next batch is read while this one is worked
  /// on.
  void build(const feed::Feed& feed, const std::function<void(Progress)>& progress) {
    const CommitNumber goal = feed.last_commit();
    if (goal == 0) return;
    feed::Batch batch = feed.read(built, k_build_batch_versions_max);
    while (!batch.empty()) {
      const CommitNumber last = batch.last;
      std::future<feed::Batch> next;
      if (last < goal)
        next = std::async(std::launch::async, [&feed, last] { return feed.read(last, k_build_batch_versions_max); });
      apply(batch.versions, last);
      if (progress) progress({last, std::max(last, goal)});
      checkpoint_if_long(); // else the rows of a large build stay in memory as long as they stay in the log
      batch = next.valid() ? next.get() : feed::Batch{};
    }
    finish_build(feed.epoch());
  }

  void load_snapshot(const store::Snapshot& snapshot, int64_t epoch) {
    reset("it is filled from a snapshot");
    std::vector<store::Version> versions;
    const auto flush = [&] {
      if (!versions.empty()) apply(versions, snapshot.commit());
      versions.clear();
    };
    snapshot.scan("", [&](const store::Version& version) {
      if (!flattener.tables_of(version.type).empty()) {
        versions.push_back(version);
        versions.back().version = 1; // one version a record: nothing before it to end
        if (versions.size() >= k_batch_versions_max) flush();
      }
      return true;
    });
    flush();
    built = snapshot.commit();
    finish_build(epoch);
  }
};

Warehouse::Warehouse(std::string directory, std::shared_ptr<const package::Catalog> catalog, base::Zone zone) {
  auto tables = package::tables(*catalog);
  auto forms = form_tables(*catalog, tables);
  m_impl = std::make_unique<Impl>(std::move(directory), std::move(tables), forms, zone);
}

Warehouse::Warehouse(std::string directory, std::vector<package::Table> tables, base::Zone zone)
    : m_impl(std::make_unique<Impl>(std::move(directory), std::move(tables), std::map<std::string, std::string>(),
                                    zone)) {}

Warehouse::~Warehouse() = default;

store::CommitNumber Warehouse::cursor() const {
  return m_impl->current()->cursor;
}
int64_t Warehouse::epoch() const {
  return m_impl->current()->epoch;
}
std::shared_ptr<const Warehouse::State> Warehouse::state() const {
  return m_impl->current();
}
const std::vector<package::Table>& Warehouse::tables() const {
  return m_impl->tables;
}

std::string Warehouse::rebuild_reason() const {
  const std::lock_guard lock(m_impl->publishing);
  return m_impl->reason;
}

const package::Table* Warehouse::find_table(std::string_view name) const {
  for (const auto& table : m_impl->tables)
    if (table.name == name) return &table;
  return nullptr;
}

void Warehouse::catch_up(const feed::Feed& feed, const std::function<void(Progress)>& progress) {
  const std::lock_guard lock(m_impl->writing);
  try {
    m_impl->catch_up(feed, progress);
  } catch (const base::Refused& refused) {
    if (refused.kind() != base::Refusal::unavailable || m_impl->directory.empty()) throw;
    // The file went bad under our hands, or the store did. If it is the store, reading it again says so.
    m_impl->start_anew(fmt::format("the file is damaged: {}", refused.what()));
    m_impl->catch_up(feed, progress);
  }
}

void Warehouse::apply(const feed::Batch& batch) {
  const std::lock_guard lock(m_impl->writing);
  if (batch.empty()) return;
  assert(batch.first > m_impl->position());
  m_impl->apply(batch.versions, batch.last);
}

void Warehouse::finish_build() {
  const std::lock_guard lock(m_impl->writing);
  m_impl->finish_build(m_impl->current()->epoch);
}

void Warehouse::load_snapshot(const store::Snapshot& snapshot, int64_t epoch) {
  const std::lock_guard lock(m_impl->writing);
  m_impl->load_snapshot(snapshot, epoch);
}

void Warehouse::reset() {
  const std::lock_guard lock(m_impl->writing);
  m_impl->reset("it was asked for");
}

std::unique_ptr<sql::DuckConnection> Warehouse::reader() const {
  std::shared_ptr<sql::DuckInstance> instance;
  {
    const std::lock_guard lock(m_impl->publishing);
    instance = m_impl->instance;
  }
  if (!instance) throw base::Refused(base::Refusal::unavailable, "exception", "The warehouse is being built anew");
  return std::make_unique<sql::DuckConnection>(std::move(instance));
}

std::string Warehouse::table_as_of(std::string_view name, store::CommitNumber as_of, store::CommitNumber seen) const {
  const package::Table* table = find_table(name);
  assert(table && "no such table");
  const std::string columns = column_list(*table);
  if (seen == as_of) return fmt::format("select {} from {}", columns, live_name(*table));
  return fmt::format("select {0} from {1} where t_from <= {3} union all select {0} from {2} where t_from <= {3} and "
                     "t_to > {3}",
                     columns, live_name(*table), history_name(*table), as_of);
}

store::CommitNumber Warehouse::read_cursor(sql::DuckConnection& connection) {
  auto result = connection.run("select value::bigint from m.state where key = 'cursor'");
  if (!result.next()) throw base::Refused(base::Refusal::unavailable, "exception", "The warehouse has no cursor");
  return result.integer(0);
}

store::CommitNumber Warehouse::commit_at(base::Millis time) const {
  auto connection = reader();
  auto result = connection->run(fmt::format("select coalesce(max(t), 0) from m.commits where recorded_at <= {}", time));
  result.next();
  return std::min(result.integer(0), cursor());
}

base::Zone Warehouse::zone() const {
  return m_impl->zone;
}

std::vector<Warehouse::Misfitting> Warehouse::misfits(size_t at_most) const {
  auto connection = reader();
  auto result = connection->run(fmt::format(
      "select table_name, column_name, record, value, t from m.misfit order by t, record limit {}", at_most));
  std::vector<Misfitting> out;
  while (result.next())
    out.push_back({result.text(0), result.text(1), result.text(2), result.text(3), result.integer(4)});
  return out;
}

} // namespace xinglin::flatten
