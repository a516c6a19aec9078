#pragma once
// A plan among the records: a Composition that holds its text, a Goal for each target, a Task for each entry without
// one. Loading it again replaces it; earlier versions stay in the history, so a plan can be shown as of any commit.

#include "server/package/plan.h"
#include "server/program/program.h"
#include "server/store/store.h"

namespace xinglin::plan {

/// On the Composition: the plan's id (valueString) and its Markdown (valueMarkdown).
inline constexpr std::string_view k_plan_extension = "urn:xinglin:plan";
inline constexpr std::string_view k_plan_text_extension = "urn:xinglin:plan-text";

/// The id of a plan's Composition: plan-health-2024.
std::string resource_id(std::string_view plan_id);

/// Adds what the records say against it: organisations that are not there, by line.
void check_organizations(const package::Plan& plan, const std::string& file, const store::Snapshot& records,
                         base::Issues& issues);

struct KeepOptions {
  base::Date day;                  ///< of the revision
  std::string by;                  ///< who keeps it, as they wrote it
  std::optional<int64_t> replaces; ///< the version that must be the present one (0: there must be none yet)
};
/// What has to be written to keep the plan as it is now, given what was kept of it.
std::vector<store::Write> writes_of(const package::Plan& plan, const store::Snapshot& kept, const KeepOptions& options);
/// Throws Refused(precondition_failed) when someone else was faster.
store::Receipt keep(const package::Plan& plan, program::Program& program, const store::Store& store,
                    const KeepOptions& options);

/// One version of a plan among the records.
struct KeptPlan {
  std::string id, text, by;
  int64_t version = 0;
  store::CommitNumber commit = 0;
  base::Millis recorded_at = 0;
};
/// Every plan that is kept, ordered by id.
std::vector<KeptPlan> kept_plans(const store::Snapshot& records);
/// The versions of one plan, newest first, at most `count`.
std::vector<KeptPlan> kept_versions(const store::Snapshot& records, std::string_view plan_id, size_t count);

/// A plan that holds: the version kept among the records, else as a program's folder has it (version 0).
struct PlanInForce {
  package::Plan plan;
  std::string program; ///< whose folder it is from; empty = from the records
  int64_t version = 0;
  base::Issues issues; ///< with an error the plan cannot be tracked, because an indicator went, say
};
/// Ordered by id. A program's plan for an organisation that is not among the records is nobody's, and left out.
std::vector<PlanInForce> plans_in_force(const store::Snapshot& records, const package::Catalog& catalog);

} // namespace xinglin::plan
