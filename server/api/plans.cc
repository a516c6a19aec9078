// GET /api/plans, GET /api/plans/ID: plans with the state of each of their entries. POST /api/plans/propose: targets
// found in prose. POST /api/plans: a plan, or its next revision, looked at and kept. docs/plans.md
#include "server/api/plans.h"

#include "lib/base/text.h"
#include "server/api/figures.h"
#include "server/api/respond.h"
#include "server/plan/keep.h"
#include "server/plan/to_json.h"

#include <algorithm>

namespace xinglin::api {

namespace {

constexpr size_t k_plan_versions_max = 50; ///< the latest, of one plan
constexpr size_t k_by_length_max = 100;    ///< bytes of a name

base::Date today_of(const Call& call) {
  const auto asked = call.parameter("today");
  if (!asked || asked->empty()) return call.services->today();
  const auto day = base::Date::parse(*asked);
  if (!day)
    throw base::Refused(base::Refusal::malformed, "value", "\"" + *asked + "\" is not a day; write 2024-06-30.");
  return *day;
}

/// The plans as they are kept this moment, the figures as far as they have come; both as of a commit that is asked for.
std::unique_ptr<store::Snapshot> records_of(const Call& call, const indicator::AsOf& at) {
  const auto asked = call.parameter("as_of");
  return asked && !asked->empty() ? call.services->store->snapshot(at.commit) : call.services->store->snapshot();
}

/// A plan that cannot be read any more has no standings; its issues say why, and the other plans stand.
void append_tracked(fhir::JsonWriter& json, const Call& call, const plan::PlanInForce& one, base::Date today,
                    const indicator::AsOf& at) {
  std::vector<plan::EntryStanding> standings;
  if (!one.issues.has_errors()) standings = plan::track(one.plan, *call.services->engine, today, at);
  plan::append_plan(json, one, standings, today, at);
}

/// Each version with what it changed, newest first.
void append_versions(fhir::JsonWriter& json, const Call& call, const std::vector<plan::KeptPlan>& versions) {
  const package::Catalog& catalog = call.services->engine->catalog();
  std::vector<package::Plan> plans;
  for (const auto& version : versions) {
    base::Issues ignored; // what went since is said of the plan in force
    plans.push_back(package::parse_plan(version.text, version.id, catalog, ignored));
  }
  json.begin_array();
  for (size_t i = 0; i < versions.size(); ++i) {
    json.begin_object().key("version").number(versions[i].version).key("commit").number(versions[i].commit);
    json.member("recorded_at", base::to_instant(versions[i].recorded_at, call.services->zone));
    json.member("by", versions[i].by).key("changes");
    plan::append_changes(json, i + 1 < plans.size() ? plan::changes_between(plans[i + 1], plans[i])
                                                    : std::vector<plan::Change>{});
    json.end_object();
  }
  json.end_array();
}

std::string text_of(const fhir::Node body, std::string_view name, size_t bytes_max) {
  const fhir::Node member = body[name];
  if (!member) return {};
  if (!member.is_string())
    throw base::Refused(base::Refusal::malformed, "structure", "\"" + std::string(name) + "\" must be a text.",
                        std::string(name));
  if (member.text().size() > bytes_max)
    throw base::Refused(base::Refusal::too_large, "too-long",
                        "\"" + std::string(name) + "\" is longer than " + std::to_string(bytes_max) + " bytes.",
                        std::string(name));
  return std::string(member.text());
}

std::string needed_text(const fhir::Node body, std::string_view name) {
  const std::string text = text_of(body, name, package::k_plan_bytes_max);
  if (base::trim(text).empty())
    throw base::Refused(base::Refusal::malformed, "required",
                        "The body must be {\"" + std::string(name) + "\": ...}; see docs/plans.md.", std::string(name));
  return text;
}

/// The version of the plan the page had before it: 0 = there was none.
int64_t replaced_version(const fhir::Node body) {
  if (!body["version"]) return 0;
  const std::string text(body["version"].text());
  const int64_t version = std::atoll(text.c_str());
  if (version < 0 || std::to_string(version) != text)
    throw base::Refused(base::Refusal::malformed, "value",
                        "\"version\" must be the number of the version it replaces, 0 when there is none.", "version");
  return version;
}

} // namespace

http::Response list_plans(Call& call) {
  const auto at = as_of(call);
  const base::Date today = today_of(call);
  const auto org = call.parameter("org"), period = call.parameter("period");
  const auto snapshot = records_of(call, at);
  fhir::JsonWriter json;
  json.begin_array();
  for (const auto& one : plan::plans_in_force(*snapshot, call.services->engine->catalog())) {
    if (org && !org->empty() && one.plan.org != *org) continue;
    if (period && !period->empty() && one.plan.period.to_string() != *period) continue;
    append_tracked(json.begin_object(), call, one, today, at);
    json.end_object();
  }
  return json_response(200, json.end_array().take());
}

http::Response plan_whole(Call& call) {
  const auto at = as_of(call);
  const std::string id(call.place("id"));
  const auto snapshot = records_of(call, at);
  const auto plans = plan::plans_in_force(*snapshot, call.services->engine->catalog());
  const auto found = std::find_if(plans.begin(), plans.end(), [&](const auto& one) { return one.plan.id == id; });
  if (found == plans.end())
    throw base::Refused(base::Refusal::not_found, "not-found", "There is no plan \"" + id + "\".");
  fhir::JsonWriter json;
  append_tracked(json.begin_object(), call, *found, today_of(call), at);
  json.member("text", found->plan.text);
  append_versions(json.key("versions"), call, plan::kept_versions(*snapshot, id, k_plan_versions_max));
  return json_response(200, json.end_object().take());
}

http::Response propose_targets(Call& call) {
  const fhir::Document document = body_json(call);
  const std::string prose = needed_text(document.root(), "text");
  const package::Catalog& catalog = call.services->engine->catalog();
  fhir::JsonWriter json;
  plan::append_proposals(json.begin_object().key("proposals"), plan::propose(prose, catalog));
  // What a target may be bound to, without computing one figure.
  json.key("indicators").begin_array();
  for (const auto& [id, indicator] : catalog.indicators) {
    append_text(json.begin_object().member("indicator", id).key("title"), indicator.title);
    json.key("percent").boolean(is_share(indicator)).end_object();
  }
  return json_response(200, json.end_array().end_object().take());
}

http::Response save_plan(Call& call) {
  const Services& services = *call.services;
  const package::Catalog& catalog = services.engine->catalog();
  const fhir::Document document = body_json(call);
  const std::string text = needed_text(document.root(), "text");
  const std::string by = text_of(document.root(), "by", k_by_length_max);
  const int64_t replaces = replaced_version(document.root());
  base::Issues issues;
  const auto fresh = package::parse_plan(text, "", catalog, issues);
  const auto snapshot = services.store->snapshot();
  plan::check_organizations(fresh, "", *snapshot, issues);

  if (call.parameter("check") == "true") {
    const auto plans = plan::plans_in_force(*snapshot, catalog);
    const auto before =
        std::find_if(plans.begin(), plans.end(), [&](const auto& one) { return one.plan.id == fresh.id; });
    fhir::JsonWriter json;
    json.begin_object().member("id", fresh.id).member("title", fresh.title);
    json.key("version").number(before == plans.end() ? 0 : before->version);
    plan::append_issues(json.key("issues"), issues);
    plan::append_changes(json.key("changes"),
                         plan::changes_between(before == plans.end() ? package::Plan{} : before->plan, fresh));
    return json_response(200, json.end_object().take());
  }

  if (issues.has_errors()) throw base::Refused(base::Refusal::invalid, std::move(issues));
  const base::Date day = base::local_date(services.clock(), services.zone);
  const auto receipt = plan::keep(fresh, *services.program, *services.store, {day, by, replaces});
  const auto kept = std::find_if(receipt.outcomes.begin(), receipt.outcomes.end(),
                                 [](const auto& outcome) { return outcome.type == "Composition"; });
  fhir::JsonWriter json;
  json.begin_object().member("id", fresh.id).key("version").number(kept == receipt.outcomes.end() ? 0 : kept->version);
  json.key("commit").number(receipt.commit).end_object();
  return json_response(replaces == 0 ? 201 : 200, json.take());
}

} // namespace xinglin::api
