#pragma once
// The search tables of a moment that has passed, as temporary tables of one reader's connection.

#include "server/store/search_predicate.h"

namespace xinglin::store {

/// Makes them while it lives: the resources of scope.past_types as of scope.records.past(), the values of
/// scope.past_units, and what refers to what among them.
class PastTables {
public:
  explicit PastTables(SearchScope& scope);
  ~PastTables();
  PastTables(const PastTables&) = delete;
  PastTables& operator=(const PastTables&) = delete;

private:
  void fill();
  void add_references(int64_t key, fhir::Node resource);
  void add_values(int64_t key, const SearchValues& values);
  void drop();
  SearchScope& m_scope;
  int64_t m_next_part = -1;
};

} // namespace xinglin::store
