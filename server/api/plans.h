#pragma once
#include "server/api/call.h"

namespace xinglin::api {

// docs/plans.md has the shapes.
http::Response list_plans(Call& call);      // GET /api/plans[?org&period&today&as_of]
http::Response plan_whole(Call& call);      // GET /api/plans/ID[?today&as_of]: with its text and its versions
http::Response propose_targets(Call& call); // POST /api/plans/propose
http::Response save_plan(Call& call);       // POST /api/plans[?check=true]

} // namespace xinglin::api
