#pragma once
// What is said when a rule is broken, for the rules whose own words do not tell what to do. Of rules on presence alone
// the sentence is made from the rule (presence.h), of all others from the specification's words.

#include <span>
#include <string_view>

namespace xinglin::validation {

struct Sentence {
  std::string_view key;
  /// What is wrong and the mend; {FHIRPath} in it is asked of the place.
  std::string_view text;
  /// FHIRPath of the places below the element, each of which is told; empty: the element itself. k_tested: the items
  /// the rule's last empty() or isDistinct() found fault with. A sentence without places is not said.
  std::string_view at = {};
  /// Of the places those for which this FHIRPath gives what it gave for an earlier one.
  std::string_view twice = {};
  /// What is pointed at, from the place; empty: the place itself.
  std::string_view shown = {};
  static constexpr std::string_view k_tested = "*";
};

std::span<const Sentence> sentences();

} // namespace xinglin::validation
