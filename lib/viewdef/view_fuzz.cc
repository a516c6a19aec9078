// Whatever the bytes: refused with a place, or a view, and then every row it gives has its columns.

#include "lib/base/issue.h"
#include "lib/viewdef/view.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

constexpr std::string_view k_response = R"({
  "resourceType": "QuestionnaireResponse", "id": "r", "status": "completed", "authored": "2023-05-01",
  "item": [{"linkId": "a", "answer": [{"valueInteger": 1}, {"valueString": "x", "item": [{"linkId": "c"}]}]},
           {"linkId": "b", "item": [{"linkId": "a", "answer": [{"valueDecimal": 1.50}]}]}]
})";

/// Ends a run whose product of selects is as large as its author wished.
struct Enough {};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace xinglin;
  static const auto document = fhir::Document::parse(std::string(k_response));
  constexpr size_t k_rows_max = 10'000;
  try {
    const auto view = viewdef::View::compile({reinterpret_cast<const char*>(data), size});
    size_t rows = 0;
    view.run(document.root(), [&](std::span<const viewdef::Cell> cells) {
      if (cells.size() != view.columns().size()) std::abort();
      if (++rows > k_rows_max) throw Enough();
    });
  } catch (const Enough&) {
  } catch (const base::Refused& refused) {
    if (refused.issues().empty() || refused.issues().front().text.empty()) std::abort();
  }
  return 0;
}
