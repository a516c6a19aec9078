#include "server/program/program.h"

#include "lib/base/id.h"
#include "lib/base/text.h"
#include "server/program/definitions.h"
#include "server/program/preparation.h"
#include "server/program/submission_json.h"

#include <algorithm>
#include <fmt/format.h>
#include <mutex>
#include <shared_mutex>

namespace xinglin::program {
namespace {

/// How often a transaction is prepared again when someone else was faster.
constexpr int k_attempts_max = 5;

} // namespace

struct Program::Impl {
  store::Store& store;
  RuleBook rules;
  /// Conditional creates of forms run alone: whether a form is written must not change between the look and the write.
  std::shared_mutex conditional_mutex;

  Impl(store::Store& a_store, std::shared_ptr<const package::Catalog> catalog, base::Clock clock, base::Zone zone)
      : store(a_store) {
    rules.catalog = std::move(catalog);
    rules.clock = std::move(clock);
    rules.zone = zone;
    for (const auto& [id, form] : rules.catalog->forms) {
      try {
        rules.forms.emplace(id, FormRules(form, *rules.catalog));
      } catch (const base::Refused& refused) { // the checker leaves such programs out; the others work on
        rules.broken_forms.emplace(id, refused.issues().front().text);
      }
    }
    for (const auto& [id, declared] : rules.catalog->registers)
      rules.registers[declared.kept_as].push_back(RegisterRules(declared));
  }

  /// A return as an operation leaves it.
  store::Write state_write(const store::Snapshot& snapshot, std::string_view response_id, ReturnOperation asked,
                           std::string_view operation, std::string_view reason, std::string_view by) const;

  store::Receipt write(std::vector<store::Write> writes, PreparationOptions options) {
    const bool alone = std::any_of(writes.begin(), writes.end(), [](const store::Write& write) {
      return (!write.if_none_exist.empty() || !write.conditional.empty()) && write.type == "QuestionnaireResponse";
    });
    std::shared_lock shared(conditional_mutex, std::defer_lock);
    std::unique_lock exclusive(conditional_mutex, std::defer_lock);
    if (alone)
      exclusive.lock();
    else
      shared.lock();

    for (int attempt = 1;; ++attempt) {
      Preparation preparation(rules, store, options);
      PreparedWrites prepared = preparation.run(writes);
      if (preparation.issues().has_errors()) throw base::Refused(preparation.refusal(), preparation.issues());
      try {
        store::Receipt receipt = store.write(std::move(prepared.writes));
        receipt.outcomes.resize(prepared.own); // what the program added is not the caller's
        return receipt;
      } catch (const base::Refused& refused) {
        if (refused.kind() != base::Refusal::precondition_failed || !prepared.rests_on_read ||
            attempt >= k_attempts_max)
          throw;
        options.read_creates = true; // a form's id may be taken: then the next preparation says so
      }
    }
  }

  const FormRules& form(std::string_view id) const {
    const auto found = rules.forms.find(id);
    if (found != rules.forms.end()) return found->second;
    std::vector<std::string> known;
    for (const auto& [name, form] : rules.forms)
      known.push_back(name);
    const std::string near = base::suggest(id, known);
    throw base::Refused(
        base::Refusal::invalid, "not-found",
        fmt::format("there is no form '{}'{}", id,
                    near.empty() ? "; load the program that declares it" : "; did you mean '" + near + "'?"));
  }
};

Program::Program(store::Store& store, std::shared_ptr<const package::Catalog> catalog, base::Clock clock,
                 base::Zone zone)
    : m_impl(std::make_unique<Impl>(store, std::move(catalog), std::move(clock), zone)) {}
Program::~Program() = default;

const package::Catalog& Program::catalog() const {
  return *m_impl->rules.catalog;
}

store::Receipt Program::write(std::vector<store::Write> writes) {
  return m_impl->write(std::move(writes), {});
}

store::Receipt Program::restore(std::vector<store::Write> writes) {
  PreparationOptions options;
  options.keeps_states = true;
  return m_impl->write(std::move(writes), options);
}

base::Issues Program::examine(std::vector<store::Write> writes) const {
  PreparationOptions options;
  options.read_creates = true;
  Preparation preparation(m_impl->rules, m_impl->store, options);
  preparation.run(std::move(writes));
  return preparation.issues();
}

base::Issues Program::examine(std::string_view json) const {
  store::Write write;
  write.json = std::string(json);
  const size_t given = json.find("\"id\""); // an update when it has an id, so that its present version is looked at
  if (given != std::string_view::npos) {
    try {
      const auto document = fhir::Document::parse(write.json);
      write.id = document.root()["id"].text();
      write.type = document.root()["resourceType"].text();
    } catch (const base::Refused&) { // said below
    }
    if (!write.id.empty()) write.kind = store::Write::Kind::update;
  }
  Preparation preparation(m_impl->rules, m_impl->store, {});
  preparation.run({write});
  return preparation.issues();
}

std::string Program::to_response(const Submission& submission) const {
  const FormRules& rules = m_impl->form(submission.form);
  return to_response_json(submission, rules.form(), rules.items(),
                          base::to_instant(m_impl->rules.clock(), m_impl->rules.zone));
}

store::Receipt Program::submit(const std::vector<Submission>& submissions) {
  std::vector<store::Write> writes;
  writes.reserve(submissions.size());
  base::Issues issues;
  for (size_t i = 0; i < submissions.size(); ++i) {
    store::Write write;
    write.type = "QuestionnaireResponse";
    const auto form = m_impl->rules.catalog->forms.find(submissions[i].form);
    const bool is_return =
        form != m_impl->rules.catalog->forms.end() && form->second.cycle != package::ReturnCycle::none;
    write.id = is_return ? std::string() : submissions[i].id; // a return's id says what it is for
    try {
      write.json = to_response(submissions[i]);
    } catch (const base::Refused& refused) {
      base::Issues own = refused.issues();
      for (auto& issue : own)
        issue.write = static_cast<int>(i);
      issues.add(own);
    }
    writes.push_back(std::move(write));
  }
  if (issues.has_errors()) throw base::Refused(base::Refusal::invalid, std::move(issues));
  return write(std::move(writes));
}

store::Write Program::write_of(const Submission& submission, int64_t replaces) const {
  const package::Form& form = m_impl->form(submission.form).form();
  store::Write write;
  write.type = "QuestionnaireResponse";
  write.kind = replaces == 0 ? store::Write::Kind::create : store::Write::Kind::update;
  write.json = to_response(submission);
  const bool is_return = form.cycle != package::ReturnCycle::none;
  write.id = is_return ? return_id(form.id, submission.org, submission.period) : submission.id;
  if (replaces != 0) write.if_match = replaces;
  if (is_return && !base::is_fhir_id(write.id)) write.id.clear(); // a period that is none: said where it is looked at
  return write;
}

store::Receipt Program::save(const Submission& submission, int64_t replaces) {
  return write({write_of(submission, replaces)});
}

base::Issues Program::examine(const Submission& submission, int64_t replaces) const {
  try {
    PreparationOptions options;
    options.changes_state = true; // whether it may be written now is not asked
    options.checks_drafts = true;
    Preparation preparation(m_impl->rules, m_impl->store, options);
    preparation.run({write_of(submission, replaces)});
    return preparation.issues();
  } catch (const base::Refused& refused) { // answers that are not of their item's type
    return refused.issues();
  }
}

Submission Program::read_submission(fhir::Node response) const {
  std::string_view name = response["questionnaire"].text();
  if (!name.starts_with(k_form_prefix))
    throw base::Refused(base::Refusal::not_found, "not-found",
                        fmt::format("QuestionnaireResponse/{} is of no form of ours", response["id"].text()));
  name.remove_prefix(k_form_prefix.size());
  const std::string_view id = name.substr(0, name.find('|'));
  const auto found = m_impl->rules.forms.find(id);
  if (found == m_impl->rules.forms.end())
    throw base::Refused(base::Refusal::not_found, "not-found",
                        fmt::format("the form {} of this submission is not loaded; load its program", id));
  return submission_of(response, found->second.form(), found->second.items());
}

store::Receipt Program::change_state(std::string_view response_id, std::string_view operation, std::string_view reason,
                                     std::string_view by) {
  return change_states({std::string(response_id)}, operation, reason, by);
}

store::Receipt Program::change_states(const std::vector<std::string>& response_ids, std::string_view operation,
                                      std::string_view reason, std::string_view by) {
  const auto asked = parse_operation(operation);
  if (!asked)
    throw base::Refused(
        base::Refusal::invalid, "value",
        fmt::format("'{}' is no operation on a return; they are submit, return, accept and lock", operation));
  std::vector<store::Write> writes;
  const auto snapshot = m_impl->store.snapshot();
  for (const auto& id : response_ids)
    writes.push_back(m_impl->state_write(*snapshot, id, *asked, operation, reason, by));
  PreparationOptions options;
  options.changes_state = true;
  return m_impl->write(std::move(writes), options);
}

store::Write Program::Impl::state_write(const store::Snapshot& snapshot, std::string_view response_id,
                                        ReturnOperation asked, std::string_view operation, std::string_view reason,
                                        std::string_view by) const {
  const auto version = snapshot.read("QuestionnaireResponse", response_id);
  if (!version || version->deleted)
    throw base::Refused(base::Refusal::not_found, "not-found",
                        fmt::format("there is no QuestionnaireResponse/{}", response_id));
  const auto document = fhir::Document::parse(version->json);
  const fhir::Node response = document.root();
  const std::string_view canonical = response["questionnaire"].text();
  const std::string_view name = canonical.starts_with(k_form_prefix) ? canonical.substr(k_form_prefix.size()) : "";
  const auto form = rules.catalog->forms.find(std::string(name.substr(0, name.find('|'))));
  if (form == rules.catalog->forms.end() || form->second.cycle == package::ReturnCycle::none)
    throw base::Refused(base::Refusal::invalid, "business-rule",
                        fmt::format("QuestionnaireResponse/{} is not a return; only returns have states", response_id));
  const auto state = parse_state(extension_value(response, k_state_extension, "valueCode").text());
  const ReturnState from = state.value_or(ReturnState::draft);
  const auto to = next_state(from, asked);
  if (!to)
    throw base::Refused(base::Refusal::conflict, "business-rule",
                        fmt::format("the return is {}; '{}' is not for that state", to_string(from), operation),
                        "QuestionnaireResponse.extension");
  if (asked == ReturnOperation::send_back && base::trim(reason).empty())
    throw base::Refused(base::Refusal::invalid, "required", "say why the return is sent back: reason");

  Edit edit;
  edit.extensions.emplace_back(k_state_extension, state_extension(*to));
  std::string reason_json;
  if (asked == ReturnOperation::send_back) {
    base::append_json_string(reason_json, reason);
    reason_json = fmt::format("{{\"url\":\"{}\",\"valueString\":{}}}", k_reason_extension, reason_json);
  }
  if (asked == ReturnOperation::send_back || asked == ReturnOperation::submit)
    edit.extensions.emplace_back(k_reason_extension, reason_json);
  std::string by_json;
  if (!base::trim(by).empty()) {
    base::append_json_string(by_json, by);
    by_json = fmt::format("{{\"url\":\"{}\",\"valueString\":{}}}", k_by_extension, by_json);
  }
  edit.extensions.emplace_back(k_by_extension, by_json);
  if (asked == ReturnOperation::submit)
    edit.members.emplace_back("status", from == ReturnState::draft ? "\"completed\"" : "\"amended\"");
  store::Write write;
  write.kind = store::Write::Kind::update;
  write.type = "QuestionnaireResponse";
  write.id = std::string(response_id);
  write.json = edited(response, edit);
  write.if_match = version->version;
  return write;
}

void Program::install() {
  install_definitions(m_impl->store, *m_impl->rules.catalog);
}

} // namespace xinglin::program
