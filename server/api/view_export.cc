// https://build.fhir.org/ig/FHIR/sql-on-fhir-v2/OperationDefinition-ViewDefinitionExport.html, in the asynchronous
// pattern with a redirect to the result
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/http/date.h"
#include "server/api/interactions.h"
#include "server/api/respond.h"
#include "server/api/view_exports.h"
#include "server/intake/files.h"

#include <algorithm>
#include <set>

namespace xinglin::api {

namespace {

using base::Refusal;
using base::Refused;
using Status = ExportState::Status;

constexpr int k_retry_after_s = 1;
constexpr size_t k_name_bytes_max = 64;

std::string_view word_of(Status status) {
  switch (status) {
  case Status::accepted: return "accepted";
  case Status::in_progress: return "in-progress";
  case Status::completed: return "completed";
  case Status::failed: break;
  }
  return "failed";
}

bool wants_async(const Call& call) {
  for (const std::string_view by_comma : base::split(call.request->header("Prefer"), ','))
    for (const std::string_view part : base::split(by_comma, ';'))
      if (base::trim(part) == "respond-async") return true;
  return false;
}

/// The name of an output becomes the name of a file and of a table.
void name_views(ViewRequest& request) {
  std::set<std::string> taken;
  size_t position = 0;
  for (NamedView& one : request.views) {
    ++position;
    if (one.name.empty()) one.name = one.view.name();
    if (one.name.empty()) one.name = "view_" + std::to_string(position);
    const bool is_good =
        one.name.size() <= k_name_bytes_max && std::all_of(one.name.begin(), one.name.end(), [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        });
    if (!is_good)
      throw Refused(Refusal::malformed, "value",
                    "\"" + one.name + "\" is no name for an output; use at most " + std::to_string(k_name_bytes_max) +
                        " letters, digits, _ and -.");
    if (!taken.insert(one.name).second)
      throw Refused(Refusal::malformed, "value", "Two outputs are named \"" + one.name + "\"; give one another name.");
  }
}

std::string url_of(const Call& call, const ExportState& state, std::string_view what) {
  return call.base + "/$viewdefinition-export/" + state.id + "/" + std::string(what);
}

void parameter(fhir::JsonWriter& json, std::string_view name, std::string_view type, std::string_view value) {
  json.begin_object().member("name", name).member(type, value).end_object();
}

/// What status and result have in common.
void begin(fhir::JsonWriter& json, const Call& call, const ExportState& state) {
  json.begin_object().member("resourceType", "Parameters").key("parameter").begin_array();
  parameter(json, "exportId", "valueString", state.id);
  if (!state.tracking_id.empty()) parameter(json, "clientTrackingId", "valueString", state.tracking_id);
  parameter(json, "status", "valueCode", word_of(state.status));
  parameter(json, "location", "valueUri", url_of(call, state, "status"));
  parameter(json, "cancelUrl", "valueUri", url_of(call, state, "status"));
  if (state.format_was_asked) parameter(json, "_format", "valueCode", intake::name_of(state.format));
  if (state.status != Status::accepted)
    parameter(json, "exportStartTime", "valueInstant", base::to_instant(state.began, call.services->zone));
}

http::Response finished(fhir::JsonWriter& json, int status) {
  json.end_array().end_object();
  return json_response(status, json.take(), k_fhir_json);
}

} // namespace

http::Response start_view_export(Call& call) {
  if (!wants_async(call))
    throw StatusError(400, "required", "An export is answered later: send the header Prefer: respond-async.");
  ViewRequest request = read_view_request(call, true);
  name_views(request);
  const ExportState state = call.services->exports->start(std::move(request));
  fhir::JsonWriter json;
  begin(json, call, state);
  http::Response response = finished(json, 202);
  response.set("Content-Location", url_of(call, state, "status"));
  return response;
}

http::Response view_export_status(Call& call) {
  const ExportState state = call.services->exports->state(call.place("export"));
  if (state.status == Status::completed || state.status == Status::failed) {
    http::Response response;
    response.status = 303;
    response.set("Location", url_of(call, state, "result"));
    return response;
  }
  fhir::JsonWriter json;
  begin(json, call, state);
  http::Response response = finished(json, 202);
  response.set("Retry-After", std::to_string(k_retry_after_s));
  response.set("X-Progress", std::to_string(state.percent) + "%");
  return response;
}

http::Response view_export_result(Call& call) {
  const ExportState state = call.services->exports->state(call.place("export"));
  if (state.status == Status::failed) return outcome_response(state.failure_status, state.failure);
  if (state.status != Status::completed)
    throw Refused(Refusal::not_found, "not-found", "The export is not done yet; ask for its status.");
  fhir::JsonWriter json;
  begin(json, call, state);
  parameter(json, "exportEndTime", "valueInstant", base::to_instant(state.ended, call.services->zone));
  constexpr base::Millis k_second = 1000;
  json.begin_object().member("name", "exportDuration").key("valueInteger");
  json.number((state.ended - state.began) / k_second).end_object();
  for (const auto& output : state.outputs) {
    json.begin_object().member("name", "output").key("part").begin_array();
    parameter(json, "name", "valueString", output.name);
    for (const auto& file : output.files)
      parameter(json, "location", "valueUri", url_of(call, state, file));
    json.end_array().end_object();
  }
  http::Response response = finished(json, 200);
  response.set("Expires", http::to_http_date(state.ended + k_export_kept_ms));
  return response;
}

http::Response view_export_file(Call& call) {
  const std::string name(call.place("file"));
  const std::string path = call.services->exports->file(call.place("export"), name);
  http::Response response;
  response.body = intake::read_bytes(path);
  response.set("Content-Type", std::string(intake::media_type_of(intake::row_format_of_path(name))));
  response.set("Content-Disposition", "attachment; filename=\"" + name + "\"");
  return response;
}

http::Response cancel_view_export(Call& call) {
  call.services->exports->remove(call.place("export"));
  http::Response response;
  response.status = 202;
  return response;
}

} // namespace xinglin::api
