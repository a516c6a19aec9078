// xinglin indicators [ID...] --org ORG --period PERIOD [--as-of T]
#include "server/api/figures.h"
#include "server/indicator/engine.h"
#include "server/wiring/commands.h"
#include "server/wiring/house.h"
#include "server/wiring/table.h"

#include <cstdio>

namespace xinglin::wiring {

int indicators(const Options& options) {
  House house(options);
  const base::Period period = House::period(options.period);
  const indicator::Engine& engine = house.engine();
  const std::string org = house.organization(options.org);
  const indicator::AsOf as_of = house.as_of(options.as_of);
  std::vector<std::string> ids = options.arguments;
  if (ids.empty())
    for (const auto& [id, indicator] : engine.catalog().indicators)
      ids.push_back(id);
  const auto figures = engine.figures(ids, org, period, as_of);
  const auto before = engine.figures(ids, org, period.last_year(), as_of);
  if (options.json) {
    std::printf("%s\n", api::indicator_list_json(engine.catalog(), org, period, as_of, figures, before).c_str());
    return k_exit_done;
  }
  Table table({false, false, true, false, true, true});
  table.row({"indicator", "", period.to_string(), "", period.last_year().to_string(), "change"});
  for (size_t i = 0; i < figures.size(); ++i) {
    const api::Change change = api::change_between(figures[i], before[i]);
    const std::string shown = api::display(figures[i]).value_or("-");
    table.row({ids[i], figures[i].indicator->title.zh, shown, shown.ends_with("%") ? "" : figures[i].indicator->unit.zh,
               api::display(before[i]).value_or("-"),
               !change.text ? "" : *change.text + (change.in_points ? " 个百分点" : "%")});
  }
  std::printf("%s  as of %s\n%s", org.c_str(), as_of.to_string().c_str(), table.text().c_str());
  return k_exit_done;
}

} // namespace xinglin::wiring
