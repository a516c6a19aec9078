#pragma once
// What a revision of a plan changes: entry by entry, in words a person can review before it is kept.

#include "server/package/plan.h"

namespace xinglin::plan {

/// One difference. Of a whole entry: `field` is empty and `after` (added) or `before` (removed) says its target.
struct Change {
  enum class What : uint8_t { added, removed, changed };
  What what = What::changed;
  std::string section, title; ///< of the entry as it is now, or was; both empty: of the plan itself
  std::string field;          ///< title org period source · section indicator target split owner due done milestone
  std::string before, after;
};
std::string_view to_string(Change::What what); ///< added removed changed

/// From one text of a plan to the next, in the order of the next; what was taken out at the end. Entries are known by
/// their titles, milestones by their words.
std::vector<Change> changes_between(const package::Plan& before, const package::Plan& after);

} // namespace xinglin::plan
