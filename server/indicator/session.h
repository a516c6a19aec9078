#pragma once
// Reading the warehouse as of one commit: a connection out of a pool, within one short read-only transaction.

#include "lib/sql/duck.h"
#include "server/flatten/warehouse.h"

#include <memory>
#include <mutex>
#include <vector>

namespace xinglin::indicator {

/// Connections between uses. Thread safe. Those of an instance that was built anew since are dropped.
class ConnectionPool {
public:
  explicit ConnectionPool(const flatten::Warehouse& warehouse) : m_warehouse(&warehouse) {}
  std::unique_ptr<sql::DuckConnection> take(uint64_t generation);
  void give_back(std::unique_ptr<sql::DuckConnection> connection, uint64_t generation);
  const flatten::Warehouse& warehouse() const { return *m_warehouse; }

private:
  static constexpr size_t k_kept_max = 8;
  const flatten::Warehouse* m_warehouse;
  std::mutex m_mutex;
  uint64_t m_generation = 0;
  std::vector<std::unique_ptr<sql::DuckConnection>> m_kept;
};

/// Opens its transaction at the first connection(); ends it with itself. One thread at a time.
class Session {
public:
  Session(ConnectionPool& pool, std::shared_ptr<const flatten::Warehouse::State> state, store::CommitNumber as_of)
      : m_pool(&pool), m_state(std::move(state)), m_as_of(as_of) {}
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  sql::DuckConnection& connection();
  /// The cursor as the transaction sees it: where it is the as-of commit, live tables are enough.
  store::CommitNumber seen();
  store::CommitNumber as_of() const { return m_as_of; }
  const flatten::Warehouse::State& state() const { return *m_state; }
  std::shared_ptr<const flatten::Warehouse::State> shared_state() const { return m_state; }

private:
  ConnectionPool* m_pool;
  std::shared_ptr<const flatten::Warehouse::State> m_state;
  store::CommitNumber m_as_of;
  std::unique_ptr<sql::DuckConnection> m_connection;
  store::CommitNumber m_seen = -1;
};

} // namespace xinglin::indicator
