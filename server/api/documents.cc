// GET /api/documents, /api/documents/ID, /api/documents/ID/file.docx|.html|.xlsx. docs/api.md
#include "server/api/commands.h"
#include "server/api/figures.h"
#include "server/api/respond.h"
#include "server/document/report.h"
#include "server/package/model.h"

namespace xinglin::api {

namespace {

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
    const document::Outline outline = document::outline(document, *call.services->catalog);
    json.begin_object().member("id", id).member("program", document.program).member("title", outline.title);
    json.key("sections").begin_array();
    for (const auto& section : outline.sections) {
      json.begin_object().member("title", section.title).member("within", section.within);
      append_text(json.key("owner"), section.owner);
      json.key("returns").begin_array();
      for (const std::string& form : section.returns)
        json.string(form);
      json.end_array().end_object();
    }
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
