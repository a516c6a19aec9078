#pragma once
// From prose to proposed targets: a person binds them to an indicator or drops them.

#include "server/package/plan.h"

namespace xinglin::plan {

struct Candidate {
  std::string indicator;
  base::Text title;
};
struct Proposal {
  std::string clause; ///< the words it was found in
  std::string what;   ///< what is to be reached, without number and relation
  package::PlanRelation relation = package::PlanRelation::at_least;
  std::string number;                ///< "25%", "5.0", "3.5万"
  std::string unit;                  ///< "家", "个"; of a percentage empty
  bool is_each = false;              ///< 一街道一乡镇一普惠: for each of them
  std::string due;                   ///< "10-31" of 10月底前; empty = the end
  std::vector<Candidate> candidates; ///< indicators by the words they share, best first
  int line = 0;
};

inline constexpr size_t k_candidates_max = 3;

/// Every clause with a number that a plan could be held to. Years, days and numbers of paragraphs are none.
std::vector<Proposal> propose(std::string_view prose, const package::Catalog& catalog);

/// The line a plan would have for it: "- target: ID >= 25%"; with the first candidate, else ID.
std::string target_line(const Proposal& proposal);

} // namespace xinglin::plan
