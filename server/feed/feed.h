#pragma once
// The ordered changes of the store and durable cursors over them: each commit is seen once, whole, in order.

#include "server/store/store.h"

namespace xinglin::feed {

/// A batch of whole commits, in order.
struct Batch {
  store::CommitNumber first = 0, last = 0;
  std::vector<store::Version> versions;
  bool empty() const { return versions.empty(); }
};

/// Reads from where a consumer stands. The consumer keeps its own position (the warehouse in its own transaction) or
/// asks for a durable one by name.
class Feed {
public:
  explicit Feed(store::Store& store) : m_store(&store) {}
  Batch read(store::CommitNumber after, size_t versions_max = 4096) const;
  bool wait(store::CommitNumber after, int timeout_ms) const { return m_store->wait_for_commit(after, timeout_ms); }
  store::CommitNumber last_commit() const { return m_store->last_commit(); }
  int64_t epoch() const { return m_store->epoch(); }
  store::CommitNumber cursor(std::string_view consumer) const;
  void move_cursor(std::string_view consumer, store::CommitNumber to);

private:
  store::Store* m_store;
};

} // namespace xinglin::feed
