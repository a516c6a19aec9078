#pragma once
// The temporal tables: every form, register and view as rows that carry the commit that opened them and, once ended,
// the commit that closed them. Kept in DuckDB; derived, so it can always be thrown away and built again from the feed.

#include "server/feed/feed.h"
#include "server/package/model.h"

#include <memory>
#include <string>

namespace xinglin::sql {
class DuckConnection;
}

namespace xinglin::flatten {

struct Progress {
  store::CommitNumber done = 0, last = 0;
};

class Warehouse {
public:
  /// Opens or makes `directory`/warehouse.duckdb (empty = in memory) with the tables of the catalog; when the tables'
  /// shapes changed, or the file is damaged, it is rebuilt from the feed on the next catch_up.
  Warehouse(std::string directory, std::shared_ptr<const package::Catalog> catalog);
  ~Warehouse();
  store::CommitNumber cursor() const; ///< every commit up to this one is in the tables
  int64_t epoch() const;
  /// Applies everything the feed has; one transaction a batch, the cursor in it. `progress` is called between batches.
  void catch_up(const feed::Feed& feed, const std::function<void(Progress)>& progress = {});
  /// Throws away all rows; the next catch_up builds them again.
  void reset();
  /// A connection for reading: author's SQL runs here, with no outside access. One thread at a time.
  std::unique_ptr<sql::DuckConnection> reader() const;
  const std::vector<package::Table>& tables() const;
  /// SQL that reads `table` as of a commit (the live table where it is now).
  std::string table_as_of(std::string_view table, store::CommitNumber as_of) const;

private:
  struct Impl;
  std::unique_ptr<Impl> m_impl;
};

} // namespace xinglin::flatten
