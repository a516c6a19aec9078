// What must not happen when things break: processes killed, disks full, directories that are not ours.

#include "server/store/schema.h"
#include "server/store/test_support.h"

#include <fstream>
#include <map>
#include <random>
#include <set>
#include <thread>

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace xinglin;
using namespace xinglin::store;
using namespace xinglin::store::test;
using base::Refusal;
namespace fs = std::filesystem;

namespace {

/// Runs in a process of its own and returns its exit code.
template <typename Work> int in_child(Work work) {
  pid_t child = fork();
  if (child == 0) _exit(work());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Refusal refusal_at_open(const fs::path& directory, bool create = true) {
  Options options;
  options.directory = directory;
  options.create = create;
  auto refused = refusal_of([&] { Store::open(options); });
  CHECK(std::string(refused.what()).find(directory.string()) != std::string::npos);
  return refused.kind();
}

void execute(const fs::path& file, const char* sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
  CHECK(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
}

/// Letters and digits that do not compress to much less.
std::string noise(size_t bytes, int seed) {
  std::mt19937 random(static_cast<unsigned>(seed));
  std::string text;
  while (text.size() < bytes)
    text += fmt::format("{:08x}", random());
  return text;
}

/// Four clients that load bundles of three and say each acknowledged one to `pipe`, until they are killed.
[[noreturn]] void load_until_killed(const fs::path& directory, int pipe, int round) {
  Options options;
  options.directory = directory;
  auto store = Store::open(options);
  auto client = [&](int thread) {
    for (int i = 0;; i++) {
      std::string name = fmt::format("r{}-t{}-n{}", round, thread, i);
      store->write(
          {create("Patient", "", name),
           create("Encounter", fmt::format(R"("status":"finished","subject":{{"reference":"Patient/{}"}})", name),
                  name),
           create(
               "Observation",
               fmt::format(
                   R"("status":"final","subject":{{"reference":"Patient/{0}"}},"encounter":{{"reference":"Encounter/{0}"}})",
                   name),
               name)});
      name += '\n';
      if (write(pipe, name.data(), name.size()) < 0) _exit(3);
    }
  };
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; i++)
    clients.emplace_back(client, i);
  for (auto& each : clients)
    each.join();
  _exit(0);
}

} // namespace

TEST_CASE("store: killed at random moments, every acknowledged bundle is there whole, no other in part") {
  xinglin::test::TemporaryDirectory directory;
  fs::path data = directory.path() / "data";
  std::set<std::string> acknowledged;
  std::mt19937 random(std::random_device{}());
  constexpr int k_rounds = 12;
  for (int round = 0; round < k_rounds; round++) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      load_until_killed(data, ends[1], round);
    }
    close(ends[1]);
    // From before anything is written to well into it.
    std::thread killer([&, wait = random() % 400] {
      usleep(static_cast<useconds_t>(wait * 1000));
      kill(child, SIGKILL);
    });
    std::string heard;
    char buffer[4096];
    for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;)
      heard.append(buffer, static_cast<size_t>(got));
    close(ends[0]);
    killer.join();
    waitpid(child, nullptr, 0);
    for (size_t from = 0, end; (end = heard.find('\n', from)) != std::string::npos; from = end + 1)
      acknowledged.insert(heard.substr(from, end - from));

    Options options;
    options.directory = data;
    auto store = Store::open(options);
    std::map<std::string, int> parts;
    CommitNumber last = 0;
    for (const Version& version : store->changes(0, 1'000'000'000)) {
      CHECK((version.commit == last || version.commit == last + 1));
      last = version.commit;
      parts[version.id]++;
    }
    CHECK(last == store->last_commit());
    for (auto& [name, count] : parts)
      CHECK_MESSAGE(count == 3, name);
    auto now = store->snapshot();
    for (const std::string& name : acknowledged) {
      CHECK_MESSAGE(parts.contains(name), name);
      CHECK(now->read("Observation", name));
    }
    // The index died with the records and came back with them.
    CHECK(now->search("Encounter", "status=finished&_count=0").total == static_cast<int64_t>(parts.size()));
    CHECK(now->count("Patient") == static_cast<int64_t>(parts.size()));
  }
  CHECK(!acknowledged.empty());
}

TEST_CASE("store: a directory holds one process at a time") {
  TestStore store;
  std::string directory = store.options.directory;
  CHECK(refusal_at_open(directory) == Refusal::busy);
  CHECK(in_child([&] {
          try {
            Options options;
            options.directory = directory;
            Store::open(options);
            return 1;
          } catch (const base::Refused& refused) {
            bool names_holder = std::string(refused.what()).find(std::to_string(getppid())) != std::string::npos;
            return refused.kind() == Refusal::busy && names_holder ? 0 : 2;
          }
        }) == 0);
  store.store.reset();
  CHECK(in_child([&] {
          Options options;
          options.directory = directory;
          return Store::open(options)->last_commit() == 0 ? 0 : 1;
        }) == 0);
  store.open();
}

TEST_CASE("store: directories that cannot be used are refused with the reason, and left as they were") {
  xinglin::test::TemporaryDirectory directory;
  std::ofstream(directory.path() / "file") << "text";
  CHECK(refusal_at_open(directory.path() / "file") == Refusal::unavailable);
  CHECK(refusal_at_open(directory.path() / "file" / "below") == Refusal::unavailable);
  CHECK(refusal_at_open(directory.path() / "absent", false) == Refusal::unavailable);
  CHECK_FALSE(fs::exists(directory.path() / "absent"));

  fs::create_directory(directory.path() / "foreign");
  std::ofstream(directory.path() / "foreign" / "records.db") << std::string(10'000, 'x');
  CHECK(refusal_at_open(directory.path() / "foreign") == Refusal::unavailable);
  fs::create_directory(directory.path() / "other");
  execute(directory.path() / "other" / "records.db", "CREATE TABLE x(a)");
  CHECK(refusal_at_open(directory.path() / "other") == Refusal::unavailable);
}

TEST_CASE("store: a directory of a newer version of the program is refused and not touched") {
  TestStore store;
  store->write({create("Patient", "", "p")});
  store.store.reset();
  fs::path file = fs::path(store.options.directory) / "records.db";
  execute(file, "PRAGMA user_version=1000; PRAGMA wal_checkpoint(TRUNCATE)");
  auto size = fs::file_size(file);
  CHECK(refusal_at_open(store.options.directory) == Refusal::unsupported);
  CHECK(fs::file_size(file) == size);
  execute(file, fmt::format("PRAGMA user_version={}", schema_steps().size()).c_str());
  store.open();
  CHECK(store->snapshot()->read("Patient", "p"));
}

TEST_CASE("store: full: the write is refused whole, reading goes on, and so does writing once there is room") {
  TestStore store(Options{.directory = {}, .zone = {}, .bytes_max = 1'500'000});
  auto bundle = [](int i) {
    std::string padding = noise(20'000, i);
    return std::vector<Write>{
        create("Patient", "", fmt::format("p{}", i)),
        create("Basic", fmt::format(R"("code":{{"text":"{}"}},"subject":{{"reference":"Patient/p{}"}})", padding, i),
               fmt::format("b{}", i))};
  };
  int written = 0;
  bool is_full = false;
  for (; written < 1000 && !is_full; written += !is_full) {
    try {
      store->write(bundle(written));
    } catch (const base::Refused& refused) {
      CHECK(refused.kind() == Refusal::unavailable);
      CHECK(std::string(refused.what()).find("full") != std::string::npos);
      is_full = true;
    }
  }
  REQUIRE(is_full);
  REQUIRE(written > 5);
  CHECK(store->last_commit() == written);
  CHECK_FALSE(store->snapshot()->read("Patient", fmt::format("p{}", written)));
  CHECK(store->snapshot()->count("Patient") == written);
  CHECK(store->snapshot()->count("Basic") == written);
  CHECK_THROWS_AS(store->write(bundle(written)), base::Refused);
  store.options.bytes_max = 0;
  store.reopen();
  CHECK(store->write(bundle(written)).commit == written + 1);
}

TEST_CASE("store: a disk that refuses for a while: nothing half done, and it goes on by itself") {
  // A limit on the size of files stands for the full disk: it can be lifted again while the store is open. It is a
  // limit of the process, so the test has one of its own.
  int code = in_child([] {
    signal(SIGXFSZ, SIG_IGN);
    TestStore store;
    auto bundle = [&](int i) {
      std::string padding = noise(50'000, i);
      return std::vector<Write>{
          create("Patient", "", fmt::format("p{}", i)),
          create("Basic", fmt::format(R"("code":{{"text":"{}"}})", padding), fmt::format("b{}", i))};
    };
    rlimit limit{};
    getrlimit(RLIMIT_FSIZE, &limit);
    rlimit small = limit;
    small.rlim_cur = 2'000'000;
    setrlimit(RLIMIT_FSIZE, &small);
    int written = 0, refusals = 0;
    for (int i = 0; i < 200 && refusals < 3; i++) {
      try {
        store->write(bundle(i));
        written++;
      } catch (const base::Refused& refused) {
        if (refused.kind() != Refusal::unavailable) return 1;
        refusals++;
      }
    }
    if (refusals != 3) return 2;
    if (store->last_commit() != written) return 3;
    if (store->snapshot()->count("Patient") != written || store->snapshot()->count("Basic") != written) return 4;
    setrlimit(RLIMIT_FSIZE, &limit);
    if (store->write(bundle(1000)).commit != written + 1) return 5;
    store.reopen();
    if (store->last_commit() != written + 1) return 6;
    if (store->snapshot()->search("Patient", "_summary=count").total != written + 1) return 7;
    return 0;
  });
  CHECK(code == 0);
}
