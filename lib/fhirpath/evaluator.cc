#include "lib/fhirpath/evaluator.h"

#include "lib/base/issue.h"
#include "lib/base/text.h"
#include "lib/fhirpath/lexer.h"
#include "lib/fhirpath/quantity.h"
#include "lib/fhirpath/running.h"

#include <re2/re2.h>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace xinglin::fhirpath {

// --- arena

void Arena::clear() {
  constexpr size_t k_kept_blocks = 4;
  if (m_blocks.size() > k_kept_blocks) m_blocks.resize(k_kept_blocks);
  m_block = 0;
  m_at = 0;
  m_used = 0;
}

void* Arena::take(size_t size, size_t alignment) {
  m_used += size;
  if (m_used > k_bytes_made_max)
    throw base::Refused(base::Refusal::too_large, "too-costly",
                        "FHIRPath: the evaluation makes more than " + std::to_string(k_bytes_made_max) +
                            " bytes of text: narrow the expression");
  while (true) {
    if (m_block < m_blocks.size()) {
      auto& [memory, capacity] = m_blocks[m_block];
      const size_t at = (m_at + alignment - 1) / alignment * alignment;
      if (at + size <= capacity) {
        m_at = at + size;
        return memory.get() + at;
      }
      ++m_block;
      m_at = 0;
      continue;
    }
    const size_t capacity = std::max(k_block, size + alignment);
    m_blocks.emplace_back(std::make_unique<std::byte[]>(capacity), capacity);
  }
}

std::string_view Arena::text(std::string_view text) {
  if (text.empty()) return ""; // not null: a null text is no text
  auto* memory = static_cast<char*>(take(text.size(), 1));
  std::memcpy(memory, text.data(), text.size());
  return {memory, text.size()};
}

std::string_view Arena::joined(std::initializer_list<std::string_view> parts) {
  size_t size = 0;
  for (const std::string_view part : parts)
    size += part.size();
  if (size == 0) return "";
  auto* memory = static_cast<char*>(take(size, 1));
  char* at = memory;
  for (const std::string_view part : parts)
    at = std::copy(part.begin(), part.end(), at);
  return {memory, size};
}

// --- values in and out

namespace {

TemporalKind kind_of(const Moment& moment) {
  return moment.kind;
}

} // namespace

Evaluator::Evaluator() = default;
Evaluator::~Evaluator() = default;

Item Evaluator::from_value(const Value& value) {
  struct Visitor {
    Evaluator& self;
    const Value& value;
    Item operator()(std::monostate) const { return Item::of(std::string_view()); }
    Item operator()(const fhir::Node& node) const {
      const Item item = root_item(node, Model::r4().fhir(value.type));
      return Item::of(node, value.parent ? value.parent.index() : UINT32_MAX, item.type);
    }
    Item operator()(bool boolean) const { return Item::of(boolean); }
    Item operator()(int64_t integer) const { return Item::of(integer); }
    Item operator()(const base::Decimal& decimal) const { return Item::of(&decimal); }
    Item operator()(const std::string& text) const { return Item::of(std::string_view(text)); }
    Item operator()(const Temporal& temporal) const {
      const auto moment = Moment::parse(temporal.text, temporal.kind);
      if (!moment) return Item::of(std::string_view(temporal.text));
      return Item::of(self.m_arena.make(*moment));
    }
    Item operator()(const Quantity& quantity) const {
      return Item::of(self.m_arena.make(QuantityValue{quantity.value, quantity.unit, quantity.calendar}));
    }
  };
  return std::visit(Visitor{*this, value}, value.data);
}

void Evaluator::to_value(const Item& item, Value& out) {
  if (item.is_node()) { // OPTIMIZATION: most results are elements
    out.data = item.tag == Tag::node ? item.node() : fhir::Node();
    out.parent = item.ref.parent == UINT32_MAX ? fhir::Node() : fhir::Node(item.ref.document, item.ref.parent);
    out.type = item.type ? std::string_view(item.type->name) : std::string_view();
    return;
  }
  out.parent = {};
  const Model& model = Model::r4();
  switch (item.tag) {
  case Tag::node:
  case Tag::twin: break;
  case Tag::boolean:
    out.data = item.boolean;
    out.type = model.system(SystemKind::boolean)->name;
    break;
  case Tag::integer:
    out.data = item.integer;
    out.type = (item.type ? item.type : model.system(SystemKind::integer))->name;
    break;
  case Tag::decimal:
    out.data = *item.decimal;
    out.type = model.system(SystemKind::decimal)->name;
    break;
  case Tag::string:
    out.data = std::string(item.view());
    out.type = model.system(SystemKind::string)->name;
    break;
  case Tag::moment: {
    const TemporalKind kind = kind_of(*item.moment);
    out.data = Temporal{kind, item.moment->to_string()};
    out.type = model
                   .system(kind == TemporalKind::date   ? SystemKind::date
                           : kind == TemporalKind::time ? SystemKind::time
                                                        : SystemKind::date_time)
                   ->name;
    break;
  }
  case Tag::quantity:
    out.data = Quantity{item.quantity->value, std::string(item.quantity->unit), item.quantity->calendar};
    out.type = model.system(SystemKind::quantity)->name;
    break;
  case Tag::type_name:
    out.data = (item.type->is_system ? "System." : "FHIR.") + item.type->name;
    out.type = model.system(SystemKind::string)->name;
    break;
  }
}

fhir::Node twin_of(const Item& item) {
  if (item.tag == Tag::twin) return item.node();
  if (item.tag != Tag::node || item.ref.parent == UINT32_MAX) return {};
  const fhir::Node parent(item.ref.document, item.ref.parent);
  if (!parent.is_object()) return {};
  // The member that holds the item is the last that does not begin behind it: entries stand in document order.
  fhir::Node holder;
  for (const fhir::Node member : parent) {
    if (member.index() > item.ref.index) break;
    holder = member;
  }
  if (!holder) return {};
  const std::string_view name = holder.name();
  for (const fhir::Node member : parent) {
    const std::string_view other = member.name();
    if (other.size() != name.size() + 1 || other[0] != '_' || other.substr(1) != name) continue;
    if (!holder.is_array()) return member;
    fhir::Node twin = member.first();
    for (const fhir::Node element : holder) {
      if (element.index() == item.ref.index || !twin) break;
      twin = twin.next();
    }
    return twin.is_object() ? twin : fhir::Node();
  }
  return {};
}

// --- running

void ItemStack::set_capacity(size_t capacity) {
  auto items = std::make_unique_for_overwrite<Item[]>(capacity);
  const size_t kept = size();
  std::copy(m_items.get(), m_top, items.get());
  m_items = std::move(items);
  m_top = m_items.get() + kept;
  m_end = m_items.get() + capacity;
}

void Evaluator::set_variable(std::string_view name, std::vector<Item> items) {
  for (auto& [known, value] : m_variables) {
    if (known != name) continue;
    value = std::move(items);
    return;
  }
  m_variables.emplace_back(name, std::move(items));
}

size_t Evaluator::evaluate(const Compiled& program, const Frame& frame) {
  const size_t base = m_stack.size();
  Running(*this, program).eval(program.root, frame);
  return base;
}

Tri Evaluator::test(const Compiled& program, const Frame& frame) {
  return Running(*this, program).test(program.root, frame);
}

} // namespace xinglin::fhirpath
