#pragma once
// Text in the two languages of the product, and small helpers on UTF-8.

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

bool is_valid_utf8(std::string_view text);
/// The candidate nearest to `word` by edit distance, if near enough to be a slip of the pen; else empty.
std::string suggest(std::string_view word, const std::vector<std::string>& candidates);
/// Appends `text` as a JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);

} // namespace xinglin::base
