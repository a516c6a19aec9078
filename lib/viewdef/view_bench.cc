// view_bench: resources a second of one core's time of three views over made resources, rows checked: a wide
// observation table, a form's table of 20 columns that each pick an item by its linkId, and its child table. Parsing is
// outside the time and shown beside it.

#include "lib/viewdef/view.h"

#include <ctime>
#include <fmt/format.h>
#include <string>
#include <vector>

namespace {

using namespace xinglin;

constexpr size_t k_resources = 20'000;
constexpr int k_items = 20;
constexpr int k_drugs = 3;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

std::string observation(size_t i) {
  return fmt::format(
      R"({{"resourceType": "Observation", "id": "o{0}", "status": "final", "code": {{"coding": [{{"system": "http://loinc.org", "code": "8480-6"}}]}}, "subject": {{"reference": "Patient/p{1}"}}, "encounter": {{"reference": "Encounter/e{0}"}}, "effectiveDateTime": "2023-05-01T08:30:00+08:00", "valueQuantity": {{"value": {2}.50, "unit": "mm[Hg]", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}}}})",
      i, i % 100, 100 + i % 80);
}

std::string response(size_t i) {
  std::string items;
  for (int item = 0; item < k_items; ++item)
    items += fmt::format(R"({{"linkId": "item_{}", "answer": [{{"valueInteger": {}}}]}},)", item, i % 200);
  for (int drug = 0; drug < k_drugs; ++drug)
    items +=
        fmt::format(R"({}{{"linkId": "drugs", "item": [{{"linkId": "name", "answer": [{{"valueString": "d{}"}}]}}]}})",
                    drug ? "," : "", drug);
  return fmt::format(
      R"({{"resourceType": "QuestionnaireResponse", "id": "r{}", "status": "completed", "subject": {{"reference": "Patient/p"}}, "authored": "2023-05-01", "item": [{}]}})",
      i, items);
}

bool measure(const char* name, const std::string& view_text, const std::vector<std::string>& texts, size_t rows_wanted,
             const std::string& last_cell_wanted) {
  const auto view = viewdef::View::compile(view_text);
  double parse_best = 1e9;
  double run_best = 1e9;
  size_t rows = 0;
  std::string last_cell;
  for (int round = 0; round < 3; ++round) {
    rows = 0;
    double parse = 0;
    double run = 0;
    for (const auto& text : texts) {
      const auto start = cpu_seconds();
      const auto document = fhir::Document::parse(text);
      const auto parsed = cpu_seconds();
      view.run(document.root(), [&](std::span<const viewdef::Cell> cells) {
        ++rows;
        last_cell = cells.back().value_or("null");
      });
      const auto done = cpu_seconds();
      parse += parsed - start;
      run += done - parsed;
    }
    parse_best = std::min(parse_best, parse);
    run_best = std::min(run_best, run);
  }
  if (rows != rows_wanted || last_cell != last_cell_wanted) {
    fmt::print(stderr, "view_bench: {} gives {} rows ending in {}, not {} in {}\n", name, rows, last_cell, rows_wanted,
               last_cell_wanted);
    return false;
  }
  const auto count = static_cast<double>(texts.size());
  fmt::print("{:<16} {:>9.0f} resources/s, {:>9.0f} rows/s, {:.2f} us a resource (parsing it: {:.2f} us)\n", name,
             count / run_best, static_cast<double>(rows) / run_best, run_best / count * 1e6, parse_best / count * 1e6);
  return true;
}

} // namespace

int main() {
  std::vector<std::string> observations;
  std::vector<std::string> responses;
  for (size_t i = 0; i < k_resources; ++i) {
    observations.push_back(observation(i));
    responses.push_back(response(i));
  }
  const char* const wide = R"~({"resource": "Observation", "select": [{"column": [
    {"name": "id", "path": "id"},
    {"name": "patient", "path": "subject.getReferenceKey(Patient)"},
    {"name": "encounter", "path": "encounter.getReferenceKey(Encounter)"},
    {"name": "status", "path": "status"},
    {"name": "code", "path": "code.coding.where(system = 'http://loinc.org').code.first()"},
    {"name": "effective", "path": "effective.ofType(dateTime)"},
    {"name": "value", "path": "value.ofType(Quantity).value"},
    {"name": "unit", "path": "value.ofType(Quantity).unit"},
    {"name": "text", "path": "value.ofType(string)"}]}]})~";
  std::string columns;
  for (int item = 0; item < k_items; ++item)
    columns += fmt::format(
        R"~(, {{"name": "item_{0}", "path": "item.where(linkId='item_{0}').answer.value", "type": "integer"}})~", item);
  const std::string form = R"~({"resource": "QuestionnaireResponse", "select": [{"column": [
    {"name": "record", "path": "getResourceKey()"},
    {"name": "subject", "path": "subject.getReferenceKey(Patient)"})~" +
                           columns + "]}]}";
  const char* const child = R"~({"resource": "QuestionnaireResponse", "select": [
    {"column": [{"name": "record", "path": "getResourceKey()"}]},
    {"forEach": "item.where(linkId='drugs')", "column": [
      {"name": "n", "path": "%rowIndex"},
      {"name": "name", "path": "item.where(linkId='name').answer.value.ofType(string)"}]}]})~";
  const bool right = measure("observation", wide, observations, k_resources, "null") &&
                     measure("form", form, responses, k_resources, std::to_string((k_resources - 1) % 200)) &&
                     measure("form__drugs", child, responses, k_resources * k_drugs, "d2");
  return right ? 0 : 1;
}
