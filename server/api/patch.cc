// https://hl7.org/fhir/R4/http.html#patch
#include "server/api/interactions.h"

#include "lib/base/issue.h"

namespace xinglin::api {

http::Response patch(Call& /*call*/) {
  throw base::Refused(base::Refusal::unsupported, "not-supported",
                      "PATCH is not done by this server; read the resource and send it whole with PUT and If-Match.");
}

} // namespace xinglin::api
