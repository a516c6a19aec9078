// xinglin serve [--port N]
#include "lib/http/server.h"

#include "server/access/caller.h"
#include "server/api/router.h"
#include "server/api/view_exports.h"
#include "server/feed/feed.h"
#include "server/flatten/warehouse.h"
#include "server/package/model.h"
#include "server/program/program.h"
#include "server/wiring/commands.h"
#include "server/wiring/house.h"
#include "server/wiring/interrupt.h"
#include "server/wiring/version.h"

#include <atomic>
#include <cstdio>
#include <exception>
#include <thread>

namespace xinglin::wiring {

namespace {

/// Requests worked on at once. More than processors: one that writes waits for the disk, and the more wait together,
/// the more become durable together.
constexpr int k_request_threads = 16;
constexpr int k_follow_wait_ms = 200;

/// Keeps the tables caught up with the records, so that a figure is fresh within a second of its record.
class Follower {
public:
  Follower(store::Store& store, flatten::Warehouse& warehouse)
      : m_feed(store), m_warehouse(warehouse), m_thread([this] { follow(); }) {}
  ~Follower() {
    m_stop = true;
    m_thread.join();
  }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

private:
  void follow() {
    std::string said;
    while (!m_stop) {
      try {
        if (m_feed.wait(m_warehouse.cursor(), k_follow_wait_ms)) m_warehouse.catch_up(m_feed);
        said.clear();
      } catch (const std::exception& failure) {
        // The records are safe; the figures stand still, /api/status shows the lag. Say it once, try again.
        if (said != failure.what()) std::fprintf(stderr, "xinglin: the tables stand still: %s\n", failure.what());
        said = failure.what();
        std::this_thread::sleep_for(std::chrono::seconds(1));
      }
    }
  }

  feed::Feed m_feed;
  flatten::Warehouse& m_warehouse;
  std::atomic<bool> m_stop = false;
  std::thread m_thread;
};

} // namespace

int serve(const Options& options) {
  api::Services services;
  services.judged_on = House::day(options.today);
  House house(options);
  services.store = &house.store(true);
  services.catalog = house.catalog();
  services.package_issues = house.package_issues();
  services.program = &house.program();
  services.warehouse = &house.warehouse();
  services.engine = &house.engine();
  services.version = program_version();
  services.commit = program_commit();
  services.web_directory = options.web;
  api::ViewExports exports(*services.store, options.data + "/exports", services.clock);
  services.exports = &exports;
  const api::Router router(services);

  watch_for_interrupt();
  const Follower follower(*services.store, *services.warehouse);
  http::Server server(
      static_cast<uint16_t>(options.port), [&](const http::Request& request) { return router.handle(request); }, {},
      k_request_threads, api::Router::refuse);
  if (options.json)
    std::printf("{\"address\":\"http://127.0.0.1:%d/\"}\n", server.port());
  else
    std::printf("serving at http://127.0.0.1:%d/ (Ctrl-C ends)\n%s\n%s\n", server.port(), access::notice().zh.c_str(),
                access::notice().en.c_str());
  std::fflush(stdout);
  wait_for_interrupt();
  server.stop();
  server.wait();
  return k_exit_done;
}

} // namespace xinglin::wiring
