#include "server/store/names.h"

#include <cassert>
#include <mutex>

namespace xinglin::store {

void NameTable::load(sql::Sqlite& db) {
  std::unique_lock lock(m_mutex);
  m_ids.clear();
  m_names.clear();
  auto rows = db.query("SELECT id, name FROM " + m_table + " ORDER BY id");
  while (rows.step()) {
    m_names.emplace_back(rows.text(1));
    assert(rows.whole(0) == static_cast<int64_t>(m_names.size()));
    m_ids[m_names.back()] = rows.whole(0);
  }
}

int64_t NameTable::find(std::string_view name) const {
  std::shared_lock lock(m_mutex);
  auto found = m_ids.find(name);
  return found == m_ids.end() ? 0 : found->second;
}

std::string NameTable::name(int64_t id) const {
  std::shared_lock lock(m_mutex);
  return id >= 1 && id <= static_cast<int64_t>(m_names.size()) ? m_names[static_cast<size_t>(id - 1)] : std::string();
}

int64_t NameTable::add(sql::Sqlite& db, std::string_view name) {
  if (int64_t id = find(name)) return id;
  std::unique_lock lock(m_mutex);
  auto id = static_cast<int64_t>(m_names.size()) + 1;
  db.query("INSERT INTO " + m_table + "(id, name) VALUES(?,?)", id, name).run();
  m_names.emplace_back(name);
  m_ids[m_names.back()] = id;
  return id;
}

size_t NameTable::size() const {
  std::shared_lock lock(m_mutex);
  return m_names.size();
}

void NameTable::shrink(size_t size) {
  std::unique_lock lock(m_mutex);
  while (m_names.size() > size) {
    m_ids.erase(m_names.back());
    m_names.pop_back();
  }
}

} // namespace xinglin::store
