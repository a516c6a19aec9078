// Every form, repeating part, register and view file is a table, and one mechanism fills them all: a SQL on FHIR
// ViewDefinition, generated here from the declaration.
#include "server/package/model.h"
#include "server/package/rules.h"

#include "lib/base/issue.h"
#include "lib/fhir/json.h"
#include "lib/viewdef/view.h"

#include <algorithm>
#include <fmt/format.h>

namespace xinglin::package {
namespace {

constexpr std::string_view k_response = "QuestionnaireResponse";

struct ViewColumn {
  std::string name;
  std::string path;
  std::string fhir_type; ///< type hint of the view
  std::string sql_type;
};

std::string sql_type(ItemType type) {
  switch (type) {
  case ItemType::integer: return "INTEGER";
  case ItemType::decimal:
  case ItemType::money: return "DECIMAL(38,6)";
  case ItemType::boolean: return "BOOLEAN";
  case ItemType::date: return "DATE";
  case ItemType::datetime: return "TIMESTAMP";
  case ItemType::string:
  case ItemType::text:
  case ItemType::choice:
  case ItemType::reference:
  case ItemType::citizen_id: break;
  }
  return "VARCHAR";
}

std::string fhir_type(ItemType type) {
  switch (type) {
  case ItemType::integer: return "integer";
  case ItemType::decimal:
  case ItemType::money: return "decimal";
  case ItemType::boolean: return "boolean";
  case ItemType::date: return "date";
  case ItemType::datetime: return "dateTime";
  default: return "string";
  }
}

/// The answer's value as the column holds it, from `answer`.
std::string answer_path(ItemType type) {
  switch (type) {
  case ItemType::integer: return "value.ofType(integer)";
  case ItemType::decimal:
  case ItemType::money: return "value.ofType(decimal)";
  case ItemType::boolean: return "value.ofType(boolean)";
  case ItemType::date: return "value.ofType(date)";
  case ItemType::datetime: return "value.ofType(dateTime)";
  case ItemType::choice: return "value.ofType(Coding).code";
  case ItemType::reference: return "value.ofType(Reference).reference";
  case ItemType::string:
  case ItemType::text:
  case ItemType::citizen_id: break;
  }
  return "value.ofType(string)";
}

std::string linked(std::string_view id) {
  return fmt::format("item.where(linkId={})", fhirpath_literal(id));
}

ViewColumn answer_column(const Item& item) {
  return {item.id, linked(item.id) + ".answer." + answer_path(item.type), fhir_type(item.type), sql_type(item.type)};
}

/// A register's item from the resource: a reference column holds the reference's text, as in forms.
ViewColumn register_column(const Item& item) {
  std::string path = item.path;
  if (item.type == ItemType::reference) path = fmt::format("({}).reference", path);
  if (item.type == ItemType::date) path = fmt::format("({}).toString().substring(0,10)", path); // a dateTime's own day
  return {item.id, path, fhir_type(item.type), sql_type(item.type)};
}

/// "Organization/abc" → "abc".
std::string bare_organization(const std::string& reference_path) {
  return fmt::format("({}).substring({})", reference_path, std::string_view("Organization/").size());
}

std::string organization_path() {
  return bare_organization("extension.where(url='urn:xinglin:organization').value.ofType(Reference).reference");
}

/// First and last day of a return's period ("2023-05", "2023Q1", "2023H1", "2023"), as text.
std::pair<std::string, std::string> period_paths(ReturnCycle cycle) {
  const std::string text = "extension.where(url='urn:xinglin:period').value.ofType(string)";
  const std::string year = text + ".substring(0,4)";
  const auto pick = [&](std::initializer_list<std::string_view> ends) { // by the digit after Q or H
    std::string path;
    int digit = 1;
    for (const auto end : ends) {
      if (static_cast<size_t>(digit) == ends.size())
        path += fhirpath_literal(end);
      else
        path += fmt::format("iif({}.substring(5,1)='{}', {}, ", text, digit, fhirpath_literal(end));
      ++digit;
    }
    return fmt::format("({} + {}{})", year, path, std::string(ends.size() - 1, ')'));
  };
  switch (cycle) {
  case ReturnCycle::month:
    return {fmt::format("({} + '-01')", text), fmt::format("(({} + '-01').toDate() + 1 month - 1 day)", text)};
  case ReturnCycle::quarter:
    return {pick({"-01-01", "-04-01", "-07-01", "-10-01"}), pick({"-03-31", "-06-30", "-09-30", "-12-31"})};
  case ReturnCycle::half: return {pick({"-01-01", "-07-01"}), pick({"-06-30", "-12-31"})};
  case ReturnCycle::year:
  case ReturnCycle::none: break;
  }
  return {fmt::format("({} + '-01-01')", year), fmt::format("({} + '-12-31')", year)};
}

void write_columns(fhir::JsonWriter& json, const std::vector<ViewColumn>& columns) {
  json.key("column").begin_array();
  for (const auto& column : columns) {
    json.begin_object();
    json.member("name", column.name).member("path", column.path).member("type", column.fhir_type);
    json.end_object();
  }
  json.end_array();
}

struct ViewParts {
  std::string name;
  std::string resource;
  std::vector<std::string> where;
  std::vector<ViewColumn> columns;
  std::string each; ///< child table: the path of its parts
  std::vector<ViewColumn> each_columns;
};

Table make_table(const ViewParts& parts, Place place) {
  fhir::JsonWriter json;
  json.begin_object();
  json.member("resourceType", "ViewDefinition").member("name", parts.name).member("status", "active");
  json.member("resource", parts.resource);
  if (!parts.where.empty()) {
    json.key("where").begin_array();
    for (const auto& path : parts.where)
      json.begin_object().member("path", path).end_object();
    json.end_array();
  }
  json.key("select").begin_array();
  json.begin_object();
  write_columns(json, parts.columns);
  json.end_object();
  if (!parts.each.empty()) {
    json.begin_object().member("forEach", parts.each);
    write_columns(json, parts.each_columns);
    json.end_object();
  }
  json.end_array().end_object();

  Table table;
  table.name = parts.name;
  table.view_json = json.take();
  for (const auto& column : parts.columns)
    table.columns.push_back({column.name, column.sql_type});
  for (const auto& column : parts.each_columns)
    table.columns.push_back({column.name, column.sql_type});
  table.columns.push_back({"entered", "TIMESTAMP"});
  table.columns.push_back({"t_from", "BIGINT"});
  table.place = std::move(place);
  table.is_child = !parts.each.empty();
  return table;
}

ViewColumn row_index() {
  return {"item_index", "%rowIndex", "integer", "INTEGER"};
}

void add_form(const Form& form, std::vector<Table>& out) {
  const ViewColumn record{"record", fmt::format("'{}/' + id", k_response), "string", "VARCHAR"};
  const std::vector<std::string> where{
      fmt::format("questionnaire.startsWith({})", fhirpath_literal("urn:xinglin:form:" + form.id + "|")),
      "status = 'completed' or status = 'amended'"};
  ViewParts parts{form.id, std::string(k_response), where, {record}, {}, {}};
  parts.columns.push_back({"subject", "subject.reference", "string", "VARCHAR"});
  parts.columns.push_back({"org", organization_path(), "string", "VARCHAR"});
  const bool is_return = form.cycle != ReturnCycle::none;
  if (is_return) {
    const auto [first, last] = period_paths(form.cycle);
    parts.columns.push_back({"happened", first, "date", "DATE"});
    parts.columns.push_back({"period_start", first, "date", "DATE"});
    parts.columns.push_back({"period_end", last, "date", "DATE"});
    parts.columns.push_back(
        {"state", "extension.where(url='urn:xinglin:state').value.ofType(code)", "string", "VARCHAR"});
  } else {
    // The day as written: a dateTime's own day, never shifted by its zone.
    std::string path = "authored.toString().substring(0,10)";
    for (const auto& item : form.items)
      if (item.id == form.happened)
        path = answer_column(item).path + (item.type == ItemType::datetime ? ".toString().substring(0,10)" : "");
    parts.columns.push_back({"happened", path, "date", "DATE"});
  }
  for (const auto& item : form.items) {
    if (!item.repeats) {
      parts.columns.push_back(answer_column(item));
      continue;
    }
    ViewParts child{form.id + "__" + item.id, std::string(k_response), where, {record}, linked(item.id), {row_index()}};
    if (item.items.empty()) {
      child.each += ".answer";
      child.each_columns.push_back({item.id, answer_path(item.type), fhir_type(item.type), sql_type(item.type)});
    }
    for (const auto& inner : item.items)
      child.each_columns.push_back(answer_column(inner));
    out.push_back(make_table(child, item.place));
  }
  Table table = make_table(parts, form.place);
  table.is_return = is_return;
  out.push_back(std::move(table));
}

void add_register(const Register& one, std::vector<Table>& out) {
  const std::string self = fmt::format("'{}/' + id", one.kept_as);
  std::vector<std::string> where;
  if (!one.where.empty()) where.push_back(one.where);
  ViewParts parts{one.id, one.kept_as, where, {{"record", self, "string", "VARCHAR"}}, {}, {}};
  parts.columns.push_back(
      {"subject", one.subject.empty() ? self : fmt::format("({}).reference", one.subject), "string", "VARCHAR"});
  const std::string none = one.kept_as == "Organization" ? "id" : "{}";
  parts.columns.push_back(
      {"org", one.org.empty() ? none : bare_organization(fmt::format("({}).reference", one.org)), "string", "VARCHAR"});
  for (const auto& item : one.items) {
    if (!item.repeats) {
      parts.columns.push_back(register_column(item));
      continue;
    }
    ViewParts child{one.id + "__" + item.id, one.kept_as, where, {parts.columns[0]}, item.path, {row_index()}};
    if (item.items.empty())
      child.each_columns.push_back({item.id, item.type == ItemType::reference ? "reference" : "$this",
                                    fhir_type(item.type), sql_type(item.type)});
    for (const auto& inner : item.items)
      child.each_columns.push_back(register_column(inner));
    out.push_back(make_table(child, item.place));
  }
  out.push_back(make_table(parts, one.place));
}

std::string sql_type(const viewdef::Column& column) {
  if (column.collection) return "VARCHAR";
  // TIME and zones have no place in the tables: their text stays as it is.
  if (!column.sql_type.empty() && column.sql_type.find("TIME ") == std::string::npos &&
      column.sql_type.find("TIMESTAMP ") == std::string::npos && column.sql_type != "TIME")
    return column.sql_type;
  switch (column.type) {
  case viewdef::ColumnType::integer: return "INTEGER";
  case viewdef::ColumnType::decimal: return "DECIMAL(38,6)";
  case viewdef::ColumnType::boolean: return "BOOLEAN";
  case viewdef::ColumnType::date: return "DATE";
  case viewdef::ColumnType::timestamp: return "TIMESTAMP";
  case viewdef::ColumnType::text:
  case viewdef::ColumnType::structure: break;
  }
  return "VARCHAR";
}

void add_view(const ViewFile& view, std::vector<Table>& out) {
  Table table;
  try {
    const auto compiled = viewdef::View::compile(view.json, viewdef::Values::as_found);
    for (const auto& column : compiled.columns())
      table.columns.push_back({column.name, sql_type(column)});
  } catch (const base::Refused&) { // the checker says why; a table that cannot be filled is not made
    return;
  }
  table.name = view.id;
  table.view_json = view.json;
  table.columns.push_back({"entered", "TIMESTAMP"});
  table.columns.push_back({"t_from", "BIGINT"});
  table.place = view.place;
  out.push_back(std::move(table));
}

} // namespace

std::vector<Table> tables(const Catalog& catalog) {
  std::vector<Table> result;
  for (const auto& [id, form] : catalog.forms)
    add_form(form, result);
  for (const auto& [id, one] : catalog.registers)
    add_register(one, result);
  for (const auto& [id, view] : catalog.views)
    add_view(view, result);
  std::sort(result.begin(), result.end(), [](const Table& a, const Table& b) { return a.name < b.name; });
  return result;
}

} // namespace xinglin::package
