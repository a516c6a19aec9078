#pragma once
// A ViewDefinition as read: checked for form, not yet for meaning.

#include "lib/base/issue.h"
#include "lib/fhir/json.h"
#include "lib/fhirpath/program.h"

#include <memory>
#include <string>
#include <vector>

namespace xinglin::viewdef {

inline constexpr size_t k_columns_max = 1000; ///< of a view
inline constexpr int k_select_depth_max = 32; ///< of selects within selects

struct ColumnDefinition {
  std::string name;
  std::string path;
  std::string type;       ///< FHIR type of the values, without its prefix; empty = as the path tells
  bool is_system = false; ///< `type` is one of FHIRPath's own ("String")
  bool collection = false;
  std::string sql_type; ///< what a tag "ansi/type" asks for, in capitals; empty = nothing
  std::string place;    ///< "ViewDefinition.select[0].column[2]"
};

struct SelectDefinition {
  enum class Kind : uint8_t { plain, for_each, for_each_or_null, repeat } kind = Kind::plain;
  std::vector<std::string> paths; ///< one of forEach(OrNull), one or more of repeat
  std::vector<ColumnDefinition> columns;
  std::vector<SelectDefinition> selects;
  std::vector<SelectDefinition> union_all;
  std::string place;
};

struct Definition {
  std::string name;
  std::string resource;
  std::vector<fhirpath::Constant> constants;
  std::vector<std::pair<std::string, std::string>> where; ///< path, place
  std::vector<SelectDefinition> selects;
};

/// What is wrong goes to `issues`; the definition is then of no use.
Definition read_definition(fhir::Node view, base::Issues& issues);

} // namespace xinglin::viewdef
