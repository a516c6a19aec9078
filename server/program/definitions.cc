#include "server/program/definitions.h"

#include "lib/base/id.h"
#include "lib/fhir/json.h"
#include "server/package/words.h"
#include "server/program/program.h"

#include <algorithm>
#include <fmt/format.h>

namespace xinglin::program {
namespace {

using package::Item;
using package::ItemType;

/// An id of a package as a FHIR id.
std::string fhir_id(std::string id) {
  std::replace(id.begin(), id.end(), '_', '-');
  if (id.size() <= 64) return id;
  return id.substr(0, 47) + "-" + base::sha256_hex(id).substr(0, 16);
}

std::string_view item_type(const Item& item) {
  if (!item.items.empty()) return "group";
  switch (item.type) {
  case ItemType::text: return "text";
  case ItemType::integer: return "integer";
  case ItemType::decimal:
  case ItemType::money: return "decimal";
  case ItemType::boolean: return "boolean";
  case ItemType::date: return "date";
  case ItemType::datetime: return "dateTime";
  case ItemType::choice: return "choice";
  case ItemType::reference: return "reference";
  case ItemType::string:
  case ItemType::citizen_id: break;
  }
  return "string";
}

/// https://hl7.org/fhir/R4/extension-translation.html on the element before it.
void write_translation(fhir::JsonWriter& json, std::string_view element, const std::string& english) {
  if (english.empty()) return;
  json.key("_" + std::string(element)).begin_object().key("extension").begin_array();
  json.begin_object()
      .member("url", "http://hl7.org/fhir/StructureDefinition/translation")
      .key("extension")
      .begin_array();
  json.begin_object().member("url", "lang").member("valueCode", "en").end_object();
  json.begin_object().member("url", "content").member("valueString", english).end_object();
  json.end_array().end_object().end_array().end_object();
}

void write_text(fhir::JsonWriter& json, std::string_view element, const base::Text& text) {
  json.member(element, text.in("zh"));
  write_translation(json, element, text.en);
}

void write_extensions(fhir::JsonWriter& json, const Item& item) {
  constexpr std::string_view k_base = "http://hl7.org/fhir/StructureDefinition/";
  const bool has_range = (!item.range_low.empty() || !item.range_high.empty()) && item.type != ItemType::date;
  if (item.unit.empty() && !has_range) return;
  const std::string_view value = item.type == ItemType::integer ? "valueInteger" : "valueDecimal";
  json.key("extension").begin_array();
  const auto bound = [&](std::string_view name, const std::string& number) {
    if (!has_range || number.empty()) return;
    json.begin_object().member("url", fmt::format("{}{}", k_base, name)).key(value).raw(number).end_object();
  };
  bound("minValue", item.range_low);
  bound("maxValue", item.range_high);
  if (!item.unit.empty()) {
    json.begin_object().member("url", fmt::format("{}questionnaire-unit", k_base)).key("valueCoding").begin_object();
    json.member("system", "http://unitsofmeasure.org").member("code", item.unit).end_object().end_object();
  }
  json.end_array();
}

void write_items(fhir::JsonWriter& json, const package::Form& form, const std::vector<Item>& items) {
  json.key("item").begin_array();
  for (const auto& item : items) {
    json.begin_object();
    write_extensions(json, item);
    json.member("linkId", item.id);
    if (const auto code = package::parse_code(item.code); !code.code.empty())
      json.key("code")
          .begin_array()
          .begin_object()
          .member("system", code.system)
          .member("code", code.code)
          .end_object()
          .end_array();
    write_text(json, "text", item.title);
    json.member("type", item_type(item));
    if (item.required) json.key("required").boolean(true);
    if (item.repeats) json.key("repeats").boolean(true);
    if (!item.options.empty()) {
      json.key("answerOption").begin_array();
      for (const auto& option : item.options) {
        json.begin_object().key("valueCoding").begin_object();
        json.member("system", fmt::format("{}{}:{}", k_form_prefix, form.id, item.id)).member("code", option.code);
        write_text(json, "display", option.title);
        json.end_object().end_object();
      }
      json.end_array();
    }
    if (!item.items.empty()) write_items(json, form, item.items);
    json.end_object();
  }
  json.end_array();
}

Definition questionnaire(const package::Form& form, const package::Catalog& catalog) {
  Definition definition{"Questionnaire", fhir_id(form.id), {}};
  fhir::JsonWriter json;
  json.begin_object().member("resourceType", definition.type).member("id", definition.id);
  json.member("url", fmt::format("{}{}", k_form_prefix, form.id))
      .member("version", form.version)
      .member("name", form.id);
  write_text(json, "title", form.title);
  json.member("status", "active");
  if (const auto about = catalog.registers.find(form.about); about != catalog.registers.end())
    json.key("subjectType").begin_array().string(about->second.kept_as).end_array();
  if (!form.source.empty()) json.member("copyright", form.source);
  write_items(json, form, form.items);
  json.end_object();
  definition.json = json.take();
  return definition;
}

std::string_view scoring(const package::Indicator& indicator) {
  switch (indicator.kind) {
  case package::IndicatorKind::proportion: return "proportion";
  case package::IndicatorKind::rate: return "ratio";
  case package::IndicatorKind::mean:
  case package::IndicatorKind::sum: return "continuous-variable";
  case package::IndicatorKind::count: return "cohort";
  case package::IndicatorKind::derived: break;
  }
  return "ratio";
}

Definition measure(const package::Indicator& indicator) {
  Definition definition{"Measure", fhir_id(indicator.id), {}};
  fhir::JsonWriter json;
  json.begin_object().member("resourceType", definition.type).member("id", definition.id);
  json.member("url", "urn:xinglin:indicator:" + indicator.id).member("version", indicator.hash);
  std::string name = indicator.id; // a computer-friendly name has no dots
  std::replace(name.begin(), name.end(), '.', '_');
  json.member("name", name);
  write_text(json, "title", indicator.title);
  json.member("status", "active");
  if (!indicator.definition.empty()) write_text(json, "description", indicator.definition);
  if (!indicator.source.empty()) json.member("purpose", indicator.source);
  json.key("scoring").begin_object().key("coding").begin_array().begin_object();
  json.member("system", "http://terminology.hl7.org/CodeSystem/measure-scoring").member("code", scoring(indicator));
  json.end_object().end_array().end_object();
  if (!indicator.better.empty()) {
    json.key("improvementNotation").begin_object().key("coding").begin_array().begin_object();
    json.member("system", "http://terminology.hl7.org/CodeSystem/measure-improvement-notation");
    json.member("code", indicator.better == "higher" ? "increase" : "decrease");
    json.end_object().end_array().end_object();
  }
  json.key("group").begin_array().begin_object().key("population").begin_array().begin_object();
  json.key("code").begin_object().key("coding").begin_array().begin_object();
  json.member("system", "http://terminology.hl7.org/CodeSystem/measure-population");
  json.member("code", "initial-population").end_object().end_array().end_object();
  json.key("criteria").begin_object();
  json.member("language", indicator.sql.empty() ? "text/x-xinglin-expression" : "application/sql");
  json.member("expression", indicator.sql.empty() ? indicator.derived : indicator.sql).end_object();
  json.end_object().end_array().end_object().end_array();
  json.end_object();
  definition.json = json.take();
  return definition;
}

} // namespace

std::vector<Definition> definitions(const package::Catalog& catalog) {
  std::vector<Definition> result;
  for (const auto& [id, indicator] : catalog.indicators)
    result.push_back(measure(indicator));
  for (const auto& [id, form] : catalog.forms)
    result.push_back(questionnaire(form, catalog));
  return result;
}

} // namespace xinglin::program
