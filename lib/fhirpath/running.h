#pragma once
// One run of one program on an evaluator's stack: the interpreter. Its parts: running.cc (paths, operators,
// collections), running_text.cc, running_number.cc, running_convert.cc.

#include "lib/fhirpath/evaluator.h"

#include <optional>
#include <string>

namespace xinglin::fhirpath {

class Running {
public:
  Running(Evaluator& evaluator, const Compiled& program)
      : m_evaluator(evaluator), m_program(program), m_stack(evaluator.m_stack), m_arena(evaluator.m_arena) {}

  /// Pushes the result of an operation.
  void eval(uint32_t at, const Frame& frame);
  /// The result of an operation as a boolean.
  Tri test(uint32_t at, const Frame& frame);

private:
  // --- the machine
  [[noreturn]] void fail(const Op& op, const std::string& message) const;
  void count(uint64_t steps = 1) {
    m_evaluator.m_steps += steps;
    if (m_evaluator.m_steps > m_evaluator.m_steps_max) refuse_steps();
  }
  void push(const Item& item) {
    if (m_stack.is_full()) [[unlikely]] {
      const Item kept = item; // it may lie in the stack
      make_room();
      return m_stack.push_back(kept);
    }
    m_stack.push_back(item);
  }
  [[noreturn]] void refuse_steps() const;
  void make_room(); ///< refuses more than k_items_max
  uint32_t argument(const Op& op, size_t position) const { return m_program.args[op.args + position]; }
  size_t eval_input(const Op& op, const Frame& frame); ///< returns where the input begins
  void move_down(size_t base, size_t from);            ///< what lies from `from` on comes to `base`
  std::span<const Item> from(size_t base) const { return {m_stack.data() + base, m_stack.size() - base}; }
  /// The single item an operand gives; false when it gives none. Many are an error.
  bool one(const Op& op, uint32_t operand, const Frame& frame, Item& out);
  bool one_input(const Op& op, const Frame& frame, Item& out);
  bool take_one(const Op& op, size_t base, Item& out);
  bool one_system(const Op& op, uint32_t operand, const Frame& frame, SystemValue& out);
  bool input_system(const Op& op, const Frame& frame, SystemValue& out);
  std::optional<std::string_view> input_text(const Op& op, const Frame& frame);
  std::optional<std::string_view> text_argument(const Op& op, size_t position, const Frame& frame);
  std::optional<int64_t> integer_argument(const Op& op, size_t position, const Frame& frame);
  static std::string not_simple(const Item& item); ///< for a message
  Tri as_boolean(const Op& op, const Item& item, bool strict) const;
  void push_text(std::string_view text) { push(Item::of(m_arena.text(text))); }
  void push_decimal(const base::Decimal& value) { push(Item::of(m_arena.make(value))); }
  void push_moment(const Moment& value) { push(Item::of(m_arena.make(value))); }
  void push_integer(int64_t value, bool is_long) {
    Item item = Item::of(value);
    if (is_long) item.type = Model::r4().long_integer();
    push(item);
  }
  void push_quantity(const base::Decimal& value, std::string_view unit, bool calendar) {
    push(Item::of(m_arena.make(QuantityValue{value, m_arena.text(unit), calendar})));
  }
  /// In the unit of another.
  void push_like(const base::Decimal& value, const QuantityValue& other) {
    QuantityValue made = other;
    made.value = value;
    made.unit = m_arena.text(other.unit);
    push(Item::of(m_arena.make(made)));
  }
  void push_system(const SystemValue& value);

  Tri decide(uint32_t at, const Frame& frame);
  Tri decide_once(uint32_t at, const Frame& frame);

  // --- paths
  void step(const Op& op, const Frame& frame);
  void step_into(const Item& item, const Step& step) {
    if (!step_by_route(item, step)) step_with_care(item, step);
  }
  bool step_by_route(const Item& item, const Step& step); ///< false: something is out of the ordinary, and nothing done
  void step_with_care(const Item& item, const Step& step);
  void push_element(fhir::Node value, fhir::Node twin, uint32_t parent, const TypeInfo* type);
  static const TypeInfo* type_of_node(fhir::Node node, const TypeInfo* type);
  void children_of(const Item& item);
  void push_variable(const Op& op, std::string_view name);
  void extensions_of(const Item& item, std::string_view url);
  void where_equals(const Op& op, const Frame& frame);
  bool where_keyed(const Op& op, const Frame& frame);
  static bool is_of_type(const Item& item, const TypeInfo* type);
  static bool is_exactly(const Item& item, const TypeInfo* type);
  std::optional<fhir::Node> resolve(std::string_view reference);
  static std::string_view reference_text(const Item& item);
  std::optional<Tri> text_equality(const Op& op, const Frame& frame) const;
  Tri resolves_to(const Item& item, const TypeInfo* type);

  // --- collections
  void lambda(const Op& op, const Frame& frame);
  void repeat(const Op& op, const Frame& frame);
  void iif(const Op& op, const Frame& frame);
  void aggregate(const Op& op, const Frame& frame);
  void sort(const Op& op, const Frame& frame);
  void define_variable(const Op& op, const Frame& frame);
  /// Keeps each of the items from `base` on once.
  void keep_distinct(size_t base);
  void merge(const Op& op, const Frame& frame);
  void set_operation(const Op& op, const Frame& frame);
  void simple_collection(const Op& op, const Frame& frame);
  Tri collection_test(const Op& op, const Frame& frame);
  Tri type_test(const Op& op, const Frame& frame);
  Tri compare_test(const Op& op, const Frame& frame);
  Tri equality_test(const Op& op, const Frame& frame);
  Tri membership_test(const Op& op, const Frame& frame);

  // --- running_number.cc
  void arithmetic(const Op& op, const Frame& frame);
  void negate(const Op& op, const Frame& frame);
  void math(const Op& op, const Frame& frame);
  void totals(const Op& op, const Frame& frame); ///< sum, min, max, avg
  void boundary(const Op& op, const Frame& frame);
  void precision(const Op& op, const Frame& frame);
  void moment_part(const Op& op, const Frame& frame); ///< yearOf() ... timeOf()

  // --- running_text.cc
  void text(const Op& op, const Frame& frame);
  Tri text_test(const Op& op, const Frame& frame);
  const re2::RE2* pattern(const Op& op, std::string_view text, std::string_view flags = {});

  // --- running_convert.cc
  void convert(const Op& op, const Frame& frame);
  /// False when it does not convert; the value takes the target's kind.
  bool convert_to(SystemKind kind, SystemValue& value, const Op& op, const Frame& frame);
  Tri converts(const Op& op, const Frame& frame);

  Evaluator& m_evaluator;
  const Compiled& m_program;
  ItemStack& m_stack;
  Arena& m_arena;
  std::vector<std::pair<uint32_t, Tri>> m_decided; ///< of operations that are k_same_for_all
};

/// Text as toString() gives it; empty for a structure.
std::optional<std::string> system_text(const SystemValue& value);

} // namespace xinglin::fhirpath
