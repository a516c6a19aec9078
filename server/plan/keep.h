#pragma once
// A plan among the records: a Composition that holds its text, a Goal for each target, a Task for each entry without
// one. Loading it again replaces it; earlier versions stay in the history, so a plan can be shown as of any commit.

#include "server/plan/plan.h"
#include "server/program/program.h"
#include "server/store/store.h"

namespace xinglin::plan {

/// On the Composition: the plan's id (valueString) and its Markdown (valueMarkdown).
inline constexpr std::string_view k_plan_extension = "urn:xinglin:plan";
inline constexpr std::string_view k_plan_text_extension = "urn:xinglin:plan-text";

/// The id of a plan's Composition: plan-health-2024.
std::string resource_id(const Plan& plan);

/// What has to be written to keep the plan as it is now, given what was kept of it. `day`: of the revision.
std::vector<store::Write> writes_of(const Plan& plan, const store::Snapshot& kept, base::Date day);
store::Receipt keep(const Plan& plan, program::Program& program, const store::Store& store, base::Date day);

/// The Markdown of every plan that is kept, ordered by id.
struct KeptPlan {
  std::string id, text;
  int64_t version = 0;
};
std::vector<KeptPlan> kept_plans(const store::Snapshot& records);

} // namespace xinglin::plan
