#pragma once
// The columns of a select whose paths only go down (`subject.getReferenceKey(Patient)`, `code.coding.where(system =
// 'x').code.first()`, `value.ofType(Quantity).value`) are found together: their paths become one tree of member names,
// and one walk over the focus finds all their values. Whatever is out of the ordinary (the extensions of a primitive,
// null in a list, several values where one is expected) makes the walk give up, and the columns are evaluated one by
// one.

#include "lib/fhirpath/program.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace xinglin::viewdef {

/// What a walk found for one column.
struct Found {
  fhir::Node node; ///< none: nothing
  const fhirpath::TypeInfo* type = nullptr;
  std::string_view key; ///< of a reference, where the column asks for it; lies in the document
};

class Plan {
public:
  /// Takes the column's path in, if it is one that only goes down from an item of type `focus`; else leaves it to the
  /// evaluator. `column`: where its result goes in `found`.
  bool add(const fhirpath::Compiled& path, const fhirpath::TypeInfo* focus, size_t column);
  bool empty() const { return m_columns == 0; }

  /// Fills `found` (by column; others are left alone). False: something is out of the ordinary, and nothing is said.
  bool walk(fhir::Node focus, std::vector<Found>& found) const;

private:
  struct Branch;
  /// What is wanted at a column's end.
  struct Leaf {
    size_t column;
    bool first_only;
    bool is_key;                      ///< of a reference
    const fhirpath::TypeInfo* wanted; ///< type of the reference's target; null = any
  };
  struct Edge {
    fhir::NameId name;
    uint8_t next; ///< with the same hash
    const fhirpath::TypeInfo* type;
    std::unique_ptr<Branch> below;
  };
  /// where(key = text): what is wanted of the items whose key says so.
  struct Choice {
    fhir::NameId key;
    std::vector<std::pair<std::string, std::unique_ptr<Branch>>> texts;
    std::unordered_map<std::string_view, const Branch*> by_text; ///< when there are many
  };
  struct Branch {
    std::vector<Leaf> leaves;
    std::vector<Edge> edges;
    std::vector<Choice> choices;
    uint8_t heads[32];
    Branch();
    const Edge* find(fhir::NameId name) const;
    Branch* edge(fhir::NameId name, const fhirpath::TypeInfo* type);
    Branch* choice(fhir::NameId key, std::string_view text);
  };

  static bool visit(fhir::Node item, const fhirpath::TypeInfo* type, const Branch& branch, std::vector<Found>& found);
  static bool take(fhir::Node item, const fhirpath::TypeInfo* type, const Leaf& leaf, std::vector<Found>& found);

  Branch m_root;
  size_t m_columns = 0;
};

} // namespace xinglin::viewdef
