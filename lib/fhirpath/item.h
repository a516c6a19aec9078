#pragma once
// The values the evaluator moves about: 32 bytes, never owning. What they point at lives in the document, in the
// compiled program, or in the arena of the running evaluation.

#include "lib/fhir/json.h"
#include "lib/fhirpath/model.h"
#include "lib/fhirpath/temporal.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace xinglin::fhirpath {

struct QuantityValue {
  base::Decimal value;
  std::string_view unit; ///< UCUM code; with `calendar` a calendar word
  bool calendar = false;
  bool calendar_too = false; ///< from a record: 'a' and 'mo' may be calendar years and months
};

enum class Tag : uint8_t {
  node, ///< a value of a document
  twin, ///< a primitive without value: index is its "_name" twin
  boolean,
  integer,
  decimal,
  string,
  moment, ///< date, dateTime or time
  quantity,
  type_name, ///< result of type()
};

struct Item {
  struct NodeRef {
    const fhir::Document* document;
    uint32_t index;
    uint32_t parent; ///< the object it stands in; UINT32_MAX when unknown
  };
  struct Text {
    const char* data;
    size_t size;
  };
  union {
    NodeRef ref;
    bool boolean;
    int64_t integer;
    Text text;
    const base::Decimal* decimal;
    const Moment* moment;
    const QuantityValue* quantity;
  };
  const TypeInfo* type = nullptr; ///< of a node: its FHIR type when known; of type_name: the type it tells; of an
                                  ///< integer: System.Long or null
  Tag tag = Tag::boolean;

  Item() : boolean(false) {}
  static Item of(fhir::Node node, uint32_t parent, const TypeInfo* type, Tag tag = Tag::node) {
    Item item;
    item.ref = {node.document(), node.index(), parent};
    item.type = type;
    item.tag = tag;
    return item;
  }
  static Item of(bool value) {
    Item item;
    item.boolean = value;
    return item;
  }
  static Item of(int64_t value) {
    Item item;
    item.integer = value;
    item.tag = Tag::integer;
    return item;
  }
  static Item of(std::string_view value) { ///< does not copy
    Item item;
    item.text = {value.data(), value.size()};
    item.tag = Tag::string;
    return item;
  }
  static Item of(const base::Decimal* value) {
    Item item;
    item.decimal = value;
    item.tag = Tag::decimal;
    return item;
  }
  static Item of(const Moment* value) {
    Item item;
    item.moment = value;
    item.tag = Tag::moment;
    return item;
  }
  static Item of(const QuantityValue* value) {
    Item item;
    item.quantity = value;
    item.tag = Tag::quantity;
    return item;
  }
  fhir::Node node() const { return {ref.document, ref.index}; }
  std::string_view view() const { return {text.data, text.size}; }
  bool is_node() const { return tag == Tag::node || tag == Tag::twin; }
};
static_assert(sizeof(Item) == 32);

/// True, false or undecided (the empty collection).
enum class Tri : uint8_t { no, yes, empty };
inline Tri tri(bool value) {
  return value ? Tri::yes : Tri::no;
}

} // namespace xinglin::fhirpath
