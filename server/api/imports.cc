// POST /api/imports/look, /check, /write: a spreadsheet into a form, a return or a register. The body is the file.
// docs/api.md
#include "server/api/commands.h"
#include "server/api/figures.h"
#include "server/api/respond.h"
#include "server/intake/spreadsheet.h"

#include <charconv>

namespace xinglin::api {

namespace {

http::Response look(Call& call) {
  const Services& services = *call.services;
  const intake::FileLook seen =
      intake::look(*services.program, *services.store, call.request->body, call.required("target"));
  fhir::JsonWriter json;
  json.begin_object().member("digest", seen.digest).key("sheets").begin_array();
  for (const auto& sheet : seen.sheets) {
    json.begin_object().member("name", sheet.name).key("header_row").number(static_cast<int64_t>(sheet.header_row));
    json.key("rows").number(static_cast<int64_t>(sheet.rows)).member("imported", sheet.imported);
    json.key("columns").begin_array();
    for (const auto& column : sheet.columns) {
      json.begin_object().key("index").number(static_cast<int64_t>(column.index)).member("letter", column.letter);
      json.member("title", column.title).member("guess", column.guess).key("samples").begin_array();
      for (const auto& sample : column.samples)
        json.string(sample);
      json.end_array().end_object();
    }
    json.end_array().end_object();
  }
  return json_response(200, json.end_array().end_object().take());
}

/// "0:name,3:@org" → column 0 is the item name, column 3 the organisation.
std::map<size_t, std::string> columns_of(const std::string& text) {
  std::map<size_t, std::string> columns;
  for (const std::string_view part : base::split(text, ',')) {
    const size_t colon = part.find(':');
    size_t column = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + std::min(colon, part.size()), column);
    if (colon == std::string_view::npos || error != std::errc() || end != part.data() + colon ||
        column >= intake::k_sheet_columns_max || colon + 1 == part.size())
      throw base::Refused(base::Refusal::malformed, "value",
                          "\"" + std::string(part) + "\" maps no column; write columns=0:item,3:@org.");
    columns[column] = part.substr(colon + 1);
  }
  return columns;
}

http::Response report_response(const intake::SheetReport& report) {
  fhir::JsonWriter json;
  json.begin_object().key("rows").number(static_cast<int64_t>(report.rows));
  json.key("bad_rows").number(static_cast<int64_t>(report.bad_rows));
  json.key("problem_count").number(static_cast<int64_t>(report.problem_count)).key("problems").begin_array();
  for (const auto& problem : report.problems) {
    json.begin_object().key("row").number(static_cast<int64_t>(problem.row)).member("column", problem.column);
    json.member("severity", problem.is_warning ? "warning" : "error");
    append_text(json.key("text"), problem.text);
    json.end_object();
  }
  json.end_array().key("commit").number(report.commit).end_object();
  return json_response(200, json.take());
}

} // namespace

http::Response import_file(Call& call) {
  Services& services = *call.services;
  const std::string_view step = call.place("step");
  if (step != "look" && step != "check" && step != "write")
    throw base::Refused(base::Refusal::not_found, "not-found", "The steps of an import are look, check and write.");
  if (step == "look") return look(call);
  constexpr int64_t k_sheets = 256;
  intake::SheetPlan plan;
  plan.target = call.required("target");
  plan.sheet = static_cast<size_t>(call.number("sheet", 0, 0, k_sheets));
  plan.header_row =
      static_cast<size_t>(call.number("header_row", 0, 0, static_cast<int64_t>(intake::k_header_rows_max)));
  plan.columns = columns_of(call.required("columns"));
  plan.org = call.parameter("org").value_or("");
  plan.period = call.parameter("period").value_or("");
  if (step == "check")
    return report_response(
        intake::try_sheet(*services.program, *services.store, call.request->body, plan, services.zone));
  return report_response(intake::import_sheet(*services.program, *services.store, call.request->body, plan,
                                              services.clock, services.zone));
}

} // namespace xinglin::api
