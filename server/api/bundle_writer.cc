#include "server/api/bundle_writer.h"

#include "lib/http/date.h"

namespace xinglin::api {

namespace {
std::string_view header_of(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return {};
}

std::string_view reason(int status) {
  switch (status) {
  case 200: return "200 OK";
  case 201: return "201 Created";
  case 204: return "204 No Content";
  case 304: return "304 Not Modified";
  default: return {};
  }
}
} // namespace

BundleWriter::BundleWriter(const Call& call, std::string_view type) : m_call(&call) {
  m_json.begin_object().member("resourceType", "Bundle").member("type", type);
}

void BundleWriter::total(int64_t total) {
  m_json.key("total").number(total);
}

void BundleWriter::link(std::string_view relation, std::string_view path, std::string_view query) {
  std::string url = m_call->base;
  if (!path.empty()) url += "/" + std::string(path);
  if (!query.empty()) url += "?" + std::string(query);
  if (m_links.empty()) m_json.key("link").begin_array();
  m_links = "open";
  m_json.begin_object().member("relation", relation).member("url", url).end_object();
}

void BundleWriter::open_entries() {
  if (m_entries_open) return;
  if (!m_links.empty()) m_json.end_array();
  m_links.clear();
  m_json.key("entry").begin_array();
  m_entries_open = true;
}

void BundleWriter::search_entry(const store::Version& version, std::string_view mode, const Shape& shape) {
  open_entries();
  m_json.begin_object().member("fullUrl", m_call->base + "/" + version.reference());
  m_json.key("resource").raw(shaped(version.json, shape));
  m_json.key("search").begin_object().member("mode", mode).end_object().end_object();
}

void BundleWriter::outcome_entry(const base::Issues& issues) {
  open_entries();
  m_json.begin_object().key("resource").raw(issues.to_operation_outcome());
  m_json.key("search").begin_object().member("mode", "outcome").end_object().end_object();
}

void BundleWriter::history_entry(const store::Version& version) {
  open_entries();
  const bool first = version.version == 1;
  m_json.begin_object().member("fullUrl", m_call->base + "/" + version.reference());
  if (!version.deleted) m_json.key("resource").raw(version.json);
  m_json.key("request").begin_object();
  m_json.member("method", version.deleted ? "DELETE" : first ? "POST" : "PUT");
  m_json.member("url", first && !version.deleted ? version.type : version.reference()).end_object();
  m_json.key("response").begin_object();
  m_json.member("status", version.deleted ? "204" : first ? "201" : "200").member("etag", etag(version.version));
  m_json.member("lastModified", base::to_instant(version.recorded_at, m_call->services->zone));
  m_json.end_object().end_object();
}

void BundleWriter::response_entry(const http::Response& response) {
  open_entries();
  m_json.begin_object();
  const bool failed = response.status >= 400;
  if (!failed && !response.body.empty()) m_json.key("resource").raw(response.body);
  m_json.key("response").begin_object();
  const std::string_view known = reason(response.status);
  m_json.member("status", known.empty() ? std::to_string(response.status) : std::string(known));
  if (const auto location = header_of(response, "Location"); !location.empty()) m_json.member("location", location);
  if (const auto tag = header_of(response, "ETag"); !tag.empty()) m_json.member("etag", tag);
  if (const auto at = http::parse_http_date(header_of(response, "Last-Modified")))
    m_json.member("lastModified", base::to_instant(*at, m_call->services->zone));
  if (failed) m_json.key("outcome").raw(response.body);
  m_json.end_object().end_object();
}

std::string BundleWriter::take() {
  if (!m_links.empty()) m_json.end_array();
  if (m_entries_open) m_json.end_array();
  m_json.end_object();
  return m_json.take();
}

} // namespace xinglin::api
