// Plans: what the plan's own reader says, and that its indicators are of programs it may use.
#include "server/package/checker.h"
#include "server/package/plan.h"

namespace xinglin::package {

void check_plans(Checker& checker) {
  for (const auto& [id, file] : checker.catalog().plans) {
    base::Issues issues;
    const Plan plan = parse_plan(file.text, file.place.file, checker.catalog(), issues);
    for (const auto& issue : issues)
      checker.add(issue);
    if (!plan.id.empty() && plan.id != id)
      checker.error({file.place.file, plan.id_line},
                    fmt::format("the plan is '{}' but the file is named '{}'; make them the same", plan.id, id),
                    "value");
    for (const auto& section : plan.sections)
      for (const auto& entry : section.entries)
        if (entry.target)
          checker.find(checker.catalog().indicators, entry.target->indicator, file.program,
                       {file.place.file, entry.target->line}, "indicator");
  }
}

} // namespace xinglin::package
