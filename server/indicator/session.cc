#include "server/indicator/session.h"

namespace xinglin::indicator {

std::unique_ptr<sql::DuckConnection> ConnectionPool::take(uint64_t generation) {
  {
    const std::lock_guard lock(m_mutex);
    if (m_generation != generation) m_kept.clear();
    m_generation = generation;
    if (!m_kept.empty()) {
      auto connection = std::move(m_kept.back());
      m_kept.pop_back();
      return connection;
    }
  }
  return m_warehouse->reader();
}

void ConnectionPool::give_back(std::unique_ptr<sql::DuckConnection> connection, uint64_t generation) {
  const std::lock_guard lock(m_mutex);
  if (m_generation == generation && m_kept.size() < k_kept_max) m_kept.push_back(std::move(connection));
}

Session::~Session() {
  if (!m_connection) return;
  try {
    m_connection->run("rollback"); // it only read
    m_pool->give_back(std::move(m_connection), m_state->generation);
  } catch (const base::Refused&) { // NOLINT(bugprone-empty-catch): the connection is of no more use and goes
  }
}

sql::DuckConnection& Session::connection() {
  if (!m_connection) {
    auto connection = m_pool->take(m_state->generation);
    connection->run("begin transaction read only");
    m_seen = flatten::Warehouse::read_cursor(*connection);
    m_connection = std::move(connection);
  }
  return *m_connection;
}

store::CommitNumber Session::seen() {
  connection();
  return m_seen;
}

} // namespace xinglin::indicator
