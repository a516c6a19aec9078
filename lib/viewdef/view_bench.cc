// viewdef_bench: resources a second of one core's time of three views over made resources, rows checked: a wide
// observation table, a form's table of 20 columns that each pick an item by its linkId, and its child table. Parsing is
// outside the time and shown beside it.
//
// viewdef_bench VIEW.json FILE.ndjson ROUNDS ROWS.ndjson: the view over the lines of a file, parsing inside the time,
// and what simdjson takes to parse the same bytes, alternating; the rows are written, the times printed as JSON.
// bench/view.py compares both.

#include "lib/viewdef/view.h"

#include "lib/base/text.h"
#include "lib/viewdef/limit_bench.h"

#include <sys/resource.h>

#include <ctime>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
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

std::string read(const char* path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) fmt::print(stderr, "viewdef_bench: {} cannot be read\n", path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void write_row(std::string& out, std::span<const viewdef::Column> columns, std::span<const viewdef::Cell> cells) {
  using Type = viewdef::ColumnType;
  out += '{';
  for (size_t i = 0; i < cells.size(); ++i) {
    out += fmt::format("{}\"{}\":", i ? "," : "", columns[i].name);
    const Type type = columns[i].type;
    if (!cells[i])
      out += "null";
    else if (columns[i].collection || type == Type::integer || type == Type::decimal || type == Type::boolean)
      out += *cells[i];
    else
      base::append_json_string(out, *cells[i]);
  }
  out += "}\n";
}

int run_file(const char* view_path, const char* file_path, int rounds, const char* rows_path) {
  const auto view = viewdef::View::compile(read(view_path));
  std::string bytes = read(file_path);
  const size_t size = bytes.size();
  bytes.append(viewdef::k_limit_padding, '\0');
  std::vector<std::string_view> lines;
  for (const std::string_view line : base::split(std::string_view(bytes).substr(0, size), '\n'))
    if (!line.empty()) lines.push_back(line);
  std::string rows;
  std::string ours;
  std::string limit;
  size_t checked = 0; // bytes of all cells: the work cannot be left out
  for (int round = 0; round < rounds; ++round) {
    const double begin = cpu_seconds();
    checked = 0;
    for (const std::string_view line : lines) {
      const auto document = fhir::Document::parse_in_place(line);
      view.run(document.root(), [&](std::span<const viewdef::Cell> cells) {
        for (const auto& cell : cells)
          checked += cell ? cell->size() : 1;
      });
    }
    const double between = cpu_seconds();
    if (viewdef::parse_and_count(lines) == 0) return 1;
    const double end = cpu_seconds();
    ours += fmt::format("{}{:.6f}", round ? "," : "", between - begin);
    limit += fmt::format("{}{:.6f}", round ? "," : "", end - between);
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::ofstream out(rows_path, std::ios::binary);
  for (const std::string_view line : lines) {
    const auto document = fhir::Document::parse_in_place(line);
    rows.clear();
    view.run(document.root(), [&](std::span<const viewdef::Cell> cells) { write_row(rows, view.columns(), cells); });
    out << rows;
  }
  fmt::print(R"({{"resources":{},"bytes":{},"checked":{},"ours":[{}],"limit":[{}],"peak_kib":{}}})"
             "\n",
             lines.size(), size, checked, ours, limit, usage.ru_maxrss);
  return out.good() ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 5) return run_file(argv[1], argv[2], std::atoi(argv[3]), argv[4]);
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
