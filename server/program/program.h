#pragma once
// The words at work: what a write means before it reaches the store. A form submission is checked by its form's rules
// and makes its yields in the same commit; a register's record is checked by its register; yields refuse direct edits.

#include "server/package/model.h"
#include "server/store/store.h"

#include <memory>
#include <string>
#include <vector>

namespace xinglin::program {

/// FHIR names of our own (documented in docs/fhir.md).
inline constexpr std::string_view k_form_prefix =
    "urn:xinglin:form:"; ///< QuestionnaireResponse.questionnaire = prefix + form id + "|" + version
inline constexpr std::string_view k_organization_extension =
    "urn:xinglin:organization";                                              ///< valueReference: who recorded it
inline constexpr std::string_view k_period_extension = "urn:xinglin:period"; ///< return: valueString "2023-05"
inline constexpr std::string_view k_state_extension =
    "urn:xinglin:state"; ///< return: valueCode draft submitted returned accepted locked
inline constexpr std::string_view k_reason_extension =
    "urn:xinglin:state-reason"; ///< return sent back: valueString, why
inline constexpr std::string_view k_by_extension =
    "urn:xinglin:state-by"; ///< return: valueString, who did the last operation, as they named themselves
inline constexpr std::string_view k_opened_extension = "urn:xinglin:opened"; ///< Organization, Location: valueDate
inline constexpr std::string_view k_closed_extension = "urn:xinglin:closed"; ///< Organization, Location: valueDate
inline constexpr std::string_view k_derived_tag_system =
    "urn:xinglin:derived-from"; ///< meta.tag on yields: code = id of the QuestionnaireResponse

/// A filled form, before it is FHIR: what a page, an import or the simulator hands in.
struct Submission {
  std::string form;     ///< form id
  std::string id;       ///< own id made on the device (also the idempotency key); empty = assigned
  std::string subject;  ///< "Patient/ID", "Organization/ID"
  std::string org;      ///< Organization id
  std::string author;   ///< "Practitioner/ID" or empty
  std::string authored; ///< dateTime; empty = now
  std::string period;   ///< return
  std::string state;    ///< return; empty = submitted... only operations change it later
  struct Answer {
    std::string item;
    std::vector<std::string> values;         ///< as text in the item's type
    std::vector<std::vector<Answer>> groups; ///< of a repeating group
  };
  std::vector<Answer> answers;
};

class Program {
public:
  Program(store::Store& store, std::shared_ptr<const package::Catalog> catalog, base::Clock clock = base::system_now,
          base::Zone zone = {});
  ~Program();
  const package::Catalog& catalog() const;

  /// The one door to the store for everyone (API, load, imports, simulator): validates structure, checks by register
  /// and form, adds the yields, replaces them on update, removes them with their form, keeps yields from direct edits,
  /// keeps return states to their operations. Throws Refused with all issues; changes nothing then. Each issue says by
  /// Issue::write which of the writes it is about; its expression and line are within that write's own JSON.
  store::Receipt write(std::vector<store::Write> writes);
  /// The same for files that were exported, by whoever keeps the data directory: a return that is new here keeps the
  /// state it has there. What is here already changes as by write().
  store::Receipt restore(std::vector<store::Write> writes);

  /// What write() would say about all of them together; writes nothing.
  base::Issues examine(std::vector<store::Write> writes) const;
  /// What write() would say about one resource, warnings of rules too; writes nothing.
  base::Issues examine(std::string_view json) const;

  /// The QuestionnaireResponse of a submission as JSON (not written). Throws Refused(invalid) naming each wrong answer.
  std::string to_response(const Submission& submission) const;
  /// All in one transaction. A submission with its own id that was written already, with the same answers, is
  /// `unchanged`.
  store::Receipt submit(const std::vector<Submission>& submissions);

  /// One submission in place of its version `replaces` (0: there must be none yet), as a page saves it; state "draft"
  /// keeps it unfinished. Throws Refused naming each wrong item; Refused(precondition_failed) when someone else was
  /// faster.
  store::Receipt save(const Submission& submission, int64_t replaces);
  /// What save() would say about the answers: errors and the warnings of rules, of a draft by what it has so far;
  /// writes nothing.
  base::Issues examine(const Submission& submission, int64_t replaces) const;
  /// A kept QuestionnaireResponse of one of our forms as what was handed in, the answers as text. Answers that the
  /// form of today has no item for are left out. Throws Refused(not_found) when its form is not loaded.
  Submission read_submission(fhir::Node response) const;

  /// Return operations: submit, return (with a reason), accept, lock; draft → submitted → (returned → submitted) →
  /// accepted → locked; accepted too it may be returned. `by` is kept as given. Throws Refused(not_found),
  /// Refused(conflict) when the operation is not for the present state, Refused(invalid) for a return without a reason.
  store::Receipt change_state(std::string_view response_id, std::string_view operation, std::string_view reason = {},
                              std::string_view by = {});
  /// The same for several returns in one transaction: all of them or none.
  store::Receipt change_states(const std::vector<std::string>& response_ids, std::string_view operation,
                               std::string_view reason = {}, std::string_view by = {});

  /// Writes the Questionnaire and Measure resources of the catalog where they changed, and notes from which commit on
  /// this catalog is in use (catalog_as_of).
  void install();

private:
  store::Write write_of(const Submission& submission, int64_t replaces) const;
  struct Impl;
  std::unique_ptr<Impl> m_impl;
};

/// The hash of the catalog that was in use at that commit (the first installed one for earlier commits); empty when
/// none was ever installed. package::load_kept() reads it back.
std::string catalog_as_of(const store::Store& store, store::CommitNumber commit);

} // namespace xinglin::program
