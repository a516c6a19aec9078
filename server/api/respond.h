#pragma once
// Responses: the one table from a refusal to its status, OperationOutcomes, and resources with their headers.

#include "lib/base/issue.h"
#include "server/api/call.h"
#include "server/store/store.h"

namespace xinglin::api {

int status_of(base::Refusal refusal);
/// FHIR issue code for a status that no Refused came with.
std::string_view issue_code_of(int status);

http::Response json_response(int status, std::string body, std::string_view content_type = k_json);
http::Response outcome_response(int status, const base::Issues& issues);
http::Response outcome_response(int status, std::string_view code, std::string text,
                                base::Severity severity = base::Severity::error);
/// Whatever was thrown, as a response; call inside a catch block.
http::Response response_of_current_exception();

std::string etag(int64_t version); ///< W/"3"
std::string version_url(const Call& call, std::string_view type, std::string_view id, int64_t version);

/// Which elements to give (https://hl7.org/fhir/R4/search.html#summary): _summary and _elements.
struct Shape {
  enum class Summary : uint8_t { whole, yes, text, data, count } summary = Summary::whole;
  std::vector<std::string> elements;
  bool whole() const { return summary == Summary::whole && elements.empty(); }
};
/// Throws Refused(malformed) for a _summary that is none.
Shape shape_of(const Call& call);
/// The resource with only the elements asked for, tagged SUBSETTED; as it is when all are.
std::string shaped(std::string json, const Shape& shape);

/// A resource with ETag, Last-Modified and body.
http::Response resource_response(const Call& call, int status, const store::Version& version);
/// What was written, as Prefer asks: with Location, ETag, Last-Modified.
http::Response write_response(const Call& call, const store::Outcome& outcome);

/// Indents compact or any other JSON by two spaces; numbers and strings stay as written.
std::string indented(std::string_view json);

} // namespace xinglin::api
