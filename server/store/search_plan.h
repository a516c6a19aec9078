#pragma once
// From a query to SQL over the search index, and its answer. Two ways, chosen by looking at a few rows first: from the
// most selective criterion, probing the others for each of its resources; or along the order asked for, probing all.

#include "server/store/search_index.h"
#include "server/store/search_predicate.h"

namespace xinglin::store {

/// How many rows of a criterion are looked at to judge how selective it is: first a few, then many.
inline constexpr int64_t k_estimate_rows_few = 32, k_estimate_rows_max = 1000;

/// Thrown while planning: build these, then plan again.
struct UnitsNeeded {
  std::vector<NeededUnit> units;
};

/// Searches what `records` sees. With records.past() set the index (which is of the present) is of no use: what is
/// needed is then indexed into temporary tables first, so a search in the past costs a pass over the type.
/// Throws Refused(malformed) for what cannot be asked, with a suggestion; UnitsNeeded.
SearchResult search(Records& records, const SearchIndex& index, std::string_view type, std::string_view query,
                    bool strict);

/// For conditions: ids of what matches, at most two, in no order. Throws Refused(malformed) without any criterion.
std::vector<std::string> find_matches(Records& records, const SearchIndex& index, std::string_view type,
                                      std::string_view query);

} // namespace xinglin::store
