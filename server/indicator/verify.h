#pragma once
// The figures computed again from the records, by another path: no feed, no history, no kept table, no SQL aggregate. A
// fresh warehouse is filled from a scan of the store as of the kept cursor; every live table is compared row by row,
// and every indicator's figures are added up in plain C++ from single rows and compared with what the engine says.

#include "server/flatten/warehouse.h"
#include "server/indicator/engine.h"

#include <functional>
#include <string>
#include <vector>

namespace xinglin::indicator {

struct VerifyOptions {
  std::vector<std::string> orgs;     ///< empty = every organisation
  std::vector<base::Period> periods; ///< empty = every year in which something counted happened
  size_t differences_max = 100;      ///< kept in the report; all are counted
  /// Called now and then; what it throws ends the work.
  std::function<void(std::string_view stage, size_t done, size_t total)> progress;
};

struct Difference {
  std::string where;  ///< "table inpatient_stay" or an address
  std::string record; ///< table: whose rows differ
  std::string kept, recomputed;
};

struct VerifyReport {
  AsOf as_of;
  size_t tables = 0;
  int64_t rows = 0;    ///< of the recomputed tables
  int64_t figures = 0; ///< compared
  std::vector<base::Period> periods;
  int64_t differences_total = 0;
  std::vector<Difference> differences;
  bool agrees() const { return differences_total == 0; }
};

/// `kept` must have caught up with nothing beyond `store`. Takes memory for one more copy of the live tables.
VerifyReport verify(const store::Store& store, std::shared_ptr<const package::Catalog> catalog,
                    flatten::Warehouse& kept, const VerifyOptions& options = {});

} // namespace xinglin::indicator
