// xinglin export -o DIR [--as-of T]
#include "server/intake/export.h"

#include "lib/fhir/json.h"
#include "server/wiring/commands.h"
#include "server/wiring/house.h"
#include "server/wiring/interrupt.h"
#include "server/wiring/progress.h"

#include <cstdio>

namespace xinglin::wiring {

int export_records(const Options& options) {
  House house(options);
  store::Store& store = house.store(false);
  watch_for_interrupt();
  intake::ExportOptions what;
  what.directory = options.output;
  what.types = options.types;
  what.gzip = options.gzip;
  if (!options.as_of.empty()) what.as_of = intake::resolve_as_of(store, options.as_of);
  what.stop = interrupted;
  intake::ExportReport report;
  {
    Progress progress("exporting");
    what.progress = [&](int64_t done) { progress.show(done); };
    report = intake::export_records(store, what);
  }
  const std::string as_of = std::to_string(store.epoch()) + ":" + std::to_string(report.as_of);
  if (options.json) {
    fhir::JsonWriter json;
    json.begin_object().member("as_of", as_of).key("stopped").boolean(report.stopped).key("resources").begin_object();
    for (const auto& [type, count] : report.resources)
      json.key(type).number(count);
    std::printf("%s\n", json.end_object().end_object().take().c_str());
  } else {
    int64_t total = 0;
    for (const auto& [type, count] : report.resources)
      total += count;
    std::printf("%lld resources of %zu types as of %s in %s\n", static_cast<long long>(total), report.resources.size(),
                as_of.c_str(), options.output.c_str());
  }
  if (report.stopped) std::fprintf(stderr, "xinglin: stopped; the export is not whole\n");
  return report.stopped ? k_exit_refused : k_exit_done;
}

} // namespace xinglin::wiring
