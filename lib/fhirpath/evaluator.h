#pragma once
// Runs compiled expressions. Results live on one stack of items: an operation pushes its result above its input and
// then moves it down, so that an evaluation allocates nothing once the stack has grown. Everything is bounded: steps,
// items, bytes made; depth is bounded by the compiler.

#include "lib/base/text.h"
#include "lib/fhirpath/compare.h"
#include "lib/fhirpath/item.h"
#include "lib/fhirpath/program.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xinglin::fhirpath {

inline constexpr uint64_t k_steps_max = 20'000'000;   ///< operations and items looked at
inline constexpr size_t k_items_max = 2'000'000;      ///< on the stack at once
inline constexpr size_t k_bytes_made_max = 64u << 20; ///< of texts and numbers made by one evaluation
inline constexpr size_t k_quadratic_max = 32;         ///< smaller sets are compared pair by pair

/// Memory that lives as long as one evaluation.
class Arena {
public:
  void clear();
  std::string_view text(std::string_view text); ///< copies
  std::string_view joined(std::initializer_list<std::string_view> parts);
  template <typename T> const T* make(const T& value) { return new (take(sizeof(T), alignof(T))) T(value); }
  size_t used() const { return m_used; }

private:
  static constexpr size_t k_block = size_t{16} * 1024;
  void* take(size_t size, size_t alignment);
  std::vector<std::pair<std::unique_ptr<std::byte[]>, size_t>> m_blocks;
  size_t m_block = 0;
  size_t m_at = 0;
  size_t m_used = 0;
};

/// The results of an evaluation, each operation's above those of the one that asked for it.
class ItemStack {
public:
  size_t size() const { return static_cast<size_t>(m_top - m_items.get()); }
  bool empty() const { return m_top == m_items.get(); }
  bool is_full() const { return m_top == m_end; }
  Item* data() { return m_items.get(); }
  const Item* data() const { return m_items.get(); }
  Item* begin() { return m_items.get(); }
  Item* end() { return m_top; }
  Item& operator[](size_t at) { return m_items[at]; }
  Item& back() { return m_top[-1]; }
  void push_back(const Item& item) { *m_top++ = item; } ///< not when it is full
  void pop_back() { --m_top; }
  void resize(size_t size) { m_top = m_items.get() + size; } ///< to fewer
  void grow() { set_capacity(std::max(2 * size(), k_least)); }
  void clear() {
    m_top = m_items.get();
    if (static_cast<size_t>(m_end - m_top) > k_kept) set_capacity(k_least);
  }

private:
  static constexpr size_t k_least = 64;
  static constexpr size_t k_kept = 1 << 16;
  void set_capacity(size_t capacity);
  std::unique_ptr<Item[]> m_items;
  Item* m_top = nullptr;
  Item* m_end = nullptr;
};

/// What $this, $index and $total are at a place.
struct Frame {
  Item self;
  bool has_self = false;
  int64_t index = 0;
  const std::vector<Item>* total = nullptr;
};

/// Not thread safe; reused from evaluation to evaluation.
class Evaluator {
public:
  Evaluator();
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  /// Allows fewer steps than k_steps_max.
  void limit_steps(uint64_t steps) { m_steps_max = steps; }

  /// Forgets all results; `resource` is %resource and %rootResource until the next begin().
  void begin(fhir::Node resource, const Environment& environment) {
    m_stack.clear();
    if (m_arena.used() > 0) m_arena.clear();
    m_steps = 0;
    m_resource = resource;
    m_environment = &environment;
    if (!m_variables.empty()) m_variables.clear();
    for (auto& keyed : m_keyed)
      keyed.owner = {};
  }
  /// The item an expression of context `context` starts from.
  static Item root_item(fhir::Node node, const TypeInfo* context) {
    const fhir::Node name = node.member(fhir::name::k_resource_type);
    if (!name || (context && base::is_same(name.text(), context->name))) return Item::of(node, UINT32_MAX, context);
    const TypeInfo* own = Model::r4().fhir(name.text());
    return Item::of(node, UINT32_MAX, own ? own : context);
  }
  /// A variable besides the environment's, found first. The name must outlive the evaluation.
  void set_variable(std::string_view name, std::vector<Item> items);

  /// Pushes the result; returns where it begins. Results stay until released.
  size_t evaluate(const Compiled& program, const Frame& frame);
  /// Criteria: the result as a boolean (one item that is not a boolean counts as true).
  Tri test(const Compiled& program, const Frame& frame);
  std::span<const Item> results(size_t base) const { return {m_stack.data() + base, m_stack.size() - base}; }
  size_t mark() const { return m_stack.size(); }
  void release(size_t base) { m_stack.resize(base); }

  /// For many expressions over one focus that each pick from the same list by a key (`item.where(linkId = 'x')`, once a
  /// column): the list is read once for all of them.
  void share_keys(bool share) { m_share_keys = share; }

  Item from_value(const Value& value);
  static Value to_value(const Item& item) {
    Value out;
    to_value(item, out);
    return out;
  }
  static void to_value(const Item& item, Value& out);

private:
  friend class Running;
  /// The items of one list with their keys, in the order of the document (of the keys when there are many).
  struct Keyed {
    fhir::Node owner;
    const ElementInfo* list = nullptr;
    const ElementInfo* key = nullptr;
    std::vector<std::pair<std::string_view, Item>> entries;
    bool sorted = false;
  };
  bool m_share_keys = false;
  std::vector<Keyed> m_keyed; ///< the latest few
  size_t m_keyed_next = 0;
  ItemStack m_stack;
  Arena m_arena;
  uint64_t m_steps = 0;
  uint64_t m_steps_max = k_steps_max;
  fhir::Node m_resource;
  const Environment* m_environment = nullptr;
  std::vector<std::pair<std::string_view, std::vector<Item>>> m_variables;
  std::vector<std::pair<std::string, std::unique_ptr<re2::RE2>>> m_patterns; ///< made at run time, the latest few
};

/// The "_name" twin of a primitive in a document; none when it has none.
fhir::Node twin_of(const Item& item);

} // namespace xinglin::fhirpath
