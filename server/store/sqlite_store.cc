// The store on SQLite: one writer (group_writer.h), snapshots on connections of their own (readers.h).

#include "server/store/directory.h"
#include "server/store/group_writer.h"
#include "server/store/readers.h"
#include "server/store/records.h"
#include "server/store/schema.h"
#include "server/store/search_plan.h"
#include "server/store/transaction.h"

#include <fmt/format.h>

#include <atomic>
#include <cassert>
#include <charconv>
#include <chrono>

namespace xinglin::store {

using base::Refusal;
using base::Refused;

namespace {

constexpr int k_prepare_attempts_max = 64;
constexpr std::string_view k_epoch_note = "store.epoch";

/// Runs `work`, turning what SQLite says into what the caller of the store is told.
template <typename Work> auto guarded(Work&& work) {
  try {
    return work();
  } catch (const sql::SqliteError& error) {
    refuse_storage_error(error);
  }
}

/// Brings parameters into the index that were not asked for before.
using BuildUnits = std::function<void(const std::vector<NeededUnit>&)>;

class SqliteSnapshot final : public Snapshot {
public:
  SqliteSnapshot(Readers& readers, const Shared& shared, const SearchIndex& index, BuildUnits build,
                 std::optional<CommitNumber> as_of)
      : m_lease(readers.take()), m_shared(shared), m_index(index), m_build(std::move(build)) {
    CommitNumber last = begin();
    m_commit = last;
    if (as_of) {
      if (*as_of < 0 || *as_of > last)
        throw Refused(Refusal::not_found, "not-found",
                      fmt::format("there is no commit {}; the last one is {}", *as_of, last));
      m_commit = *as_of;
    }
    stand(last);
  }
  CommitNumber commit() const override { return m_commit; }
  std::optional<Version> read(std::string_view type, std::string_view id) const override {
    return guarded([&] { return m_records->read(type, id); });
  }
  std::optional<Version> read_version(std::string_view type, std::string_view id, int64_t version) const override {
    return guarded([&] { return m_records->read_version(type, id, version); });
  }
  std::vector<Version> history(std::string_view type, std::string_view id, size_t count,
                               CommitNumber before) const override {
    return guarded([&] { return m_records->history(type, id, count, before); });
  }
  SearchResult search(std::string_view type, std::string_view query, bool strict) const override {
    return guarded([&] {
      try {
        return store::search(*m_records, m_index, type, query, strict);
      } catch (const UnitsNeeded& needed) {
        // What is built now is not seen from where this snapshot stands: look again from today, as of then.
        m_lease->query("ROLLBACK").run();
        m_build(needed.units);
        stand(begin());
      }
      return store::search(*m_records, m_index, type, query, strict);
    });
  }
  void scan(std::string_view type, const std::function<bool(const Version&)>& each) const override {
    guarded([&] { m_records->scan(type, each); });
  }
  std::vector<Version> derived(std::string_view reference) const override {
    return guarded([&] { return m_records->derived(reference); });
  }
  int64_t count(std::string_view type) const override {
    return guarded([&] { return m_records->count(type); });
  }

private:
  CommitNumber begin() const {
    m_lease->query("BEGIN").run();
    return Records(*m_lease, m_shared).last_commit(); // this read fixes what the transaction sees
  }
  void stand(CommitNumber last) const {
    m_records.emplace(*m_lease, m_shared, m_commit == last ? std::nullopt : std::optional(m_commit));
  }
  Readers::Lease m_lease;
  const Shared& m_shared;
  const SearchIndex& m_index;
  BuildUnits m_build;
  CommitNumber m_commit = 0;
  mutable std::optional<Records> m_records; ///< empty only while the constructor runs
};

class NoteJob final : public Job {
public:
  NoteJob(std::string_view key, std::string_view value) : m_key(key), m_value(value) {}
  void apply(sql::Sqlite& db) override {
    auto put = db.query("INSERT INTO note(key, value) VALUES(?1,?2) ON CONFLICT(key) DO UPDATE SET value=?2", m_key);
    put.bind_blob(m_value).run();
  }

private:
  std::string_view m_key, m_value;
};

class AddDictionaryJob final : public Job {
public:
  AddDictionaryJob(std::string_view kind, std::string_view bytes) : m_kind(kind), m_bytes(bytes) {}
  void apply(sql::Sqlite& db) override {
    m_id = db.whole("SELECT coalesce(max(id),1) FROM dictionary") + 1;
    db.query("INSERT INTO dictionary(id, kind, bytes) VALUES(?,?,?)", m_id, m_kind).bind_blob(m_bytes).run();
  }
  int64_t id() const { return m_id; }

private:
  std::string_view m_kind, m_bytes;
  int64_t m_id = 0;
};

class SqliteStore final : public Store {
public:
  explicit SqliteStore(const Options& options)
      : m_options(options), m_lock(options.directory, options.create), m_index(m_shared), m_state(m_shared) {
    m_shared.zone = options.zone;
    std::string file = options.directory + "/records.db";
    auto writer = std::make_unique<sql::Sqlite>(file, sql::Sqlite::Mode::create);
    // journal_size_limit gives back the space of a log that one big load has blown up.
    writer->execute("PRAGMA busy_timeout=10000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
                    "PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=4000; "
                    "PRAGMA journal_size_limit=268435456");
    migrate(*writer, options.directory);
    if (options.bytes_max > 0)
      writer->execute(fmt::format("PRAGMA max_page_count={}", std::max<int64_t>(1, options.bytes_max / 4096)));
    m_state.load(*writer);
    m_shared.codebook.load(*writer);
    writer->execute("BEGIN IMMEDIATE");
    m_index.prepare(*writer);
    writer->execute("COMMIT");
    m_index.load(*writer);
    m_state.on_undone = [this](sql::Sqlite& db) { m_index.load(db); };
    m_last_commit = m_state.now.t;
    m_state.on_durable = [this](CommitNumber t) {
      if (t == m_last_commit) return;
      {
        std::lock_guard lock(m_commit_mutex);
        m_last_commit = t;
      }
      m_commit_changed.notify_all();
    };
    m_readers = std::make_unique<Readers>(file);
    m_writer =
        std::make_unique<GroupWriter>(std::move(writer), m_state, options.group_transactions_max, options.queue_max);
    if (!get_note(k_epoch_note)) set_note(k_epoch_note, "1");
    std::string epoch = get_note(k_epoch_note).value_or("1");
    std::from_chars(epoch.data(), epoch.data() + epoch.size(), m_epoch);
  }

  Receipt write(std::vector<Write> writes) override {
    return guarded([&] {
      if (writes.empty()) return Receipt{};
      FindMatches matches = [this](Records& records, std::string_view type, std::string_view query) {
        return find_matches(records, m_index, type, query);
      };
      for (int attempt = 0; attempt < k_prepare_attempts_max; attempt++) {
        try {
          PreparedTransaction prepared;
          {
            Readers::Lease reader = m_readers->take();
            reader->query("BEGIN").run();
            Records records(*reader, m_shared);
            prepared = prepare(writes, records, m_index, m_shared.codebook, matches);
          }
          TransactionJob job(prepared, m_shared, m_index, m_state, m_options.clock, matches);
          m_writer->run(job);
          learn();
          return job.take_receipt();
        } catch (const PrepareAgain&) { // another writer was faster
        } catch (const UnitsNeeded& needed) {
          build(needed.units);
        }
      }
      throw Refused(
          Refusal::busy, "throttled",
          "others keep writing what this transaction's conditions look for; nothing was written, send it again");
    });
  }

  std::unique_ptr<Snapshot> snapshot(std::optional<CommitNumber> as_of) const override {
    return guarded([&] {
      auto build = [this](const std::vector<NeededUnit>& needed) { this->build(needed); };
      return std::make_unique<SqliteSnapshot>(*m_readers, m_shared, m_index, build, as_of);
    });
  }
  CommitNumber last_commit() const override { return m_last_commit; }
  int64_t epoch() const override { return m_epoch; }

  std::vector<Version> changes(CommitNumber after, size_t versions_max) const override {
    return guarded([&] {
      Readers::Lease reader = m_readers->take();
      return Records(*reader, m_shared).changes(after, versions_max);
    });
  }
  bool wait_for_commit(CommitNumber after, int timeout_ms) const override {
    std::unique_lock lock(m_commit_mutex);
    return m_commit_changed.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                                     [&] { return m_last_commit > after; });
  }

  std::optional<std::string> get_note(std::string_view key) const override {
    return guarded([&]() -> std::optional<std::string> {
      Readers::Lease reader = m_readers->take();
      auto row = reader->query("SELECT value FROM note WHERE key=?", key);
      if (!row.step()) return {};
      return std::string(row.text(0));
    });
  }
  void set_note(std::string_view key, std::string_view value) override {
    NoteJob job(key, value);
    guarded([&] { m_writer->run(job); });
  }
  CommitNumber commit_at(base::Millis time) const override {
    return guarded([&] {
      Readers::Lease reader = m_readers->take();
      return Records(*reader, m_shared).commit_at(time);
    });
  }

private:
  /// What the texts lately written have in common goes into the file, and is used once it is durable there: whatever
  /// happens in between, no version needs a dictionary that is not there.
  void learn() {
    for (;;) {
      const TrainingSamples samples = m_shared.codebook.take_due();
      if (samples.texts.empty()) return;
      std::string bytes = m_shared.codebook.train(samples);
      if (bytes.empty()) continue;
      std::lock_guard lock(m_learn_mutex); // numbers are given in the order of use
      AddDictionaryJob job(samples.kind, bytes);
      try {
        m_writer->run(job);
      } catch (const Refused&) {
        return; // what was written is written; it is only larger
      }
      m_shared.codebook.add(job.id(), samples.kind, std::move(bytes));
    }
  }

  /// One parameter after the other; others who need one of them wait and find it built.
  void build(const std::vector<NeededUnit>& units) const {
    std::lock_guard lock(m_build_mutex);
    for (const NeededUnit& needed : units) {
      int64_t type = m_shared.types.find(needed.type);
      auto state = [&] {
        Readers::Lease reader = m_readers->take();
        UnitState state = SearchIndex::state_of(*reader, type, needed.code, needed.variant);
        if (state.id != 0 && !state.is_ready) m_index.load(*reader);
        return state;
      };
      UnitState unit = state();
      if (unit.is_ready) continue;
      if (unit.id == 0) {
        AddUnitJob add(type, needed.code, needed.variant);
        m_writer->run(add);
        unit = state();
      }
      for (bool is_ready = false; !is_ready;) {
        BuildStepJob step(m_index, m_shared, unit.id);
        m_writer->run(step);
        is_ready = step.is_ready();
      }
    }
  }

  Options m_options;
  DirectoryLock m_lock;
  mutable Shared m_shared;
  mutable SearchIndex m_index;
  mutable std::mutex m_build_mutex;
  std::mutex m_learn_mutex;
  WriterState m_state;
  std::atomic<CommitNumber> m_last_commit{0};
  int64_t m_epoch = 1;
  mutable std::mutex m_commit_mutex;
  mutable std::condition_variable m_commit_changed;
  std::unique_ptr<Readers> m_readers;
  std::unique_ptr<GroupWriter> m_writer; // last: its thread uses the others
};

} // namespace

std::unique_ptr<Store> Store::open(const Options& options) {
  return guarded([&] { return std::make_unique<SqliteStore>(options); });
}

} // namespace xinglin::store
