#include "server/wiring/plan_command.h"

#include "lib/base/clock.h"
#include "server/package/model.h"
#include "server/plan/keep.h"
#include "server/plan/to_json.h"
#include "server/wiring/house.h"
#include "server/wiring/table.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>

namespace xinglin::wiring {

namespace {

std::string read_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in)
    throw base::Refused(base::Refusal::not_found, "not-found", "The file " + file + " cannot be read; check its name.");
  return {std::istreambuf_iterator<char>(in), {}};
}

package::Plan read_plan(const std::string& text, const std::string& file, const package::Catalog& catalog) {
  base::Issues issues;
  auto out = package::parse_plan(text, file, catalog, issues);
  if (issues.has_errors()) throw base::Refused(base::Refusal::invalid, std::move(issues));
  if (!issues.empty()) std::fprintf(stderr, "%s\n", issues.to_text().c_str());
  return out;
}

} // namespace

int plan_load(const Options& options) {
  const std::string file = options.arguments.at(0);
  House house(options);
  const auto plan = read_plan(read_file(file), file, *house.catalog());
  auto& store = house.store(true);
  base::Issues issues;
  plan::check_organizations(plan, file, *store.snapshot(), issues);
  if (issues.has_errors()) throw base::Refused(base::Refusal::invalid, std::move(issues));
  const auto receipt = plan::keep(plan, house.program(), store, {base::local_date(base::system_now()), {}, {}});
  size_t entries = 0, targets = 0;
  for (const auto& section : plan.sections)
    for (const auto& entry : section.entries) {
      ++entries;
      targets += entry.target ? 1 : 0;
    }
  std::printf(options.json ? "{\"id\":\"%s\",\"entries\":%zu,\"targets\":%zu,\"commit\":%lld}\n"
                           : "%s: %zu entries, %zu of them targets; commit %lld\n",
              plan.id.c_str(), entries, targets, static_cast<long long>(receipt.commit));
  return k_exit_done;
}

int plan_show(const Options& options) {
  House house(options);
  const auto& engine = house.engine();
  const auto as_of = house.as_of(options.as_of);
  const auto snapshot = house.store(false).snapshot(as_of.commit);
  // As it was on a date is also judged as on that day.
  const auto then = base::Date::parse(options.as_of);
  const auto asked = House::day(options.today);
  const base::Date today = asked ? *asked : then ? *then : base::local_date(base::system_now());
  fhir::JsonWriter json;
  json.begin_array();
  size_t shown = 0;
  for (const auto& one : plan::plans_in_force(*snapshot, engine.catalog())) {
    const auto& plan = one.plan;
    if (!options.org.empty() && plan.org != options.org) continue;
    if (!options.period.empty() && !(plan.period == House::period(options.period))) continue;
    ++shown;
    if (!one.issues.empty()) std::fprintf(stderr, "%s\n", one.issues.to_text().c_str());
    const auto standings =
        one.issues.has_errors() ? std::vector<plan::EntryStanding>{} : plan::track(plan, engine, today, as_of);
    if (options.json) {
      plan::append_plan(json.begin_object(), one, standings, today, as_of);
      json.end_object();
      continue;
    }
    std::printf("%s  %s %s  %s\n", plan.title.c_str(), plan.org.c_str(), plan.period.to_string().c_str(),
                today.to_string().c_str());
    Table table({false, false, false, false});
    for (const auto& entry : standings) {
      table.row({std::string(plan::in_chinese(entry.whole.state)), entry.entry->title, entry.entry->owner,
                 entry.whole.reason.zh});
      for (const auto& part : entry.parts)
        table.row({"  " + std::string(plan::in_chinese(part.state)), "  " + part.org, "", part.reason.zh});
    }
    std::printf("%s", table.text().c_str());
  }
  if (options.json)
    std::printf("%s\n", json.end_array().take().c_str());
  else if (shown == 0)
    std::printf("There is no such plan; load one with: xinglin plan load FILE\n");
  return k_exit_done;
}

int plan_propose(const Options& options) {
  House house(options);
  const auto proposals = plan::propose(read_file(options.arguments.at(0)), *house.catalog());
  if (options.json) {
    fhir::JsonWriter json;
    plan::append_proposals(json, proposals);
    std::printf("%s\n", json.take().c_str());
    return k_exit_done;
  }
  // Ready to be pasted into a plan; a person binds or drops each.
  for (const auto& one : proposals) {
    std::printf("### %s\n%s\n", one.clause.c_str(), plan::target_line(one).c_str());
    if (!one.due.empty()) std::printf("- due: YEAR-%s\n", one.due.c_str());
    for (const auto& candidate : one.candidates)
      std::printf("<!-- %s %s -->\n", candidate.indicator.c_str(), candidate.title.zh.c_str());
    std::printf("\n");
  }
  return k_exit_done;
}

} // namespace xinglin::wiring
