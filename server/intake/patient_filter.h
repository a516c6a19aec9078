#pragma once
// Which resources are of these patients: the Patient compartment.
// https://hl7.org/fhir/R4/compartmentdefinition-patient.html

#include "lib/fhir/json.h"
#include "lib/fhirpath/expression.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::intake {

/// Use from one thread: what it compiles for a type it keeps.
class PatientFilter {
public:
  /// Ids of patients.
  explicit PatientFilter(std::set<std::string, std::less<>> ids) : m_ids(std::move(ids)) {}
  /// Is the resource one of the patients, or does an element that counts for its type point at one?
  bool takes(fhir::Node resource);

private:
  const std::vector<fhirpath::Expression>& references_of(std::string_view type);
  std::set<std::string, std::less<>> m_ids;
  std::map<std::string, std::vector<fhirpath::Expression>, std::less<>> m_references;
};

/// The id in "Patient/ID", also after a server's address and before a version; empty for anything else.
std::string_view patient_id(std::string_view reference);

} // namespace xinglin::intake
