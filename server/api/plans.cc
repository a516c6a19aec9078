// GET /api/plans: every plan with the state of each of its entries, for the pages. docs/plans.md
#include "server/api/plans.h"

#include "server/api/figures.h"
#include "server/api/respond.h"
#include "server/plan/keep.h"
#include "server/plan/to_json.h"

namespace xinglin::api {

http::Response list_plans(Call& call) {
  const auto at = as_of(call);
  base::Date today = call.services->today();
  if (const auto asked = call.parameter("today"); asked && !asked->empty()) {
    const auto day = base::Date::parse(*asked);
    if (!day)
      throw base::Refused(base::Refusal::malformed, "value", "\"" + *asked + "\" is not a day; write 2024-06-30.");
    today = *day;
  }
  const auto org = call.parameter("org"), period = call.parameter("period");
  const auto snapshot = call.services->store->snapshot(at.commit);
  std::string json;
  for (const auto& kept : plan::kept_plans(*snapshot)) {
    base::Issues issues;
    const auto plan = plan::parse_plan(kept.text, kept.id, call.services->engine->catalog(), issues);
    if (issues.has_errors()) throw base::Refused(base::Refusal::invalid, std::move(issues));
    if (org && !org->empty() && plan.org != *org) continue;
    if (period && !period->empty() && plan.period.to_string() != *period) continue;
    json += (json.empty() ? "" : ",") +
            plan::to_json(plan, plan::track(plan, *call.services->engine, today, at), today, at);
  }
  return json_response(200, "[" + json + "]");
}

} // namespace xinglin::api
