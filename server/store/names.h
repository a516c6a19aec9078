#pragma once
// Names that rows carry as small numbers (resource types, paths). Added by the writer, read by all.

#include "lib/sql/sqlite.h"

#include <cstdint>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace xinglin::store {

/// Looks a name up without making a string of it.
struct NameHash {
  using is_transparent = void;
  size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
};

class NameTable {
public:
  explicit NameTable(std::string table) : m_table(std::move(table)) {}
  void load(sql::Sqlite& db);
  int64_t find(std::string_view name) const; ///< 0 when there is none
  std::string name(int64_t id) const;        ///< empty when there is none
  /// The number of the name, new if need be. Writer only, inside its transaction.
  int64_t add(sql::Sqlite& db, std::string_view name);
  size_t size() const;
  /// Forgets what was added since there were `size` names (their rows were rolled back).
  void shrink(size_t size);

private:
  std::string m_table;
  mutable std::shared_mutex m_mutex;
  std::unordered_map<std::string, int64_t, NameHash, std::equal_to<>> m_ids;
  std::vector<std::string> m_names; ///< number n stands at n-1
};

} // namespace xinglin::store
