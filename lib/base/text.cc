#include "lib/base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace xinglin::base {

namespace {

/// The code points of valid UTF-8 with ASCII letters in lower case; other bytes stand for themselves.
std::u32string folded(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    auto byte = static_cast<unsigned char>(text[i]);
    size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    if (length == 1 || i + length > text.size()) {
      out.push_back(byte >= 'A' && byte <= 'Z' ? byte + 32U : byte);
      ++i;
      continue;
    }
    char32_t code = byte & (0xFFU >> (length + 1));
    for (size_t k = 1; k < length; ++k)
      code = code << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
    out.push_back(code);
    i += length;
  }
  return out;
}

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours cost one each.
size_t edit_distance(const std::u32string& a, const std::u32string& b) {
  std::vector<size_t> two_ago(b.size() + 1), one_ago(b.size() + 1), now(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    one_ago[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({one_ago[j] + 1, now[j - 1] + 1, one_ago[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) now[j] = std::min(now[j], two_ago[j - 2] + 1);
    }
    two_ago.swap(one_ago);
    one_ago.swap(now);
  }
  return one_ago[b.size()];
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

} // namespace

const std::string& Text::in(std::string_view language) const {
  const std::string& asked = language == "zh" ? zh : en;
  const std::string& other = language == "zh" ? en : zh;
  return asked.empty() ? other : asked;
}

bool is_valid_utf8(std::string_view text) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  const auto* end = p + text.size();
  while (p < end) {
    // OPTIMIZATION: 32 ASCII bytes at a time.
    while (end - p >= 32) {
      std::array<uint64_t, 4> words{};
      std::memcpy(words.data(), p, 32);
      if (((words[0] | words[1] | words[2] | words[3]) & 0x8080808080808080ULL) != 0) break;
      p += 32;
    }
    if (p == end) break;
    unsigned char lead = *p;
    if (lead < 0x80) {
      ++p;
      continue;
    }
    // Unicode 15, table 3-7: the well-formed byte sequences.
    int more = 0;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF)
      more = 1;
    else if (lead >= 0xE0 && lead <= 0xEF) {
      more = 2;
      if (lead == 0xE0) low = 0xA0;
      if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      more = 3;
      if (lead == 0xF0) low = 0x90;
      if (lead == 0xF4) high = 0x8F;
    } else {
      return false;
    }
    if (end - p <= more || p[1] < low || p[1] > high) return false;
    for (int k = 2; k <= more; ++k) {
      if ((p[k] & 0xC0) != 0x80) return false;
    }
    p += more + 1;
  }
  return true;
}

std::string suggest(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr size_t k_length_max = 200; // a longer word is no slip of the pen, and the distance is quadratic
  if (word.empty() || word.size() > k_length_max) return {};
  std::u32string wanted = folded(word);
  size_t allowed = wanted.size() <= 2 ? 1 : std::min<size_t>(3, (wanted.size() + 1) / 3);
  std::string best;
  size_t best_distance = allowed + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > k_length_max || candidate == word) continue;
    std::u32string other = folded(candidate);
    size_t gap = other.size() > wanted.size() ? other.size() - wanted.size() : wanted.size() - other.size();
    if (gap >= best_distance) continue;
    size_t distance = edit_distance(wanted, other);
    if (distance >= other.size() || distance >= best_distance) continue; // nothing in common, or no nearer
    best = candidate;
    best_distance = distance;
  }
  return best;
}

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char k_hex[] = "0123456789abcdef";
  out.push_back('"');
  size_t start = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, start, i - start);
    start = i + 1;
    switch (c) {
    case '"': out += "\\\""; break;
    case '\\': out += "\\\\"; break;
    case '\n': out += "\\n"; break;
    case '\r': out += "\\r"; break;
    case '\t': out += "\\t"; break;
    default:
      out += "\\u00";
      out.push_back(k_hex[c >> 4]);
      out.push_back(k_hex[c & 15]);
    }
  }
  out.append(text, start);
  out.push_back('"');
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  size_t start = 0;
  while (true) {
    size_t at = text.find(separator, start);
    if (at == std::string_view::npos) break;
    parts.push_back(text.substr(start, at - start));
    start = at + 1;
  }
  parts.push_back(text.substr(start));
  return parts;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

} // namespace xinglin::base
