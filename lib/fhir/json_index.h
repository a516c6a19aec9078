#pragma once
// Where the structure of a JSON text stands, found 64 bytes at a time (the idea is simdjson's: Langdale and Lemire,
// https://arxiv.org/abs/1902.08318): the quotes that begin and end strings, and outside of strings brackets, colons,
// commas, and where a number or word begins.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace xinglin::fhir {

struct JsonIndex {
  std::vector<uint32_t> places; ///< ascending; `count` of them are meant
  size_t count = 0;
  uint32_t first_slash = UINT32_MAX, last_slash = 0; ///< backslashes stand from here to there (about: to the last)
};

/// Can this processor do it?
bool can_index();
/// False when a string does not end or holds a control character, or the text is not UTF-8; then the index is of no
/// use.
bool make_index(std::string_view text, JsonIndex& index);

} // namespace xinglin::fhir
