#pragma once
// The domain commands under /api, what the pages use; shapes in docs/api.md. One file each.

#include "server/api/call.h"

namespace xinglin::api {

http::Response list_indicators(Call& call);         // GET /api/indicators?org&period[&as_of]
http::Response indicator_detail(Call& call);        // GET /api/indicators/ID?org&period[&as_of]
http::Response indicator_organizations(Call& call); // GET /api/indicators/ID/organizations?org&period[&as_of]
http::Response trace_figure(Call& call);            // GET /api/trace?address[&rows_max]
http::Response list_organizations(Call& call);      // GET /api/organizations[?as_of]
http::Response list_documents(Call& call);          // GET /api/documents
http::Response document_report(Call& call);         // GET /api/documents/ID?org&period[&as_of]
http::Response document_file(Call& call);           // GET /api/documents/ID/file.docx|.html|.xlsx?org&period[&as_of]
http::Response find_residents(Call& call);          // GET /api/residents?q
http::Response resident_record(Call& call);         // GET /api/residents/ID
http::Response list_forms(Call& call);              // GET /api/forms
http::Response form_definition(Call& call);         // GET /api/forms/ID
http::Response list_registers(Call& call);          // GET /api/registers
http::Response register_definition(Call& call);     // GET /api/registers/ID
http::Response register_entries(Call& call);        // GET /api/registers/ID/entries[?q&org]
http::Response list_returns(Call& call);            // GET /api/returns?org&period[&form[&begin]]
http::Response submission(Call& call);              // GET /api/submissions/ID
http::Response save_submission(Call& call);         // POST /api/submissions[?check=true]
http::Response table_file(Call& call);              // POST /api/table.xlsx
http::Response import_file(Call& call);             // POST /api/imports/look|check|write?target...
http::Response explain_row(Call& call);             // GET /api/explain?indicator&record
http::Response data_quality(Call& call);            // GET /api/quality?org&period
http::Response overview(Call& call);                // GET /api/overview?org&period
http::Response status(Call& call);                  // GET /api/status

} // namespace xinglin::api
