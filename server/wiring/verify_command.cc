// xinglin verify [--org ORG...] [--period PERIOD]: recompute from the records by another path, compare.
#include "server/indicator/verify.h"

#include "lib/fhir/json.h"
#include "server/wiring/commands.h"
#include "server/wiring/house.h"
#include "server/wiring/interrupt.h"
#include "server/wiring/progress.h"

#include <cstdio>

namespace xinglin::wiring {

namespace {

std::string to_json(const indicator::VerifyReport& report) {
  fhir::JsonWriter json;
  json.begin_object().key("agrees").boolean(report.agrees()).member("as_of", report.as_of.to_string());
  json.key("tables").number(static_cast<int64_t>(report.tables)).key("rows").number(report.rows);
  json.key("figures").number(report.figures).key("periods").begin_array();
  for (const base::Period& period : report.periods)
    json.string(period.to_string());
  json.end_array().key("differences_total").number(report.differences_total).key("differences").begin_array();
  for (const indicator::Difference& difference : report.differences)
    json.begin_object()
        .member("where", difference.where)
        .member("record", difference.record)
        .member("kept", difference.kept)
        .member("recomputed", difference.recomputed)
        .end_object();
  return json.end_array().end_object().take();
}

} // namespace

int verify(const Options& options) {
  House house(options);
  indicator::VerifyOptions what;
  if (!options.org.empty()) what.orgs = {options.org};
  if (!options.period.empty()) what.periods = {House::period(options.period)};
  flatten::Warehouse& kept = house.warehouse();
  watch_for_interrupt();
  indicator::VerifyReport report;
  {
    Progress progress("verifying");
    what.progress = [&](std::string_view stage, size_t done, size_t total) {
      if (interrupted())
        throw base::Refused(base::Refusal::busy, "incomplete", "Stopped before the end; nothing was changed.");
      progress.show(std::string(stage) + " " + std::to_string(done) + " of " + std::to_string(total));
    };
    report = indicator::verify(house.store(false), house.catalog(), kept, what);
  }
  if (options.json) {
    std::printf("%s\n", to_json(report).c_str());
  } else {
    for (const indicator::Difference& difference : report.differences)
      std::printf("%s %s: kept %s, recomputed %s\n", difference.where.c_str(), difference.record.c_str(),
                  difference.kept.c_str(), difference.recomputed.c_str());
    std::printf("%zu tables of %lld rows and %lld figures as of %s: %lld differences\n", report.tables,
                static_cast<long long>(report.rows), static_cast<long long>(report.figures),
                report.as_of.to_string().c_str(), static_cast<long long>(report.differences_total));
  }
  return report.agrees() ? k_exit_done : k_exit_refused;
}

} // namespace xinglin::wiring
