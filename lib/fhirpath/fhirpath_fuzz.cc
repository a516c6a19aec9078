// Whatever the text: refused with a place, or compiled, and then it runs to an end on a document within its bounds. The
// first byte chooses whether the elements are checked against Patient.

#include "lib/base/issue.h"
#include "lib/fhirpath/evaluator.h"
#include "lib/fhirpath/program.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace xinglin;

constexpr std::string_view k_patient = R"({
  "resourceType": "Patient", "id": "p", "active": true, "multipleBirthInteger": 2, "birthDate": "1950-03",
  "_birthDate": {"extension": [{"url": "u", "valueDateTime": "1950-03-02T08:30:00.5+08:00"}]},
  "name": [{"use": "official", "family": "王", "given": ["A", null], "_given": [null, {"id": "x"}]}, {"given": ["B"]}],
  "extension": [{"url": "u", "valueQuantity": {"value": 1.50, "system": "http://unitsofmeasure.org", "code": "mg"}},
                {"url": "v", "valueDecimal": -0.10}, {"url": "w", "valueTime": "08:30"}],
  "link": [{"other": {"reference": "Patient/p"}, "type": "refer"}],
  "contained": [{"resourceType": "Observation", "id": "o", "valueString": "s"}]
})";

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto document = fhir::Document::parse(std::string(k_patient));
  static fhirpath::Evaluator evaluator;
  constexpr uint64_t k_steps = 20'000;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  fhirpath::CompileOptions options;
  if (data[0] % 2 == 0) options.context = "Patient";
  try {
    const auto compiled = fhirpath::compile(text, options);
    const fhirpath::Environment environment;
    evaluator.limit_steps(k_steps);
    evaluator.begin(document.root(), environment);
    fhirpath::Frame frame;
    frame.has_self = true;
    frame.self = fhirpath::Evaluator::root_item(document.root(), compiled->context);
    const size_t base = evaluator.evaluate(*compiled, frame);
    for (const auto& item : evaluator.results(base))
      fhirpath::to_text(fhirpath::Evaluator::to_value(item));
  } catch (const base::Refused& refused) {
    if (refused.issues().empty() || refused.issues().front().text.empty()) std::abort();
  }
  return 0;
}
