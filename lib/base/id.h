#pragma once
// Identifiers and digests.

#include <cstdint>
#include <string>
#include <string_view>

namespace xinglin::base {

/// A random UUID (version 4), lower case. Thread safe.
std::string new_uuid();
/// SHA-256 in lower-case hex (FIPS 180-4).
std::string sha256_hex(std::string_view bytes);
/// A FHIR id: [A-Za-z0-9\-\.]{1,64}.
bool is_fhir_id(std::string_view text);
/// 公民身份号码 (GB 11643-1999): 17 digits and the ISO 7064 MOD 11-2 check character, a real date of birth inside.
bool is_citizen_id(std::string_view text);
/// The identifier system under which a citizen ID is kept and checked.
inline constexpr std::string_view k_citizen_id_system = "urn:oid:2.16.156.10011.1.3";

} // namespace xinglin::base
