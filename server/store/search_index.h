#pragma once
// The search index in the file: which units it holds, and the rows of each resource. Written by the writer alone, in
// the transaction that changes the resource.

#include "server/store/group_writer.h"
#include "server/store/names.h"
#include "server/store/records.h"
#include "server/store/resource_text.h"
#include "server/store/search_values.h"

#include <memory>
#include <shared_mutex>

namespace xinglin::store {

/// Raised whenever the rows that a resource gives change; an older index is then built anew, unit by unit, at first
/// use.
inline constexpr int64_t k_search_version = 1;
/// Resource keys looked at in one step of building a unit; other transactions go between the steps.
inline constexpr int64_t k_build_step_keys = 2000;

struct UnitState {
  int64_t id = 0; ///< 0 = was never asked for
  bool is_ready = false;
};

class SearchIndex {
public:
  explicit SearchIndex(Shared& shared) : m_shared(shared) {}
  /// At opening, on the writer's connection: the units asked for daily, and a fresh start after a change of version.
  void prepare(sql::Sqlite& db);
  /// What is in the file, again: after a group was undone, or a unit was added.
  void load(sql::Sqlite& db);

  const ParameterTable& parameters() const { return m_parameters; }

  /// Units to index for a type, and the count of changes to any of them (values of an older one have to be made anew).
  struct Units {
    std::shared_ptr<const std::vector<Unit>> list;
    int64_t generation;
  };
  Units units_of(std::string_view type) const;
  SearchValues values_of(fhir::Node resource, const std::vector<Unit>& units) const {
    return search_values(resource, units, m_shared.zone);
  }

  void add_rows(Records& records, int64_t key, const SearchValues& values);
  void remove_rows(Records& records, int64_t key, const SearchValues& values);

  /// As the connection sees it.
  static UnitState state_of(sql::Sqlite& db, int64_t type, std::string_view code, Variant variant);

private:
  struct Row {
    int64_t id;
    std::string code;
    Variant variant;
  };
  Shared& m_shared;
  mutable std::shared_mutex m_mutex;
  std::map<std::string, std::vector<Row>, std::less<>> m_rows;
  mutable std::map<std::string, std::shared_ptr<const std::vector<Unit>>, std::less<>>
      m_units; ///< compiled at first use
  int64_t m_generation = 0;
  ParameterTable m_parameters;
};

/// Adds a unit to the file, not ready yet.
class AddUnitJob final : public Job {
public:
  AddUnitJob(int64_t type, std::string_view code, Variant variant) : m_type(type), m_code(code), m_variant(variant) {}
  void apply(sql::Sqlite& db) override;

private:
  int64_t m_type;
  std::string m_code;
  Variant m_variant;
};

/// One step of building a unit: the next k_build_step_keys resources.
class BuildStepJob final : public Job {
public:
  BuildStepJob(SearchIndex& index, Shared& shared, int64_t unit) : m_index(index), m_shared(shared), m_unit(unit) {}
  void apply(sql::Sqlite& db) override;
  bool is_ready() const { return m_is_ready; }

private:
  SearchIndex& m_index;
  Shared& m_shared;
  int64_t m_unit;
  bool m_is_ready = false;
};

} // namespace xinglin::store
