// xinglin trace ADDRESS [--rows N]
#include "server/api/figures.h"
#include "server/indicator/engine.h"
#include "server/wiring/commands.h"
#include "server/wiring/house.h"
#include "server/wiring/table.h"

#include <cstdio>

namespace xinglin::wiring {

namespace {

std::string line_of(const indicator::Figure& figure) {
  std::string line = figure.address.indicator + " = " + api::exact(figure.value).value_or("(no value)");
  if (figure.numerator && figure.denominator)
    line += " = " + *api::exact(figure.numerator) + " / " + *api::exact(figure.denominator);
  return line + "  [" + std::to_string(figure.rows) + " rows]  " + figure.address.to_string();
}

} // namespace

int trace(const Options& options) {
  House house(options);
  const auto address = indicator::Address::parse(options.arguments.at(0));
  const auto rows_max = options.rows == 0 ? SIZE_MAX : static_cast<size_t>(options.rows);
  const indicator::Trace trace = house.engine().trace(address, rows_max);
  if (options.json) {
    std::printf("%s\n", api::trace_json(trace).c_str());
    return k_exit_done;
  }
  std::printf("%s\n\n%s\n", line_of(trace.figure).c_str(), trace.definition.c_str());
  if (!trace.parts.empty()) std::printf("\nparts:\n");
  for (const auto& part : trace.parts)
    std::printf("  %s\n", line_of(part).c_str());
  Table table({false, false, false, false, true, true});
  for (const indicator::Row& row : trace.rows)
    table.row({row.record, row.subject, row.org, row.happened.empty() ? row.since + ".." + row.until : row.happened,
               row.hit     ? (*row.hit ? "hit" : "miss")
               : row.value ? row.value->to_string()
                           : "",
               row.weight == base::Decimal(1) ? "" : "weight " + row.weight.to_string()});
  std::printf("\nrows: %lld%s, digest %s\n%s", static_cast<long long>(trace.rows_total),
              static_cast<int64_t>(trace.rows.size()) < trace.rows_total
                  ? (" (the first " + std::to_string(trace.rows.size()) + " here; --rows 0 prints all)").c_str()
                  : "",
              trace.digest.c_str(), table.text().c_str());
  return k_exit_done;
}

} // namespace xinglin::wiring
