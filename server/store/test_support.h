#pragma once
// What the tests of the store share: a store in a directory of its own, short ways to write, and a clock to turn.

#include "server/store/store.h"

#include "tests/support/data.h"

#include <atomic>
#include <doctest/doctest.h>
#include <fmt/format.h>

namespace xinglin::store::test {

struct TestStore {
  xinglin::test::TemporaryDirectory directory;
  std::shared_ptr<std::atomic<base::Millis>> now = std::make_shared<std::atomic<base::Millis>>(1'700'000'000'000);
  Options options;
  std::unique_ptr<Store> store;

  explicit TestStore(Options given = {}) : options(std::move(given)) {
    options.directory = directory.path() / "data";
    options.clock = [now = now] { return now->load(); };
    open();
  }
  void open() { store = Store::open(options); }
  void reopen() {
    store.reset();
    open();
  }
  Store* operator->() { return store.get(); }
};

inline Write create(std::string type, std::string members, std::string id = {}) {
  Write write;
  write.type = type;
  write.id = std::move(id);
  write.json = fmt::format(R"({{"resourceType":"{}"{}{}}})", type, members.empty() ? "" : ",", members);
  return write;
}
inline Write update(std::string type, std::string id, std::string members, std::optional<int64_t> if_match = {}) {
  Write write = create(std::move(type), std::move(members), std::move(id));
  write.kind = Write::Kind::update;
  write.if_match = if_match;
  return write;
}
inline Write remove(std::string type, std::string id, std::optional<int64_t> if_match = {}) {
  Write write;
  write.kind = Write::Kind::remove;
  write.type = std::move(type);
  write.id = std::move(id);
  write.if_match = if_match;
  return write;
}

/// What the work is refused with; fails the test when it is not.
template <typename Work> base::Refused refusal_of(Work&& work) {
  try {
    work();
  } catch (const base::Refused& refused) {
    return refused;
  }
  FAIL("was not refused");
  return {base::Refusal::invalid, "", ""};
}

} // namespace xinglin::store::test
