// https://hl7.org/fhir/R4/http.html#delete, conditional: https://hl7.org/fhir/R4/http.html#3.1.0.7.1
#include "server/api/interactions.h"
#include "server/api/respond.h"
#include "server/intake/bundle.h"

namespace xinglin::api {

namespace {

http::Response removed(Call& call, store::Write asked) {
  if (const std::string_view tag = call.request->header("If-Match"); !tag.empty()) {
    asked.if_match = intake::parse_etag(tag);
    if (!asked.if_match)
      throw base::Refused(base::Refusal::malformed, "value",
                          "If-Match is \"" + std::string(tag) + "\"; write the version as W/\"3\".");
  }
  const store::Receipt receipt = write(call, {std::move(asked)});
  http::Response response;
  response.status = 204;
  if (const auto& outcome = receipt.outcomes.at(0); outcome.what == store::Outcome::What::removed)
    response.set("ETag", etag(outcome.version));
  return response;
}

} // namespace

http::Response remove(Call& call) {
  store::Write asked;
  asked.kind = store::Write::Kind::remove;
  asked.type = resource_type(call);
  asked.id = resource_id(call);
  return removed(call, std::move(asked));
}

http::Response remove_conditional(Call& call) {
  store::Write asked;
  asked.kind = store::Write::Kind::remove;
  asked.type = resource_type(call);
  asked.conditional = call.request->query;
  if (asked.conditional.empty())
    throw base::Refused(base::Refusal::malformed, "required",
                        "DELETE needs an id (" + asked.type + "/id) or a condition (" + asked.type + "?query).");
  return removed(call, std::move(asked));
}

} // namespace xinglin::api
