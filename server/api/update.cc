// https://hl7.org/fhir/R4/http.html#update, conditional: https://hl7.org/fhir/R4/http.html#cond-update
#include "server/api/interactions.h"
#include "server/api/respond.h"
#include "server/intake/bundle.h"

namespace xinglin::api {

namespace {

/// If-Match, or If-None-Match: * for "only if it is not there".
std::optional<int64_t> expected_version(const Call& call) {
  if (const std::string_view tag = call.request->header("If-Match"); !tag.empty()) {
    const auto version = intake::parse_etag(tag);
    if (!version)
      throw base::Refused(base::Refusal::malformed, "value",
                          "If-Match is \"" + std::string(tag) + "\"; write the version as W/\"3\".");
    return version;
  }
  if (call.request->header("If-None-Match") == "*") return 0;
  return {};
}

} // namespace

http::Response update(Call& call) {
  const std::string type = resource_type(call), id = resource_id(call);
  const fhir::Document document = body_resource(call, type, id);
  store::Write asked;
  asked.kind = store::Write::Kind::update;
  asked.type = type;
  asked.id = id;
  asked.json = std::string(document.bytes());
  asked.if_match = expected_version(call);
  const store::Receipt receipt = write(call, {std::move(asked)});
  return write_response(call, receipt.outcomes.at(0));
}

http::Response update_conditional(Call& call) {
  const std::string type = resource_type(call);
  if (call.request->query.empty())
    throw base::Refused(base::Refusal::malformed, "required",
                        "PUT needs an id (" + type + "/id) or a condition (" + type + "?query).");
  const fhir::Document document = body_resource(call, type);
  store::Write asked;
  asked.kind = store::Write::Kind::update;
  asked.type = type;
  asked.json = std::string(document.bytes());
  asked.conditional = call.request->query;
  asked.if_match = expected_version(call);
  const store::Receipt receipt = write(call, {std::move(asked)});
  return write_response(call, receipt.outcomes.at(0));
}

} // namespace xinglin::api
