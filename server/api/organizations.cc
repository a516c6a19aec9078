// GET /api/organizations: the organisation tree, as of a commit. docs/api.md
#include "server/api/commands.h"
#include "server/api/figures.h"
#include "server/api/respond.h"

namespace xinglin::api {

http::Response list_organizations(Call& call) {
  fhir::JsonWriter json;
  json.begin_array();
  for (const auto& organization : call.services->engine->organizations(as_of(call)))
    json.begin_object()
        .member("id", organization.id)
        .member("name", organization.name)
        .member("part_of", organization.part_of)
        .end_object();
  return json_response(200, json.end_array().take());
}

} // namespace xinglin::api
