#pragma once
// Percent-encoding and query strings (RFC 3986, and application/x-www-form-urlencoded for queries).

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xinglin::http {

/// Percent-decoded; '+' becomes a space when `plus_is_space`. Empty for a malformed escape, a NUL or broken UTF-8.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
/// Everything but unreserved characters (RFC 3986, 2.3) as %XX.
std::string percent_encode(std::string_view text);

/// name=value pairs in the order sent, both decoded.
using Query = std::vector<std::pair<std::string, std::string>>;
/// `text` as after '?'. Throws base::Refused(malformed) naming the part that is wrong.
Query parse_query(std::string_view text);
/// The first value of that name; empty optional when there is none.
std::optional<std::string> find(const Query& query, std::string_view name);

} // namespace xinglin::http
