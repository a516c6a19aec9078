#include "lib/base/id.h"

#include "lib/base/date.h"
#include "lib/base/issue.h"

#include <algorithm>
#include <array>
#include <openssl/evp.h>
#include <openssl/rand.h>

namespace xinglin::base {

namespace {

void append_hex(std::string& out, const unsigned char* bytes, size_t count) {
  static constexpr char k_hex[] = "0123456789abcdef";
  for (size_t i = 0; i < count; ++i) {
    out.push_back(k_hex[bytes[i] >> 4]);
    out.push_back(k_hex[bytes[i] & 15]);
  }
}

} // namespace

std::string new_uuid() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) {
    throw Refused(Refusal::unavailable, "exception", "The system has no random numbers to make an identifier from.");
  }
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40); // version 4
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80); // variant of RFC 4122
  std::string out;
  out.reserve(36);
  append_hex(out, bytes.data(), 4);
  for (size_t i = 4; i < 10; i += 2) {
    out.push_back('-');
    append_hex(out, bytes.data() + i, 2);
  }
  out.push_back('-');
  append_hex(out, bytes.data() + 10, 6);
  return out;
}

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    throw Refused(Refusal::unavailable, "exception", "The cryptographic library refused to compute SHA-256.");
  }
  std::string out;
  out.reserve(size_t{size} * 2);
  append_hex(out, digest.data(), size);
  return out;
}

bool is_fhir_id(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

bool is_citizen_id(std::string_view text) {
  if (text.size() != 18) return false;
  if (!std::all_of(text.begin(), text.begin() + 17, [](char c) { return c >= '0' && c <= '9'; })) return false;
  if (text[0] == '0') return false; // no division's code starts with 0
  auto digits = [&](size_t at, size_t count) {
    int value = 0;
    for (size_t i = at; i < at + count; ++i)
      value = value * 10 + (text[i] - '0');
    return value;
  };
  if (!Date::from_civil(digits(6, 4), digits(10, 2), digits(12, 2))) return false;
  // ISO 7064 MOD 11-2: the weights are powers of two modulo 11, so the sum is a Horner scheme from the left.
  int sum = 0;
  for (size_t i = 0; i < 17; ++i)
    sum = (sum + (text[i] - '0')) * 2 % 11;
  return text[17] == "0123456789X"[(12 - sum) % 11];
}

} // namespace xinglin::base
