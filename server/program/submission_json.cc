#include "server/program/submission_json.h"

#include "lib/base/decimal.h"
#include "lib/base/id.h"

#include "server/program/returns.h"

#include <algorithm>
#include <fmt/format.h>

namespace xinglin::program {
namespace {

using package::Item;
using package::ItemType;

class Writer {
public:
  Writer(const Submission& submission, const package::Form& form, const ItemIndex& index)
      : m_submission(submission), m_form(form), m_index(index) {}

  std::string write(const std::string& now) {
    const bool is_return = m_form.cycle != package::ReturnCycle::none;
    std::string id = m_submission.id;
    if (is_return) id = return_id(m_form.id, m_submission.org, m_submission.period);
    m_json.begin_object().member("resourceType", "QuestionnaireResponse");
    if (base::is_fhir_id(id) || !is_return) { // a period that is none makes no id; write() says so
      if (!id.empty()) m_json.member("id", id);
    }
    write_extensions(is_return);
    m_json.member("questionnaire", fmt::format("{}{}|{}", k_form_prefix, m_form.id, m_form.version));
    m_json.member("status", m_submission.state == "draft" ? "in-progress" : "completed");
    if (!m_submission.subject.empty()) write_reference("subject", m_submission.subject);
    m_json.member("authored", m_submission.authored.empty() ? now : m_submission.authored);
    if (!m_submission.author.empty()) write_reference("author", m_submission.author);
    write_items(m_submission.answers, SIZE_MAX, "QuestionnaireResponse");
    m_json.end_object();
    if (m_issues.has_errors()) throw base::Refused(base::Refusal::invalid, std::move(m_issues));
    return m_json.take();
  }

private:
  void write_reference(std::string_view key, std::string_view reference) {
    m_json.key(key).begin_object().member("reference", reference).end_object();
  }

  void write_extensions(bool is_return) {
    m_json.key("extension").begin_array();
    m_json.begin_object().member("url", k_organization_extension);
    write_reference("valueReference", "Organization/" + m_submission.org);
    m_json.end_object();
    if (is_return) {
      m_json.begin_object().member("url", k_period_extension).member("valueString", m_submission.period).end_object();
      const std::string state = m_submission.state.empty() ? "submitted" : m_submission.state;
      m_json.begin_object().member("url", k_state_extension).member("valueCode", state).end_object();
    }
    m_json.end_array();
  }

  /// In the form's order, whatever order the answers came in.
  void write_items(const std::vector<Submission::Answer>& answers, size_t group, const std::string& base) {
    const auto& slots = m_index.slots();
    for (const auto& answer : answers)
      if (m_index.find(answer.item, group) == SIZE_MAX) {
        const std::string near = base::suggest(answer.item, m_index.ids(group));
        refuse(fmt::format("{}.item.where(linkId='{}')", base, answer.item), "not-found",
               fmt::format("form {} has no item '{}' here{}", m_form.id, answer.item,
                           near.empty() ? "; take it out" : "; did you mean '" + near + "'?"),
               fmt::format("表单{}没有“{}”这一项", m_form.id, answer.item));
      }
    bool open = false;
    for (size_t slot = 0; slot < slots.size(); ++slot) {
      if (slots[slot].group != group) continue;
      const Item& item = *slots[slot].item;
      for (const auto& answer : answers) {
        if (answer.item != item.id || (answer.values.empty() && answer.groups.empty())) continue;
        if (!open) m_json.key("item").begin_array();
        open = true;
        if (item.items.empty())
          write_item(item, answer, base);
        else
          for (const auto& part : answer.groups) {
            m_json.begin_object().member("linkId", item.id);
            write_items(part, slot, fmt::format("{}.item.where(linkId='{}')", base, item.id));
            m_json.end_object();
          }
      }
    }
    if (open) m_json.end_array();
  }

  void write_item(const Item& item, const Submission::Answer& answer, const std::string& base) {
    m_json.begin_object().member("linkId", item.id).key("answer").begin_array();
    for (const auto& value : answer.values) {
      m_json.begin_object();
      const base::Text problem = value_problem(item, value);
      if (!problem.empty())
        refuse(fmt::format("{}.item.where(linkId='{}')", base, item.id), "value",
               fmt::format("{} {}", item.id, problem.en), fmt::format("“{}”{}", item.title.zh, problem.zh));
      else
        write_value(item, value);
      m_json.end_object();
    }
    m_json.end_array().end_object();
  }

  void write_value(const Item& item, const std::string& value) {
    switch (item.type) {
    case ItemType::integer:
      m_json.key("valueInteger").raw(base::Decimal::parse(value)->normalized().to_string());
      break;
    case ItemType::decimal:
    case ItemType::money: m_json.key("valueDecimal").raw(base::Decimal::parse(value)->to_string()); break;
    case ItemType::boolean: m_json.key("valueBoolean").boolean(value == "true"); break;
    case ItemType::date: m_json.member("valueDate", value); break;
    case ItemType::datetime: m_json.member("valueDateTime", value); break;
    case ItemType::choice: {
      m_json.key("valueCoding").begin_object();
      m_json.member("system", fmt::format("{}{}:{}", k_form_prefix, m_form.id, item.id)).member("code", value);
      for (const auto& option : item.options)
        if (option.code == value) m_json.member("display", option.title.zh);
      m_json.end_object();
      break;
    }
    case ItemType::reference: write_reference("valueReference", value); break;
    case ItemType::string:
    case ItemType::text:
    case ItemType::citizen_id: m_json.member("valueString", value); break;
    }
  }

  void refuse(std::string expression, std::string code, std::string en, std::string zh) {
    base::Issue issue;
    issue.code = std::move(code);
    issue.text = std::move(en);
    issue.text_zh = std::move(zh);
    issue.expression = std::move(expression);
    m_issues.add(std::move(issue));
  }

  const Submission& m_submission;
  const package::Form& m_form;
  const ItemIndex& m_index;
  fhir::JsonWriter m_json;
  base::Issues m_issues;
};

std::string text_of(fhir::Node answer) {
  const fhir::Node value = answer.first();
  if (value.name() == "valueCoding") return std::string(value["code"].text());
  if (value.name() == "valueReference") return std::string(value["reference"].text());
  return std::string(value.text());
}

std::vector<Submission::Answer> answers_of(fhir::Node list, const ItemIndex& index, size_t group) {
  std::vector<Submission::Answer> answers;
  for (const fhir::Node item : list) {
    const size_t slot = index.find(item["linkId"].text(), group);
    if (slot == SIZE_MAX) continue;
    const Item& declared = *index.slots()[slot].item;
    auto found = std::find_if(answers.begin(), answers.end(),
                              [&](const Submission::Answer& answer) { return answer.item == declared.id; });
    if (found == answers.end()) found = answers.insert(answers.end(), {declared.id, {}, {}});
    if (!declared.items.empty()) found->groups.push_back(answers_of(item["item"], index, slot));
    for (const fhir::Node answer : item["answer"])
      found->values.push_back(text_of(answer));
  }
  return answers;
}

fhir::Node extension_of(fhir::Node response, std::string_view url) {
  for (const fhir::Node extension : response["extension"])
    if (extension["url"].text() == url) return extension;
  return {};
}

} // namespace

Submission submission_of(fhir::Node response, const package::Form& form, const ItemIndex& index) {
  constexpr std::string_view k_organization = "Organization/";
  Submission submission;
  submission.form = form.id;
  submission.id = response["id"].text();
  submission.subject = response["subject"]["reference"].text();
  std::string_view org = extension_of(response, k_organization_extension)["valueReference"]["reference"].text();
  if (org.starts_with(k_organization)) org.remove_prefix(k_organization.size());
  submission.org = org;
  submission.author = response["author"]["reference"].text();
  submission.authored = response["authored"].text();
  submission.period = extension_of(response, k_period_extension)["valueString"].text();
  submission.state = extension_of(response, k_state_extension)["valueCode"].text();
  if (submission.state.empty() && response["status"].text() == "in-progress") submission.state = "draft";
  submission.answers = answers_of(response["item"], index, SIZE_MAX);
  return submission;
}

std::string to_response_json(const Submission& submission, const package::Form& form, const ItemIndex& index,
                             const std::string& now) {
  return Writer(submission, form, index).write(now);
}

} // namespace xinglin::program
