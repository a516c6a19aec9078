#include "lib/base/issue.h"

#include "lib/base/text.h"

#include <algorithm>
#include <utility>

namespace xinglin::base {

namespace {

/// `file:line:column`, with what is known of it; empty when nothing is.
std::string place_of(const Issue& issue) {
  std::string place = issue.file;
  if (issue.line > 0) {
    if (!place.empty()) place += ':';
    place += std::to_string(issue.line);
    if (issue.column > 0) place += ':' + std::to_string(issue.column);
  }
  return place;
}

void append_issue(std::string& out, const Issue& issue) {
  out += R"({"severity":)";
  append_json_string(out, to_string(issue.severity));
  out += R"(,"code":)";
  append_json_string(out, issue.code);
  if (!issue.text.empty() || !issue.text_zh.empty()) {
    out += R"(,"details":{"text":)";
    append_json_string(out, issue.text.empty() ? issue.text_zh : issue.text);
    if (!issue.text.empty() && !issue.text_zh.empty()) {
      // The Chinese sentence travels as FHIR's own translation extension.
      out += R"(,"_text":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/translation","extension":[)"
             R"({"url":"lang","valueCode":"zh"},{"url":"content","valueString":)";
      append_json_string(out, issue.text_zh);
      out += "}]}]}";
    }
    out += '}';
  }
  if (std::string place = place_of(issue); !place.empty()) {
    out += R"(,"diagnostics":)";
    append_json_string(out, place);
  }
  if (!issue.expression.empty()) {
    out += R"(,"expression":[)";
    append_json_string(out, issue.expression);
    out += ']';
  }
  out += '}';
}

} // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
  case Severity::information: return "information";
  case Severity::warning: return "warning";
  case Severity::error: return "error";
  case Severity::fatal: return "fatal";
  }
  return "error";
}

bool Issues::has_errors() const {
  return std::any_of(m_list.begin(), m_list.end(),
                     [](const Issue& issue) { return issue.severity >= Severity::error; });
}

std::string Issues::to_text() const {
  std::string out;
  for (const Issue& issue : m_list) {
    if (!out.empty()) out += '\n';
    if (std::string place = place_of(issue); !place.empty()) out += place + ": ";
    out += to_string(issue.severity);
    out += ": ";
    out += issue.text.empty() ? issue.text_zh : issue.text;
    if (!issue.expression.empty()) out += " [at " + issue.expression + "]";
  }
  return out;
}

std::string Issues::to_operation_outcome() const {
  std::string out = R"({"resourceType":"OperationOutcome","issue":[)";
  if (m_list.empty()) {
    // An OperationOutcome holds at least one issue.
    append_issue(out, {.severity = Severity::information, .code = "informational", .text = "No issues were found."});
  }
  for (size_t i = 0; i < m_list.size(); ++i) {
    if (i > 0) out += ',';
    append_issue(out, m_list[i]);
  }
  return out + "]}";
}

Refused::Refused(Refusal kind, Issues issues) : m_kind(kind), m_issues(std::move(issues)), m_what(m_issues.to_text()) {}

Refused::Refused(Refusal kind, std::string code, std::string text, std::string expression) : m_kind(kind) {
  Issue issue;
  issue.code = std::move(code);
  issue.text = std::move(text);
  issue.expression = std::move(expression);
  m_issues.add(std::move(issue));
  m_what = m_issues.to_text();
}

} // namespace xinglin::base
