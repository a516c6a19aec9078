// validation_bench [FOLDER]: MB/s of parsing and validating the JSON files of a folder (default: the Synthea bundles),
// beside simdjson's DOM. Every parse is walked whole, and both must count the same values.

#include "lib/fhir/json.h"
#include "lib/validation/validate.h"
#include "tests/support/files.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <functional>
#ifdef XINGLIN_HAS_SIMDJSON
#include <simdjson.h>
#endif

namespace xinglin::validation {
namespace {

using fhir::Document;
using fhir::Node;

size_t count(Node node) {
  size_t values = 1;
  for (Node child : node)
    values += count(child);
  return values;
}

#ifdef XINGLIN_HAS_SIMDJSON
size_t count(simdjson::dom::element element) {
  size_t values = 1;
  simdjson::dom::array array;
  simdjson::dom::object object;
  if (element.get(array) == simdjson::SUCCESS) {
    for (simdjson::dom::element child : array)
      values += count(child);
  } else if (element.get(object) == simdjson::SUCCESS) {
    for (auto member : object)
      values += count(member.value);
  }
  return values;
}
#endif

/// Best of several runs over all texts.
size_t measure(const char* what, const std::vector<std::string>& texts,
               const std::function<size_t(const std::string&)>& run) {
  constexpr int k_rounds = 5;
  size_t bytes = 0;
  for (const std::string& text : texts)
    bytes += text.size();
  double best_seconds = 1e9;
  size_t values = 0;
  for (int round = 0; round < k_rounds; ++round) {
    auto start = std::chrono::steady_clock::now();
    values = 0;
    for (const std::string& text : texts)
      values += run(text);
    best_seconds =
        std::min(best_seconds, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  fmt::print("{:<24} {:>8.0f} MB/s  {} values\n", what, static_cast<double>(bytes) / 1e6 / best_seconds, values);
  return values;
}

} // namespace
} // namespace xinglin::validation

int main(int argc, char** argv) {
  using namespace xinglin::validation;
  using xinglin::fhir::Document;
  const char* data = std::getenv("XINGLIN_DATA");
  std::filesystem::path folder = argc > 1 ? argv[1] : std::string(data ? data : "../shared/data") + "/synthea/r4";
  if (!std::filesystem::is_directory(folder)) {
    fmt::print(stderr, "validation_bench: no folder {}; name one, or set XINGLIN_DATA\n", folder.string());
    return 2;
  }
  std::vector<std::string> texts;
  size_t bytes = 0;
  for (const char* ending : {".json", ".json.gz"}) {
    for (const auto& file : xinglin::test::files_in(folder, ending)) {
      if (bytes > 300'000'000) break;
      texts.push_back(xinglin::test::read_file(file));
      bytes += texts.back().size();
    }
  }
  fmt::print("{} files, {:.1f} MB\n", texts.size(), static_cast<double>(bytes) / 1e6);
  size_t ours =
      measure("parse and walk", texts, [](const std::string& text) { return count(Document::parse(text).root()); });
  measure("parse and validate", texts, [](const std::string& text) {
    Document document = Document::parse(text);
    return validate(document).has_errors() ? 0 : count(document.root());
  });
#ifdef XINGLIN_HAS_SIMDJSON
  simdjson::dom::parser parser;
  size_t theirs = measure("simdjson DOM and walk", texts, [&](const std::string& text) {
    simdjson::dom::element root;
    return parser.parse(text).get(root) == simdjson::SUCCESS ? count(root) : 0;
  });
  if (ours != theirs) {
    fmt::print("the counts differ\n");
    return 1;
  }
#endif
  return ours > 0 ? 0 : 1;
}
