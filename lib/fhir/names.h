#pragma once
// The names that elements of FHIR R4 have in JSON, as numbers: "family", "valueQuantity", "resourceType". The parser
// looks each member's name up once; whoever walks the document afterwards compares numbers.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::fhir {

/// 0: not a name the definitions know. The twin "_family" of a primitive has the number of "family" and k_twin.
using NameId = uint16_t;
inline constexpr NameId k_no_name = 0;
inline constexpr NameId k_twin = 0x8000;

/// Names that the engines themselves look for. The others have the numbers that follow.
namespace name {
inline constexpr NameId k_resource_type = 1;
inline constexpr NameId k_id = 2;
inline constexpr NameId k_extension = 3;
inline constexpr NameId k_url = 4;
inline constexpr NameId k_reference = 5;
} // namespace name

/// Immutable, shared by all threads.
class Names {
public:
  static const Names& r4(); ///< built on first use from the definitions

  NameId find(std::string_view name) const { return find(name, name.data() + name.size()); }
  /// The same where the bytes up to `readable` may be read, though they are not part of the name.
  [[gnu::always_inline]] NameId find(std::string_view name, const char* readable) const {
    const bool is_twin = !name.empty() && name[0] == '_';
    if (is_twin) name.remove_prefix(1);
    const NameId plain = lookup(name, readable); // an empty name is none
    return is_twin && plain != k_no_name ? static_cast<NameId>(plain | k_twin) : plain;
  }

private:
  Names();
  NameId add(std::string_view name); ///< returns its number, also when it is there already

  /// A name's first and last eight bytes, zeros where it has fewer: with the size all of a name of up to 16.
  struct Ends {
    uint64_t first, last;
  };
  struct Slot {
    Ends ends;
    uint32_t size;
    NameId id;
  };
  static constexpr int k_slot_bits = 13; ///< some 1,800 names
  static constexpr size_t k_whole_by_ends = 16;

  static Ends ends_of(std::string_view name, const char* readable) {
    Ends ends{0, 0};
    const char* text = name.data();
    const size_t size = name.size();
    if (size >= 8 || readable - text >= 8) [[likely]] {
      std::memcpy(&ends.first, text, 8);
      if (size < 8) {
        ends.first &= (uint64_t{1} << (8 * size)) - 1;
      } else {
        std::memcpy(&ends.last, text + size - 8, 8);
      }
    } else {
      for (size_t i = 0; i < size; ++i)
        ends.first |= uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
    }
    return ends;
  }
  static size_t slot_of(Ends ends, size_t size) {
    return ((ends.first + size) * 0x9E3779B97F4A7C15U ^ ends.last * 0xC2B2AE3D27D4EB4FU) >> (64 - k_slot_bits);
  }
  [[gnu::always_inline]] NameId lookup(std::string_view name, const char* readable) const {
    const Ends ends = ends_of(name, readable);
    for (size_t at = slot_of(ends, name.size());; at = (at + 1) & (m_slots.size() - 1)) {
      const Slot& slot = m_slots[at];
      if (slot.id == k_no_name) return k_no_name;
      if (slot.ends.first == ends.first && slot.ends.last == ends.last && slot.size == name.size() &&
          (name.size() <= k_whole_by_ends || m_names[slot.id] == name))
        return slot.id;
    }
  }

  std::vector<Slot> m_slots;
  std::vector<std::string> m_names; ///< by number
};

} // namespace xinglin::fhir
