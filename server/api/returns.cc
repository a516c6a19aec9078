// GET /api/returns?org&period[&form[&begin]]: what the organisations owe for the period, and how far each return is.
// docs/api.md
#include "server/program/returns.h"

#include "server/api/commands.h"
#include "server/api/declared.h"
#include "server/api/figures.h"
#include "server/api/respond.h"
#include "server/program/owed.h"
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

/// An organisation of the list, its record read once.
struct Institution {
  std::string id, name;
  std::optional<fhir::Document> record; ///< empty: taken away since the figures were made
  std::optional<base::Date> opened, closed;

  /// Was it there on some day of the period?
  bool existed(const base::Period& period) const {
    return record && (!opened || *opened <= period.last()) && (!closed || *closed > period.first());
  }
};

std::vector<Institution> read_institutions(const std::map<std::string, std::string>& names,
                                           const store::Snapshot& snapshot) {
  std::vector<Institution> institutions;
  for (const auto& [id, name] : names) {
    Institution& one = institutions.emplace_back();
    one.id = id;
    one.name = name;
    const auto version = snapshot.read("Organization", id);
    if (!version || version->deleted) continue;
    one.record = fhir::Document::parse(version->json);
    const auto day = [&](std::string_view url) {
      return base::Date::parse(program::extension_value(one.record->root(), url, "valueDate").text());
    };
    one.opened = day(program::k_opened_extension);
    one.closed = day(program::k_closed_extension);
  }
  return institutions;
}

/// Who owes the form's returns, by the rule it declares.
std::set<std::string> owing(const package::Form& form, const package::Catalog& catalog,
                            const std::vector<Institution>& institutions, base::Date today) {
  const program::OwedBy rule(form, catalog);
  std::set<std::string> ids;
  for (const auto& one : institutions)
    if (one.record && rule.holds(one.record->root(), today)) ids.insert(one.id);
  return ids;
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
  const auto institutions = read_institutions(names_beneath(all, org), *snapshot);
  const base::Date today = services.today();

  fhir::JsonWriter json;
  json.begin_object().member("org", org).member("period", within.to_string()).member("today", today.to_string());
  json.key("returns").begin_array();
  size_t count = 0;
  for (const auto& [id, form] : services.catalog->forms) {
    if (form.cycle == package::ReturnCycle::none || (!only.empty() && id != only)) continue;
    const auto owes = owing(form, *services.catalog, institutions, today);
    for (const base::Period& period : program::periods_of(form.cycle, within)) {
      if (period.first() > today) break; // not begun
      const auto due = program::due_day(form, period);
      for (const auto& institution : institutions) {
        const std::string own = program::return_id(id, institution.id, period.to_string());
        const auto version = snapshot->read("QuestionnaireResponse", own);
        const bool exists = version && !version->deleted;
        const bool is_owed = owes.contains(institution.id) && institution.existed(period);
        const bool is_begun = begins && institution.id == org && institution.existed(period);
        if (!exists && !is_owed && !is_begun) continue;
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
        json.member("org", institution.id).member("org_name", institution.name).member("period", period.to_string());
        json.member("state", state).member("due_on", due ? due->to_string() : "");
        json.key("overdue").boolean(open && (exists || is_owed) && due && today > *due);
        json.member("recorded_at", exists ? base::to_instant(version->recorded_at, services.zone) : "");
        json.member("reason", reason).end_object();
      }
    }
  }
  return json_response(200, json.end_array().end_object().take());
}

} // namespace xinglin::api
