#pragma once
// SQL on FHIR v2 ViewDefinition
// (https://build.fhir.org/ig/FHIR/sql-on-fhir-v2/StructureDefinition-ViewDefinition.html): compile once, run over each
// resource, get rows.

#include "lib/fhirpath/expression.h"

#include <functional>
#include <span>

namespace xinglin::viewdef {

/// SQL type of a column, from the view's `type` hint or the path's FHIR type.
enum class ColumnType : uint8_t { text, integer, decimal, boolean, date, timestamp };

struct Column {
  std::string name;
  ColumnType type = ColumnType::text;
  bool collection = false;
};

/// A cell: null, or the FHIR text of the value ("true", "12.50", "2023-05-01"); collections are JSON arrays.
using Cell = std::optional<std::string>;

class View {
public:
  /// Takes a ViewDefinition as JSON. Throws base::Refused(invalid); each issue's expression is the path within the view
  /// ("ViewDefinition.select[0].column[2].path").
  static View compile(std::string_view json);
  std::string_view resource_type() const;
  std::span<const Column> columns() const;
  /// Calls `row` with one span of cells per row, in column order; no call when `where` leaves nothing.
  void run(fhir::Node resource, const std::function<void(std::span<const Cell>)>& row,
           const fhirpath::Environment& environment = {}) const;

private:
  struct Program;
  std::shared_ptr<const Program> m_program;
};

} // namespace xinglin::viewdef
