#pragma once
// One transaction: prepared on the caller's thread against a snapshot (parsing, conditions, references, text), applied
// in the writer, where all that may have changed meanwhile is looked at again.

#include "server/store/group_writer.h"
#include "server/store/records.h"
#include "server/store/resource_text.h"
#include "server/store/search_index.h"

#include <unordered_map>
#include <unordered_set>

namespace xinglin::store {

inline constexpr size_t k_transaction_writes_max = 50'000;
inline constexpr size_t k_reference_issues_max = 100; ///< dangling references told of at once

/// A reference that must hold when the transaction is done.
struct PreparedReference {
  std::string type, id, path, expression;
  size_t write = 0;   ///< position in the transaction
  int64_t key = 0;    ///< of the target; 0 = not known when prepared
  bool stood = false; ///< when prepared
};

struct PreparedWrite {
  Write::Kind kind = Write::Kind::create;
  std::string type, id, derived_from, placement;
  std::optional<int64_t> if_match;
  bool id_is_ours = false; ///< a fresh UUID: nothing can stand there
  bool is_unknown = false; ///< nothing stood there, deleted or not, when it was prepared
  bool is_placed = false;  ///< its row says already where it belongs
  bool is_settled = false; ///< nothing to write: a condition found it there already (or found nothing to remove)
  Outcome settled;
  UnstampedText text;
  std::string body; ///< the text as it will be kept
  std::vector<PreparedReference> references;
  std::vector<std::pair<std::string, std::string>> outside; ///< address, path
  std::string json_before;    ///< of the current version as seen when prepared: what it indexes has to go
  int64_t version_before = 0; ///< 0 = there was none
  SearchValues values, values_before;
  int64_t generation = 0; ///< of the units they were made for
};

/// A search whose answer the transaction rests on.
struct PreparedCondition {
  std::string type, query;
  std::vector<std::string> ids; ///< what it found, at most two
};

struct PreparedTransaction {
  std::vector<PreparedWrite> writes;
  std::vector<PreparedCondition> conditions;
  CommitNumber seen = 0; ///< the last commit there was when it was prepared
};

/// Answers a conditional: ids of current resources that match, at most two.
using FindMatches = std::function<std::vector<std::string>(Records&, std::string_view type, std::string_view query)>;

/// Throws Refused with every dangling or unreadable reference that can be told already.
PreparedTransaction prepare(const std::vector<Write>& writes, Records& records, const SearchIndex& index,
                            Codebook& codebook, const FindMatches& find_matches);

/// Thrown in the writer when a condition has another answer than when it was prepared: prepare again.
struct PrepareAgain {};

/// What the writer remembers of the end of the file.
struct WriterState final : GroupObserver {
  explicit WriterState(Shared& shared) : m_shared(shared) {}
  void load(sql::Sqlite& db);
  void job_begins() override;
  void job_undone() override;
  void group_durable() override;
  void group_undone(sql::Sqlite& db) override;

  struct Position {
    CommitNumber t = 0;
    int64_t seq = 0, key = 0;
    base::Millis recorded_at = 0;
    size_t types = 0, paths = 0, systems = 0;
  };
  Position now;
  CommitNumber last_removal = 0; ///< since the start; what stood after it stands
  std::function<void(CommitNumber)> on_durable;
  std::function<void(sql::Sqlite&)> on_undone;

private:
  Position m_before_job;
  Shared& m_shared;
};

class TransactionJob : public Job {
public:
  TransactionJob(PreparedTransaction& transaction, Shared& shared, SearchIndex& index, WriterState& state,
                 const base::Clock& clock, const FindMatches& find_matches)
      : m_transaction(transaction), m_shared(shared), m_index(index), m_state(state), m_clock(clock),
        m_find_matches(find_matches) {}
  void apply(sql::Sqlite& db) override;
  Receipt take_receipt() { return std::move(m_receipt); }

private:
  Outcome write_one(Records& records, PreparedWrite& write, size_t position);
  void make_values_again(PreparedWrite& write);
  void forget_references(sql::Sqlite& db, int64_t key, std::string_view json);
  void check_references(Records& records);
  void check_removed(Records& records);
  int64_t key_of_reference(Records& records, std::string_view reference);
  int64_t placement_key(Records& records, const PreparedWrite& write);
  int64_t key_of(Records& records, std::string_view type, std::string_view id);
  PreparedTransaction& m_transaction;
  Shared& m_shared;
  SearchIndex& m_index;
  WriterState& m_state;
  const base::Clock& m_clock;
  const FindMatches& m_find_matches;
  Receipt m_receipt;
  std::vector<int64_t> m_removed;
  std::unordered_map<int64_t, int64_t> m_count_changes; ///< type → how many more there are
  std::unordered_set<int64_t> m_standing;               ///< keys found to exist at the end of this transaction
  std::unordered_map<std::string, int64_t> m_keys;      ///< "Type/id" → key, seen in this transaction
};

} // namespace xinglin::store
