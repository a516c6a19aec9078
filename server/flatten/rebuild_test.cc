// The tables and their file over a real store: caught up, damaged, lost, restored.

#include "lib/sql/duck.h"
#include "server/flatten/test_records.h"
#include "server/flatten/warehouse.h"
#include "tests/support/data.h"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace xinglin;
using flatten::Warehouse;
namespace fs = std::filesystem;

namespace {

std::shared_ptr<const package::Catalog> county() {
  return std::make_shared<const package::Catalog>(test::county_catalog());
}

store::Write put(const std::string& type, const std::string& id, const std::string& json) {
  store::Write write;
  write.kind = store::Write::Kind::update;
  write.type = type;
  write.id = id;
  write.json = json;
  return write;
}

/// Commits `count` visits, one a commit, after an organisation and a patient.
void fill(store::Store& store, int from, int count) {
  if (from == 0)
    store.write({put("Organization", "h1", test::organization("h1")),
                 put("Patient", "p1", R"({"resourceType":"Patient","id":"p1"})")});
  for (int i = from; i < from + count; ++i) {
    const std::string id = "v" + std::to_string(i);
    store.write(
        {put("QuestionnaireResponse", id,
             test::response("visit", id, "Patient/p1", "h1", {test::date_answer("visited_on", "2023-05-01")}))});
  }
}

int64_t visits(const Warehouse& warehouse) {
  auto connection = warehouse.reader();
  auto result = connection->run("select count(*) from w.visit");
  result.next();
  return result.integer(0);
}

struct House {
  test::TemporaryDirectory directory;
  std::unique_ptr<store::Store> store = store::Store::open({.directory = directory.path().string(), .zone = {}});
  feed::Feed feed{*store};
  std::string file() const { return (directory.path() / "warehouse.duckdb").string(); }
  std::unique_ptr<Warehouse> open() const { return std::make_unique<Warehouse>(directory.path().string(), county()); }
};

/// Leaves the file with its write-ahead log, as a killed process does.
void die_after(const std::function<void()>& work) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    try {
      work();
    } catch (...) {
      _exit(9);
    }
    raise(SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  REQUIRE(WIFSIGNALED(status));
}

void overwrite(const std::string& file, size_t from, size_t count, char with) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(static_cast<std::streamoff>(from));
  for (size_t i = 0; i < count; ++i)
    stream.put(with);
}

} // namespace

TEST_CASE("catch_up brings in what the store has, tells how far it is, and does nothing twice") {
  House house;
  fill(*house.store, 0, 5);
  auto warehouse = house.open();
  std::vector<store::CommitNumber> told;
  warehouse->catch_up(house.feed, [&](flatten::Progress progress) {
    told.push_back(progress.done);
    CHECK(progress.last == 6);
  });
  CHECK(told == std::vector<store::CommitNumber>{6});
  CHECK(warehouse->cursor() == 6);
  CHECK(warehouse->epoch() == house.store->epoch());
  CHECK(visits(*warehouse) == 5);
  told.clear();
  warehouse->catch_up(house.feed, [&](flatten::Progress progress) { told.push_back(progress.done); });
  CHECK(told.empty());
  fill(*house.store, 5, 2);
  warehouse->catch_up(house.feed);
  CHECK(visits(*warehouse) == 7);
}

TEST_CASE("an empty store leaves nothing to ask for, and is no error") {
  House house;
  auto warehouse = house.open();
  warehouse->catch_up(house.feed);
  CHECK(warehouse->cursor() == 0);
  CHECK(warehouse->epoch() == house.store->epoch());
}

TEST_CASE("work that is interrupted between batches goes on where it was") {
  House house;
  fill(*house.store, 0, 3);
  {
    auto warehouse = house.open();
    struct Stop {};
    CHECK_THROWS_AS(warehouse->catch_up(house.feed, [](flatten::Progress) { throw Stop(); }), Stop);
  }
  auto warehouse = house.open();
  warehouse->catch_up(house.feed);
  CHECK(warehouse->cursor() == 4);
  CHECK(visits(*warehouse) == 3);
}

TEST_CASE("a killed process leaves whole batches") {
  House house;
  fill(*house.store, 0, 4);
  {
    house.open()->catch_up(house.feed);
  }
  fill(*house.store, 4, 4);
  const feed::Batch more = house.feed.read(5);
  die_after([&] {
    auto* warehouse = new Warehouse(house.directory.path().string(), county()); // never closed
    warehouse->apply(more);
  });
  CHECK(fs::exists(house.file() + ".wal"));
  auto warehouse = house.open();
  CHECK(warehouse->rebuild_reason().empty());
  CHECK(warehouse->cursor() == 9);
  CHECK(visits(*warehouse) == 8);
}

TEST_CASE("a damaged log is laid aside: the last checkpoint, then the feed again") {
  for (const bool zero_tail : {false, true}) {
    CAPTURE(zero_tail);
    House house;
    fill(*house.store, 0, 4);
    {
      house.open()->catch_up(house.feed);
    }
    fill(*house.store, 4, 4);
    const feed::Batch more = house.feed.read(5);
    die_after([&] {
      auto* warehouse = new Warehouse(house.directory.path().string(), county()); // never closed
      warehouse->apply(more);
    });
    const std::string log = house.file() + ".wal";
    const size_t size = fs::file_size(log);
    REQUIRE(size > 200);
    if (zero_tail)
      overwrite(log, size - 100, 100, '\0');
    else
      overwrite(log, size / 2, 1, '\x5a');
    auto warehouse = house.open();
    warehouse->catch_up(house.feed);
    CHECK(warehouse->cursor() == 9);
    CHECK(visits(*warehouse) == 8);
  }
}

TEST_CASE("a damaged or lost file is built anew from the records") {
  House house;
  fill(*house.store, 0, 6);
  {
    house.open()->catch_up(house.feed);
  }
  SUBCASE("its head") {
    overwrite(house.file(), 0, 4096, '\x5a');
  }
  SUBCASE("its middle") {
    overwrite(house.file(), 12288, static_cast<size_t>(fs::file_size(house.file())) - 12288, '\x5a');
  }
  SUBCASE("cut off") {
    fs::resize_file(house.file(), fs::file_size(house.file()) / 2);
  }
  SUBCASE("another thing altogether") {
    std::ofstream(house.file(), std::ios::trunc) << "not a database at all";
  }
  SUBCASE("a database of somebody else") {
    fs::remove(house.file());
    sql::DuckConnection(sql::DuckInstance::open({.path = house.file(), .threads = 0, .memory_limit = {}}))
        .run("create table mine(a integer)");
  }
  SUBCASE("gone") {
    fs::remove(house.file());
  }
  auto warehouse = house.open();
  warehouse->catch_up(house.feed);
  CHECK(warehouse->cursor() == 7);
  CHECK(visits(*warehouse) == 6);
}

TEST_CASE("a file in another process's hands is refused, not replaced") {
  int ready[2], done[2];
  REQUIRE(pipe(ready) == 0);
  REQUIRE(pipe(done) == 0);
  const pid_t child = fork(); // while this process has no other threads
  if (child == 0) {
    char path[4096] = {}; // told when there is something to open
    char byte = 0;
    if (read(done[0], path, sizeof path - 1) <= 0) _exit(7);
    {
      Warehouse other(path, county());
      if (write(ready[1], "r", 1) != 1 || read(done[0], &byte, 1) != 1) _exit(8);
    }
    _exit(0);
  }
  House house;
  fill(*house.store, 0, 2);
  {
    house.open()->catch_up(house.feed);
  }
  const std::string path = house.directory.path().string();
  REQUIRE(write(done[1], path.data(), path.size()) == static_cast<ssize_t>(path.size()));
  char byte = 0;
  REQUIRE(read(ready[0], &byte, 1) == 1);
  try {
    house.open();
    FAIL("opened");
  } catch (const base::Refused& refused) {
    CHECK(refused.kind() == base::Refusal::busy);
  }
  REQUIRE(write(done[1], "d", 1) == 1);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK(visits(*house.open()) == 2);
}

TEST_CASE("a store that stands before the tables is another truth") {
  House house;
  fill(*house.store, 0, 6);
  auto warehouse = house.open();
  warehouse->catch_up(house.feed);
  test::TemporaryDirectory other_directory;
  const auto other = store::Store::open({.directory = other_directory.path().string(), .zone = {}});
  fill(*other, 0, 2);
  warehouse->catch_up(feed::Feed(*other));
  CHECK(warehouse->cursor() == 3);
  CHECK(visits(*warehouse) == 2);
  CHECK(warehouse->rebuild_reason().find("restored") != std::string::npos);
}
