#pragma once
// Reading the tables of schema/001_records.sql, on whichever connection: a reader's snapshot or the writer's own view.

#include "server/store/names.h"
#include "server/store/store.h"
#include "server/store/stored_text.h"

namespace xinglin::store {

/// What is the same for every connection.
struct Shared {
  base::Zone zone;
  NameTable types{"resource_type"};
  NameTable paths{"path"};
  NameTable systems{"search_system"};
  Codebook codebook;
};

/// The row of `resource`.
struct CurrentRow {
  int64_t key = 0, version = 0, seq = 0;
  CommitNumber t = 0;
  bool deleted = false;
  bool exists() const { return key != 0 && !deleted; }
};

/// Reads through one connection. As of `past` if that is given (0 = nothing yet), else what the connection sees now.
class Records {
public:
  Records(sql::Sqlite& db, const Shared& shared, std::optional<CommitNumber> past = {})
      : m_db(db), m_shared(shared), m_past(past) {}
  CurrentRow find(std::string_view type, std::string_view id) const; ///< now; key 0 when there never was one
  std::optional<Version> read(std::string_view type, std::string_view id) const;
  std::optional<Version> read_version(std::string_view type, std::string_view id, int64_t version) const;
  std::optional<Version> read_key(int64_t key) const; ///< also when deleted
  std::vector<Version> history(std::string_view type, std::string_view id, size_t count, CommitNumber before) const;
  void scan(std::string_view type, const std::function<bool(const Version&)>& each) const;
  std::vector<Version> derived(std::string_view reference) const;
  int64_t count(std::string_view type) const;
  std::vector<Version> changes(CommitNumber after, size_t versions_max) const;
  CommitNumber last_commit() const;
  CommitNumber commit_at(base::Millis time) const;
  base::Millis recorded_at(CommitNumber t) const;
  sql::Sqlite& db() const { return m_db; }
  const Shared& shared() const { return m_shared; }
  std::optional<CommitNumber> past() const { return m_past; }

private:
  Version version_of(sql::SqliteQuery& row) const;
  sql::Sqlite& m_db;
  const Shared& m_shared;
  std::optional<CommitNumber> m_past;
};

} // namespace xinglin::store
