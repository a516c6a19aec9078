#include "server/flatten/warehouse.h"

#include "lib/sql/duck.h"
#include "server/flatten/test_records.h"
#include "tests/support/data.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <set>

using namespace xinglin;
using flatten::Warehouse;
using test::Commits;

namespace {

std::shared_ptr<const package::Catalog> county() {
  return std::make_shared<const package::Catalog>(test::county_catalog());
}

/// Every row of a table as of a commit, as text, in no order.
std::multiset<std::string> rows_of(const Warehouse& warehouse, const std::string& table, store::CommitNumber as_of,
                                   bool live_only = false) {
  auto connection = warehouse.reader();
  auto result = connection->run(warehouse.table_as_of(table, as_of, live_only ? as_of : -1));
  std::multiset<std::string> out;
  while (result.next()) {
    std::string row;
    for (size_t i = 0; i < result.columns().size(); ++i)
      row += (result.is_null(i) ? "-" : result.text(i)) + " | ";
    out.insert(row);
  }
  return out;
}

std::string joined(const std::multiset<std::string>& rows) {
  std::string out;
  for (const auto& row : rows)
    out += row + "\n";
  return out;
}

void check_same(const Warehouse& left, const Warehouse& right, store::CommitNumber as_of, const std::string& what) {
  for (const auto& table : left.tables()) {
    const auto a = rows_of(left, table.name, as_of), b = rows_of(right, table.name, as_of);
    CHECK_MESSAGE(a == b, what << ", table " << table.name << " as of " << as_of << "\nleft:\n"
                               << joined(a) << "right:\n"
                               << joined(b));
  }
}

Commits three_visits() {
  Commits commits;
  commits.begin().put(test::organization("bureau")).put(test::organization("h1", "bureau"));
  commits.begin().put(
      test::response("visit", "a", "Patient/p1", "h1",
                     {test::date_answer("visited_on", "2023-05-01"), test::decimal_answer("cost", "12.50")}));
  commits.begin().put(
      test::response("visit", "b", "Patient/p2", "h1", {test::date_answer("visited_on", "2023-05-02")}));
  commits.begin().put(
      test::response("visit", "a", "Patient/p1", "h1",
                     {test::date_answer("visited_on", "2023-05-01"), test::decimal_answer("cost", "13.00")}));
  commits.begin().remove("QuestionnaireResponse", "b");
  return commits;
}

} // namespace

TEST_CASE("a form's rows follow its submissions, and the past stays") {
  const Commits commits = three_visits();
  for (const bool in_steps : {true, false}) {
    CAPTURE(in_steps);
    Warehouse warehouse("", county());
    if (in_steps) {
      warehouse.apply(commits.batch(0, 1));
      warehouse.finish_build();
      for (store::CommitNumber t = 2; t <= 5; ++t)
        warehouse.apply(commits.batch(t - 1, t));
    } else {
      warehouse.apply(commits.batch(0, 5));
      warehouse.finish_build();
    }
    CHECK(warehouse.cursor() == 5);
    const auto count = [&](store::CommitNumber t) { return rows_of(warehouse, "visit", t).size(); };
    CHECK(count(1) == 0);
    CHECK(count(2) == 1);
    CHECK(count(3) == 2);
    CHECK(count(4) == 2);
    CHECK(count(5) == 1);
    CHECK(joined(rows_of(warehouse, "visit", 3)).find("12.500000") != std::string::npos);
    const std::string now = joined(rows_of(warehouse, "visit", 5));
    CHECK(now.find("13.000000") != std::string::npos);
    CHECK(now.find("QuestionnaireResponse/a | Patient/p1 | h1 | 2023-05-01") != std::string::npos);
    CHECK(rows_of(warehouse, "visit", 5, true) == rows_of(warehouse, "visit", 5));
  }
}

TEST_CASE("a record keeps when it was entered, in the county's clock, and the commit") {
  Commits commits;
  commits.begin("2023-07-01")
      .put(test::response("visit", "a", "Patient/p1", "h1", {test::date_answer("visited_on", "2023-05-01")}));
  Warehouse warehouse("", county());
  warehouse.apply(commits.batch(0, 1));
  warehouse.finish_build();
  CHECK(joined(rows_of(warehouse, "visit", 1)).find("2023-07-01 00:00:01 | 1 |") != std::string::npos);
}

TEST_CASE("only completed and amended submissions have rows") {
  Commits commits;
  std::string draft = test::response("visit", "a", "Patient/p1", "h1", {test::date_answer("visited_on", "2023-05-01")});
  const std::string amended = [&] {
    std::string text = draft;
    text.replace(text.find("completed"), 9, "amended");
    return text;
  }();
  std::string in_progress = draft;
  in_progress.replace(in_progress.find("completed"), 9, "in-progress");
  commits.begin().put(in_progress);
  commits.begin().put(amended);
  Warehouse warehouse("", county());
  warehouse.apply(commits.batch(0, 2));
  warehouse.finish_build();
  CHECK(rows_of(warehouse, "visit", 1).empty());
  CHECK(rows_of(warehouse, "visit", 2).size() == 1);
}

TEST_CASE("a repeating part is a table of its own") {
  Commits commits;
  const std::string wards =
      R"(,{"linkId":"wards","item":[{"linkId":"ward","answer":[{"valueString":"内科"}]},{"linkId":"patients","answer":[{"valueInteger":7}]}]})"
      R"(,{"linkId":"wards","item":[{"linkId":"ward","answer":[{"valueString":"外科"}]}]})";
  commits.begin().put(
      test::response("census", "c", "Patient/p1", "h1", {test::date_answer("taken_on", "2023-05-01")}, {}, wards));
  Warehouse warehouse("", county());
  warehouse.apply(commits.batch(0, 1));
  warehouse.finish_build();
  CHECK(rows_of(warehouse, "census", 1).size() == 1);
  const auto parts = rows_of(warehouse, "census__wards", 1);
  REQUIRE(parts.size() == 2);
  CHECK(parts.begin()->starts_with("QuestionnaireResponse/c | 0 | 内科 | 7 | "));
  CHECK(std::next(parts.begin())->starts_with("QuestionnaireResponse/c | 1 | 外科 | - | "));
}

TEST_CASE("what does not fit a column is left empty and said") {
  Commits commits;
  commits.begin().put(
      test::response("visit", "a", "Patient/p1", "h1",
                     {test::date_answer("visited_on", "2023-05"), test::decimal_answer("cost", "1.1234567")}));
  Warehouse warehouse("", county());
  warehouse.apply(commits.batch(0, 1));
  warehouse.finish_build();
  CHECK(rows_of(warehouse, "visit", 1).size() == 1);
  const auto misfits = warehouse.misfits();
  std::set<std::string> said;
  for (const auto& misfit : misfits)
    said.insert(misfit.table + "." + misfit.column + "=" + misfit.value);
  CHECK(said.contains("visit.cost=1.1234567"));
  CHECK(said.contains("visit.visited_on=2023-05"));
  CHECK(misfits.front().record == "QuestionnaireResponse/a");
}

TEST_CASE("property: kept step by step, built at once, and scanned from the records give the same tables") {
  for (uint32_t seed = 1; seed <= 6; ++seed) {
    const Commits commits = test::random_history(seed, 90);
    const store::CommitNumber last = commits.commit();
    std::mt19937 random(seed * 7919);

    Warehouse stepwise("", county()); // in batches of one to nine commits
    bool finished = false;
    for (store::CommitNumber from = 0; from < last;) {
      const store::CommitNumber to = std::min<store::CommitNumber>(last, from + 1 + static_cast<int>(random() % 9));
      stepwise.apply(commits.batch(from, to));
      if (!finished && to > last / 3) { // part of it as a first build, part of it live
        stepwise.finish_build();
        finished = true;
      }
      from = to;
    }
    Warehouse at_once("", county());
    at_once.apply(commits.batch(0, last));
    at_once.finish_build();
    CHECK(stepwise.cursor() == at_once.cursor());

    const std::string what = "seed " + std::to_string(seed);
    for (store::CommitNumber t = 0; t <= last; t += 5)
      check_same(stepwise, at_once, t, what);
    check_same(stepwise, at_once, last, what);
    for (const store::CommitNumber t : {last / 4, last / 2, last}) {
      Warehouse scanned("", county());
      scanned.load_snapshot(test::ScanSnapshot(commits, t), 1);
      check_same(stepwise, scanned, t, what + " scanned");
    }
  }
}

TEST_CASE("the tables say when each last changed") {
  const Commits commits = three_visits();
  Warehouse warehouse("", county());
  warehouse.apply(commits.batch(0, 3));
  CHECK(warehouse.cursor() == 0); // nothing is to be asked of a build that is not finished
  warehouse.finish_build();
  CHECK(warehouse.cursor() == 3);
  CHECK(warehouse.state()->changed.at("institution") == 1);
  CHECK(warehouse.state()->changed.at("visit") == 3);
  warehouse.apply(commits.batch(3, 5));
  CHECK(warehouse.state()->changed.at("visit") == 5); // a removal is a change
  CHECK(warehouse.state()->changed.at("institution") == 1);
}

TEST_CASE("a time names the last commit recorded by then") {
  Commits commits;
  commits.begin("2023-01-01").put(test::organization("a"));
  commits.begin("2023-02-01").put(test::organization("b"));
  Warehouse warehouse("", county());
  warehouse.apply(commits.batch(0, 2));
  warehouse.finish_build();
  const auto at = [](const char* text) { return *base::parse_instant(text); };
  CHECK(warehouse.commit_at(at("2022-12-31T23:59:59+08:00")) == 0);
  CHECK(warehouse.commit_at(at("2023-01-31T00:00:00+08:00")) == 1);
  CHECK(warehouse.commit_at(at("2023-02-01T00:00:02+08:00")) == 2);
}

TEST_CASE("the file is found again as it was left, also in the middle of a build") {
  test::TemporaryDirectory directory;
  const Commits commits = three_visits();
  const auto before = [&] {
    Warehouse warehouse(directory.path().string(), county());
    warehouse.apply(commits.batch(0, 3));
    warehouse.finish_build();
    warehouse.apply(commits.batch(3, 4));
    return rows_of(warehouse, "visit", 4);
  }();
  Warehouse again(directory.path().string(), county());
  CHECK(again.rebuild_reason().empty());
  CHECK(again.cursor() == 4);
  CHECK(rows_of(again, "visit", 4) == before);
  CHECK(again.state()->changed.at("visit") == 4);
  again.apply(commits.batch(4, 5));
  CHECK(rows_of(again, "visit", 5).size() == 1);

  test::TemporaryDirectory other;
  {
    Warehouse half(other.path().string(), county());
    half.apply(commits.batch(0, 4));
  }
  Warehouse resumed(other.path().string(), county());
  resumed.apply(commits.batch(4, 5));
  resumed.finish_build();
  check_same(again, resumed, 3, "resumed");
  check_same(again, resumed, 5, "resumed");
}

TEST_CASE("other shapes are built anew") {
  test::TemporaryDirectory directory;
  const Commits commits = three_visits();
  {
    Warehouse warehouse(directory.path().string(), county());
    warehouse.apply(commits.batch(0, 5));
    warehouse.finish_build();
  }
  auto changed = test::county_catalog();
  changed.forms["visit"].items.push_back(test::item("remark", package::ItemType::string));
  Warehouse warehouse(directory.path().string(), std::make_shared<const package::Catalog>(changed));
  CHECK(warehouse.rebuild_reason() == "the tables' shapes changed");
  CHECK(warehouse.cursor() == 0);
}

TEST_CASE("a reader keeps its moment while a batch lands, and cannot be made to write by an as-of") {
  const Commits commits = three_visits();
  Warehouse warehouse("", county());
  warehouse.apply(commits.batch(0, 3));
  warehouse.finish_build();
  auto reader = warehouse.reader();
  reader->run("begin transaction read only");
  CHECK(Warehouse::read_cursor(*reader) == 3);
  warehouse.apply(commits.batch(3, 5));
  auto then = reader->run("select count(*) from (" + warehouse.table_as_of("visit", 3, 3) + ")");
  REQUIRE(then.next());
  CHECK(then.integer(0) == 2);
  CHECK_THROWS_AS(reader->run("delete from w.visit"), base::Refused);
  reader->run("rollback");
  CHECK(rows_of(warehouse, "visit", 3).size() == 2); // as of then, asked now
}

TEST_CASE("emptied tables are another generation") {
  const Commits commits = three_visits();
  Warehouse warehouse("", county());
  warehouse.apply(commits.batch(0, 5));
  warehouse.finish_build();
  const auto generation = warehouse.state()->generation;
  warehouse.reset();
  CHECK(warehouse.cursor() == 0);
  CHECK(warehouse.state()->generation != generation);
  CHECK(rows_of(warehouse, "visit", 5).empty());
  warehouse.apply(commits.batch(0, 5));
  warehouse.finish_build();
  CHECK(rows_of(warehouse, "visit", 5).size() == 1);
}
