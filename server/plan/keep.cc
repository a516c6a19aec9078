#include "server/plan/keep.h"

#include "lib/fhir/json.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

namespace xinglin::plan {

namespace {

using package::PlanEntry;
using package::PlanRelation;
using package::PlanTarget;

void write_reference(fhir::JsonWriter& out, std::string_view key, const std::string& target) {
  out.key(key).begin_object().member("reference", target).end_object();
}

std::string_view comparator_words(PlanRelation relation) {
  switch (relation) {
  case PlanRelation::at_least: return "不低于";
  case PlanRelation::at_most: return "不高于";
  case PlanRelation::increase: return "比上年增加";
  case PlanRelation::rank: break;
  }
  return "排名不低于第";
}

std::string goal_json(const package::Plan& plan, const PlanEntry& entry, const std::string& id) {
  const PlanTarget& target = *entry.target;
  const std::string due = entry.due.value_or(plan.period.last()).to_string();
  fhir::JsonWriter out;
  out.begin_object().member("resourceType", "Goal").member("id", id);
  out.member("lifecycleStatus", "active");
  out.key("description").begin_object().member("text", entry.title).end_object();
  write_reference(out, "subject", "Organization/" + plan.org);
  out.member("startDate", plan.period.first().to_string());
  out.key("target").begin_array();
  auto add = [&](std::string_view number) {
    out.begin_object();
    out.key("measure").begin_object().key("coding").begin_array().begin_object();
    out.member("system", "urn:xinglin:indicator").member("code", target.indicator).end_object().end_array();
    out.end_object();
    out.member("detailString", std::string(comparator_words(target.relation)) + std::string(number));
    out.member("dueDate", due).end_object();
  };
  add(target.written);
  out.end_array().end_object();
  return out.take();
}

std::string task_json(const package::Plan& plan, const PlanEntry& entry, const std::string& id) {
  fhir::JsonWriter out;
  out.begin_object().member("resourceType", "Task").member("id", id);
  out.member("status", entry.done ? "completed" : "requested").member("intent", "plan");
  out.member("description", entry.title);
  write_reference(out, "for", "Organization/" + plan.org);
  out.key("executionPeriod").begin_object().member("start", plan.period.first().to_string());
  out.member("end", entry.due.value_or(plan.period.last()).to_string()).end_object();
  if (!entry.owner.empty()) out.key("owner").begin_object().member("display", entry.owner).end_object();
  out.end_object();
  return out.take();
}

std::string composition_json(const package::Plan& plan, const std::string& id, const KeepOptions& options,
                             const std::vector<std::vector<std::string>>& references) {
  fhir::JsonWriter out;
  out.begin_object().member("resourceType", "Composition").member("id", id);
  out.key("extension").begin_array();
  out.begin_object().member("url", k_plan_extension).member("valueString", plan.id).end_object();
  out.begin_object().member("url", k_plan_text_extension).member("valueMarkdown", plan.text).end_object();
  if (!options.by.empty())
    out.begin_object().member("url", program::k_by_extension).member("valueString", options.by).end_object();
  out.end_array();
  out.member("status", plan.revisions.empty() ? "final" : "amended");
  out.key("type").begin_object().member("text", "工作计划").end_object();
  write_reference(out, "subject", "Organization/" + plan.org);
  out.member("date", options.day.to_string());
  out.key("author")
      .begin_array()
      .begin_object()
      .member("reference", "Organization/" + plan.org)
      .end_object()
      .end_array();
  out.member("title", plan.title);
  bool any = std::any_of(references.begin(), references.end(), [](const auto& list) { return !list.empty(); });
  if (any) {
    out.key("section").begin_array();
    for (size_t i = 0; i < plan.sections.size(); ++i) {
      if (references[i].empty()) continue;
      out.begin_object();
      if (!plan.sections[i].title.empty()) out.member("title", plan.sections[i].title);
      out.key("entry").begin_array();
      for (const auto& reference : references[i])
        out.begin_object().member("reference", reference).end_object();
      out.end_array().end_object();
    }
    out.end_array();
  }
  out.end_object();
  return out.take();
}

store::Write put(const std::string& type, const std::string& id, std::string json) {
  store::Write out;
  out.kind = store::Write::Kind::update;
  out.type = type;
  out.id = id;
  out.json = std::move(json);
  return out;
}

} // namespace

std::string resource_id(std::string_view plan_id) {
  std::string id = "plan-" + std::string(plan_id);
  std::replace(id.begin(), id.end(), '_', '-');
  return id;
}

void check_organizations(const package::Plan& plan, const std::string& file, const store::Snapshot& records,
                         base::Issues& issues) {
  const auto check = [&](const std::string& org, int line) {
    const auto found = records.read("Organization", org);
    if (found && !found->deleted) return;
    base::Issue issue;
    issue.code = "not-found";
    issue.text = fmt::format("there is no organisation '{}'; register it or correct its id", org);
    issue.text_zh = fmt::format("没有机构“{}”,请先登记或改正编号", org);
    issue.file = file;
    issue.line = line;
    issues.add(std::move(issue));
  };
  if (!plan.org.empty()) check(plan.org, plan.org_line);
  for (const auto& section : plan.sections)
    for (const auto& entry : section.entries)
      if (entry.target)
        for (const auto& part : entry.target->parts)
          check(part.org, part.line);
}

std::vector<store::Write> writes_of(const package::Plan& plan, const store::Snapshot& kept,
                                    const KeepOptions& options) {
  const std::string id = resource_id(plan.id);
  std::vector<store::Write> out;
  std::vector<std::vector<std::string>> references(plan.sections.size());
  std::set<std::string> now;
  int number = 0;
  for (size_t i = 0; i < plan.sections.size(); ++i)
    for (const auto& entry : plan.sections[i].entries) {
      const std::string own = id + "-" + std::to_string(++number);
      const std::string type = entry.target ? "Goal" : "Task";
      out.push_back(put(type, own, entry.target ? goal_json(plan, entry, own) : task_json(plan, entry, own)));
      references[i].push_back(type + "/" + own);
      now.insert(type + "/" + own);
    }
  out.push_back(put("Composition", id, composition_json(plan, id, options, references)));
  out.back().if_match = options.replaces;
  // What an earlier version of the plan had and this one has not.
  const auto before = kept.read("Composition", id);
  if (before && !before->deleted) {
    auto document = fhir::Document::parse(before->json);
    for (fhir::Node section : document.root()["section"])
      for (fhir::Node entry : section["entry"]) {
        const std::string reference(entry["reference"].text());
        if (now.contains(reference)) continue;
        const size_t slash = reference.find('/');
        store::Write gone;
        gone.kind = store::Write::Kind::remove;
        gone.type = reference.substr(0, slash);
        gone.id = reference.substr(slash + 1);
        out.push_back(std::move(gone));
      }
  }
  return out;
}

store::Receipt keep(const package::Plan& plan, program::Program& program, const store::Store& store,
                    const KeepOptions& options) {
  const auto snapshot = store.snapshot();
  return program.write(writes_of(plan, *snapshot, options));
}

namespace {

/// The plan in a Composition; its id is empty when the Composition is something else.
KeptPlan read_kept(const store::Version& version) {
  KeptPlan kept;
  if (version.deleted) return kept;
  auto document = fhir::Document::parse(version.json);
  for (fhir::Node extension : document.root()["extension"]) {
    if (extension["url"].text() == k_plan_extension) kept.id = extension["valueString"].text();
    if (extension["url"].text() == k_plan_text_extension) kept.text = extension["valueMarkdown"].text();
    if (extension["url"].text() == program::k_by_extension) kept.by = extension["valueString"].text();
  }
  kept.version = version.version;
  kept.commit = version.commit;
  kept.recorded_at = version.recorded_at;
  return kept;
}

} // namespace

std::vector<KeptPlan> kept_plans(const store::Snapshot& records) {
  std::vector<KeptPlan> out;
  records.scan("Composition", [&](const store::Version& version) {
    if (auto kept = read_kept(version); !kept.id.empty()) out.push_back(std::move(kept));
    return true;
  });
  std::sort(out.begin(), out.end(), [](const KeptPlan& a, const KeptPlan& b) { return a.id < b.id; });
  return out;
}

std::vector<KeptPlan> kept_versions(const store::Snapshot& records, std::string_view plan_id, size_t count) {
  std::vector<KeptPlan> out;
  for (const auto& version : records.history("Composition", resource_id(plan_id), count))
    if (auto kept = read_kept(version); kept.id == plan_id) out.push_back(std::move(kept));
  return out;
}

std::vector<PlanInForce> plans_in_force(const store::Snapshot& records, const package::Catalog& catalog) {
  std::map<std::string, PlanInForce> plans;
  for (const auto& kept : kept_plans(records)) {
    PlanInForce& one = plans[kept.id];
    one.plan = package::parse_plan(kept.text, kept.id, catalog, one.issues);
    one.version = kept.version;
  }
  for (const auto& [id, declared] : catalog.plans) {
    if (plans.contains(id)) continue;
    PlanInForce one;
    one.plan = package::parse_plan(declared.text, declared.place.file, catalog, one.issues);
    one.program = declared.program;
    const auto owner = records.read("Organization", one.plan.org);
    if (owner && !owner->deleted) plans.emplace(id, std::move(one));
  }
  std::vector<PlanInForce> out;
  for (auto& [id, one] : plans)
    out.push_back(std::move(one));
  return out;
}

} // namespace xinglin::plan
