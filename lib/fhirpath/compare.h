#pragma once
// Equality (=), equivalence (~) and order of items (http://hl7.org/fhirpath/N1/#equality).

#include "lib/fhirpath/item.h"

#include <optional>
#include <span>
#include <string>

namespace xinglin::fhirpath {

/// An item as a System value. Of a FHIR primitive its value, of a FHIR Quantity a Quantity.
struct SystemValue {
  SystemKind kind = SystemKind::none;
  bool is_long = false; ///< of an integer: a System.Long
  union {               // OPTIMIZATION: many are made, and need not be cleared; the kind says which is there
    bool boolean;
    int64_t integer;
    std::string_view text; ///< string
    base::Decimal decimal;
    Moment moment; ///< date, date_time, time
    QuantityValue quantity;
  };

  SystemValue() : integer(0) {}
  bool is_number() const { return kind == SystemKind::integer || kind == SystemKind::decimal; }
  bool is_moment() const {
    return kind == SystemKind::date || kind == SystemKind::date_time || kind == SystemKind::time;
  }
  /// Of a number.
  base::Decimal number() const { return kind == SystemKind::integer ? base::Decimal(integer) : decimal; }
};

/// A number becomes a quantity of unit '1'; false for what is neither.
bool as_quantity(SystemValue& value);
/// False when the item is a structure or has no value. A node whose text is not of its type's form becomes a string.
bool to_system(const Item& item, SystemValue& out);
/// The text of an item that is a string for sure; false: it may be one all the same.
bool quick_text(const Item& item, std::string_view& out);

Tri equal(const Item& a, const Item& b);
bool equivalent(const Item& a, const Item& b);
Tri equal(std::span<const Item> a, std::span<const Item> b);
bool equivalent(std::span<const Item> a, std::span<const Item> b);
/// Empty when undecidable. `comparable` says whether the two kinds have an order at all.
std::optional<std::strong_ordering> order(const SystemValue& a, const SystemValue& b, bool& comparable);
/// Equal items have equal hashes.
size_t hash(const Item& item);
/// Lower case, every white space a blank: how ~ sees a text.
std::string folded(std::string_view text);
/// ASCII, Latin-1, Greek and Cyrillic letters; others as they are.
std::string lower(std::string_view text);
std::string upper(std::string_view text);

} // namespace xinglin::fhirpath
