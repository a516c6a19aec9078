// The case files of HL7's fhirpath.js (data only), those for R4 or for no model: what another engine of the standard
// expects. Cases we see otherwise stand in further_cases_known.txt with a reason each, and are watched like the others.

#include "lib/base/issue.h"
#include "lib/fhir/definitions.h"
#include "lib/fhirpath/expression.h"
#include "lib/fhirpath/lexer.h"
#include "tests/support/data.h"
#include "tests/support/files.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <sstream>

namespace {

using namespace xinglin;

bool same(fhir::Node a, fhir::Node b) {
  if (a.kind() != b.kind()) return false;
  if (a.kind() == fhir::Kind::number) {
    const auto left = base::Decimal::parse(a.text());
    const auto right = base::Decimal::parse(b.text());
    return left && right && *left == *right;
  }
  if (!a.is_object() && !a.is_array()) return a.text() == b.text();
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (!same(a.at(i), a.is_object() ? b[a.at(i).name()] : b.at(i))) return false;
  return true;
}

bool same(fhir::Node expected, const fhirpath::Value& value) {
  if (const auto* node = std::get_if<fhir::Node>(&value.data)) return same(expected, *node);
  const std::string text = fhirpath::to_text(value).value_or("");
  if (expected.is_object()) // of type()
    return std::string(expected["namespace"].text()) + "." + std::string(expected["name"].text()) == text;
  if (value.type == "Long") return expected.is_string() && expected.text() == text;
  if (std::holds_alternative<bool>(value.data))
    return expected.kind() == fhir::Kind::boolean && expected.text() == text;
  if (std::holds_alternative<int64_t>(value.data) || std::holds_alternative<base::Decimal>(value.data)) {
    const auto left = base::Decimal::parse(expected.text());
    const auto right = base::Decimal::parse(text);
    return expected.kind() == fhir::Kind::number && left && right && *left == *right;
  }
  return expected.is_string() && expected.text() == text;
}

class Cases {
public:
  explicit Cases(std::filesystem::path folder) : m_folder(std::move(folder)) {}

  void run(const std::filesystem::path& file,
           const std::function<void(const std::string&, const std::string&)>& report) {
    const auto document = fhir::Document::parse(test::read_file(file));
    m_subject = document.root()["subject"];
    m_number = 0;
    walk(document.root()["tests"], file.stem().string(), report);
  }

private:
  void walk(fhir::Node node, const std::string& stem,
            const std::function<void(const std::string&, const std::string&)>& report) {
    if (node.is_array()) {
      for (const fhir::Node child : node)
        walk(child, stem, report);
    } else if (node.is_object() && node["expression"]) {
      const std::string_view model = node["model"].text();
      const bool other = !model.empty() && model != "r4";
      const auto one = [&](fhir::Node expression, fhir::Node base) {
        ++m_number;
        if (other || node["disable"].boolean() || node["preciseMath"] || !(node["result"] || node["error"])) return;
        report(stem + "#" + std::to_string(m_number) + " " + std::string(expression.text()),
               difference(node, expression.text(), base));
      };
      if (node["expression"].is_array()) {
        for (const fhir::Node expression : node["expression"])
          one(expression, {});
      } else if (node["expression"].is_object()) { // with the kind of the part that is the input
        one(node["expression"]["expression"], node["expression"]["base"]);
      } else {
        one(node["expression"], {});
      }
    } else if (node.is_object()) {
      for (const fhir::Node child : node)
        walk(child, stem, report);
    }
  }

  std::string difference(fhir::Node test, std::string_view expression, fhir::Node base) {
    fhir::Node input = m_subject;
    if (test["inputfile"]) {
      const std::string name(test["inputfile"].text());
      if (!m_inputs.contains(name))
        m_inputs.emplace(name, fhir::Document::parse(test::read_file(m_folder / "input" / name)));
      input = m_inputs.at(name).root();
    }
    const bool wants_error = test["error"] && test["error"].text() != "false"; // true, or a list of one
    std::string shown;
    try {
      fhirpath::Environment environment;
      for (const fhir::Node variable : test["variables"]) {
        auto& list = environment.variables[std::string(variable.name())];
        if (variable.is_array()) {
          for (const fhir::Node value : variable)
            list.push_back({value, "", {}});
        } else {
          list.push_back({variable, "", {}});
        }
      }
      std::string type(test["model"].text() == "r4" ? input["resourceType"].text() : "");
      if (!fhir::find_type(type)) type.clear();
      if (base) type = base.text(); // the input is a part of that kind
      if (test["context"]) {        // the focus within the input
        const auto focus = fhirpath::Expression::compile(test["context"].text()).evaluate(input);
        if (focus.size() != 1) return "the context gives " + std::to_string(focus.size());
        input = std::get<fhir::Node>(focus[0].data);
      }
      auto result = fhirpath::Expression::compile(expression, test["context"] ? "" : type).evaluate(input, environment);
      std::erase_if(result, [](const fhirpath::Value& value) { // that engine leaves out primitives without a value
        const auto* node = std::get_if<fhir::Node>(&value.data);
        return node && !*node;
      });
      for (const auto& value : result)
        shown += (shown.empty() ? "" : ", ") + fhirpath::to_text(value).value_or("{...}");
      if (wants_error) return "no error but [" + shown + "]";
      const fhir::Node expected = test["result"];
      if (result.size() != expected.size())
        return "[" + shown + "] instead of " + std::string(expected.raw().substr(0, 200));
      for (size_t i = 0; i < result.size(); ++i)
        if (!same(expected.at(i), result[i]))
          return "[" + shown + "] instead of " + std::string(expected.raw().substr(0, 200));
      return {};
    } catch (const base::Refused& refused) {
      return wants_error ? std::string() : std::string(refused.what());
    }
  }

  std::filesystem::path m_folder;
  std::map<std::string, fhir::Document> m_inputs;
  fhir::Node m_subject;
  int m_number = 0;
};

} // namespace

TEST_CASE("the further cases") {
  const auto folder = test::data_folder("fhirpath", "the further FHIRPath cases");
  if (!folder) return;
  std::map<std::string, std::string> known;
  std::istringstream list(test::read_file("lib/fhirpath/further_cases_known.txt"));
  for (std::string line; std::getline(list, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t bar = line.find(" | ");
    REQUIRE_MESSAGE(bar != std::string::npos, "a known difference without its reason: " << line);
    known[line.substr(0, bar)] = line.substr(bar + 3);
  }
  std::map<std::string, bool> seen;
  size_t total = 0;
  size_t passed = 0;
  Cases cases(*folder);
  for (const auto& file : test::files_in(*folder / "fhirpath.js-cases", ".json")) {
    const std::string stem = file.stem().string();
    if (stem == "factory" || stem == "fhir-r4") continue; // not of the language; the official suite once more
    cases.run(file, [&](const std::string& name, const std::string& wrong) {
      const std::string key = name.substr(0, name.find(' '));
      seen[key] = true;
      ++total;
      if (wrong.empty()) ++passed;
      if (known.contains(key)) {
        CHECK_MESSAGE(!wrong.empty(), name << " passes now: take it off the list");
      } else {
        CHECK_MESSAGE(wrong.empty(), name << ": " << wrong);
      }
    });
  }
  for (const auto& [name, reason] : known)
    CHECK_MESSAGE(seen.contains(name), name << " is no case");
  CHECK(total > 1000);
  CHECK(known.size() * 100 <= total * 3);
  MESSAGE("further FHIRPath cases: " << passed << " of " << total << " pass");
}
