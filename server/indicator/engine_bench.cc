// indicator_bench [SUBMISSIONS] [JSON FILE]: milliseconds for the figures of a document: 60 indicators and the year
// before, asked cold, asked again, and asked again after one more submission. Every figure is checked.

#include "server/flatten/test_records.h"
#include "server/flatten/warehouse.h"
#include "server/indicator/engine.h"

#include <chrono>
#include <cstdio>
#include <fstream>

using namespace xinglin;
using base::Period;

namespace {

double milliseconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

int main(int count, char** arguments) {
  const int submissions = count > 1 ? std::atoi(arguments[1]) : 150'000;
  constexpr int k_indicators = 60;
  package::Catalog catalog = test::county_catalog();
  std::vector<std::string> ids;
  catalog.facts["counted_visit"] = {"counted_visit", "b", "select * from visit where visited_on is not null", {}};
  for (int i = 0; i < k_indicators; ++i) {
    package::Indicator indicator;
    indicator.id = "b.i" + std::to_string(i);
    const std::string where = " from counted_visit where grade >= " + std::to_string(i % 5);
    const std::string columns = "select org, subject, record, visited_on as happened";
    switch (i % 5) {
    case 0: indicator.sql = columns + where; break;
    case 1:
      indicator.kind = package::IndicatorKind::sum;
      indicator.sql = columns + ", cost as value" + where;
      break;
    case 2:
      indicator.kind = package::IndicatorKind::proportion;
      indicator.sql = columns + ", cured as hit" + where;
      break;
    case 3:
      indicator.count = "subjects";
      indicator.sql = columns + where;
      break;
    default:
      indicator.kind = package::IndicatorKind::derived;
      indicator.derived = "b.i1 / b.i0";
      break;
    }
    ids.push_back(indicator.id);
    catalog.indicators[indicator.id] = indicator;
  }
  test::Commits commits;
  commits.begin().put(test::organization("bureau")).put(test::organization("h1", "bureau"));
  int in_2023 = 0;
  for (int i = 0; i < submissions; ++i) {
    if (i % 100 == 0) commits.begin();
    const auto day = *base::Date::parse("2022-01-01") + i % 730;
    in_2023 += day.year() == 2023;
    commits.put(test::response("visit", "v" + std::to_string(i), "Patient/p" + std::to_string(i % 20000), "h1",
                               {test::date_answer("visited_on", day.to_string()), test::decimal_answer("cost", "2.25"),
                                test::integer_answer("grade", 4), test::boolean_answer("cured", i % 2 == 0)}));
  }
  const store::CommitNumber built = commits.commit();
  commits.begin().put(
      test::response("visit", "late", "Patient/p1", "h1",
                     {test::date_answer("visited_on", "2023-06-01"), test::integer_answer("grade", 4)}));
  auto shared = std::make_shared<const package::Catalog>(catalog);
  flatten::Warehouse warehouse("", shared);
  for (store::CommitNumber t = 0; t < built; t += 80)
    warehouse.apply(commits.batch(t, std::min<store::CommitNumber>(t + 80, built)));
  warehouse.finish_build();

  const indicator::Engine engine(shared, warehouse);
  bool right = true;
  const auto ask = [&](int expected) {
    const Period year = Period::year_of(2023);
    const auto now = engine.figures(ids, "bureau", year), before = engine.figures(ids, "bureau", year.last_year());
    right = right && *now[0].value == base::Rational(expected) &&
            *before[0].value == base::Rational(submissions - in_2023) &&
            *now[1].value == base::Rational::of(225 * int64_t{in_2023}, 100);
  };
  const double cold = milliseconds_of([&] { ask(in_2023); });
  const double warm = milliseconds_of([&] { ask(in_2023); });
  warehouse.apply(commits.batch(built, built + 1));
  const double after_change = milliseconds_of([&] { ask(in_2023 + 1); });
  auto address = indicator::Address::parse("b.i1/bureau/2023");
  std::string digest;
  const double trace = milliseconds_of([&] { digest = engine.trace(address).digest; });
  right = right && digest == engine.digest(address);

  char json[400];
  std::snprintf(json, sizeof json,
                "{\"figures_cold_ms\":%.1f,\"figures_warm_ms\":%.2f,\"figures_after_change_ms\":%.1f,\"trace_ms\":%.1f,"
                "\"answers_right\":%s}",
                cold, warm, after_change, trace, right ? "true" : "false");
  std::printf("%d submissions, %d indicators and the year before\n%s\n", submissions, k_indicators, json);
  if (count > 2) std::ofstream(arguments[2]) << json << '\n';
  return right ? 0 : 1;
}
