#include "server/plan/to_json.h"

#include <map>

namespace xinglin::plan {

namespace {

void write_text(fhir::JsonWriter& out, std::string_view key, const base::Text& text) {
  out.key(key).begin_object().member("zh", text.zh).member("en", text.en).end_object();
}

void write_value(fhir::JsonWriter& out, std::string_view key, const std::optional<base::Rational>& value) {
  out.key(key);
  if (value)
    out.string(value->to_decimal().to_string());
  else
    out.null();
}

void write_standing(fhir::JsonWriter& out, const Standing& standing) {
  out.member("org", standing.org).member("state", to_string(standing.state));
  write_text(out, "reason", standing.reason);
  write_value(out, "value", standing.figure ? standing.figure->value : std::nullopt);
  out.key("address");
  if (standing.figure)
    out.string(standing.figure->address.to_string());
  else
    out.null();
  write_value(out, "expected", standing.expected);
  write_value(out, "wanted", standing.wanted);
}

void write_entry(fhir::JsonWriter& out, const package::Plan& plan, const EntryStanding& one) {
  const package::PlanEntry& entry = *one.entry;
  out.begin_object().member("section", one.section).member("title", entry.title).member("owner", entry.owner);
  out.member("due", entry.due.value_or(plan.period.last()).to_string());
  out.member("done", entry.done ? entry.done->to_string() : "").key("line").number(int64_t{entry.line});
  if (entry.target) {
    out.member("indicator", entry.target->indicator).member("relation", to_string(entry.target->relation));
    out.member("number", entry.target->written);
  }
  write_standing(out, one.whole);
  out.key("parts").begin_array();
  for (const auto& part : one.parts) {
    out.begin_object();
    write_standing(out, part);
    out.end_object();
  }
  out.end_array().key("milestones").begin_array();
  for (const auto& milestone : entry.milestones)
    out.begin_object()
        .member("day", milestone.day.to_string())
        .member("text", milestone.text)
        .key("confirmed")
        .boolean(milestone.is_confirmed)
        .key("line")
        .number(int64_t{milestone.line})
        .end_object();
  out.end_array().end_object();
}

} // namespace

void append_issues(fhir::JsonWriter& out, const base::Issues& issues) {
  out.begin_array();
  for (const auto& issue : issues) {
    out.begin_object().member("severity", base::to_string(issue.severity)).key("line").number(int64_t{issue.line});
    write_text(out, "text", {issue.text_zh.empty() ? issue.text : issue.text_zh, issue.text});
    out.end_object();
  }
  out.end_array();
}

void append_changes(fhir::JsonWriter& out, const std::vector<Change>& changes) {
  out.begin_array();
  for (const auto& change : changes)
    out.begin_object()
        .member("what", to_string(change.what))
        .member("section", change.section)
        .member("title", change.title)
        .member("field", change.field)
        .member("before", change.before)
        .member("after", change.after)
        .end_object();
  out.end_array();
}

void append_plan(fhir::JsonWriter& out, const PlanInForce& in_force, const std::vector<EntryStanding>& standings,
                 base::Date today, const indicator::AsOf& as_of) {
  const package::Plan& plan = in_force.plan;
  out.member("id", plan.id).member("title", plan.title).member("org", plan.org);
  out.member("period", plan.period.to_string()).member("source", plan.source);
  out.member("program", in_force.program).key("version").number(in_force.version);
  out.member("today", today.to_string()).member("as_of", as_of.to_string());
  append_issues(out.key("issues"), in_force.issues);
  out.key("revisions").begin_array();
  for (const auto& revision : plan.revisions)
    out.begin_object().member("day", revision.day.to_string()).member("text", revision.text).end_object();
  out.end_array();
  std::map<State, int64_t> counts;
  for (const auto& one : standings)
    ++counts[one.whole.state];
  out.key("counts").begin_object();
  for (auto state : {State::done, State::on_course, State::late, State::missed, State::no_figure})
    out.key(to_string(state)).number(counts[state]);
  out.end_object().key("entries").begin_array();
  for (const auto& one : standings)
    write_entry(out, plan, one);
  out.end_array();
}

void append_proposals(fhir::JsonWriter& out, const std::vector<Proposal>& proposals) {
  out.begin_array();
  for (const auto& one : proposals) {
    out.begin_object().member("clause", one.clause).member("what", one.what);
    out.member("relation", to_string(one.relation)).member("number", one.number).member("unit", one.unit);
    out.key("each").boolean(one.is_each);
    out.member("due", one.due).key("line").number(int64_t{one.line});
    out.key("candidates").begin_array();
    for (const auto& candidate : one.candidates) {
      out.begin_object().member("indicator", candidate.indicator);
      write_text(out, "title", candidate.title);
      out.end_object();
    }
    out.end_array().member("line_of_plan", target_line(one)).end_object();
  }
  out.end_array();
}

} // namespace xinglin::plan
