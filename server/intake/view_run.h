#pragma once
// A view run over resources in files or in the records, into a file of rows.

#include "lib/viewdef/view.h"
#include "server/intake/row_file.h"
#include "server/store/store.h"

#include <functional>
#include <string>
#include <vector>

namespace xinglin::intake {

struct ViewRunOptions {
  std::string output; ///< file; its ending tells the format
  bool header = true; ///< of CSV
  std::function<bool()> stop;
  std::function<void(int64_t resources, int64_t rows)> progress;
};
struct ViewRunReport {
  int64_t resources = 0; ///< read, of any type
  int64_t rows = 0;
  bool stopped = false; ///< then there is no file
};

/// Files and directories of resources, NDJSON and Bundles (their entries), also with .gz. What cannot be read, or
/// breaks a rule of the view, is refused with file, line and resource, and no file is written. One resource is in
/// memory at a time (of a .json file, the file).
ViewRunReport run_view(const viewdef::View& view, const std::vector<std::string>& inputs,
                       const ViewRunOptions& options);
/// The current resources of a snapshot.
ViewRunReport run_view(const viewdef::View& view, const store::Snapshot& records, const ViewRunOptions& options);

} // namespace xinglin::intake
