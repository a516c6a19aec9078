// GET /api/trace?address=...: what a number is made of. docs/api.md
#include "server/api/commands.h"
#include "server/api/figures.h"
#include "server/api/respond.h"

namespace xinglin::api {

namespace {
constexpr int64_t k_trace_rows = 100;         ///< when rows_max does not say
constexpr int64_t k_trace_rows_max = 100'000; ///< and at most: a whole table, for a spreadsheet
} // namespace

http::Response trace_figure(Call& call) {
  const auto address = indicator::Address::parse(call.required("address"));
  const auto rows_max = static_cast<size_t>(call.number("rows_max", k_trace_rows, 0, k_trace_rows_max));
  const indicator::Trace trace = call.services->engine->trace(address, rows_max);
  return json_response(200, trace_json(trace));
}

} // namespace xinglin::api
