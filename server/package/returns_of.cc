#include "server/package/returns_of.h"

#include "server/package/derived.h"
#include "server/package/names.h"

namespace xinglin::package {

std::set<std::string> returns_of(const std::vector<std::string>& indicators, const Catalog& catalog) {
  std::set<std::string> seen, returns;
  std::vector<std::string> open = indicators; // indicators, and names in queries
  const auto look_into = [&](const std::string& sql) {
    for (auto& name : names_in_sql(sql))
      open.push_back(std::move(name));
  };
  while (!open.empty()) {
    std::string name = std::move(open.back());
    open.pop_back();
    if (!seen.insert(name).second) continue;
    if (const auto found = catalog.indicators.find(name); found != catalog.indicators.end()) {
      const Indicator& indicator = found->second;
      look_into(indicator.sql);
      if (!indicator.population.empty()) open.push_back(indicator.population);
      if (!indicator.derived.empty())
        for (auto& part : indicators_of(parse_derived(indicator.derived)))
          open.push_back(std::move(part));
      continue;
    }
    if (const auto fact = catalog.facts.find(name); fact != catalog.facts.end()) {
      look_into(fact->second.sql);
      continue;
    }
    if (const size_t part = name.find("__"); part != std::string::npos) name.resize(part); // a repeating part's table
    const auto form = catalog.forms.find(name);
    if (form != catalog.forms.end() && form->second.cycle != ReturnCycle::none) returns.insert(name);
  }
  return returns;
}

} // namespace xinglin::package
