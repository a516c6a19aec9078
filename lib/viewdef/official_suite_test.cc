// The official SQL on FHIR v2 suite, unmodified. Cases that do not pass stand in official_suite_known.txt with a reason
// each; a listed case that passes, and an unlisted one that does not, fails.

#include "lib/base/issue.h"
#include "lib/fhir/json.h"
#include "lib/viewdef/conformance.h"
#include "tests/support/data.h"

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <string>

namespace {

using namespace xinglin;

std::map<std::string, std::string> known_failures(const std::filesystem::path& path) {
  std::map<std::string, std::string> out;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t bar = line.find(" | ");
    REQUIRE_MESSAGE(bar != std::string::npos, "a known failure without its reason: " << line);
    out[line.substr(0, bar)] = line.substr(bar + 3);
  }
  return out;
}

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

} // namespace

TEST_CASE("the official SQL on FHIR suite") {
  const auto folder = test::data_folder("sql-on-fhir", "the official SQL on FHIR suite");
  if (!folder) return;
  const auto known = known_failures("lib/viewdef/official_suite_known.txt");
  std::map<std::string, bool> seen;
  size_t passed = 0;
  size_t total = 0;
  for (const auto& file : viewdef::run_suite(*folder / "tests")) {
    for (const auto& one : file.cases) {
      ++total;
      const std::string name = file.name.substr(0, file.name.find('.')) + ": " + one.name;
      seen[name] = true;
      if (one.error.empty()) ++passed;
      if (!known.contains(name)) {
        CHECK_MESSAGE(one.error.empty(), name << ": " << one.error);
      } else {
        CHECK_MESSAGE(!one.error.empty(), name << " passes now: take it off the list");
      }
    }
  }
  for (const auto& [name, reason] : known)
    CHECK_MESSAGE(seen.contains(name), name << " is no case of the suite");
  CHECK(total > 0);
  MESSAGE("official SQL on FHIR suite: " << passed << " of " << total << " pass");
}

TEST_CASE("a report in the suite's own format tells what failed") {
  const test::TemporaryDirectory directory;
  const std::string view =
      R"~({"resource": "Patient", "select": [{"column": [{"name": "id", "path": "id", "type": "id"}]}]})~";
  write(directory.path() / "b.json",
        R"~({"title": "b", "resources": [{"resourceType": "Patient", "id": "p1"}], "tests": [
    {"title": "right", "view": )~" +
            view + R"~(, "expect": [{"id": "p1"}]},
    {"title": "wrong row", "view": )~" +
            view + R"~(, "expect": [{"id": "p2"}]},
    {"title": "a row too many", "view": )~" +
            view + R"~(, "expect": []},
    {"title": "wrong count", "view": )~" +
            view + R"~(, "expectCount": 2},
    {"title": "wrong columns", "view": )~" +
            view + R"~(, "expectColumns": ["no"], "expectCount": 1},
    {"title": "no error", "view": )~" +
            view + R"~(, "expectError": true},
    {"title": "an error", "view": {}, "expectError": true}]})~");
  write(directory.path() / "README.md", "not a test file");
  const auto files = viewdef::run_suite(directory.path());
  REQUIRE(files.size() == 1);
  const auto report = fhir::Document::parse(viewdef::suite_report(files));
  const fhir::Node tests = report.root()["b.json"]["tests"];
  const bool wanted[] = {true, false, false, false, false, false, true};
  REQUIRE(tests.size() == std::size(wanted));
  for (size_t i = 0; i < std::size(wanted); ++i) {
    const fhir::Node result = tests.at(i)["result"];
    CHECK_MESSAGE(result["passed"].boolean() == wanted[i], tests.at(i)["name"].text());
    CHECK(static_cast<bool>(result["error"]) != wanted[i]);
  }
  CHECK(tests.at(1)["name"].text() == "wrong row");
  CHECK_THROWS_AS(viewdef::run_suite(directory.path() / "none"), base::Refused);
  write(directory.path() / "c.json", "{}");
  CHECK_THROWS_AS(viewdef::run_suite(directory.path()), base::Refused);
}
