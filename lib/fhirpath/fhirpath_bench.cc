// fhirpath_bench: evaluations a second of one core's time, of ten common expressions over two made resources, each
// answer checked first; and the time of all R4 search expressions of the Synthea resources, if they are there
// ($XINGLIN_DATA).

#include "lib/base/issue.h"
#include "lib/fhir/definitions.h"
#include "lib/fhirpath/expression.h"
#include "tests/support/files.h"

#include <cstdlib>
#include <ctime>
#include <fmt/format.h>
#include <functional>
#include <unordered_map>

namespace {

using namespace xinglin;

constexpr std::string_view k_patient = R"({
  "resourceType": "Patient", "id": "wang", "active": true,
  "extension": [{"url": "http://x/race", "valueCodeableConcept": {"text": "r"}}, {"url": "http://x/birthsex", "valueCode": "F"}],
  "identifier": [{"use": "usual", "system": "http://x/mrn", "value": "1"}, {"system": "urn:oid:2.16.156.10011.1.3", "value": "2"}],
  "name": [{"use": "official", "family": "Wang", "given": ["Xiu", "Ying"]}, {"use": "nickname", "given": ["Anna"]}],
  "telecom": [{"system": "phone", "value": "1"}, {"system": "email", "value": "e"}],
  "gender": "female", "birthDate": "1950-03-02", "deceasedDateTime": "2023-05-01T08:30:00+08:00",
  "address": [{"city": "C", "line": ["a", "b"]}], "managingOrganization": {"reference": "Organization/clinic"}
})";

constexpr std::string_view k_observation = R"({
  "resourceType": "Observation", "id": "o1", "status": "final",
  "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}],
  "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}, {"system": "http://snomed.info/sct", "code": "75367002"}]},
  "subject": {"reference": "Patient/wang"}, "effectiveDateTime": "2023-05-01T08:30:00+08:00",
  "component": [
    {"code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]}, "valueQuantity": {"value": 182, "unit": "mm[Hg]", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}},
    {"code": {"coding": [{"system": "http://loinc.org", "code": "8462-4"}]}, "valueQuantity": {"value": 110, "unit": "mm[Hg]", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}}]
})";

struct Case {
  const char* name;
  const char* type;
  const char* expression;
  const char* answer; ///< texts with commas
};

constexpr Case k_cases[] = {
    {"path", "Patient", "name.given", "Xiu,Ying,Anna"},
    {"where", "Patient", "name.where(use = 'official').family", "Wang"},
    {"exists", "Patient", "telecom.where(system = 'phone').exists()", "true"},
    {"extension", "Patient", "extension('http://x/birthsex').value", "F"},
    {"choice", "Patient", "deceased.ofType(dateTime)", "2023-05-01T08:30:00+08:00"},
    {"date", "Patient", "birthDate < @1960-01-01 and birthDate >= @1950", "{}"},
    {"reference", "Observation", "subject.where(resolve() is Patient).reference", "Patient/wang"},
    {"join", "Patient", "name.given.join(' ')", "Xiu Ying Anna"},
    {"coding", "Observation", "code.coding.where(system = 'http://loinc.org').code.first()", "85354-9"},
    {"criteria", "Observation",
     "component.where(code.coding.exists(code = '8480-6')).value.ofType(Quantity).value >= 180", "true"},
};

std::string answer(const fhirpath::Collection& result) {
  std::string out;
  for (const auto& value : result)
    out += (out.empty() ? "" : ",") + fhirpath::to_text(value).value_or("(structure)");
  return out.empty() ? "{}" : out;
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double seconds_of(const std::function<void()>& run) {
  const double start = cpu_seconds();
  run();
  return cpu_seconds() - start;
}

int run_cases() {
  constexpr size_t k_evaluations = 300'000;
  const auto patient = fhir::Document::parse(std::string(k_patient));
  const auto observation = fhir::Document::parse(std::string(k_observation));
  double total = 0;
  for (const Case& one : k_cases) {
    const fhir::Node input = std::string_view(one.type) == "Patient" ? patient.root() : observation.root();
    const auto expression = fhirpath::Expression::compile(one.expression, one.type);
    if (const std::string got = answer(expression.evaluate(input)); got != one.answer) {
      fmt::print(stderr, "fhirpath_bench: {} gives {}, not {}\n", one.expression, got, one.answer);
      return 1;
    }
    size_t items = 0;
    double best = 1e9;
    for (int round = 0; round < 3; ++round)
      best = std::min(best, seconds_of([&] {
                        for (size_t i = 0; i < k_evaluations; ++i)
                          items += expression.evaluate(input).size();
                      }));
    total += best / k_evaluations;
    fmt::print("{:<12} {:>8.2f} M evaluations/s\n", one.name, k_evaluations / best / 1e6);
  }
  fmt::print("{:<12} {:>8.2f} M evaluations/s\n", "all ten", std::size(k_cases) / total / 1e6);
  return 0;
}

void run_search(const std::filesystem::path& folder) {
  std::unordered_map<std::string, std::vector<fhirpath::Expression>> by_type;
  const auto expressions = [&](const std::string& type) -> const std::vector<fhirpath::Expression>& {
    auto& list = by_type[type];
    if (!list.empty()) return list;
    for (const auto& parameter : fhir::search_parameters())
      for (const auto base : parameter.base)
        if (!parameter.expression.empty() && (base == type || base == "Resource" || base == "DomainResource"))
          list.push_back(fhirpath::Expression::compile(parameter.expression, type));
    return list;
  };
  size_t resources = 0;
  size_t values = 0;
  size_t evaluations = 0;
  double seconds = 0;
  constexpr size_t k_files_max = 20;
  size_t files = 0;
  for (const auto& file : test::files_in(folder, ".json.gz")) {
    if (++files > k_files_max) break;
    const auto bundle = fhir::Document::parse(test::read_file(file));
    for (const fhir::Node entry : bundle.root()["entry"])
      expressions(std::string(entry["resource"]["resourceType"].text()));
    seconds += seconds_of([&] {
      for (const fhir::Node entry : bundle.root()["entry"]) {
        const fhir::Node resource = entry["resource"];
        ++resources;
        for (const auto& expression : by_type.at(std::string(resource["resourceType"].text()))) {
          values += expression.evaluate(resource).size();
          ++evaluations;
        }
      }
    });
  }
  if (resources == 0) return;
  fmt::print("search values of {} Synthea resources: {:.2f} us a resource ({} evaluations, {} values)\n", resources,
             seconds / static_cast<double>(resources) * 1e6, evaluations, values);
}

} // namespace

int main() {
  const char* data = std::getenv("XINGLIN_DATA");
  const std::filesystem::path folder = std::string(data ? data : "../shared/data") + "/synthea/r4";
  if (const int failed = run_cases()) return failed;
  if (std::filesystem::is_directory(folder)) run_search(folder);
  return 0;
}
