#pragma once
// One request on its way through an interaction, and the small things every interaction needs.

#include "lib/fhir/json.h"
#include "lib/http/server.h"
#include "lib/http/uri.h"
#include "server/access/caller.h"
#include "server/api/services.h"

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xinglin::api {

inline constexpr std::string_view k_fhir_json = "application/fhir+json";
inline constexpr std::string_view k_json = "application/json";

/// A refusal that HTTP has a status for and the store has no word for (406, 415, 421).
class StatusError : public std::runtime_error {
public:
  StatusError(int status, std::string code, const std::string& text)
      : std::runtime_error(text), m_status(status), m_code(std::move(code)) {}
  int status() const { return m_status; }
  const std::string& code() const { return m_code; }

private:
  int m_status;
  std::string m_code;
};

/// The Prefer header (https://hl7.org/fhir/R4/http.html#ops): return= and handling=.
struct Preferences {
  enum class Return : uint8_t { unsaid, minimal, representation, outcome } returned = Return::unsaid;
  bool strict = true;
};
Preferences parse_prefer(std::string_view header);

class Router;

struct Call {
  const Router* router = nullptr; ///< for the entries of a batch
  Services* services = nullptr;
  const http::Request* request = nullptr;
  access::Caller caller;
  std::string base;                                             ///< "http://127.0.0.1:8080/fhir"
  std::vector<std::pair<std::string_view, std::string>> places; ///< what stood at :type, :id ... of the route
  http::Query query;
  Preferences prefer;

  std::string_view place(std::string_view name) const;
  std::optional<std::string> parameter(std::string_view name) const { return http::find(query, name); }
  /// The parameter, or Refused(malformed) that it is missing.
  std::string required(std::string_view name) const;
  /// A whole number from `low` to `high`; `absent` when it is not there; Refused(malformed) otherwise.
  int64_t number(std::string_view name, int64_t absent, int64_t low, int64_t high) const;
};

/// The resource type of the route; Refused(not_found) with a suggestion when FHIR R4 has none of that name.
std::string resource_type(const Call& call);
std::string resource_id(const Call& call);

/// Does a media type ask for R4, or for no version? (https://hl7.org/fhir/R4/http.html#version-parameter)
bool is_of_this_version(std::string_view media_type);
/// The request's body as JSON. StatusError(415) for another content type.
fhir::Document body_json(const Call& call);
/// The body as a resource of the route's type (and of its id, where the route has one): Refused(malformed) otherwise.
fhir::Document body_resource(const Call& call, std::string_view type, std::string_view id = {});

/// The one door to the records.
store::Receipt write(const Call& call, std::vector<store::Write> writes);

} // namespace xinglin::api
