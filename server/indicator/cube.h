#pragma once
// What the rows of one indicator add up to, by organisation: the only place where SQL aggregates.

#include "lib/base/decimal.h"
#include "server/indicator/engine.h"
#include "server/indicator/query.h"

#include <map>
#include <memory>

namespace xinglin::indicator {

/// Adds up exactly and in any order. What numerator and denominator are depends on the indicator's kind:
/// count, rate: weights / -; sum: values / -; mean: values / weights of rows with a value; proportion: hits / all.
struct Amounts {
  int64_t rows = 0;
  base::Rational numerator, denominator;
  Amounts& operator+=(const Amounts& other);
  bool operator==(const Amounts&) const = default;
};

/// What of an indicator is asked: its figure, or how a stock stood over the period's days.
enum class Aspect : uint8_t { figure, average, days };

/// Which rows, added up how.
enum class CubeShape : uint8_t {
  months,   ///< flow: every month there is
  range,    ///< flow: happened first..last
  stock,    ///< stock: there at the end of `last`
  days,     ///< stock: row × days within first..last on which it was there
  distinct, ///< subjects or values counted once over all organisations asked for (does not add up over them)
};

struct Cube {
  /// Organisation → month (year × 12 + month − 1; 0 where the shape has none) → amounts. Rows that name no organisation
  /// stand under ""; so do those of the shape distinct, which knows no organisations.
  std::map<std::string, std::map<int, Amounts>, std::less<>> leaves;
  size_t cells() const;
};

/// What was found out of an indicator's columns when it was bound.
struct Contract {
  bool has_weight = false;
  bool has_source = false; ///< and issued: a figure from outside says where it is from
  bool has_note = false;
};

struct CubeRequest {
  const QueryPlan* plan = nullptr;
  CubeShape shape = CubeShape::range;
  Contract contract;
  base::Date first, last;
  std::vector<std::string> orgs; ///< distinct only
};

/// SQL condition: the rows that count.
std::string counted_rows(const package::Indicator& indicator, Aspect aspect, base::Date first, base::Date last);
/// `'a','b'` for an IN list; "null" when empty.
std::string literal_list(const std::vector<std::string>& texts);

Cube compute_cube(sql::DuckConnection& connection, const flatten::Warehouse& warehouse, store::CommitNumber as_of,
                  store::CommitNumber seen, const CubeRequest& request);

int month_number(base::Date date);

} // namespace xinglin::indicator
