#include "server/store/records.h"

#include "lib/base/issue.h"

#include <algorithm>

#include <fmt/format.h>

namespace xinglin::store {

namespace {

// The columns version_of() reads, over version v, resource r and (XINGLIN_ORIGIN) the resource o it was yielded by.
#define XINGLIN_VERSION_COLUMNS                                                                                        \
  "v.type, r.id, v.version, v.t, (SELECT recorded_at FROM commits WHERE t=v.t), v.deleted, o.type, o.id, v.body"
#define XINGLIN_ORIGIN " LEFT JOIN resource o ON o.key=v.origin "

} // namespace

Version Records::version_of(sql::SqliteQuery& row) const {
  Version version;
  version.type = m_shared.types.name(row.whole(0));
  version.id = row.text(1);
  version.version = row.whole(2);
  version.commit = row.whole(3);
  version.recorded_at = row.whole(4);
  version.deleted = row.whole(5) != 0;
  if (!row.is_null(6)) version.derived_from = fmt::format("{}/{}", m_shared.types.name(row.whole(6)), row.text(7));
  if (version.deleted) return version;
  try {
    version.json = m_shared.codebook.unpack(row.text(8), version.version, version.recorded_at);
  } catch (const DamagedText& damaged) {
    throw base::Refused(base::Refusal::unavailable, "exception",
                        fmt::format("version {} of {} is damaged on the disk ({}); look after the disk, and restore "
                                    "the records from a backup",
                                    version.version, version.reference(), damaged.reason));
  }
  return version;
}

CurrentRow Records::find(std::string_view type, std::string_view id) const {
  CurrentRow found;
  auto row = m_db.query("SELECT key, version, seq, t, deleted FROM resource WHERE type=? AND id=?",
                        m_shared.types.find(type), id);
  if (row.step()) found = {row.whole(0), row.whole(1), row.whole(2), row.whole(3), row.whole(4) != 0};
  return found;
}

std::optional<Version> Records::read(std::string_view type, std::string_view id) const {
  if (!m_past) {
    auto row =
        m_db.query("SELECT " XINGLIN_VERSION_COLUMNS
                   " FROM resource r CROSS JOIN version v ON v.seq=r.seq" XINGLIN_ORIGIN "WHERE r.type=? AND r.id=?",
                   m_shared.types.find(type), id);
    if (!row.step()) return {};
    return version_of(row);
  }
  CurrentRow now = find(type, id);
  return now.key ? read_key(now.key) : std::nullopt;
}

std::optional<Version> Records::read_key(int64_t key) const {
  auto row =
      m_db.query("SELECT " XINGLIN_VERSION_COLUMNS " FROM version v CROSS JOIN resource r ON r.key=v.key" XINGLIN_ORIGIN
                 "WHERE v.key=? AND v.t<=? ORDER BY v.version DESC LIMIT 1",
                 key, m_past.value_or(INT64_MAX));
  if (!row.step()) return {};
  return version_of(row);
}

std::optional<Version> Records::read_version(std::string_view type, std::string_view id, int64_t version) const {
  auto row =
      m_db.query("SELECT " XINGLIN_VERSION_COLUMNS " FROM resource r CROSS JOIN version v ON v.key=r.key" XINGLIN_ORIGIN
                 "WHERE r.type=? AND r.id=? AND v.version=? AND v.t<=?",
                 m_shared.types.find(type), id, version, m_past.value_or(INT64_MAX));
  if (!row.step()) return {};
  return version_of(row);
}

std::vector<Version> Records::history(std::string_view type, std::string_view id, size_t count,
                                      CommitNumber before) const {
  CommitNumber newest = m_past.value_or(INT64_MAX);
  if (before > 0) newest = std::min(newest, before - 1);
  auto limit = static_cast<int64_t>(count);
  auto collect = [&](sql::SqliteQuery rows) {
    std::vector<Version> versions;
    while (rows.step())
      versions.push_back(version_of(rows));
    return versions;
  };
  if (!id.empty())
    return collect(m_db.query("SELECT " XINGLIN_VERSION_COLUMNS
                              " FROM resource r CROSS JOIN version v ON v.key=r.key" XINGLIN_ORIGIN
                              "WHERE r.type=? AND r.id=? AND v.t<=? ORDER BY v.version DESC LIMIT ?",
                              m_shared.types.find(type), id, newest, limit));
  int64_t last_seq = INT64_MAX;
  if (newest != INT64_MAX) {
    auto row = m_db.query("SELECT last_seq FROM commits WHERE t<=? ORDER BY t DESC LIMIT 1", newest);
    last_seq = row.step() ? row.whole(0) : 0;
  }
  if (type.empty())
    return collect(m_db.query("SELECT " XINGLIN_VERSION_COLUMNS
                              " FROM version v CROSS JOIN resource r ON r.key=v.key" XINGLIN_ORIGIN
                              "WHERE v.seq<=? ORDER BY v.seq DESC LIMIT ?",
                              last_seq, limit));
  return collect(m_db.query("SELECT " XINGLIN_VERSION_COLUMNS
                            " FROM version v CROSS JOIN resource r ON r.key=v.key" XINGLIN_ORIGIN
                            "WHERE v.type=? AND v.seq<=? ORDER BY v.seq DESC LIMIT ?",
                            m_shared.types.find(type), last_seq, limit));
}

void Records::scan(std::string_view type, const std::function<bool(const Version&)>& each) const {
  if (type.empty()) {
    std::vector<std::string> names;
    for (size_t id = 1; id <= m_shared.types.size(); id++)
      names.push_back(m_shared.types.name(static_cast<int64_t>(id)));
    std::sort(names.begin(), names.end());
    bool go_on = true;
    for (const std::string& name : names) {
      if (!go_on) return;
      scan(name, [&](const Version& version) { return go_on = each(version); });
    }
    return;
  }
  int64_t type_id = m_shared.types.find(type);
  if (!m_past) {
    auto rows = m_db.query("SELECT " XINGLIN_VERSION_COLUMNS
                           " FROM resource r CROSS JOIN version v ON v.seq=r.seq" XINGLIN_ORIGIN
                           "WHERE r.type=? AND r.deleted=0 ORDER BY r.id",
                           type_id);
    while (rows.step())
      if (!each(version_of(rows))) return;
    return;
  }
  auto rows = m_db.query("SELECT key FROM resource WHERE type=? ORDER BY id", type_id);
  while (rows.step()) {
    auto version = read_key(rows.whole(0));
    if (version && !version->deleted && !each(*version)) return;
  }
}

std::vector<Version> Records::derived(std::string_view reference) const {
  // All versions that ever came from it, then those that stand: a resource may have come from it once and no longer.
  std::vector<Version> versions;
  const size_t slash = reference.find('/');
  if (slash == std::string_view::npos) return versions;
  const int64_t origin = find(reference.substr(0, slash), reference.substr(slash + 1)).key;
  if (origin == 0) return versions;
  auto rows = m_db.query("SELECT DISTINCT key FROM version WHERE origin=? ORDER BY key", origin);
  while (rows.step()) {
    auto version = read_key(rows.whole(0));
    if (version && !version->deleted && version->derived_from == reference) versions.push_back(std::move(*version));
  }
  return versions;
}

int64_t Records::count(std::string_view type) const {
  if (type.empty()) {
    int64_t sum = 0;
    for (size_t id = 1; id <= m_shared.types.size(); id++)
      if (std::string name = m_shared.types.name(static_cast<int64_t>(id)); !name.empty()) sum += count(name);
    return sum;
  }
  int64_t type_id = m_shared.types.find(type);
  int64_t count = 0;
  auto row = m_db.query("SELECT current FROM type_count WHERE type=?", type_id);
  if (row.step()) count = row.whole(0);
  if (!m_past) return count;
  // What the commits since have added is taken off again.
  auto first = m_db.query("SELECT last_seq FROM commits WHERE t<=? ORDER BY t DESC LIMIT 1", *m_past);
  int64_t last_seq = first.step() ? first.whole(0) : 0;
  return count -
         m_db.whole("SELECT coalesce(sum((NOT v.deleted) - coalesce((SELECT NOT p.deleted FROM version p "
                    "WHERE p.key=v.key AND p.version=v.version-1), 0)), 0) FROM version v WHERE v.type=? AND v.seq>?",
                    type_id, last_seq);
}

std::vector<Version> Records::changes(CommitNumber after, size_t versions_max) const {
  std::vector<Version> versions;
  auto first = m_db.query("SELECT last_seq FROM commits WHERE t<=? ORDER BY t DESC LIMIT 1", after);
  int64_t seq = first.step() ? first.whole(0) : 0;
  auto rows =
      m_db.query("SELECT " XINGLIN_VERSION_COLUMNS " FROM version v CROSS JOIN resource r ON r.key=v.key" XINGLIN_ORIGIN
                 "WHERE v.seq>? ORDER BY v.seq",
                 seq);
  while (rows.step()) {
    if (versions.size() >= versions_max && !versions.empty() && rows.whole(3) != versions.back().commit) break;
    versions.push_back(version_of(rows));
  }
  return versions;
}

CommitNumber Records::last_commit() const {
  return m_db.whole("SELECT coalesce(max(t),0) FROM commits");
}

base::Millis Records::recorded_at(CommitNumber t) const {
  auto row = m_db.query("SELECT recorded_at FROM commits WHERE t=?", t);
  return row.step() ? row.whole(0) : 0;
}

CommitNumber Records::commit_at(base::Millis time) const {
  // recorded_at never goes backwards, so the commits are in its order too.
  CommitNumber low = 0, high = last_commit();
  while (low < high) {
    CommitNumber middle = low + (high - low + 1) / 2;
    if (recorded_at(middle) <= time)
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}

} // namespace xinglin::store
