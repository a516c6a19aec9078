#include "lib/fhir/compact.h"

#include "lib/base/text.h"

namespace xinglin::fhir {

void append_compact(std::string& out, Node node) {
  if (!node.is_object() && !node.is_array()) {
    out += node.raw();
    return;
  }
  const bool is_object = node.is_object();
  out += is_object ? '{' : '[';
  bool first = true;
  for (const Node child : node) {
    if (!first) out += ',';
    first = false;
    if (is_object) {
      base::append_json_string(out, child.name());
      out += ':';
    }
    append_compact(out, child);
  }
  out += is_object ? '}' : ']';
}

} // namespace xinglin::fhir
