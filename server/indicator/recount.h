#pragma once
// Figures added up from single rows in plain C++: the second opinion of `verify`, sharing nothing with the engine's SQL
// but the author's query itself.

#include "server/indicator/engine.h"
#include "server/package/derived.h"

#include <functional>
#include <map>
#include <set>

namespace xinglin::indicator {

/// What one organisation's rows come to over one period.
struct Recount {
  int64_t rows = 0;
  base::Rational first, second;  ///< as Amounts: what is counted or summed; what it is divided by
  base::Rational days;           ///< stock: rows (or values) × days of the period
  std::set<std::string> counted; ///< count: subjects or distinct
  void add(const Recount& other);
};

/// Of rows of one indicator, without any condition on time, those that count in the period, by organisation.
std::map<std::string, Recount> recount(const package::Indicator& indicator, const std::vector<Row>& rows,
                                       const base::Period& period);

/// The value of an indicator, of average(ID) or of days(ID), from recounts already rolled up over organisations.
/// `of`: the recount of an indicator that is not derived.
std::optional<base::Rational> recounted_value(const package::Catalog& catalog, const package::Indicator& indicator,
                                              const base::Period& period,
                                              const std::function<const Recount&(const package::Indicator&)>& of,
                                              int depth = 0);

} // namespace xinglin::indicator
