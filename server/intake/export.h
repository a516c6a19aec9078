#pragma once
// Records out, as NDJSON by type: what the store holds as of a commit.

#include "server/store/store.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace xinglin::intake {

struct ExportOptions {
  std::string directory;
  std::vector<std::string> types;           ///< empty = all
  std::optional<store::CommitNumber> as_of; ///< empty = now
  bool gzip = false;
  std::function<void(int64_t resources)> progress;
  std::function<bool()> stop; ///< true: break off; files that are done stay, the one under way does not
};
struct ExportReport {
  store::CommitNumber as_of = 0;
  std::map<std::string, int64_t> resources; ///< by type
  bool stopped = false;
};

/// One file a type, Type.ndjson or Type.ndjson.gz, each resource a line, ordered by id: the same records give the same
/// bytes. Throws base::Refused when the directory cannot be written or holds NDJSON already, or a type is none.
ExportReport export_records(const store::Store& store, const ExportOptions& options);

/// "epoch:t", an instant or a date (its end) → the commit. Throws base::Refused(malformed) for anything else, or a
/// commit that is not there yet.
store::CommitNumber resolve_as_of(const store::Store& store, std::string_view text, base::Zone zone = {});

} // namespace xinglin::intake
