#pragma once
// `xinglin check`: everything that can be said about programs before a record is: what package::check says, what their
// forms would yield, their documents, and their tests (tests/*.yml: given records → expected rows and figures;
// docs/authoring.md).

#include "lib/base/issue.h"
#include "server/package/model.h"

#include <functional>
#include <memory>
#include <string>

namespace xinglin::program {

struct CheckOptions {
  bool run_tests = true;
  std::string only;                                         ///< a program's id: only its tests; empty = all
  std::function<void(const std::string& file)> before_test; ///< progress: called with the file of each test
};

struct CheckReport {
  base::Issues issues;
  std::shared_ptr<const package::Catalog> catalog; ///< the programs that are right (their tests may fail)
  size_t tests = 0, tests_failed = 0;
};

/// Throws Refused(not_found) when the directory is absent; all that is wrong with the content is in the issues.
CheckReport check_programs(const std::string& directory, const CheckOptions& options = {});

/// Fills every form by example and adds what its rules or yields cannot do with it.
void check_examples(const package::Catalog& catalog, base::Issues& issues);

/// Runs one test on a store and tables of its own, in a temporary directory. Adds what differs, by file and line.
void run_package_test(const package::TestFile& test, std::shared_ptr<const package::Catalog> catalog,
                      base::Issues& issues);

} // namespace xinglin::program
