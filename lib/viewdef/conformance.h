#pragma once
// Runs the test files of the SQL on FHIR suite (https://github.com/FHIR/sql-on-fhir-v2, tests/*.json), as they are, and
// reports in the suite's own format (test_report.json), by which implementations are compared.

#include <filesystem>
#include <string>
#include <vector>

namespace xinglin::viewdef {

struct SuiteCase {
  std::string name;
  std::string error; ///< empty: passed; else what is wrong
};

struct SuiteFile {
  std::string name; ///< "basic.json"
  std::vector<SuiteCase> cases;
};

/// All *.json of a directory, by name. Values are compared with their types, rows in any order. Throws
/// base::Refused(not_found) when there is none, (malformed) for a file that is no test file.
std::vector<SuiteFile> run_suite(const std::filesystem::path& directory);

/// {"basic.json": {"tests": [{"name": ..., "result": {"passed": true}}]}}
std::string suite_report(const std::vector<SuiteFile>& files);

} // namespace xinglin::viewdef
