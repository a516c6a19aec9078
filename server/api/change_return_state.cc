// Operations of our own on returns (报表): $submit, $accept, $return, $lock. docs/fhir.md
#include "server/api/interactions.h"
#include "server/api/respond.h"
#include "server/program/program.h"

namespace xinglin::api {

http::Response change_return_state(Call& call) {
  const std::string id = resource_id(call);
  const std::string operation = call.request->path.substr(call.request->path.rfind('$') + 1);
  std::string reason, by;
  if (!call.request->body.empty()) {
    // Parameters: "reason", and "by", who does it as they name themselves.
    const fhir::Document document = body_json(call);
    for (const fhir::Node parameter : document.root()["parameter"]) {
      if (parameter["name"].text() == "reason") reason = std::string(parameter["valueString"].text());
      if (parameter["name"].text() == "by") by = std::string(parameter["valueString"].text());
    }
  }
  const store::Receipt receipt = call.services->program->change_state(id, operation, reason, by);
  for (const store::Outcome& outcome : receipt.outcomes)
    if (outcome.type == "QuestionnaireResponse" && outcome.id == id) return write_response(call, outcome);
  throw base::Refused(base::Refusal::not_found, "not-found", "There is no QuestionnaireResponse/" + id + ".");
}

} // namespace xinglin::api
