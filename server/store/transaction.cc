#include "server/store/transaction.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace xinglin::store {

using base::Issue;
using base::Issues;
using base::Refusal;
using base::Refused;

void WriterState::load(sql::Sqlite& db) {
  auto last = db.query("SELECT t, recorded_at, last_seq FROM commits ORDER BY t DESC LIMIT 1");
  now = {};
  if (last.step()) {
    now.t = last.whole(0);
    now.recorded_at = last.whole(1);
    now.seq = last.whole(2);
  }
  now.key = db.whole("SELECT coalesce(max(key),0) FROM resource");
  m_shared.types.load(db);
  m_shared.paths.load(db);
  m_shared.systems.load(db);
}

void WriterState::job_begins() {
  now.types = m_shared.types.size();
  now.paths = m_shared.paths.size();
  now.systems = m_shared.systems.size();
  m_before_job = now;
}
void WriterState::job_undone() {
  now = m_before_job;
  m_shared.types.shrink(now.types);
  m_shared.paths.shrink(now.paths);
  m_shared.systems.shrink(now.systems);
}
void WriterState::group_durable() {
  if (on_durable) on_durable(now.t);
}
void WriterState::group_undone(sql::Sqlite& db) {
  try {
    load(db);
    if (on_undone) on_undone(db);
  } catch (const sql::SqliteError&) { // the disk is gone: what is remembered is of no use until it comes back
  }
}

int64_t TransactionJob::key_of(Records& records, std::string_view type, std::string_view id) {
  auto [entry, is_new] = m_keys.try_emplace(fmt::format("{}/{}", type, id), 0);
  if (is_new) entry->second = records.find(type, id).key;
  return entry->second;
}

/// "Type/id" → key; 0 when there never was one.
int64_t TransactionJob::key_of_reference(Records& records, std::string_view reference) {
  size_t slash = reference.find('/');
  if (slash == std::string_view::npos) return 0;
  return key_of(records, reference.substr(0, slash), reference.substr(slash + 1));
}

int64_t TransactionJob::placement_key(Records& records, const PreparedWrite& write) {
  return key_of_reference(records, write.placement);
}

void TransactionJob::apply(sql::Sqlite& db) {
  Records records(db, m_shared);
  // 1. What was found when the transaction was prepared must be found still, also among what this group has written.
  for (const PreparedCondition& condition : m_transaction.conditions)
    if (m_find_matches(records, condition.type, condition.query) != condition.ids) throw PrepareAgain{};

  // 2. The rows of each write, in order.
  CommitNumber t = m_state.now.t + 1;
  int64_t first_seq = m_state.now.seq;
  m_receipt.recorded_at = std::max(m_clock(), m_state.now.recorded_at);
  for (size_t i = 0; i < m_transaction.writes.size(); i++)
    m_receipt.outcomes.push_back(write_one(records, m_transaction.writes[i], i));
  if (m_state.now.seq == first_seq) return; // nothing changed: no commit

  // 3. All of them stand, so references may point in any order, and nothing may point at what is gone.
  check_references(records);
  check_removed(records);
  for (auto [type, change] : m_count_changes)
    if (change != 0)
      db.query("INSERT INTO type_count(type, current) VALUES(?1,?2) ON CONFLICT(type) DO UPDATE SET current=current+?2",
               type, change)
          .run();
  m_state.now.t = t;
  m_state.now.recorded_at = m_receipt.recorded_at;
  db.query("INSERT INTO commits(t, recorded_at, last_seq) VALUES(?,?,?)", t, m_receipt.recorded_at, m_state.now.seq)
      .run();
  m_receipt.commit = t;
}

Outcome TransactionJob::write_one(Records& records, PreparedWrite& write, size_t position) {
  if (write.is_settled) {
    if (!write.settled.id.empty()) write.settled.version = records.find(write.settled.type, write.settled.id).version;
    return write.settled;
  }
  auto refuse = [&](Refusal kind, std::string code, std::string text) {
    Issue issue;
    issue.code = std::move(code);
    issue.text = m_transaction.writes.size() == 1
                     ? std::move(text)
                     : fmt::format("{} (write {} of {})", text, position + 1, m_transaction.writes.size());
    issue.write = static_cast<int>(position);
    Issues issues;
    issues.add(std::move(issue));
    throw Refused(kind, std::move(issues));
  };
  sql::Sqlite& db = records.db();
  int64_t type = m_shared.types.add(db, write.type);
  std::string name = fmt::format("{}/{}", write.type, write.id);
  CommitNumber t = m_state.now.t + 1;
  // OPTIMIZATION: what was not there when the transaction was prepared is hardly ever there now; so its row is put in
  // without looking, unless something is in the way.
  bool is_inserted = false;
  bool may_insert =
      (write.id_is_ours || write.is_unknown) && write.kind != Write::Kind::remove && write.if_match.value_or(0) == 0;
  if (may_insert) {
    int64_t key = m_state.now.key + 1;
    m_keys[name] = key; // it may lie with itself
    int64_t placement = placement_key(records, write);
    db.query("INSERT INTO resource(key, type, id, version, seq, t, deleted, placement) VALUES(?,?,?,1,?,?,0,?) "
             "ON CONFLICT DO NOTHING",
             key, type, write.id, m_state.now.seq + 1, t, placement)
        .run();
    is_inserted = db.changes() == 1;
    if (is_inserted) {
      m_state.now.key = key;
      write.is_placed = placement != 0 || write.placement.empty(); // else what it belongs to comes later
    } else {
      m_keys.erase(name);
    }
  }
  CurrentRow row = is_inserted ? CurrentRow{} : records.find(write.type, write.id);
  std::string current_origin;
  bool is_stale = m_index.units_of(write.type).generation != write.generation;
  if (row.key != 0) {
    auto current = records.read_key(row.key);
    assert(current && "a resource has a version");
    current_origin = current->derived_from;
    if (row.version != write.version_before) { // someone was faster: what has to go is what they wrote
      write.version_before = row.version;
      write.json_before = std::move(current->json);
      if (write.kind == Write::Kind::remove) write.derived_from = current_origin;
      is_stale = true;
    }
  }
  if (is_stale) make_values_again(write);

  // What the sender believes about the present.
  bool is_same = false;
  if (row.exists() && write.kind != Write::Kind::remove) {
    auto before = fhir::Document::parse(write.json_before);
    is_same = unstamp(before.root(), write.id) == write.text && current_origin == write.derived_from;
  }
  if (write.kind == Write::Kind::create && row.key != 0)
    refuse(Refusal::conflict, "duplicate",
           row.deleted ? fmt::format("{} was deleted; bring it back with an update", name)
                       : fmt::format("{} exists already; change it with an update, or leave the id out", name));
  if (write.if_match && *write.if_match != (row.exists() ? row.version : 0)) {
    // A device that sends its record again gets the answer it did not hear the first time.
    if (*write.if_match == 0 && is_same) return {write.type, write.id, row.version, Outcome::What::unchanged};
    std::string truth = row.exists()  ? fmt::format("version {} is current", row.version)
                        : row.deleted ? std::string("it was deleted")
                                      : std::string("there is none");
    refuse(
        Refusal::precondition_failed, "conflict",
        fmt::format("{} was expected {}, but {}; read it again and repeat the change", name,
                    *write.if_match == 0 ? std::string("not to exist") : fmt::format("at version {}", *write.if_match),
                    truth));
  }
  if (write.kind == Write::Kind::remove && !row.exists())
    return {write.type, write.id, row.version, Outcome::What::unchanged};
  if (is_same) return {write.type, write.id, row.version, Outcome::What::unchanged};

  // The version, and the row that says it is the present one.
  bool is_removal = write.kind == Write::Kind::remove;
  int64_t seq = ++m_state.now.seq;
  int64_t version = row.version + 1;
  int64_t key = is_inserted ? m_state.now.key : row.key;
  assert(key != 0 && "a new resource has its row");
  if (is_removal) m_state.last_removal = t;
  std::optional<int64_t> origin;
  if (!write.derived_from.empty()) {
    origin = key_of_reference(records, write.derived_from);
    if (*origin == 0)
      refuse(Refusal::invalid, "not-found",
             fmt::format("{} is said to come from {}, which was never written", name, write.derived_from));
  }
  db.query("INSERT INTO version(seq, key, type, version, t, deleted, origin, body) VALUES(?,?,?,?,?,?,?,?)", seq, key,
           type, version, t, is_removal, origin)
      .bind_blob(is_removal ? std::string_view() : write.body)
      .run();
  m_keys[name] = key;
  if (!is_inserted)
    db.query("UPDATE resource SET version=?, seq=?, t=?, deleted=? WHERE key=?", version, seq, t, is_removal, key)
        .run();
  m_count_changes[type] += (is_removal ? 0 : 1) - (row.exists() ? 1 : 0);
  if (row.exists()) {
    forget_references(db, key, write.json_before);
    m_index.remove_rows(records, key, write.values_before);
  }
  if (is_removal) m_removed.push_back(key);
  return {write.type, write.id, version,
          is_removal     ? Outcome::What::removed
          : row.exists() ? Outcome::What::updated
                         : Outcome::What::created};
}

/// The values again, for the units and the present version as they are now.
void TransactionJob::make_values_again(PreparedWrite& write) {
  auto units = m_index.units_of(write.type);
  auto values_of = [&](const std::string& json) {
    if (json.empty()) return SearchValues{};
    auto document = fhir::Document::parse(json);
    return m_index.values_of(document.root(), *units.list);
  };
  write.values_before = values_of(write.json_before);
  write.values = values_of(write.text.text);
  write.generation = units.generation;
}

void TransactionJob::forget_references(sql::Sqlite& db, int64_t key, std::string_view json) {
  auto document = fhir::Document::parse(std::string(json));
  Records records(db, m_shared);
  for (const FoundReference& found : find_references(document.root())) {
    if (found.is_link) continue;
    ReferenceText read = read_reference(found.value.text());
    int64_t path = m_shared.paths.find(found.path);
    if (read.form == ReferenceForm::relative)
      db.query("DELETE FROM refers WHERE target=? AND path=? AND key=?", key_of(records, read.type, read.id), path, key)
          .run();
    else if (read.form == ReferenceForm::outside)
      db.query("DELETE FROM refers_outside WHERE address=? AND path=? AND key=?", found.value.text(), path, key).run();
  }
}

void TransactionJob::check_references(Records& records) {
  sql::Sqlite& db = records.db();
  Issues issues;
  for (size_t i = 0; i < m_transaction.writes.size(); i++) {
    PreparedWrite& write = m_transaction.writes[i];
    if (write.is_settled || write.kind == Write::Kind::remove || m_receipt.outcomes[i].what == Outcome::What::unchanged)
      continue;
    int64_t key = m_keys.at(write.type + "/" + write.id);
    for (const PreparedReference& reference : write.references) {
      int64_t target = reference.key ? reference.key : key_of(records, reference.type, reference.id);
      // What stood when the transaction was prepared stands still, unless something was removed since.
      bool stands = (reference.stood && m_removed.empty() && m_state.last_removal <= m_transaction.seen) ||
                    m_standing.contains(target);
      if (!stands && target != 0) {
        auto row = db.query("SELECT deleted FROM resource WHERE key=?", target);
        stands = row.step() && row.whole(0) == 0;
        if (stands) m_standing.insert(target);
      }
      if (!stands) {
        if (issues.size() >= k_reference_issues_max) break;
        Issue issue;
        issue.code = "not-found";
        issue.text = fmt::format("{}/{} {}; write it first, put it into the same transaction, or correct the reference",
                                 reference.type, reference.id, target ? "was deleted" : "does not exist (dangling)");
        if (m_transaction.writes.size() > 1)
          issue.text += fmt::format(" (write {} of {})", i + 1, m_transaction.writes.size());
        issue.expression = reference.expression;
        issue.write = static_cast<int>(i);
        issues.add(std::move(issue));
        continue;
      }
      int64_t path = m_shared.paths.add(db, reference.path);
      db.query("INSERT OR IGNORE INTO refers(target, path, key) VALUES(?,?,?)", target, path, key).run();
    }
    for (const auto& [address, path_name] : write.outside) {
      int64_t path = m_shared.paths.add(db, path_name);
      db.query("INSERT OR IGNORE INTO refers_outside(address, path, key) VALUES(?,?,?)", address, path, key).run();
    }
    m_index.add_rows(records, key, write.values);
    if (!write.is_placed)
      db.query("UPDATE resource SET placement=? WHERE key=?", placement_key(records, write), key).run();
  }
  if (issues.has_errors()) throw Refused(Refusal::invalid, std::move(issues));
}

void TransactionJob::check_removed(Records& records) {
  for (int64_t key : m_removed) {
    auto row = records.db().query("SELECT key, path FROM refers WHERE target=? AND key<>? LIMIT 1", key, key);
    if (!row.step()) continue;
    auto who = records.read_key(row.whole(0));
    auto what = records.read_key(key);
    throw Refused(Refusal::conflict, "conflict",
                  fmt::format("{} is referred to by {} ({}); delete or correct that first, or in the same transaction",
                              what ? what->reference() : "it", who ? who->reference() : "a record",
                              m_shared.paths.name(row.whole(1))));
  }
}

} // namespace xinglin::store
