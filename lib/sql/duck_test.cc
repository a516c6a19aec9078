#include "lib/sql/duck.h"

#include "tests/support/data.h"

#include <doctest/doctest.h>

#include <fstream>

using namespace xinglin;
using sql::DuckConnection;
using sql::DuckInstance;
using sql::DuckType;

namespace {

std::unique_ptr<DuckConnection> in_memory() {
  return std::make_unique<DuckConnection>(DuckInstance::open({}));
}

base::Issue first_issue(DuckConnection& connection, const std::string& sql, base::Refusal* kind = nullptr) {
  try {
    connection.prepare_select(sql).execute();
  } catch (const base::Refused& refused) {
    if (kind) *kind = refused.kind();
    return refused.issues().front();
  }
  FAIL("not refused: " << sql);
  return {};
}

} // namespace

TEST_CASE("cells come back exactly as they were written") {
  auto connection = in_memory();
  auto result = connection->run(
      "select true, 42::tinyint, (-9223372036854775808)::bigint, 170141183460469231731687303715884105727::hugeint, "
      "12.50::decimal(4,2), 0.000001::decimal(38,6), date '2024-02-29', timestamp '2023-05-01 08:30:00.25', "
      "'张三 a long text that is not kept inline', null");
  REQUIRE(result.next());
  CHECK(result.text(0) == "true");
  CHECK(result.integer(1) == 42);
  CHECK(result.text(2) == "-9223372036854775808");
  CHECK_THROWS_AS(result.integer(3), base::Refused);
  CHECK_THROWS_AS(result.decimal(3), base::Refused);
  CHECK(result.text(3) == "170141183460469231731687303715884105727");
  CHECK(result.text(4) == "12.50");
  CHECK(result.decimal(4).to_string() == "12.50");
  CHECK(result.decimal(5).to_string() == "0.000001");
  CHECK(result.date(6).to_string() == "2024-02-29");
  CHECK(result.text(7) == "2023-05-01 08:30:00.250000");
  CHECK(result.view(8) == "张三 a long text that is not kept inline");
  CHECK(result.is_null(9));
  CHECK(result.text(9).empty());
  CHECK_FALSE(result.next());
}

TEST_CASE("dates before 1970 and times before midnight keep their day") {
  auto connection = in_memory();
  auto result = connection->run("select date '1949-10-01', timestamp '1969-12-31 23:59:59'");
  REQUIRE(result.next());
  CHECK(result.text(0) == "1949-10-01");
  CHECK(result.text(1) == "1969-12-31 23:59:59");
}

TEST_CASE("column names and types are known before the query runs") {
  auto connection = in_memory();
  auto statement =
      connection->prepare_select("select 1 as a, 1.5::decimal(9,3) as b, 2.0::double as c, now()::date as d");
  const auto& columns = statement.columns();
  REQUIRE(columns.size() == 4);
  CHECK(columns[0].name == "a");
  CHECK(columns[0].type == DuckType::integer);
  CHECK(columns[1].type == DuckType::decimal);
  CHECK(columns[1].scale == 3);
  CHECK(columns[1].sql_type == "DECIMAL(9,3)");
  CHECK(columns[2].type == DuckType::floating);
  CHECK(columns[3].type == DuckType::date);
}

TEST_CASE("parameters are bound by position") {
  auto connection = in_memory();
  auto statement = connection->prepare_select("select $1::date + 1, $2::varchar, $3::bigint, $4::boolean, $5::varchar");
  CHECK(statement.parameters() == 5);
  statement.bind(1, *base::Date::parse("2023-12-31"));
  statement.bind(2, "it's");
  statement.bind(3, int64_t{7});
  statement.bind(4, true);
  statement.bind_null(5);
  auto result = statement.execute();
  REQUIRE(result.next());
  CHECK(result.text(0) == "2024-01-01");
  CHECK(result.text(1) == "it's");
  CHECK(result.integer(2) == 7);
  CHECK(result.boolean(3));
  CHECK(result.is_null(4));
  CHECK_THROWS_AS(statement.bind(9, "none"), base::Refused);
}

TEST_CASE("an error says where in the SQL it is") {
  auto connection = in_memory();
  connection->run("create table stay(days integer)");
  SUBCASE("unknown column on the second line") {
    const auto issue = first_issue(*connection, "select 1 as a,\n   dayz\nfrom stay");
    CHECK(issue.line == 2);
    CHECK(issue.column == 4);
    CHECK(issue.text.find("dayz") != std::string::npos);
    CHECK(issue.text.find("LINE") == std::string::npos);
  }
  SUBCASE("syntax") {
    const auto issue = first_issue(*connection, "select days form stay where");
    CHECK(issue.line == 1);
    CHECK(issue.column == 18);
  }
  SUBCASE("far along a long line that is shown shortened") {
    const std::string sql =
        "select " + std::string(200, ' ') + "'x' as a, nothing as b" + std::string(200, ' ') + " from stay";
    CHECK(first_issue(*connection, sql).column == 218);
  }
  SUBCASE("after Chinese text, counted in bytes") {
    const std::string sql = "select '出院人次' as a, nothing from stay";
    CHECK(first_issue(*connection, sql).column == static_cast<int>(sql.find("nothing")) + 1);
  }
  SUBCASE("unknown table") {
    base::Refusal kind{};
    const auto issue = first_issue(*connection, "select * from stays", &kind);
    CHECK(kind == base::Refusal::invalid);
    CHECK(issue.column == 15);
  }
}

TEST_CASE("author's SQL reaches no file, no extension, no setting and changes nothing") {
  test::TemporaryDirectory directory;
  const std::string file = (directory.path() / "secret.csv").string();
  std::ofstream(file) << "a,b\n1,2\n";
  auto connection = in_memory();
  connection->run("create table stay(days integer)");
  CHECK_THROWS_AS(connection->prepare_select("select * from read_csv('" + file + "')"), base::Refused);
  CHECK_THROWS_AS(connection->prepare_select("select * from '" + file + "'"), base::Refused);
  CHECK_THROWS_AS(connection->prepare_select("insert into stay values (1)"), base::Refused);
  CHECK_THROWS_AS(connection->prepare_select("select 1; drop table stay"), base::Refused);
  CHECK_THROWS_AS(connection->prepare_select("copy stay to '" + file + "'"), base::Refused);
  CHECK_THROWS_AS(connection->run("set threads = 1"), base::Refused);
  CHECK_THROWS_AS(connection->run("set enable_external_access = true"), base::Refused);
  CHECK_THROWS_AS(connection->run("install fts"), base::Refused);
  CHECK_THROWS_AS(connection->run("attach '" + (directory.path() / "other.duckdb").string() + "'"), base::Refused);
  CHECK(connection->run("select count(*) from stay").next());
}

TEST_CASE("the appender keeps values and nulls over many chunks, within the transaction") {
  auto connection = in_memory();
  connection->run("create schema w; create table w.x(a varchar, b integer, c bigint, d decimal(38,6), e decimal(4,1), "
                  "f boolean, g date, h timestamp)");
  constexpr int k_rows = 5000;
  connection->run("begin");
  {
    sql::DuckAppender appender(*connection, "w", "x");
    CHECK(appender.columns() == 8);
    for (int i = 0; i < k_rows; ++i) {
      if (i % 7 == 3) {
        for (int c = 0; c < 8; ++c)
          appender.null();
      } else {
        appender.text("row " + std::to_string(i));
        appender.integer(i);
        appender.integer(int64_t{i} << 33);
        appender.scaled(static_cast<base::Int128>(i) * 1'000'001);
        appender.scaled(i % 1000);
        appender.boolean(i % 2 == 0);
        appender.date(base::Date::from_days(i));
        appender.timestamp_micros(int64_t{i} * 1'000'000);
      }
      appender.end_row();
    }
    appender.close();
  }
  auto result = connection->run("select * from w.x order by c nulls last");
  int seen = 0, last = -1;
  while (result.next() && !result.is_null(0)) {
    const int i = static_cast<int>(result.integer(1));
    CHECK(i > last);
    last = i;
    if (i % 1000 == 1) {
      CHECK(result.view(0) == "row " + std::to_string(i));
      CHECK(result.integer(2) == int64_t{i} << 33);
      CHECK(result.decimal(3) == base::Decimal::from_parts(static_cast<base::Int128>(i) * 1'000'001, 6));
      CHECK(result.decimal(4) == base::Decimal::from_parts(i % 1000, 1));
      CHECK(result.boolean(5) == (i % 2 == 0));
      CHECK(result.date(6).days() == i);
    }
    ++seen;
  }
  CHECK(seen == k_rows - 714);
  connection->run("rollback");
  auto after = connection->run("select count(*) from w.x");
  REQUIRE(after.next());
  CHECK(after.integer(0) == 0);
}

TEST_CASE("a file that is no database is refused as unavailable") {
  test::TemporaryDirectory directory;
  const std::string file = (directory.path() / "w.duckdb").string();
  std::ofstream(file) << "this is not a database, but it is long enough to look like a file of one\n";
  try {
    DuckInstance::open({.path = file, .threads = 0, .memory_limit = {}});
    FAIL("opened");
  } catch (const base::Refused& refused) {
    CHECK(refused.kind() == base::Refusal::unavailable);
    CHECK(std::string(refused.what()).find("w.duckdb") != std::string::npos);
  }
}

TEST_CASE("rows changed are counted") {
  auto connection = in_memory();
  connection->run("create table x as select i from range(10) r(i)");
  CHECK(connection->run("delete from x where i < 3").rows_changed() == 3);
}
