#include "lib/sql/sqlite.h"

#include "tests/support/data.h"

#include <doctest/doctest.h>

using namespace xinglin;
using sql::Sqlite;
using sql::SqliteError;

TEST_CASE("sqlite: what is bound comes back, also nothing, bytes and the ends of the number range") {
  test::TemporaryDirectory directory;
  Sqlite db(directory.path() / "a.db", Sqlite::Mode::create);
  db.execute("CREATE TABLE x(a INTEGER, b TEXT, c BLOB, d REAL) STRICT");
  std::string bytes("\0\xff\x01", 3);
  db.query("INSERT INTO x VALUES(?,?,NULL,?)", INT64_MIN, "杏林", 1.5).run();
  {
    auto insert = db.query("INSERT INTO x VALUES(?,?,?,?)", INT64_MAX, std::string_view());
    insert.bind_blob(bytes).bind_null().run();
  }
  auto read = db.query("SELECT a, b, c, d FROM x ORDER BY a");
  REQUIRE(read.step());
  CHECK(read.whole(0) == INT64_MIN);
  CHECK(read.text(1) == "杏林");
  CHECK(read.real(3) == 1.5);
  REQUIRE(read.step());
  CHECK(read.whole(0) == INT64_MAX);
  CHECK(read.text(1).empty());
  CHECK_FALSE(read.is_null(1));
  CHECK(read.text(2) == bytes);
  CHECK(read.is_null(3));
  CHECK_FALSE(read.step());
}

TEST_CASE("sqlite: the same text may run inside itself") {
  test::TemporaryDirectory directory;
  Sqlite db(directory.path() / "a.db", Sqlite::Mode::create);
  db.execute("CREATE TABLE x(a INTEGER) STRICT; INSERT INTO x VALUES(1),(2)");
  int pairs = 0;
  auto outer = db.query("SELECT a FROM x");
  while (outer.step()) {
    auto inner = db.query("SELECT a FROM x");
    while (inner.step())
      pairs++;
  }
  CHECK(pairs == 4);
}

TEST_CASE("sqlite: more texts than are kept, while one of them runs") {
  test::TemporaryDirectory directory;
  Sqlite db(directory.path() / "a.db", Sqlite::Mode::create);
  auto running = db.query("VALUES(1),(2)");
  REQUIRE(running.step());
  for (size_t i = 0; i < Sqlite::k_statements_kept_max + 10; i++)
    CHECK(db.whole("SELECT " + std::to_string(i)) == static_cast<int64_t>(i));
  CHECK(running.step());
}

TEST_CASE("sqlite: errors carry code and text") {
  test::TemporaryDirectory directory;
  CHECK_THROWS_AS(Sqlite(directory.path() / "none.db", Sqlite::Mode::read_write), SqliteError);
  Sqlite db(directory.path() / "a.db", Sqlite::Mode::create);
  CHECK_THROWS_WITH_AS(db.execute("SELECT * FROM absent"), doctest::Contains("no such table"), SqliteError);
  db.execute("CREATE TABLE x(a TEXT) STRICT; PRAGMA max_page_count=8");
  try {
    db.query("INSERT INTO x VALUES(?)", std::string(1 << 20, 'x')).run();
    FAIL("a full database took more");
  } catch (const SqliteError& error) {
    CHECK(error.is_full());
  }
}
