#include "server/program/preparation.h"

#include "lib/base/id.h"
#include "lib/validation/validate.h"
#include "server/store/search_query.h"
#include "server/store/search_text.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace xinglin::program {

using base::Refusal;
using store::Write;

namespace {

constexpr std::string_view k_response_type = "QuestionnaireResponse";

bool is_ours(fhir::Node response) {
  return response["questionnaire"].text().starts_with(k_form_prefix);
}

/// Answers count: rows and yields are made of it.
bool is_complete(fhir::Node response) {
  const std::string_view status = response["status"].text();
  return status == "completed" || status == "amended";
}

/// Is one dateTime after the other, whatever zones they are written in? A date is its first moment. False when one is
/// none.
bool is_later(std::string_view one, std::string_view other) {
  const auto left = store::time_span(one, {}), right = store::time_span(other, {});
  return left && right && left->low > right->low;
}

ReturnState state_of(fhir::Node response) {
  if (const auto state = parse_state(extension_value(response, k_state_extension, "valueCode").text())) return *state;
  return is_complete(response) ? ReturnState::submitted : ReturnState::draft;
}

bool has_derived_tag(fhir::Node resource) {
  for (const fhir::Node tag : resource["meta"]["tag"])
    if (tag["system"].text() == k_derived_tag_system) return true;
  return false;
}

std::string organization_of(fhir::Node response) {
  return std::string(extension_value(response, k_organization_extension, "valueReference")["reference"].text());
}

} // namespace

fhir::Node extension_value(fhir::Node resource, std::string_view url, std::string_view member) {
  for (const fhir::Node extension : resource["extension"])
    if (extension["url"].text() == url) return extension[member];
  return {};
}

std::string state_extension(ReturnState state) {
  return fmt::format("{{\"url\":\"{}\",\"valueCode\":\"{}\"}}", k_state_extension, to_string(state));
}

std::string edited(fhir::Node resource, const Edit& edit) {
  fhir::JsonWriter json;
  json.begin_object();
  const auto replaced = [](const auto& list, std::string_view name) {
    return std::find_if(list.begin(), list.end(), [&](const auto& one) { return one.first == name; });
  };
  const auto write_extensions = [&] {
    fhir::JsonWriter array;
    array.begin_array();
    for (const fhir::Node extension : resource["extension"])
      if (replaced(edit.extensions, extension["url"].text()) == edit.extensions.end()) array.raw(extension.raw());
    for (const auto& [url, text] : edit.extensions)
      if (!text.empty()) array.raw(text);
    array.end_array();
    const std::string text = array.take();
    if (text != "[]") json.key("extension").raw(text);
  };
  for (const fhir::Node member : resource) {
    if (member.name() == "extension") {
      write_extensions();
      continue;
    }
    const auto found = replaced(edit.members, member.name());
    if (found == edit.members.end())
      json.key(member.name()).raw(member.raw());
    else if (!found->second.empty())
      json.key(member.name()).raw(found->second);
  }
  if (!resource["extension"] && !edit.extensions.empty()) write_extensions();
  for (const auto& [name, text] : edit.members)
    if (!resource[name] && !text.empty()) json.key(name).raw(text);
  json.end_object();
  return json.take();
}

Preparation::Preparation(const RuleBook& rules, const store::Store& store, PreparationOptions options)
    : m_rules(rules), m_store(store), m_options(options), m_now(rules.clock()),
      m_today(base::local_date(m_now, rules.zone)) {}
Preparation::~Preparation() = default;

PreparedWrites Preparation::run(std::vector<Write> writes) {
  m_result.writes = std::move(writes);
  m_result.own = m_result.writes.size();
  m_documents.resize(m_result.own);
  m_is_valid.assign(m_result.own, false);
  // 1. Readable, and right by the R4 definitions.
  for (size_t i = 0; i < m_result.own; ++i)
    parse(i);
  // 2. What each is about, so that rules can look from one to another.
  for (size_t i = 0; i < m_result.own; ++i)
    resolve_condition(i);
  // 3. Forms, returns, registers, yields. Adds writes behind the caller's.
  for (size_t i = 0; i < m_result.own; ++i)
    look_at(i);
  return std::move(m_result);
}

void Preparation::parse(size_t position) {
  Write& write = m_result.writes[position];
  if (write.kind == Write::Kind::remove) return;
  try {
    m_documents[position].emplace(fhir::Document::parse(write.json));
  } catch (const base::Refused& refused) {
    if (!m_issues.has_errors()) m_refusal = refused.kind();
    base::Issues issues = refused.issues();
    add(position, std::move(issues));
    return;
  }
  const fhir::Node root = m_documents[position]->root();
  if (write.type.empty()) write.type = root["resourceType"].text();
  base::Issues issues = validation::validate(*m_documents[position]);
  m_is_valid[position] = !issues.has_errors();
  add(position, std::move(issues));
  if (!write.full_url.empty()) m_by_name.emplace(write.full_url, position);
}

void Preparation::resolve_condition(size_t position) {
  Write& write = m_result.writes[position];
  if (!write.conditional.empty() && write.kind != Write::Kind::create) {
    store::parse_condition(write.conditional); // refuses what would choose among the matches
    const auto found = snapshot().search(write.type, write.conditional + "&_count=2").matches;
    if (found.size() > 1)
      return refuse(
          position, Refusal::precondition_failed, "multiple-matches",
          fmt::format("the condition '{}' matches more than one {}; make it narrower", write.conditional, write.type),
          "条件匹配到多条记录", write.type);
    if (found.size() == 1) {
      write.id = found[0].id;
      write.conditional.clear();
      if (!write.if_match) {
        write.if_match = found[0].version;
        m_result.rests_on_read = true;
      }
    } // none: the store creates, or has nothing to remove
  }
  if (!write.id.empty() && write.kind != Write::Kind::remove) m_by_name.emplace(write.type + "/" + write.id, position);
}

void Preparation::look_at(size_t position) {
  Write& write = m_result.writes[position];
  if (write.kind != Write::Kind::remove && !m_documents[position]) return; // not readable: said already
  const bool may_exist = !write.id.empty() &&
                         (write.kind != Write::Kind::create || (m_options.read_creates && write.if_none_exist.empty()));
  Current current;
  if (may_exist) current = read(write.type, write.id);
  if (refuse_direct_edit(position, current)) return;
  if (write.kind == Write::Kind::remove) return look_at_removal(position, current);
  const fhir::Node root = m_documents[position]->root();
  if (has_derived_tag(root))
    return refuse(position, Refusal::invalid, "business-rule",
                  fmt::format("the tag {} says that a form made this; only the program gives it: take the tag out",
                              k_derived_tag_system),
                  "该标记只能由系统写入", write.type + ".meta.tag");
  if (write.type == k_response_type) {
    if (current.exists() && is_ours(current.root()) && !is_ours(root))
      return refuse(position, Refusal::invalid, "business-rule",
                    fmt::format("this is a submission of {}; its questionnaire cannot change",
                                current.root()["questionnaire"].text()),
                    "不能改变已登记表单的种类", "QuestionnaireResponse.questionnaire", root["questionnaire"].line());
    if (is_ours(root)) return look_at_form(position, current, root["questionnaire"].text());
  }
  check_registers(position);
}

bool Preparation::refuse_direct_edit(size_t position, const Current& current) {
  if (!current.exists() || current.version->derived_from.empty()) return false;
  const std::string& origin = current.version->derived_from;
  refuse(position, Refusal::method_not_allowed, "business-rule",
         fmt::format("{} was made by {}; change or remove that instead", current.version->reference(), origin),
         fmt::format("该记录由{}生成,请改动原表单", origin), current.version->type);
  return true;
}

void Preparation::look_at_removal(size_t position, Current& current) {
  Write& write = m_result.writes[position];
  if (write.type != k_response_type || !current.exists() || !is_ours(current.root())) return;
  const std::string_view canonical = current.root()["questionnaire"].text().substr(k_form_prefix.size());
  const auto rules = m_rules.forms.find(canonical.substr(0, canonical.find('|')));
  if (rules != m_rules.forms.end() && rules->second.form().cycle != package::ReturnCycle::none) {
    const ReturnState state = state_of(current.root());
    if (!is_editable(state))
      return refuse(position, Refusal::method_not_allowed, "business-rule",
                    fmt::format("the return is {}; it cannot be removed", to_string(state)),
                    "报表已审核或锁定,不能删除", std::string(k_response_type));
  }
  if (!write.if_match) {
    write.if_match = current.version->version;
    m_result.rests_on_read = true;
  }
  for (const auto& made : snapshot().derived(current.version->reference())) {
    Write removal;
    removal.kind = Write::Kind::remove;
    removal.type = made.type;
    removal.id = made.id;
    m_result.writes.push_back(std::move(removal));
  }
}

void Preparation::look_at_form(size_t position, Current& current, std::string_view canonical) {
  const std::string_view name = canonical.substr(k_form_prefix.size());
  const size_t bar = name.find('|');
  const std::string_view id = name.substr(0, bar);
  const auto found = m_rules.forms.find(id);
  const int line = m_documents[position]->root()["questionnaire"].line();
  constexpr std::string_view k_place = "QuestionnaireResponse.questionnaire";
  if (found == m_rules.forms.end()) {
    if (const auto broken = m_rules.broken_forms.find(id); broken != m_rules.broken_forms.end())
      return refuse(position, Refusal::invalid, "processing",
                    fmt::format("form {} cannot be used: {}; tell who keeps it", id, broken->second),
                    fmt::format("表单{}暂不可用,请告知维护人员", id), std::string(k_place), line);
    std::vector<std::string> known;
    for (const auto& [form, rules] : m_rules.forms)
      known.push_back(form);
    const std::string near = base::suggest(id, known);
    return refuse(position, Refusal::invalid, "not-found",
                  fmt::format("there is no form '{}'{}", id,
                              near.empty() ? "; load the program that declares it" : "; did you mean '" + near + "'?"),
                  fmt::format("没有“{}”这个表单", id), std::string(k_place), line);
  }
  if (bar == std::string_view::npos || bar + 1 == name.size())
    return refuse(position, Refusal::invalid, "required",
                  fmt::format("say the form's version: {}{}|{}", k_form_prefix, id, found->second.form().version),
                  "须写明表单版本", std::string(k_place), line);

  const FormRules& rules = found->second;
  const fhir::Node response = m_documents[position]->root();
  const size_t issues_before = m_issues.size();
  if (rules.form().cycle != package::ReturnCycle::none) look_at_return(position, rules, current, response);
  {
    Write& write = m_result.writes[position];
    if (write.id.empty()) write.id = base::new_uuid(); // its yields are named after it
    if (write.if_none_exist.empty()) {
      // A submission sent again is met by itself: the store answers `unchanged` where nothing differs.
      if (write.kind == Write::Kind::create) {
        if (current.exists())
          return refuse(
              position, Refusal::conflict, "duplicate",
              fmt::format("{}/{} exists already with other content; change it with an update", write.type, write.id),
              "已有同一编号而内容不同的记录", std::string(k_response_type));
        write.kind = Write::Kind::update;
        write.if_match = 0;
        if (const fhir::Node sent = response["id"];
            sent && sent.text() != write.id) // an id sent with a create is passed over
          write.json = edited(fhir::Document::parse(std::move(write.json)).root(), {{{"id", ""}}, {}});
        m_result.rests_on_read = true;
      } else if (!write.if_match) {
        write.if_match = current.exists() ? current.version->version : 0;
        m_result.rests_on_read = true;
      }
    } else if (store::parse_condition(write.if_none_exist);
               !snapshot().search(write.type, write.if_none_exist + "&_count=1").matches.empty()) {
      return; // the store finds it there and writes nothing; so there is nothing to yield
    }
  }
  check_heading(position, rules, response);
  base::Issues issues;
  const bool complete = is_complete(response);
  const Answers answers = read_answers(rules.items(), response, complete, issues);
  if (issues.has_errors() || m_issues.size() > issues_before) return add(position, std::move(issues));
  if (!complete && !m_options.checks_drafts) return add_yields(position, rules, current, {});

  RuleContext context;
  context.id = m_result.writes[position].id;
  context.today = m_today;
  context.now = m_now;
  context.zone = m_rules.zone;
  if (rules.needs_about()) context.about = find_resource(response["subject"]["reference"].text());
  if (rules.needs_last()) context.last = find_last(rules, response, context.id);
  const fhirpath::Environment environment = rules.environment(response, answers, context);
  rules.check(response, environment, issues);
  std::vector<YieldedResource> yields;
  if (complete && !issues.has_errors()) yields = rules.yield(response, answers, context, environment, issues);
  const bool good = !issues.has_errors();
  add(position, std::move(issues));
  if (good) add_yields(position, rules, current, std::move(yields));
}

void Preparation::check_heading(size_t position, const FormRules& rules, fhir::Node response) {
  const package::Form& form = rules.form();
  const std::string org = organization_of(response);
  if (!org.starts_with("Organization/") && type_of_reference(org) != "Organization")
    refuse(position, Refusal::invalid, "required",
           fmt::format("say which organisation recorded it: extension {} with valueReference Organization/ID",
                       k_organization_extension),
           "须写明填报机构", "QuestionnaireResponse.extension", response.line());
  if (const auto about = m_rules.catalog->registers.find(form.about); about != m_rules.catalog->registers.end()) {
    const std::string& type = about->second.kept_as;
    const std::string_view subject = response["subject"]["reference"].text();
    if (type_of_reference(subject) != type)
      refuse(position, Refusal::invalid, subject.empty() ? "required" : "value",
             fmt::format("form {} is about a {} ({}); its subject must be {}/ID, not '{}'", form.id, about->second.id,
                         about->second.title.in("en"), type, subject),
             fmt::format("“{}”的对象须是{}", form.title.zh, about->second.title.zh), "QuestionnaireResponse.subject",
             response["subject"] ? response["subject"].line() : response.line());
  }
  if (form.happened.empty() && form.cycle == package::ReturnCycle::none && is_complete(response) &&
      !base::Date::parse(response["authored"].text().substr(0, 10)))
    refuse(position, Refusal::invalid, "required",
           fmt::format("form {} happens on the day it is authored; say when: authored", form.id), "须写明填写时间",
           "QuestionnaireResponse.authored", response.line());
}

void Preparation::look_at_return(size_t position, const FormRules& rules, Current& current, fhir::Node response) {
  const package::Form& form = rules.form();
  Write& write = m_result.writes[position];
  // 1. The period, and the one id that form, organisation and period have.
  const std::string_view period = extension_value(response, k_period_extension, "valueString").text();
  if (!parse_return_period(form.cycle, period))
    return refuse(position, Refusal::invalid, period.empty() ? "required" : "value",
                  fmt::format("return {} is for a period such as {}, not '{}'; say it in extension {} as valueString",
                              form.id, period_example(form.cycle), period, k_period_extension),
                  fmt::format("报告期应写作{}的样子", period_example(form.cycle)),
                  fmt::format("QuestionnaireResponse.extension.where(url='{}')", k_period_extension), response.line());
  const std::string org = organization_of(response);
  constexpr std::string_view k_organization = "Organization/";
  if (!org.starts_with(k_organization))
    return refuse(position, Refusal::invalid, "required",
                  fmt::format("a return names its organisation by id: extension {} with valueReference Organization/ID",
                              k_organization_extension),
                  "报表须写明填报机构", "QuestionnaireResponse.extension", response.line());
  const std::string id = return_id(form.id, org.substr(k_organization.size()), period);
  if (write.id.empty()) {
    write.id = id;
    if (m_options.read_creates) current = read(write.type, id);
  }
  if (write.id != id)
    return refuse(position, Refusal::invalid, "value",
                  fmt::format("the return {} of {} for {} has the id {}, not {}; send it to {}/{}", form.id, org,
                              period, id, write.id, k_response_type, id),
                  "同一机构同一报告期只有一份报表,编号须一致", "QuestionnaireResponse.id", response.line());
  if (write.kind == Write::Kind::create && current.exists())
    return refuse(position, Refusal::conflict, "duplicate",
                  fmt::format("the return {} of {} for {} exists already; change {}/{}", form.id, org, period,
                              k_response_type, id),
                  fmt::format("该机构{}的这份报表已有,请修改原报表", period), std::string(k_response_type));

  // 2. The state: only operations move it.
  constexpr std::string_view k_mend = "use the operations submit, return, accept and lock";
  const fhir::Node given = extension_value(response, k_state_extension, "valueCode");
  const std::string place = fmt::format("QuestionnaireResponse.extension.where(url='{}')", k_state_extension);
  const bool complete = is_complete(response);
  if (m_options.changes_state) return;
  ReturnState state = given ? state_of(response) : complete ? ReturnState::submitted : ReturnState::draft;
  if (current.exists()) {
    const ReturnState before = state_of(current.root());
    if (!is_editable(before))
      return refuse(position, Refusal::method_not_allowed, "business-rule",
                    fmt::format("the return is {}; it cannot be changed", to_string(before)),
                    "报表已审核或锁定,不能修改", std::string(k_response_type), response.line());
    if (given && state != before)
      return refuse(
          position, Refusal::method_not_allowed, "business-rule",
          fmt::format("the return is {}; an edit cannot make it {}: {}", to_string(before), given.text(), k_mend),
          "报表状态只能通过上报、退回、审核、锁定操作改变", place, given.line());
    state = before;
  } else if (!parse_state(given ? given.text() : to_string(state)) ||
             (!m_options.keeps_states && state != ReturnState::draft && state != ReturnState::submitted)) {
    return refuse(position, Refusal::invalid, "value",
                  fmt::format("a new return is draft or submitted, not '{}'; {}", given.text(), k_mend),
                  "新报表只能是草稿或已上报", place, given.line());
  }
  const std::string_view status = response["status"].text();
  if (status != "entered-in-error" && complete != (state != ReturnState::draft))
    return refuse(position, Refusal::invalid, "business-rule",
                  fmt::format("a return that is {} has the status {}, not {}; {}", to_string(state),
                              state == ReturnState::draft ? "in-progress" : "completed or amended", status, k_mend),
                  "报表状态与填写状态不一致", "QuestionnaireResponse.status", response["status"].line());
  if (!given) write.json = edited(response, {{}, {{std::string(k_state_extension), state_extension(state)}}});
}

void Preparation::add_yields(size_t position, const FormRules&, const Current& current,
                             std::vector<YieldedResource> yields) {
  const std::string origin = fmt::format("{}/{}", k_response_type, m_result.writes[position].id);
  if (current.exists()) {
    for (const auto& before : snapshot().derived(origin)) {
      const bool stays = std::any_of(yields.begin(), yields.end(), [&](const YieldedResource& made) {
        return made.type == before.type && made.id == before.id;
      });
      if (stays) continue;
      Write removal;
      removal.kind = Write::Kind::remove;
      removal.type = before.type;
      removal.id = before.id;
      m_result.writes.push_back(std::move(removal));
    }
  }
  for (auto& made : yields) {
    Write write;
    write.kind = Write::Kind::update;
    write.type = std::move(made.type);
    write.id = std::move(made.id);
    write.json = std::move(made.json);
    write.derived_from = origin;
    m_result.writes.push_back(std::move(write));
  }
}

void Preparation::check_registers(size_t position) {
  const auto found = m_rules.registers.find(m_result.writes[position].type);
  if (found == m_rules.registers.end()) return;
  if (!m_is_valid[position]) return; // said already; rules over values that are none would only repeat it
  base::Issues issues;
  for (const auto& rules : found->second)
    rules.check(m_documents[position]->root(), m_today, m_now, m_rules.zone, issues);
  add(position, std::move(issues));
  for (const auto& rules : found->second)
    refuse_circles(position, rules);
}

/// Nothing is part of itself, over however many steps: a figure rolls up to what it is part of.
void Preparation::refuse_circles(size_t position, const RegisterRules& rules) {
  const fhir::Node own = m_documents[position]->root();
  for (const fhir::Node reference : rules.upward(own)) {
    std::set<std::string, std::less<>> seen;
    std::vector<std::string> next = {std::string(reference["reference"].text())};
    while (!next.empty()) {
      const std::string name = std::move(next.back());
      next.pop_back();
      if (!seen.insert(name).second) continue;
      const fhir::Node above = find_resource(name);
      const bool is_own = above == own || name == m_result.writes[position].type + "/" + m_result.writes[position].id;
      if (is_own)
        return refuse(position, Refusal::invalid, "business-rule",
                      fmt::format("{} is part of itself: {} leads back to it; point to another", name,
                                  reference["reference"].text()),
                      "不能直接或间接隶属于自己,请改正上级", expression_of(own, reference), reference.line());
      if (!above) continue;
      for (const fhir::Node further : rules.upward(above))
        next.emplace_back(further["reference"].text());
    }
  }
}

Preparation::Current Preparation::read(const std::string& type, const std::string& id) {
  Current current;
  current.version = snapshot().read(type, id);
  if (current.exists() && type == k_response_type)
    current.document.emplace(fhir::Document::parse(current.version->json));
  return current;
}

fhir::Node Preparation::find_resource(std::string_view reference) {
  const std::string name(reference);
  if (const auto own = m_by_name.find(name); own != m_by_name.end() && m_documents[own->second])
    return m_documents[own->second]->root();
  const size_t slash = reference.find('/');
  if (slash == std::string_view::npos) return {};
  auto [entry, fresh] = m_read.try_emplace(name);
  if (fresh) {
    const auto version = snapshot().read(reference.substr(0, slash), reference.substr(slash + 1));
    if (version && !version->deleted) entry->second.emplace(fhir::Document::parse(version->json));
  }
  return entry->second ? entry->second->root() : fhir::Node{};
}

fhir::Node Preparation::find_last(const FormRules& rules, fhir::Node response, const std::string& own_id) {
  const std::string_view subject = response["subject"]["reference"].text();
  if (subject.find('/') == std::string_view::npos) return {}; // written just now: there is none before
  const std::string canonical = fmt::format("{}{}|", k_form_prefix, rules.form().id);
  std::string next = fmt::format("subject={}&_sort=-authored&_count=50", subject);
  while (!next.empty()) {
    auto page = snapshot().search(k_response_type, next);
    for (auto& version : page.matches) {
      auto document = fhir::Document::parse(std::move(version.json));
      const fhir::Node root = document.root();
      if (version.id == own_id || !root["questionnaire"].text().starts_with(canonical) || !is_complete(root)) continue;
      if (is_later(root["authored"].text(), response["authored"].text())) continue;
      auto& kept = m_read[version.reference()];
      kept.emplace(std::move(document));
      return kept->root();
    }
    next = page.next;
  }
  return {};
}

const store::Snapshot& Preparation::snapshot() {
  if (!m_snapshot) m_snapshot = m_store.snapshot();
  return *m_snapshot;
}

void Preparation::refuse(size_t position, Refusal kind, std::string code, std::string en, std::string zh,
                         std::string expression, int line) {
  if (!m_issues.has_errors()) m_refusal = kind;
  base::Issue issue;
  issue.code = std::move(code);
  issue.text = std::move(en);
  issue.text_zh = std::move(zh);
  issue.expression = std::move(expression);
  issue.line = line;
  issue.write = static_cast<int>(position);
  m_issues.add(std::move(issue));
}

void Preparation::add(size_t position, base::Issues&& issues) {
  for (auto& issue : issues)
    issue.write = static_cast<int>(position);
  m_issues.add(issues);
}

/// "Patient/1" → Patient; "urn:uuid:..." → the type of what this transaction writes under that name; "Patient?..." →
/// Patient.
std::string_view Preparation::type_of_reference(std::string_view reference) const {
  const auto own = m_by_name.find(std::string(reference));
  if (own != m_by_name.end()) return m_result.writes[own->second].type;
  const size_t end = reference.find_first_of("/?");
  return end == std::string_view::npos || end + 1 == reference.size() ? std::string_view() : reference.substr(0, end);
}

} // namespace xinglin::program
