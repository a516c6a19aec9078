#pragma once
// One transaction before it reaches the store: every write looked at, what forms yield added. Internal to
// server/program.

#include "server/program/form_rules.h"
#include "server/program/program.h"
#include "server/program/register_rules.h"
#include "server/program/returns.h"

#include <map>
#include <unordered_map>

namespace xinglin::program {

/// Everything that is compiled, built once and shared by all threads.
struct RuleBook {
  std::shared_ptr<const package::Catalog> catalog;
  base::Clock clock;
  base::Zone zone;
  std::map<std::string, FormRules, std::less<>> forms;
  std::map<std::string, std::string, std::less<>> broken_forms;          ///< form id → why it cannot be used
  std::unordered_map<std::string, std::vector<RegisterRules>> registers; ///< by FHIR type
};

struct PreparationOptions {
  bool changes_state = false; ///< an operation on a return: its state may move
  bool keeps_states = false;  ///< records as they were exported: a return that is new here may be accepted already
  bool checks_drafts = false; ///< the rules look at what a draft has so far; nothing is to be written
  bool read_creates = false;  ///< look whether a new form's id is taken (after a first try met something)
};

/// What goes to the store: the caller's writes, then those that the program adds.
struct PreparedWrites {
  std::vector<store::Write> writes;
  size_t own = 0;             ///< the first `own` are the caller's
  bool rests_on_read = false; ///< an if_match of ours stands in it: when it is refused, prepare again
};

class Preparation {
public:
  Preparation(const RuleBook& rules, const store::Store& store, PreparationOptions options);
  ~Preparation();

  PreparedWrites run(std::vector<store::Write> writes);
  /// Errors and warnings, each with the position of its write.
  const base::Issues& issues() const { return m_issues; }
  /// How it is to be refused when there are errors.
  base::Refusal refusal() const { return m_refusal; }

private:
  struct Current {
    std::optional<store::Version> version; ///< as it stands, also when deleted
    std::optional<fhir::Document> document;
    bool exists() const { return version && !version->deleted; }
    fhir::Node root() const { return document ? document->root() : fhir::Node{}; }
  };

  void parse(size_t position);
  void resolve_condition(size_t position);
  void look_at(size_t position);
  void look_at_removal(size_t position, Current& current);
  void look_at_form(size_t position, Current& current, std::string_view canonical);
  void look_at_return(size_t position, const FormRules& rules, Current& current, fhir::Node response);
  void check_heading(size_t position, const FormRules& rules, fhir::Node response);
  void add_yields(size_t position, const FormRules& rules, const Current& current, std::vector<YieldedResource> yields);
  void check_registers(size_t position);
  void refuse_circles(size_t position, const RegisterRules& rules);
  bool refuse_direct_edit(size_t position, const Current& current);

  Current read(const std::string& type, const std::string& id);
  fhir::Node find_resource(std::string_view reference);
  fhir::Node find_last(const FormRules& rules, fhir::Node response, const std::string& own_id);
  const store::Snapshot& snapshot();
  void refuse(size_t position, base::Refusal kind, std::string code, std::string en, std::string zh,
              std::string expression, int line = 0);
  void add(size_t position, base::Issues&& issues);
  std::string_view type_of_reference(std::string_view reference) const;

  const RuleBook& m_rules;
  const store::Store& m_store;
  const PreparationOptions m_options;
  base::Millis m_now;
  base::Date m_today;
  std::unique_ptr<store::Snapshot> m_snapshot;
  PreparedWrites m_result;
  std::vector<std::optional<fhir::Document>> m_documents;
  std::vector<bool> m_is_valid;                                          ///< by the R4 definitions, for each of them
  std::unordered_map<std::string, size_t> m_by_name;                     ///< full_url or Type/id → position
  std::unordered_map<std::string, std::optional<fhir::Document>> m_read; ///< resources that rules asked for
  base::Issues m_issues;
  base::Refusal m_refusal = base::Refusal::invalid;
};

/// Value member of the extension of that URL; none when absent.
fhir::Node extension_value(fhir::Node resource, std::string_view url, std::string_view member);
/// The resource with members replaced (appended when absent; empty JSON = taken out) and extensions replaced likewise
/// (by url).
struct Edit {
  std::vector<std::pair<std::string, std::string>> members;
  std::vector<std::pair<std::string, std::string>> extensions; ///< url → whole extension as JSON; empty = taken out
};
std::string edited(fhir::Node resource, const Edit& edit);
std::string state_extension(ReturnState state);

} // namespace xinglin::program
