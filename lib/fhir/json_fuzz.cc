// Whatever the bytes: refused with a place, or accepted, and then writing the tree out again gives the same tree.

#include "lib/base/issue.h"
#include "lib/fhir/json.h"

#include <cstdint>
#include <cstdlib>

namespace xinglin::fhir {
namespace {

void write(JsonWriter& writer, Node node) {
  switch (node.kind()) {
  case Kind::object:
    writer.begin_object();
    for (Node child : node) {
      writer.key(child.name());
      write(writer, child);
    }
    writer.end_object();
    break;
  case Kind::array:
    writer.begin_array();
    for (Node child : node)
      write(writer, child);
    writer.end_array();
    break;
  case Kind::string: writer.string(node.text()); break;
  case Kind::boolean: writer.boolean(node.boolean()); break;
  case Kind::number: writer.raw(node.text()); break;
  case Kind::null: writer.null(); break;
  case Kind::none: std::abort();
  }
}

std::string rewritten(const Document& document) {
  JsonWriter writer;
  write(writer, document.root());
  return writer.take();
}

} // namespace
} // namespace xinglin::fhir

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace xinglin;
  try {
    auto document = fhir::Document::parse(std::string(reinterpret_cast<const char*>(data), size));
    std::string once = fhir::rewritten(document);
    if (fhir::rewritten(fhir::Document::parse(once)) != once) std::abort();
  } catch (const base::Refused& refused) {
    if (refused.issues().empty() || refused.issues().front().text.empty()) std::abort();
  }
  return 0;
}
