#pragma once
// The two small languages over indicators: expressions (`derived:`) and relations between them (`agrees:`). Parsed
// here, once, for the checker, the engine and the documents; evaluated by the engine in exact fractions.
//
//   expression = term (("+" | "-") term)*         term = factor (("*" | "/") factor)*
//   factor     = "-" factor | number | id | function "(" ... ")" | "(" expression ")"
//   function   = average(ID) | days(ID) | least(expression, ...) | greatest(expression, ...)
//   relation   = expression ("=" | "<=" | ">=" | "<" | ">") expression ["within" number ["%"]]

#include "lib/base/decimal.h"

#include <string>
#include <string_view>
#include <vector>

namespace xinglin::package {

/// A node of a parsed expression.
struct Derived {
  enum class Kind : uint8_t {
    number,    ///< `number`
    indicator, ///< the figure of `id`
    average,   ///< time-weighted mean of the stock `id` over the period's days
    days,      ///< the stock `id` summed over the period's days
    add,
    subtract,
    multiply,
    divide,
    negate, ///< of `arguments` (two; negate one)
    least,
    greatest ///< of `arguments` (one or more)
  };
  Kind kind = Kind::number;
  base::Decimal number;
  std::string id;
  std::vector<Derived> arguments;
  int column = 0; ///< 1-based byte column in the text, for messages
};

/// left operator right, allowed to miss by `tolerance`: in the figures' own unit, or in percent of the larger side.
struct Relation {
  enum class Operator : uint8_t { equal, at_most, at_least, less, greater };
  Derived left, right;
  Operator comparison = Operator::equal;
  base::Decimal tolerance;
  bool tolerance_is_percent = false;
};

inline constexpr int k_derived_depth_max = 50; ///< nesting of an expression

/// Throws base::Refused(invalid); its issue has the column and says what was expected there.
Derived parse_derived(std::string_view text);
Relation parse_relation(std::string_view text);

/// The indicators an expression reads, each once, in order of appearance. `stocks_only`: those inside average() or
/// days().
std::vector<std::string> indicators_of(const Derived& expression, bool stocks_only = false);

} // namespace xinglin::package
