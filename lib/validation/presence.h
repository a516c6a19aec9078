#pragma once
// What a compiled rule says before it is run, from which elements are there and which are not. Most rules of the
// specification are of that alone (`low.exists() or high.exists()`), and most others hold as long as some element is
// absent: the walk over a resource knows which are there, as a mask, and looks the answer up.

#include "lib/fhir/definitions.h"
#include "lib/fhirpath/program.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace xinglin::validation {

/// What a rule says of an element.
enum class Answer : uint8_t {
  holds,
  broken,
  nothing, ///< the empty collection: something it asks about is missing
  ask,     ///< which elements are there does not decide it
};

/// The answers of a rule by the elements it mentions. Masks have bit n for the n-th element of the type.
class Presence {
public:
  static constexpr size_t k_mentioned_max = 6; ///< elements; a rule that mentions more is always asked

  Presence() = default; ///< always ask
  /// For a rule whose input is of the type.
  Presence(const fhirpath::Compiled& rule, const fhir::TypeDefinition& type);

  /// The elements the rule mentions.
  uint64_t mentioned() const { return m_mentioned; }
  /// `seen`: the elements that are there.
  Answer answer(uint64_t seen) const {
    size_t which = 0;
    for (size_t i = 0; i < m_count; ++i)
      which |= (seen >> m_elements[i] & 1) << i;
    return m_answers[which];
  }
  /// What is wrong and the mend, of a rule on presence alone that is broken; empty when it has no plain form.
  std::string sentence(uint64_t seen) const;

private:
  bool breaks_exactly(bool (*breaks)(size_t subset, size_t all)) const;

  uint64_t m_mentioned = 0;
  std::array<uint8_t, k_mentioned_max> m_elements{}; ///< in the order of the expression
  uint8_t m_count = 0;
  std::array<Answer, size_t{1} << k_mentioned_max> m_answers = [] {
    std::array<Answer, size_t{1} << k_mentioned_max> all{};
    all.fill(Answer::ask);
    return all;
  }();
  const fhir::TypeDefinition* m_type = nullptr;
};

} // namespace xinglin::validation
