#pragma once
// The values of FHIR's primitive types: https://hl7.org/fhir/R4/datatypes.html#primitive and how JSON writes them:
// https://hl7.org/fhir/R4/json.html#primitive.

#include "lib/fhir/json.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace xinglin::fhir {

enum class Primitive : uint8_t {
  none, ///< not a primitive type
  base64_binary,
  boolean,
  canonical,
  code,
  date,
  date_time,
  decimal,
  id,
  instant,
  integer,
  markdown,
  oid,
  positive_int,
  string,
  time,
  unsigned_int,
  uri,
  url,
  uuid,
  xhtml,
};

/// By the name of the type ("dateTime").
Primitive primitive_of(std::string_view type_name);

constexpr size_t k_string_bytes_max = 1 << 20; ///< of a string or markdown, as the specification says

/// What is wrong with a value and how to mend it, as a sentence; empty when nothing is. Any JSON value may be asked
/// about but null. xhtml is only checked to be a string (see xhtml.h).
std::string check_primitive(Primitive primitive, Node value);

/// YYYY, YYYY-MM or YYYY-MM-DD, a real day.
bool is_date(std::string_view text);
/// A date, or a date with time and zone.
bool is_date_time(std::string_view text);
/// hh:mm:ss with an optional fraction.
bool is_time(std::string_view text);
/// Number of bytes the text encodes (RFC 4648 with white space between), or -1 when it is not base64.
int64_t base64_size(std::string_view text);

} // namespace xinglin::fhir
