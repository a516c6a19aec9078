// One pass over the bytes makes one flat record per value, in document order. Nothing is copied but strings that
// contain escapes; numbers stay text. Grammar: RFC 8259, with the strictness the header promises.

#include "lib/fhir/json.h"

#include "lib/base/issue.h"
#include "lib/base/text.h"
#include "lib/fhir/json_index.h"
#include "lib/fhir/names.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <fmt/format.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace xinglin::fhir {

using base::Issue;
using base::Issues;
using base::Refusal;
using base::Refused;

namespace {
constexpr uint32_t k_none = UINT32_MAX;
}

namespace {

using Entry = Document::Entry;
using Entries = Document::Entries;

bool is_white(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The first byte from `p` on that ends a run of plain string bytes: a quote, a backslash or a control character.
/// The byte at `end` is NUL, so that the search always ends.
const char* find_special(const char* p, const char* end) {
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i slash = _mm_set1_epi8('\\');
  const __m128i control = _mm_set1_epi8(0x1F);
  while (end - p >= 16) {
    __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, slash));
    hit = _mm_or_si128(hit, _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
    if (int mask = _mm_movemask_epi8(hit)) return p + std::countr_zero(static_cast<unsigned>(mask));
    p += 16;
  }
#else
  (void)end;
#endif
  while (static_cast<unsigned char>(*p) >= 0x20 && *p != '"' && *p != '\\')
    ++p;
  return p;
}

const char* skip_white(const char* p, const char* end) {
  if (!is_white(*p)) return p;
  ++p;
#ifdef __SSE2__
  // OPTIMIZATION: indented documents are a third white space.
  while (end - p >= 16) {
    __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    __m128i white = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(' ')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')));
    white = _mm_or_si128(white, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\r')));
    white = _mm_or_si128(white, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t')));
    if (auto mask = static_cast<unsigned>(_mm_movemask_epi8(white)); mask != 0xFFFF) return p + std::countr_one(mask);
    p += 16;
  }
#else
  (void)end;
#endif
  while (is_white(*p))
    ++p;
  return p;
}

/// Offset of the first byte that is not part of well-formed UTF-8.
size_t find_invalid_utf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    auto lead = static_cast<unsigned char>(text[at]);
    size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (at + length > text.size() || !base::is_valid_utf8(text.substr(at, length))) break;
    at += length;
  }
  return at;
}

class Parser {
public:
  /// A NUL or white space stands behind the source.
  Parser(std::string_view source, std::string& arena, Entries& entries)
      : m_begin(source.data()), m_at(source.data()), m_end(source.data() + source.size()), m_arena(arena),
        m_entries(entries), m_names(Names::r4()) {}

  /// The careful way, which says what is wrong with a text. A NUL stands behind the source.
  void run() {
    check_encoding();
    m_entries.reserve(static_cast<size_t>(m_end - m_begin) / 24 + 8);
    parse_value();
    m_at = skip_white(m_at, m_end);
    if (m_at != m_end)
      fail("Expected the end of the text after the JSON value, found " + found() + "; remove the rest.");
  }

  /// OPTIMIZATION: by an index of the structure. True: the entries are made. False: this is not for the index, or
  /// something is wrong with the text; the careful way says what.
  bool run_indexed() {
    constexpr size_t k_indexed_bytes_max = 4u << 20; // the index takes four times the text
    constexpr size_t k_kept_places = 256u << 10;
    const std::string_view text(m_begin, static_cast<size_t>(m_end - m_begin));
    if (text.empty() || text.size() > k_indexed_bytes_max || !can_index()) return false;
    thread_local JsonIndex index;
    bool is_done = false;
    try {
      is_done = make_index(text, index) && index.count > 0 && parse_indexed(index);
    } catch (const Refused&) {
      is_done = false; // an escape, or a name that stands twice
    }
    if (index.places.size() > k_kept_places) {
      index.places.clear();
      index.places.shrink_to_fit();
    }
    if (is_done) return true;
    m_at = m_begin;
    m_entries.set_size(0);
    m_arena.clear();
    return false;
  }

private:
  struct Frame {
    uint32_t entry;
    uint32_t children;
    uint64_t names; ///< one bit a name seen, to tell quickly that a name is new
    bool is_object;
  };
  struct Span {
    uint32_t at = 0;
    uint32_t size = 0;
    bool in_arena = false;
    NameId id = k_no_name; ///< of a name
  };

  // From this many members on, names are compared once at the end, sorted, instead of each with those before it.
  static constexpr uint32_t k_sort_names_from = 48;

  static bool ends_scalar(char c) { return c == ',' || c == '}' || c == ']' || c == '\0' || is_white(c); }

  static bool has_escape(const char* text, uint32_t open, uint32_t close, const JsonIndex& index) {
    return close > index.first_slash && open < index.last_slash &&
           std::memchr(text + open + 1, '\\', close - open - 1) != nullptr;
  }

  /// The text between the quotes at `open` and `close`.
  Span between(const char* text, uint32_t open, uint32_t close, const JsonIndex& index) {
    if (!has_escape(text, open, close, index)) [[likely]]
      return {open + 1, close - open - 1, false};
    m_at = text + open;
    return parse_string();
  }

  bool scalar_indexed(Entry& entry, const char* start) {
    m_at = start;
    if (*m_at == '-' || is_digit(*m_at)) {
      entry.kind = Kind::number;
      parse_number();
    } else {
      entry.kind = *m_at == 'n' ? Kind::null : Kind::boolean;
      if (!take_word("true") && !take_word("false") && !take_word("null")) return false;
    }
    entry.length = static_cast<uint32_t>(m_at - start);
    return ends_scalar(*m_at);
  }

  bool parse_indexed(JsonIndex& index) {
    constexpr size_t k_places_a_value = 4; // about
    const char* const text = m_begin;
    const uint32_t* at = index.places.data();
    const uint32_t* const end = at + index.count;
    // What stands behind the last place is none of the marks looked for.
    index.places[index.count] = static_cast<uint32_t>(m_end - m_begin);
    m_entries.reserve(index.count / k_places_a_value + 8);
    Entry* entries = m_entries.data();
    uint32_t made = 0;
    std::array<Frame, Document::k_depth_max> outer; // of the containers that are open, but the innermost
    size_t depth = 0;
    Frame frame{};
    while (true) {
      // 1. The name of a member.
      Span name;
      if (frame.is_object) {
        if (text[at[0]] != '"' || text[at[2]] != ':') return false;
        name = between(text, at[0], at[1], index);
        check_name(name, frame, made, text + at[0]);
        at += 3;
      }
      // 2. A value.
      if (made == m_entries.capacity()) {
        if (made == Document::k_values_max) return false;
        m_entries.set_size(made);
        m_entries.reserve(size_t{made} * 2);
        entries = m_entries.data();
      }
      const uint32_t place = at[0];
      const uint32_t close = at[1]; // of a string
      const char c = text[place];
      uint32_t ended = made;
      Entry& entry = entries[made++];
      entry.offset = place;
      entry.name_at = name.at;
      entry.name_size = name.size;
      entry.name_id = name.id;
      entry.in_arena = name.in_arena ? Document::k_name_in_arena : uint8_t{0};
      if (c == '"') {
        const Span span = between(text, place, close, index);
        entry.kind = Kind::string;
        entry.text_at = span.at;
        entry.text_size = span.size;
        if (span.in_arena) entry.in_arena |= Document::k_text_in_arena;
        entry.length = close + 1 - place;
        at += 2;
      } else if (c == '{' || c == '[') {
        if (depth == Document::k_depth_max) return false;
        entry.kind = c == '{' ? Kind::object : Kind::array;
        ++at;
        if (text[*at] != (c == '{' ? '}' : ']')) {
          outer[depth++] = frame;
          frame = {ended, 0, 0, c == '{'};
          continue;
        }
        entry.text_size = 0;
        entry.length = *at++ + 1 - place;
      } else {
        ++at;
        if (!scalar_indexed(entry, text + place)) return false;
      }
      // 3. What ends with it.
      while (true) {
        entries[ended].next = k_none;
        if (depth == 0) {
          m_entries.set_size(made);
          return at == end;
        }
        ++frame.children;
        const char mark = text[*at++];
        if (mark == ',') {
          entries[ended].next = made;
          break;
        }
        if (mark != (frame.is_object ? '}' : ']')) return false;
        if (frame.is_object && frame.children >= k_sort_names_from) check_names_sorted(frame);
        ended = frame.entry;
        Entry& container = entries[ended];
        container.length = at[-1] + 1 - container.offset;
        container.text_size = frame.children;
        frame = outer[--depth];
      }
    }
  }

  [[noreturn]] void fail_at(const char* at, std::string text, Refusal kind = Refusal::malformed) const {
    Issue issue;
    issue.code = kind == Refusal::too_large ? "too-long" : "invalid";
    issue.text = std::move(text);
    issue.line = 1 + static_cast<int>(std::count(m_begin, at, '\n'));
    const char* line = at;
    while (line > m_begin && line[-1] != '\n')
      --line;
    issue.column = 1 + static_cast<int>(at - line);
    Issues issues;
    issues.add(std::move(issue));
    throw Refused(kind, std::move(issues));
  }
  [[noreturn]] void fail(std::string text) const { fail_at(m_at, std::move(text)); }

  /// What stands at the place, for a message.
  std::string found() const {
    if (m_at == m_end) return "the end of the text";
    auto byte = static_cast<unsigned char>(*m_at);
    if (byte < 0x20 || byte == 0x7F) return fmt::format("the control character {:#04x}", byte);
    size_t length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    return "'" + std::string(m_at, length) + "'";
  }

  void check_encoding() {
    std::string_view all(m_begin, static_cast<size_t>(m_end - m_begin));
    if (all.starts_with("\xEF\xBB\xBF")) {
      fail("The text starts with a byte order mark, which JSON does not allow; save it as UTF-8 without BOM.");
    }
    if (all.starts_with("\xFE\xFF") || all.starts_with("\xFF\xFE")) {
      fail("The text is UTF-16; JSON is exchanged in UTF-8: save it as UTF-8 without BOM.");
    }
    if (base::is_valid_utf8(all)) return;
    m_at = m_begin + find_invalid_utf8(all);
    fail(fmt::format("The byte {:#04x} is not UTF-8 here; save the text as UTF-8.", static_cast<unsigned char>(*m_at)));
  }

  uint32_t offset(const char* p) const { return static_cast<uint32_t>(p - m_begin); }

  /// Reads a string whose opening quote is at m_at, and moves behind the closing one.
  Span parse_string() {
    const char* start = ++m_at;
    m_at = find_special(m_at, m_end);
    if (*m_at == '"') {
      Span span{offset(start), static_cast<uint32_t>(m_at - start), false};
      ++m_at;
      return span;
    }
    return parse_escaped(start);
  }

  Span parse_escaped(const char* start) {
    size_t at = m_arena.size();
    while (true) {
      m_arena.append(start, m_at);
      if (*m_at == '"') break;
      if (*m_at != '\\') {
        if (m_at == m_end) fail("Expected '\"' to end the string, found the end of the text.");
        fail(fmt::format("A string holds {}; write control characters as escapes (such as \\n).", found()));
      }
      parse_escape();
      start = m_at;
      m_at = find_special(m_at, m_end);
    }
    ++m_at;
    return {static_cast<uint32_t>(at), static_cast<uint32_t>(m_arena.size() - at), true};
  }

  void parse_escape() {
    const char* slash = m_at++;
    switch (*m_at++) {
    case '"': m_arena.push_back('"'); return;
    case '\\': m_arena.push_back('\\'); return;
    case '/': m_arena.push_back('/'); return;
    case 'b': m_arena.push_back('\b'); return;
    case 'f': m_arena.push_back('\f'); return;
    case 'n': m_arena.push_back('\n'); return;
    case 'r': m_arena.push_back('\r'); return;
    case 't': m_arena.push_back('\t'); return;
    case 'u': break;
    default:
      --m_at;
      fail("Expected one of \" \\ / b f n r t u after '\\', found " + found() + "; write a backslash as \\\\.");
    }
    uint32_t code = parse_hex4();
    if (code >= 0xDC00 && code <= 0xDFFF) {
      fail_at(slash,
              "The escape is the second half of a surrogate pair without its first; write the character itself.");
    }
    if (code >= 0xD800 && code <= 0xDBFF) {
      uint32_t low = 0;
      if (m_at[0] == '\\' && m_at[1] == 'u') {
        m_at += 2;
        low = parse_hex4();
      }
      if (low < 0xDC00 || low > 0xDFFF) {
        fail_at(slash,
                "The escape is the first half of a surrogate pair without its second; write the character itself.");
      }
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    auto put = [this](uint32_t byte) { m_arena.push_back(static_cast<char>(byte)); };
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xC0 | code >> 6);
      put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      put(0xE0 | code >> 12);
      put(0x80 | (code >> 6 & 0x3F));
      put(0x80 | (code & 0x3F));
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
      put(0x80 | (code >> 6 & 0x3F));
      put(0x80 | (code & 0x3F));
    }
  }

  uint32_t parse_hex4() {
    uint32_t code = 0;
    for (int i = 0; i < 4; ++i, ++m_at) {
      char c = *m_at;
      uint32_t digit = is_digit(c)              ? static_cast<uint32_t>(c - '0')
                       : (c >= 'a' && c <= 'f') ? static_cast<uint32_t>(c - 'a' + 10)
                       : (c >= 'A' && c <= 'F') ? static_cast<uint32_t>(c - 'A' + 10)
                                                : 16;
      if (digit == 16) fail("Expected four hexadecimal digits after \\u, found " + found() + ".");
      code = code << 4 | digit;
    }
    return code;
  }

  void parse_number() {
    if (*m_at == '-') ++m_at;
    if (!is_digit(*m_at)) fail("Expected a digit after '-', found " + found() + ".");
    if (*m_at == '0') {
      ++m_at;
      if (is_digit(*m_at)) fail("A number must not start with 0; remove the leading zeros or write it as a string.");
    } else {
      while (is_digit(*m_at))
        ++m_at;
    }
    if (*m_at == '.') {
      ++m_at;
      if (!is_digit(*m_at)) fail("Expected a digit after the decimal point, found " + found() + ".");
      while (is_digit(*m_at))
        ++m_at;
    }
    if (*m_at == 'e' || *m_at == 'E') {
      ++m_at;
      if (*m_at == '+' || *m_at == '-') ++m_at;
      if (!is_digit(*m_at)) fail("Expected a digit in the exponent, found " + found() + ".");
      while (is_digit(*m_at))
        ++m_at;
    }
  }

  bool take_word(std::string_view word) {
    if (static_cast<size_t>(m_end - m_at) < word.size() || std::memcmp(m_at, word.data(), word.size()) != 0)
      return false;
    m_at += word.size();
    return true;
  }

  std::string_view name_of(const Entry& entry) const {
    const char* text = (entry.in_arena & Document::k_name_in_arena) != 0 ? m_arena.data() : m_begin;
    return {text + entry.name_at, entry.name_size};
  }

  [[noreturn]] void fail_duplicate(const char* at, std::string_view name) const {
    fail_at(at,
            fmt::format("The member name \"{}\" appears twice in one object; remove one, or make one array of both.",
                        name));
  }

  /// Reads `"name" :`.
  Span parse_name(Frame& frame) {
    m_at = skip_white(m_at, m_end);
    const char* at = m_at;
    if (*m_at != '"') fail("Expected a member name in double quotes, found " + found() + ".");
    Span name = parse_string();
    check_name(name, frame, m_entries.size(), at);
    m_at = skip_white(m_at, m_end);
    if (*m_at != ':') fail("Expected ':' after the member name, found " + found() + ".");
    ++m_at;
    return name;
  }

  /// Looks the name up, which stands at `at`, and refuses it when its object has one such already. `made`: entries so
  /// far.
  [[gnu::always_inline]] void check_name(Span& span, Frame& frame, uint32_t made, const char* at) {
    const std::string_view name((span.in_arena ? m_arena.data() : m_begin) + span.at, span.size);
    span.id = m_names.find(name, span.in_arena ? name.data() + name.size() : m_end);
    uint32_t hash = span.id;
    if (span.id == k_no_name && !name.empty())
      hash = span.size * 5 + static_cast<unsigned char>(name.front()) + 7U * static_cast<unsigned char>(name.back()) +
             3U * static_cast<unsigned char>(name[name.size() / 2]);
    const uint64_t bit = uint64_t{1} << ((hash ^ hash >> 9) & 63);
    if ((frame.names & bit) != 0 && frame.children < k_sort_names_from) {
      for (uint32_t i = frame.entry + 1; i < made; i = m_entries[i].next) {
        const Entry& other = m_entries[i];
        if (other.name_id == span.id && (span.id != k_no_name || name_of(other) == name)) fail_duplicate(at, name);
      }
    }
    frame.names |= bit;
  }

  void check_names_sorted(const Frame& frame) {
    std::vector<std::pair<std::string_view, uint32_t>> names;
    names.reserve(frame.children);
    for (uint32_t i = frame.entry + 1; i != k_none; i = m_entries[i].next)
      names.emplace_back(name_of(m_entries[i]), i);
    std::sort(names.begin(), names.end());
    for (size_t i = 1; i < names.size(); ++i) {
      if (names[i].first == names[i - 1].first) {
        fail_duplicate(m_begin + m_entries[names[i].second].offset, names[i].first);
      }
    }
  }

  uint32_t add_entry(Kind kind, const Span& name) {
    if (m_entries.size() >= Document::k_values_max) {
      fail_at(m_at, fmt::format("The text holds more than {} values; split it.", Document::k_values_max),
              Refusal::too_large);
    }
    const uint32_t index = m_entries.size();
    m_entries.push_back({.offset = offset(m_at),
                         .length = 0,
                         .text_at = 0,
                         .text_size = 0,
                         .name_at = name.at,
                         .name_size = name.size,
                         .next = k_none,
                         .name_id = name.id,
                         .kind = kind,
                         .in_arena = name.in_arena ? Document::k_name_in_arena : uint8_t{0}});
    return index;
  }

  void parse_scalar(const Span& name) {
    const char* start = m_at;
    switch (*m_at) {
    case '"': {
      uint32_t index = add_entry(Kind::string, name);
      Span span = parse_string();
      Entry& entry = m_entries[index];
      entry.text_at = span.at;
      entry.text_size = span.size;
      if (span.in_arena) entry.in_arena |= Document::k_text_in_arena;
      entry.length = static_cast<uint32_t>(m_at - start);
      return;
    }
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9': {
      uint32_t index = add_entry(Kind::number, name);
      parse_number();
      m_entries[index].length = static_cast<uint32_t>(m_at - start);
      return;
    }
    case 't':
    case 'f':
    case 'n': {
      uint32_t index = add_entry(*m_at == 'n' ? Kind::null : Kind::boolean, name);
      if (take_word("true") || take_word("false") || take_word("null")) {
        m_entries[index].length = static_cast<uint32_t>(m_at - start);
        return;
      }
      break;
    }
    default: break;
    }
    fail("Expected a JSON value (object, array, string, number, true, false or null), found " + found() + ".");
  }

  /// Reads one value with all that is in it, without recursion.
  void parse_value() {
    std::array<Frame, Document::k_depth_max> frames;
    size_t depth = 0;
    Span name;
    while (true) {
      // 1. A value begins.
      m_at = skip_white(m_at, m_end);
      const char c = *m_at;
      uint32_t ended = m_entries.size();
      if (c == '{' || c == '[') {
        if (depth == Document::k_depth_max) {
          fail_at(m_at, fmt::format("Arrays and objects are nested more than {} deep; flatten them.", depth),
                  Refusal::too_large);
        }
        add_entry(c == '{' ? Kind::object : Kind::array, name);
        m_at = skip_white(m_at + 1, m_end);
        if (*m_at != (c == '{' ? '}' : ']')) {
          frames[depth++] = {ended, 0, 0, c == '{'};
          name = c == '{' ? parse_name(frames[depth - 1]) : Span();
          continue;
        }
        ++m_at;
        m_entries[ended].length = offset(m_at) - m_entries[ended].offset;
      } else {
        parse_scalar(name);
      }
      // 2. A value has ended: go on to the next one.
      while (depth > 0) {
        Frame& frame = frames[depth - 1];
        ++frame.children;
        m_at = skip_white(m_at, m_end);
        if (*m_at == ',') {
          m_entries[ended].next = m_entries.size();
          ++m_at;
          name = frame.is_object ? parse_name(frame) : Span();
          break;
        }
        if (*m_at != (frame.is_object ? '}' : ']')) {
          fail(fmt::format("Expected ',' or '{}' in the {}, found {}.", frame.is_object ? '}' : ']',
                           frame.is_object ? "object" : "array", found()));
        }
        ++m_at;
        if (frame.is_object && frame.children >= k_sort_names_from) check_names_sorted(frame);
        ended = frame.entry;
        Entry& container = m_entries[ended];
        container.length = offset(m_at) - container.offset;
        container.text_size = frame.children;
        --depth;
      }
      if (depth == 0) return;
    }
  }

  const char* m_begin;
  const char* m_at;
  const char* m_end;
  std::string& m_arena;
  Entries& m_entries;
  const Names& m_names;
};

} // namespace

// --- the memory of entries

namespace {

constexpr size_t k_smallest = 64; ///< entries
constexpr size_t k_sizes = 8;     ///< each twice the one before: up to 8192 entries, 256 KiB
#if defined(__SANITIZE_ADDRESS__)
constexpr size_t k_spares = 0; ///< that a use after the end is seen
#else
constexpr size_t k_spares = 4; ///< of a size that a thread keeps
#endif

/// What ended documents of this thread left. Trivial, so that documents that outlive the thread's variables find it.
struct Spares {
  std::array<std::array<Entry*, 4>, k_sizes> of_size;
  std::array<size_t, k_sizes> count;
  bool is_over;
};
thread_local constinit Spares spares{};

struct SparesEnd {
  ~SparesEnd() {
    spares.is_over = true;
    for (size_t size = 0; size < k_sizes; ++size)
      while (spares.count[size] > 0)
        ::operator delete(spares.of_size[size][--spares.count[size]]);
  }
};

size_t size_class(size_t count) {
  return static_cast<size_t>(std::bit_width((std::max(count, k_smallest) - 1) / k_smallest));
}

Entry* take_entries(size_t count) {
  const size_t size = size_class(count);
  if (size < k_sizes && spares.count[size] > 0) return spares.of_size[size][--spares.count[size]];
  return static_cast<Entry*>(::operator new(count * sizeof(Entry)));
}

void give_entries(Entry* entries, size_t capacity) {
  const size_t size = size_class(capacity);
  if (size >= k_sizes || spares.is_over || spares.count[size] == k_spares) return ::operator delete(entries);
  thread_local SparesEnd end;
  static_cast<void>(end);
  spares.of_size[size][spares.count[size]++] = entries;
}

} // namespace

Document::Entries::~Entries() {
  if (m_data != nullptr) give_entries(m_data, m_capacity);
}

void Document::Entries::swap(Entries& other) noexcept {
  std::swap(m_data, other.m_data);
  std::swap(m_size, other.m_size);
  std::swap(m_capacity, other.m_capacity);
}

void Document::Entries::reserve(size_t count) {
  if (count <= m_capacity) return;
  const size_t size = size_class(count);
  const size_t capacity = std::min(size < k_sizes ? k_smallest << size : count, k_values_max);
  Entry* data = take_entries(capacity);
  if (m_data != nullptr) {
    std::memcpy(data, m_data, m_size * sizeof(Entry));
    give_entries(m_data, m_capacity);
  }
  m_data = data;
  m_capacity = static_cast<uint32_t>(capacity);
}

void Document::Entries::push_back(const Entry& entry) {
  if (m_size == m_capacity) reserve(size_t{m_capacity} * 2 + 1);
  m_data[m_size++] = entry;
}

// --- documents

Document::Document() = default;
Document::~Document() = default;

Document::Document(Document&& other) noexcept {
  *this = std::move(other);
}

Document& Document::operator=(Document&& other) noexcept {
  const bool is_owner = !other.m_owned.empty();
  m_owned = std::move(other.m_owned);
  m_bytes = is_owner ? std::string_view(m_owned) : other.m_bytes; // a short text moves with its string
  m_unescaped = std::move(other.m_unescaped);
  m_entries = std::move(other.m_entries);
  return *this;
}

Document Document::parse(std::string bytes) {
  if (bytes.size() > k_bytes_max) {
    throw Refused(
        Refusal::too_large, "too-long",
        fmt::format("The JSON text has {} bytes, more than the {} allowed; split it.", bytes.size(), k_bytes_max));
  }
  Document document;
  document.m_owned = std::move(bytes);
  document.m_bytes = document.m_owned;
  Parser parser(document.m_bytes, document.m_unescaped, document.m_entries);
  if (!parser.run_indexed()) parser.run();
  return document;
}

Document Document::parse_in_place(std::string_view bytes) {
  assert(bytes.data()[bytes.size()] == '\0' || is_white(bytes.data()[bytes.size()]));
  if (bytes.size() <= k_bytes_max) {
    Document document;
    document.m_bytes = bytes;
    if (Parser(bytes, document.m_unescaped, document.m_entries).run_indexed()) return document;
  }
  return parse(std::string(bytes));
}

bool Node::boolean() const {
  return kind() == Kind::boolean && m_document->m_bytes[offset()] == 't';
}

Node Node::operator[](std::string_view name) const {
  if (kind() != Kind::object) return {};
  for (Node child = first(); child; child = child.next()) {
    if (child.name() == name) return child;
  }
  return {};
}

Node Node::at(size_t position) const {
  Node child = position < size() ? first() : Node{};
  for (; position > 0; --position)
    child = child.next();
  return child;
}

std::string_view Node::raw() const {
  if (m_index == k_none) return {};
  const Entry& entry = m_document->m_entries[m_index];
  return m_document->m_bytes.substr(entry.offset, entry.length);
}

size_t Node::offset() const {
  return m_index == k_none ? 0 : m_document->m_entries[m_index].offset;
}

int Node::line() const {
  if (m_index == k_none) return 0;
  const std::string_view before = m_document->m_bytes.substr(0, offset());
  return 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
}

void JsonWriter::separate() {
  assert(m_after_key || m_open.empty() || m_open.back() == '[');
  assert((!m_open.empty() || m_out.empty()) && "one value only");
  if (!m_after_key && !m_first) m_out.push_back(',');
  m_after_key = false;
  m_first = false;
}

JsonWriter& JsonWriter::begin_object() {
  separate();
  m_out.push_back('{');
  m_open.push_back('{');
  m_first = true;
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  assert(!m_open.empty() && m_open.back() == '{' && !m_after_key);
  m_out.push_back('}');
  m_open.pop_back();
  m_first = false;
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  separate();
  m_out.push_back('[');
  m_open.push_back('[');
  m_first = true;
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  assert(!m_open.empty() && m_open.back() == '[');
  m_out.push_back(']');
  m_open.pop_back();
  m_first = false;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  assert(!m_open.empty() && m_open.back() == '{' && !m_after_key);
  if (!m_first) m_out.push_back(',');
  m_first = false;
  base::append_json_string(m_out, name);
  m_out.push_back(':');
  m_after_key = true;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
  separate();
  base::append_json_string(m_out, text);
  return *this;
}

JsonWriter& JsonWriter::number(int64_t value) {
  separate();
  fmt::format_to(std::back_inserter(m_out), "{}", value);
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
  separate();
  m_out += value ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::null() {
  separate();
  m_out += "null";
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  assert(!json.empty());
  separate();
  m_out += json;
  return *this;
}

std::string JsonWriter::take() {
  assert(m_open.empty() && "take() before every object and array was ended");
  std::string out = std::move(m_out);
  *this = {};
  return out;
}

} // namespace xinglin::fhir
