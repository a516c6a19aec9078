#include "lib/http/date.h"
#include "lib/http/gzip.h"
#include "lib/http/server.h"
#include "lib/http/uri.h"

#include "lib/base/issue.h"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <optional>
#include <thread>

using namespace xinglin;

namespace {

/// A bare client: what goes over the wire is what the test says.
class Client {
public:
  explicit Client(uint16_t port) : m_socket(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(m_socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  ~Client() { close(m_socket); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send_text(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = send(m_socket, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return; // the server has had enough; what it said is still to be read
      text.remove_prefix(static_cast<size_t>(sent));
    }
  }
  /// One response with a Content-Length; head and body. Empty at the end of the stream.
  std::string receive(bool head_only = false) {
    std::string text;
    for (;;) {
      const size_t head_end = m_pending.find("\r\n\r\n");
      if (head_end != std::string::npos) {
        size_t length = 0;
        const size_t field = m_pending.find("Content-Length: ");
        if (!head_only && field < head_end) length = std::stoul(m_pending.substr(field + 16));
        if (m_pending.size() >= head_end + 4 + length) {
          text = m_pending.substr(0, head_end + 4 + length);
          m_pending.erase(0, text.size());
          return text;
        }
      }
      char piece[4096];
      const ssize_t got = recv(m_socket, piece, sizeof piece, 0);
      if (got <= 0) return {};
      m_pending.append(piece, static_cast<size_t>(got));
    }
  }
  std::string ask(std::string_view text) {
    send_text(text);
    return receive();
  }

private:
  int m_socket;
  std::string m_pending;
};

http::Response echo(const http::Request& request) {
  http::Response response;
  response.set("Content-Type", "text/plain");
  response.body = request.method + " " + request.path + " [" + request.query + "] " + request.body;
  return response;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

} // namespace

TEST_CASE("a request arrives decoded, and the connection is kept") {
  http::Server server(0, echo);
  Client client(server.port());
  const std::string first = client.ask("GET /a%20b/%E6%9D%8F?q=%20x HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(first.starts_with("HTTP/1.1 200 "));
  CHECK(contains(first, "GET /a b/杏 [q=%20x] "));
  const std::string second = client.ask("POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
  CHECK(contains(second, "POST /c [] hello"));
  const std::string absolute = client.ask("GET http://there/d?e HTTP/1.1\r\nHost: there\r\n\r\n");
  CHECK(contains(absolute, "GET /d [e] "));
  CHECK(client.ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 200"));
  CHECK(client.receive().empty());
}

TEST_CASE("chunked bodies, pipelined requests and HEAD") {
  http::Server server(0, echo);
  Client client(server.port());
  CHECK(contains(
      client.ask("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
      " abcde"));
  client.send_text("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(contains(client.receive(), "GET /1"));
  CHECK(contains(client.receive(), "GET /2"));
  client.send_text("HEAD /3 HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string head = client.receive(true);
  CHECK(contains(head, "Content-Length: " + std::to_string(std::string("HEAD /3 [] ").size())));
  CHECK(contains(client.ask("GET /4 HTTP/1.1\r\nHost: x\r\n\r\n"), "GET /4"));
}

TEST_CASE("a client that waits for 100-continue gets it") {
  http::Server server(0, echo);
  Client client(server.port());
  client.send_text("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(client.receive().starts_with("HTTP/1.1 100 "));
  CHECK(contains(client.ask("ok"), " ok"));
}

TEST_CASE("limits are answered, each by its status") {
  http::Limits limits;
  limits.body_bytes_max = 1000;
  limits.header_bytes_max = 2000;
  http::Server server(0, echo, limits);
  SUBCASE("413 for a body, said or chunked or inflated") {
    CHECK(Client(server.port())
              .ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n")
              .starts_with("HTTP/1.1 413 "));
    CHECK(Client(server.port())
              .ask("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'a'))
              .starts_with("HTTP/1.1 413 "));
    const std::string bomb = http::gzip(std::string(1001, 'a'));
    CHECK(Client(server.port())
              .ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: " +
                   std::to_string(bomb.size()) + "\r\n\r\n" + bomb)
              .starts_with("HTTP/1.1 413 "));
    CHECK(Client(server.port())
              .ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'a'))
              .starts_with("HTTP/1.1 200 "));
  }
  SUBCASE("413 is read by a client that sends all before it listens") {
    Client client(server.port());
    client.send_text("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n" + std::string(3'000'000, 'a'));
    CHECK(client.receive().starts_with("HTTP/1.1 413 "));
  }
  SUBCASE("431 for a head") {
    CHECK(Client(server.port())
              .ask("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(2001, 'a'))
              .starts_with("HTTP/1.1 431 "));
  }
}

TEST_CASE("400 for what is not HTTP or not encoded") {
  http::Server server(0, echo);
  CHECK(Client(server.port()).ask("nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
  for (const char* path : {"/%", "/%4", "/%zz", "/%00", "/%ff"})
    CHECK_MESSAGE(Client(server.port())
                      .ask("GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n\r\n")
                      .starts_with("HTTP/1.1 400 "),
                  path);
  CHECK(Client(server.port())
            .ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx")
            .starts_with("HTTP/1.1 415 "));
  CHECK(Client(server.port())
            .ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx")
            .starts_with("HTTP/1.1 400 "));
}

TEST_CASE("408 for a request that does not arrive, silence for an idle connection") {
  http::Limits limits;
  limits.read_timeout_s = 1;
  limits.body_timeout_s = 1;
  http::Server server(0, echo, limits);
  Client head(server.port()), body(server.port()), idle(server.port());
  head.send_text("GET / HT");
  body.send_text("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel");
  CHECK(head.receive().starts_with("HTTP/1.1 408 "));
  CHECK(body.receive().starts_with("HTTP/1.1 408 "));
  CHECK(idle.receive().empty());
}

TEST_CASE("503 for one connection too many") {
  http::Limits limits;
  limits.connections_max = 1;
  http::Server server(0, echo, limits);
  Client first(server.port());
  CHECK(first.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 200 "));
  Client second(server.port());
  CHECK(second.receive().starts_with("HTTP/1.1 503 "));
  CHECK(first.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("gzip both ways") {
  http::Server server(0, [](const http::Request& request) {
    http::Response response;
    response.set("Content-Type", "text/plain");
    response.body = request.body + std::string(5000, 'x');
    return response;
  });
  const std::string body = http::gzip("hello");
  Client client(server.port());
  const std::string answer = client.ask(
      "POST / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br, gzip\r\nContent-Encoding: gzip\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body);
  CHECK(contains(answer, "Content-Encoding: gzip\r\n"));
  CHECK(http::gunzip(answer.substr(answer.find("\r\n\r\n") + 4), 1 << 20) == "hello" + std::string(5000, 'x'));
  const std::string plain = client.ask("GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip;q=0\r\n\r\n");
  CHECK_FALSE(contains(plain, "Content-Encoding"));
  CHECK(contains(plain, "Vary: Accept-Encoding"));
}

TEST_CASE("gunzip refuses what is cut, changed or too large, and takes several members") {
  const std::string whole = http::gzip("some text that is compressed");
  http::InflateError error{};
  CHECK_FALSE(http::gunzip(whole.substr(0, whole.size() - 1), 1000, &error));
  CHECK(error == http::InflateError::damaged);
  std::string changed = whole;
  changed[whole.size() - 6] = static_cast<char>(changed[whole.size() - 6] ^ 1);
  CHECK_FALSE(http::gunzip(changed, 1000));
  CHECK_FALSE(http::gunzip(whole, 5, &error));
  CHECK(error == http::InflateError::too_large);
  CHECK(http::gunzip(whole + http::gzip("!"), 1000) == "some text that is compressed!");
  CHECK(http::gunzip(http::gzip(std::string(200'000, 'z')), 1 << 20) == std::string(200'000, 'z'));
}

TEST_CASE("what a handler throws is a 500, and the server goes on") {
  http::Server server(0, [](const http::Request& request) -> http::Response {
    if (request.path == "/bad") throw std::runtime_error("the disk said no");
    return echo(request);
  });
  Client client(server.port());
  const std::string answer = client.ask("GET /bad HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(answer.starts_with("HTTP/1.1 500 "));
  CHECK(contains(answer, "the disk said no"));
  CHECK(client.ask("GET /good HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("stop lets the request under way finish and closes the idle ones") {
  std::promise<void> entered, leave;
  http::Server server(0, [&](const http::Request& request) {
    if (request.path == "/slow") {
      entered.set_value();
      leave.get_future().wait();
    }
    return echo(request);
  });
  Client idle(server.port()), slow(server.port());
  CHECK(idle.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 200 "));
  slow.send_text("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  entered.get_future().wait();
  server.stop();
  CHECK(idle.receive().empty());
  leave.set_value();
  const std::string answer = slow.receive();
  CHECK(contains(answer, "GET /slow"));
  CHECK(contains(answer, "Connection: close"));
  server.wait();
}

TEST_CASE("a taken port is refused") {
  http::Server first(0, echo);
  try {
    http::Server second(first.port(), echo);
    FAIL("two servers on one port");
  } catch (const base::Refused& refused) {
    CHECK(refused.kind() == base::Refusal::busy);
    CHECK(contains(refused.what(), std::to_string(first.port())));
  }
}

TEST_CASE("many clients at once are all answered") {
  http::Server server(0, echo, {}, 4);
  std::atomic<int> right = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i)
    clients.emplace_back([&, i] {
      Client client(server.port());
      for (int k = 0; k < 200; ++k) {
        const std::string path = "/" + std::to_string(i) + "/" + std::to_string(k);
        if (contains(client.ask("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"), "GET " + path + " ")) ++right;
      }
    });
  for (auto& client : clients)
    client.join();
  CHECK(right == 8 * 200);
}

TEST_CASE("percent-encoding and queries") {
  CHECK(http::percent_decode("a%2Fb+c") == "a/b+c");
  CHECK(http::percent_decode("a+b", true) == "a b");
  CHECK(http::percent_encode("张/a b~") == "%E5%BC%A0%2Fa%20b~");
  const http::Query query = http::parse_query("name=%E5%BC%A0&&_count=3&flag");
  REQUIRE(query.size() == 3);
  CHECK(http::find(query, "name") == "张");
  CHECK(http::find(query, "flag") == "");
  CHECK_FALSE(http::find(query, "none").has_value());
  CHECK_THROWS_AS(http::parse_query("a=%G1"), base::Refused);
}

TEST_CASE("dates of headers") {
  CHECK(http::to_http_date(784'111'777'000) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(http::to_http_date(-1) == "Wed, 31 Dec 1969 23:59:59 GMT");
  CHECK(http::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == 784'111'777'000);
  CHECK_FALSE(http::parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT").has_value());
  CHECK_FALSE(http::parse_http_date("Sun, 31 Feb 1994 08:49:37 GMT").has_value());
}
