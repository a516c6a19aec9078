#pragma once
// One thread writes. What waits is taken in groups: one BEGIN and one COMMIT (one wait for the disk) for up to
// group_transactions_max jobs, each in a savepoint of its own, so that a refused job leaves no trace in its group.
// Nobody is told anything before the group is on disk.

#include "lib/sql/sqlite.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

namespace xinglin::store {

/// Work for the writer. apply() may throw base::Refused, or anything else, to be undone alone.
class Job {
public:
  virtual ~Job() = default;
  virtual void apply(sql::Sqlite& db) = 0;

private:
  friend class GroupWriter;
  bool m_is_done = false;
  std::exception_ptr m_error;
};

/// Told by the writer's thread what became of jobs and groups, so that what is remembered of the file stays true to it.
class GroupObserver {
public:
  virtual ~GroupObserver() = default;
  virtual void job_begins() = 0;
  virtual void job_undone() = 0;
  virtual void group_durable() = 0;
  virtual void group_undone(sql::Sqlite& db) = 0; ///< nothing of the group is in the file
};

class GroupWriter {
public:
  static constexpr int k_queue_wait_ms = 10'000; ///< how long run() waits for a place in a full queue

  GroupWriter(std::unique_ptr<sql::Sqlite> db, GroupObserver& observer, size_t group_max, size_t queue_max);
  ~GroupWriter(); ///< finishes what waits
  GroupWriter(const GroupWriter&) = delete;
  GroupWriter& operator=(const GroupWriter&) = delete;

  /// Returns when the job's group is durable; throws what apply() threw, Refused(unavailable) when the disk refused, or
  /// Refused(busy) when the queue stays full.
  void run(Job& job);

private:
  void loop();
  void run_group(std::deque<Job*>& group);
  std::unique_ptr<sql::Sqlite> m_db;
  GroupObserver& m_observer;
  size_t m_group_max, m_queue_max;
  std::mutex m_mutex;
  std::condition_variable m_work, m_room, m_done;
  std::deque<Job*> m_queue;
  bool m_stop = false;
  std::thread m_thread; // last: it uses the others
};

/// What a failure of the storage means to the one who asked.
[[noreturn]] void refuse_storage_error(const sql::SqliteError& error);

} // namespace xinglin::store
