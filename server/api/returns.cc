// GET /api/returns?org&period[&form[&begin]]: what the organisations owe for the period, and how far each return is.
// docs/api.md
#include "server/program/returns.h"

#include "lib/sql/duck.h"
#include "server/api/commands.h"
#include "server/api/declared.h"
#include "server/api/figures.h"
#include "server/api/respond.h"
#include "server/flatten/warehouse.h"
#include "server/program/preparation.h"

#include <map>
#include <set>

namespace xinglin::api {

namespace {

constexpr size_t k_returns_max = 20'000; ///< in one answer

/// The organisation and all beneath it, by id; Refused(not_found) when it is not in the tree.
std::map<std::string, std::string> names_beneath(const std::vector<indicator::Engine::Organization>& all,
                                                 const std::string& top) {
  std::map<std::string, std::string> names;
  std::multimap<std::string, const indicator::Engine::Organization*> children;
  for (const auto& organization : all) {
    children.emplace(organization.part_of, &organization);
    if (organization.id == top) names[top] = organization.name;
  }
  if (names.empty())
    throw base::Refused(base::Refusal::not_found, "not-found", "There is no organisation " + top + ".");
  std::vector<std::string> open{top};
  while (!open.empty()) {
    const std::string id = std::move(open.back());
    open.pop_back();
    for (auto [child, end] = children.equal_range(id); child != end; ++child)
      if (names.emplace(child->second->id, child->second->name).second) open.push_back(child->second->id);
  }
  return names;
}

/// Who files a form: those that ever did. Nobody is known to owe one that nobody filed yet, but for a return that says
/// when it is due: then the organisations with nothing beneath them.
std::set<std::string> filers_of(const Services& services, const package::Form& form,
                                const std::vector<indicator::Engine::Organization>& all) {
  std::set<std::string> filers;
  const std::string table = "w." + sql::quote_identifier(form.id);
  const std::string history = "w." + sql::quote_identifier(form.id + "_history");
  auto rows = services.warehouse->reader()->run("select org from " + table + " union select org from " + history);
  while (rows.next())
    if (!rows.is_null(0)) filers.insert(std::string(rows.text(0)));
  if (!filers.empty() || form.due_days == 0) return filers;
  std::set<std::string> parents;
  for (const auto& organization : all)
    parents.insert(organization.part_of);
  for (const auto& organization : all)
    if (!parents.contains(organization.id)) filers.insert(organization.id);
  return filers;
}

/// Was the organisation there on some day of the period?
bool existed(const store::Snapshot& snapshot, const std::string& id, const base::Period& period) {
  const auto organization = snapshot.read("Organization", id);
  if (!organization || organization->deleted) return false;
  const fhir::Document document = fhir::Document::parse(organization->json);
  const auto day = [&](std::string_view url) {
    return base::Date::parse(program::extension_value(document.root(), url, "valueDate").text());
  };
  const auto opened = day(program::k_opened_extension), closed = day(program::k_closed_extension);
  return (!opened || *opened <= period.last()) && (!closed || *closed > period.first());
}

} // namespace

http::Response list_returns(Call& call) {
  const Services& services = *call.services;
  const std::string org = call.required("org");
  const base::Period within = period_of(call);
  const std::string only = call.parameter("form").value_or("");
  if (!only.empty()) declared(services.catalog->forms, "form", only);
  const bool begins = !only.empty() && call.parameter("begin") == "true";
  const auto snapshot = services.store->snapshot();
  const auto all = services.engine->organizations();
  const auto names = names_beneath(all, org);
  const base::Date today = services.today();

  fhir::JsonWriter json;
  json.begin_object().member("org", org).member("period", within.to_string()).member("today", today.to_string());
  json.key("returns").begin_array();
  size_t count = 0;
  for (const auto& [id, form] : services.catalog->forms) {
    if (form.cycle == package::ReturnCycle::none || (!only.empty() && id != only)) continue;
    auto filers = filers_of(services, form, all);
    if (begins) filers.insert(org);
    for (const base::Period& period : program::periods_of(form.cycle, within)) {
      if (period.first() > today) break; // not begun
      const auto due = program::due_day(form, period);
      for (const auto& [filer, name] : names) {
        const std::string own = program::return_id(id, filer, period.to_string());
        const auto version = snapshot->read("QuestionnaireResponse", own);
        const bool exists = version && !version->deleted;
        if (!exists && (!filers.contains(filer) || !existed(*snapshot, filer, period))) continue;
        if (++count > k_returns_max)
          throw base::Refused(base::Refusal::too_large, "too-costly",
                              "More than " + std::to_string(k_returns_max) +
                                  " returns fall into this; choose a shorter period or a smaller organisation.");
        std::string state = "due", reason;
        if (exists) {
          const fhir::Document document = fhir::Document::parse(version->json);
          state = program::extension_value(document.root(), program::k_state_extension, "valueCode").text();
          reason = program::extension_value(document.root(), program::k_reason_extension, "valueString").text();
        }
        const bool open = state == "due" || state == "draft" || state == "returned";
        json.begin_object().member("id", own).member("form", id);
        append_text(json.key("title"), form.title);
        json.member("org", filer).member("org_name", name).member("period", period.to_string());
        json.member("state", state).member("due_on", due ? due->to_string() : "");
        json.key("overdue").boolean(open && due && today > *due);
        json.member("recorded_at", exists ? base::to_instant(version->recorded_at, services.zone) : "");
        json.member("reason", reason).end_object();
      }
    }
  }
  return json_response(200, json.end_array().end_object().take());
}

} // namespace xinglin::api
