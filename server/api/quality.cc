// GET /api/quality?org&period[&days]: what does not fit together, what came late, what fits no column. docs/api.md
#include "lib/base/id.h"
#include "lib/sql/duck.h"
#include "server/api/commands.h"
#include "server/api/figures.h"
#include "server/api/respond.h"
#include "server/flatten/warehouse.h"
#include "server/package/model.h"

#include <algorithm>
#include <fmt/format.h>

namespace xinglin::api {

namespace {

constexpr int64_t k_late_days = 10; ///< after the end of the month in which it happened
constexpr int64_t k_late_days_max = 366;
constexpr int64_t k_late_rows_max = 50; ///< shown of a form, the latest entered first
constexpr size_t k_misfits_max = 200;

/// The organisations at and beneath one, as a list for `in (...)`.
std::string organizations_beneath(const indicator::Engine& engine, const std::string& top) {
  const auto all = engine.organizations();
  std::vector<std::string> list{top};
  for (size_t i = 0; i < list.size(); ++i)
    for (const auto& organization : all)
      if (organization.part_of == list[i] && std::find(list.begin(), list.end(), organization.id) == list.end())
        list.push_back(organization.id);
  std::string out;
  for (const std::string& id : list)
    if (base::is_fhir_id(id)) out += (out.empty() ? "'" : ", '") + id + "'";
  return out;
}

} // namespace

http::Response data_quality(Call& call) {
  const Services& services = *call.services;
  const indicator::Engine& engine = *services.engine;
  const package::Catalog& catalog = *services.catalog;
  const std::string org = call.required("org");
  const base::Period period = period_of(call);
  const int64_t days = call.number("days", k_late_days, 0, k_late_days_max);

  fhir::JsonWriter json;
  json.begin_object().member("org", org).member("period", period.to_string()).key("late_days").number(days);
  json.key("findings").begin_array();
  std::vector<std::string> ids;
  for (const auto& [id, indicator] : catalog.indicators)
    ids.push_back(id);
  for (const auto& finding : engine.findings(ids, org, period)) {
    append_text(json.begin_object().member("code", finding.code).key("text"), finding.text);
    json.key("addresses").begin_array();
    for (const auto& address : finding.addresses)
      json.string(address.to_string());
    json.end_array().end_object();
  }

  // Rows that happened in the period and were entered later than so many days after the end of their month.
  json.end_array().key("late").begin_array();
  const std::string within = organizations_beneath(engine, org);
  const auto reader = services.warehouse->reader();
  for (const auto& [id, form] : catalog.forms) {
    const std::string rows = fmt::format(
        "select record, org, happened, cast(entered as date) as entered_on, "
        "cast(entered as date) > cast(date_trunc('month', happened) + interval 1 month as date) - 1 + {} as late "
        "from w.{} where happened >= date '{}' and happened <= date '{}' and org in ({})",
        days, sql::quote_identifier(id), period.first().to_string(), period.last().to_string(), within);
    auto counts = reader->run("select count(*), count(*) filter (late) from (" + rows + ")");
    if (!counts.next() || counts.integer(1) == 0) continue;
    append_text(json.begin_object().member("form", id).key("title"), form.title);
    json.key("rows").number(counts.integer(0)).key("late").number(counts.integer(1)).key("examples").begin_array();
    auto examples =
        reader->run(fmt::format("select record, org, cast(happened as varchar), cast(entered_on as varchar) from ({}) "
                                "where late order by entered_on desc, record limit {}",
                                rows, k_late_rows_max));
    while (examples.next())
      json.begin_object()
          .member("record", examples.text(0))
          .member("org", examples.text(1))
          .member("happened", examples.text(2))
          .member("entered", examples.text(3))
          .end_object();
    json.end_array().end_object();
  }

  json.end_array().key("misfits").begin_array();
  for (const auto& misfit : services.warehouse->misfits(k_misfits_max))
    json.begin_object()
        .member("table", misfit.table)
        .member("column", misfit.column)
        .member("record", misfit.record)
        .member("value", misfit.value)
        .end_object();

  // Records of an organisation that stands nowhere in the tree: they count for nobody.
  json.end_array().key("homeless").begin_array();
  std::string known;
  for (const auto& organization : engine.organizations())
    if (base::is_fhir_id(organization.id)) known += (known.empty() ? "'" : ", '") + organization.id + "'";
  if (known.empty()) known = "''";
  for (const auto& [id, form] : catalog.forms) {
    const std::string where = fmt::format(
        " from w.{} where (org is null or org not in ({})) and happened >= date '{}' and happened <= date '{}'",
        sql::quote_identifier(id), known, period.first().to_string(), period.last().to_string());
    auto counts = reader->run("select count(*), coalesce(min(record), '')" + where);
    if (!counts.next() || counts.integer(0) == 0) continue;
    append_text(json.begin_object().member("form", id).key("title"), form.title);
    json.key("rows").number(counts.integer(0)).member("record", counts.text(1)).end_object();
  }
  return json_response(200, json.end_array().end_object().take());
}

} // namespace xinglin::api
