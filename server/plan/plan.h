#pragma once
// A year's plan (计划): sections, tasks and targets bound to indicators, read from Markdown. The language stands in
// docs/plans.md.

#include "lib/base/date.h"
#include "lib/base/decimal.h"
#include "lib/base/issue.h"
#include "server/package/model.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::plan {

/// What a target asks of its indicator.
enum class Relation : uint8_t {
  at_least, ///< >= 25%
  at_most,  ///< <= 8
  increase, ///< +2: more than last year (a stock: than at the end of last year) by that much
  rank,     ///< rank 3: the indicator is a place in an order; that place or a better one
};
std::string_view to_string(Relation relation); ///< at_least at_most increase rank

struct Milestone {
  base::Date day;
  std::string text;
};
struct Part { ///< of a breakdown
  std::string org;
  base::Rational number;
};
struct Target {
  std::string indicator;
  Relation relation = Relation::at_least;
  base::Rational number; ///< of a share: a fraction of one
  std::string written;   ///< the number as written: "25%"
  std::vector<Part> parts;
};

/// One line of work: a task, a target, or both.
struct Entry {
  std::string title, owner;
  std::optional<Target> target;
  std::optional<base::Date> due; ///< empty = the last day of the plan
  std::optional<base::Date> done;
  std::vector<Milestone> milestones;
  int line = 0;
};
struct Section {
  std::string title;
  std::vector<Entry> entries;
};
struct Revision {
  base::Date day;
  std::string text;
};
struct Plan {
  std::string id, title, org, source; ///< source: the document the plan follows
  base::Period period = base::Period::year_of(2000);
  std::vector<Revision> revisions;
  std::vector<Section> sections;
  std::string text; ///< the Markdown it was read from
};

inline constexpr size_t k_plan_bytes_max = 1u << 20;
inline constexpr size_t k_entries_max = 1000;
inline constexpr size_t k_milestones_max = 100; ///< of one entry

/// Reads a plan. Issues name `file`, line and mend: unknown indicators with the nearest, numbers that are none, days
/// outside the plan, a breakdown that does not add up (a warning). A plan with errors is not to be used.
Plan parse_plan(std::string_view text, const std::string& file, const package::Catalog& catalog, base::Issues& issues);

/// "25%" → 1/4, "3.5万" → 35000, "12" → 12; a share (printed as a percentage) needs its %. Empty when it is none.
std::optional<base::Rational> parse_number(std::string_view text);

} // namespace xinglin::plan
