#include "server/indicator/verify.h"

#include "lib/sql/duck.h"
#include "server/flatten/test_records.h"
#include "tests/support/data.h"

#include <doctest/doctest.h>

using namespace xinglin;
using base::Period;

namespace {

package::Catalog catalog_with_indicators() {
  package::Catalog catalog = test::county_catalog();
  const auto add = [&](const std::string& id, package::IndicatorKind kind,
                       const std::string& sql) -> package::Indicator& {
    auto& made = catalog.indicators[id];
    made.id = id;
    made.kind = kind;
    made.sql = sql;
    return made;
  };
  using enum package::IndicatorKind;
  add("t.visits", count, "select org, subject, record, visited_on as happened from visit");
  add("t.patients", count, "select org, subject, record, visited_on as happened from visit").count = "subjects";
  add("t.cost", sum, "select org, subject, record, visited_on as happened, cost as value from visit");
  add("t.cure", proportion,
      "select org, subject, record, visited_on as happened, cured as hit from visit where visited_on >= :first");
  add("t.inpatients", count, "select org, subject, record, admitted_on as since, discharged_on as until from stay")
      .period = package::PeriodKind::stock;
  add("t.mean_cost", derived, "").derived = "t.cost / t.visits";
  add("t.beds", derived, "").derived = "average(t.inpatients)";
  add("t.broken", count, "select nothing from nowhere");
  return catalog;
}

/// The random history, written through a real store.
void write(store::Store& store, const test::Commits& commits) {
  std::vector<store::Write> people;
  for (int i = 0; i < 9; ++i) {
    store::Write write;
    write.kind = store::Write::Kind::update;
    write.type = "Patient";
    write.id = "p" + std::to_string(i);
    write.json = R"({"resourceType":"Patient","id":")" + write.id + "\"}";
    people.push_back(std::move(write));
  }
  store.write(std::move(people));
  std::vector<store::Write> writes;
  store::CommitNumber at = 1;
  for (const auto& version : commits.versions()) {
    if (version.commit != at) {
      store.write(std::move(writes));
      writes.clear();
      at = version.commit;
    }
    store::Write write;
    write.kind = version.deleted ? store::Write::Kind::remove : store::Write::Kind::update;
    write.type = version.type;
    write.id = version.id;
    write.json = version.json;
    writes.push_back(std::move(write));
  }
  store.write(std::move(writes));
}

} // namespace

TEST_CASE("what is kept step by step is what the records say; a change behind its back is found and named") {
  test::TemporaryDirectory directory;
  const auto store = store::Store::open({.directory = directory.path().string(), .zone = {}});
  const auto catalog = std::make_shared<const package::Catalog>(catalog_with_indicators());
  flatten::Warehouse kept(directory.path().string(), catalog);
  const feed::Feed feed(*store);
  const auto commits = test::random_history(5, 80);
  write(*store, commits);
  kept.catch_up(feed);

  std::vector<std::string> stages;
  indicator::VerifyOptions options;
  options.progress = [&](std::string_view stage, size_t, size_t) {
    if (stages.empty() || stages.back() != stage) stages.emplace_back(stage);
  };
  const auto report = indicator::verify(*store, catalog, kept, options);
  for (const auto& difference : report.differences)
    MESSAGE(difference.where << " " << difference.record << "\nkept: " << difference.kept
                             << "\nagain: " << difference.recomputed);
  CHECK(report.agrees());
  CHECK(report.tables == kept.tables().size());
  CHECK(report.rows > 20);
  CHECK(report.figures == 7 * 4 * static_cast<int64_t>(report.periods.size())); // the broken one is the checker's
  CHECK(report.periods.size() == 2);
  CHECK(stages == std::vector<std::string>{"records", "tables", "rows", "figures"});

  auto behind = kept.reader();
  auto one = behind->run(
      "select record, org from w.visit where cost is not null and visited_on >= date '2023-01-01' order by record");
  REQUIRE(one.next());
  const std::string record = one.text(0), org = one.text(1);
  behind->run("update w.visit set cost = cost + 0.01 where record = '" + record + "'");
  const auto wrong = indicator::verify(*store, catalog, kept);
  CHECK_FALSE(wrong.agrees());
  bool table_named = false, figure_named = false;
  for (const auto& difference : wrong.differences) {
    table_named = table_named || (difference.where == "table visit" && difference.record == record);
    figure_named = figure_named ||
                   (difference.where.starts_with("t.cost@") && difference.where.find("/bureau@") != std::string::npos);
    CHECK(difference.kept != difference.recomputed);
    CHECK(difference.where.find("t.visits@") == std::string::npos); // counts are untouched
  }
  CHECK(table_named);
  CHECK(figure_named);

  behind->run("delete from w.visit where record = '" + record + "'");
  indicator::VerifyOptions narrow;
  narrow.orgs = {org};
  narrow.periods = {Period::year_of(2023)};
  narrow.differences_max = 1;
  const auto lost = indicator::verify(*store, catalog, kept, narrow);
  CHECK(lost.differences_total > 2);
  CHECK(lost.differences.size() == 1);
  CHECK(lost.differences[0].kept == "no row");
  CHECK(lost.figures == 7);
}

TEST_CASE("records that came after the tables do not disturb; tables ahead of the records are refused") {
  test::TemporaryDirectory directory;
  const auto store = store::Store::open({.directory = directory.path().string(), .zone = {}});
  const auto catalog = std::make_shared<const package::Catalog>(catalog_with_indicators());
  flatten::Warehouse kept("", catalog);
  const feed::Feed feed(*store);
  write(*store, test::random_history(6, 30));
  kept.catch_up(feed);
  const auto at = kept.cursor();
  write(*store, test::random_history(7, 10));
  const auto report = indicator::verify(*store, catalog, kept);
  CHECK(report.agrees());
  CHECK(report.as_of.commit == at);

  test::TemporaryDirectory other;
  const auto empty = store::Store::open({.directory = other.path().string(), .zone = {}});
  CHECK_THROWS_AS(indicator::verify(*empty, catalog, kept), base::Refused);
}
