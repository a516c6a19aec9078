// GET /api/status: what runs here and how far it is. docs/api.md
#include "lib/fhir/definitions.h"

#include "lib/sql/duck.h"
#include "server/api/commands.h"
#include "server/api/figures.h"
#include "server/api/respond.h"
#include "server/flatten/warehouse.h"
#include "server/package/model.h"

namespace xinglin::api {

namespace {

/// The year the pages begin with: the latest that is well under way (at least a tenth of the busiest year's forms), so
/// that a few early records of a new year do not open an almost empty one. Empty when there are none.
std::string latest_year(const Services& services) {
  std::string sql;
  for (const auto& [id, form] : services.catalog->forms)
    sql += (sql.empty() ? "" : " union all ") + std::string("select happened from w.") + sql::quote_identifier(id);
  if (sql.empty()) return {};
  auto result = services.warehouse->reader()->run(
      "with years as (select extract(year from happened) as year, count(*) as forms from (" + sql +
      ") where happened is not null group by 1) "
      "select cast(max(year) as varchar) from years where forms * 10 >= (select max(forms) from years)");
  if (!result.next() || result.is_null(0)) return {};
  return std::string(result.text(0));
}

} // namespace

http::Response status(Call& call) {
  const Services& services = *call.services;
  const auto snapshot = services.store->snapshot();
  const store::CommitNumber cursor = services.warehouse->cursor();
  fhir::JsonWriter json;
  json.begin_object().member("version", services.version).member("build", services.commit);
  json.key("commit").number(snapshot->commit()).key("epoch").number(services.store->epoch());
  json.key("warehouse_cursor").number(cursor);
  json.key("warehouse_lag").number(std::max<int64_t>(0, snapshot->commit() - cursor));
  json.key("programs").begin_array();
  for (const auto& [id, program] : services.catalog->programs) {
    append_text(json.begin_object().member("id", id).key("title"), program.title);
    json.member("version", program.version).end_object();
  }
  json.end_array().key("counts").begin_object();
  for (const std::string_view type : fhir::resource_types())
    if (const int64_t count = snapshot->count(type); count > 0) json.key(type).number(count);
  json.end_object();
  append_text(json.key("notice"), access::notice());
  if (const std::string year = latest_year(services); !year.empty()) json.member("latest_year", year);
  // What was wrong with programs that were left out, when there are any.
  json.key("package_issues").raw(services.package_issues.to_operation_outcome());
  return json_response(200, json.end_object().take());
}

} // namespace xinglin::api
