#include "server/feed/feed.h"

#include "server/store/test_support.h"

#include "lib/base/issue.h"

using namespace xinglin;
using namespace xinglin::store::test;

TEST_CASE("feed: each commit once, whole, in order, from where the consumer stood before a restart") {
  TestStore store;
  for (int i = 0; i < 10; i++)
    store->write({create("Basic", "", fmt::format("a{}", i)), create("Basic", "", fmt::format("b{}", i))});
  std::vector<std::string> seen;
  auto drain = [&](size_t batches) {
    feed::Feed feed(*store.store);
    for (size_t i = 0; i < batches; i++) {
      auto batch = feed.read(feed.cursor("test"), 3);
      if (batch.empty()) return;
      CHECK(batch.first == feed.cursor("test") + 1);
      CHECK(batch.versions.back().commit == batch.last);
      for (auto& version : batch.versions)
        seen.push_back(version.id);
      feed.move_cursor("test", batch.last);
    }
  };
  drain(2);
  store.reopen();
  CHECK(feed::Feed(*store.store).cursor("test") == 4);
  CHECK(feed::Feed(*store.store).cursor("another") == 0);
  drain(100);
  REQUIRE(seen.size() == 20);
  for (int i = 0; i < 10; i++) {
    CHECK(seen[static_cast<size_t>(2 * i)] == fmt::format("a{}", i));
    CHECK(seen[static_cast<size_t>(2 * i + 1)] == fmt::format("b{}", i));
  }
  CHECK_FALSE(feed::Feed(*store.store).wait(10, 1));
  CHECK(feed::Feed(*store.store).read(10).empty());
}

TEST_CASE("feed: a cursor that is no number is told, not taken for the beginning") {
  TestStore store;
  store->set_note("feed.cursor.test", "12x");
  CHECK_THROWS_AS(feed::Feed(*store.store).cursor("test"), base::Refused);
}
