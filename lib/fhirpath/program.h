#pragma once
// What an expression is compiled to: a flat array of operations that refer to one another by index, with the literals,
// element steps, types and patterns they need. Evaluation recurses over it and allocates nothing of its own.

#include "lib/fhirpath/item.h"

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace re2 {
class RE2;
}

namespace xinglin::fhirpath {

inline constexpr uint32_t k_none = UINT32_MAX;

enum class Code : uint8_t {
  // leaves
  empty,
  literal,
  this_item,
  index,
  total,
  variable,
  // paths
  step,         ///< children by element name
  name_or_step, ///< element of $this, else the variable of that name
  of_head,
  of_head_named, ///< $this if it is of the type (`Patient.name`)
  indexer,
  // types
  is_type,
  as_type,
  of_type,
  resolve_is,
  // operators
  negate,
  identity,
  add,
  subtract,
  multiply,
  divide,
  div,
  mod,
  concatenate,
  merge,
  equal,
  not_equal,
  equivalent,
  not_equivalent,
  less,
  less_or_equal,
  greater,
  greater_or_equal,
  in,
  contains_item,
  and_,
  or_,
  xor_,
  implies,
  // functions
  exists,
  is_empty,
  not_,
  all,
  all_true,
  any_true,
  all_false,
  any_false,
  subset_of,
  superset_of,
  count,
  distinct,
  is_distinct,
  where,
  where_equals,
  select,
  repeat,
  repeat_all,
  single,
  first,
  last,
  tail,
  skip,
  take,
  intersect,
  exclude,
  combine,
  iif,
  to_boolean,
  converts_to_boolean,
  to_integer,
  converts_to_integer,
  to_long,
  converts_to_long,
  to_decimal,
  converts_to_decimal,
  to_string,
  converts_to_string,
  to_date,
  converts_to_date,
  to_date_time,
  converts_to_date_time,
  to_time,
  converts_to_time,
  to_quantity,
  converts_to_quantity,
  index_of,
  last_index_of,
  substring,
  starts_with,
  ends_with,
  contains_text,
  upper,
  lower,
  replace,
  matches,
  matches_full,
  replace_matches,
  length,
  to_chars,
  split,
  join,
  trim,
  encode,
  decode,
  escape,
  unescape,
  abs,
  ceiling,
  floor,
  exp,
  ln,
  log,
  power,
  round,
  sqrt,
  truncate,
  sum,
  min,
  max,
  avg,
  children,
  descendants,
  trace,
  now,
  today,
  time_of_day,
  type_of,
  extension,
  has_extension,
  has_value,
  get_value,
  resolve,
  resource_key,
  reference_key,
  aggregate,
  sort,
  low_boundary,
  high_boundary,
  precision,
  comparable,
  year_of,
  month_of,
  day_of,
  hour_of,
  minute_of,
  second_of,
  millisecond_of,
  timezone_offset_of,
  date_of,
  time_of,
  conforms_to,
  member_of,
  html_checks,
  define_variable,
  coalesce,
};

/// A type that was written FHIR.Quantity: a computed value is not of it.
inline constexpr uint8_t k_fhir_only = 1;
/// Of a boolean operation asked of many items: it speaks of %resource alone, so one run has one answer to it.
inline constexpr uint8_t k_same_for_all = 2;

/// One operation. `input` is the operation whose result it works on; k_none stands for $this.
struct Op {
  Code code;
  uint8_t flags = 0;  ///< sort: bit i = key i descending; of a type: k_fhir_only; of a boolean: k_same_for_all
  uint16_t count = 0; ///< arguments
  uint32_t input = k_none;
  uint32_t args = 0;      ///< first of them in Compiled::args
  uint32_t data = k_none; ///< literal, step, type, pattern or variable, by code
  uint32_t offset = 0;    ///< in the text, for messages
};

/// The quick way of a step from an item of a type: the one name the element has there, and the one type of its values.
struct Route {
  const TypeInfo* owner;
  const TypeInfo* type;
  fhir::NameId name;
};

/// An element step, resolved for the type the checker expects; another type is looked up when it is met.
struct Step {
  std::string name;
  std::string twin;
  fhir::NameId id = fhir::k_no_name; ///< of the name; k_no_name: no element of any type has it
  const TypeInfo* owner = nullptr;
  const ElementInfo* element = nullptr;
  const Written* only = nullptr;         ///< a choice narrowed to one type (`value.ofType(Quantity)`)
  std::vector<const TypeInfo*> owners{}; ///< all that the checker expects
  std::vector<Route> routes{};           ///< from those where the element is no open choice
};

/// What is known of a result before running.
struct StaticType {
  bool known = false; ///< false: anything
  bool single = false;
  std::vector<const TypeInfo*> types; ///< known and none: always empty
  bool ordered = true;                ///< false: children() and descendants(), whose order other systems may not keep
};

struct Compiled {
  std::string text;
  std::vector<Op> ops;
  std::vector<uint32_t> args;
  std::vector<Item> literals;
  std::vector<Step> steps;
  std::vector<const TypeInfo*> types;
  std::vector<std::string> variables; ///< names used, each once
  std::vector<std::unique_ptr<re2::RE2>> patterns;
  std::deque<std::string> strings;
  std::deque<base::Decimal> decimals;
  std::deque<Moment> moments;
  std::deque<QuantityValue> quantities;
  const TypeInfo* context = nullptr;
  StaticType result;
  uint32_t root = 0;
  uint64_t starts = ~uint64_t{0}; ///< bits (start_bit) of the members one of which the result comes from; all: unknown

  Compiled();
  ~Compiled();
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;
};

/// One of 64 bits for a member's name, which is the twin's too.
inline uint64_t start_bit(fhir::NameId name) {
  return uint64_t{1} << ((name * 0x9E3779B1u) >> 26);
}

/// A name that stands for a fixed value (`%name`): compiled in like a literal.
struct Constant {
  std::string name;
  SystemKind kind = SystemKind::string; ///< not quantity
  std::string text;                     ///< as FHIR writes it; must be of that kind
};

struct CompileOptions {
  std::string_view context;                                  ///< FHIR type; empty = unknown
  const std::vector<std::string>* names = nullptr;           ///< compile to variables
  const std::vector<std::string>* known_variables = nullptr; ///< others are refused; null = any
  const std::vector<Constant>* constants = nullptr;
  bool check_order = false; ///< refuse first(), skip() and the like of what has no defined order (N1, 5.8)
};
/// Throws base::Refused(invalid) with line and column.
std::shared_ptr<const Compiled> compile(std::string_view text, const CompileOptions& options);
/// Takes a path's result as the context of another (forEach): `context` replaces options.context.
std::shared_ptr<const Compiled> compile(std::string_view text, const CompileOptions& options,
                                        const StaticType& context);

/// A pattern as FHIRPath's matches() means it (single-line mode, named groups as in PCRE); null when it is not one.
/// `flags`: i = without regard to case, m = ^ and $ at every line.
std::unique_ptr<re2::RE2> make_pattern(std::string_view text, std::string_view flags = {});

} // namespace xinglin::fhirpath
