// https://hl7.org/fhir/R4/http.html#transaction
#include "server/intake/bundle.h"

#include "lib/http/date.h"
#include "server/api/bundle_writer.h"
#include "server/api/interactions.h"
#include "server/api/router.h"

#include <algorithm>
#include <numeric>

namespace xinglin::api {

namespace {

/// The entry as a request of its own, through the same router.
http::Response handle_alone(const Call& call, const intake::Request& asked) {
  static constexpr std::string_view k_methods[] = {"DELETE", "POST", "PUT", "PATCH", "GET"};
  http::Request request;
  request.method = k_methods[static_cast<size_t>(asked.method)];
  std::string_view url = asked.url;
  if (url.starts_with('/')) url.remove_prefix(1);
  request.raw_target = "/fhir/" + std::string(url);
  const auto path = http::percent_decode(std::string_view(request.raw_target).substr(0, request.raw_target.find('?')));
  if (!path) return outcome_response(400, "value", "\"" + asked.url + "\" is not percent-encoded UTF-8.");
  request.path = *path;
  request.query = asked.query;
  request.body = asked.body;
  request.headers.emplace_back("Host", call.request->header("Host"));
  request.headers.emplace_back("Content-Type", k_fhir_json);
  request.headers.emplace_back("Prefer", call.request->header("Prefer"));
  request.headers.emplace_back("If-Match", asked.if_match);
  request.headers.emplace_back("If-None-Match", asked.if_none_match);
  request.headers.emplace_back("If-None-Exist", asked.if_none_exist);
  request.headers.emplace_back("If-Modified-Since", asked.if_modified_since);
  http::Response response = call.router->handle(request);
  if (asked.head) response.body.clear();
  return response;
}

/// In a Bundle the resource written comes back only where it was asked for.
http::Response trimmed(const Call& call, http::Response response, bool wrote) {
  if (wrote && response.status < 300 && call.prefer.returned == Preferences::Return::unsaid) response.body.clear();
  return response;
}

/// Each entry stands alone: one that cannot be read is answered in its place, and the others are done.
http::Response batch(Call& call, fhir::Node bundle) {
  BundleWriter answer(call, "batch-response");
  size_t position = 0;
  for (const fhir::Node entry : intake::entries(bundle)) {
    http::Response response;
    try {
      const intake::Request request = intake::request(entry, position);
      response = trimmed(call, handle_alone(call, request), request.method != intake::Request::Method::read);
    } catch (const base::Refused&) {
      response = response_of_current_exception();
    }
    answer.response_entry(response);
    ++position;
  }
  return json_response(200, answer.take(), k_fhir_json);
}

/// What is wrong with a write is wrong with its entry: "Patient.name" is Bundle.entry[3].resource.name.
base::Issues placed(base::Issues issues, const std::vector<size_t>& entry_of_write) {
  for (base::Issue& issue : issues) {
    if (issue.write < 0 || static_cast<size_t>(issue.write) >= entry_of_write.size()) continue;
    const size_t dot = issue.expression.find('.');
    issue.expression = "Bundle.entry[" + std::to_string(entry_of_write[static_cast<size_t>(issue.write)]) +
                       "].resource" + (dot == std::string::npos ? "" : issue.expression.substr(dot));
    issue.line = 0; // it was the line within the entry's own text
  }
  return issues;
}

http::Response transaction(Call& call, const std::vector<intake::Request>& requests) {
  // 1. Deletes, then creates, then updates, whatever the order of the entries; all or nothing.
  std::vector<size_t> order(requests.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return requests[a].method < requests[b].method; });
  std::vector<store::Write> writes;
  for (const size_t entry : order)
    if (requests[entry].method != intake::Request::Method::read) writes.push_back(intake::to_write(requests[entry]));
  const size_t written = writes.size();
  store::Receipt receipt;
  try {
    if (written > 0) receipt = write(call, std::move(writes));
  } catch (const base::Refused& refused) {
    throw base::Refused(refused.kind(), placed(refused.issues(), order));
  }

  // 2. The answers, in the order of the entries; what is read is read after what was written.
  std::vector<http::Response> responses(requests.size());
  for (size_t i = 0; i < order.size(); ++i) {
    const intake::Request& request = requests[order[i]];
    http::Response& response = responses[order[i]];
    if (i >= written) {
      response = handle_alone(call, request);
      continue;
    }
    const store::Outcome& outcome = receipt.outcomes.at(i);
    if (outcome.what == store::Outcome::What::removed || request.method == intake::Request::Method::remove) {
      response.status = 204;
      if (outcome.version > 0) response.set("ETag", etag(outcome.version));
    } else if (call.prefer.returned == Preferences::Return::unsaid ||
               call.prefer.returned == Preferences::Return::minimal) {
      response.status = outcome.what == store::Outcome::What::created ? 201 : 200;
      response.set("ETag", etag(outcome.version));
      response.set("Location", version_url(call, outcome.type, outcome.id, outcome.version));
      if (receipt.recorded_at) response.set("Last-Modified", http::to_http_date(receipt.recorded_at));
    } else {
      response = write_response(call, outcome);
    }
  }
  BundleWriter answer(call, "transaction-response");
  for (const http::Response& response : responses)
    answer.response_entry(response);
  return json_response(200, answer.take(), k_fhir_json);
}

} // namespace

http::Response bundle(Call& call) {
  const fhir::Document document = body_resource(call, "Bundle");
  const fhir::Node root = document.root();
  const std::string_view type = root["type"].text();
  if (type == "batch") return batch(call, root);
  if (type == "transaction") return transaction(call, intake::requests(root));
  throw base::Refused(
      base::Refusal::malformed, "value",
      "A Bundle of type \"" + std::string(type) +
          "\" says nothing to do; send a batch or a transaction (or POST it to /fhir/Bundle to keep it).",
      "Bundle.type");
}

} // namespace xinglin::api
