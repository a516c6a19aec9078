// GET /api/residents?q, GET /api/residents/ID: a person and what was recorded about them. docs/api.md
#include "server/api/residents.h"

#include "lib/base/id.h"
#include "lib/fhir/definitions.h"
#include "lib/sql/duck.h"
#include "server/api/commands.h"
#include "server/api/figures.h"
#include "server/api/respond.h"
#include "server/flatten/warehouse.h"
#include "server/package/model.h"
#include "server/program/program.h"

#include <algorithm>
#include <array>

namespace xinglin::api {

namespace {

constexpr size_t k_residents_max = 50;  ///< found by one search
constexpr size_t k_timeline_max = 1000; ///< records of one person, the newest
constexpr size_t k_summary_answers = 4; ///< answers in the line under a title

std::string text(fhir::Node node) {
  return std::string(node.text());
}

std::string name_of(fhir::Node patient) {
  const fhir::Node name = patient["name"].at(0);
  if (name["text"]) return text(name["text"]);
  const std::string family = text(name["family"]);
  std::string given;
  for (const fhir::Node part : name["given"])
    given += (given.empty() ? "" : " ") + text(part);
  // Chinese names are written together, family name first.
  const bool latin = !given.empty() && static_cast<unsigned char>(given[0]) < 0x80;
  return latin ? given + (family.empty() ? "" : " " + family) : family + given;
}

std::string citizen_id_of(fhir::Node patient) {
  for (const fhir::Node identifier : patient["identifier"])
    if (identifier["system"].text() == base::k_citizen_id_system) return text(identifier["value"]);
  return {};
}

std::string organization_name(const store::Snapshot& snapshot, std::string_view reference) {
  if (!reference.starts_with("Organization/")) return {};
  const auto organization = snapshot.read("Organization", reference.substr(13));
  if (!organization || organization->deleted) return {};
  const fhir::Document document = fhir::Document::parse(organization->json);
  return text(document.root()["name"]);
}

void append_resident(fhir::JsonWriter& json, const store::Snapshot& snapshot, const store::Version& version) {
  const fhir::Document document = fhir::Document::parse(version.json);
  const fhir::Node patient = document.root();
  json.begin_object().member("id", version.id).member("name", name_of(patient));
  json.member("sex", patient["gender"].text()).member("birth_date", patient["birthDate"].text());
  json.member("citizen_id", masked_citizen_id(citizen_id_of(patient)));
  json.member("org_name", organization_name(snapshot, patient["managingOrganization"]["reference"].text()));
  json.end_object();
}

/// One record in a person's life.
struct Event {
  std::string date, record, form, summary, org_name;
  base::Text title;
};

/// When it happened, by the elements FHIR has for it; the first that is there.
std::string date_of(fhir::Node resource) {
  static constexpr std::array<std::string_view, 18> k_dates = {"effectiveDateTime",
                                                               "effectivePeriod",
                                                               "performedDateTime",
                                                               "performedPeriod",
                                                               "occurrenceDateTime",
                                                               "period",
                                                               "onsetDateTime",
                                                               "onsetPeriod",
                                                               "started",
                                                               "authoredOn",
                                                               "authored",
                                                               "recordedDate",
                                                               "effectiveInstant",
                                                               "billablePeriod",
                                                               "startDate",
                                                               "date",
                                                               "issued",
                                                               "created"};
  for (const std::string_view name : k_dates) {
    const fhir::Node value = resource[name];
    const std::string_view date = value.is_object() ? value["start"].text() : value.text();
    if (!date.empty()) return std::string(date.substr(0, 10));
  }
  return std::string(resource["meta"]["lastUpdated"].text().substr(0, 10));
}

std::string concept_text(fhir::Node concept_node) {
  if (concept_node.is_array()) concept_node = concept_node.at(0);
  if (concept_node["text"]) return text(concept_node["text"]);
  const fhir::Node coding = concept_node["coding"].at(0);
  return text(coding["display"] ? coding["display"] : coding["code"]);
}

std::string answer_text(fhir::Node answer, const package::Item* item) {
  for (const fhir::Node value : answer) {
    if (!value.name().starts_with("value")) continue;
    if (value.is_object()) {
      const std::string code = text(value["code"]);
      if (item)
        for (const package::Option& option : item->options)
          if (option.code == code) return option.title.zh;
      for (const std::string_view part : {"display", "code", "reference", "value"})
        if (value[part]) return text(value[part]);
      return {};
    }
    std::string shown = text(value);
    if (value.name() == "valueBoolean") shown = value.boolean() ? "是" : "否";
    return item && !item->unit.empty() ? shown + " " + item->unit : shown;
  }
  return {};
}

Event event_of_form(const store::Snapshot& snapshot, const package::Catalog& catalog, fhir::Node response) {
  Event event;
  std::string_view form_id = response["questionnaire"].text();
  if (form_id.starts_with(program::k_form_prefix)) form_id.remove_prefix(program::k_form_prefix.size());
  event.form = std::string(form_id.substr(0, form_id.find('|')));
  const auto found = catalog.forms.find(event.form);
  const package::Form* form = found == catalog.forms.end() ? nullptr : &found->second;
  event.title = form ? form->title : base::Text{.zh = event.form, .en = event.form};
  event.date = date_of(response);
  size_t answers = 0;
  for (const fhir::Node item : response["item"]) {
    const std::string_view id = item["linkId"].text();
    const package::Item* definition = nullptr;
    if (form)
      for (const package::Item& candidate : form->items)
        if (candidate.id == id) definition = &candidate;
    const std::string shown = answer_text(item["answer"].at(0), definition);
    if (shown.empty()) continue;
    if (form && form->happened == id) {
      event.date = shown.substr(0, 10);
      continue; // stands before the line already
    }
    if (answers++ >= k_summary_answers) continue;
    event.summary +=
        (event.summary.empty() ? "" : ";") + (definition ? definition->title.zh : std::string(id)) + " " + shown;
  }
  for (const fhir::Node extension : response["extension"])
    if (extension["url"].text() == program::k_organization_extension)
      event.org_name = organization_name(snapshot, extension["valueReference"]["reference"].text());
  return event;
}

Event event_of_resource(const store::Snapshot& snapshot, fhir::Node resource) {
  Event event;
  event.date = date_of(resource);
  const std::string type = text(resource["resourceType"]);
  event.title = {.zh = type, .en = type};
  for (const std::string_view name : {"code", "vaccineCode", "medicationCodeableConcept", "type", "category"})
    if (const std::string words = concept_text(resource[name]); !words.empty()) {
      event.summary = words;
      break;
    }
  if (const fhir::Node quantity = resource["valueQuantity"])
    event.summary += " " + text(quantity["value"]) + " " + text(quantity["unit"]);
  event.org_name = organization_name(snapshot, resource["serviceProvider"]["reference"].text());
  return event;
}

/// By the beginning of the citizen ID, from the register of residents: a token search of FHIR is exact only.
std::vector<store::Version> residents_by_citizen_id(const Services& services, const store::Snapshot& snapshot,
                                                    std::string_view beginning) {
  std::vector<store::Version> found;
  for (const auto& [id, list] : services.catalog->registers) {
    if (list.kept_as != "Patient") continue;
    for (const package::Item& item : list.items) {
      if (item.type != package::ItemType::citizen_id) continue;
      const auto reader = services.warehouse->reader();
      auto rows = reader->prepare("select record from w." + sql::quote_identifier(id) + " where starts_with(" +
                                  sql::quote_identifier(item.id) + ", $1) order by record limit " +
                                  std::to_string(k_residents_max));
      rows.bind(1, beginning);
      for (auto result = rows.execute(); result.next();) {
        const std::string record = result.text(0); // Patient/ID
        if (auto version = snapshot.read("Patient", std::string_view(record).substr(8)); version && !version->deleted)
          found.push_back(std::move(*version));
      }
    }
  }
  return found;
}

/// The parameter of a type that finds what is about a person; empty when there is none.
std::string_view person_parameter(std::string_view type) {
  for (const std::string_view code : {"patient", "subject"})
    if (fhir::find_search_parameter(type, code)) return code;
  return {};
}

} // namespace

std::string masked_citizen_id(std::string_view citizen_id) {
  constexpr size_t k_head = 6, k_tail = 4;
  if (citizen_id.size() <= k_head + k_tail) return std::string(citizen_id.size(), '*');
  return std::string(citizen_id.substr(0, k_head)) + std::string(citizen_id.size() - k_head - k_tail, '*') +
         std::string(citizen_id.substr(citizen_id.size() - k_tail));
}

std::string display_of(const store::Snapshot& snapshot, std::string_view reference) {
  const size_t slash = reference.find('/');
  if (slash == std::string_view::npos) return std::string(reference);
  const std::string id(reference.substr(slash + 1));
  const auto version = snapshot.read(reference.substr(0, slash), id);
  if (!version || version->deleted) return id;
  const fhir::Document document = fhir::Document::parse(version->json);
  const fhir::Node resource = document.root();
  const std::string name = resource["name"].is_string() ? text(resource["name"]) : name_of(resource);
  return name.empty() ? id : name;
}

http::Response find_residents(Call& call) {
  const std::string asked = call.required("q");
  const std::string_view q = base::trim(asked);
  const auto snapshot = call.services->store->snapshot();
  // A citizen ID or its beginning, else a name.
  const bool is_number = q.size() >= 6 && std::all_of(q.begin(), q.end(), [](char c) {
                           return (c >= '0' && c <= '9') || c == 'X' || c == 'x';
                         });
  std::vector<store::Version> found;
  if (is_number && base::is_citizen_id(q)) {
    const std::string query =
        "identifier=" + http::percent_encode(std::string(base::k_citizen_id_system) + "|" + std::string(q));
    found = snapshot->search("Patient", query).matches;
  } else if (is_number) {
    found = residents_by_citizen_id(*call.services, *snapshot, q);
  } else {
    found =
        snapshot->search("Patient", "name=" + http::percent_encode(q) + "&_count=" + std::to_string(k_residents_max))
            .matches;
  }
  fhir::JsonWriter json;
  json.begin_array();
  for (const store::Version& version : found)
    append_resident(json, *snapshot, version);
  return json_response(200, json.end_array().take());
}

http::Response resident_record(Call& call) {
  const std::string id = resource_id(call);
  const auto snapshot = call.services->store->snapshot();
  const auto patient = snapshot->read("Patient", id);
  if (!patient || patient->deleted)
    throw base::Refused(base::Refusal::not_found, "not-found", "There is no resident Patient/" + id + ".");
  std::vector<Event> events;
  for (const std::string_view type : fhir::resource_types()) {
    const std::string_view parameter = person_parameter(type);
    if (parameter.empty() || snapshot->count(type) == 0) continue;
    std::string query = std::string(parameter) + "=Patient/" + id + "&_count=500";
    while (!query.empty()) {
      store::SearchResult result = snapshot->search(type, query);
      for (const store::Version& version : result.matches) {
        if (!version.derived_from.empty()) continue; // its form stands for it
        const fhir::Document document = fhir::Document::parse(version.json);
        Event event = type == "QuestionnaireResponse"
                          ? event_of_form(*snapshot, *call.services->catalog, document.root())
                          : event_of_resource(*snapshot, document.root());
        event.record = version.reference();
        events.push_back(std::move(event));
      }
      query = std::move(result.next);
    }
  }
  std::sort(events.begin(), events.end(),
            [](const Event& a, const Event& b) { return a.date != b.date ? a.date > b.date : a.record < b.record; });
  const size_t total = events.size();
  if (events.size() > k_timeline_max) events.resize(k_timeline_max);
  fhir::JsonWriter json;
  append_resident(json.begin_object().key("resident"), *snapshot, *patient);
  json.key("timeline_total").number(static_cast<int64_t>(total)).key("timeline").begin_array();
  for (const Event& event : events) {
    json.begin_object().member("date", event.date).member("record", event.record).member("form", event.form);
    append_text(json.key("title"), event.title);
    json.member("summary", event.summary).member("org_name", event.org_name).end_object();
  }
  return json_response(200, json.end_array().end_object().take());
}

} // namespace xinglin::api
