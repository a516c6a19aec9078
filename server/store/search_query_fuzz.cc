// Any text as a search: read, or refused as malformed or too large; never anything else.

#include "server/store/search_query.h"
#include "server/store/search_text.h"

#include <cassert>
#include <cstddef>
#include <cstdint>

using namespace xinglin;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)store::normalise(text);
  (void)store::time_span(text, {});
  if (auto span = store::number_span(text)) assert(store::sortable(span->low) < store::sortable(span->high));
  try {
    auto query = store::parse_query(text);
    assert(query.count >= 1 && query.count <= store::k_search_count_max);
    assert(query.criteria.size() <= store::k_search_criteria_max);
    // The next page asks the same.
    auto again = store::parse_query(query.without_cursor);
    assert(again.criteria.size() == query.criteria.size() && again.cursor.empty());
  } catch (const base::Refused& refused) {
    assert(refused.kind() == base::Refusal::malformed || refused.kind() == base::Refusal::too_large);
  }
  return 0;
}
