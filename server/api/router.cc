#include "server/api/router.h"

#include "lib/base/text.h"
#include "server/api/commands.h"
#include "server/api/interactions.h"
#include "server/api/plans.h"
#include "server/api/respond.h"
#include "server/api/static_files.h"

#include <algorithm>

namespace xinglin::api {

using base::Refusal;
using base::Refused;

Router::Router(Services& services) : m_services(&services) {
  add("POST", "/fhir", bundle);
  add("GET", "/fhir/metadata", capabilities);
  add("GET", "/fhir/_history", history_of_system);
  add("GET", "/fhir/:type", search);
  add("POST", "/fhir/:type", create);
  add("PUT", "/fhir/:type", update_conditional);
  add("DELETE", "/fhir/:type", remove_conditional);
  add("GET", "/fhir/:type/_history", history_of_type);
  add("POST", "/fhir/:type/_search", search_by_post);
  add("POST", "/fhir/:type/$validate", validate);
  add("GET", "/fhir/:type/:id", read);
  add("PUT", "/fhir/:type/:id", update);
  add("DELETE", "/fhir/:type/:id", remove);
  add("PATCH", "/fhir/:type/:id", patch);
  add("GET", "/fhir/:type/:id/_history", history_of_resource);
  add("GET", "/fhir/:type/:id/_history/:version", vread);
  add("POST", "/fhir/:type/:id/$validate", validate);
  add("POST", "/fhir/QuestionnaireResponse/:id/$submit", change_return_state);
  add("POST", "/fhir/QuestionnaireResponse/:id/$accept", change_return_state);
  add("POST", "/fhir/QuestionnaireResponse/:id/$return", change_return_state);
  add("POST", "/fhir/QuestionnaireResponse/:id/$lock", change_return_state);

  for (const std::string_view method : {"GET", "POST"})
    for (const std::string_view pattern : {"/fhir/$viewdefinition-run", "/fhir/ViewDefinition/$viewdefinition-run",
                                           "/fhir/ViewDefinition/:id/$viewdefinition-run"})
      add(method, pattern, run_view, Forms::of_rows);
  for (const std::string_view pattern : {"/fhir/$viewdefinition-export", "/fhir/ViewDefinition/$viewdefinition-export",
                                         "/fhir/ViewDefinition/:id/$viewdefinition-export"})
    add("POST", pattern, start_view_export, Forms::of_rows);
  add("GET", "/fhir/$viewdefinition-export/:export/status", view_export_status);
  add("DELETE", "/fhir/$viewdefinition-export/:export/status", cancel_view_export);
  add("GET", "/fhir/$viewdefinition-export/:export/result", view_export_result);
  add("GET", "/fhir/$viewdefinition-export/:export/:file", view_export_file, Forms::of_rows);

  add_command("GET", "/api/status", status, {});
  add_command("GET", "/api/organizations", list_organizations, {"as_of"});
  add_command("GET", "/api/indicators", list_indicators, {"org", "period", "as_of"});
  add_command("GET", "/api/indicators/:id", indicator_detail, {"org", "period", "as_of"});
  add_command("GET", "/api/indicators/:id/organizations", indicator_organizations, {"org", "period", "as_of"});
  add_command("GET", "/api/trace", trace_figure, {"address", "rows_max"});
  add_command("GET", "/api/documents", list_documents, {});
  add_command("GET", "/api/documents/:id", document_report, {"org", "period", "as_of"});
  add_command("GET", "/api/documents/:id/:file", document_file, {"org", "period", "as_of"});
  add_command("GET", "/api/plans", list_plans, {"org", "period", "today", "as_of"});
  add_command("GET", "/api/plans/:id", plan_whole, {"today", "as_of"});
  add_command("POST", "/api/plans", save_plan, {"check"});
  add_command("POST", "/api/plans/propose", propose_targets, {});
  add_command("GET", "/api/residents", find_residents, {"q"});
  add_command("GET", "/api/residents/:id", resident_record, {});
  add_command("GET", "/api/forms", list_forms, {});
  add_command("GET", "/api/forms/:id", form_definition, {});
  add_command("GET", "/api/registers", list_registers, {});
  add_command("GET", "/api/registers/:id", register_definition, {});
  add_command("GET", "/api/registers/:id/entries", register_entries, {"q", "org", "count"});
  add_command("GET", "/api/returns", list_returns, {"org", "period", "form", "begin"});
  add_command("GET", "/api/submissions/:id", submission, {});
  add_command("POST", "/api/submissions", save_submission, {"check"});
  add_command("POST", "/api/table.xlsx", table_file, {});
  add_command("POST", "/api/imports/:step", import_file, {"target", "sheet", "header_row", "columns", "org", "period"});
  add_command("GET", "/api/explain", explain_row, {"indicator", "record"});
  add_command("GET", "/api/quality", data_quality, {"org", "period", "days"});
  add_command("GET", "/api/overview", overview, {"org", "period", "days", "as_of"});
}

namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments = base::split(path, '/');
  segments.erase(segments.begin()); // before the first slash
  if (segments.size() > 1 && segments.back().empty()) segments.pop_back();
  return segments;
}

/// Does the client take JSON? (406 otherwise.) _format goes before Accept, as FHIR says.
bool takes_json(const Call& call) {
  std::string_view wanted = call.request->header("Accept");
  const auto format = call.parameter("_format");
  if (format) wanted = *format;
  if (base::trim(wanted).empty()) return true;
  for (std::string_view part : base::split(wanted, ',')) {
    if (!is_of_this_version(part)) continue;
    part = base::trim(part.substr(0, part.find(';')));
    // A '+' that came undecoded through a query is a space by now.
    if (part == k_fhir_json || part == "application/fhir json" || part == k_json || part == "json" ||
        part == "text/json" || part == "*/*" || part == "application/*")
      return true;
  }
  return false;
}

} // namespace

void Router::add(std::string_view method, std::string_view pattern, Function function, Forms forms) {
  m_routes.push_back({method, segments_of(pattern), function, forms, std::nullopt});
}

void Router::add_command(std::string_view method, std::string_view pattern, Function function,
                         std::initializer_list<std::string_view> parameters) {
  m_routes.push_back({method, segments_of(pattern), function, Forms::json, std::vector(parameters)});
}

void Router::check_parameters(const Route& route, const Call& call) {
  if (!route.parameters) return;
  std::vector<std::string> known(route.parameters->begin(), route.parameters->end());
  for (const auto& [name, value] : call.query) {
    if (name == "_format" || name == "_pretty") continue; // of every request
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string nearest = base::suggest(name, known);
    std::string all;
    for (const auto& one : known)
      all += (all.empty() ? "" : ", ") + one;
    base::Issue issue;
    issue.severity = base::Severity::error;
    issue.code = "not-supported";
    issue.text = "\"" + name + "\" is not a parameter of " + call.request->path + "; " +
                 (!nearest.empty() ? "did you mean " + nearest + "?"
                  : known.empty()  ? "it takes none."
                                   : "it takes " + all + ".");
    issue.text_zh = "“" + name + "”不是 " + call.request->path + " 的参数；" +
                    (!nearest.empty() ? "是不是 " + nearest + "？"
                     : known.empty()  ? "它不带参数。"
                                      : "可用的有 " + all + "。");
    base::Issues issues;
    issues.add(std::move(issue));
    throw Refused(Refusal::malformed, std::move(issues));
  }
}

http::Response Router::refuse(int status, std::string_view text) {
  return outcome_response(status, issue_code_of(status), std::string(text));
}

http::Response Router::handle(const http::Request& request) const {
  http::Response response;
  try {
    response = dispatch(request);
  } catch (...) {
    response = response_of_current_exception();
  }
  // Nothing of ours is for other sites, and nothing of other sites is for ours.
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Referrer-Policy", "no-referrer");
  response.set("X-Frame-Options", "DENY");
  return response;
}

http::Response Router::dispatch(const http::Request& request) const {
  if (!access::is_local_host(request.header("Host")))
    throw StatusError(421, "security",
                      "This server answers to 127.0.0.1 and localhost only; open it by one of these names.");
  const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
  if (method != "GET" && !access::is_local_origin(request.header("Origin")))
    throw StatusError(403, "security", "A page of another site may not change anything here.");
  const std::vector<std::string_view> segments = segments_of(request.path);
  const bool data = !segments.empty() && (segments[0] == "fhir" || segments[0] == "api");
  if (!data) {
    if (method != "GET") {
      http::Response response = refuse(405, "The pages are read with GET.");
      response.set("Allow", "GET, HEAD");
      return response;
    }
    return static_file(*m_services, request);
  }

  // 1. The route: the first whose segments and method agree.
  const Route* route = nullptr;
  std::string allowed;
  for (const Route& candidate : m_routes) {
    const bool agrees = std::equal(candidate.segments.begin(), candidate.segments.end(), segments.begin(),
                                   segments.end(), [](std::string_view pattern, std::string_view segment) {
                                     if (!pattern.starts_with(':')) return pattern == segment;
                                     return !segment.empty() && (segment[0] != '$' && segment[0] != '_');
                                   });
    if (!agrees) continue;
    if (candidate.method == method) {
      route = &candidate;
      break;
    }
    if (allowed.find(candidate.method) == std::string::npos)
      allowed +=
          (allowed.empty() ? "" : ", ") + std::string(candidate.method == "GET" ? "GET, HEAD" : candidate.method);
  }
  if (!route && !allowed.empty()) {
    http::Response response = refuse(405, "There is no " + request.method + " here; use " + allowed + ".");
    response.set("Allow", allowed);
    return response;
  }
  if (!route)
    throw Refused(Refusal::not_found, "not-found",
                  "Nothing is served at \"" + request.path + "\"; see /fhir/metadata and the list in docs/api.md.");

  // 2. What every function wants to know.
  Call call;
  call.router = this;
  call.services = m_services;
  call.request = &request;
  call.caller = access::identify(request.header("Authorization"));
  call.base = "http://" + std::string(request.header("Host")) + "/fhir";
  for (size_t i = 0; i < segments.size(); ++i)
    if (route->segments[i].starts_with(':')) call.places.emplace_back(route->segments[i].substr(1), segments[i]);
  call.query = http::parse_query(request.query);
  call.prefer = parse_prefer(request.header("Prefer"));
  if (segments[0] == "fhir" && route->forms == Forms::json && !takes_json(call))
    throw StatusError(406, "not-supported", "FHIR is served as application/fhir+json only; ask for that.");

  // 3. The answer.
  http::Response response;
  try {
    check_parameters(*route, call);
    response = route->function(call);
  } catch (...) {
    response = response_of_current_exception();
  }
  const bool is_json = std::any_of(response.headers.begin(), response.headers.end(), [](const auto& header) {
    return header.first == "Content-Type" && header.second.find("json") != std::string::npos;
  });
  if (is_json) {
    response.set("Cache-Control", "no-cache"); // records change; conditional reads are cheap
    if (const auto pretty = call.parameter("_pretty"); pretty && (*pretty == "true" || pretty->empty()))
      response.body = indented(response.body);
  }
  return response;
}

} // namespace xinglin::api
