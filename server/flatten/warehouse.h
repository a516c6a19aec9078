#pragma once
// The temporal tables: every form, register and view as rows that carry the commit that opened them and, once ended,
// the commit that closed them. Kept in DuckDB; derived, so it can always be thrown away and built again from the feed.
//
// The layout (docs/decisions/0004-temporal-tables.md): table `x` in schema `w` holds the rows that are there now,
// `x_history` those that ended, with `t_to`. As of T = rows of x with t_from <= T, and of x_history with t_from <= T <
// t_to. One writer, one transaction a batch, the cursor in it.

#include "server/feed/feed.h"
#include "server/package/model.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace xinglin::sql {
class DuckConnection;
}

namespace xinglin::flatten {

struct Progress {
  store::CommitNumber done = 0, last = 0;
};

inline constexpr size_t k_batch_versions_max = 8192;        ///< versions asked of the feed at a time
inline constexpr size_t k_build_batch_versions_max = 32768; ///< the same while the tables are built anew
inline constexpr std::string_view k_memory_limit = "3GB"; ///< of the warehouse; beyond it work goes by way of the disk
inline constexpr size_t k_checkpoint_wal_bytes = size_t{64} << 20; ///< a longer log is folded into the file in a gap

class Warehouse {
public:
  /// Opens or makes `directory`/warehouse.duckdb (empty = in memory) with the tables of the catalog; when the tables'
  /// shapes changed, or the file is damaged, it is rebuilt from the feed on the next catch_up.
  Warehouse(std::string directory, std::shared_ptr<const package::Catalog> catalog, base::Zone zone = {});
  /// The same over tables of one's own (tests, benchmarks).
  Warehouse(std::string directory, std::vector<package::Table> tables, base::Zone zone = {});
  ~Warehouse();
  store::CommitNumber cursor() const; ///< every commit up to this one is in the tables
  int64_t epoch() const;
  /// Applies everything the feed has; one transaction a batch, the cursor in it. `progress` is called between batches;
  /// what it throws ends the work between two transactions. A store of another epoch, or one that stands before the
  /// cursor, is another truth: the tables are built again. One caller at a time (others wait).
  void catch_up(const feed::Feed& feed, const std::function<void(Progress)>& progress = {});
  /// Applies one batch that follows the cursor (asserted: batch.first > cursor). What catch_up does for each.
  void apply(const feed::Batch& batch);
  /// Ends a first build: history is drawn off, indexes are made. catch_up does it by itself.
  void finish_build();
  /// The rows of a snapshot, without history: an independent path to the same live tables. Replaces what is there.
  void load_snapshot(const store::Snapshot& snapshot, int64_t epoch);
  /// Throws away all rows; the next catch_up builds them again.
  void reset();
  /// Why the tables are being built anew, for the log; empty when what was there is used.
  std::string rebuild_reason() const;

  /// A connection for reading: author's SQL runs here, with no outside access. One thread at a time.
  std::unique_ptr<sql::DuckConnection> reader() const;
  const std::vector<package::Table>& tables() const;
  const package::Table* find_table(std::string_view name) const;
  /// A SELECT of the table's columns as of a commit. `seen`: the cursor that the reading transaction itself sees
  /// (read_cursor); when it is `as_of`, the live table alone is read.
  std::string table_as_of(std::string_view table, store::CommitNumber as_of, store::CommitNumber seen = -1) const;
  /// The cursor as the connection's own transaction sees it.
  static store::CommitNumber read_cursor(sql::DuckConnection& connection);

  /// The last commit recorded at or before that time (0 if none).
  store::CommitNumber commit_at(base::Millis time) const;
  base::Zone zone() const;

  /// What stands in the tables, taken at one moment: the cursor, and for each table the last commit that changed it.
  struct State {
    store::CommitNumber cursor = 0;
    int64_t epoch = 0;
    uint64_t generation = 0; ///< another number: the tables were built anew and the same commit may mean other rows
    std::map<std::string, store::CommitNumber, std::less<>> changed;
  };
  std::shared_ptr<const State> state() const;

  /// Values of records that did not fit their column and were left empty (a partial date where a day is needed).
  struct Misfitting {
    std::string table, column, record, value;
    store::CommitNumber commit;
  };
  std::vector<Misfitting> misfits(size_t at_most = 1000) const;

private:
  struct Impl;
  std::unique_ptr<Impl> m_impl;
};

} // namespace xinglin::flatten
