#pragma once
// From rows to figures. An indicator is a query that returns rows; the engine counts, divides, rolls up the
// organisations, compares periods, and keeps an address for every number (blueprint: indicator@hash/org@tree/period/epoch:t).

#include "lib/base/date.h"
#include "lib/base/decimal.h"
#include "server/package/model.h"
#include "server/store/store.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace xinglin::flatten {
class Warehouse;
}

namespace xinglin::indicator {

/// epoch:t — the commit a figure is as of.
struct AsOf {
  int64_t epoch = 1;
  store::CommitNumber commit = 0;
  std::string to_string() const;
  static std::optional<AsOf> parse(std::string_view text);
  bool operator==(const AsOf&) const = default;
};

/// The address of a number: `hospital_ops.discharges@3f…/hosp-1@2023-12-31/2023/1:42`, no spaces.
struct Address {
  std::string indicator;
  std::string hash;      ///< definition hash; empty in a request = present definition
  std::string org;       ///< Organization id
  std::string tree_date; ///< YYYY-MM-DD of the organisation tree; empty = the period's last day
  base::Period period = base::Period::year_of(2000);
  std::optional<AsOf> as_of; ///< empty = now
  std::string to_string() const;
  /// Throws Refused(malformed) naming the part that is wrong.
  static Address parse(std::string_view text);
};

struct Figure {
  Address address;                          ///< complete
  const package::Indicator* indicator = nullptr;
  std::optional<base::Rational> value;      ///< empty: no denominator (0/0) or nothing returned
  std::optional<base::Rational> numerator;  ///< proportion, mean, rate, ratio a/b
  std::optional<base::Rational> denominator;
  int64_t rows = 0;                         ///< rows that were counted
};

/// One counted row, as the indicator's query gave it.
struct Row {
  std::string org, subject, record;
  std::string happened;       ///< or
  std::string since, until;
  std::optional<bool> hit;
  std::optional<base::Decimal> value;
  base::Decimal weight = 1;
};
struct Trace {
  Figure figure;
  std::string definition;            ///< the SQL or the derived expression
  std::vector<Figure> parts;         ///< derived: the figures it is made of
  std::vector<Row> rows;             ///< ordered by happened/since, record
  int64_t rows_total = 0;            ///< rows may be cut by `rows_max`
  std::string digest;                ///< sha256 over all counted rows
};

/// Two statements about one thing that cannot both hold.
struct Finding {
  std::string code;                  ///< parts_differ, rate_differs, beds_disagree, grain_differs, late_rows, ...
  base::Text text;
  std::vector<Address> addresses;
};

class Engine {
public:
  Engine(std::shared_ptr<const package::Catalog> catalog, flatten::Warehouse& warehouse);
  ~Engine();
  const package::Catalog& catalog() const;
  AsOf now() const; ///< the warehouse's cursor
  /// Accepts "1:42", an instant, or a date (end of that day). Throws Refused(malformed).
  AsOf resolve_as_of(std::string_view text) const;

  /// Throws Refused(not_found) for an unknown indicator (with a suggestion) or organisation.
  Figure figure(std::string_view indicator, std::string_view org, const base::Period& period,
                std::optional<AsOf> as_of = {}) const;
  std::vector<Figure> figures(const std::vector<std::string>& indicators, std::string_view org,
                              const base::Period& period, std::optional<AsOf> as_of = {}) const;
  Trace trace(const Address& address, size_t rows_max = 1000) const;
  /// The same figure for each child organisation (one level), and for each month of the period.
  std::vector<Figure> by_organization(std::string_view indicator, std::string_view org, const base::Period& period,
                                      std::optional<AsOf> as_of = {}) const;
  std::vector<Figure> by_month(std::string_view indicator, std::string_view org, const base::Period& period,
                               std::optional<AsOf> as_of = {}) const;
  /// All consistency rules (`agrees:`) and built-in ones over these indicators.
  std::vector<Finding> findings(const std::vector<std::string>& indicators, std::string_view org,
                                const base::Period& period, std::optional<AsOf> as_of = {}) const;
  /// Records whose rows for this figure differ between two commits: (record reference, added or removed, commit).
  struct RowChange { std::string record; bool added; store::CommitNumber commit; };
  std::vector<RowChange> changes_between(const Address& address, AsOf from, AsOf to) const;

  struct Organization { std::string id, name, part_of; };
  std::vector<Organization> organizations(std::optional<AsOf> as_of = {}) const;

private:
  struct Impl;
  std::unique_ptr<Impl> m_impl;
};

} // namespace xinglin::indicator
