#include "server/indicator/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace xinglin::indicator {
namespace {

std::string bare_id(std::string_view reference) {
  const size_t slash = reference.rfind('/');
  return std::string(slash == std::string_view::npos ? reference : reference.substr(slash + 1));
}

} // namespace

OrganizationTree OrganizationTree::read(sql::DuckConnection& connection, const flatten::Warehouse& warehouse,
                                        store::CommitNumber as_of, base::Date day) {
  OrganizationTree tree;
  const package::Table* table = warehouse.find_table(k_tree_table);
  if (!table) return tree;
  const auto column = [&](std::string_view name, std::string_view otherwise) {
    for (const auto& candidate : table->columns)
      if (candidate.name == name) return std::string(name);
    return std::string(otherwise);
  };
  // All versions up to the commit, also those that a later one superseded: the tree of an earlier day is made of them.
  const std::string columns = fmt::format(
      "record, {} as name, {} as part_of, {} as since, cast(entered as date) as entered, t_from",
      column("name", "null::varchar"), column("part_of", "null::varchar"), column("part_of_since", "null::date"));
  auto rows = connection.run(fmt::format(
      "select {0}, 1 as is_there from w.{1} where t_from <= {3} union all "
      "select {0}, case when t_to > {3} then 1 else 0 end from w.{2} where t_from <= {3} order by record, t_from",
      columns, sql::quote_identifier(k_tree_table), sql::quote_identifier(std::string(k_tree_table) + "_history"),
      as_of));
  std::string record;
  Node chosen;
  bool is_there = false, is_first = true;
  const auto finish = [&] {
    if (is_there) tree.m_nodes[chosen.id] = chosen;
  };
  while (rows.next()) {
    if (rows.text(0) != record) {
      finish();
      record = rows.text(0);
      chosen = {bare_id(record), {}, {}, {}};
      is_there = false;
      is_first = true;
    }
    const base::Date from = rows.is_null(3) ? rows.date(4) : rows.date(3);
    if (from <= day || is_first) chosen.part_of = rows.is_null(2) ? std::string() : bare_id(rows.view(2));
    is_first = false;
    chosen.name = rows.text(1); // the name is the present one: it is a label, not a place
    is_there = rows.integer(6) == 1;
  }
  finish();
  for (auto& [id, node] : tree.m_nodes) {
    if (node.part_of.empty()) continue;
    const auto parent = tree.m_nodes.find(node.part_of);
    if (parent != tree.m_nodes.end()) parent->second.children.push_back(id);
  }
  return tree;
}

const OrganizationTree::Node* OrganizationTree::find(std::string_view id) const {
  const auto found = m_nodes.find(id);
  return found == m_nodes.end() ? nullptr : &found->second;
}

std::vector<std::string> OrganizationTree::with_descendants(std::string_view id) const {
  std::set<std::string, std::less<>> reached{std::string(id)};
  std::vector<std::string> open{std::string(id)};
  while (!open.empty()) {
    const Node* node = find(open.back());
    open.pop_back();
    if (!node) continue;
    for (const auto& child : node->children)
      if (reached.insert(child).second) open.push_back(child);
  }
  return {reached.begin(), reached.end()};
}

} // namespace xinglin::indicator
