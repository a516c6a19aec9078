#include "server/store/group_writer.h"

#include "lib/base/issue.h"

#include <fmt/format.h>

#include <chrono>

namespace xinglin::store {

using base::Refusal;
using base::Refused;

void refuse_storage_error(const sql::SqliteError& error) {
  if (error.is_full())
    throw Refused(Refusal::unavailable, "no-store",
                  fmt::format("the disk is full, nothing was written: make room and send it again ({})", error.what()));
  if (error.is_not_a_database())
    throw Refused(
        Refusal::unavailable, "exception",
        fmt::format("the records file is damaged or no records file: restore it from a backup ({})", error.what()));
  throw Refused(
      Refusal::unavailable, "exception",
      fmt::format("the records cannot be read or written: look after the disk and its rights ({})", error.what()));
}

GroupWriter::GroupWriter(std::unique_ptr<sql::Sqlite> db, GroupObserver& observer, size_t group_max, size_t queue_max)
    : m_db(std::move(db)), m_observer(observer), m_group_max(std::max<size_t>(1, group_max)),
      m_queue_max(std::max<size_t>(1, queue_max)), m_thread([this] { loop(); }) {}

GroupWriter::~GroupWriter() {
  {
    std::lock_guard lock(m_mutex);
    m_stop = true;
  }
  m_work.notify_all();
  m_thread.join();
}

void GroupWriter::run(Job& job) {
  std::unique_lock lock(m_mutex);
  bool has_room =
      m_room.wait_for(lock, std::chrono::milliseconds(k_queue_wait_ms), [&] { return m_queue.size() < m_queue_max; });
  if (!has_room)
    throw Refused(
        Refusal::busy, "throttled",
        fmt::format("{} transactions wait already, nothing was written: send it again later", m_queue.size()));
  m_queue.push_back(&job);
  m_work.notify_one();
  m_done.wait(lock, [&] { return job.m_is_done; });
  if (job.m_error) std::rethrow_exception(job.m_error);
}

void GroupWriter::loop() {
  std::deque<Job*> group;
  for (;;) {
    {
      std::unique_lock lock(m_mutex);
      m_work.wait(lock, [&] { return m_stop || !m_queue.empty(); });
      if (m_queue.empty()) return;
      while (!m_queue.empty() && group.size() < m_group_max) {
        group.push_back(m_queue.front());
        m_queue.pop_front();
      }
    }
    m_room.notify_all();
    run_group(group);
    {
      std::lock_guard lock(m_mutex);
      for (Job* job : group)
        job->m_is_done = true;
    }
    m_done.notify_all();
    group.clear();
  }
}

void GroupWriter::run_group(std::deque<Job*>& group) {
  try {
    m_db->execute("BEGIN IMMEDIATE");
    for (Job* job : group) {
      m_db->query("SAVEPOINT job").run();
      m_observer.job_begins();
      try {
        job->apply(*m_db);
      } catch (...) {
        job->m_error = std::current_exception();
        // A full disk may have undone the whole group already; then nobody's work may be acknowledged.
        if (!m_db->in_transaction()) throw;
        m_db->query("ROLLBACK TO job").run();
        m_observer.job_undone();
        try {
          throw;
        } catch (const sql::SqliteError& error) {
          if (error.is_full() || error.code() == 10 /* SQLITE_IOERR */) throw;
        } catch (...) {
        }
      }
      m_db->query("RELEASE job").run();
    }
    m_db->query("COMMIT").run();
    m_observer.group_durable();
  } catch (...) {
    std::exception_ptr reason = std::current_exception();
    try {
      std::rethrow_exception(reason);
    } catch (const sql::SqliteError& error) {
      try {
        refuse_storage_error(error);
      } catch (...) {
        reason = std::current_exception();
      }
    } catch (...) {
    }
    try {
      if (m_db->in_transaction()) m_db->execute("ROLLBACK");
    } catch (const sql::SqliteError&) { // the next BEGIN will say so
    }
    m_observer.group_undone(*m_db);
    for (Job* job : group)
      job->m_error = reason;
  }
}

} // namespace xinglin::store
