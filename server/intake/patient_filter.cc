#include "server/intake/patient_filter.h"

#include "lib/base/text.h"
#include "lib/fhir/definitions.h"
#include "server/store/search_parameters.h"

#include <utility>

namespace xinglin::intake {

namespace {

/// Type, and the search parameters by which it comes into the compartment.
constexpr std::pair<std::string_view, std::string_view> k_compartment[] = {
    {"Account", "subject"},
    {"AdverseEvent", "subject"},
    {"AllergyIntolerance", "patient recorder asserter"},
    {"Appointment", "actor"},
    {"AppointmentResponse", "actor"},
    {"AuditEvent", "patient"},
    {"Basic", "patient author"},
    {"BodyStructure", "patient"},
    {"CarePlan", "patient performer"},
    {"CareTeam", "patient participant"},
    {"ChargeItem", "subject"},
    {"Claim", "patient payee"},
    {"ClaimResponse", "patient"},
    {"ClinicalImpression", "subject"},
    {"Communication", "subject sender recipient"},
    {"CommunicationRequest", "subject sender recipient requester"},
    {"Composition", "subject author attester"},
    {"Condition", "patient asserter"},
    {"Consent", "patient"},
    {"Coverage", "policy-holder subscriber beneficiary payor"},
    {"CoverageEligibilityRequest", "patient"},
    {"CoverageEligibilityResponse", "patient"},
    {"DetectedIssue", "patient"},
    {"DeviceRequest", "subject performer"},
    {"DeviceUseStatement", "subject"},
    {"DiagnosticReport", "subject"},
    {"DocumentManifest", "subject author recipient"},
    {"DocumentReference", "subject author"},
    {"Encounter", "patient"},
    {"EnrollmentRequest", "subject"},
    {"EpisodeOfCare", "patient"},
    {"ExplanationOfBenefit", "patient payee"},
    {"FamilyMemberHistory", "patient"},
    {"Flag", "patient"},
    {"Goal", "patient"},
    {"Group", "member"},
    {"ImagingStudy", "patient"},
    {"Immunization", "patient"},
    {"ImmunizationEvaluation", "patient"},
    {"ImmunizationRecommendation", "patient"},
    {"Invoice", "subject patient recipient"},
    {"List", "subject source"},
    {"MeasureReport", "patient"},
    {"Media", "subject"},
    {"MedicationAdministration", "patient performer subject"},
    {"MedicationDispense", "subject patient receiver"},
    {"MedicationRequest", "subject"},
    {"MedicationStatement", "subject"},
    {"MolecularSequence", "patient"},
    {"NutritionOrder", "patient"},
    {"Observation", "subject performer"},
    {"Patient", "link"},
    {"Person", "patient"},
    {"Procedure", "patient performer"},
    {"Provenance", "patient"},
    {"QuestionnaireResponse", "subject author"},
    {"RelatedPerson", "patient"},
    {"RequestGroup", "subject participant"},
    {"ResearchSubject", "individual"},
    {"RiskAssessment", "subject"},
    {"Schedule", "actor"},
    {"ServiceRequest", "subject performer"},
    {"Specimen", "subject"},
    {"SupplyDelivery", "patient"},
    {"SupplyRequest", "subject"},
    {"VisionPrescription", "patient"},
};

} // namespace

std::string_view patient_id(std::string_view reference) {
  constexpr std::string_view k_type = "Patient/";
  const size_t at = reference.rfind(k_type);
  if (at == std::string_view::npos || (at > 0 && reference[at - 1] != '/')) return {};
  const std::string_view id = reference.substr(at + k_type.size());
  return id.substr(0, id.find('/'));
}

const std::vector<fhirpath::Expression>& PatientFilter::references_of(std::string_view type) {
  const auto found = m_references.find(type);
  if (found != m_references.end()) return found->second;
  auto& made = m_references[std::string(type)];
  for (const auto& [name, codes] : k_compartment) {
    if (name != type) continue;
    for (const std::string_view code : base::split(codes, ' '))
      if (const auto* parameter = fhir::find_search_parameter(type, code))
        for (const std::string& term : store::terms_for_type(parameter->expression, type))
          made.push_back(fhirpath::Expression::compile(term, type));
  }
  return made;
}

bool PatientFilter::takes(fhir::Node resource) {
  const std::string_view type = resource["resourceType"].text();
  if (type == "Patient" && m_ids.contains(resource["id"].text())) return true;
  for (const auto& expression : references_of(type))
    for (const auto& item : expression.evaluate(resource))
      if (const auto* node = std::get_if<fhir::Node>(&item.data))
        if (const auto id = patient_id((*node)["reference"].text()); !id.empty() && m_ids.contains(id)) return true;
  return false;
}

} // namespace xinglin::intake
