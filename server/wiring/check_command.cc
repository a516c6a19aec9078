// xinglin check [DIR]
#include "server/program/check.h"
#include "server/wiring/commands.h"
#include "server/wiring/house.h"

#include <algorithm>
#include <cstdio>

namespace xinglin::wiring {

int check(const Options& options) {
  const auto report = program::check_programs(find_programs(options));
  const auto& issues = report.issues;
  const auto& catalog = *report.catalog;
  const auto errors = std::count_if(issues.begin(), issues.end(),
                                    [](const base::Issue& issue) { return issue.severity >= base::Severity::error; });
  if (options.json) {
    std::printf("%s\n", issues.to_operation_outcome().c_str());
  } else {
    if (!issues.empty()) std::printf("%s\n", issues.to_text().c_str());
    std::printf(
        "%zu programs, %zu registers, %zu forms, %zu indicators, %zu documents, %zu tests: %zu errors, %zu warnings\n",
        catalog.programs.size(), catalog.registers.size(), catalog.forms.size(), catalog.indicators.size(),
        catalog.documents.size(), report.tests, static_cast<size_t>(errors),
        issues.size() - static_cast<size_t>(errors));
  }
  return errors > 0 ? k_exit_refused : k_exit_done;
}

} // namespace xinglin::wiring
