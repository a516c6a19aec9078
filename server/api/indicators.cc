// GET /api/indicators, GET /api/indicators/ID: figures with their comparison, months and organisations. GET
// /api/indicators/ID/organizations: a branch of the tree of organisations. docs/api.md
#include "server/api/commands.h"
#include "server/api/declared.h"
#include "server/api/figures.h"
#include "server/api/respond.h"
#include "server/package/model.h"

#include <algorithm>
#include <map>

namespace xinglin::api {

namespace {

/// The organisations right beneath, each beside itself last year, ranked: the best first where better is said, else the
/// largest.
void append_organizations(fhir::JsonWriter& json, const indicator::Engine& engine, const package::Indicator& indicator,
                          const std::string& org, const base::Period& period, const indicator::AsOf& moment) {
  std::map<std::string, std::string> names;
  for (const auto& organization : engine.organizations(moment))
    names[organization.id] = organization.name;
  const auto parts = engine.by_organization(indicator.id, org, period, moment);
  std::map<std::string, indicator::Figure> parts_before;
  for (auto& part : engine.by_organization(indicator.id, org, period.last_year(), moment))
    parts_before.emplace(part.address.org, std::move(part));
  const auto rank_of = [&](const indicator::Figure& part) {
    return 1 + std::count_if(parts.begin(), parts.end(), [&](const indicator::Figure& other) {
             return other.value &&
                    (indicator.better == "lower" ? *other.value < *part.value : *part.value < *other.value);
           });
  };
  json.begin_array();
  for (const auto& part : parts) {
    json.begin_object();
    append_figure_members(json, part);
    if (const auto before = parts_before.find(part.address.org); before != parts_before.end()) {
      append_comparison(json, part, before->second);
    } else {
      json.key("last_year").null().key("change").null().key("change_kind").null();
    }
    if (part.value)
      json.key("rank").number(rank_of(part));
    else
      json.key("rank").null();
    json.member("org", part.address.org).member("org_name", names[part.address.org]).end_object();
  }
  json.end_array();
}

} // namespace

http::Response list_indicators(Call& call) {
  const indicator::Engine& engine = *call.services->engine;
  const std::string org = call.required("org");
  const base::Period period = period_of(call);
  const indicator::AsOf moment = as_of(call);
  const package::Catalog& catalog = engine.catalog();
  std::vector<std::string> ids;
  for (const auto& [id, indicator] : catalog.indicators)
    ids.push_back(id);
  const auto figures = engine.figures(ids, org, period, moment);
  const auto before = engine.figures(ids, org, period.last_year(), moment);
  return json_response(200, indicator_list_json(catalog, org, period, moment, figures, before));
}

http::Response indicator_detail(Call& call) {
  const indicator::Engine& engine = *call.services->engine;
  const std::string id(call.place("id")), org = call.required("org");
  const base::Period period = period_of(call);
  const indicator::AsOf moment = as_of(call);
  const auto figure = engine.figure(id, org, period, moment);
  const package::Indicator& indicator = *figure.indicator;
  fhir::JsonWriter json;
  append_figure(json.begin_object().key("figure"), figure);
  append_comparison(json, figure, engine.figure(id, org, period.last_year(), moment));
  append_text(json.key("definition"), indicator.definition);
  json.member("source", indicator.source).member("authority", indicator.authority);
  json.member("grain", indicator.grain == package::Grain::record ? "record" : "return");
  json.member("better", indicator.better);
  const auto previous = engine.figure(id, org, period.previous(), moment);
  append_figure(json.key("previous"), previous);
  append_optional(json.key("previous_change"), change_between(figure, previous).text);

  // Months, each beside the same month of last year.
  const auto months = engine.by_month(id, org, period, moment);
  std::map<std::string, std::optional<std::string>> last_year;
  for (const auto& month : engine.by_month(id, org, period.last_year(), moment))
    last_year[month.address.period.to_string()] = exact(month.value);
  json.key("months").begin_array();
  for (const auto& month : months) {
    json.begin_object().member("period", month.address.period.to_string());
    append_optional(json.key("value"), exact(month.value));
    append_optional(json.key("last_year"), last_year[month.address.period.last_year().to_string()]);
    json.end_object();
  }
  json.end_array();

  append_organizations(json.key("by_organization"), engine, indicator, org, period, moment);
  return json_response(200, json.end_object().take());
}

http::Response indicator_organizations(Call& call) {
  const indicator::Engine& engine = *call.services->engine;
  const std::string id(call.place("id")), org = call.required("org");
  const package::Indicator& indicator = declared(engine.catalog().indicators, "indicator", id);
  fhir::JsonWriter json;
  append_organizations(json, engine, indicator, org, period_of(call), as_of(call));
  return json_response(200, json.take());
}

} // namespace xinglin::api
