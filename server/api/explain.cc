// GET /api/explain?indicator&record: what of a record the indicator's definition looks at. docs/api.md
#include "server/api/commands.h"
#include "server/api/declared.h"
#include "server/api/figures.h"
#include "server/api/respond.h"
#include "server/package/model.h"
#include "server/package/names.h"

#include <algorithm>
#include <set>

namespace xinglin::api {

namespace {

/// "average(ID)", "days(ID)" → ID.
std::string bare(const std::string& part) {
  const size_t open = part.find('(');
  return open == std::string::npos || part.back() != ')' ? part : part.substr(open + 1, part.size() - open - 2);
}

/// Is the column `happened` read, and not only another one called so ("discharged_on as happened")?
bool reads_happened(std::string_view sql) {
  constexpr std::string_view k_column = "happened", k_alias = "as ";
  for (size_t at = sql.find(k_column); at != std::string_view::npos; at = sql.find(k_column, at + 1))
    if (at < k_alias.size() || sql.substr(at - k_alias.size(), k_alias.size()) != k_alias) return true;
  return false;
}

} // namespace

http::Response explain_row(Call& call) {
  const package::Catalog& catalog = *call.services->catalog;
  const std::string id = bare(call.required("indicator"));
  const package::Indicator& indicator = declared(catalog.indicators, "indicator", id);
  // The query, and the facts it stands on, each once, the nearest first.
  std::vector<const package::Fact*> facts;
  std::set<std::string> names;
  std::vector<std::string> open = package::names_in_sql(indicator.sql);
  while (!open.empty()) {
    const std::string name = std::move(open.back());
    open.pop_back();
    if (!names.insert(name).second) continue;
    if (const auto fact = catalog.facts.find(name); fact != catalog.facts.end()) {
      facts.push_back(&fact->second);
      for (std::string& more : package::names_in_sql(fact->second.sql))
        open.push_back(std::move(more));
    }
  }
  fhir::JsonWriter json;
  json.begin_object().member("indicator", id);
  append_text(json.key("title"), indicator.title);
  append_text(json.key("definition"), indicator.definition);
  json.member("sql", indicator.sql).key("facts").begin_array();
  for (const package::Fact* fact : facts)
    json.begin_object().member("id", fact->id).member("sql", fact->sql).end_object();
  json.end_array().key("tables").begin_array();
  for (const auto& [name, form] : catalog.forms)
    if (names.contains(name)) json.string(name);
  for (const auto& [name, kept] : catalog.registers)
    if (names.contains(name)) json.string(name);
  // Which items the definition names, of the forms it reads: what made the row count stands in these answers.
  json.end_array().key("items").begin_array();
  std::set<std::string> items;
  const auto add = [&](const std::vector<package::Item>& list) {
    for (const package::Item& item : list) {
      if (names.contains(item.id)) items.insert(item.id);
      for (const package::Item& inner : item.items)
        if (names.contains(inner.id)) items.insert(inner.id);
    }
  };
  const bool by_day =
      reads_happened(indicator.sql) ||
      std::any_of(facts.begin(), facts.end(), [](const package::Fact* fact) { return reads_happened(fact->sql); });
  for (const auto& [name, form] : catalog.forms) {
    const bool by_part = std::any_of(form.items.begin(), form.items.end(),
                                     [&](const package::Item& item) { return names.contains(name + "__" + item.id); });
    if (!names.contains(name) && !by_part) continue;
    add(form.items);
    if (!form.happened.empty() && by_day) items.insert(form.happened);
  }
  for (const auto& [name, kept] : catalog.registers)
    if (names.contains(name)) add(kept.items);
  for (const std::string& item : items)
    json.string(item);
  return json_response(200, json.end_array().end_object().take());
}

} // namespace xinglin::api
