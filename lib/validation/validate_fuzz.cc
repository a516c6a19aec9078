// Whatever the bytes: validation ends, never throws for what parses, and each issue says what and where. Read as JSON
// text; where that fails, as a recipe that puts known element names around the bytes, to reach deeper than chance
// would.

#include "lib/base/issue.h"
#include "lib/fhir/definitions.h"
#include "lib/validation/validate.h"

#include <cstdint>
#include <cstdlib>
#include <optional>

namespace xinglin::validation {
namespace {

using namespace fhir;

class Recipe {
public:
  Recipe(const uint8_t* data, size_t size) : m_data(data), m_size(size) {}

  std::string resource() {
    auto names = resource_types();
    const TypeDefinition& type = *find_type(names[byte() % names.size()]);
    JsonWriter writer;
    writer.begin_object().member("resourceType", type.name);
    members(writer, type, 0);
    writer.end_object();
    return writer.take();
  }

private:
  static constexpr int k_depth_max = 6;
  const uint8_t* m_data;
  size_t m_size;

  uint8_t byte() {
    if (m_size == 0) return 0;
    --m_size;
    return *m_data++;
  }

  void members(JsonWriter& writer, const TypeDefinition& type, int depth) {
    uint64_t used = 0;
    while (m_size > 0 && byte() % 4 != 0) {
      size_t which = byte() % type.elements.size();
      if ((used >> which & 1) != 0) break;
      used |= uint64_t{1} << which;
      const ElementDefinition& element = type.elements[which];
      std::string_view chosen = element.types[byte() % element.types.size()];
      std::string name(element.name);
      if (element.is_choice) {
        name += chosen;
        char& first = name[element.name.size()];
        if (first >= 'a' && first <= 'z') first = static_cast<char>(first - 32);
      }
      uint8_t twist = byte() % 16;
      const TypeDefinition& of = *find_type(chosen);
      if (twist == 0 && of.kind == TypeDefinition::Kind::primitive) name = "_" + name;
      writer.key(name);
      bool repeats = (element.max > 1) != (twist == 1);
      if (repeats) writer.begin_array();
      value(writer, of, depth, twist);
      if (repeats) writer.end_array();
    }
  }

  void value(JsonWriter& writer, const TypeDefinition& type, int depth, uint8_t twist) {
    if (twist == 2) {
      writer.null();
    } else if (type.name == "Resource" && depth < k_depth_max) {
      auto names = resource_types();
      const TypeDefinition& inner = *find_type(names[byte() % names.size()]);
      writer.begin_object().member("resourceType", inner.name);
      members(writer, inner, depth + 1);
      writer.end_object();
    } else if (type.kind == TypeDefinition::Kind::primitive && twist != 0) {
      static constexpr std::string_view k_values[] = {"\"#a\"",
                                                      "\"a\"",
                                                      "\"2023-02-29\"",
                                                      "\"2023-05-01T08:30:00Z\"",
                                                      "0",
                                                      "-1",
                                                      "1.50",
                                                      "true",
                                                      "\"\"",
                                                      "\"<div xmlns='http://www.w3.org/1999/xhtml'>a</div>\"",
                                                      "\"Patient/a\"",
                                                      "\"urn:uuid:a\"",
                                                      "\"active\""};
      writer.raw(k_values[byte() % std::size(k_values)]);
    } else {
      writer.begin_object();
      if (depth < k_depth_max) members(writer, type, depth + 1);
      writer.end_object();
    }
  }
};

void run(const std::string& text) {
  std::optional<Document> document;
  try {
    document = Document::parse(text);
  } catch (const base::Refused&) {
    return;
  }
  for (const base::Issue& issue : validate(*document)) {
    if (issue.text.empty() || issue.expression.empty() || issue.line < 1 || issue.column < 1) std::abort();
  }
}

} // namespace
} // namespace xinglin::validation

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace xinglin::validation;
  run(std::string(reinterpret_cast<const char*>(data), size));
  run(Recipe(data, size).resource());
  return 0;
}
