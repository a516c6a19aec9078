// https://hl7.org/fhir/R4/http.html#capabilities
#include "lib/fhir/definitions.h"

#include "server/api/interactions.h"
#include "server/api/respond.h"
#include "server/store/search_parameters.h"

namespace xinglin::api {

namespace {

void interactions(fhir::JsonWriter& json, std::initializer_list<std::string_view> codes) {
  json.key("interaction").begin_array();
  for (const std::string_view code : codes)
    json.begin_object().member("code", code).end_object();
  json.end_array();
}

/// Those that the store answers.
void search_parameters(fhir::JsonWriter& json, std::string_view type) {
  json.key("searchParam").begin_array();
  for (const std::string& code : store::ParameterTable::codes(type)) {
    const auto* definition = fhir::find_search_parameter(type, code);
    if (!definition || definition->expression.empty()) continue; // _content and the like: refused by the store
    json.begin_object()
        .member("name", code)
        .member("definition", definition->url)
        .member("type", definition->type)
        .end_object();
  }
  json.end_array();
}

} // namespace

http::Response capabilities(Call& call) {
  const Services& services = *call.services;
  fhir::JsonWriter json;
  json.begin_object().member("resourceType", "CapabilityStatement").member("status", "active");
  json.member("date", base::to_instant(services.clock(), services.zone)).member("kind", "instance");
  json.key("software").begin_object().member("name", "Xinglin").member("version", services.version).end_object();
  json.key("implementation").begin_object();
  json.member("description", access::notice().en).member("url", call.base).end_object();
  json.member("fhirVersion", "4.0.1");
  json.key("format").begin_array().string("json").string(k_fhir_json).end_array();
  json.key("rest").begin_array().begin_object().member("mode", "server");
  json.key("security").begin_object().member("description", access::notice().en).end_object();
  json.key("resource").begin_array();
  for (const std::string_view type : fhir::resource_types()) {
    json.begin_object().member("type", type);
    interactions(json,
                 {"read", "vread", "update", "delete", "history-instance", "history-type", "create", "search-type"});
    json.member("versioning", "versioned-update").key("readHistory").boolean(true).key("updateCreate").boolean(true);
    json.key("conditionalCreate").boolean(true).member("conditionalRead", "full-support");
    json.key("conditionalUpdate").boolean(true).member("conditionalDelete", "single");
    json.key("referencePolicy").begin_array().string("literal").string("enforced").string("local").end_array();
    search_parameters(json, type);
    json.key("operation").begin_array().begin_object().member("name", "validate");
    json.member("definition", "http://hl7.org/fhir/OperationDefinition/Resource-validate").end_object();
    if (type == "QuestionnaireResponse")
      for (const std::string_view operation : {"submit", "accept", "return", "lock"})
        json.begin_object()
            .member("name", operation)
            .member("definition", "urn:xinglin:operation:" + std::string(operation))
            .end_object();
    json.end_array().end_object();
  }
  json.end_array();
  interactions(json, {"transaction", "batch", "history-system"});
  json.key("operation").begin_array();
  for (const auto& [name, told] :
       {std::pair{"viewdefinition-run",
                  "Rows of a view over the records or over resources sent with it, as json, ndjson, "
                  "csv or parquet. viewReference: ViewDefinition/NAME of a table of the programs, or "
                  "the url of one of their views."},
        std::pair{"viewdefinition-export",
                  "Files of rows of several views, later (Prefer: respond-async), as ndjson, csv, "
                  "json or parquet; kept for 24 hours."}})
    json.begin_object()
        .member("name", name)
        .member("definition", "http://sql-on-fhir.org/OperationDefinition/$" + std::string(name))
        .member("documentation", told)
        .end_object();
  json.end_array();
  json.end_object().end_array().end_object();
  return json_response(200, json.take(), k_fhir_json);
}

} // namespace xinglin::api
