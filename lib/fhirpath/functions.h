#pragma once
// The functions of the language: how many arguments each takes, which of them are evaluated per item, and what comes
// out.

#include "lib/fhirpath/program.h"

#include <string_view>

namespace xinglin::fhirpath {

/// What a function gives, as far as its name tells.
enum class Gives : uint8_t {
  boolean,
  integer,
  decimal,
  string,
  date,
  date_time,
  time,
  quantity, ///< at most one of that System type
  strings,  ///< many strings
  input,    ///< items of the input
  one,      ///< at most one item of the input
  argument, ///< what the first argument gives
  unknown,
  special, ///< the compiler has its own rule
};

inline constexpr uint8_t k_every_argument = 255;

struct FunctionInfo {
  std::string_view name;
  Code code;
  uint8_t arguments_min;
  uint8_t arguments_max;
  uint8_t per_item; ///< bit i: argument i is evaluated with $this = each item (or the single input)
  Gives gives;
};

/// Null when there is no such function.
const FunctionInfo* find_function(std::string_view name);
/// All names, for suggestions.
const std::vector<std::string>& function_names();

} // namespace xinglin::fhirpath
