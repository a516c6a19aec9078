#include "lib/validation/validate.h"

#include "lib/fhir/primitive.h"
#include "lib/fhir/xhtml.h"
#include "tests/support/data.h"
#include "tests/support/files.h"

#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <map>
#include <sstream>

namespace xinglin::validation {
namespace {

using fhir::Document;
using fhir::k_string_bytes_max;
using fhir::k_xhtml_depth_max;
using fhir::Node;

namespace filesystem = std::filesystem;

std::vector<std::string> lines_of(const filesystem::path& file) {
  std::istringstream in(test::read_file(file));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

/// A list of exceptions: name, tab, reason. Lines with # are comments.
std::map<std::string, std::string> exceptions(const filesystem::path& file) {
  std::map<std::string, std::string> list;
  for (const std::string& line : lines_of(file)) {
    if (line.empty() || line[0] == '#') continue;
    size_t tab = line.find('\t');
    REQUIRE_MESSAGE(tab != std::string::npos, line);
    REQUIRE_MESSAGE(line.size() > tab + 10, ("a reason is needed: " + line));
    list[line.substr(0, tab)] = line.substr(tab + 1);
  }
  return list;
}

/// Refused by the parser or the validator; the messages go to `text`.
bool is_refused(const std::string& json, std::string& text) {
  try {
    Document document = Document::parse(json);
    base::Issues issues = validate(document);
    text = issues.to_text();
    return issues.has_errors();
  } catch (const base::Refused& refused) {
    text = refused.what();
    return true;
  }
}

TEST_CASE("what is right in our examples validates without an issue") {
  for (const auto& file : test::files_in("lib/validation/testdata", ".valid.ndjson")) {
    for (const std::string& line : lines_of(file)) {
      CAPTURE(line);
      std::string text;
      CHECK_FALSE(is_refused(line, text));
      CHECK(text == "");
    }
  }
}

TEST_CASE("what is wrong in our examples gives the messages beside them (UPDATE_GOLDEN=1 writes them)") {
  for (auto file : test::files_in("lib/validation/testdata", ".invalid.ndjson")) {
    std::string got;
    int number = 0;
    for (const std::string& line : lines_of(file)) {
      CAPTURE(line);
      std::string text;
      CHECK((is_refused(line, text) || text.find("warning: ") != std::string::npos));
      got += std::to_string(++number) + "\n" + text + "\n";
    }
    auto golden = file.replace_extension(".txt");
    if (std::getenv("UPDATE_GOLDEN")) std::ofstream(golden) << got;
    CHECK_MESSAGE(test::read_file(golden) == got, golden);
  }
}

TEST_CASE("rules told in the specification's words: which is broken and where (UPDATE_GOLDEN=1 writes them)") {
  std::string got;
  int number = 0;
  for (const std::string& line : lines_of("lib/validation/testdata/rules.broken.ndjson")) {
    CAPTURE(line);
    got += std::to_string(++number) + "\n";
    for (const base::Issue& issue : validate(Document::parse(line))) {
      got += issue.text.substr(0, issue.text.find(':')) + " at " + issue.expression + "\n";
      CHECK(issue.text.find(';') != std::string::npos); // the mend
    }
  }
  const std::string golden = "lib/validation/testdata/rules.broken.txt";
  if (std::getenv("UPDATE_GOLDEN")) std::ofstream(golden) << got;
  CHECK_MESSAGE(test::read_file(golden) == got, golden);
}

TEST_CASE("issues stop at the limit") {
  std::string many = R"({"resourceType":"Patient")";
  for (int i = 0; i < 500; ++i)
    many += ",\"x" + std::to_string(i) + "\":1";
  Document document = Document::parse(many + "}");
  CHECK(validate(document).size() == 100);
  CHECK(validate(document, {.issues_max = 7}).size() == 7);
}

TEST_CASE("limits: length of a string, nesting of a narrative") {
  auto named = [](size_t length) {
    return R"({"resourceType":"Patient","name":[{"text":")" + std::string(length, 'x') + "\"}]}";
  };
  auto nested = [](int depth) {
    std::string text = R"(<div xmlns='http://www.w3.org/1999/xhtml'>)";
    for (int i = 1; i < depth; ++i)
      text += "<p>";
    text += "x";
    for (int i = 1; i < depth; ++i)
      text += "</p>";
    return R"({"resourceType":"Patient","text":{"status":"generated","div":")" + text + "</div>\"}}";
  };
  std::string text;
  CHECK_FALSE(is_refused(named(k_string_bytes_max), text));
  CHECK(is_refused(named(k_string_bytes_max + 1), text));
  CHECK(text.find("more than the 1048576 allowed") != std::string::npos);
  CHECK_FALSE(is_refused(nested(k_xhtml_depth_max), text));
  CHECK(is_refused(nested(k_xhtml_depth_max + 1), text));
  CHECK(text.find("nested more than 100 deep") != std::string::npos);
}

TEST_CASE("a resource inside a document is validated with the expression it is given") {
  Document document = Document::parse(R"({"part":{"resourceType":"Patient","name":[{"family":1}]}})");
  base::Issues issues = validate(document.root()["part"], "Bundle.entry[3].resource");
  REQUIRE(issues.size() == 1);
  CHECK(issues.front().expression == "Bundle.entry[3].resource.name[0].family");
  CHECK(issues.front().line == 1);
  CHECK(issues.front().column == 53);
}

TEST_CASE("the specification's examples are valid, but for those that break its own rules") {
  auto folder = test::data_folder("fhir-examples", "validation: r4-valid");
  if (!folder) return;
  auto excepted = exceptions("tests/conformance/r4_valid.tsv");
  size_t seen = 0;
  size_t files = 0;
  for (const auto& file : test::files_in(*folder / "r4-valid", ".json")) {
    ++files;
    std::string text;
    bool refused = is_refused(test::read_file(file), text);
    auto exception = excepted.find(file.stem().string());
    if (exception == excepted.end()) {
      CHECK_MESSAGE(!refused, (file.string() + "\n" + text));
    } else {
      ++seen;
      CHECK_MESSAGE(refused, (file.string() + " is valid now: take it off tests/conformance/r4_valid.tsv"));
    }
  }
  CHECK(files > 600);
  CHECK(seen == excepted.size());
}

TEST_CASE("the validator suite: error or not, as its reference validator says") {
  auto folder = test::data_folder("fhir-examples", "validation: validator suite");
  if (!folder) return;
  auto suite = *folder / "validator";
  auto excepted = exceptions("tests/conformance/validator_suite.tsv");
  Document manifest = Document::parse(test::read_file(suite / "manifest-r4-json.json"));
  int agree = 0;
  int differ = 0;
  size_t seen = 0;
  for (Node test_case : manifest.root()["test-cases"]) {
    if (!test_case["self_contained"].boolean()) continue;
    Node expected = test_case["expected_base"];
    if (!expected.is_object()) continue; // no stored outcome: nothing to agree with
    auto is_some = [](Node count) { return count && count.text() != "0"; };
    bool expects_error = is_some(expected["error"]) || is_some(expected["fatal"]);
    std::string text;
    bool refused = is_refused(test::read_file(suite / std::string(test_case["file"].text())), text);
    std::string name(test_case["name"].text());
    bool is_excepted = excepted.count(name) > 0;
    (refused == expects_error ? agree : differ) += 1;
    seen += is_excepted ? 1 : 0;
    CHECK_MESSAGE((refused == expects_error) == !is_excepted,
                  (name +
                   (is_excepted     ? " agrees now: take it off tests/conformance/validator_suite.tsv"
                    : expects_error ? ": an error was expected"
                                    : ": no error was expected") +
                   "\n" + text));
  }
  CHECK(agree + differ > 80);
  CHECK(agree * 100 >= (agree + differ) * 80);
  CHECK(seen == excepted.size());
  MESSAGE("agrees on " << agree << " of " << agree + differ);
}

TEST_CASE("real patients' bundles are valid") {
  auto folder = test::data_folder("synthea", "validation: synthea");
  if (!folder) return;
  constexpr size_t k_files = 12; // of two hundred, spread; the bench runs over all
  auto files = test::files_in(*folder / "r4", ".json.gz");
  CHECK(files.size() >= k_files);
  for (size_t i = 0; i < files.size(); i += std::max<size_t>(1, files.size() / k_files)) {
    std::string text;
    CHECK_MESSAGE(!is_refused(test::read_file(files[i]), text), (files[i].string() + "\n" + text));
  }
}

} // namespace
} // namespace xinglin::validation
