// xinglin load PATH...
#include "server/intake/files.h"
#include "server/intake/load.h"

#include "lib/fhir/json.h"
#include "server/program/program.h"
#include "server/wiring/commands.h"
#include "server/wiring/house.h"
#include "server/wiring/interrupt.h"
#include "server/wiring/progress.h"

#include <cstdio>

namespace xinglin::wiring {

namespace {

std::string to_json(const intake::LoadReport& report) {
  fhir::JsonWriter json;
  json.begin_object();
  json.key("files").number(report.files).key("loaded").number(report.loaded).key("skipped").number(report.skipped);
  json.key("refused").number(report.refused).key("left").number(report.left).key("stopped").boolean(report.stopped);
  json.key("written").begin_object();
  for (const auto& [type, count] : report.written)
    json.key(type).number(count);
  json.end_object().key("unchanged").begin_object();
  for (const auto& [type, count] : report.unchanged)
    json.key(type).number(count);
  json.end_object().key("derived").number(report.derived);
  json.key("refused_resources").number(report.refused_resources);
  json.key("issues").raw(report.issues.to_operation_outcome());
  return json.end_object().take();
}

} // namespace

int load(const Options& options) {
  watch_for_interrupt();                 // before the directory is opened: opening it takes a moment, too
  intake::find_files(options.arguments); // refuses what is not there before a data directory is made for it
  House house(options);
  store::Store& store = house.store(true);
  program::Program& program = house.program();
  intake::LoadReport report;
  {
    Progress progress("loading");
    intake::LoadOptions how;
    how.again = options.again;
    how.stop = interrupted;
    how.progress = [&](const intake::LoadReport& so_far) {
      progress.show(std::to_string(so_far.loaded + so_far.skipped) + " of " + std::to_string(so_far.files) +
                    " files, " + std::to_string(so_far.written_total()) + " resources");
    };
    report = intake::load(store, program, options.arguments, how);
  }
  if (options.json) {
    std::printf("%s\n", to_json(report).c_str());
  } else {
    std::printf("%lld of %lld files loaded, %lld skipped (loaded before), %lld refused%s; %lld resources written\n",
                static_cast<long long>(report.loaded), static_cast<long long>(report.files),
                static_cast<long long>(report.skipped), static_cast<long long>(report.refused),
                report.stopped ? (", " + std::to_string(report.left) + " left when stopped").c_str() : "",
                static_cast<long long>(report.written_total()));
    for (const auto& [type, count] : report.written)
      std::printf("  %8lld %s\n", static_cast<long long>(count), type.c_str());
  }
  if (!report.issues.empty()) std::fprintf(stderr, "%s\n", report.issues.to_text().c_str());
  if (report.stopped) std::fprintf(stderr, "xinglin: stopped; run the same command again to load the rest\n");
  return report.refused > 0 || report.stopped ? k_exit_refused : k_exit_done;
}

} // namespace xinglin::wiring
