#pragma once
// A listener with limits, and plain structs for request and response; no FHIR here. Boost.Beast stays in one unit.

#include <cstddef>
#include <cstdint>
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
  std::string query; ///< after '?', as sent
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
  size_t body_bytes_max = 64u << 20;   ///< larger, also once inflated: 413
  size_t header_bytes_max = 32u << 10; ///< larger: 431
  int read_timeout_s = 30;             ///< a request head that takes longer: 408; an idle connection is closed
  int body_timeout_s = 120;            ///< a request body that takes longer: 408
  int write_timeout_s = 120;           ///< a client that does not take its response is dropped
  int connections_max = 1024;          ///< one more: 503
};

using Handler = std::function<Response(const Request&)>;
/// The response for a request that never reached the handler (broken, too large, too slow) or whose handler threw.
using Refuse = std::function<Response(int status, std::string_view text)>;
/// Plain text.
Response refuse_in_text(int status, std::string_view text);

/// Listens on 127.0.0.1 only, until accounts exist. Handlers run on `threads` worker threads, and may block; what they
/// throw becomes a 500. Request bodies with Content-Encoding: gzip arrive inflated; text of some length leaves in gzip
/// where the client takes it; HEAD is answered as GET without the body.
class Server {
public:
  /// Port 0 = any. Throws Refused(busy) if the port is taken.
  Server(uint16_t port, Handler handler, Limits limits = {}, int threads = 2, Refuse refuse = refuse_in_text);
  ~Server();
  uint16_t port() const;
  void stop(); ///< finishes requests under way; from any thread, any number of times
  void wait(); ///< until stopped and the last request is answered

private:
  struct Impl;
  std::unique_ptr<Impl> m_impl;
};

} // namespace xinglin::http
