#pragma once
// Dates of HTTP headers (IMF-fixdate, RFC 9110, 5.6.7).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace xinglin::http {

/// `Sun, 06 Nov 1994 08:49:37 GMT` of milliseconds since 1970; fractions of a second are dropped.
std::string to_http_date(int64_t millis);
/// Empty when it is not an IMF-fixdate (a header that cannot be read is to be ignored).
std::optional<int64_t> parse_http_date(std::string_view text);

} // namespace xinglin::http
