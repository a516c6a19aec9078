#pragma once
// From an indicator's SQL to one statement the warehouse runs: facts and tables become common table expressions, each
// table as of a commit; `:first` and `:last` become dates; an error in what the author wrote is placed in his file.

#include "lib/base/date.h"
#include "lib/sql/duck.h"
#include "server/flatten/warehouse.h"
#include "server/package/model.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace xinglin::indicator {

/// A word of SQL, or a parameter, with its place in the text. Strings and comments are passed over.
struct SqlName {
  std::string text; ///< lower case; a quoted identifier as it stands; a parameter with its colon
  size_t begin = 0, end = 0;
  bool is_parameter = false;
};
std::vector<SqlName> sql_names(std::string_view sql);

/// What an indicator's query reads, transitively.
struct QueryPlan {
  const package::Indicator* indicator = nullptr;
  struct FactUse {
    const package::Fact* fact;
    int times; ///< it is named
  };
  std::vector<FactUse> facts;   ///< each after those it reads
  std::set<std::string> tables; ///< of the warehouse
  bool uses_period = false;     ///< :first or :last stands in it or in a fact
};

/// Throws Refused(invalid) when facts read one another in a circle.
QueryPlan plan_query(const package::Indicator& indicator, const package::Catalog& catalog,
                     const flatten::Warehouse& warehouse);

/// The name of the common table expression that holds the author's rows (no id can be it).
inline constexpr std::string_view k_rows_name = "\"the rows\"";

/// `with ... "the rows" as (...)`, to be followed by a SELECT of our own from k_rows_name.
class RowQuery {
public:
  RowQuery(const QueryPlan& plan, const flatten::Warehouse& warehouse, store::CommitNumber as_of,
           store::CommitNumber seen, base::Date first, base::Date last);
  const std::string& prologue() const { return m_text; }
  /// Prepares prologue + `select`. An error within the author's text is thrown anew with his file, line and column.
  sql::DuckStatement prepare(sql::DuckConnection& connection, const std::string& select) const;
  /// Checks the columns of the author's rows against the contract (docs/indicators.md) and gives them. Throws
  /// Refused(invalid) with one issue for each breach.
  std::vector<sql::DuckColumn> check_contract(sql::DuckConnection& connection) const;

private:
  /// A piece of author's text within m_text.
  struct Segment {
    std::string file;
    std::string source;
    int first_line = 0; ///< line of m_text it begins on (it begins at column 1)
    struct Edit {
      int line, column; ///< in the source, 1-based
      int grown;        ///< how many bytes longer it became
    };
    std::vector<Edit> edits;
  };
  void add_author_text(const std::string& sql, const std::string& file, base::Date first, base::Date last);
  [[noreturn]] void rethrow_placed(const base::Refused& refused) const;

  const package::Indicator* m_indicator;
  std::string m_text;
  std::vector<Segment> m_segments;
};

/// The columns the contract asks of an indicator: name and what it may be, for the message.
std::string sql_file_of(const package::Indicator& indicator);

} // namespace xinglin::indicator
