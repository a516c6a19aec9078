#pragma once
// Text in the two languages of the product, and small helpers on UTF-8.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::base {

/// Chinese first, English always.
struct Text {
  std::string zh;
  std::string en;
  /// The asked language ("zh", "en"), the other one where it is empty.
  const std::string& in(std::string_view language) const;
  bool empty() const { return zh.empty() && en.empty(); }
  bool operator==(const Text&) const = default;
};

/// OPTIMIZATION: a == b for names and codes, without a call: most that differ do so in size, beginning or end.
inline bool is_same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const auto same = [&]<typename Word>(Word, size_t at) {
    Word left;
    Word right;
    std::memcpy(&left, a.data() + at, sizeof left);
    std::memcpy(&right, b.data() + at, sizeof right);
    return left == right;
  };
  const size_t size = a.size();
  if (size >= 8) {
    if (!same(uint64_t{}, 0) || !same(uint64_t{}, size - 8)) return false;
    for (size_t at = 8; at + 8 < size; at += 8)
      if (!same(uint64_t{}, at)) return false;
    return true;
  }
  if (size >= 4) return same(uint32_t{}, 0) && same(uint32_t{}, size - 4);
  for (size_t at = 0; at < size; ++at)
    if (a[at] != b[at]) return false;
  return true;
}

bool is_valid_utf8(std::string_view text);
/// The candidate nearest to `word` by edit distance, if near enough to be a slip of the pen; else empty.
std::string suggest(std::string_view word, const std::vector<std::string>& candidates);
/// Appends `text` as a JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);

} // namespace xinglin::base
