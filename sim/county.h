#pragma once
// A county without totals: so many residents, the institutions and townships they need, and of every figure of the
// loaded programs as much as its entries say for 1,000 residents (`per_1000`).

#include "sim/spec.h"
#include "sim/totals.h"

namespace xinglin::sim {

struct CountyOptions {
  int64_t residents = 0; ///< 1 .. k_people_max
  int years = 2;         ///< up to the end of k_county_last_year
  uint64_t seed = 1;
};

inline constexpr int k_county_last_year = 2023; ///< no clock is read: the same seed gives the same county at any time
inline constexpr int k_county_years_max = 20;

/// What a county asks for, as a file of totals would say it. Throws Refused(invalid) when the programs have no register
/// of organisations or of residents.
Totals make_county(const CountyOptions& options, const package::Catalog& catalog, const Specs& specs);

/// Adds a county to the totals of a file: institutions and people where the file names none, and those figures whose
/// records do not count for any that the file asks for.
void add_county(Totals& totals, Totals county, const Specs& specs);

} // namespace xinglin::sim
