#include "server/package/check.h"

#include "lib/viewdef/view.h"
#include "server/package/checker.h"

namespace xinglin::package {

Checker::Checker(const Catalog& catalog, base::Issues& issues) : m_catalog(&catalog), m_issues(&issues) {
  for (const auto& [id, program] : catalog.programs) {
    std::vector<std::string> open{id};
    while (!open.empty()) {
      const std::string next = open.back();
      open.pop_back();
      const auto found = catalog.programs.find(next);
      if (found == catalog.programs.end() || !m_seen[id].insert(next).second) continue;
      open.insert(open.end(), found->second.needs.begin(), found->second.needs.end());
    }
  }
}

void Checker::error(const Place& place, std::string text, std::string code, int column) {
  base::Issue issue;
  issue.code = std::move(code);
  issue.text = std::move(text);
  issue.file = place.file;
  issue.line = place.line;
  issue.column = column;
  m_issues->add(std::move(issue));
}

void Checker::warning(const Place& place, std::string text) {
  error(place, std::move(text));
  (m_issues->end() - 1)->severity = base::Severity::warning;
}

void Checker::add(base::Issue issue) {
  m_issues->add(std::move(issue));
}

void Checker::refused(const Place& place, std::string_view what, const base::Refused& refused) {
  for (const auto& issue : refused.issues()) {
    const bool says_column = issue.column == 0 || issue.text.find("column ") != std::string::npos;
    error(place,
          fmt::format("{}: {}{}", what, issue.text, says_column ? "" : fmt::format(" (at character {})", issue.column)),
          issue.code);
  }
}

void Checker::not_known(const Place& place, std::string_view kind, const std::string& id,
                        const std::vector<std::string>& known) {
  const std::string near = base::suggest(id, known);
  error(place,
        near.empty() ? fmt::format("there is no {} '{}'; declare it or correct the name", kind, id)
                     : fmt::format("there is no {} '{}'; did you mean '{}'?", kind, id, near),
        "not-found");
}

bool Checker::sees(const std::string& program, const std::string& owner) const {
  const auto found = m_seen.find(program);
  return found != m_seen.end() && found->second.contains(owner);
}

void check(const Catalog& catalog, base::Issues& issues) {
  Checker checker(catalog, issues);
  for (const auto& [id, view] : catalog.views) {
    try {
      viewdef::View::compile(view.json);
    } catch (const base::Refused& refused) {
      checker.refused(view.place, "the view does not compile", refused);
    }
  }
  check_registers(checker);
  check_forms(checker);
  check_queries(checker);
  check_indicators(checker);
  check_plans(checker);
}

} // namespace xinglin::package
