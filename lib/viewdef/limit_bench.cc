#include "lib/viewdef/limit_bench.h"

#ifdef XINGLIN_HAS_SIMDJSON
#include <simdjson.h>
#endif

namespace xinglin::viewdef {

#ifdef XINGLIN_HAS_SIMDJSON

static_assert(k_limit_padding >= simdjson::SIMDJSON_PADDING);

size_t parse_and_count(std::span<const std::string_view> lines) {
  simdjson::dom::parser parser;
  size_t count = 0;
  for (const std::string_view line : lines) {
    simdjson::dom::element element;
    simdjson::dom::object object;
    if (parser.parse(line.data(), line.size(), false).get(element) || element.get(object)) return 0;
    count += object.size();
  }
  return count;
}

#else

size_t parse_and_count(std::span<const std::string_view>) {
  return 0;
}

#endif

} // namespace xinglin::viewdef
