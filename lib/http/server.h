#pragma once
// A listener with limits, and plain structs for request and response; no FHIR here. Boost.Beast stays in one unit.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xinglin::http {

struct Request {
  std::string method; ///< "GET"
  std::string path;   ///< percent-decoded, without query
  std::string raw_target;
  std::string query;  ///< after '?', as sent
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string_view header(std::string_view name) const; ///< case-insensitive; empty when absent
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  void set(std::string name, std::string value);
};

struct Limits {
  size_t body_bytes_max = 64u << 20;  ///< larger: 413
  size_t header_bytes_max = 32u << 10; ///< larger: 431
  int read_timeout_s = 30;
  int connections_max = 1024;
};

using Handler = std::function<Response(const Request&)>;

/// Listens on 127.0.0.1 only, until accounts exist. Handlers run on `threads` worker threads.
class Server {
public:
  Server(uint16_t port, Handler handler, Limits limits = {}, int threads = 2); ///< port 0 = any; throws Refused(busy) if taken
  ~Server();
  uint16_t port() const;
  void stop(); ///< finishes requests under way; safe from a signal-handling thread
  void wait(); ///< until stopped

private:
  struct Impl;
  std::unique_ptr<Impl> m_impl;
};

} // namespace xinglin::http
