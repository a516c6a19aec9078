#pragma once
// Files of resources into the records, through the same door as everyone.
//
//  1. A transaction Bundle is one transaction; a batch Bundle one for each entry; a collection, or a resource by
//  itself,
//     is kept under its own id where it has one. NDJSON goes in by some hundreds of lines a transaction.
//  2. What is created gets an id made from the file's digest and its place in it, so that a load that was cut off
//     and begun again writes nothing twice. A file that went in whole is noted by its digest and passed over the next
//     time (unless `again`, which makes new ids).
//  3. Order rule: files in the order given, a directory's in the order of find_files. What refers to something that is
//  not there
//     yet is put aside and tried again at the end, together with what it refers to; only what then still refers to
//     nothing is refused. So files that refer to each other may come in any order, in circles too.
//  4. Records that a form yielded (tag urn:xinglin:derived-from) are passed over: their form makes them.
//  5. One bad resource in NDJSON is refused alone, by file and line; one bad entry refuses its transaction Bundle
//  whole.

#include "lib/base/issue.h"
#include "server/store/store.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace xinglin::program {
class Program;
}

namespace xinglin::intake {

inline constexpr size_t k_lines_per_transaction = 200;
inline constexpr size_t k_put_aside_bytes_max = size_t{1} << 30; ///< resources waiting for what they refer to
inline constexpr size_t k_load_issues_max = 200;                 ///< listed; more are only counted

struct LoadReport {
  int64_t files = 0;                        ///< found
  int64_t loaded = 0;                       ///< went in whole
  int64_t skipped = 0;                      ///< were in already, by digest
  int64_t refused = 0;                      ///< some or all of it did not go in
  int64_t left = 0;                         ///< not begun or not finished when the load was stopped
  std::map<std::string, int64_t> written;   ///< resources created or updated, by type
  std::map<std::string, int64_t> unchanged; ///< resources that were there just so, by type
  int64_t derived = 0;                      ///< passed over: their form makes them
  int64_t refused_resources = 0;
  bool stopped = false;
  base::Issues issues; ///< of what was refused, with file and line

  int64_t written_total() const;
};

struct LoadOptions {
  bool again = false;
  int threads = 2;            ///< that prepare transactions side by side, so that they become durable in groups
  std::function<bool()> stop; ///< asked between transactions
  std::function<void(const LoadReport&)> progress; ///< now and then, from one thread at a time
  base::Clock clock = base::system_now;
  base::Zone zone;
};

/// Throws base::Refused only for paths that are not there; what is wrong inside files is in the report.
LoadReport load(store::Store& store, program::Program& program, const std::vector<std::string>& paths,
                const LoadOptions& options = {});

} // namespace xinglin::intake
