#include "server/intake/bundle.h"

#include "lib/base/id.h"
#include "lib/fhir/definitions.h"

#include <charconv>

namespace xinglin::intake {

namespace {

[[noreturn]] void refuse(size_t entry, std::string_view below, std::string_view code, std::string text, int line = 0) {
  base::Issue issue;
  issue.code = code;
  issue.text = std::move(text);
  issue.expression = "Bundle.entry[" + std::to_string(entry) + "]" + std::string(below);
  issue.line = line;
  base::Issues issues;
  issues.add(std::move(issue));
  throw base::Refused(base::Refusal::invalid, std::move(issues));
}

Request::Method method_of(size_t entry, fhir::Node method) {
  const std::string_view text = method.text();
  if (text == "GET" || text == "HEAD") return Request::Method::read;
  if (text == "POST") return Request::Method::create;
  if (text == "PUT") return Request::Method::update;
  if (text == "DELETE") return Request::Method::remove;
  if (text == "PATCH") return Request::Method::patch;
  refuse(entry, ".request.method", method ? "value" : "required",
         method ? "\"" + std::string(text) + "\" is not a method; use GET, HEAD, POST, PUT, PATCH or DELETE."
                : "The entry does not say what to do; give request.method and request.url.",
         method ? method.line() : 0);
}

/// Type, Type/id or Type?query; for a read anything below the base.
void read_url(Request& request, fhir::Node url) {
  request.url = std::string(url.text());
  if (request.url.empty())
    refuse(request.entry, ".request.url", "required", "request.url is missing; give Type, Type/id or Type?query.");
  std::string_view rest = request.url;
  if (rest.starts_with('/')) rest.remove_prefix(1);
  const size_t question = rest.find('?');
  if (question != std::string_view::npos) {
    request.query = std::string(rest.substr(question + 1));
    rest = rest.substr(0, question);
  }
  const size_t slash = rest.find('/');
  request.type = std::string(rest.substr(0, slash));
  if (slash != std::string_view::npos) request.id = std::string(rest.substr(slash + 1));
  if (request.method == Request::Method::read || request.method == Request::Method::patch) return;
  if (!fhir::is_resource_type(request.type))
    refuse(request.entry, ".request.url", "value",
           "\"" + request.url + "\" does not begin with a resource type; write it relative to the base, as Patient/1.",
           url.line());
  if (!request.id.empty() && !base::is_fhir_id(request.id))
    refuse(request.entry, ".request.url", "value",
           "\"" + request.id + "\" is not an id: 1 to 64 letters, digits, '-' and '.'.", url.line());
}

} // namespace

std::optional<int64_t> parse_etag(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  int64_t version = 0;
  const auto [end, error] = std::from_chars(etag.data(), etag.data() + etag.size(), version);
  if (error != std::errc() || end != etag.data() + etag.size() || version < 1) return {};
  return version;
}

fhir::Node entries(fhir::Node bundle) {
  const fhir::Node entries = bundle["entry"];
  if (entries.size() > k_bundle_entries_max)
    throw base::Refused(base::Refusal::too_large, "too-costly",
                        "The Bundle has " + std::to_string(entries.size()) + " entries; the limit is " +
                            std::to_string(k_bundle_entries_max) + ": send it in parts.",
                        "Bundle.entry");
  return entries;
}

Request request(fhir::Node entry, size_t position) {
  Request request;
  request.entry = position;
  const fhir::Node asked = entry["request"];
  request.method = method_of(request.entry, asked["method"]);
  request.head = asked["method"].text() == "HEAD";
  read_url(request, asked["url"]);
  request.full_url = std::string(entry["fullUrl"].text());
  request.if_match = std::string(asked["ifMatch"].text());
  request.if_none_match = std::string(asked["ifNoneMatch"].text());
  request.if_none_exist = std::string(asked["ifNoneExist"].text());
  request.if_modified_since = std::string(asked["ifModifiedSince"].text());
  const fhir::Node resource = entry["resource"];
  if (resource) request.body = std::string(resource.raw());
  const bool wants_body = request.method == Request::Method::create || request.method == Request::Method::update;
  if (wants_body && !resource)
    refuse(request.entry, ".resource", "required", "There is no resource to write; give it, or use DELETE or GET.");
  if (wants_body) {
    const std::string_view type = resource["resourceType"].text();
    if (type != request.type)
      refuse(request.entry, ".resource", "invalid",
             "The resource is a \"" + std::string(type) + "\" but request.url says " + request.type +
                 "; make them the same.",
             resource.line());
    const std::string_view id = resource["id"].text();
    if (request.method == Request::Method::update && !request.id.empty() && id != request.id)
      refuse(request.entry, ".resource.id", "invalid",
             "The resource's id is \"" + std::string(id) + "\" but request.url says " + request.id +
                 "; make them the same.",
             resource.line());
  }
  return request;
}

std::vector<Request> requests(fhir::Node bundle) {
  std::vector<Request> list;
  for (const fhir::Node entry : entries(bundle))
    list.push_back(request(entry, list.size()));
  return list;
}

store::Write to_write(const Request& request) {
  store::Write write;
  write.type = request.type;
  write.full_url = request.full_url;
  if (!request.if_match.empty()) {
    write.if_match = parse_etag(request.if_match);
    if (!write.if_match)
      refuse(request.entry, ".request.ifMatch", "value",
             "\"" + request.if_match + "\" is not a version; write it as W/\"3\".");
  }
  switch (request.method) {
  case Request::Method::create:
    write.kind = store::Write::Kind::create;
    if (!request.id.empty())
      refuse(request.entry, ".request.url", "invalid", "A POST goes to the type; use PUT to keep the id.");
    write.json = request.body;
    write.if_none_exist = request.if_none_exist;
    if (write.if_none_exist.starts_with('?')) write.if_none_exist.erase(0, 1);
    break;
  case Request::Method::update:
  case Request::Method::remove:
    write.kind = request.method == Request::Method::update ? store::Write::Kind::update : store::Write::Kind::remove;
    if (request.method == Request::Method::update) write.json = request.body;
    write.id = request.id;
    write.conditional = request.query;
    if (write.id.empty() == write.conditional.empty())
      refuse(request.entry, ".request.url", "invalid",
             "\"" + request.url + "\" must name one resource: Type/id, or Type?query.");
    if (request.if_none_match == "*") write.if_match = 0;
    break;
  case Request::Method::patch:
    throw base::Refused(base::Refusal::unsupported, "not-supported",
                        "PATCH is not done by this server; send the whole resource with PUT.",
                        "Bundle.entry[" + std::to_string(request.entry) + "].request.method");
  case Request::Method::read: break;
  }
  return write;
}

store::Write resource_write(fhir::Node resource, std::string_view full_url) {
  store::Write write;
  write.type = std::string(resource["resourceType"].text());
  write.id = std::string(resource["id"].text());
  write.kind = write.id.empty() ? store::Write::Kind::create : store::Write::Kind::update;
  write.json = std::string(resource.raw());
  write.full_url = std::string(full_url);
  return write;
}

std::vector<store::Write> collection_writes(fhir::Node bundle) {
  std::vector<store::Write> writes;
  for (const fhir::Node entry : entries(bundle))
    if (const fhir::Node resource = entry["resource"])
      writes.push_back(resource_write(resource, entry["fullUrl"].text()));
  return writes;
}

} // namespace xinglin::intake
