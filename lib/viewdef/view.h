#pragma once
// SQL on FHIR v2 ViewDefinition
// (https://build.fhir.org/ig/FHIR/sql-on-fhir-v2/StructureDefinition-ViewDefinition.html): compile once, run over each
// resource, get rows.

#include "lib/fhirpath/expression.h"

#include <functional>
#include <span>

namespace xinglin::viewdef {

/// What a column holds, from the view's `type` hint or the path's FHIR type. A structure is JSON without white
/// space.
enum class ColumnType : uint8_t { text, integer, decimal, boolean, date, timestamp, structure };

struct Column {
  std::string name;
  ColumnType type = ColumnType::text;
  bool collection = false;
  std::string fhir_type; ///< "code", "Quantity"; of FHIRPath's own "System.String"; empty when not known
  std::string sql_type;  ///< what the tag "ansi/type" asks for ("DATE", "DECIMAL(10,2)"); empty = nothing
};

/// A cell: null, or the FHIR text of the value ("true", "12.50", "2023-05-01"); collections are JSON arrays. Valid
/// until the row callback returns.
using Cell = std::optional<std::string_view>;

/// What becomes of a value that is not of its column's type (a text in an integer column, where the path could not
/// tell).
enum class Values : uint8_t {
  checked, ///< the run is refused, as the specification says
  as_found ///< the cell has it; for a caller that judges each cell itself
};

/// How the columns of a select are found; the rows are the same.
enum class Ways : uint8_t {
  together,  ///< those whose paths only go down by one walk
  one_by_one ///< each by the evaluator; for tests
};

class View {
public:
  /// Takes a ViewDefinition as JSON. Throws base::Refused(invalid); each issue's expression is the path within the view
  /// ("ViewDefinition.select[0].column[2].path").
  static View compile(std::string_view json, Values values = Values::checked, Ways ways = Ways::together);
  static View compile(fhir::Node view, Values values = Values::checked, Ways ways = Ways::together);
  std::string_view resource_type() const;
  const std::string& name() const; ///< of the view; empty when it has none
  std::span<const Column> columns() const;
  /// Calls `row` with one span of cells per row, in column order; no call when `where` leaves nothing. Throws
  /// base::Refused(invalid) with the column's place for what the specification calls an error (many values where one is
  /// expected), (too_large) over a limit.
  void run(fhir::Node resource, const std::function<void(std::span<const Cell>)>& row,
           const fhirpath::Environment& environment = {}) const;

private:
  struct Program;
  std::shared_ptr<const Program> m_program;
};

} // namespace xinglin::viewdef
