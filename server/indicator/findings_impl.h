#pragma once
// What the search for contradictions shares between its .cc files.

#include "server/indicator/engine_impl.h"

#include <set>
#include <string>
#include <vector>

namespace xinglin::indicator {

/// One search: the figures asked for and those they are made of, where and when.
struct FindingSearch {
  const Engine::Impl& impl;
  Session& session;
  const Engine::Impl::Scope& scope;
  const std::vector<Target>& targets;
  std::vector<Finding>& out;

  Figure figure_of(const package::Indicator& indicator) const {
    return impl.figure(session, {&indicator, Aspect::figure}, scope);
  }
  /// The indicator of that id, if there is one.
  const package::Indicator* find(const std::string& id) const;
};

/// Two numbers with as few digits as show that they differ, at least one where they are not whole.
std::pair<std::string, std::string> told_apart(const base::Rational& left, const base::Rational& right);
/// A value as people read it: a share as a percentage, with the indicator's digits and its unit.
std::string value_in_words(const Figure& figure, std::string_view language);

// What the engine finds by itself; each adds to `out`.
void find_grain_differences(const FindingSearch& search);      ///< X and X.returned, X.recorded and X
void find_authority_differences(const FindingSearch& search);  ///< X and X.upper
void find_returned_twice(const FindingSearch& search);         ///< an organisation and those below it return the same
void find_shares_over_whole(const FindingSearch& search);      ///< a percentage above 100 %
void find_benchmark_conflicts(const FindingSearch& search);    ///< X above X.city, a rank that the average denies
void find_growth_differences(const FindingSearch& search);     ///< X_growth entered, and what X gives
void find_population_differences(const FindingSearch& search); ///< rates of one population counted in two ways

} // namespace xinglin::indicator
