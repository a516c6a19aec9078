// The official FHIRPath R4 suite, unmodified, values and types compared. Cases that do not pass stand in
// official_suite_known.txt with a reason each; a listed case that passes, and an unlisted one that does not, fails.

#include "lib/base/issue.h"
#include "lib/fhirpath/expression.h"
#include "lib/fhirpath/program.h"
#include "tests/support/data.h"

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <sstream>

namespace {

using namespace xinglin;

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// "NAME<blank>reason" by line; # begins a comment.
std::map<std::string, std::string> known_failures(const std::filesystem::path& path) {
  std::map<std::string, std::string> out;
  std::istringstream in(read(path));
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t blank = line.find(' ');
    REQUIRE_MESSAGE(blank != std::string::npos, "a known failure without its reason: " << line);
    out[line.substr(0, blank)] = line.substr(blank + 1);
  }
  return out;
}

std::string type_of(const fhirpath::Value& value) {
  std::string type(value.type);
  if (std::holds_alternative<fhir::Node>(value.data)) return type;
  if (type == "DateTime") return "dateTime";
  if (type != "Quantity" && !type.empty()) type[0] = static_cast<char>(std::tolower(type[0]));
  return type;
}

std::string text_of(const fhirpath::Value& value) {
  return fhirpath::to_text(value).value_or("(structure)");
}

/// The suite writes dates with @ and times with @T.
std::string plain(std::string text) {
  if (text.rfind("@T", 0) == 0) return text.substr(2);
  if (text.rfind("@", 0) == 0) return text.substr(1);
  return text;
}

/// Empty when the case passes; else what came instead.
std::string difference(fhir::Node test, fhir::Node input) {
  const std::string_view expression = test["expression"].text();
  const bool wants_error = static_cast<bool>(test["invalid"]);
  fhirpath::Collection result;
  try {
    const auto context = std::string(input["resourceType"].text());
    if (test["checkOrderedFunctions"].text() == "true") // a check that is off unless asked for
      fhirpath::compile(expression, {.context = context, .check_order = true});
    fhirpath::Environment environment;
    result = fhirpath::Expression::compile(expression, context).evaluate(input, environment);
  } catch (const base::Refused& refused) {
    return wants_error ? std::string() : "error: " + std::string(refused.what());
  }
  std::string shown;
  for (const auto& value : result)
    shown += (shown.empty() ? "" : ", ") + type_of(value) + " " + text_of(value);
  if (wants_error) return "no error but {" + shown + "}";
  const fhir::Node outputs = test["outputs"];
  if (test["predicate"].text() == "true") { // the result counts as a boolean
    const bool actual = result.size() == 1 && (type_of(result[0]) != "boolean" || text_of(result[0]) == "true");
    return outputs.at(0)["value"].text() == (actual ? "true" : "false") ? "" : "{" + shown + "}";
  }
  if (outputs.size() != result.size())
    return std::to_string(result.size()) + " items {" + shown + "}, not " + std::to_string(outputs.size());
  std::vector<fhirpath::Value> rest(result.begin(), result.end());
  for (const fhir::Node output : outputs) {
    const auto matches = [&](const fhirpath::Value& value) {
      if (output["type"].is_string() && output["type"].text() != type_of(value)) return false;
      const std::string wanted = plain(std::string(output["value"].text()));
      if (wanted == text_of(value)) return true;
      // The suite writes decimals as it likes (1 for 1.0) and marks them so.
      if (type_of(value) != "decimal" || !output["type"].is_string()) return false;
      const auto a = base::Decimal::parse(wanted);
      const auto b = base::Decimal::parse(text_of(value));
      return a && b && *a == *b;
    };
    const bool ordered = test["ordered"].text() != "false";
    auto at = rest.begin();
    while (at != rest.end() && !matches(*at) && !ordered)
      ++at;
    if (at == rest.end() || !matches(*at))
      return "{" + shown + "}, not " + std::string(output["type"].text()) + " " + std::string(output["value"].text());
    rest.erase(at);
  }
  return {};
}

} // namespace

TEST_CASE("the official FHIRPath suite") {
  const auto folder = test::data_folder("fhirpath", "the official FHIRPath suite");
  if (!folder) return;
  const auto suite = fhir::Document::parse(read(*folder / "tests-fhir-r4.json"));
  const auto known = known_failures("lib/fhirpath/official_suite_known.txt");
  std::map<std::string, fhir::Document> inputs;
  std::map<std::string, int> seen;
  size_t passed = 0;
  size_t total = 0;
  for (const fhir::Node test : suite.root()["tests"]) {
    ++total;
    std::string name(test["name"].text());
    if (const int times = ++seen[name]; times > 1) name += "#" + std::to_string(times);
    fhir::Node input;
    if (test["input"]) {
      const std::string file(test["input"].text());
      if (!inputs.contains(file)) inputs.emplace(file, fhir::Document::parse(read(*folder / file)));
      input = inputs.at(file).root();
    }
    const std::string wrong = difference(test, input);
    if (wrong.empty()) ++passed;
    const auto listed = known.find(name);
    if (listed == known.end()) {
      CHECK_MESSAGE(wrong.empty(), name << ": " << std::string(test["expression"].text()) << ": " << wrong);
    } else {
      CHECK_MESSAGE(!wrong.empty(), name << " passes now: take it off the list");
    }
  }
  for (const auto& [name, reason] : known)
    CHECK_MESSAGE(seen.contains(name.substr(0, name.find('#'))), name << " is no case of the suite");
  CHECK(known.size() * 100 <= total); // at most one in a hundred
  MESSAGE("official FHIRPath suite: " << passed << " of " << total << " pass");
}
