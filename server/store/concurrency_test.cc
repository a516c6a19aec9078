// Many at once: group commit, races for the same condition and the same version, readers beside writers.

#include "server/store/test_support.h"

#include "lib/fhir/json.h"

#include <algorithm>
#include <set>
#include <thread>

using namespace xinglin;
using namespace xinglin::store;
using namespace xinglin::store::test;
using base::Refusal;

namespace {

template <typename Work> void in_threads(int count, Work work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; i++)
    threads.emplace_back([=] { work(i); });
  for (auto& thread : threads)
    thread.join();
}

} // namespace

TEST_CASE("store: eight writers at once: commits without gaps, everything acknowledged is there") {
  TestStore store;
  constexpr int k_threads = 8, k_transactions = 40;
  std::mutex mutex;
  std::set<CommitNumber> commits;
  std::vector<std::string> ids;
  in_threads(k_threads, [&](int thread) {
    for (int i = 0; i < k_transactions; i++) {
      auto receipt = store->write(
          {create("Basic", fmt::format(R"("code":{{"text":"{}.{}"}})", thread, i)), create("Patient", "")});
      // What is acknowledged is visible to whoever asks next.
      CHECK(store->last_commit() >= receipt.commit);
      CHECK(store->snapshot()->read("Basic", receipt.outcomes[0].id));
      std::lock_guard lock(mutex);
      commits.insert(receipt.commit);
      for (auto& outcome : receipt.outcomes)
        ids.push_back(outcome.type + "/" + outcome.id);
    }
  });
  constexpr int k_all = k_threads * k_transactions;
  CHECK(commits.size() == k_all);
  CHECK(*commits.begin() == 1);
  CHECK(*commits.rbegin() == k_all);
  store.reopen();
  std::set<std::string> seen;
  CommitNumber last = 0;
  for (const Version& version : store->changes(0, 1'000'000)) {
    CHECK((version.commit == last || version.commit == last + 1));
    last = version.commit;
    seen.insert(version.reference());
  }
  CHECK(last == k_all);
  CHECK(seen.size() == ids.size());
  for (const std::string& id : ids)
    CHECK(seen.contains(id));
}

TEST_CASE("store: of eight who create under the same condition one succeeds, the others find it") {
  for (size_t group : {size_t{1}, size_t{128}}) {
    TestStore store(Options{.directory = {}, .zone = {}, .group_transactions_max = group});
    std::atomic<int> created = 0, existed = 0;
    std::set<std::string> ids;
    std::mutex mutex;
    in_threads(8, [&](int) {
      for (int i = 0; i < 10; i++) {
        Write write = create("Patient", fmt::format(R"("identifier":[{{"system":"urn:a","value":"{}"}}])", i));
        write.if_none_exist = fmt::format("identifier=urn:a|{}", i);
        auto receipt = store->write({write});
        (receipt.outcomes[0].what == Outcome::What::created ? created : existed)++;
        std::lock_guard lock(mutex);
        ids.insert(receipt.outcomes[0].id);
      }
    });
    CHECK(created == 10);
    CHECK(existed == 70);
    CHECK(ids.size() == 10);
    CHECK(store->snapshot()->count("Patient") == 10);
  }
}

TEST_CASE("store: no change is lost between readers who change what they have read") {
  TestStore store;
  store->write({create("Basic", R"("code":{"text":"0"})", "counter")});
  in_threads(8, [&](int) {
    for (int i = 0; i < 10;) {
      auto version = *store->snapshot()->read("Basic", "counter");
      auto document = fhir::Document::parse(version.json);
      int value = std::stoi(std::string(document.root()["code"]["text"].text()));
      try {
        store->write(
            {update("Basic", "counter", fmt::format(R"("code":{{"text":"{}"}})", value + 1), version.version)});
        i++;
      } catch (const base::Refused& refused) {
        CHECK(refused.kind() == Refusal::precondition_failed);
      }
    }
  });
  auto version = *store->snapshot()->read("Basic", "counter");
  CHECK(version.json.find(R"("text":"80")") != std::string::npos);
  CHECK(version.version == 81);
}

TEST_CASE("store: updates without If-Match from many leave an index that agrees with the records") {
  TestStore store;
  in_threads(8, [&](int thread) {
    for (int i = 0; i < 20; i++)
      store->write(
          {update("Patient", fmt::format("p{}", i % 5),
                  fmt::format(R"("gender":"{}","name":[{{"family":"f{}"}}])", thread % 2 ? "male" : "female", i))});
  });
  auto now = store->snapshot();
  for (int i = 0; i < 5; i++) {
    auto version = *now->read("Patient", fmt::format("p{}", i));
    bool is_male = version.json.find("\"male\"") != std::string::npos;
    CHECK(now->search("Patient", fmt::format("_id=p{}&gender={}", i, is_male ? "male" : "female")).matches.size() == 1);
    CHECK(now->search("Patient", fmt::format("_id=p{}&gender={}", i, is_male ? "female" : "male")).matches.empty());
  }
  CHECK(now->search("Patient", "gender=male,female&_total=accurate").total == 5);
  size_t families = 0;
  for (int i = 0; i < 20; i++)
    families += now->search("Patient", fmt::format("family:exact=f{}", i)).matches.size();
  CHECK(families == 5);
}

TEST_CASE("store: a reader sees transactions whole and its own moment only") {
  TestStore store;
  auto pair = [&](int value) {
    std::string members = fmt::format(R"("gender":"{}")", value % 2 ? "male" : "female");
    return std::vector<Write>{update("Patient", "a", members), update("Patient", "b", members)};
  };
  store->write(pair(0));
  std::atomic<bool> is_over = false;
  std::thread writer([&] {
    for (int i = 1; i <= 100; i++)
      store->write(pair(i));
    is_over = true;
  });
  int looked = 0;
  while (!is_over || looked < 20) {
    auto snapshot = store->snapshot();
    auto a = snapshot->read("Patient", "a");
    auto matches = snapshot->search("Patient", "gender=male&_count=10").matches.size();
    auto b = snapshot->read("Patient", "b");
    CHECK(a->version == b->version);
    CHECK(a->commit == b->commit);
    CHECK(a->commit <= snapshot->commit());
    CHECK(matches == (a->json.find("\"male\"") != std::string::npos ? 2 : 0));
    looked++;
  }
  writer.join();
}

TEST_CASE("store: parameters asked for the first time by many, while others write") {
  TestStore store;
  std::vector<Write> writes;
  for (int i = 0; i < 300; i++)
    writes.push_back(create("Patient",
                            fmt::format(R"("active":{},"address":[{{"city":"c{}"}}])", i % 2 ? "true" : "false", i % 7),
                            fmt::format("p{:03}", i)));
  store->write(writes);
  in_threads(6, [&](int thread) {
    if (thread < 2) {
      for (int i = 0; i < 30; i++)
        store->write(
            {update("Patient", fmt::format("p{:03}", i * 2 + thread), R"("active":true,"address":[{"city":"new"}])")});
      return;
    }
    const char* query = thread % 2 ? "active=true&_count=0" : "address-city=c1,c2,c3,c4,c5,c6,c0,new&_count=0";
    for (int i = 0; i < 10; i++) {
      auto total = *store->snapshot()->search("Patient", query).total;
      if (thread % 2)
        CHECK((total >= 150 && total <= 180));
      else
        CHECK(total == 300);
    }
  });
  auto now = store->snapshot();
  CHECK(now->search("Patient", "address-city=new&_count=0").total == 60);
  CHECK(now->search("Patient", "active=true&_count=0").total == 180);
}
