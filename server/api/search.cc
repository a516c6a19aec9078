// https://hl7.org/fhir/R4/http.html#search, https://hl7.org/fhir/R4/search.html
#include "server/api/bundle_writer.h"
#include "server/api/interactions.h"

namespace xinglin::api {

namespace {

/// Parameters that say how the answer looks; the store has no use for them.
bool is_shape(std::string_view part) {
  const std::string_view name = part.substr(0, part.find('='));
  return name == "_format" || name == "_pretty" || name == "_elements" ||
         (name == "_summary" && part.substr(name.size()) != "=count");
}

std::string joined(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return std::string(a) + std::string(b);
  return std::string(a) + "&" + std::string(b);
}

http::Response search_for(Call& call, const std::string& query) {
  const std::string type = resource_type(call);
  const Shape shape = shape_of(call);
  std::string asked, looks;
  for (const std::string_view part : base::split(query, '&')) {
    if (part.empty()) continue;
    std::string& side = is_shape(part) ? looks : asked;
    side = joined(side, part);
  }
  const store::SearchResult result = call.services->store->snapshot()->search(type, asked, call.prefer.strict);
  BundleWriter bundle(call, "searchset");
  if (result.total) bundle.total(*result.total);
  bundle.link("self", type, query);
  if (!result.next.empty()) bundle.link("next", type, joined(result.next, looks));
  for (const store::Version& match : result.matches)
    bundle.search_entry(match, "match", shape);
  for (const store::Version& included : result.included)
    bundle.search_entry(included, "include", shape);
  if (!result.warnings.empty()) bundle.outcome_entry(result.warnings);
  return json_response(200, bundle.take(), k_fhir_json);
}

} // namespace

http::Response search(Call& call) {
  return search_for(call, call.request->query);
}

http::Response search_by_post(Call& call) {
  std::string_view type = call.request->header("Content-Type");
  type = base::trim(type.substr(0, type.find(';')));
  if (!call.request->body.empty() && type != "application/x-www-form-urlencoded")
    throw StatusError(415, "not-supported", "Send the parameters of _search as application/x-www-form-urlencoded.");
  const http::Query posted = http::parse_query(call.request->body); // refuses what is not well encoded
  call.query.insert(call.query.end(), posted.begin(), posted.end());
  return search_for(call, joined(call.request->query, call.request->body));
}

} // namespace xinglin::api
