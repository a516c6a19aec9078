#include "server/program/check.h"

#include "lib/base/decimal.h"
#include "server/document/report.h"
#include "server/package/check.h"
#include "server/program/form_rules.h"
#include "server/program/program.h"
#include "server/program/submission_json.h"

#include <algorithm>
#include <fmt/format.h>

namespace xinglin::program {
namespace {

using package::ItemType;

/// A citizen ID that is right; of nobody (area code 110101, born in 1949).
constexpr std::string_view k_citizen_id = "11010519491231002X";

/// A value of the item's type, within its range.
std::string example_value(const package::Item& item, const package::Catalog& catalog) {
  switch (item.type) {
  case ItemType::integer:
  case ItemType::decimal:
  case ItemType::money:
    return item.range_low.empty() ? (item.range_high.empty() ? "1" : item.range_high) : item.range_low;
  case ItemType::boolean: return "true";
  case ItemType::date: return item.range_low.empty() ? "2023-06-15" : item.range_low;
  case ItemType::datetime: return "2023-06-15T08:30:00+08:00";
  case ItemType::choice: return item.options.front().code;
  case ItemType::reference: {
    const auto target = catalog.registers.find(item.to);
    return fmt::format("{}/example", target == catalog.registers.end() ? "Basic" : target->second.kept_as);
  }
  case ItemType::citizen_id: return std::string(k_citizen_id);
  case ItemType::string:
  case ItemType::text: break;
  }
  return "example";
}

std::vector<Submission::Answer> example_answers(const std::vector<package::Item>& items,
                                                const package::Catalog& catalog, bool all) {
  std::vector<Submission::Answer> answers;
  for (const auto& item : items) {
    if (!all && !item.required) continue;
    Submission::Answer answer;
    answer.item = item.id;
    if (item.items.empty())
      answer.values = {example_value(item, catalog)};
    else
      answer.groups = {example_answers(item.items, catalog, all)};
    answers.push_back(std::move(answer));
  }
  return answers;
}

/// The form filled in: every item, or the required ones alone. What cannot be evaluated or would be wrong FHIR is told;
/// that a rule fires on an example says nothing.
void check_example(const FormRules& rules, const package::Catalog& catalog, bool all, base::Issues& issues) {
  const package::Form& form = rules.form();
  const auto about = catalog.registers.find(form.about);
  Submission submission;
  submission.form = form.id;
  submission.id = "example";
  submission.subject = fmt::format("{}/example", about == catalog.registers.end() ? "Basic" : about->second.kept_as);
  submission.org = "example";
  submission.authored = "2023-06-15T08:30:00+08:00";
  submission.period = "2023";
  submission.answers = example_answers(form.items, catalog, all);
  base::Issues found;
  try {
    const auto document = fhir::Document::parse(to_response_json(submission, form, rules.items(), submission.authored));
    const Answers answers = read_answers(rules.items(), document.root(), true, found);
    RuleContext context;
    context.id = submission.id;
    context.today = *base::Date::parse("2023-06-15");
    const auto environment = rules.environment(document.root(), answers, context);
    rules.check(document.root(), environment, found);
    rules.yield(document.root(), answers, context, environment, found);
  } catch (const base::Refused& refused) {
    found.add(refused.issues());
  }
  for (const auto& one : found) {
    if (one.code != "processing") continue;
    base::Issue issue;
    issue.text = fmt::format("filled in by example{}: {}", all ? "" : " with its required items alone", one.text);
    issue.file = form.place.file;
    issue.line = form.place.line;
    issues.add(std::move(issue));
  }
}

} // namespace

void check_examples(const package::Catalog& catalog, base::Issues& issues) {
  for (const auto& [id, form] : catalog.forms) {
    const FormRules rules(form, catalog);
    base::Issues found;
    check_example(rules, catalog, true, found);
    if (found.empty()) check_example(rules, catalog, false, found);
    issues.add(found);
  }
}

CheckReport check_programs(const std::string& directory, const CheckOptions& options) {
  CheckReport report;
  report.catalog = package::load_checked(directory, report.issues);
  check_examples(*report.catalog, report.issues);
  for (const auto& [id, document] : report.catalog->documents)
    report.issues.add(document::check_template(document, *report.catalog));
  if (!options.run_tests) return report;
  for (const auto& test : report.catalog->tests) {
    if (!options.only.empty() && test.program != options.only) continue;
    if (options.before_test) options.before_test(test.place.file);
    base::Issues found;
    run_package_test(test, report.catalog, found);
    ++report.tests;
    if (found.has_errors()) ++report.tests_failed;
    report.issues.add(found);
  }
  return report;
}

} // namespace xinglin::program
