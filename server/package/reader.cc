#include "server/package/reader.h"

#include <algorithm>
#include <charconv>

namespace xinglin::package {
namespace {

std::string list_words(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words)
    text += (text.empty() ? "" : ", ") + word;
  return text;
}

bool is_id_part(std::string_view text) {
  if (text.empty() || text[0] < 'a' || text[0] > 'z') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }) &&
         text.find("__") == std::string_view::npos && text.back() != '_';
}

} // namespace

void Reader::error(int line, int column, std::string what, std::string code) {
  base::Issue issue;
  issue.code = std::move(code);
  issue.text = std::move(what);
  issue.file = m_file;
  issue.line = line;
  issue.column = column;
  m_issues->add(std::move(issue));
}

void Reader::error(const Yaml& at, std::string what, std::string code) {
  error(at.line, at.column, std::move(what), std::move(code));
}

void Reader::warning(const Yaml& at, std::string what) {
  error(at.line, at.column, std::move(what));
  (m_issues->end() - 1)->severity = base::Severity::warning;
}

bool Reader::keys(const Yaml& map, std::initializer_list<std::string_view> known, std::string_view where) {
  if (!map.is_map()) {
    error(map, fmt::format("{} must be a map (key: value), not {}", where, map.kind_name()), "structure");
    return false;
  }
  for (const auto& child : map.children) {
    if (std::find(known.begin(), known.end(), child.key) != known.end()) continue;
    std::vector<std::string> words(known.begin(), known.end());
    if (child.is_null()) { // {zh: 一, 二}: YAML takes what follows the comma for a key
      error(
          child.key_line, 0,
          fmt::format("'{}' in {} stands alone; if it belongs to the text before it, put that text in quotes: a comma "
                      "inside {{ }} ends a text",
                      child.key, where),
          "structure");
      continue;
    }
    const std::string near = base::suggest(child.key, words);
    error(child.key_line, 0,
          near.empty() ? fmt::format("unknown key '{}' in {}; known are {}", child.key, where, list_words(words))
                       : fmt::format("unknown key '{}' in {}; did you mean '{}'?", child.key, where, near),
          "structure");
  }
  return true;
}

const Yaml* Reader::need(const Yaml& map, std::string_view key, std::string_view where) {
  const Yaml* found = map.find(key);
  if (found && !found->is_null()) return found;
  error(found ? *found : map, fmt::format("{} has no '{}'; add it (docs/authoring.md)", where, key), "required");
  return nullptr;
}

std::string Reader::string(const Yaml& map, std::string_view key, std::string fallback) {
  const Yaml* found = map.find(key);
  if (!found || found->is_null()) return fallback;
  if (found->is_scalar()) return found->text;
  error(*found, fmt::format("'{}' must be text, not {}; quote it if it has {{ [ or : in it", key, found->kind_name()),
        "structure");
  return fallback;
}

std::string Reader::needed_string(const Yaml& map, std::string_view key, std::string_view where) {
  const Yaml* found = need(map, key, where);
  if (!found) return {};
  std::string text = string(map, key);
  if (found->is_scalar() && text.empty()) error(*found, fmt::format("'{}' is empty; say what it is", key), "required");
  return text;
}

bool Reader::flag(const Yaml& map, std::string_view key, bool fallback) {
  const Yaml* found = map.find(key);
  if (!found) return fallback;
  if (found->is_scalar() && !found->quoted && (found->text == "true" || found->text == "false"))
    return found->text == "true";
  error(*found, fmt::format("'{}' must be true or false", key), "value");
  return fallback;
}

int64_t Reader::whole(const Yaml& map, std::string_view key, int64_t fallback, int64_t low, int64_t high) {
  const Yaml* found = map.find(key);
  if (!found) return fallback;
  int64_t value = 0;
  const auto* end = found->text.data() + found->text.size();
  const auto [rest, problem] = std::from_chars(found->text.data(), end, value);
  if (found->is_scalar() && problem == std::errc() && rest == end && value >= low && value <= high) return value;
  error(*found, fmt::format("'{}' must be a whole number from {} to {}", key, low, high), "value");
  return fallback;
}

std::vector<std::string> Reader::strings(const Yaml& map, std::string_view key) {
  std::vector<std::string> result;
  const Yaml* found = map.find(key);
  if (!found || found->is_null()) return result;
  if (!found->is_list()) {
    error(*found, fmt::format("'{}' must be a list: [a, b]", key), "structure");
    return result;
  }
  for (const auto& child : found->children) {
    if (child.is_scalar())
      result.push_back(child.text);
    else
      error(child, fmt::format("'{}' must list plain texts, not {}", key, child.kind_name()), "structure");
  }
  return result;
}

std::string Reader::word(const Yaml& map, std::string_view key, const std::vector<std::string>& words) {
  const Yaml* found = map.find(key);
  if (!found) return words.front();
  if (found->is_scalar() && std::find(words.begin(), words.end(), found->text) != words.end()) return found->text;
  const std::string near = base::suggest(found->text, words);
  error(*found,
        fmt::format("'{}' is not a {}; {}", found->text, key,
                    near.empty() ? "write one of " + list_words(words) : "did you mean '" + near + "'?"),
        "value");
  return words.front();
}

Text Reader::text_of(const Yaml& value, std::string_view what) {
  Text result;
  if (value.is_scalar()) {
    result.zh = value.text;
  } else if (value.is_map()) {
    keys(value, {"zh", "en"}, what);
    result.zh = string(value, "zh");
    result.en = string(value, "en");
  } else {
    error(value, fmt::format("{} must be text: {{zh: ..., en: ...}}", what), "structure");
    return result;
  }
  if (result.zh.empty()) error(value, fmt::format("{} has no Chinese text; add zh:", what), "required");
  if (result.en.empty() && value.is_map()) warning(value, fmt::format("{} has no English text; add en:", what));
  return result;
}

Text Reader::text(const Yaml& map, std::string_view key, bool required, std::string_view where) {
  const Yaml* found = required ? need(map, key, where) : map.find(key);
  if (!found || found->is_null()) return {};
  return text_of(*found, fmt::format("the {} of {}", key, where));
}

bool Reader::id(const Yaml& at, std::string_view id, bool dots) {
  bool good = !id.empty() && id.size() <= k_id_length_max;
  if (dots) {
    for (const auto part : base::split(id, '.'))
      good = good && is_id_part(part);
  } else {
    good = good && is_id_part(id);
  }
  if (!good)
    error(at,
          fmt::format(
              "'{}' is not an id; write a small letter, then small letters, digits and single _ between them{}, at "
              "most {} characters",
              id, dots ? ", parts with dots between" : "", k_id_length_max),
          "value");
  return good;
}

bool within_length(Reader& reader, const Yaml& at, std::string_view text) {
  if (text.size() <= k_expression_length_max) return true;
  reader.error(at, fmt::format("longer than {} characters; split it", k_expression_length_max), "too-long");
  return false;
}

} // namespace xinglin::package
