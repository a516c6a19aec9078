#pragma once
// What becomes of an expression, for people: the tree it is parsed to, the types it is checked to give, the operations
// it is compiled to.

#include <string>
#include <string_view>
#include <vector>

namespace xinglin::fhirpath {

struct Explanation {
  std::vector<std::string> parsed;   ///< a line a node of the tree, indented by depth: "function where (column 6)"
  std::string type;                  ///< "HumanName, many"; "anything" when not known
  std::vector<std::string> compiled; ///< a line an operation: "2 step family of HumanName -> string, on 1"
};

/// `context` as in Expression::compile. Throws base::Refused(invalid) as that does.
Explanation explain(std::string_view text, std::string_view context = {});

} // namespace xinglin::fhirpath
