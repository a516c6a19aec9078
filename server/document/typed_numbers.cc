#include "server/document/typed_numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace xinglin::document {

namespace {

using namespace std::string_view_literals;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

template <typename Words> bool begins(std::string_view text, const Words& words) {
  return std::any_of(std::begin(words), std::end(words), [&](std::string_view word) { return text.starts_with(word); });
}
template <typename Words> bool ends(std::string_view text, const Words& words) {
  return std::any_of(std::begin(words), std::end(words), [&](std::string_view word) { return text.ends_with(word); });
}

/// Bytes of the character at the start.
size_t character(std::string_view text) {
  if (text.empty()) return 0;
  auto lead = static_cast<unsigned char>(text.front());
  size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return std::min(length, text.size());
}

constexpr std::string_view k_times[] = {"年", "月", "日", "号", "岁", "时", "小时", "点", "周岁", "天内"};
constexpr std::string_view k_joints[] = {"-", "—", "–", "至", "到", "~", "～", "、", "."};
constexpr std::string_view k_before[] = {"第", "〔", "[", "“", "《", "-", "—", "/"};
constexpr std::string_view k_paragraph[] = {".", "、", "．", ")", "）"};

/// What follows a number or a range of numbers (0到6岁, 1-12月).
std::string_view after_range(std::string_view text) {
  for (bool again = true; again;) {
    again = false;
    for (auto joint : k_joints) {
      if (!text.starts_with(joint)) continue;
      size_t end = joint.size();
      while (end < text.size() && is_digit(text[end]))
        ++end;
      if (end == joint.size()) continue;
      text.remove_prefix(end);
      again = true;
    }
  }
  return text;
}

} // namespace

void note_typed_numbers(std::string_view text, std::vector<std::string>& out) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (!is_digit(text[i])) continue;
    size_t start = i, end = i;
    while (end < text.size() &&
           (is_digit(text[end]) || (text[end] == '.' && end + 1 < text.size() && is_digit(text[end + 1]))))
      ++end;
    std::string_view before = text.substr(0, start), after = text.substr(end);
    i = end;
    std::string_view range_end = after_range(after);
    bool passed_over = begins(range_end, k_times) || ends(before, k_before) ||
                       (!before.empty() && (is_letter(before.back()) || is_digit(before.back()))) ||
                       (!after.empty() && is_letter(after.front())) || (start == 0 && begins(after, k_paragraph));
    i = static_cast<size_t>(range_end.data() - text.data()) - 1;
    if (passed_over) continue;
    std::string word(text.substr(start, end - start));
    for (int characters = 0; characters < 2 && !after.empty(); ++characters) {
      std::string_view one = after.substr(0, character(after));
      constexpr std::string_view k_stops[] = {"，", "。", "、", "；", "（", "）", ",", " "};
      if (begins(one, k_stops)) break;
      word += one;
      after.remove_prefix(one.size());
    }
    out.push_back(std::move(word));
  }
}

indicator::Finding typed_numbers_finding(const std::vector<std::string>& numbers) {
  std::string list;
  size_t shown = std::min(numbers.size(), k_typed_numbers_shown_max);
  for (size_t i = 0; i < shown; ++i)
    list += (i == 0 ? "" : "、") + numbers[i];
  indicator::Finding out;
  out.code = "typed_by_hand";
  out.text.zh =
      fmt::format("文中有{}个手工填写的数，没有与记录挂钩：{}{}。能取数的请写成花括号，确需手填的写成“{{手填:…}}”。",
                  numbers.size(), list, shown < numbers.size() ? "等" : "");
  out.text.en =
      fmt::format("Numbers typed by hand, bound to no record: {} ({}{}). Write them in braces, or as {{手填:…}} "
                  "where that is meant.",
                  numbers.size(), list, shown < numbers.size() ? ", ..." : "");
  return out;
}

} // namespace xinglin::document
