#pragma once
#include "server/api/call.h"

namespace xinglin::api {

http::Response list_plans(Call& call); // GET /api/plans[?org&period&today&as_of]: docs/plans.md

} // namespace xinglin::api
