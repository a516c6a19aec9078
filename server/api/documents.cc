// GET /api/documents, /api/documents/ID, /api/documents/ID/file.docx|.html|.xlsx. docs/api.md
#include "server/api/commands.h"
#include "server/api/figures.h"
#include "server/api/respond.h"
#include "server/document/report.h"
#include "server/package/derived.h"
#include "server/package/model.h"
#include "server/package/names.h"

#include <set>

namespace xinglin::api {

namespace {

/// The first heading of a template, without its braces' contents being worked out.
std::string title_of(const package::DocumentTemplate& document) {
  for (std::string_view line : base::split(document.text, '\n')) {
    line = base::trim(line);
    if (line.starts_with("# ")) return std::string(base::trim(line.substr(2)));
  }
  return document.id;
}

/// The indicators that a template states: {ID} or {ID|how}.
std::vector<std::string> stated_in(const package::DocumentTemplate& document, const package::Catalog& catalog) {
  std::vector<std::string> ids;
  for (size_t at = document.text.find('{'); at != std::string::npos; at = document.text.find('{', at + 1)) {
    const size_t end = document.text.find_first_of("|}", at);
    if (end == std::string::npos) break;
    const std::string id(base::trim(std::string_view(document.text).substr(at + 1, end - at - 1)));
    if (catalog.indicators.contains(id)) ids.push_back(id);
  }
  return ids;
}

/// The returns that a template's figures are counted from, directly, by way of facts, or of figures they derive from.
std::set<std::string> returns_beneath(const package::DocumentTemplate& document, const package::Catalog& catalog) {
  std::set<std::string> seen, returns;
  std::vector<std::string> open = stated_in(document, catalog); // indicators and names in their queries
  const auto look_into = [&](const std::string& sql) {
    for (std::string& name : package::names_in_sql(sql))
      open.push_back(std::move(name));
  };
  while (!open.empty()) {
    const std::string name = std::move(open.back());
    open.pop_back();
    if (!seen.insert(name).second) continue;
    if (const auto found = catalog.indicators.find(name); found != catalog.indicators.end()) {
      const package::Indicator& indicator = found->second;
      look_into(indicator.sql);
      if (!indicator.population.empty()) open.push_back(indicator.population);
      if (!indicator.derived.empty())
        for (const std::string& part : package::indicators_of(package::parse_derived(indicator.derived)))
          open.push_back(part);
    } else if (const auto fact = catalog.facts.find(name); fact != catalog.facts.end()) {
      look_into(fact->second.sql);
    } else if (const auto form = catalog.forms.find(name); form != catalog.forms.end()) {
      if (form->second.cycle != package::ReturnCycle::none) returns.insert(name);
    }
  }
  return returns;
}

document::Report make(const Call& call) {
  document::Request request;
  request.template_id = call.place("id");
  request.org = call.required("org");
  request.period = period_of(call);
  request.as_of = as_of(call);
  return document::make_report(*call.services->engine, request);
}

} // namespace

http::Response list_documents(Call& call) {
  fhir::JsonWriter json;
  json.begin_array();
  for (const auto& [id, document] : call.services->catalog->documents) {
    json.begin_object().member("id", id).member("program", document.program).member("title", title_of(document));
    json.key("returns").begin_array();
    for (const std::string& form : returns_beneath(document, *call.services->catalog))
      json.string(form);
    json.end_array().end_object();
  }
  return json_response(200, json.end_array().take());
}

http::Response document_report(Call& call) {
  return json_response(200, document::to_json(make(call)));
}

http::Response document_file(Call& call) {
  const std::string name(call.place("file"));
  const std::string site = call.base.substr(0, call.base.rfind("/fhir"));
  struct Kind {
    std::string_view name, content_type;
  };
  static constexpr Kind k_docx = {"file.docx",
                                  "application/vnd.openxmlformats-officedocument.wordprocessingml.document"};
  static constexpr Kind k_xlsx = {"file.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"};
  static constexpr Kind k_html = {"file.html", "text/html; charset=utf-8"};
  http::Response response;
  std::string_view ending;
  if (name == k_docx.name) {
    response.body = document::to_docx(make(call), site);
    response.set("Content-Type", std::string(k_docx.content_type));
    ending = ".docx";
  } else if (name == k_xlsx.name) {
    response.body = document::to_xlsx(make(call), site);
    response.set("Content-Type", std::string(k_xlsx.content_type));
    ending = ".xlsx";
  } else if (name == k_html.name) {
    response.body = document::to_html(make(call), site);
    response.set("Content-Type", std::string(k_html.content_type));
    response.set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:");
    return response; // shown, not saved
  } else {
    throw base::Refused(base::Refusal::not_found, "not-found",
                        "There is no \"" + name + "\"; a document comes as file.docx, file.html or file.xlsx.");
  }
  response.set("Content-Disposition", "attachment; filename=\"" + std::string(call.place("id")) + "-" +
                                          call.required("period") + std::string(ending) + "\"");
  return response;
}

} // namespace xinglin::api
