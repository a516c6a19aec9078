#include "server/store/readers.h"

namespace xinglin::store {

Readers::Lease Readers::take() {
  {
    std::lock_guard lock(m_mutex);
    if (!m_idle.empty()) {
      auto db = std::move(m_idle.back());
      m_idle.pop_back();
      return {*this, std::move(db)};
    }
  }
  auto db = std::make_unique<sql::Sqlite>(m_file, sql::Sqlite::Mode::read_write);
  // query_only rather than a read-only file: a reader of a WAL must be able to write its index.
  db->execute("PRAGMA busy_timeout=10000; PRAGMA query_only=1; PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY");
  return {*this, std::move(db)};
}

void Readers::give_back(std::unique_ptr<sql::Sqlite> db) {
  try {
    if (db->in_transaction()) db->query("ROLLBACK").run();
  } catch (const sql::SqliteError&) {
    return; // not fit for another
  }
  std::lock_guard lock(m_mutex);
  if (m_idle.size() < k_idle_max) m_idle.push_back(std::move(db));
}

} // namespace xinglin::store
