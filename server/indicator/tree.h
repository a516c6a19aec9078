#pragma once
// The organisation tree (机构树): who is part of whom, as of a commit and on a day.

#include "lib/base/date.h"
#include "lib/sql/duck.h"
#include "server/flatten/warehouse.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace xinglin::indicator {

/// The register that holds the tree; its item `part_of` is the parent.
inline constexpr std::string_view k_tree_table = "institution";

class OrganizationTree {
public:
  struct Node {
    std::string id, name, part_of; ///< part_of: bare id, empty at a root
    std::vector<std::string> children;
  };

  /// Every organisation there is as of the commit, under the parent it had on `day`: the last version that held by
  /// then, else (when all that is known was entered later) the first. A version holds from its `part_of_since`, where
  /// the register has that item and it is filled, else from the day it was entered.
  static OrganizationTree read(sql::DuckConnection& connection, const flatten::Warehouse& warehouse,
                               store::CommitNumber as_of, base::Date day);

  const Node* find(std::string_view id) const;
  /// The organisation and all below it, sorted by id. A circle in the data is walked once.
  std::vector<std::string> with_descendants(std::string_view id) const;
  const std::map<std::string, Node, std::less<>>& nodes() const { return m_nodes; }

private:
  std::map<std::string, Node, std::less<>> m_nodes;
};

} // namespace xinglin::indicator
