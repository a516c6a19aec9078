#include "lib/fhirpath/lexer.h"

#include "lib/base/issue.h"
#include "lib/fhirpath/temporal.h"

#include <algorithm>

namespace xinglin::fhirpath {

void fail_at(std::string_view text, size_t offset, const std::string& message) {
  offset = std::min(offset, text.size());
  base::Issue issue;
  issue.code = "invalid";
  issue.line = 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(offset), '\n'));
  const size_t line_start = text.substr(0, offset).rfind('\n');
  issue.column = static_cast<int>(offset - (line_start == std::string_view::npos ? 0 : line_start + 1)) + 1;
  constexpr size_t k_shown_max = 200;
  std::string shown(text.substr(0, k_shown_max));
  if (text.size() > k_shown_max) shown += "...";
  issue.text = "FHIRPath: " + message + " (column " + std::to_string(issue.column) + " of: " + shown + ")";
  base::Issues issues;
  issues.add(std::move(issue));
  throw base::Refused(base::Refusal::invalid, std::move(issues));
}

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_word(char c) {
  return is_word_start(c) || is_digit(c);
}

void append_utf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

class Lexer {
public:
  explicit Lexer(std::string_view text) : m_text(text) {}

  std::vector<Token> run() {
    std::vector<Token> tokens;
    while (true) {
      skip_blank();
      m_start = m_at;
      if (m_at >= m_text.size()) break;
      tokens.push_back(next());
      tokens.back().offset = static_cast<uint32_t>(m_start);
    }
    tokens.push_back({Token::Kind::end, "", static_cast<uint32_t>(m_text.size())});
    return tokens;
  }

private:
  char peek(size_t ahead = 0) const { return m_at + ahead < m_text.size() ? m_text[m_at + ahead] : '\0'; }
  [[noreturn]] void fail(const std::string& message) const { fail_at(m_text, m_start, message); }

  void skip_blank() {
    while (m_at < m_text.size()) {
      const char c = m_text[m_at];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++m_at;
      } else if (c == '/' && peek(1) == '/') {
        while (m_at < m_text.size() && m_text[m_at] != '\n')
          ++m_at;
      } else if (c == '/' && peek(1) == '*') {
        m_start = m_at;
        const size_t end = m_text.find("*/", m_at + 2);
        if (end == std::string_view::npos) fail("a comment is not closed: add */");
        m_at = end + 2;
      } else {
        return;
      }
    }
  }

  Token next() {
    const char c = peek();
    if (is_word_start(c)) return {Token::Kind::word, word(), 0};
    if (is_digit(c)) return number();
    if (c == '\'') return {Token::Kind::string, quoted('\''), 0};
    if (c == '`') return {Token::Kind::delimited, quoted('`'), 0};
    if (c == '@') return temporal();
    if (c == '%') {
      ++m_at;
      if (peek() == '`' || peek() == '\'') return {Token::Kind::variable, quoted(peek()), 0};
      if (!is_word_start(peek())) fail("a variable's name is expected after %");
      return {Token::Kind::variable, word(), 0};
    }
    if (c == '$') {
      ++m_at;
      return {Token::Kind::dollar, word(), 0};
    }
    for (const std::string_view two : {"<=", ">=", "!=", "!~"}) {
      if (m_text.substr(m_at, 2) == two) {
        m_at += 2;
        return {Token::Kind::symbol, std::string(two), 0};
      }
    }
    constexpr std::string_view k_symbols = "+-*/|&=~<>.,()[]{}";
    if (k_symbols.find(c) == std::string_view::npos) fail("the character '" + character() + "' has no meaning here");
    ++m_at;
    return {Token::Kind::symbol, std::string(1, c), 0};
  }

  std::string character() const {
    size_t length = 1;
    while (m_at + length < m_text.size() && (static_cast<unsigned char>(m_text[m_at + length]) & 0xC0) == 0x80)
      ++length;
    return std::string(m_text.substr(m_at, length));
  }

  std::string word() {
    const size_t start = m_at;
    while (is_word(peek()))
      ++m_at;
    return std::string(m_text.substr(start, m_at - start));
  }

  Token number() {
    const size_t start = m_at;
    while (is_digit(peek()))
      ++m_at;
    bool decimal = false;
    if (peek() == '.' && is_digit(peek(1))) {
      decimal = true;
      ++m_at;
      while (is_digit(peek()))
        ++m_at;
    }
    if (!decimal && peek() == 'L' && !is_word(peek(1))) {
      ++m_at;
      return {Token::Kind::long_integer, std::string(m_text.substr(start, m_at - start - 1)), 0};
    }
    return {decimal ? Token::Kind::decimal : Token::Kind::integer, std::string(m_text.substr(start, m_at - start)), 0};
  }

  /// Are there four hexadecimal digits? Without them \u is no escape, and its backslash is ignored as any other.
  bool is_hex4() const {
    for (size_t i = 0; i < 4; ++i) {
      const char c = peek(i);
      if (!is_digit(c) && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F')) return false;
    }
    return true;
  }

  uint32_t hex4() {
    uint32_t code = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = peek();
      uint32_t digit = 0;
      if (is_digit(c)) {
        digit = static_cast<uint32_t>(c - '0');
      } else if (c >= 'a' && c <= 'f') {
        digit = static_cast<uint32_t>(c - 'a' + 10);
      } else if (c >= 'A' && c <= 'F') {
        digit = static_cast<uint32_t>(c - 'A' + 10);
      } else {
        fail("\\u wants four hexadecimal digits");
      }
      code = code * 16 + digit;
      ++m_at;
    }
    return code;
  }

  std::string quoted(char quote) {
    std::string out;
    ++m_at;
    while (true) {
      if (m_at >= m_text.size()) fail(std::string("the text is not closed: add ") + quote);
      char c = m_text[m_at++];
      if (c == quote) return out;
      if (c != '\\') {
        out += c;
        continue;
      }
      if (m_at >= m_text.size()) fail(std::string("the text is not closed: add ") + quote);
      c = m_text[m_at++];
      switch (c) {
      case 'f': out += '\f'; break;
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 't': out += '\t'; break;
      case 'u': {
        if (!is_hex4()) {
          out += c;
          break;
        }
        uint32_t code = hex4();
        if (code >= 0xD800 && code < 0xDC00 && peek() == '\\' && peek(1) == 'u') {
          m_at += 2;
          const uint32_t low = hex4();
          if (low < 0xDC00 || low > 0xDFFF) fail("\\u has the first half of a pair without its second");
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        }
        if (code >= 0xD800 && code <= 0xDFFF) fail("\\u has half of a pair");
        append_utf8(out, code);
        break;
      }
      default: out += c; // also \' \" \` \\ \/; a backslash before anything else is ignored (N1, 4.1.2)
      }
    }
  }

  Token temporal() {
    ++m_at;
    const size_t start = m_at;
    const auto digits = [&](int count) {
      for (int i = 0; i < count; ++i) {
        if (!is_digit(peek()))
          fail("a date is written @2023-05-01, a dateTime @2023-05-01T08:30:00+08:00, a time @T08:30");
        ++m_at;
      }
    };
    const auto time_part = [&] { // hh[:mm[:ss[.fff]]]
      digits(2);
      if (peek() != ':' || !is_digit(peek(1))) return;
      ++m_at;
      digits(2);
      if (peek() != ':' || !is_digit(peek(1))) return;
      ++m_at;
      digits(2);
      if (peek() != '.' || !is_digit(peek(1))) return;
      ++m_at;
      while (is_digit(peek()))
        ++m_at;
    };
    Token::Kind kind = Token::Kind::date;
    if (peek() == 'T') {
      ++m_at;
      time_part();
      kind = Token::Kind::time;
    } else {
      digits(4);
      if (peek() == '-' && is_digit(peek(1))) {
        ++m_at;
        digits(2);
        if (peek() == '-' && is_digit(peek(1))) {
          ++m_at;
          digits(2);
        }
      }
      if (peek() == 'T') {
        kind = Token::Kind::date_time;
        ++m_at;
        if (is_digit(peek())) {
          time_part();
          if (peek() == 'Z') {
            ++m_at;
          } else if ((peek() == '+' || peek() == '-') && is_digit(peek(1)) && is_digit(peek(2)) && peek(3) == ':') {
            ++m_at;
            digits(2);
            ++m_at;
            digits(2);
          }
        }
      }
    }
    Token token{kind, std::string(m_text.substr(start, m_at - start)), 0};
    std::string_view text = token.text;
    if (kind == Token::Kind::time) text.remove_prefix(1);
    if (kind == Token::Kind::date_time && text.back() == 'T') text.remove_suffix(1);
    const auto wanted = kind == Token::Kind::time        ? TemporalKind::time
                        : kind == Token::Kind::date_time ? TemporalKind::date_time
                                                         : TemporalKind::date;
    if (!Moment::parse(text, wanted)) fail("'@" + token.text + "' is not a real date or time");
    token.text = std::string(text);
    return token;
  }

  std::string_view m_text;
  size_t m_at = 0;
  size_t m_start = 0;
};

} // namespace

std::vector<Token> tokenize(std::string_view text) {
  if (text.size() > k_text_max)
    fail_at(text, 0, "the expression is longer than " + std::to_string(k_text_max) + " bytes: split it");
  return Lexer(text).run();
}

} // namespace xinglin::fhirpath
