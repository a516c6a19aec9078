// GET /api/forms, GET /api/forms/ID: what is asked, for pages that show or fill a form. docs/api.md
#include "server/api/commands.h"
#include "server/api/declared.h"
#include "server/api/figures.h"
#include "server/api/respond.h"
#include "server/package/model.h"

namespace xinglin::api {

namespace {

void append_items(fhir::JsonWriter& json, const std::vector<package::Item>& items) {
  json.begin_array();
  for (const package::Item& item : items) {
    json.begin_object().member("id", item.id);
    append_text(json.key("title"), item.title);
    json.member("type", item.items.empty() ? package::to_string(item.type) : "group");
    json.key("required").boolean(item.required).key("repeats").boolean(item.repeats);
    if (!item.unit.empty()) json.member("unit", item.unit);
    if (!item.range_low.empty()) json.member("low", item.range_low);
    if (!item.range_high.empty()) json.member("high", item.range_high);
    if (!item.to.empty()) json.member("to", item.to);
    if (!item.options.empty()) {
      json.key("options").begin_array();
      for (const package::Option& option : item.options) {
        append_text(json.begin_object().member("code", option.code).key("title"), option.title);
        json.end_object();
      }
      json.end_array();
    }
    if (!item.items.empty()) append_items(json.key("items"), item.items);
    json.end_object();
  }
  json.end_array();
}

void append_head(fhir::JsonWriter& json, const package::Form& form, const package::Catalog& catalog) {
  static constexpr std::string_view k_cycles[] = {"", "month", "quarter", "half", "year"};
  json.member("id", form.id).member("program", form.program);
  append_text(json.key("title"), form.title);
  json.member("version", form.version).member("source", form.source).member("about", form.about);
  if (const auto about = catalog.registers.find(form.about); about != catalog.registers.end()) {
    append_text(json.key("about_title"), about->second.title);
    json.member("about_type", about->second.kept_as);
  }
  if (const auto program = catalog.programs.find(form.program); program != catalog.programs.end())
    append_text(json.key("program_title"), program->second.title);
  json.member("happened", form.happened).member("cycle", k_cycles[static_cast<size_t>(form.cycle)]);
  if (form.due_days > 0) {
    json.key("due_days").number(form.due_days).key("due_working_days").boolean(form.due_working_days);
  }
  if (!form.owed_by.empty()) json.member("owed_by", form.owed_by);
}

} // namespace

http::Response list_forms(Call& call) {
  fhir::JsonWriter json;
  json.begin_array();
  for (const auto& [id, form] : call.services->catalog->forms) {
    json.begin_object();
    append_head(json, form, *call.services->catalog);
    json.end_object();
  }
  return json_response(200, json.end_array().take());
}

http::Response form_definition(Call& call) {
  const package::Form& form = declared(call.services->catalog->forms, "form", std::string(call.place("id")));
  fhir::JsonWriter json;
  json.begin_object();
  append_head(json, form, *call.services->catalog);
  append_items(json.key("items"), form.items);
  json.key("checks").begin_array();
  for (const package::Check& check : form.checks) {
    json.begin_object().member("when", check.when).member("severity", base::to_string(check.severity));
    append_text(json.key("message"), check.message);
    json.end_object();
  }
  json.end_array();
  return json_response(200, json.end_object().take());
}

http::Response register_definition(Call& call) {
  const std::string id(call.place("id"));
  const package::Register& kept = declared(call.services->catalog->registers, "register", id);
  fhir::JsonWriter json;
  append_text(json.begin_object().member("id", id).member("program", kept.program).key("title"), kept.title);
  append_items(json.member("kept_as", kept.kept_as).key("items"), kept.items);
  return json_response(200, json.end_object().take());
}

} // namespace xinglin::api
