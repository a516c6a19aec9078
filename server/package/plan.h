#pragma once
// A year's plan (计划): sections, tasks and targets bound to indicators, read from Markdown. The language stands in
// docs/plans.md; plans come from a program's folder (plans/ID.md) and from the records (server/plan/keep.h).

#include "lib/base/date.h"
#include "lib/base/decimal.h"
#include "lib/base/issue.h"
#include "server/package/model.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::package {

/// What a target asks of its indicator.
enum class PlanRelation : uint8_t {
  at_least, ///< >= 25%
  at_most,  ///< <= 8
  increase, ///< +2: more than last year (a stock: than at the end of last year) by that much
  rank,     ///< rank 3: the indicator is a place in an order; that place or a better one
};
std::string_view to_string(PlanRelation relation); ///< at_least at_most increase rank

struct PlanMilestone {
  base::Date day;
  std::string text; ///< without the √
  bool is_confirmed = false;
  int line = 0;
};
struct PlanPart { ///< of a breakdown
  std::string org;
  base::Rational number;
  std::string written; ///< the number as written
  int line = 0;
};
struct PlanTarget {
  std::string indicator;
  PlanRelation relation = PlanRelation::at_least;
  base::Rational number; ///< of a share: a fraction of one
  std::string written;   ///< the number as written: "25%"
  int line = 0;
  std::vector<PlanPart> parts;
};

/// One line of work: a task, a target, or both.
struct PlanEntry {
  std::string title, owner;
  std::optional<PlanTarget> target;
  std::optional<base::Date> due; ///< empty = the last day of the plan
  std::optional<base::Date> done;
  std::vector<PlanMilestone> milestones;
  int line = 0;
};
struct PlanSection {
  std::string title;
  std::vector<PlanEntry> entries;
};
struct PlanRevision {
  base::Date day;
  std::string text;
};
struct Plan {
  std::string id, title, org, source; ///< source: the document the plan follows
  int id_line = 0, org_line = 0;
  base::Period period = base::Period::year_of(2000);
  std::vector<PlanRevision> revisions;
  std::vector<PlanSection> sections;
  std::string text; ///< the Markdown it was read from
};

/// The relation and number of a target as people read them: "≥25%", "≤8", "+2", "第3".
std::string written_out(const PlanTarget& target);

inline constexpr size_t k_plan_bytes_max = 1u << 20;
inline constexpr size_t k_plan_entries_max = 1000;
inline constexpr size_t k_plan_milestones_max = 100; ///< of one entry

/// Reads a plan. Issues name `file`, line and mend: unknown indicators with the nearest, numbers that are none, days
/// outside the plan, a breakdown that does not add up (a warning). A plan with errors is not to be used.
Plan parse_plan(std::string_view text, const std::string& file, const Catalog& catalog, base::Issues& issues);

/// "25%" → 1/4, "3.5万" → 35000, "12" → 12; a share (printed as a percentage) needs its %. Empty when it is none.
std::optional<base::Rational> parse_plan_number(std::string_view text);

} // namespace xinglin::package
