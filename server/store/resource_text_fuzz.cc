// Any JSON object with a type: the stamp goes in, comes out again, and leaves the rest as it was.

#include "server/store/resource_text.h"

#include "lib/base/issue.h"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>

using namespace xinglin;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::optional<fhir::Document> document;
  try {
    document.emplace(fhir::Document::parse(std::string(reinterpret_cast<const char*>(data), size)));
  } catch (const base::Refused&) { // no JSON, or too deep
    return 0;
  }
  auto root = document->root();
  if (!root.is_object() || !root["resourceType"].is_string()) return 0;
  for (const auto& found : store::find_references(root))
    (void)store::read_reference(found.value.text());
  auto text = store::unstamp(root, "the-id");
  auto stamped = fhir::Document::parse(store::stamp(text, 7, 1'700'000'000'000, {}));
  assert(stamped.root()["id"].text() == "the-id");
  assert(stamped.root()["meta"]["versionId"].text() == "7");
  assert(store::unstamp(stamped.root(), "the-id") == text);
  assert(stamped.root()["resourceType"].text() == root["resourceType"].text());
  return 0;
}
