#pragma once
// The answers of one submission: found by item, checked one by one against the item's declaration (type, options,
// range, number). Rules that look at several items at once are rules.h's. Internal to server/program.

#include "lib/base/issue.h"
#include "lib/fhir/json.h"
#include "server/package/model.h"

#include <unordered_map>

namespace xinglin::program {

inline constexpr size_t k_answers_max = 20000;       ///< answers in one submission
inline constexpr size_t k_parts_max = 2000;          ///< parts of one repeating group
inline constexpr size_t k_answer_bytes_max = 100000; ///< of one text
inline constexpr int k_decimal_scale_max = 6;        ///< digits after the point that a column keeps
inline constexpr int k_decimal_whole_max = 32;       ///< digits before it

/// An item with its number within the form: groups and what is in them have numbers too.
struct Slot {
  const package::Item* item = nullptr;
  size_t group = SIZE_MAX; ///< slot of the group it stands in
};

/// The items of a form, found by linkId.
class ItemIndex {
public:
  ItemIndex(const package::Form& form, const package::Catalog& catalog);
  const std::vector<Slot>& slots() const { return m_slots; }
  /// SIZE_MAX when there is no such item there (group SIZE_MAX: at the top).
  size_t find(std::string_view link_id, size_t group = SIZE_MAX) const;
  /// FHIR type that a reference item points at.
  const std::string& target(size_t slot) const { return m_targets[slot]; }
  const std::string& form_id() const { return m_form_id; }
  std::vector<std::string> ids(size_t group) const;

private:
  std::string m_form_id;
  std::vector<Slot> m_slots;
  std::vector<std::string> m_targets;
  std::unordered_map<std::string_view, size_t> m_by_id; ///< ids are unique over the groups of a form
};

/// What was answered. Nodes point into the submission's document.
struct Answers {
  /// By slot: the value nodes ("valueInteger", ...); of items in a group, those of all parts; of a group, the parts.
  std::vector<std::vector<fhir::Node>> values;
  struct Part {
    std::vector<std::pair<size_t, fhir::Node>> values; ///< slot, value
  };
  std::unordered_map<size_t, std::vector<Part>> parts; ///< by slot of a repeating item
};

/// Adds an issue for everything that is wrong with the answers, each naming its item in both languages. `is_complete`:
/// required items must be there (not of a draft).
Answers read_answers(const ItemIndex& index, fhir::Node response, bool is_complete, base::Issues& issues);

/// The type name a value node has, from the member it stands under: "valueDate" → "date".
std::string_view value_type(fhir::Node value);

/// Wrong by the item's own declaration: the reason in English and Chinese; empty when right. `text` is the value as
/// text.
base::Text value_problem(const package::Item& item, std::string_view text);

} // namespace xinglin::program
