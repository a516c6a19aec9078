// GET /api/overview?org&period[&days]: the year's main figures, their months, and what moved lately. docs/api.md
#include "server/api/commands.h"
#include "server/api/figures.h"
#include "server/api/respond.h"
#include "server/package/model.h"

#include <algorithm>
#include <map>
#include <set>

namespace xinglin::api {

namespace {

constexpr size_t k_main_figures_max = 60;
constexpr size_t k_main_of_program_max = 6; ///< where no document states any of its figures
constexpr int64_t k_moved_days = 7, k_moved_days_max = 366;
constexpr size_t k_moved_max = 20;

/// The main figures are those that documents state, in the order of the programs; of a program that no document
/// speaks of, its first ones.
std::vector<std::string> main_indicators(const package::Catalog& catalog) {
  std::set<std::string> stated;
  for (const auto& [id, document] : catalog.documents)
    for (const auto& [indicator, definition] : catalog.indicators) {
      const size_t at = document.text.find("{" + indicator);
      if (at == std::string::npos) continue;
      const char after = document.text[std::min(document.text.size() - 1, at + 1 + indicator.size())];
      if (after == '}' || after == '|') stated.insert(indicator);
    }
  std::map<std::string, std::vector<std::string>> by_program, rest;
  for (const auto& [id, indicator] : catalog.indicators)
    (stated.contains(id) ? by_program : rest)[indicator.program].push_back(id);
  for (auto& [program, list] : rest)
    if (!by_program.contains(program)) {
      list.resize(std::min(list.size(), k_main_of_program_max));
      by_program[program] = list;
    }
  std::vector<std::string> main;
  for (const auto& [program, list] : by_program)
    main.insert(main.end(), list.begin(), list.end());
  main.resize(std::min(main.size(), k_main_figures_max));
  return main;
}

/// The months of the period, at most the last twelve.
std::vector<base::Period> months_of(const base::Period& period) {
  std::vector<base::Period> months;
  for (base::Date day = base::month_start(period.last(), -11); day <= period.last(); day = base::month_start(day, 1))
    if (day >= base::month_start(period.first())) months.push_back(base::Period::month_of(day.year(), day.month()));
  return months;
}

} // namespace

http::Response overview(Call& call) {
  const Services& services = *call.services;
  const indicator::Engine& engine = *services.engine;
  const package::Catalog& catalog = engine.catalog();
  const std::string org = call.required("org");
  const base::Period period = period_of(call);
  const int64_t days = call.number("days", k_moved_days, 1, k_moved_days_max);
  const indicator::AsOf moment = as_of(call);
  const std::vector<std::string> ids = main_indicators(catalog);

  const auto figures = engine.figures(ids, org, period, moment);
  const auto before = engine.figures(ids, org, period.last_year(), moment);
  std::vector<std::vector<indicator::Figure>> months;
  for (const base::Period& month : months_of(period))
    months.push_back(engine.figures(ids, org, month, moment));
  // What stood here so many days ago, of the same period.
  const base::Millis now = services.clock();
  constexpr base::Millis k_day = 86'400'000;
  indicator::AsOf then = moment;
  then.commit = services.store->commit_at(now - days * k_day);
  std::vector<indicator::Figure> past;
  if (then.commit > 0 && then.commit <= moment.commit) past = engine.figures(ids, org, period, then);

  fhir::JsonWriter json;
  json.begin_object().member("org", org).member("period", period.to_string()).member("as_of", moment.to_string());
  json.key("days").number(days).key("indicators").begin_array();
  for (size_t i = 0; i < figures.size(); ++i) {
    json.begin_object();
    append_figure_members(json, figures[i]);
    append_comparison(json, figures[i], before[i]);
    const package::Indicator& indicator = *figures[i].indicator;
    json.member("program", indicator.program).member("better", indicator.better);
    const auto program = catalog.programs.find(indicator.program);
    append_text(json.key("program_title"), program == catalog.programs.end() ? base::Text{} : program->second.title);
    json.key("months").begin_array();
    for (const auto& month : months)
      append_optional(json, exact(month[i].value));
    json.end_array().end_object();
  }
  json.end_array().key("moved").begin_array();
  size_t count = 0;
  for (size_t i = 0; i < past.size() && count < k_moved_max; ++i) {
    if (past[i].value == figures[i].value) continue;
    ++count;
    json.begin_object().member("indicator", figures[i].indicator->id);
    append_optional(json.key("from"), display(past[i]));
    append_optional(json.key("to"), display(figures[i]));
    json.end_object();
  }
  return json_response(200, json.end_array().end_object().take());
}

} // namespace xinglin::api
