#include "server/package/derived.h"

#include "lib/base/issue.h"
#include "lib/base/text.h"
#include "server/package/model.h"

#include <algorithm>
#include <fmt/format.h>

namespace xinglin::package {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Recursive descent over one line of text; every failure names its column.
class Parser {
public:
  explicit Parser(std::string_view text) : m_text(text) {
    if (text.size() > k_expression_length_max)
      fail(fmt::format("the expression is longer than {} characters; split it into indicators",
                       k_expression_length_max));
  }

  Derived expression() {
    const Deeper deeper(*this);
    Derived left = term();
    for (;;) {
      if (take('+'))
        left = binary(Derived::Kind::add, std::move(left), term());
      else if (take('-'))
        left = binary(Derived::Kind::subtract, std::move(left), term());
      else
        return left;
    }
  }

  Relation relation() {
    Relation result;
    result.left = expression();
    space();
    using enum Relation::Operator;
    if (take_text("<="))
      result.comparison = at_most;
    else if (take_text(">="))
      result.comparison = at_least;
    else if (take_text("=>")) {
      m_at -= 2;
      fail("'=>' is no comparison; write >=");
    } else if (take('='))
      result.comparison = equal;
    else if (take('<'))
      result.comparison = less;
    else if (take('>'))
      result.comparison = greater;
    else
      fail("a comparison (=, <=, >=, < or >) is expected here");
    result.right = expression();
    space();
    if (m_text.substr(m_at).starts_with("within")) {
      m_at += 6;
      space();
      result.tolerance = number();
      result.tolerance_is_percent = take('%');
    }
    return result;
  }

  void end() {
    space();
    if (m_at < m_text.size())
      fail(fmt::format("'{}' is not expected here; write an operator before it or take it out", rest()));
  }

private:
  struct Deeper {
    explicit Deeper(Parser& parser) : m_parser(parser) {
      if (++parser.m_depth > k_derived_depth_max)
        parser.fail(
            fmt::format("the expression is nested deeper than {}; split it into indicators", k_derived_depth_max));
    }
    ~Deeper() { --m_parser.m_depth; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    Parser& m_parser;
  };

  Derived term() {
    Derived left = factor();
    for (;;) {
      if (take('*'))
        left = binary(Derived::Kind::multiply, std::move(left), factor());
      else if (take('/'))
        left = binary(Derived::Kind::divide, std::move(left), factor());
      else
        return left;
    }
  }

  Derived factor() {
    const Deeper deeper(*this);
    space();
    Derived result;
    result.column = column();
    if (take('-')) {
      result.kind = Derived::Kind::negate;
      result.arguments.push_back(factor());
      return result;
    }
    if (take('(')) {
      result = expression();
      close();
      return result;
    }
    if (m_at < m_text.size() && is_digit(m_text[m_at])) {
      result.number = number();
      return result;
    }
    const std::string name = word();
    if (name.empty())
      fail(m_at < m_text.size() ? fmt::format("'{}' is not expected here; an indicator id, a number or '(' is", rest())
                                : "the expression ends too early; an indicator id, a number or '(' is expected");
    space();
    if (m_at >= m_text.size() || m_text[m_at] != '(') {
      result.kind = Derived::Kind::indicator;
      result.id = name;
      return result;
    }
    ++m_at;
    if (name == "average" || name == "days") {
      result.kind = name == "average" ? Derived::Kind::average : Derived::Kind::days;
      space();
      result.id = word();
      if (result.id.empty()) fail(fmt::format("{}() takes the id of a stock indicator", name));
    } else if (name == "least" || name == "greatest") {
      result.kind = name == "least" ? Derived::Kind::least : Derived::Kind::greatest;
      result.arguments.push_back(expression());
      while (take(','))
        result.arguments.push_back(expression());
    } else {
      m_at = static_cast<size_t>(result.column - 1);
      const std::string near = base::suggest(name, {"average", "days", "least", "greatest"});
      fail(fmt::format("unknown function {}(){}; known are average, days, least and greatest", name,
                       near.empty() ? "" : fmt::format(", did you mean {}", near)));
    }
    close();
    return result;
  }

  Derived binary(Derived::Kind kind, Derived left, Derived right) const {
    Derived result;
    result.kind = kind;
    result.column = left.column;
    result.arguments.push_back(std::move(left));
    result.arguments.push_back(std::move(right));
    return result;
  }

  base::Decimal number() {
    const size_t start = m_at;
    while (m_at < m_text.size() && (is_digit(m_text[m_at]) || m_text[m_at] == '.'))
      ++m_at;
    const auto value = base::Decimal::parse(m_text.substr(start, m_at - start));
    if (!value) {
      m_at = start;
      fail("a number is expected here, as 12 or 0.5");
    }
    return *value;
  }

  std::string word() {
    const size_t start = m_at;
    if (m_at < m_text.size() && is_letter(m_text[m_at]))
      while (m_at < m_text.size() && (is_letter(m_text[m_at]) || is_digit(m_text[m_at]) || m_text[m_at] == '.'))
        ++m_at;
    return std::string(m_text.substr(start, m_at - start));
  }

  void close() {
    if (!take(')')) fail("')' is expected here");
  }
  void space() {
    while (m_at < m_text.size() && (m_text[m_at] == ' ' || m_text[m_at] == '\t' || m_text[m_at] == '\n'))
      ++m_at;
  }
  bool take(char c) {
    space();
    if (m_at >= m_text.size() || m_text[m_at] != c) return false;
    ++m_at;
    return true;
  }
  bool take_text(std::string_view text) {
    if (!m_text.substr(m_at).starts_with(text)) return false;
    m_at += text.size();
    return true;
  }
  std::string rest() const { return std::string(m_text.substr(m_at, std::min<size_t>(20, m_text.size() - m_at))); }
  int column() const { return static_cast<int>(m_at) + 1; }

  [[noreturn]] void fail(const std::string& what) const {
    base::Issue issue;
    issue.text = what;
    issue.column = column();
    base::Issues issues;
    issues.add(std::move(issue));
    throw base::Refused(base::Refusal::invalid, std::move(issues));
  }

  std::string_view m_text;
  size_t m_at = 0;
  int m_depth = 0;
};

void collect(const Derived& node, bool stocks_only, std::vector<std::string>& out) {
  const bool stock = node.kind == Derived::Kind::average || node.kind == Derived::Kind::days;
  if ((stock || (node.kind == Derived::Kind::indicator && !stocks_only)) &&
      std::find(out.begin(), out.end(), node.id) == out.end())
    out.push_back(node.id);
  for (const auto& argument : node.arguments)
    collect(argument, stocks_only, out);
}

} // namespace

Derived parse_derived(std::string_view text) {
  Parser parser(text);
  Derived result = parser.expression();
  parser.end();
  return result;
}

Relation parse_relation(std::string_view text) {
  Parser parser(text);
  Relation result = parser.relation();
  parser.end();
  return result;
}

std::vector<std::string> indicators_of(const Derived& expression, bool stocks_only) {
  std::vector<std::string> result;
  collect(expression, stocks_only, result);
  return result;
}

} // namespace xinglin::package
