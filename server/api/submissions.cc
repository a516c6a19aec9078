// GET /api/submissions/ID, POST /api/submissions: a filled form as pages show and save it, each answer as text.
// docs/api.md
#include "lib/base/id.h"
#include "server/api/commands.h"
#include "server/api/figures.h"
#include "server/api/residents.h"
#include "server/api/respond.h"
#include "server/program/preparation.h"
#include "server/program/program.h"

#include <algorithm>

namespace xinglin::api {

namespace {

constexpr size_t k_timeline_versions_max = 200; ///< the latest versions, in a submission's timeline

using Answers = std::vector<program::Submission::Answer>;

void append_answers(fhir::JsonWriter& json, const Answers& answers) {
  json.begin_object();
  for (const auto& answer : answers) {
    json.key(answer.item).begin_array();
    for (const auto& value : answer.values)
      json.string(value);
    for (const auto& group : answer.groups)
      append_answers(json, group);
    json.end_array();
  }
  json.end_object();
}

/// {"sbp": "120", "drugs": [{"name": "..."}, ...], "signs": ["1", "3"]}: a value is text, a list of texts, or a list of
/// objects.
Answers read_answers_json(fhir::Node object, std::string_view where) {
  const auto refuse = [](const std::string& place) {
    throw base::Refused(base::Refusal::malformed, "structure",
                        "\"" + place + "\" must be a text, a list of texts, or a list of objects of such.", place);
  };
  if (!object.is_object()) refuse(std::string(where));
  Answers answers;
  for (const fhir::Node member : object) {
    program::Submission::Answer answer;
    answer.item = member.name();
    if (member.is_string()) {
      if (!member.text().empty()) answer.values.emplace_back(member.text());
    } else if (member.is_array()) {
      for (const fhir::Node element : member) {
        if (element.is_object())
          answer.groups.push_back(read_answers_json(element, answer.item));
        else if (!element.is_string())
          refuse(answer.item);
        else if (!element.text().empty())
          answer.values.emplace_back(element.text());
      }
    } else if (member.kind() != fhir::Kind::null) {
      refuse(answer.item);
    }
    if (!answer.values.empty() || !answer.groups.empty()) answers.push_back(std::move(answer));
  }
  return answers;
}

/// What happened to a submission, oldest first: a change of state, or an edit (edits in a row are one).
void append_timeline(fhir::JsonWriter& json, const Services& services, std::vector<store::Version> versions) {
  std::reverse(versions.begin(), versions.end()); // history comes newest first
  struct Event {
    std::string what, reason, by, at;
    int64_t version = 0;
  };
  std::vector<Event> events;
  std::string before;
  for (const store::Version& version : versions) {
    Event event;
    event.at = base::to_instant(version.recorded_at, services.zone);
    event.version = version.version;
    if (version.deleted) {
      event.what = "removed";
      before.clear();
    } else {
      const fhir::Document document = fhir::Document::parse(version.json);
      const fhir::Node response = document.root();
      std::string state(program::extension_value(response, program::k_state_extension, "valueCode").text());
      if (state.empty()) state = response["status"].text();
      event.what = state == before ? "edited" : state;
      if (event.what == "returned")
        event.reason = program::extension_value(response, program::k_reason_extension, "valueString").text();
      if (event.what != "edited")
        event.by = program::extension_value(response, program::k_by_extension, "valueString").text();
      before = state;
    }
    if (event.what == "edited" && !events.empty() && events.back().what == "edited")
      events.back() = std::move(event);
    else
      events.push_back(std::move(event));
  }
  json.begin_array();
  for (const Event& event : events) {
    json.begin_object().member("what", event.what).member("at", event.at).member("by", event.by);
    json.member("reason", event.reason).key("version").number(event.version).end_object();
  }
  json.end_array();
}

} // namespace

http::Response submission(Call& call) {
  const std::string id = resource_id(call);
  const auto snapshot = call.services->store->snapshot();
  const auto version = snapshot->read("QuestionnaireResponse", id);
  if (!version || version->deleted)
    throw base::Refused(base::Refusal::not_found, "not-found", "There is no QuestionnaireResponse/" + id + ".");
  const fhir::Document document = fhir::Document::parse(version->json);
  const auto filled = call.services->program->read_submission(document.root());
  fhir::JsonWriter json;
  json.begin_object().member("id", id).member("form", filled.form).key("version").number(version->version);
  json.member("state", filled.state).member("status", document.root()["status"].text());
  json.member("org", filled.org).member("org_name", display_of(*snapshot, "Organization/" + filled.org));
  json.member("subject", filled.subject).member("subject_name", display_of(*snapshot, filled.subject));
  json.member("period", filled.period).member("authored", filled.authored);
  json.member("recorded_at", base::to_instant(version->recorded_at, call.services->zone));
  append_answers(json.key("answers"), filled.answers);
  append_timeline(json.key("timeline"), *call.services,
                  snapshot->history("QuestionnaireResponse", id, k_timeline_versions_max));
  return json_response(200, json.end_object().take());
}

http::Response save_submission(Call& call) {
  const fhir::Document document = body_json(call);
  const fhir::Node body = document.root();
  if (!body.is_object() || !body["form"].is_string())
    throw base::Refused(base::Refusal::malformed, "structure",
                        "The body must be {\"form\": ..., \"org\": ..., \"answers\": {...}}; see docs/api.md.");
  program::Submission filled;
  filled.form = body["form"].text();
  filled.id = body["id"].text();
  filled.org = body["org"].text();
  filled.subject = body["subject"].text();
  filled.period = body["period"].text();
  filled.authored = body["authored"].text();
  filled.state = body["state"].text();
  if (body["answers"]) filled.answers = read_answers_json(body["answers"], "answers");
  if (!filled.id.empty() && !base::is_fhir_id(filled.id))
    throw base::Refused(base::Refusal::malformed, "value", "\"" + filled.id + "\" is not an id.", "id");
  int64_t replaces = 0;
  if (body["version"]) {
    const std::string text(body["version"].text());
    replaces = std::atoll(text.c_str());
    if (replaces < 1 || std::to_string(replaces) != text)
      throw base::Refused(base::Refusal::malformed, "value",
                          "\"version\" must be the number of the version it replaces.", "version");
  }
  if (call.parameter("check") == "true")
    return outcome_response(200, call.services->program->examine(filled, replaces));
  const store::Receipt receipt = call.services->program->save(filled, replaces);
  const store::Outcome& outcome = receipt.outcomes.front();
  fhir::JsonWriter json;
  json.begin_object().member("id", outcome.id).key("version").number(outcome.version);
  json.key("commit").number(receipt.commit).end_object();
  return json_response(replaces == 0 ? 201 : 200, json.take());
}

} // namespace xinglin::api
