// xinglin check [DIR]
#include "server/document/report.h"
#include "server/package/check.h"
#include "server/package/model.h"
#include "server/wiring/commands.h"
#include "server/wiring/house.h"

#include <algorithm>
#include <cstdio>

namespace xinglin::wiring {

int check(const Options& options) {
  base::Issues issues;
  const auto catalog = package::load(find_programs(options), issues);
  package::check(*catalog, issues);
  for (const auto& [id, document] : catalog->documents)
    issues.add(document::check_template(document, *catalog));
  const auto errors = std::count_if(issues.begin(), issues.end(),
                                    [](const base::Issue& issue) { return issue.severity >= base::Severity::error; });
  if (options.json) {
    std::printf("%s\n", issues.to_operation_outcome().c_str());
  } else {
    if (!issues.empty()) std::printf("%s\n", issues.to_text().c_str());
    std::printf("%zu programs, %zu registers, %zu forms, %zu indicators, %zu documents: %zu errors, %zu warnings\n",
                catalog->programs.size(), catalog->registers.size(), catalog->forms.size(), catalog->indicators.size(),
                catalog->documents.size(), static_cast<size_t>(errors), issues.size() - static_cast<size_t>(errors));
  }
  return errors > 0 ? k_exit_refused : k_exit_done;
}

} // namespace xinglin::wiring
