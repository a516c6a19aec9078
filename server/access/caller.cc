#include "server/access/caller.h"

namespace xinglin::access {

Caller identify(std::string_view /*authorization*/) {
  return {.name = "local", .accounts = false};
}

base::Text notice() {
  return {.zh = "尚未启用账户:仅限本机访问,打开本页的人可以查看和修改全部记录。",
          .en = "There are no accounts yet: open on this machine only, and whoever opens this page can read and change "
                "every record."};
}

bool is_local_host(std::string_view host_header) {
  std::string_view name = host_header;
  if (name.starts_with('[')) { // [::1]:8080
    const size_t end = name.find(']');
    if (end == std::string_view::npos) return false;
    name = name.substr(0, end + 1);
  } else {
    name = name.substr(0, name.find(':'));
  }
  return name == "127.0.0.1" || name == "localhost" || name == "[::1]";
}

bool is_local_origin(std::string_view origin_header) {
  if (origin_header.empty()) return true;
  const size_t scheme = origin_header.find("://");
  return scheme != std::string_view::npos && is_local_host(origin_header.substr(scheme + 3));
}

} // namespace xinglin::access
