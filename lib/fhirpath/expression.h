#pragma once
// FHIRPath (http://hl7.org/fhirpath/N1/, R4 rules: https://hl7.org/fhir/R4/fhirpath.html): parse, check, compile once;
// evaluate over a parsed document without copying it.

#include "lib/base/clock.h"
#include "lib/base/decimal.h"
#include "lib/fhir/json.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace xinglin::fhirpath {

struct Quantity {
  base::Decimal value;
  std::string unit; ///< UCUM code; with `calendar` a calendar word ("week")
  bool calendar = false;
};
/// A date, dateTime or time literal or result, kept as text with its precision ("2023-05", "T08:30").
struct Temporal {
  enum class Kind : uint8_t { date, date_time, time } kind;
  std::string text;
};

/// One item of a collection: a node of the document (with its FHIR type when known) or a computed value.
struct Value {
  std::variant<std::monostate, fhir::Node, bool, int64_t, base::Decimal, std::string, Temporal, Quantity> data;
  std::string_view type; ///< FHIR or System type name when known ("HumanName", "date", "Reference"); static storage
  fhir::Node parent;     ///< of a Node: the object it stands in, when known; the "_name" twin of a primitive is there
};
using Collection = std::vector<Value>;

/// What an expression may see besides its input.
struct Environment {
  std::unordered_map<std::string, Collection> variables;              ///< "about" → %about
  std::function<std::optional<fhir::Node>(std::string_view)> resolve; ///< resolve() of a reference text
  std::function<void(std::string_view, const Collection&)> trace;     ///< told what trace(name) sees
  base::Date today;                                                   ///< today(), %today
  base::Millis now = 0;                                               ///< now()
  base::Zone zone;
};

/// A compiled expression. Immutable; evaluate() is safe from many threads.
class Expression {
public:
  /// `context` is the FHIR type the expression starts from ("Patient"; empty = unknown, then names are not checked).
  /// `names`: further names that are in reach, as the item ids of a form (they compile to %name).
  /// Throws base::Refused(invalid) with column and, for a misspelt element, a suggestion.
  static Expression compile(std::string_view text, std::string_view context = {},
                            const std::vector<std::string>& names = {});
  /// Throws base::Refused(invalid) on a runtime error of the specification (e.g. single() on many).
  Collection evaluate(fhir::Node input, const Environment& environment) const;
  Collection evaluate(fhir::Node input) const;
  /// The same into `out`, whose memory is used again.
  void evaluate(fhir::Node input, const Environment& environment, Collection& out) const;
  /// Criteria: true only if the result is the single item true (or one non-boolean item); empty is false.
  bool holds(fhir::Node input, const Environment& environment) const;
  bool holds(fhir::Node input) const;
  const std::string& text() const;
  /// For many expressions over one resource: an expression whose starts() share no bit with the starts_of() that
  /// resource gives nothing there, and need not be evaluated.
  uint64_t starts() const;
  static uint64_t starts_of(fhir::Node resource);

private:
  struct Program;
  std::shared_ptr<const Program> m_program;
};

/// The item as a system value: a Node of a FHIR primitive becomes its value (a decimal keeps its text). monostate if
/// none.
Value to_system(const Value& value);
/// Text form as toString() gives it; empty for what has none.
std::optional<std::string> to_text(const Value& value);

} // namespace xinglin::fhirpath
