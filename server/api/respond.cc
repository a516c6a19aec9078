#include "server/api/respond.h"

#include "lib/base/id.h"
#include "lib/fhir/definitions.h"
#include "lib/http/date.h"

#include <algorithm>

namespace xinglin::api {

using base::Refusal;
using base::Refused;

int status_of(Refusal refusal) {
  switch (refusal) {
  case Refusal::malformed: return 400;
  case Refusal::invalid: return 422;
  case Refusal::not_found: return 404;
  case Refusal::gone: return 410;
  case Refusal::conflict: return 409;
  case Refusal::precondition_failed: return 412;
  case Refusal::forbidden: return 403;
  case Refusal::method_not_allowed: return 405;
  case Refusal::too_large: return 413;
  case Refusal::unsupported: return 501;
  case Refusal::busy: return 503;
  case Refusal::unavailable: return 500;
  }
  return 500;
}

std::string_view issue_code_of(int status) {
  switch (status) {
  case 400: return "structure";
  case 404: return "not-found";
  case 405:
  case 406:
  case 415: return "not-supported";
  case 408: return "timeout";
  case 413:
  case 431: return "too-long";
  case 503: return "throttled";
  default: return status >= 500 ? "exception" : "processing";
  }
}

http::Response json_response(int status, std::string body, std::string_view content_type) {
  http::Response response;
  response.status = status;
  response.set("Content-Type", std::string(content_type) + "; charset=utf-8");
  response.body = std::move(body);
  return response;
}

http::Response outcome_response(int status, const base::Issues& issues) {
  return json_response(status, issues.to_operation_outcome(), k_fhir_json);
}

http::Response outcome_response(int status, std::string_view code, std::string text, base::Severity severity) {
  base::Issue issue;
  issue.severity = severity;
  issue.code = code;
  issue.text = std::move(text);
  base::Issues issues;
  issues.add(std::move(issue));
  return outcome_response(status, issues);
}

http::Response response_of_current_exception() {
  try {
    throw;
  } catch (const StatusError& error) {
    return outcome_response(error.status(), error.code(), error.what());
  } catch (const Refused& refused) {
    http::Response response = outcome_response(status_of(refused.kind()), refused.issues());
    if (refused.kind() == Refusal::busy) response.set("Retry-After", "1");
    return response;
  } catch (const std::exception& failure) {
    return outcome_response(500, "exception", std::string("The request could not be finished: ") + failure.what());
  }
}

std::string etag(int64_t version) {
  return "W/\"" + std::to_string(version) + "\"";
}

std::string version_url(const Call& call, std::string_view type, std::string_view id, int64_t version) {
  return call.base + "/" + std::string(type) + "/" + std::string(id) + "/_history/" + std::to_string(version);
}

Shape shape_of(const Call& call) {
  Shape shape;
  if (const auto summary = call.parameter("_summary")) {
    if (*summary == "true")
      shape.summary = Shape::Summary::yes;
    else if (*summary == "text")
      shape.summary = Shape::Summary::text;
    else if (*summary == "data")
      shape.summary = Shape::Summary::data;
    else if (*summary == "count")
      shape.summary = Shape::Summary::count;
    else if (*summary != "false")
      throw Refused(Refusal::malformed, "value",
                    "\"" + *summary + "\" is not a _summary; use true, text, data, count or false.");
  }
  if (const auto elements = call.parameter("_elements"))
    for (const std::string_view element : base::split(*elements, ','))
      if (!base::trim(element).empty()) shape.elements.emplace_back(base::trim(element));
  return shape;
}

namespace {

constexpr std::string_view k_subsetted =
    R"({"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"})";

bool kept(const Shape& shape, const fhir::TypeDefinition* type, std::string_view name) {
  if (name == "resourceType" || name == "id" || name == "meta") return true;
  if (name.starts_with('_')) name.remove_prefix(1); // the extensions of a primitive go with it
  const fhir::ElementDefinition* element = type ? fhir::find_element(*type, name) : nullptr;
  const bool mandatory = element && element->min > 0;
  if (!shape.elements.empty()) {
    const std::string_view choice = element && element->is_choice ? element->name : name;
    return mandatory || std::any_of(shape.elements.begin(), shape.elements.end(),
                                    [&](const std::string& asked) { return asked == name || asked == choice; });
  }
  switch (shape.summary) {
  case Shape::Summary::yes: return element && element->is_summary;
  case Shape::Summary::text: return name == "text" || mandatory;
  case Shape::Summary::data: return name != "text";
  default: return true;
  }
}

void append_meta(std::string& out, fhir::Node meta) {
  out += '{';
  bool tagged = false;
  for (const fhir::Node member : meta) {
    if (out.back() != '{') out += ',';
    base::append_json_string(out, member.name());
    out += ':';
    if (member.name() == "tag" && member.is_array()) {
      const std::string_view raw = member.raw();
      out += raw.substr(0, raw.size() - 1);
      if (member.size() > 0) out += ',';
      out += std::string(k_subsetted) + "]";
      tagged = true;
    } else {
      out += member.raw();
    }
  }
  if (!tagged) {
    if (out.back() != '{') out += ',';
    out += R"("tag":[)" + std::string(k_subsetted) + "]";
  }
  out += '}';
}

} // namespace

std::string shaped(std::string json, const Shape& shape) {
  if (shape.whole() || shape.summary == Shape::Summary::count) return json;
  const fhir::Document document = fhir::Document::parse(std::move(json));
  const fhir::Node resource = document.root();
  const fhir::TypeDefinition* type = fhir::find_type(resource["resourceType"].text());
  std::string out = "{";
  for (const fhir::Node member : resource) {
    if (!kept(shape, type, member.name())) continue;
    if (out.size() > 1) out += ',';
    base::append_json_string(out, member.name());
    out += ':';
    if (member.name() == "meta")
      append_meta(out, member);
    else
      out += member.raw();
  }
  return out + "}";
}

http::Response resource_response(const Call& call, int status, const store::Version& version) {
  http::Response response = json_response(status, shaped(version.json, shape_of(call)), k_fhir_json);
  response.set("ETag", etag(version.version));
  response.set("Last-Modified", http::to_http_date(version.recorded_at));
  return response;
}

http::Response write_response(const Call& call, const store::Outcome& outcome) {
  using What = store::Outcome::What;
  const int status = outcome.what == What::created ? 201 : 200;
  const auto version = call.services->store->snapshot()->read_version(outcome.type, outcome.id, outcome.version);
  if (!version) throw Refused(Refusal::unavailable, "exception", "What was written cannot be read back.");
  http::Response response;
  switch (call.prefer.returned) {
  case Preferences::Return::minimal: response.status = status; break;
  case Preferences::Return::outcome: {
    const std::string_view done = outcome.what == What::created   ? "Created "
                                  : outcome.what == What::updated ? "Updated "
                                  : outcome.what == What::existed ? "Nothing written, it is there already: "
                                                                  : "Nothing written, it is the same already: ";
    response = outcome_response(status, "informational",
                                std::string(done) + outcome.type + "/" + outcome.id + " as version " +
                                    std::to_string(outcome.version) + ".",
                                base::Severity::information);
    break;
  }
  default: response = json_response(status, version->json, k_fhir_json);
  }
  response.set("ETag", etag(version->version));
  response.set("Last-Modified", http::to_http_date(version->recorded_at));
  response.set("Location", version_url(call, outcome.type, outcome.id, outcome.version));
  return response;
}

std::string indented(std::string_view json) {
  std::string out;
  out.reserve(json.size() * 3 / 2);
  int depth = 0;
  bool in_string = false, escaped = false;
  auto line = [&] {
    out += '\n';
    out.append(static_cast<size_t>(depth) * 2, ' ');
  };
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      out += c;
      if (escaped)
        escaped = false;
      else if (c == '\\')
        escaped = true;
      else if (c == '"')
        in_string = false;
      continue;
    }
    switch (c) {
    case ' ':
    case '\n':
    case '\r':
    case '\t': break;
    case '"':
      in_string = true;
      out += c;
      break;
    case '{':
    case '[': {
      const size_t next = json.find_first_not_of(" \n\r\t", i + 1);
      if (next != std::string_view::npos && (json[next] == '}' || json[next] == ']')) {
        out += c;
        out += json[next];
        i = next;
        break;
      }
      out += c;
      ++depth;
      line();
      break;
    }
    case '}':
    case ']':
      --depth;
      line();
      out += c;
      break;
    case ',':
      out += c;
      line();
      break;
    case ':': out += ": "; break;
    default: out += c;
    }
  }
  out += '\n';
  return out;
}

} // namespace xinglin::api
