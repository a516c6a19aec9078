// https://hl7.org/fhir/R4/http.html#vread
#include "server/api/interactions.h"
#include "server/api/respond.h"
#include "server/intake/bundle.h"

namespace xinglin::api {

http::Response vread(Call& call) {
  const std::string type = resource_type(call), id = resource_id(call);
  const std::string text(call.place("version"));
  const auto number = intake::parse_etag(text);
  const auto version = number ? call.services->store->snapshot()->read_version(type, id, *number) : std::nullopt;
  if (!version)
    throw base::Refused(base::Refusal::not_found, "not-found",
                        "There is no version \"" + text + "\" of " + type + "/" + id + ".");
  if (version->deleted)
    throw base::Refused(base::Refusal::gone, "deleted",
                        "Version " + text + " of " + type + "/" + id + " is its deletion; read an earlier one.");
  return resource_response(call, 200, *version);
}

} // namespace xinglin::api
