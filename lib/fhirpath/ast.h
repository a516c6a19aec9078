#pragma once
// The syntax tree, as parsed and before anything is known of types.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::fhirpath {

/// Deeper trees are refused, so that evaluation (which recurses along the tree) cannot exhaust the stack.
inline constexpr int k_depth_max = 250;

struct Ast {
  enum class Kind : uint8_t {
    empty,   ///< {}
    boolean, ///< text "true" or "false"
    string,
    integer,
    long_integer,
    decimal,
    date,
    date_time,
    time,
    quantity, ///< text = number, unit = unit; calendar says whether it is a calendar word
    variable, ///< %text
    this_item,
    index,
    total,
    member,   ///< [input] text
    function, ///< [input] text(arguments): has_input tells whether children[0] is the input
    indexer,  ///< children: input, position
    unary,    ///< text: + -
    binary,   ///< text: the operator
    type_is,  ///< children: operand; text: type name
    type_as,
  };
  struct Node {
    Kind kind;
    bool has_input = false;
    bool calendar = false;
    bool delimited = false; ///< written in backticks
    bool in_parentheses = false;
    uint32_t offset = 0;
    uint16_t depth = 1;
    std::string text = {};
    std::string unit = {};
    std::vector<uint32_t> children = {};
  };
  std::vector<Node> nodes;
  uint32_t root = 0;
};

/// Throws base::Refused(invalid) with line and column.
Ast parse(std::string_view text);

/// year(s), month(s), ... millisecond(s) without the s; empty for another word.
std::string_view calendar_word(std::string_view word);

} // namespace xinglin::fhirpath
