#pragma once
// The FHIR interactions and operations, one file each (https://hl7.org/fhir/R4/http.html).

#include "server/api/call.h"

namespace xinglin::api {

http::Response capabilities(Call& call);        // GET    /metadata
http::Response read(Call& call);                // GET    /Type/id
http::Response vread(Call& call);               // GET    /Type/id/_history/version
http::Response create(Call& call);              // POST   /Type
http::Response update(Call& call);              // PUT    /Type/id
http::Response update_conditional(Call& call);  // PUT    /Type?query
http::Response patch(Call& call);               // PATCH  /Type/id
http::Response remove(Call& call);              // DELETE /Type/id
http::Response remove_conditional(Call& call);  // DELETE /Type?query
http::Response history_of_resource(Call& call); // GET    /Type/id/_history
http::Response history_of_type(Call& call);     // GET    /Type/_history
http::Response history_of_system(Call& call);   // GET    /_history
http::Response search(Call& call);              // GET    /Type?query
http::Response search_by_post(Call& call);      // POST   /Type/_search
http::Response bundle(Call& call);              // POST   /
http::Response validate(Call& call);            // POST   /Type/$validate, /Type/id/$validate
http::Response run_view(Call& call);            // GET, POST /[ViewDefinition/[id/]]$viewdefinition-run
http::Response start_view_export(Call& call);   // POST   /[ViewDefinition/[id/]]$viewdefinition-export
http::Response view_export_status(Call& call);  // GET    /$viewdefinition-export/id/status
http::Response view_export_result(Call& call);  // GET    /$viewdefinition-export/id/result
http::Response view_export_file(Call& call);    // GET    /$viewdefinition-export/id/file
http::Response cancel_view_export(Call& call);  // DELETE /$viewdefinition-export/id/status
http::Response change_return_state(Call& call); // POST   /QuestionnaireResponse/id/$submit|$accept|$return|$lock

} // namespace xinglin::api
