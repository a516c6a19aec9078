#pragma once
// A plan as the pages and `--json` have it; the shape stands in docs/plans.md.

#include "lib/fhir/json.h"
#include "server/plan/changes.h"
#include "server/plan/keep.h"
#include "server/plan/propose.h"
#include "server/plan/track.h"

namespace xinglin::plan {

/// The members of a plan with its standings, without the braces, so that more may follow.
void append_plan(fhir::JsonWriter& out, const PlanInForce& plan, const std::vector<EntryStanding>& standings,
                 base::Date today, const indicator::AsOf& as_of);
/// [{severity, line, text: {zh, en}}]
void append_issues(fhir::JsonWriter& out, const base::Issues& issues);
/// [{what, section, title, field, before, after}]
void append_changes(fhir::JsonWriter& out, const std::vector<Change>& changes);
/// [{clause, what, relation, number, ..., candidates, line_of_plan}]
void append_proposals(fhir::JsonWriter& out, const std::vector<Proposal>& proposals);

} // namespace xinglin::plan
