// xinglin view run|columns|suite
#include "lib/viewdef/conformance.h"

#include "lib/fhir/json.h"
#include "server/intake/files.h"
#include "server/intake/view_run.h"
#include "server/wiring/commands.h"
#include "server/wiring/house.h"
#include "server/wiring/interrupt.h"
#include "server/wiring/progress.h"
#include "server/wiring/table.h"

#include <cstdio>

namespace xinglin::wiring {

namespace {

viewdef::View read_view(const std::string& path) {
  try {
    return viewdef::View::compile(intake::read_file(path));
  } catch (const base::Refused& refused) {
    base::Issues issues = refused.issues();
    for (auto& issue : issues)
      issue.file = path;
    throw base::Refused(refused.kind(), std::move(issues));
  }
}

constexpr std::string_view k_store = "store";

} // namespace

int view_run(const Options& options) {
  const viewdef::View view = read_view(options.arguments.at(0));
  intake::row_format_of_path(options.output); // before anything is opened
  intake::ViewRunOptions how;
  how.output = options.output;
  how.header = !options.no_header;
  how.stop = interrupted;
  intake::ViewRunReport report;
  watch_for_interrupt();
  {
    Progress progress("running the view");
    int64_t count = 0;
    how.progress = [&](int64_t resources, int64_t rows) {
      constexpr int64_t k_each = 256; // asking the clock is dearer than a row
      if (++count % k_each == 0)
        progress.show(std::to_string(resources) + " resources, " + std::to_string(rows) + " rows");
    };
    if (options.inputs.size() == 1 && options.inputs.front() == k_store) {
      House house(options);
      report = intake::run_view(view, *house.store(false).snapshot(), how);
    } else {
      report = intake::run_view(view, options.inputs, how);
    }
  }
  if (options.json) {
    fhir::JsonWriter json;
    json.begin_object().member("output", options.output).key("resources").number(report.resources);
    json.key("rows").number(report.rows).key("stopped").boolean(report.stopped).end_object();
    std::printf("%s\n", json.take().c_str());
  } else if (!report.stopped) {
    std::printf("%lld rows of %lld resources in %s\n", static_cast<long long>(report.rows),
                static_cast<long long>(report.resources), options.output.c_str());
  }
  if (report.stopped) std::fprintf(stderr, "xinglin: stopped; nothing is written\n");
  return report.stopped ? k_exit_refused : k_exit_done;
}

int view_columns(const Options& options) {
  const viewdef::View view = read_view(options.arguments.at(0));
  fhir::JsonWriter json;
  json.begin_array();
  Table table({false, false, false});
  for (const auto& column : view.columns()) {
    const std::string type = column.fhir_type.empty() ? "?" : column.fhir_type;
    json.begin_object().member("name", column.name).member("type", type).key("collection").boolean(column.collection);
    json.member("sql", intake::sql_type_of(column)).end_object();
    table.row({column.name, column.collection ? type + " (many)" : type, intake::sql_type_of(column)});
  }
  json.end_array();
  std::printf("%s", options.json ? (json.take() + "\n").c_str() : table.text().c_str());
  return k_exit_done;
}

int view_suite(const Options& options) {
  const auto files = viewdef::run_suite(options.arguments.at(0));
  int64_t passed = 0;
  int64_t total = 0;
  for (const auto& file : files)
    for (const auto& one : file.cases) {
      ++total;
      if (one.error.empty()) ++passed;
      if (!one.error.empty() && !options.json)
        std::printf("%s: %s: %s\n", file.name.c_str(), one.name.c_str(), one.error.c_str());
    }
  const std::string report = viewdef::suite_report(files);
  if (!options.output.empty()) {
    intake::LineWriter out(options.output);
    out.line(report);
    out.finish();
  }
  if (options.json)
    std::printf("%s\n", report.c_str());
  else
    std::printf("%lld of %lld pass\n", static_cast<long long>(passed), static_cast<long long>(total));
  return passed == total ? k_exit_done : k_exit_refused;
}

} // namespace xinglin::wiring
