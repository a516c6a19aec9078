// https://hl7.org/fhir/R4/http.html#read
#include "lib/http/date.h"
#include "server/api/interactions.h"
#include "server/api/respond.h"

namespace xinglin::api {

namespace {

/// If-None-Match goes before If-Modified-Since (RFC 9110, 13.1.3).
bool client_has_it(const Call& call, const store::Version& version) {
  if (const std::string_view tags = call.request->header("If-None-Match"); !tags.empty())
    return tags == "*" || tags.find(etag(version.version).substr(2)) != std::string_view::npos; // "1" is W/"1" here
  const auto since = http::parse_http_date(call.request->header("If-Modified-Since"));
  return since && version.recorded_at / 1000 * 1000 <= *since;
}

} // namespace

http::Response read(Call& call) {
  const std::string type = resource_type(call), id = resource_id(call);
  const auto version = call.services->store->snapshot()->read(type, id);
  // 1. Never there: 404. Once there and deleted: 410.
  if (!version) throw base::Refused(base::Refusal::not_found, "not-found", "There is no " + type + "/" + id + ".");
  if (version->deleted)
    throw base::Refused(base::Refusal::gone, "deleted",
                        type + "/" + id + " was deleted as version " + std::to_string(version->version) +
                            "; its history is at " + type + "/" + id + "/_history.");
  // 2. Conditional read.
  if (client_has_it(call, *version)) {
    http::Response response;
    response.status = 304;
    response.set("ETag", etag(version->version));
    return response;
  }
  return resource_response(call, 200, *version);
}

} // namespace xinglin::api
