// xinglin simulate --totals FILE, --residents N
#include "sim/simulate.h"

#include "lib/fhir/json.h"
#include "server/feed/feed.h"
#include "server/flatten/warehouse.h"
#include "server/indicator/engine.h"
#include "server/program/program.h"
#include "server/wiring/commands.h"
#include "server/wiring/house.h"
#include "server/wiring/interrupt.h"
#include "server/wiring/progress.h"

#include <cstdio>

namespace xinglin::wiring {

namespace {

std::string to_json(const sim::SimulateReport& report) {
  fhir::JsonWriter json;
  json.begin_object();
  json.key("entries").number(report.people).key("submissions").number(report.submissions);
  json.key("not_counted").number(report.not_counted).key("corrections").number(report.corrections);
  json.key("stopped").boolean(report.stopped);
  json.key("figures").begin_array();
  for (const auto& figure : report.figures) {
    json.begin_object().member("indicator", figure.indicator).member("org", figure.org);
    json.member("period", figure.period.to_string()).member("asked", figure.asked.to_decimal().to_string());
    if (figure.got) json.member("got", figure.got->to_decimal().to_string());
    json.key("met").boolean(figure.met);
    if (!figure.note.empty()) json.member("note", figure.note);
    json.end_object();
  }
  return json.end_array().end_object().take();
}

} // namespace

int simulate(const Options& options) {
  if (options.totals.empty() && options.residents == 0)
    throw base::Refused(base::Refusal::invalid, "required",
                        "say what to make: --totals FILE, --residents N, or both (docs/simulator.md)");
  House house(options);
  store::Store& store = house.store(true);
  program::Program& program = house.program();
  watch_for_interrupt();
  sim::SimulateReport report;
  {
    Progress progress("simulating");
    sim::SimulateOptions how;
    how.totals = options.totals;
    how.scale = options.scale;
    how.residents = options.residents;
    how.years = options.years;
    if (options.seed >= 0) how.seed = static_cast<uint64_t>(options.seed);
    how.stopped = interrupted;
    how.progress = [&](const sim::SimulateProgress& at) {
      progress.show(std::string(at.stage) + " " + std::to_string(at.done) + " of " + std::to_string(at.planned));
    };
    feed::Feed feed(store);
    report = sim::simulate({program, house.warehouse(), feed, house.engine()}, how);
  }
  int64_t missed = 0;
  for (const auto& figure : report.figures)
    if (!figure.met) ++missed;
  if (options.json) {
    std::printf("%s\n", to_json(report).c_str());
  } else {
    std::printf("%lld entries of registers, %lld forms (%lld of them must not count), %lld corrections\n",
                static_cast<long long>(report.people), static_cast<long long>(report.submissions),
                static_cast<long long>(report.not_counted), static_cast<long long>(report.corrections));
    if (!report.figures.empty())
      std::printf("%lld of %zu figures come out exactly\n", static_cast<long long>(report.figures.size()) - missed,
                  report.figures.size());
    for (const auto& figure : report.figures)
      if (!figure.met)
        std::printf("  %s of %s in %s: asked %s, got %s; %s\n", figure.indicator.c_str(), figure.org.c_str(),
                    figure.period.to_string().c_str(), figure.asked.to_decimal().to_string().c_str(),
                    figure.got ? figure.got->to_decimal().to_string().c_str() : "nothing", figure.note.c_str());
  }
  if (report.stopped) std::fprintf(stderr, "xinglin: stopped; the records made so far stay\n");
  return missed > 0 || report.stopped ? k_exit_refused : k_exit_done;
}

} // namespace xinglin::wiring
