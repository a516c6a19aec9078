// One io_context run by a few threads. Each connection is a coroutine on its own strand; the handler is called inside
// it and may block, so `threads` is how many requests are worked on at once. Deadlines are timers that cancel the
// socket instead of closing it, so that a slow client is still told 408.

#include "lib/http/server.h"

#include "lib/base/issue.h"
#include "lib/http/date.h"
#include "lib/http/gzip.h"
#include "lib/http/uri.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <list>
#include <mutex>
#include <thread>

namespace xinglin::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto k_tuple = asio::as_tuple(asio::use_awaitable);
constexpr size_t k_gzip_bytes_min = 1400;       ///< shorter answers fit one packet as they are
constexpr size_t k_linger_bytes_min = 8u << 20; ///< at least so much is read and dropped after a refusal
constexpr int k_linger_s = 3;

bool is_text(std::string_view content_type) {
  return content_type.starts_with("text/") || content_type.find("json") != std::string_view::npos ||
         content_type.find("javascript") != std::string_view::npos ||
         content_type.find("xml") != std::string_view::npos || content_type.find("svg") != std::string_view::npos;
}

/// Is gzip among the codings the client takes? (RFC 9110, 12.5.3; "gzip;q=0" says no.)
bool accepts_gzip(std::string_view header) {
  while (!header.empty()) {
    const size_t end = std::min(header.find(','), header.size());
    std::string_view coding = header.substr(0, end);
    header.remove_prefix(end == header.size() ? end : end + 1);
    while (!coding.empty() && coding.front() == ' ')
      coding.remove_prefix(1);
    if (!coding.starts_with("gzip")) continue;
    coding.remove_prefix(4);
    const size_t q = coding.find("q=");
    if (q == std::string_view::npos) return coding.empty() || coding.front() == ' ' || coding.front() == ';';
    return coding.substr(q + 2).find_first_of("123456789") != std::string_view::npos;
  }
  return false;
}

} // namespace

struct Server::Impl {
  /// A connection, as far as stop() must know it.
  struct Session {
    explicit Session(tcp::socket taken) : socket(std::move(taken)), timer(socket.get_executor()) {}
    tcp::socket socket;
    asio::steady_timer timer;
    bool idle = true; ///< between requests, nothing read yet
    bool timed_out = false;
  };

  asio::io_context context;
  tcp::acceptor acceptor{asio::make_strand(context)};
  uint16_t port = 0;
  Handler handler;
  Refuse refuse;
  Limits limits;
  std::atomic<bool> stopping = false;
  std::mutex mutex;
  std::condition_variable finished;
  std::list<std::weak_ptr<Session>> sessions; ///< under mutex
  int open_sessions = 0;                      ///< under mutex
  int running_threads = 0;                    ///< under mutex
  std::vector<std::thread> threads;

  void start(uint16_t asked_port, int thread_count) {
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), asked_port);
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error)
      throw base::Refused(base::Refusal::busy, "conflict",
                          "Cannot listen on 127.0.0.1:" + std::to_string(asked_port) + ": " + error.message() +
                              "; choose another port with --port (0 takes any free one).");
    port = acceptor.local_endpoint().port();
    asio::co_spawn(acceptor.get_executor(), accept(), asio::detached);
    running_threads = thread_count;
    for (int i = 0; i < thread_count; ++i)
      threads.emplace_back([this] {
        context.run();
        const std::lock_guard lock(mutex);
        if (--running_threads == 0) finished.notify_all();
      });
  }

  asio::awaitable<void> accept() {
    while (!stopping) {
      auto [error, socket] = co_await acceptor.async_accept(asio::make_strand(context), k_tuple);
      if (error) {
        if (stopping || error == asio::error::operation_aborted) co_return;
        // Out of file descriptors, most likely: wait a little instead of spinning.
        asio::steady_timer pause(acceptor.get_executor(), std::chrono::milliseconds(50));
        co_await pause.async_wait(k_tuple);
        continue;
      }
      socket.set_option(tcp::no_delay(true), error);
      auto session = std::make_shared<Session>(std::move(socket));
      bool full = false;
      {
        const std::lock_guard lock(mutex);
        full = open_sessions >= limits.connections_max;
        ++open_sessions;
        std::erase_if(sessions, [](const auto& known) { return known.expired(); });
        sessions.push_back(session);
      }
      auto executor = session->socket.get_executor();
      asio::co_spawn(executor, serve(session, full), [this](const std::exception_ptr&) {
        const std::lock_guard lock(mutex);
        --open_sessions;
      });
    }
  }

  void set_deadline(const std::shared_ptr<Session>& session, int seconds) {
    session->timer.expires_after(std::chrono::seconds(seconds));
    session->timer.async_wait([weak = std::weak_ptr(session)](const error_code& error) {
      auto session = weak.lock();
      // A timer that was set anew in the same moment is not over yet.
      if (error || !session || session->timer.expiry() > std::chrono::steady_clock::now()) return;
      session->timed_out = true;
      error_code ignored;
      session->socket.cancel(ignored);
    });
  }

  asio::awaitable<void> serve(std::shared_ptr<Session> session, bool full) {
    if (full) {
      co_await send(session, refuse(503, "Too many connections; try again later."), 11, false, false, {});
      co_await linger(session);
      co_return;
    }
    beast::flat_buffer buffer;
    bool keep = true;
    while (keep && !stopping) {
      beast::http::request_parser<beast::http::string_body> parser;
      parser.header_limit(static_cast<uint32_t>(limits.header_bytes_max));
      parser.body_limit(limits.body_bytes_max);
      session->idle = buffer.size() == 0;
      session->timed_out = false;
      set_deadline(session, limits.read_timeout_s);
      // stop() may have looked at this session just before it became idle.
      if (session->idle && stopping) break;

      // 1. The head. The first bytes end idleness, so that stop() lets this request finish.
      if (session->idle) {
        auto [error] = co_await session->socket.async_wait(tcp::socket::wait_read, k_tuple);
        if (error) break;
        session->idle = false;
      }
      auto [head_error, head_bytes] = co_await beast::http::async_read_header(session->socket, buffer, parser, k_tuple);
      if (head_error) {
        co_await refuse_broken(session, parser.got_some(), head_error);
        break;
      }

      // 2. The body, after 100-continue where the client waits for it.
      if (beast::iequals(parser.get()[beast::http::field::expect], "100-continue") && !parser.is_done()) {
        beast::http::response<beast::http::empty_body> go_on(beast::http::status::continue_, parser.get().version());
        auto [error, bytes] = co_await beast::http::async_write(session->socket, go_on, k_tuple);
        if (error) break;
      }
      set_deadline(session, limits.body_timeout_s);
      if (!parser.is_done()) {
        auto [error, bytes] = co_await beast::http::async_read(session->socket, buffer, parser, k_tuple);
        if (error) {
          co_await refuse_broken(session, true, error);
          break;
        }
      }
      session->timer.cancel();

      // 3. Ours.
      auto message = parser.release();
      const unsigned version = message.version();
      keep = message.keep_alive();
      Request request;
      request.method = std::string(message.method_string());
      request.raw_target = std::string(message.target());
      for (const auto& field : message)
        request.headers.emplace_back(field.name_string(), field.value());
      request.body = std::move(message.body());
      const bool head_only = request.method == "HEAD";
      const bool gzip_welcome = accepts_gzip(request.header("Accept-Encoding"));
      Response response = respond(std::move(request));

      // 4. Back. After stop() the connection is closed in good order.
      if (stopping) keep = false;
      if (!co_await send(session, std::move(response), version, keep, head_only, gzip_welcome)) break;
    }
    error_code ignored;
    session->timer.cancel();
    session->socket.shutdown(tcp::socket::shutdown_both, ignored);
    session->socket.close(ignored);
  }

  Response respond(Request request) {
    std::string_view target = request.raw_target;
    if (target.starts_with("http://")) { // the absolute form (RFC 9112, 3.2.2)
      const size_t slash = target.find('/', 7);
      target = slash == std::string_view::npos ? "/" : target.substr(slash);
    }
    const size_t question = std::min(target.find('?'), target.size());
    auto path = percent_decode(target.substr(0, question));
    if (!path || !path->starts_with('/'))
      return refuse(400,
                    "The path is not percent-encoded UTF-8 that begins with a slash; write a percent sign as %25.");
    request.path = std::move(*path);
    request.query = question == target.size() ? "" : std::string(target.substr(question + 1));
    if (const auto coding = request.header("Content-Encoding"); !coding.empty() && coding != "identity") {
      if (coding != "gzip") return refuse(415, "The body's Content-Encoding is not gzip; send it as gzip or as it is.");
      InflateError error{};
      auto body = gunzip(request.body, limits.body_bytes_max, &error);
      if (!body && error == InflateError::too_large) return refuse(413, too_large_text());
      if (!body) return refuse(400, "The body is not whole gzip, as its Content-Encoding says; send it again.");
      request.body = std::move(*body);
    }
    try {
      return handler(request);
    } catch (const std::exception& failure) {
      return refuse(500, std::string("The request could not be finished: ") + failure.what());
    }
  }

  std::string too_large_text() const {
    return "The body is over the limit of " + std::to_string(limits.body_bytes_max) +
           " bytes; send it in smaller pieces.";
  }

  asio::awaitable<bool> send(std::shared_ptr<Session> session, Response response, unsigned version, bool keep,
                             bool head_only, std::optional<bool> gzip_welcome) {
    const std::string_view content_type = [&]() -> std::string_view {
      for (const auto& [name, value] : response.headers)
        if (beast::iequals(name, "Content-Type")) return value;
      return {};
    }();
    if (response.body.size() >= k_gzip_bytes_min && is_text(content_type)) {
      response.set("Vary", "Accept-Encoding");
      if (gzip_welcome.value_or(false)) {
        response.body = gzip(response.body);
        response.set("Content-Encoding", "gzip");
      }
    }
    beast::http::response<beast::http::string_body> message;
    message.version(version);
    message.result(static_cast<unsigned>(response.status));
    message.set(beast::http::field::date, to_http_date(std::chrono::duration_cast<std::chrono::milliseconds>(
                                                           std::chrono::system_clock::now().time_since_epoch())
                                                           .count()));
    message.set(beast::http::field::server, "xinglin");
    for (const auto& [name, value] : response.headers)
      message.insert(name, value);
    message.keep_alive(keep);
    const bool bodiless = response.status == 204 || response.status == 304;
    if (!bodiless) message.content_length(response.body.size());
    if (!bodiless && !head_only) message.body() = std::move(response.body);
    session->timed_out = false;
    set_deadline(session, limits.write_timeout_s);
    beast::http::response_serializer<beast::http::string_body> serializer(message);
    error_code failed;
    if (head_only) {
      auto [error, bytes] = co_await beast::http::async_write_header(session->socket, serializer, k_tuple);
      failed = error;
    } else {
      auto [error, bytes] = co_await beast::http::async_write(session->socket, serializer, k_tuple);
      failed = error;
    }
    session->timer.cancel();
    co_return !failed;
  }

  /// Answers a request that could not be read, where there is someone to answer.
  asio::awaitable<void> refuse_broken(std::shared_ptr<Session> session, bool got_some, error_code error) {
    using Error = beast::http::error;
    Response response;
    if (session->timed_out) {
      if (!got_some) co_return;
      response = refuse(408, "The request did not arrive in time; send it again.");
    } else if (error == Error::header_limit || error == Error::buffer_overflow) {
      response = refuse(431, "The request's head is over the limit of " + std::to_string(limits.header_bytes_max) +
                                 " bytes; shorten the address (POST _search takes long queries) or the headers.");
    } else if (error == Error::body_limit) {
      response = refuse(413, too_large_text());
    } else if (error == Error::end_of_stream || error == Error::partial_message ||
               error.category() != beast::http::make_error_code(Error::bad_method).category()) {
      co_return; // gone
    } else {
      response = refuse(400, "The request is not HTTP/1.1: " + error.message() + ".");
    }
    co_await send(session, std::move(response), 11, false, false, {});
    co_await linger(session);
  }

  /// Closes our side and reads on for a moment: closing with unread data would take the answer away from the client.
  asio::awaitable<void> linger(std::shared_ptr<Session> session) {
    error_code ignored;
    session->socket.shutdown(tcp::socket::shutdown_send, ignored);
    set_deadline(session, k_linger_s);
    char dropped[16 << 10];
    const size_t enough = std::max(k_linger_bytes_min, 2 * limits.body_bytes_max);
    for (size_t total = 0; total < enough;) {
      auto [error, bytes] = co_await session->socket.async_read_some(asio::buffer(dropped), k_tuple);
      if (error) break;
      total += bytes;
    }
    session->timer.cancel();
  }

  void stop() {
    if (stopping.exchange(true)) return;
    asio::post(acceptor.get_executor(), [this] {
      error_code ignored;
      acceptor.close(ignored);
    });
    const std::lock_guard lock(mutex);
    for (const auto& known : sessions)
      if (auto session = known.lock())
        asio::post(session->socket.get_executor(), [session] {
          error_code ignored;
          if (session->idle) session->socket.cancel(ignored);
        });
  }
};

Server::Server(uint16_t port, Handler handler, Limits limits, int threads, Refuse refuse)
    : m_impl(std::make_unique<Impl>()) {
  m_impl->handler = std::move(handler);
  m_impl->limits = limits;
  m_impl->refuse = std::move(refuse);
  m_impl->start(port, threads);
}

Server::~Server() {
  stop();
  for (auto& thread : m_impl->threads)
    thread.join();
}

uint16_t Server::port() const {
  return m_impl->port;
}

void Server::stop() {
  m_impl->stop();
}

void Server::wait() {
  std::unique_lock lock(m_impl->mutex);
  m_impl->finished.wait(lock, [this] { return m_impl->running_threads == 0; });
}

} // namespace xinglin::http
