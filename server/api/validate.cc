// https://hl7.org/fhir/R4/resource-operation-validate.html
#include "lib/validation/validate.h"

#include "server/api/interactions.h"
#include "server/api/respond.h"
#include "server/program/program.h"

namespace xinglin::api {

http::Response validate(Call& call) {
  const std::string type = resource_type(call);
  const fhir::Document document = body_json(call);
  fhir::Node resource = document.root();
  // The resource itself, or Parameters with one named "resource".
  if (resource["resourceType"].text() == "Parameters" && type != "Parameters")
    for (const fhir::Node parameter : resource["parameter"])
      if (parameter["name"].text() == "resource") resource = parameter["resource"];
  // What a write would say: structure, then the rules of registers and forms, warnings too.
  base::Issues issues = validation::validate(resource, resource["resourceType"].text());
  if (!issues.has_errors()) issues = call.services->program->examine(resource.raw());
  if (resource["resourceType"].text() != type) {
    base::Issue issue;
    issue.text = "The resource is a \"" + std::string(resource["resourceType"].text()) + "\" but the address says " +
                 type + "; make them the same.";
    issue.expression = "resourceType";
    issues.add(std::move(issue));
  }
  // The operation did its work whatever the resource is like: 200, and the issues say.
  return outcome_response(200, issues);
}

} // namespace xinglin::api
