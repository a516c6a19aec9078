#pragma once
// Structural validation of FHIR R4 resources: https://hl7.org/fhir/R4/validation.html, aspects structure, cardinality,
// value domains, required bindings, reference target types. Existence of targets is the store's business.

#include "lib/base/issue.h"
#include "lib/fhir/json.h"

namespace xinglin::validation {

struct ValidateOptions {
  size_t issues_max = 100; ///< stops after that many
};

/// Empty when the resource is right. Each issue: FHIRPath of the place, line, FHIR issue code, a sentence with the mend
/// ("did you mean ..."). Never throws for bad data.
base::Issues validate(const fhir::Document& document, const ValidateOptions& options = {});
/// The same for a resource inside a document (Bundle.entry.resource): expressions start at `base_expression`.
base::Issues validate(fhir::Node resource, std::string_view base_expression, const ValidateOptions& options = {});

} // namespace xinglin::validation
