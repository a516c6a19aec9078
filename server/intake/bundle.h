#pragma once
// From a Bundle to the writes of one transaction. https://hl7.org/fhir/R4/http.html#transaction

#include "lib/fhir/json.h"
#include "server/store/store.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace xinglin::intake {

inline constexpr size_t k_bundle_entries_max = 20'000; ///< more entries in one Bundle are refused (too_large)

/// One entry's request, read and checked. The texts are views into nothing: they are copies.
struct Request {
  enum class Method : uint8_t { remove, create, update, patch, read }; ///< in the order a transaction is worked on
  Method method = Method::read;
  bool head = false;    ///< HEAD rather than GET
  size_t entry = 0;     ///< position in Bundle.entry
  std::string url;      ///< as sent
  std::string type, id; ///< from the url; id empty where the url has none
  std::string query;    ///< of the url, after '?'
  std::string full_url;
  std::string if_match, if_none_match, if_none_exist, if_modified_since;
  std::string body; ///< the resource's JSON; empty when there is none
};

/// The requests of a transaction or batch Bundle in the order of its entries. Throws base::Refused(invalid) naming the
/// entry whose request is missing or cannot be (`Bundle.entry[3].request.method`), (too_large) over the limit.
std::vector<Request> requests(fhir::Node bundle);
/// The entries of a Bundle, at most k_bundle_entries_max; and the request of one of them, as above.
fhir::Node entries(fhir::Node bundle);
Request request(fhir::Node entry, size_t position);

/// The write that a create, update or remove asks for. Throws base::Refused(invalid) naming the entry when the resource
/// is not of the url's type, or a header cannot be read.
store::Write to_write(const Request& request);

/// The number in W/"3" or "3"; empty when it is not one.
std::optional<int64_t> parse_etag(std::string_view etag);

/// The writes of a collection, searchset or document Bundle, or of resources side by side: each is kept under its own
/// id where it has one (created or updated), else under a new one.
std::vector<store::Write> collection_writes(fhir::Node bundle);
store::Write resource_write(fhir::Node resource, std::string_view full_url = {});

} // namespace xinglin::intake
