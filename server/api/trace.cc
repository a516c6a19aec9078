// GET /api/trace?address=...: what a number is made of. docs/api.md
#include "server/api/commands.h"
#include "server/api/figures.h"
#include "server/api/respond.h"

namespace xinglin::api {

namespace {
constexpr int64_t k_trace_rows = 100;        ///< when rows_max does not say
constexpr int64_t k_trace_rows_max = 10'000; ///< and at most
} // namespace

http::Response trace_figure(Call& call) {
  const auto address = indicator::Address::parse(call.required("address"));
  const auto rows_max = static_cast<size_t>(call.number("rows_max", k_trace_rows, 0, k_trace_rows_max));
  const indicator::Trace trace = call.services->engine->trace(address, rows_max);
  fhir::JsonWriter json;
  append_figure(json.begin_object().key("figure"), trace.figure);
  json.member("definition", trace.definition);
  json.key("parts").begin_array();
  for (const auto& part : trace.parts)
    append_figure(json, part);
  json.end_array().key("rows").begin_array();
  for (const indicator::Row& row : trace.rows) {
    json.begin_object().member("org", row.org).member("subject", row.subject).member("record", row.record);
    json.member("happened", row.happened).member("since", row.since).member("until", row.until);
    if (row.hit)
      json.key("hit").boolean(*row.hit);
    else
      json.key("hit").null();
    append_optional(json.key("value"), row.value ? std::optional(row.value->to_string()) : std::nullopt);
    json.member("weight", row.weight.to_string()).end_object();
  }
  json.end_array().key("rows_total").number(trace.rows_total).member("digest", trace.digest);
  json.member("as_of", trace.figure.address.as_of ? trace.figure.address.as_of->to_string() : "");
  return json_response(200, json.end_object().take());
}

} // namespace xinglin::api
