#include "server/document/report.h"

namespace xinglin::document {

std::string trace_link(const indicator::Address& address, std::string_view base_url) {
  std::string out(base_url);
  while (out.ends_with('/'))
    out.pop_back();
  out += "/#/trace/";
  // The address keeps its slashes; whatever else could end a link early is escaped.
  static constexpr char k_hex[] = "0123456789ABCDEF";
  for (char c : address.to_string()) {
    bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                 std::string_view("-_.~/@:").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += k_hex[byte >> 4];
      out += k_hex[byte & 15];
    }
  }
  return out;
}

} // namespace xinglin::document
