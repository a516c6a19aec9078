#include "server/indicator/verify.h"

#include "server/indicator/engine_impl.h"
#include "server/indicator/recount.h"

#include <fmt/format.h>

#include <algorithm>

namespace xinglin::indicator {

using package::Indicator;
using package::IndicatorKind;
using package::PeriodKind;
using store::CommitNumber;

/// One run of verify.
class Verifier {
public:
  Verifier(const store::Store& store, std::shared_ptr<const package::Catalog> catalog, flatten::Warehouse& kept,
           const VerifyOptions& options)
      : m_store(store), m_catalog(std::move(catalog)), m_kept(kept), m_options(options),
        m_fresh("", m_catalog, kept.zone()), m_kept_engine(m_catalog, kept) {}

  VerifyReport run() {
    m_report.as_of = {m_kept.epoch(), m_kept.cursor()};
    if (m_store.last_commit() < m_report.as_of.commit)
      throw base::Refused(
          base::Refusal::conflict, "conflict",
          fmt::format("The tables stand at {} but the records only at {}; let the tables catch up first",
                      m_report.as_of.commit, m_store.last_commit()));
    tell("records", 0, 1);
    m_fresh.load_snapshot(*m_store.snapshot(m_report.as_of.commit), m_report.as_of.epoch);
    compare_tables();
    compare_figures();
    return std::move(m_report);
  }

private:
  void tell(std::string_view stage, size_t done, size_t total) const {
    if (m_options.progress) m_options.progress(stage, done, total);
  }
  void differ(Difference difference) {
    ++m_report.differences_total;
    if (m_report.differences.size() < m_options.differences_max) m_report.differences.push_back(std::move(difference));
  }

  // --- tables ---

  /// A table's rows in the order of their records, one record at a time.
  class Reader {
  public:
    Reader(sql::DuckConnection& connection, const package::Table& table, const std::string& select)
        : m_result(connection.run(fmt::format("select * from ({}) order by record", select))) {
      for (size_t i = 0; i < table.columns.size(); ++i)
        if (table.columns[i].name == "record") m_record_column = i;
      m_columns = table.columns.size();
      m_more = m_result.next();
      step();
    }
    bool at_end() const { return m_at_end; }
    const std::string& record() const { return m_record; }
    const std::multiset<std::string>& rows() const { return m_rows; }
    void step() {
      m_rows.clear();
      m_at_end = !m_more;
      if (!m_more) return;
      m_record = m_result.text(m_record_column);
      while (m_more && m_result.text(m_record_column) == m_record) {
        std::string text;
        for (size_t i = 0; i < m_columns; ++i) {
          if (i > 0) text += '|';
          text += m_result.is_null(i) ? "-" : m_result.text(i);
        }
        m_rows.insert(std::move(text));
        m_more = m_result.next();
      }
    }

  private:
    sql::DuckResult m_result;
    size_t m_record_column = 0, m_columns = 0;
    bool m_more = false, m_at_end = false;
    std::string m_record;
    std::multiset<std::string> m_rows;
  };

  static std::string listed(const std::multiset<std::string>& rows) {
    std::string out;
    for (const auto& row : rows)
      out += (out.empty() ? "" : " ; ") + row;
    return out.empty() ? "no row" : out;
  }

  void compare_tables() {
    const auto kept_connection = m_kept.reader(), fresh_connection = m_fresh.reader();
    const CommitNumber as_of = m_report.as_of.commit;
    for (const auto& table : m_kept.tables()) {
      tell("tables", m_report.tables, m_kept.tables().size());
      Reader kept(*kept_connection, table, m_kept.table_as_of(table.name, as_of));
      Reader fresh(*fresh_connection, table, m_fresh.table_as_of(table.name, as_of));
      static const std::multiset<std::string> k_none;
      while (!kept.at_end() || !fresh.at_end()) {
        const bool from_kept = !kept.at_end() && (fresh.at_end() || kept.record() <= fresh.record());
        const bool from_fresh = !fresh.at_end() && (kept.at_end() || fresh.record() <= kept.record());
        const auto& ours = from_kept ? kept.rows() : k_none;
        const auto& theirs = from_fresh ? fresh.rows() : k_none;
        m_report.rows += static_cast<int64_t>(theirs.size());
        if (ours != theirs)
          differ({"table " + table.name, from_kept ? kept.record() : fresh.record(), listed(ours), listed(theirs)});
        if (from_kept) kept.step();
        if (from_fresh) fresh.step();
      }
      ++m_report.tables;
    }
  }

  // --- figures ---

  /// All rows an indicator's query gives, whatever their time (for a query that looks at the period: of that period).
  std::vector<Row> all_rows(const Indicator& indicator, const base::Period& period) {
    const QueryPlan plan = plan_query(indicator, *m_catalog, m_fresh);
    const CommitNumber as_of = m_report.as_of.commit;
    const RowQuery query(plan, m_fresh, as_of, as_of, period.first(), period.last());
    auto result = query.prepare(*m_connection, fmt::format("select * from {}", k_rows_name)).execute();
    const auto column = [&](std::string_view name) { return result.find_column(name); };
    const auto org = column("org"), subject = column("subject"), record = column("record"),
               happened = column("happened"), since = column("since"), until = column("until"), hit = column("hit"),
               value = column("value"), weight = column("weight");
    const auto counted =
        indicator.count.starts_with("distinct ") ? column(std::string_view(indicator.count).substr(9)) : std::nullopt;
    std::vector<Row> rows;
    const auto text = [&](std::optional<size_t> at) { return at ? result.text(*at) : std::string(); };
    while (result.next()) {
      Row& row = rows.emplace_back();
      row.org = text(org);
      row.subject = text(subject);
      row.record = text(record);
      row.happened = indicator.period == PeriodKind::flow ? text(happened) : "";
      row.since = indicator.period == PeriodKind::stock ? text(since) : "";
      row.until = indicator.period == PeriodKind::stock ? text(until) : "";
      row.counted = text(counted);
      if (indicator.kind == IndicatorKind::proportion && hit) row.hit = text(hit) == "true";
      if (value && !result.is_null(*value)) row.value = base::Decimal::parse(result.text(*value));
      if (weight && !result.is_null(*weight)) row.weight = base::Decimal::parse(result.text(*weight)).value_or(1);
    }
    return rows;
  }

  /// Is every indicator it needs in order? A broken one is the checker's business.
  bool usable(const Indicator& indicator) {
    try {
      m_kept_engine.check(indicator.id);
      return true;
    } catch (const base::Refused&) {
      return false;
    }
  }

  void compare_figures() {
    m_connection = m_fresh.reader();
    std::vector<const Indicator*> indicators, plain;
    for (const auto& [id, indicator] : m_catalog->indicators) {
      if (!usable(indicator)) continue;
      indicators.push_back(&indicator);
      if (indicator.kind != IndicatorKind::derived) plain.push_back(&indicator);
    }

    // 1. Rows, once for each query that does not look at the period; the years that occur.
    struct Source {
      bool by_period = false;
      std::vector<Row> rows;
    };
    std::map<const Indicator*, Source> sources;
    std::set<int> years;
    for (size_t i = 0; i < plain.size(); ++i) {
      tell("rows", i, plain.size());
      Source& source = sources[plain[i]];
      source.by_period = plan_query(*plain[i], *m_catalog, m_fresh).uses_period;
      if (source.by_period) continue;
      source.rows = all_rows(*plain[i], base::Period::year_of(2000));
      for (const Row& row : source.rows)
        if (const auto day = base::Date::parse(row.happened);
            day && day->year() >= k_year_min && day->year() <= k_year_max)
          years.insert(day->year());
    }
    std::vector<base::Period> periods = m_options.periods;
    if (periods.empty())
      for (const int year : years)
        periods.push_back(base::Period::year_of(year));
    m_report.periods = periods;

    // 2. Period by period: every organisation's own recount, rolled up by the tree, against the engine.
    for (size_t p = 0; p < periods.size(); ++p) {
      const base::Period& period = periods[p];
      std::map<const Indicator*, std::map<std::string, Recount>> leaves;
      for (const Indicator* indicator : plain) {
        const Source& source = sources[indicator];
        leaves[indicator] = recount(*indicator, source.by_period ? all_rows(*indicator, period) : source.rows, period);
      }
      // The tree is the kept one: who was part of whom before is history, which a scan of the present does not have.
      const auto tree = OrganizationTree::read(*m_kept.reader(), m_kept, m_report.as_of.commit, period.last());
      std::vector<std::string> orgs = m_options.orgs;
      if (orgs.empty())
        for (const auto& [id, node] : tree.nodes())
          orgs.push_back(id);
      for (size_t o = 0; o < orgs.size(); ++o) {
        tell("figures", p * orgs.size() + o, periods.size() * orgs.size());
        compare(indicators, leaves, orgs[o], tree.with_descendants(orgs[o]), period);
      }
    }
  }

  void compare(const std::vector<const Indicator*>& indicators,
               const std::map<const Indicator*, std::map<std::string, Recount>>& leaves, const std::string& org,
               const std::vector<std::string>& below, const base::Period& period) {
    std::map<const Indicator*, Recount> totals;
    for (const auto& [indicator, by_org] : leaves) {
      Recount& total = totals[indicator];
      for (const auto& each : below)
        if (const auto found = by_org.find(each); found != by_org.end()) total.add(found->second);
    }
    std::vector<std::string> ids;
    for (const Indicator* indicator : indicators)
      ids.push_back(indicator->id);
    const auto figures = m_kept_engine.figures(ids, org, period, m_report.as_of);
    for (size_t i = 0; i < indicators.size(); ++i) {
      const auto again = recounted_value(*m_catalog, *indicators[i], period,
                                         [&](const Indicator& of) -> const Recount& { return totals.at(&of); });
      ++m_report.figures;
      if (again == figures[i].value) continue;
      const auto shown = [](const std::optional<base::Rational>& value) {
        return value ? value->to_decimal().normalized().to_string() : std::string("none");
      };
      differ({figures[i].address.to_string(), {}, shown(figures[i].value), shown(again)});
    }
  }

  const store::Store& m_store;
  std::shared_ptr<const package::Catalog> m_catalog;
  flatten::Warehouse& m_kept;
  const VerifyOptions& m_options;
  flatten::Warehouse m_fresh;
  Engine m_kept_engine;
  std::unique_ptr<sql::DuckConnection> m_connection;
  VerifyReport m_report;
};

VerifyReport verify(const store::Store& store, std::shared_ptr<const package::Catalog> catalog,
                    flatten::Warehouse& kept, const VerifyOptions& options) {
  return Verifier(store, std::move(catalog), kept, options).run();
}

} // namespace xinglin::indicator
