#pragma once
// The records of the county: every version of every FHIR resource, one commit number for each transaction, and search.
// Nothing here says which engine keeps them; SQLite stands behind it today (docs/decisions), PostgreSQL later.
//
// Acknowledged means on disk: write() returns after the transaction's group is durable. Versions are never overwritten.

#include "lib/base/clock.h"
#include "lib/base/issue.h"
#include "lib/fhir/json.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::store {

using CommitNumber = int64_t; ///< t: 1, 2, 3 ... in commit order, without gaps; 0 = before the first

struct Options {
  std::string directory;
  base::Clock clock = base::system_now;
  base::Zone zone;
  size_t group_transactions_max = 128; ///< transactions made durable together
  size_t queue_max = 1024;             ///< waiting transactions; beyond that write() waits, then refuses (busy)
  bool create = true;                  ///< make the directory when absent
  int64_t bytes_max = 0; ///< the records may take up this much, then writes are refused; 0 = the disk is the limit
};

/// One version as kept: `json` is the resource as sent, with id and meta.versionId / meta.lastUpdated set.
struct Version {
  std::string type;
  std::string id;
  int64_t version = 0; ///< 1, 2, 3 ... within the resource
  CommitNumber commit = 0;
  base::Millis recorded_at = 0;
  bool deleted = false;
  std::string derived_from; ///< "QuestionnaireResponse/ID" when a form yielded it; else empty
  std::string json;         ///< empty when deleted
  std::string reference() const { return type + "/" + id; }
};

struct Write {
  enum class Kind : uint8_t { create, update, remove };
  Kind kind = Kind::create;
  std::string type;
  std::string id;                  ///< update, remove; a create may bring its own (refused if taken)
  std::string json;                ///< create, update
  std::optional<int64_t> if_match; ///< version that must be current (0 = must not exist)
  std::string if_none_exist;       ///< create: search parameters; one match = nothing written, many = refused
  std::string conditional;         ///< update, remove: search parameters in place of an id
  std::string full_url;            ///< urn:uuid:... by which others in the transaction refer to it
  std::string derived_from;        ///< the form submission that yields it
};

struct Outcome {
  std::string type, id;
  int64_t version = 0;
  enum class What : uint8_t { created, updated, removed, existed, unchanged } what = What::created;
};
struct Receipt {
  CommitNumber commit = 0; ///< 0 when nothing changed
  base::Millis recorded_at = 0;
  std::vector<Outcome> outcomes; ///< one per Write, in order
};

struct SearchResult {
  std::vector<Version> matches;
  std::vector<Version> included;
  std::optional<int64_t> total; ///< when asked by _total=accurate or _summary=count
  std::string next;             ///< query string of the next page; empty on the last
  base::Issues warnings;        ///< parameters that were ignored (handling=lenient)
};

/// A view of the store as of one commit; does not move while others write. Use from one thread, keep it short; it must
/// not outlive its store.
class Snapshot {
public:
  virtual ~Snapshot() = default;
  virtual CommitNumber commit() const = 0;
  /// Current version as of this snapshot, also when deleted; empty when there never was one.
  virtual std::optional<Version> read(std::string_view type, std::string_view id) const = 0;
  virtual std::optional<Version> read_version(std::string_view type, std::string_view id, int64_t version) const = 0;
  /// Newest first. Empty type = all; empty id = all of the type. `count` versions older than `before` (0 = newest).
  virtual std::vector<Version> history(std::string_view type, std::string_view id, size_t count,
                                       CommitNumber before = 0) const = 0;
  /// `query` as in the URL after '?', percent-encoded. Throws Refused(malformed) for a bad parameter.
  virtual SearchResult search(std::string_view type, std::string_view query, bool strict = true) const = 0;
  /// All current resources of a type (empty = all types), ordered by type and id; return false to stop.
  virtual void scan(std::string_view type, const std::function<bool(const Version&)>& each) const = 0;
  /// Current resources that the given form submission yielded.
  virtual std::vector<Version> derived(std::string_view reference) const = 0;
  virtual int64_t count(std::string_view type) const = 0; ///< current, not deleted
};

class Store {
public:
  virtual ~Store() = default;
  /// Throws Refused(unavailable) when the directory cannot be used, Refused(busy) when another process holds it,
  /// Refused(unsupported) when a newer version of the program made it.
  static std::unique_ptr<Store> open(const Options& options);

  /// All or nothing; returns when durable. References urn:uuid:* to a full_url of the same transaction are rewritten to
  /// Type/id; a conditional reference (Type?query) is resolved; a relative reference to nothing is refused (invalid,
  /// "dangling") unless the target is written in the same transaction. Callable from any thread. What is refused
  /// because of one write says which by Issue::write.
  virtual Receipt write(std::vector<Write> writes) = 0;
  virtual std::unique_ptr<Snapshot> snapshot(std::optional<CommitNumber> as_of = {}) const = 0;
  virtual CommitNumber last_commit() const = 0;
  virtual int64_t epoch() const = 0; ///< 1; a restore starts a new one

  /// The ordered feed: versions with commit > after, in commit order, whole commits, at most about `versions_max`.
  virtual std::vector<Version> changes(CommitNumber after, size_t versions_max) const = 0;
  /// Waits until last_commit() > after or the time is over; true when there is something.
  virtual bool wait_for_commit(CommitNumber after, int timeout_ms) const = 0;

  /// Small durable facts beside the records (cursors, digests of loaded files, package versions).
  virtual std::optional<std::string> get_note(std::string_view key) const = 0;
  virtual void set_note(std::string_view key, std::string_view value) = 0;

  /// The last commit recorded at or before that time (0 if none).
  virtual CommitNumber commit_at(base::Millis time) const = 0;
};

} // namespace xinglin::store
