#pragma once
// From rows to figures. An indicator is a query that returns rows; the engine counts, divides, rolls up the
// organisations, compares periods, and keeps an address for every number (blueprint:
// indicator@hash/org@tree/period/epoch:t). How each figure is computed stands in docs/indicators.md.

#include "lib/base/date.h"
#include "lib/base/decimal.h"
#include "server/package/model.h"
#include "server/store/store.h"

#include <functional>
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

/// The address of a number: `hospital_ops.discharges@3f…/hosp-1@2023-12-31/2023/1:42`, no spaces. In the place of the
/// indicator may also stand `average(ID)` or `days(ID)` of a stock, as derived indicators use them.
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
  Address address; ///< complete
  const package::Indicator* indicator = nullptr;
  std::optional<base::Rational> value;     ///< empty: no denominator (0/0) or nothing returned
  std::optional<base::Rational> numerator; ///< proportion, mean, rate, ratio a/b
  std::optional<base::Rational> denominator;
  int64_t rows = 0; ///< rows that were counted (derived: of all its parts)
};

/// One counted row, as the indicator's query gave it.
struct Row {
  std::string org, subject, record;
  std::string happened; ///< or
  std::string since, until;
  std::optional<bool> hit;
  std::optional<base::Decimal> value;
  base::Decimal weight = 1;
  std::string counted;        ///< count: distinct COLUMN: that column
  std::string source, issued; ///< of a figure from outside: who published it, and the day
  std::string note;           ///< what the reporter says of it: why it differs from ours
  std::string part; ///< the indicator whose row it is (derived figures have rows of several); "average(ID)", "days(ID)"
};
struct Trace {
  Figure figure;
  std::string definition;    ///< the SQL or the derived expression
  std::vector<Figure> parts; ///< derived: the figures it is made of; rate: the population
  std::vector<Row> rows;     ///< by part, then ordered by happened/since, record
  int64_t rows_total = 0;    ///< rows may be cut by `rows_max`
  std::string digest;        ///< sha256 over all counted rows
};

/// Two statements about one thing that cannot both hold.
struct Finding {
  std::string code; ///< docs/indicators.md lists them
  base::Text text;
  std::vector<Address> addresses;
};

/// ID.upper holds the figure of an authority above, which rules where ID says `authority: upper:SYSTEM`; ID.returned
/// says by return what ID says from records; ID.city and ID.province are ID of a larger whole, ID.city_rank our place
/// in it.
inline constexpr std::string_view k_upper_suffix = ".upper", k_returned_suffix = ".returned";

inline constexpr int k_year_min = 1900, k_year_max = 2200; ///< periods lie within these years
inline constexpr int k_period_days_max = 3660;             ///< about ten years
inline constexpr int k_derived_steps_max = 100;            ///< indicators upon indicators

/// Does the organisation, as it was at a commit, owe the returns of a form on a day? Safe from many threads.
using Owes =
    std::function<bool(const package::Form& form, const std::string& org, base::Date day, store::CommitNumber as_of)>;

class Engine {
public:
  /// Safe from many threads. The warehouse must outlive it. Without `owes` nobody is known to owe a return.
  Engine(std::shared_ptr<const package::Catalog> catalog, flatten::Warehouse& warehouse, Owes owes = {});
  ~Engine();
  const package::Catalog& catalog() const;
  AsOf now() const; ///< the warehouse's cursor
  /// Accepts "1:42", an instant, or a date (end of that day). Throws Refused(malformed).
  AsOf resolve_as_of(std::string_view text) const;

  /// Throws Refused(not_found) for an unknown indicator (with a suggestion), organisation or commit; Refused(malformed)
  /// for a period out of range; Refused(invalid) with file, line and column for SQL that does not bind.
  Figure figure(std::string_view indicator, std::string_view org, const base::Period& period,
                std::optional<AsOf> as_of = {}) const;
  /// The figure at an address; Refused(conflict) when the definition is another now than the address says.
  Figure figure(const Address& address) const;
  std::vector<Figure> figures(const std::vector<std::string>& indicators, std::string_view org,
                              const base::Period& period, std::optional<AsOf> as_of = {}) const;
  Trace trace(const Address& address, size_t rows_max = 1000) const;
  /// Only the digest of a trace.
  std::string digest(const Address& address) const;
  /// The same figure for each child organisation (one level), and for each month of the period, all by the organisation
  /// tree of the period's last day, so that parts add up.
  std::vector<Figure> by_organization(std::string_view indicator, std::string_view org, const base::Period& period,
                                      std::optional<AsOf> as_of = {}) const;
  std::vector<Figure> by_month(std::string_view indicator, std::string_view org, const base::Period& period,
                               std::optional<AsOf> as_of = {}) const;
  /// All consistency rules (`agrees:`) and built-in ones over these indicators.
  std::vector<Finding> findings(const std::vector<std::string>& indicators, std::string_view org,
                                const base::Period& period, std::optional<AsOf> as_of = {}) const;
  /// Records whose rows for this figure differ between two commits: (record reference, added or removed, commit). A row
  /// that changed is removed and added.
  struct RowChange {
    std::string record;
    bool added;
    store::CommitNumber commit;
  };
  std::vector<RowChange> changes_between(const Address& address, AsOf from, AsOf to) const;

  /// Binds an indicator's query and checks its columns. Throws Refused(invalid).
  void check(std::string_view indicator) const;

  struct Organization {
    std::string id, name, part_of;
  };
  std::vector<Organization> organizations(std::optional<AsOf> as_of = {}) const;

  struct Impl; ///< engine_impl.h, for the .cc files of this folder

private:
  std::unique_ptr<Impl> m_impl;
};

/// One line that has all of a row, fields apart by U+001F: what digests are made of. Equal rows give equal lines
/// (decimals without trailing zeros).
std::string canonical_text(const Row& row);

} // namespace xinglin::indicator
