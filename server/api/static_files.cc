#include "server/api/static_files.h"

#include "lib/base/id.h"
#include "server/api/respond.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

namespace xinglin::api {

namespace {

std::string_view content_type(std::string_view path) {
  static constexpr std::pair<std::string_view, std::string_view> k_types[] = {
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json; charset=utf-8"},
      {".svg", "image/svg+xml; charset=utf-8"},
      {".png", "image/png"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".map", "application/json"},
      {".txt", "text/plain; charset=utf-8"},
  };
  for (const auto& [ending, type] : k_types)
    if (path.ends_with(ending)) return type;
  return "application/octet-stream";
}

std::optional<std::string> find_built_in(std::string_view path) {
  for (const WebFile& file : web_files())
    if (file.path == path) return std::string(file.bytes);
  return {};
}

std::optional<std::string> find_in_directory(const std::string& directory, std::string_view path) {
  namespace fs = std::filesystem;
  std::error_code failed;
  const fs::path root = fs::canonical(directory, failed);
  if (failed) return {};
  const fs::path file = fs::canonical(root / path.substr(1), failed);
  // A link or a ".." that leads out of the directory is no page.
  if (failed || !fs::is_regular_file(file) || !file.string().starts_with(root.string() + "/")) return {};
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

} // namespace

http::Response static_file(const Services& services, const http::Request& request) {
  auto find = [&](std::string_view path) {
    return services.web_directory.empty() ? find_built_in(path) : find_in_directory(services.web_directory, path);
  };
  std::string path = request.path == "/" ? "/index.html" : request.path;
  auto bytes = find(path);
  // A path with a file's name at its end that is not there is a mistake; any other is a place within the pages.
  const bool names_file = path.starts_with("/assets/");
  if (!bytes && !names_file) {
    path = "/index.html";
    bytes = find(path);
  }
  if (!bytes) {
    if (names_file) return outcome_response(404, "not-found", "There is no such file.");
    return http::refuse_in_text(404, "The pages are not built in: build web/ (./dev build does), or give --web DIR. "
                                     "The data is under /fhir and /api.");
  }
  http::Response response;
  response.set("Content-Type", std::string(content_type(path)));
  // Names under /assets/ carry a hash of their content.
  response.set("Cache-Control", path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache");
  response.set("Content-Security-Policy",
               "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
               "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'");
  const std::string tag = "\"" + base::sha256_hex(*bytes).substr(0, 16) + "\"";
  response.set("ETag", tag);
  if (request.header("If-None-Match") == tag) {
    response.status = 304;
    return response;
  }
  response.body = std::move(*bytes);
  return response;
}

} // namespace xinglin::api
