#pragma once
// A plan as the pages and `--json` have it; the shape stands in docs/plans.md.

#include "server/plan/propose.h"
#include "server/plan/track.h"

namespace xinglin::plan {

std::string to_json(const Plan& plan, const std::vector<EntryStanding>& standings, base::Date today,
                    const indicator::AsOf& as_of);
std::string to_json(const std::vector<Proposal>& proposals);

} // namespace xinglin::plan
