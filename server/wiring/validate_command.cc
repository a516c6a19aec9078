// xinglin validate FILE...
#include "lib/validation/validate.h"

#include "server/intake/files.h"
#include "server/wiring/commands.h"
#include "server/wiring/interrupt.h"

#include <cstdio>

namespace xinglin::wiring {

namespace {

/// Issues of one JSON value that begins after `lines_before` lines of its file.
base::Issues check(std::string text, const std::string& path, int lines_before) {
  base::Issues issues;
  try {
    issues = validation::validate(fhir::Document::parse(std::move(text)));
  } catch (const base::Refused& refused) {
    issues = refused.issues();
  }
  for (base::Issue& issue : issues) {
    issue.file = path;
    if (issue.line > 0) issue.line += lines_before;
  }
  return issues;
}

} // namespace

int validate(const Options& options) {
  watch_for_interrupt();
  base::Issues issues;
  int64_t resources = 0, wrong = 0;
  auto take = [&](const base::Issues& found) {
    ++resources;
    if (found.has_errors()) ++wrong;
    if (!options.json && !found.empty()) std::printf("%s\n", found.to_text().c_str());
    if (options.json) issues.add(found);
  };
  for (const intake::File& file : intake::find_files(options.arguments)) {
    if (interrupted()) break;
    if (!file.lines) {
      take(check(intake::read_file(file.path), file.path, 0));
      continue;
    }
    intake::read_lines(file.path, [&](int line, std::string text) {
      take(check(std::move(text), file.path, line - 1));
      return !interrupted();
    });
  }
  if (options.json)
    std::printf("%s\n", issues.to_operation_outcome().c_str());
  else
    std::printf("%lld resources checked, %lld with errors\n", static_cast<long long>(resources),
                static_cast<long long>(wrong));
  return wrong > 0 || interrupted() ? k_exit_refused : k_exit_done;
}

} // namespace xinglin::wiring
