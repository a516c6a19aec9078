// fhirpath_batch: evaluates lines of NDJSON from standard input, an answer a line, for tests and comparisons with other
// engines. {"document": "a", "resource": {...}} keeps a document; {"document": "a", "expression": "..."} evaluates over
// it: {"result": [{"type": "string", "value": "x"}, ...]} or {"error": "..."}. "now" of a line is milliseconds of UTC.

#include "lib/base/issue.h"
#include "lib/fhirpath/expression.h"
#include "lib/fhirpath/functions.h"

#include <iostream>
#include <map>
#include <string>

namespace {

using namespace xinglin;

void write(fhir::JsonWriter& out, const fhirpath::Value& value) {
  out.begin_object().member("type", value.type);
  if (const auto* node = std::get_if<fhir::Node>(&value.data)) {
    out.key("node").boolean(true).key("value");
    if (*node) {
      out.raw(node->raw());
    } else {
      out.null(); // a primitive that has no value, only extensions
    }
  } else if (const auto* quantity = std::get_if<fhirpath::Quantity>(&value.data)) {
    out.key("value").begin_object().key("value").raw(quantity->value.to_string());
    out.member("unit", quantity->unit).key("calendar").boolean(quantity->calendar).end_object();
  } else if (std::holds_alternative<bool>(value.data) || std::holds_alternative<int64_t>(value.data) ||
             std::holds_alternative<base::Decimal>(value.data)) {
    out.key("value").raw(fhirpath::to_text(value).value_or("null"));
  } else {
    out.member("value", fhirpath::to_text(value).value_or(""));
  }
  out.end_object();
}

std::string answer(fhir::Node line, fhir::Node resource) {
  fhir::JsonWriter out;
  out.begin_object();
  try {
    fhirpath::Environment environment;
    if (line["now"]) environment.now = std::stoll(std::string(line["now"].text()));
    const auto context = resource["resourceType"].text();
    const auto result =
        fhirpath::Expression::compile(line["expression"].text(), context).evaluate(resource, environment);
    out.key("result").begin_array();
    for (const auto& value : result)
      write(out, value);
    out.end_array();
  } catch (const base::Refused& refused) {
    out.member("error", refused.what());
  }
  return out.end_object().take();
}

} // namespace

int main(int count, char** arguments) {
  if (count == 2 && std::string_view(arguments[1]) == "--functions") { // the names of all functions, one a line
    for (const auto& name : fhirpath::function_names())
      std::cout << name << '\n';
    return 0;
  }
  std::ios::sync_with_stdio(false);
  std::map<std::string, fhir::Document> documents;
  for (std::string text; std::getline(std::cin, text);) {
    try {
      const auto line = fhir::Document::parse(text);
      const std::string name(line.root()["document"].text());
      if (const fhir::Node resource = line.root()["resource"]) {
        documents.insert_or_assign(name, fhir::Document::parse(std::string(resource.raw())));
        continue;
      }
      const auto at = documents.find(name);
      std::cout << answer(line.root(), at == documents.end() ? fhir::Node() : at->second.root()) << '\n';
    } catch (const base::Refused& refused) {
      std::cerr << "fhirpath_batch: " << refused.what() << '\n';
      return 2;
    }
  }
  return 0;
}
