#pragma once
// Who asks. The one place where accounts will stand: today the server listens on this machine only and everyone who
// reaches it is the same local caller, who may do everything. Whoever serves a request takes its Caller from here.

#include "lib/base/text.h"

#include <string>
#include <string_view>

namespace xinglin::access {

struct Caller {
  std::string name;      ///< "local"
  bool accounts = false; ///< false: nobody was asked who they are
};

/// `authorization` is the header of that name; it is not looked at yet.
Caller identify(std::string_view authorization);

/// The notice that pages and /api/status show while there are no accounts.
base::Text notice();

/// May a request with this Host header be served? Only names of this machine: a page of another site that points its
/// own name here (DNS rebinding) must not reach the records.
bool is_local_host(std::string_view host_header);

/// May a request that changes something come from a page with this Origin header? (Empty: it comes from no page.) A
/// form of another site that a browser here was made to send must not.
bool is_local_origin(std::string_view origin_header);

} // namespace xinglin::access
