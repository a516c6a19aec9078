#pragma once
// Connections that read. Each snapshot takes one and gives it back; as many are opened as are asked for at once.

#include "lib/sql/sqlite.h"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace xinglin::store {

class Readers {
public:
  static constexpr size_t k_idle_max = 16;

  explicit Readers(std::string file) : m_file(std::move(file)) {}
  /// A connection that nobody else uses until it is dropped.
  class Lease {
  public:
    Lease(Readers& readers, std::unique_ptr<sql::Sqlite> db) : m_readers(&readers), m_db(std::move(db)) {}
    ~Lease() {
      if (m_db) m_readers->give_back(std::move(m_db));
    }
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    sql::Sqlite& operator*() const { return *m_db; }
    sql::Sqlite* operator->() const { return m_db.get(); }

  private:
    Readers* m_readers;
    std::unique_ptr<sql::Sqlite> m_db;
  };
  Lease take();

private:
  void give_back(std::unique_ptr<sql::Sqlite> db);
  std::string m_file;
  std::mutex m_mutex;
  std::vector<std::unique_ptr<sql::Sqlite>> m_idle;
};

} // namespace xinglin::store
