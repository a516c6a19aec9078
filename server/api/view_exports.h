#pragma once
// The exports under way and done: one thread works them off in the order they came. What is done lies in a directory
// with its manifest, outlives the program, and is removed when its time is over.

#include "server/api/view_request.h"
#include "server/store/store.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace xinglin::api {

inline constexpr size_t k_exports_waiting_max = 16;        ///< one more: 503
inline constexpr size_t k_exports_kept_max = 200;          ///< done and not yet over; one more: 503
inline constexpr int64_t k_export_part_rows_max = 500'000; ///< of a file; more rows make further parts
inline constexpr base::Millis k_export_kept_ms = base::Millis{24} * 3600 * 1000; ///< from its end

struct ExportState {
  enum class Status : uint8_t { accepted, in_progress, completed, failed } status = Status::accepted;
  struct Output {
    std::string name;
    std::vector<std::string> files; ///< names within the export
  };
  std::string id, tracking_id;
  intake::RowFormat format = intake::RowFormat::ndjson;
  bool format_was_asked = false;
  base::Millis began = 0, ended = 0;
  int percent = 0;
  std::vector<Output> outputs;
  int failure_status = 500; ///< HTTP, of a failed one
  base::Issues failure;
};

class ViewExports {
public:
  /// Takes up what lies in `directory` (made when needed) and removes what was never finished there.
  ViewExports(const store::Store& store, std::string directory, base::Clock clock);
  ~ViewExports(); ///< what is under way is dropped
  ViewExports(const ViewExports&) = delete;
  ViewExports& operator=(const ViewExports&) = delete;

  /// Its state as accepted; the id is a random one that cannot be guessed. Throws base::Refused(busy) over a limit.
  ExportState start(ViewRequest request);
  /// Throws base::Refused(not_found) for one that is not there, was cancelled, or is over.
  ExportState state(std::string_view id);
  /// Stops it if it is under way, and removes its files. Throws as state().
  void remove(std::string_view id);
  /// Where a file of a completed export lies; throws as state().
  std::string file(std::string_view id, std::string_view name);

private:
  struct Job {
    ExportState state;
    ViewRequest request;
    std::atomic<bool> cancelled = false;
  };
  void work();
  void run(Job& job);
  void finish(const ExportState& state);
  void take_up();
  void remove_over(); ///< under the lock
  std::shared_ptr<Job> find(std::string_view id);
  std::string directory_of(std::string_view id) const { return m_directory + "/" + std::string(id); }

  const store::Store& m_store;
  std::string m_directory;
  base::Clock m_clock;
  std::mutex m_mutex;
  std::condition_variable m_more;
  std::map<std::string, std::shared_ptr<Job>, std::less<>> m_jobs;
  std::deque<std::shared_ptr<Job>> m_waiting;
  bool m_stop = false;
  std::thread m_thread; ///< last: it uses all of the above
};

} // namespace xinglin::api
