#pragma once
// The pages (web/), built into the program or read from a directory.

#include "lib/http/server.h"
#include "server/api/services.h"

#include <span>
#include <string_view>

namespace xinglin::api {

struct WebFile {
  std::string_view path; ///< "/index.html", "/assets/index-3f2a.js"
  std::string_view bytes;
};
/// What was in web/dist when the program was built; empty when there was nothing (generated at build time).
std::span<const WebFile> web_files();

/// A page or its part; a path that no file has is a place within the pages and gets index.html.
http::Response static_file(const Services& services, const http::Request& request);

} // namespace xinglin::api
