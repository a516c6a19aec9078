#pragma once
// People who do not exist: names by a frequency table of our own, ages by a given structure, citizen IDs with a true
// check character under a region code (99....) that no region has, so that no ID is a real person's.

#include "lib/base/date.h"
#include "sim/random.h"

#include <string>
#include <vector>

namespace xinglin::sim {

struct Person {
  std::string name;
  bool female = false;
  base::Date born;
  std::string citizen_id;
  std::string phone; ///< under a prefix no operator has
  std::string town, village;
  std::string address;
  std::string household; ///< those of one household have the same
};

/// Names of places that do not exist: some thousands of villages, a few hundred towns.
std::string make_village(Random& random);
std::string make_town(Random& random);

/// So many of these ages (in whole years), as weights.
struct AgeBand {
  int low = 0, high = 0;
  int weight = 1;
};

/// Age in whole years on a day (a birthday of 29 February falls on 1 March).
int age_on(base::Date born, base::Date day);

/// A plausible name; the fashion of given names follows the year of birth.
std::string make_name(Random& random, bool female, int year_of_birth);

/// 17 digits and their check character (GB 11643-1999, ISO 7064 MOD 11-2). `order` 0..999: its last digit is odd for
/// men.
std::string make_citizen_id(int region, base::Date born, int order);

/// Makes people one after the other; every citizen ID differs.
class PeopleMaker {
public:
  /// Ages as on `as_of`. `bands` must not be empty.
  /// `region`: of the citizen IDs; makers with regions k_regions_each apart never give the same ID. `towns`: where they
  /// live; empty = anywhere.
  PeopleMaker(Random random, base::Date as_of, std::vector<AgeBand> bands, int region = k_region_first,
              std::vector<std::string> towns = {});
  Person next();

  static constexpr int k_regions_each = 10;
  /// The region codes given out: 990001, 990002, ...
  static constexpr int k_region_first = 990001;

private:
  Random m_random;
  base::Date m_as_of;
  std::vector<AgeBand> m_bands;
  uint64_t m_weight = 0;
  int64_t m_count = 0;
  std::vector<uint32_t> m_orders; ///< how many were born on each day, by sex
  base::Date m_earliest;
  int m_region;
  std::vector<std::string> m_towns;
  int m_left = 0; ///< of the household at hand
  int64_t m_households = 0;
  Person m_home; ///< its place
};

} // namespace xinglin::sim
