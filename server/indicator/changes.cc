// What changed in the rows of a figure between two commits, and which commit did it.

#include "server/indicator/engine_impl.h"

#include <fmt/format.h>

#include <algorithm>

namespace xinglin::indicator {
namespace {

using store::CommitNumber;

/// The last commit in (from, to] that opened or ended a row of these tables for which `condition` holds.
CommitNumber last_change(sql::DuckConnection& connection, const std::set<std::string>& tables,
                         const std::string& condition, CommitNumber from, CommitNumber to) {
  CommitNumber last = 0;
  for (const auto& table : tables) {
    const std::string live = "w." + sql::quote_identifier(table);
    const std::string history = "w." + sql::quote_identifier(table + "_history");
    auto result =
        connection.run(fmt::format("select max(t) from (select t_from as t, * from {0} union all select t_from, * "
                                   "exclude (t_to) from {1} union all "
                                   "select t_to, * exclude (t_to) from {1}) where t > {2} and t <= {3} and {4}",
                                   live, history, from, to, condition));
    if (result.next() && !result.is_null(0)) last = std::max(last, result.integer(0));
  }
  return last;
}

bool has_column(const package::Table& table, std::string_view name) {
  return std::any_of(table.columns.begin(), table.columns.end(),
                     [&](const auto& column) { return column.name == name; });
}

} // namespace

std::vector<Engine::RowChange> Engine::changes_between(const Address& address, AsOf from, AsOf to) const {
  if (to.epoch == from.epoch && to.commit < from.commit) std::swap(from, to);
  const Target target = m_impl->find_target(address.indicator);
  const auto leaves = m_impl->leaves(target);
  std::set<std::string> tables;
  for (const Target& leaf : leaves) {
    const auto& plan = m_impl->definition_of(*leaf.indicator).plan;
    tables.insert(plan.tables.begin(), plan.tables.end());
  }

  // 1. The rows then and now, by record; equal ones cancel out.
  struct Difference {
    std::multiset<std::string> before, after;
    std::string subject, org;
  };
  std::map<std::string, Difference> differences;
  Session later = m_impl->open(to);
  const auto read = [&](Session& session, bool is_after) {
    Impl::Scope scope;
    try {
      scope = m_impl->scope_of(session, address);
    } catch (const base::Refused& refused) {
      if (refused.kind() != base::Refusal::not_found || is_after) throw;
      return; // the organisation was not there yet: no rows
    }
    for (const Target& leaf : leaves)
      for (const Row& row : m_impl->rows(session, leaf, scope)) {
        auto& difference = differences[row.record];
        difference.subject = row.subject;
        difference.org = row.org;
        std::string text = canonical_text(row);
        if (!is_after) {
          difference.before.insert(std::move(text));
        } else if (const auto same = difference.before.find(text); same != difference.before.end()) {
          difference.before.erase(same);
        } else {
          difference.after.insert(std::move(text));
        }
      }
  };
  {
    Session earlier = m_impl->open(from);
    read(earlier, false);
  }
  read(later, true);

  // 2. The commit: that of the record, else of what is known about its subject, else of its organisation, else of
  // anything the figure reads.
  std::vector<RowChange> out;
  for (const auto& [record, difference] : differences) {
    if (difference.before.empty() && difference.after.empty()) continue;
    auto& connection = later.connection();
    const auto find = [&](const std::string& column, const std::string& value, const std::set<std::string>& in) {
      std::set<std::string> having;
      for (const auto& table : in)
        if (const auto* known = m_impl->warehouse.find_table(table); known && has_column(*known, column))
          having.insert(table);
      return last_change(connection, having, fmt::format("{} = {}", column, sql::quote_literal(value)), from.commit,
                         to.commit);
    };
    const std::set<std::string> tree{std::string(k_tree_table)};
    CommitNumber commit = find("record", record, tables);
    if (!commit) commit = find("subject", difference.subject, tables);
    if (!commit) commit = find("record", "Organization/" + difference.org, tree);
    if (!commit) commit = last_change(connection, tables, "true", from.commit, to.commit);
    if (!commit) commit = last_change(connection, tree, "true", from.commit, to.commit);
    if (!commit) commit = to.commit;
    if (!difference.before.empty()) out.push_back({record, false, commit});
    if (!difference.after.empty()) out.push_back({record, true, commit});
  }
  std::stable_sort(out.begin(), out.end(), [](const RowChange& a, const RowChange& b) { return a.commit < b.commit; });
  return out;
}

} // namespace xinglin::indicator
