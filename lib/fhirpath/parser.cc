// Precedence climbing over the tokens; the table of binding powers is the order of the N1 grammar.

#include "lib/fhirpath/ast.h"
#include "lib/fhirpath/lexer.h"

#include <algorithm>
#include <array>
#include <optional>

namespace xinglin::fhirpath {

std::string_view calendar_word(std::string_view word) {
  static constexpr std::array<std::string_view, 8> k_words = {"year", "month",  "week",   "day",
                                                              "hour", "minute", "second", "millisecond"};
  if (!word.empty() && word.back() == 's') word.remove_suffix(1);
  for (const auto known : k_words)
    if (known == word) return known;
  return {};
}

namespace {

constexpr int k_polarity = 11; ///< binds tighter than every binary operator

std::optional<int> binding_power(const Token& token) {
  struct Entry {
    std::string_view text;
    int power;
  };
  static constexpr Entry k_symbols[] = {{"*", 10}, {"/", 10}, {"+", 9},  {"-", 9}, {"&", 9}, {"|", 7},  {"<=", 6},
                                        {"<", 6},  {">", 6},  {">=", 6}, {"=", 5}, {"~", 5}, {"!=", 5}, {"!~", 5}};
  static constexpr Entry k_words[] = {{"div", 10},     {"mod", 10}, {"is", 8}, {"as", 8},  {"in", 4},
                                      {"contains", 4}, {"and", 3},  {"or", 2}, {"xor", 2}, {"implies", 1}};
  if (token.kind == Token::Kind::symbol) {
    for (const auto& entry : k_symbols)
      if (entry.text == token.text) return entry.power;
  } else if (token.kind == Token::Kind::word) {
    for (const auto& entry : k_words)
      if (entry.text == token.text) return entry.power;
  }
  return {};
}

class Parser {
public:
  explicit Parser(std::string_view text) : m_text(text), m_tokens(tokenize(text)) {}

  Ast run() {
    if (peek().kind == Token::Kind::end) fail("the expression is empty");
    m_ast.root = expression(0);
    if (peek().kind != Token::Kind::end) fail("'" + peek().text + "' is not expected here");
    return std::move(m_ast);
  }

private:
  const Token& peek() const { return m_tokens[m_at]; }
  const Token& take() { return m_tokens[m_at + 1 < m_tokens.size() ? m_at++ : m_at]; }
  bool is_symbol(std::string_view text) const { return peek().kind == Token::Kind::symbol && peek().text == text; }
  bool take_symbol(std::string_view text) {
    if (!is_symbol(text)) return false;
    take();
    return true;
  }
  [[noreturn]] void fail(const std::string& message) const { fail_at(m_text, peek().offset, message); }
  void expect(std::string_view symbol) {
    if (!take_symbol(symbol)) {
      const std::string found = peek().kind == Token::Kind::end ? "the end" : "'" + peek().text + "'";
      fail("'" + std::string(symbol) + "' is expected, " + found + " found");
    }
  }

  uint32_t add(Ast::Node node) {
    for (const uint32_t child : node.children)
      node.depth = std::max<uint16_t>(node.depth, static_cast<uint16_t>(m_ast.nodes[child].depth + 1));
    if (node.depth > k_depth_max)
      fail_at(m_text, node.offset,
              "the expression is deeper than " + std::to_string(k_depth_max) + " levels: split it");
    m_ast.nodes.push_back(std::move(node));
    return static_cast<uint32_t>(m_ast.nodes.size() - 1);
  }

  struct Nesting { // of the parser itself, before a node's depth is known
    explicit Nesting(Parser& parser) : m_parser(parser) {
      if (++m_parser.m_nesting > k_depth_max)
        m_parser.fail("the expression is nested deeper than " + std::to_string(k_depth_max) + " levels: split it");
    }
    ~Nesting() { --m_parser.m_nesting; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    Parser& m_parser;
  };

  uint32_t expression(int power_min) {
    const Nesting nesting(*this);
    uint32_t left = prefix();
    while (true) {
      const auto power = binding_power(peek());
      if (!power || *power <= power_min) return left;
      const Token token = take();
      Ast::Node node{.kind = Ast::Kind::binary, .offset = token.offset, .text = token.text};
      if (token.text == "is" || token.text == "as") {
        node.kind = token.text == "is" ? Ast::Kind::type_is : Ast::Kind::type_as;
        node.text = type_name();
        node.children = {left};
      } else {
        const uint32_t right = expression(*power);
        node.children = {left, right};
      }
      left = add(std::move(node));
    }
  }

  uint32_t prefix() {
    if (is_symbol("+") || is_symbol("-")) {
      const Token token = take();
      const uint32_t operand = expression(k_polarity - 1);
      return add({.kind = Ast::Kind::unary, .offset = token.offset, .text = token.text, .children = {operand}});
    }
    uint32_t left = term();
    while (true) {
      if (take_symbol(".")) {
        left = invocation(left);
      } else if (is_symbol("[")) {
        const uint32_t offset = take().offset;
        const uint32_t position = expression(0);
        expect("]");
        left = add({.kind = Ast::Kind::indexer, .offset = offset, .children = {left, position}});
      } else {
        return left;
      }
    }
  }

  /// name, name(arguments), or a $ word; after a dot when `input` is given.
  uint32_t invocation(std::optional<uint32_t> input) {
    const Token token = peek();
    Ast::Node node{.kind = Ast::Kind::member, .offset = token.offset, .text = token.text};
    node.delimited = token.kind == Token::Kind::delimited;
    if (input) {
      node.has_input = true;
      node.children.push_back(*input);
    }
    if (token.kind == Token::Kind::dollar) {
      if (input) fail("$" + token.text + " cannot follow a dot");
      take();
      if (token.text == "this") {
        node.kind = Ast::Kind::this_item;
      } else if (token.text == "index") {
        node.kind = Ast::Kind::index;
      } else if (token.text == "total") {
        node.kind = Ast::Kind::total;
      } else {
        fail_at(m_text, token.offset, "$" + token.text + " is unknown: $this, $index and $total are there");
      }
      return add(std::move(node));
    }
    if (token.kind != Token::Kind::word && token.kind != Token::Kind::delimited) {
      if (token.kind == Token::Kind::end) fail("the expression ends where a name or value is expected");
      fail("a name or value is expected, '" + token.text + "' found");
    }
    take();
    if (is_symbol("(")) {
      take();
      node.kind = Ast::Kind::function;
      if (!is_symbol(")")) {
        do {
          node.children.push_back(expression(0));
          if (token.text == "sort") direction(node.children.back());
        } while (take_symbol(","));
      }
      expect(")");
    }
    return add(std::move(node));
  }

  /// After a key of sort(): asc, or desc, which is kept as a minus before the key.
  void direction(uint32_t& key) {
    if (peek().kind != Token::Kind::word || (peek().text != "asc" && peek().text != "desc")) return;
    const Token token = take();
    if (token.text == "desc")
      key = add({.kind = Ast::Kind::unary, .offset = token.offset, .text = "-", .children = {key}});
  }

  std::string type_name() {
    std::string name;
    do {
      if (peek().kind != Token::Kind::word && peek().kind != Token::Kind::delimited)
        fail("a type's name is expected, as FHIR.Quantity or System.String");
      if (!name.empty()) name += '.';
      name += take().text;
    } while (take_symbol("."));
    return name;
  }

  uint32_t term() {
    const Token token = peek();
    const auto literal = [&](Ast::Kind kind) {
      take();
      return add({.kind = kind, .offset = token.offset, .text = token.text});
    };
    switch (token.kind) {
    case Token::Kind::string: return literal(Ast::Kind::string);
    case Token::Kind::long_integer: return literal(Ast::Kind::long_integer);
    case Token::Kind::date: return literal(Ast::Kind::date);
    case Token::Kind::date_time: return literal(Ast::Kind::date_time);
    case Token::Kind::time: return literal(Ast::Kind::time);
    case Token::Kind::variable: return literal(Ast::Kind::variable);
    case Token::Kind::integer:
    case Token::Kind::decimal: {
      take();
      Ast::Node node{.kind = token.kind == Token::Kind::integer ? Ast::Kind::integer : Ast::Kind::decimal,
                     .offset = token.offset,
                     .text = token.text};
      if (peek().kind == Token::Kind::string) {
        node.kind = Ast::Kind::quantity;
        node.unit = take().text;
      } else if (peek().kind == Token::Kind::word && !calendar_word(peek().text).empty()) {
        node.kind = Ast::Kind::quantity;
        node.calendar = true;
        node.unit = calendar_word(take().text);
      }
      return add(std::move(node));
    }
    case Token::Kind::symbol:
      if (take_symbol("(")) {
        const uint32_t inner = expression(0);
        expect(")");
        m_ast.nodes[inner].in_parentheses = true;
        return inner;
      }
      if (take_symbol("{")) {
        expect("}");
        return add({.kind = Ast::Kind::empty, .offset = token.offset});
      }
      break;
    case Token::Kind::word:
      if (token.text == "true" || token.text == "false") return literal(Ast::Kind::boolean);
      break;
    default: break;
    }
    return invocation({});
  }

  std::string_view m_text;
  std::vector<Token> m_tokens;
  size_t m_at = 0;
  int m_nesting = 0;
  Ast m_ast;
};

} // namespace

Ast parse(std::string_view text) {
  return Parser(text).run();
}

} // namespace xinglin::fhirpath
