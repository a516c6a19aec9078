// GET /api/registers, GET /api/registers/ID/entries?q: what is kept, for pages that choose one. docs/api.md
#include "lib/sql/duck.h"
#include "server/api/commands.h"
#include "server/api/declared.h"
#include "server/api/figures.h"
#include "server/api/residents.h"
#include "server/api/respond.h"
#include "server/flatten/warehouse.h"
#include "server/package/model.h"

namespace xinglin::api {

namespace {

constexpr int64_t k_entries = 50;       ///< when count does not say
constexpr int64_t k_entries_max = 1000; ///< and at most

/// The item that names an entry: `name`, else the first text.
const package::Item* naming_item(const package::Register& declared) {
  for (const package::Item& item : declared.items)
    if (item.id == "name") return &item;
  for (const package::Item& item : declared.items)
    if (item.type == package::ItemType::string && !item.repeats) return &item;
  return nullptr;
}

} // namespace

http::Response list_registers(Call& call) {
  fhir::JsonWriter json;
  json.begin_array();
  for (const auto& [id, declared] : call.services->catalog->registers) {
    append_text(json.begin_object().member("id", id).member("program", declared.program).key("title"), declared.title);
    json.member("kept_as", declared.kept_as).end_object();
  }
  return json_response(200, json.end_array().take());
}

http::Response register_entries(Call& call) {
  const std::string id(call.place("id"));
  const package::Item* name = naming_item(declared(call.services->catalog->registers, "register", id));
  const std::string column = name ? sql::quote_identifier(name->id) : "record";
  const std::string q = call.parameter("q").value_or("");
  const std::string org = call.parameter("org").value_or("");
  const int64_t count = call.number("count", k_entries, 1, k_entries_max);
  // Of the asked organisation first: a clerk mostly means a bed or a colleague of their own.
  const auto reader = call.services->warehouse->reader();
  auto statement = reader->prepare(
      "select record, coalesce(cast(" + column + " as varchar), record), coalesce(org, '') from w." +
      sql::quote_identifier(id) + " where contains(lower(cast(" + column +
      " as varchar)), lower($1)) or record = $1 order by coalesce(org = $2, false) desc, 2, 1 limit $3");
  statement.bind(1, q);
  statement.bind(2, org);
  statement.bind(3, count);
  auto rows = statement.execute();
  const auto snapshot = call.services->store->snapshot();
  fhir::JsonWriter json;
  json.begin_array();
  while (rows.next()) {
    const std::string owner(rows.text(2));
    json.begin_object().member("record", rows.text(0)).member("name", rows.text(1)).member("org", owner);
    json.member("org_name", owner.empty() ? "" : display_of(*snapshot, "Organization/" + owner)).end_object();
  }
  return json_response(200, json.end_array().take());
}

} // namespace xinglin::api
