// Whatever the bytes: refused with a place, or a view, and then every row it gives has its columns, and the columns
// found together are those found one by one. A line feed and --- divide a view from the resource it is run over.

#include "lib/base/issue.h"
#include "lib/viewdef/view.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace xinglin;

constexpr std::string_view k_divider = "\n---\n";
constexpr std::string_view k_response = R"({
  "resourceType": "QuestionnaireResponse", "id": "r", "status": "completed", "authored": "2023-05-01",
  "item": [{"linkId": "a", "answer": [{"valueInteger": 1}, {"valueString": "x", "item": [{"linkId": "c"}]}]},
           {"linkId": "b", "item": [{"linkId": "a", "answer": [{"valueDecimal": 1.50}]}]}]
})";

/// Ends a run whose product of selects is as large as its author wished.
struct Enough {};

constexpr size_t k_rows_max = 2'000;

constexpr const char* k_too_costly = "too costly";

/// The rows as text, or k_too_costly; how a run that is refused ends is the same however the columns are found.
std::string rows_of(const viewdef::View& view, fhir::Node resource) {
  std::string out;
  size_t rows = 0;
  try {
    view.run(resource, [&](std::span<const viewdef::Cell> cells) {
      if (cells.size() != view.columns().size()) std::abort();
      for (const auto& cell : cells)
        out += cell ? "=" + std::string(*cell) + " " : "~ ";
      out += '\n';
      if (++rows > k_rows_max) throw Enough();
    });
  } catch (const Enough&) {
  } catch (const base::Refused& refused) {
    if (refused.issues().empty() || refused.issues().front().text.empty()) std::abort();
    if (refused.kind() == base::Refusal::too_large) return k_too_costly; // the ways take steps of their own
    out += "refused: " + refused.issues().front().expression;
  }
  return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t divider = bytes.find(k_divider);
  const std::string_view definition = bytes.substr(0, divider);
  try {
    const auto view = viewdef::View::compile(definition);
    const auto one_by_one = viewdef::View::compile(definition, viewdef::Values::checked, viewdef::Ways::one_by_one);
    const auto document = fhir::Document::parse(
        std::string(divider == std::string_view::npos ? k_response : bytes.substr(divider + k_divider.size())));
    const std::string together = rows_of(view, document.root());
    const std::string singly = rows_of(one_by_one, document.root());
    if (together != singly && together != k_too_costly && singly != k_too_costly) std::abort();
  } catch (const base::Refused& refused) {
    if (refused.issues().empty() || refused.issues().front().text.empty()) std::abort();
  }
  return 0;
}
