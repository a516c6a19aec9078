#include "server/feed/feed.h"

#include "lib/base/issue.h"

#include <charconv>
#include <fmt/format.h>

namespace xinglin::feed {

namespace {

std::string note_of(std::string_view consumer) {
  return fmt::format("feed.cursor.{}", consumer);
}

} // namespace

Batch Feed::read(store::CommitNumber after, size_t versions_max) const {
  Batch batch;
  batch.versions = m_store->changes(after, versions_max);
  if (batch.versions.empty()) return batch;
  batch.first = batch.versions.front().commit;
  batch.last = batch.versions.back().commit;
  return batch;
}

store::CommitNumber Feed::cursor(std::string_view consumer) const {
  std::string text = m_store->get_note(note_of(consumer)).value_or("0");
  store::CommitNumber cursor = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cursor);
  if (error != std::errc() || end != text.data() + text.size())
    throw base::Refused(base::Refusal::unavailable, "exception",
                        fmt::format("the cursor of '{}' is '{}', which is no commit number", consumer, text));
  return cursor;
}

void Feed::move_cursor(std::string_view consumer, store::CommitNumber to) {
  m_store->set_note(note_of(consumer), std::to_string(to));
}

} // namespace xinglin::feed
