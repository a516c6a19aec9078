#include "server/package/derived.h"

#include "lib/base/issue.h"

#include <doctest/doctest.h>

using namespace xinglin;
using package::Derived;
using package::parse_derived;
using package::parse_relation;

namespace {

/// The tree in brackets, so that a test can say precedence in one line.
std::string shape(const Derived& node) {
  switch (node.kind) {
  case Derived::Kind::number: return node.number.to_string();
  case Derived::Kind::indicator: return node.id;
  case Derived::Kind::average: return "average(" + node.id + ")";
  case Derived::Kind::days: return "days(" + node.id + ")";
  default: break;
  }
  static const char* names[] = {"", "", "", "", "+", "-", "*", "/", "neg", "least", "greatest"};
  std::string text = std::string("(") + names[static_cast<int>(node.kind)];
  for (const auto& argument : node.arguments)
    text += " " + shape(argument);
  return text + ")";
}

/// column: message of what is refused; "" when nothing was.
std::string refusal(const char* text, bool relation = false) {
  try {
    if (relation)
      parse_relation(text);
    else
      parse_derived(text);
    return "";
  } catch (const base::Refused& refused) {
    return std::to_string(refused.issues().front().column) + ": " + refused.issues().front().text;
  }
}

} // namespace

TEST_CASE("expressions: precedence, association, functions") {
  CHECK(shape(parse_derived("a.b / c_2.d")) == "(/ a.b c_2.d)");
  CHECK(shape(parse_derived("a - b - c")) == "(- (- a b) c)");
  CHECK(shape(parse_derived("a + b * c")) == "(+ a (* b c))");
  CHECK(shape(parse_derived("(a + b) * -1.50")) == "(* (+ a b) (neg 1.50))");
  CHECK(shape(parse_derived("x.discharges / average(x.beds)")) == "(/ x.discharges average(x.beds))");
  CHECK(shape(parse_derived("days( x.inpatients )")) == "days(x.inpatients)");
  CHECK(shape(parse_derived("least(a, b + 1, greatest(c))")) == "(least a (+ b 1) (greatest c))");
}

TEST_CASE("expressions: what is wrong is named with its column") {
  CHECK(refusal("a +") == "4: the expression ends too early; an indicator id, a number or '(' is expected");
  CHECK(refusal("a b") == "3: 'b' is not expected here; write an operator before it or take it out");
  CHECK(refusal("(a") == "3: ')' is expected here");
  CHECK(refusal("averge(a)") ==
        "1: unknown function averge(), did you mean average; known are average, days, least and greatest");
  CHECK(refusal("average(1)") == "9: average() takes the id of a stock indicator");
  CHECK(refusal("1.2.3") == "1: a number is expected here, as 12 or 0.5");
  CHECK(refusal("a % b") == "3: '% b' is not expected here; write an operator before it or take it out");
  CHECK(refusal((std::string(60, '(') + "a" + std::string(60, ')')).c_str()).find("nested deeper than 50") !=
        std::string::npos);
  CHECK(refusal(std::string(20001, ' ').c_str()).find("longer than 20000") != std::string::npos);
}

TEST_CASE("relations: operators and tolerance") {
  const auto relation = parse_relation("a.x <= b.y + 999 within 0.05");
  CHECK_FALSE(relation.tolerance_is_percent);
  CHECK(parse_relation("a.x = b.y within 5%").tolerance_is_percent);
  CHECK(shape(relation.left) == "a.x");
  CHECK(relation.comparison == package::Relation::Operator::at_most);
  CHECK(shape(relation.right) == "(+ b.y 999)");
  CHECK(relation.tolerance.to_string() == "0.05");
  CHECK(parse_relation("a = b").comparison == package::Relation::Operator::equal);
  CHECK(parse_relation("a = b").tolerance.is_zero());
  CHECK(parse_relation("a > b").comparison == package::Relation::Operator::greater);
  CHECK(refusal("a + b", true) == "6: a comparison (=, <=, >=, < or >) is expected here");
  CHECK(refusal("a = b within c", true) == "14: a number is expected here, as 12 or 0.5");
}

TEST_CASE("expressions: the indicators they read") {
  const auto expression = parse_derived("a.x / average(a.y) + a.x");
  CHECK(package::indicators_of(expression) == std::vector<std::string>{"a.x", "a.y"});
  CHECK(package::indicators_of(expression, true) == std::vector<std::string>{"a.y"});
}
