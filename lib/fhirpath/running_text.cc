// Functions on text (http://hl7.org/fhirpath/N1/#string-manipulation). Positions count characters, not bytes.
// Regular expressions are RE2's: linear in the text, whatever the pattern.

#include "lib/base/text.h"
#include "lib/fhir/xhtml.h"
#include "lib/fhirpath/running.h"

#include <re2/re2.h>

#include <array>
#include <cassert>

namespace xinglin::fhirpath {
namespace {

constexpr size_t k_patterns_max = 8;

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

size_t characters(std::string_view text) {
  size_t count = 0;
  for (const char c : text)
    count += continues(c) ? 0 : 1;
  return count;
}

/// Byte where the character at `position` begins; the size when there is none.
size_t byte_of(std::string_view text, size_t position) {
  size_t at = 0;
  while (position > 0 && at < text.size()) {
    ++at;
    while (at < text.size() && continues(text[at]))
      ++at;
    --position;
  }
  return at;
}

constexpr std::string_view k_base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view k_base64_url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode_base64(std::string_view text, std::string_view alphabet) {
  std::string out;
  for (size_t i = 0; i < text.size(); i += 3) {
    uint32_t bits = 0;
    const size_t size = std::min<size_t>(3, text.size() - i);
    for (size_t j = 0; j < 3; ++j)
      bits = bits << 8 | (j < size ? static_cast<unsigned char>(text[i + j]) : 0U);
    for (size_t j = 0; j < 4; ++j)
      out += j <= size ? alphabet[bits >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

std::optional<std::string> decode_base64(std::string_view text, std::string_view alphabet) {
  while (!text.empty() && text.back() == '=')
    text.remove_suffix(1);
  std::string out;
  uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const size_t digit = alphabet.find(c);
    if (digit == std::string_view::npos) return {};
    bits = bits << 6 | static_cast<uint32_t>(digit);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>(bits >> held & 0xFF);
    }
  }
  if (held >= 6) return {};
  return out;
}

std::string encode_hex(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::optional<std::string> decode_hex(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  if (text.size() % 2 != 0) return {};
  std::string out;
  for (size_t i = 0; i < text.size(); i += 2) {
    if (digit(text[i]) < 0 || digit(text[i + 1]) < 0) return {};
    out += static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1]));
  }
  return out;
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> k_html = {
    {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}}};

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    bool replaced = false;
    for (const auto& [plain, escaped] : k_html) {
      if (plain[0] != c) continue;
      out += escaped;
      replaced = true;
    }
    if (!replaced) out += c;
  }
  return out;
}

std::string unescape_html(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    bool replaced = false;
    for (const auto& [plain, escaped] : k_html) {
      if (text.substr(i, escaped.size()) != escaped) continue;
      out += plain;
      i += escaped.size();
      replaced = true;
      break;
    }
    if (!replaced) out += text[i++];
  }
  return out;
}

std::string escape_json(std::string_view text) {
  std::string out;
  base::append_json_string(out, text);
  return out.substr(1, out.size() - 2);
}

std::optional<std::string> unescape_json(std::string_view text) {
  std::string quoted = "\"";
  for (size_t i = 0; i < text.size(); ++i) { // a quote that is not escaped stands for itself
    if (text[i] == '\\' && i + 1 < text.size()) {
      quoted += text[i++];
    } else if (text[i] == '"') {
      quoted += '\\';
    }
    quoted += text[i];
  }
  quoted += '"';
  try {
    return std::string(fhir::Document::parse(quoted).root().text());
  } catch (const std::exception&) {
    return {};
  }
}

/// $1, ${1} and $$ of FHIRPath → \1 and $ of RE2.
std::string rewrite_of(std::string_view substitution, const re2::RE2& pattern) {
  std::string out;
  for (size_t i = 0; i < substitution.size(); ++i) {
    const char c = substitution[i];
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '$' && i + 1 < substitution.size() && substitution[i + 1] >= '0' && substitution[i + 1] <= '9') {
      out += '\\';
      out += substitution[++i];
    } else if (c == '$' && i + 1 < substitution.size() && substitution[i + 1] == '{') {
      const size_t end = substitution.find('}', i);
      if (end == std::string_view::npos) {
        out += c;
        continue;
      }
      const std::string name(substitution.substr(i + 2, end - i - 2));
      const auto& groups = pattern.NamedCapturingGroups();
      if (const auto at = groups.find(name); at != groups.end()) {
        out += "\\" + std::to_string(at->second);
      } else if (name.size() == 1 && name[0] >= '0' && name[0] <= '9') {
        out += "\\" + name;
      }
      i = end;
    } else {
      out += c;
    }
  }
  return out;
}

} // namespace

std::optional<std::string_view> Running::input_text(const Op& op, const Frame& frame) {
  Item item;
  if (!one_input(op, frame, item) || item.tag == Tag::twin) return {};
  if (std::string_view text; quick_text(item, text)) return text;
  SystemValue value;
  if (!to_system(item, value)) fail(op, not_simple(item));
  if (value.kind == SystemKind::string) return value.text;
  // A date or number of a document may be read as text, as R4 does for its primitives.
  if (const auto text = system_text(value)) return m_arena.text(*text);
  fail(op, "a text is wanted here");
}

std::optional<std::string_view> Running::text_argument(const Op& op, size_t position, const Frame& frame) {
  if (const Op& given = m_program.ops[argument(op, position)]; given.code == Code::literal) { // OPTIMIZATION
    const Item& literal = m_program.literals[given.data];
    if (literal.tag == Tag::string) return literal.view();
  }
  SystemValue value;
  if (!one_system(op, argument(op, position), frame, value)) return {};
  if (value.kind != SystemKind::string) fail(op, "a text is wanted as argument " + std::to_string(position + 1));
  return value.text;
}

std::optional<int64_t> Running::integer_argument(const Op& op, size_t position, const Frame& frame) {
  SystemValue value;
  if (!one_system(op, argument(op, position), frame, value)) return {};
  if (value.kind != SystemKind::integer)
    fail(op, "a whole number is wanted as argument " + std::to_string(position + 1));
  return value.integer;
}

const re2::RE2* Running::pattern(const Op& op, std::string_view text, std::string_view flags) {
  if (op.data != k_none) return m_program.patterns[op.data].get();
  const std::string key = std::string(flags) + "/" + std::string(text);
  for (const auto& [known, compiled] : m_evaluator.m_patterns)
    if (known == key) return compiled.get();
  auto compiled = make_pattern(text, flags);
  if (!compiled)
    fail(op, "'" + std::string(text.substr(0, 100)) +
                 "' is not a regular expression (RE2 syntax; no look-around, no back-references)");
  if (m_evaluator.m_patterns.size() >= k_patterns_max) m_evaluator.m_patterns.erase(m_evaluator.m_patterns.begin());
  m_evaluator.m_patterns.emplace_back(key, std::move(compiled));
  return m_evaluator.m_patterns.back().second.get();
}

Tri Running::text_test(const Op& op, const Frame& frame) {
  if (op.code == Code::html_checks) {
    const auto html = input_text(op, frame);
    if (!html) return Tri::empty;
    count(1 + html->size() / 64);
    return tri(fhir::check_xhtml(*html).empty());
  }
  const auto input = input_text(op, frame);
  const auto other = text_argument(op, 0, frame);
  if (!input || !other) return Tri::empty;
  count(1 + input->size() / 64);
  const re2::StringPiece piece(input->data(), input->size());
  switch (op.code) {
  case Code::starts_with: return tri(input->substr(0, other->size()) == *other);
  case Code::ends_with:
    return tri(input->size() >= other->size() && input->substr(input->size() - other->size()) == *other);
  case Code::contains_text: return tri(input->find(*other) != std::string_view::npos);
  default: break;
  }
  std::string_view flags;
  if (op.count > 1) flags = text_argument(op, 1, frame).value_or(std::string_view());
  if (flags.find_first_not_of("im") != std::string_view::npos) fail(op, "the flags of a pattern are i and m");
  if (op.code == Code::matches_full && flags.find('m') != std::string_view::npos) { // a whole line
    const re2::RE2& line = *pattern(op, m_arena.text("^(?:" + std::string(*other) + ")$"), flags);
    return tri(re2::RE2::PartialMatch(piece, line));
  }
  const re2::RE2& compiled = *pattern(op, *other, flags);
  return tri(op.code == Code::matches ? re2::RE2::PartialMatch(piece, compiled) : re2::RE2::FullMatch(piece, compiled));
}

void Running::text(const Op& op, const Frame& frame) {
  if (op.code == Code::join) {
    const size_t base = eval_input(op, frame);
    std::optional<std::string_view> separator;
    if (op.count > 0) separator = text_argument(op, 0, frame);
    std::string out;
    bool any = false;
    for (const Item& item : from(base)) {
      SystemValue value;
      if (item.tag == Tag::twin) continue;
      // A date or number of a document may be read as text, as R4 does for its primitives.
      std::string_view text;
      if (item.tag == Tag::node && !item.node().is_object()) {
        text = item.node().text();
      } else if (to_system(item, value) && value.kind == SystemKind::string) {
        text = value.text;
      } else {
        fail(op, "join() wants texts: use select(toString())");
      }
      if (any && separator) out += *separator;
      out += text;
      any = true;
      if (out.size() > k_bytes_made_max) fail(op, "the joined text is too long");
    }
    m_stack.resize(base);
    push_text(out); // of nothing: an empty text, as SQL on FHIR has it
    return;
  }
  const auto input = input_text(op, frame);
  if (!input) {
    for (size_t i = 0; i < op.count; ++i) { // arguments are checked even so
      const size_t base = m_stack.size();
      eval(argument(op, i), frame);
      m_stack.resize(base);
    }
    return;
  }
  count(1 + input->size() / 64);
  switch (op.code) {
  case Code::length: return push(Item::of(static_cast<int64_t>(characters(*input))));
  case Code::upper: return push_text(upper(*input));
  case Code::lower: return push_text(lower(*input));
  case Code::trim: return push(Item::of(base::trim(*input)));
  case Code::to_chars:
    for (size_t at = 0; at < input->size();) {
      const size_t next = at + byte_of(input->substr(at), 1);
      count();
      push(Item::of(input->substr(at, next - at)));
      at = next;
    }
    return;
  case Code::substring: {
    const auto start = integer_argument(op, 0, frame);
    std::optional<int64_t> length;
    if (op.count > 1) length = integer_argument(op, 1, frame);
    if (!start || *start < 0 || static_cast<size_t>(*start) >= characters(*input)) return;
    std::string_view rest = input->substr(byte_of(*input, static_cast<size_t>(*start)));
    if (length) rest = rest.substr(0, byte_of(rest, static_cast<size_t>(std::max<int64_t>(*length, 0))));
    return push(Item::of(rest));
  }
  case Code::index_of:
  case Code::last_index_of: {
    const auto other = text_argument(op, 0, frame);
    if (!other) return;
    const size_t at = op.code == Code::index_of ? input->find(*other) : input->rfind(*other);
    return push(
        Item::of(at == std::string_view::npos ? int64_t{-1} : static_cast<int64_t>(characters(input->substr(0, at)))));
  }
  case Code::split: {
    const auto separator = text_argument(op, 0, frame);
    if (!separator) return;
    if (separator->empty()) {
      for (size_t at = 0; at < input->size();) {
        const size_t next = at + byte_of(input->substr(at), 1);
        push(Item::of(input->substr(at, next - at)));
        at = next;
      }
      return;
    }
    size_t start = 0;
    while (true) {
      const size_t end = input->find(*separator, start);
      count();
      push(Item::of(input->substr(start, end == std::string_view::npos ? end : end - start)));
      if (end == std::string_view::npos) return;
      start = end + separator->size();
    }
  }
  case Code::replace: {
    const auto wanted = text_argument(op, 0, frame);
    const auto substitution = text_argument(op, 1, frame);
    if (!wanted || !substitution) return;
    std::string out;
    const auto grow = [&](std::string_view more) {
      out += more;
      if (out.size() > k_bytes_made_max) fail(op, "the text becomes too long");
    };
    if (wanted->empty()) { // around every character
      grow(*substitution);
      for (size_t at = 0; at < input->size();) {
        const size_t next = at + byte_of(input->substr(at), 1);
        grow(input->substr(at, next - at));
        grow(*substitution);
        at = next;
      }
      return push_text(out);
    }
    size_t start = 0;
    for (size_t at = input->find(*wanted); at != std::string_view::npos; at = input->find(*wanted, start)) {
      grow(input->substr(start, at - start));
      grow(*substitution);
      start = at + wanted->size();
    }
    grow(input->substr(start));
    return push_text(out);
  }
  case Code::replace_matches: {
    const auto wanted = text_argument(op, 0, frame);
    const auto substitution = text_argument(op, 1, frame);
    if (!wanted || !substitution) return;
    if (wanted->empty()) return push(Item::of(*input));
    const re2::RE2& compiled = *pattern(op, *wanted);
    const std::string rewrite = rewrite_of(*substitution, compiled);
    std::string error;
    if (!compiled.CheckRewriteString(rewrite, &error)) fail(op, "the substitution does not fit the pattern: " + error);
    if (input->size() * (substitution->size() + 1) > k_bytes_made_max) fail(op, "the text becomes too long");
    std::string out(*input);
    re2::RE2::GlobalReplace(&out, compiled, rewrite);
    return push_text(out);
  }
  case Code::encode:
  case Code::decode: {
    const auto format = text_argument(op, 0, frame);
    if (!format) return;
    const bool url = *format == "urlbase64";
    if (*format != "hex" && *format != "base64" && !url)
      fail(op, "the encoding '" + std::string(*format) + "' is unknown: hex, base64 and urlbase64 are there");
    const auto alphabet = url ? k_base64_url : k_base64;
    if (op.code == Code::encode)
      return push_text(*format == "hex" ? encode_hex(*input) : encode_base64(*input, alphabet));
    const auto decoded = *format == "hex" ? decode_hex(*input) : decode_base64(*input, alphabet);
    if (!decoded) fail(op, "the text is not " + std::string(*format));
    if (base::is_valid_utf8(*decoded)) push_text(*decoded);
    return;
  }
  case Code::escape:
  case Code::unescape: {
    const auto target = text_argument(op, 0, frame);
    if (!target) return;
    if (*target != "html" && *target != "json")
      fail(op, "the target '" + std::string(*target) + "' is unknown: html and json are there");
    if (op.code == Code::escape) return push_text(*target == "html" ? escape_html(*input) : escape_json(*input));
    if (*target == "html") return push_text(unescape_html(*input));
    if (const auto plain = unescape_json(*input)) push_text(*plain);
    return;
  }
  default: assert(false && "not a text operation");
  }
}

} // namespace xinglin::fhirpath
