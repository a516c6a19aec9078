// fhirpath_bench CASES DOCUMENTS TIMES: evaluations a second of one core of each case (a line of CASES: {"name",
// "type", "expression"}) over the documents of its type (a line of DOCUMENTS each, all of them TIMES over), as JSON on
// standard output, with the peak of memory. Beside it, for paths, the limit: the same found by hand in simdjson's tree.
// fhirpath_bench search FOLDER: the time of all R4 search expressions of a resource, over the Synthea bundles.
// bench/fhirpath.py makes the cases, checks the answers and compares with the peer.

#include "lib/base/issue.h"
#include "lib/fhir/definitions.h"
#include "lib/fhirpath/expression.h"
#include "tests/support/files.h"

#include <chrono>
#include <ctime>
#include <fmt/format.h>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <sys/resource.h>
#include <unordered_map>
#ifdef XINGLIN_HAS_SIMDJSON
#include <simdjson.h>
#endif

namespace {

using namespace xinglin;

constexpr int k_batches = 200;   ///< the best of them counts: others run on this machine too
constexpr double k_batch_ms = 2; ///< about
constexpr size_t k_search_files_max = 20;

double seconds_of(const std::function<void()>& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Seconds of one call, by the best of many short batches.
double best_of(const std::function<void()>& once) {
  once();
  size_t calls = 1;
  while (seconds_of([&] {
           for (size_t i = 0; i < calls; ++i)
             once();
         }) < k_batch_ms / 1000)
    calls *= 2;
  double best = 1e9;
  for (int batch = 0; batch < k_batches; ++batch)
    best = std::min(best, seconds_of([&] {
                      for (size_t i = 0; i < calls; ++i)
                        once();
                    }));
  return best / static_cast<double>(calls);
}

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> out;
  std::istringstream in(test::read_file(path));
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) out.push_back(line);
  return out;
}

#ifdef XINGLIN_HAS_SIMDJSON
/// How many values stand at a path of plain names.
size_t count_at(simdjson::dom::element element, const std::vector<std::string>& path, size_t at) {
  simdjson::dom::array array;
  if (element.get(array) == simdjson::SUCCESS) {
    size_t found = 0;
    for (simdjson::dom::element child : array)
      found += count_at(child, path, at);
    return found;
  }
  if (at == path.size()) return 1;
  simdjson::dom::object object;
  simdjson::dom::element child;
  if (element.get(object) != simdjson::SUCCESS || object.at_key(path[at]).get(child) != simdjson::SUCCESS) return 0;
  return count_at(child, path, at + 1);
}

double limit_of(const std::vector<std::string>& texts, const std::string& expression) {
  if (expression.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.") != std::string::npos)
    return 0;
  std::vector<std::string> path;
  std::istringstream parts(expression);
  for (std::string part; std::getline(parts, part, '.');)
    path.push_back(part);
  std::vector<std::unique_ptr<simdjson::dom::parser>> parsers;
  std::vector<simdjson::dom::element> roots;
  for (const std::string& text : texts) {
    parsers.push_back(std::make_unique<simdjson::dom::parser>());
    roots.push_back(parsers.back()->parse(text).value());
  }
  volatile size_t found = 0;
  const double seconds = best_of([&] {
    for (const auto& root : roots)
      found = found + count_at(root, path, 0);
  });
  return static_cast<double>(texts.size()) / seconds;
}
#else
double limit_of(const std::vector<std::string>&, const std::string&) {
  return 0;
}
#endif

int run_cases(const std::string& cases, const std::string& documents, int times) {
  std::map<std::string, std::vector<std::string>> texts;
  for (const std::string& line : lines_of(documents))
    texts[std::string(fhir::Document::parse(line).root()["resourceType"].text())].push_back(line);
  std::map<std::string, std::vector<fhir::Document>> parsed;
  for (const auto& [type, lines] : texts)
    for (int i = 0; i < times; ++i)
      for (const std::string& line : lines)
        parsed[type].push_back(fhir::Document::parse(line));
  fhir::JsonWriter out;
  out.begin_object().key("cases").begin_object();
  for (const std::string& line : lines_of(cases)) {
    const auto one = fhir::Document::parse(line);
    const std::string type(one.root()["type"].text());
    const std::string text(one.root()["expression"].text());
    const auto expression = fhirpath::Expression::compile(text, type);
    const auto& list = parsed[type];
    volatile size_t items = 0;
    fhirpath::Collection found;
    const fhirpath::Environment environment;
    const double seconds = best_of([&] {
      for (const auto& document : list) {
        expression.evaluate(document.root(), environment, found);
        items = items + found.size();
      }
    });
    out.key(one.root()["name"].text()).begin_object();
    out.key("rate").raw(fmt::format("{:.0f}", static_cast<double>(list.size()) / seconds));
    if (const double limit = times == 1 ? limit_of(texts[type], text) : 0; limit > 0)
      out.key("limit").raw(fmt::format("{:.0f}", limit));
    out.end_object();
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  out.end_object().key("peak_mib").raw(fmt::format("{:.1f}", static_cast<double>(usage.ru_maxrss) / 1024)).end_object();
  std::cout << out.take() << '\n';
  return 0;
}

int run_search(const std::filesystem::path& folder) {
  std::unordered_map<std::string, std::vector<fhirpath::Expression>> by_type;
  const auto prepare = [&](const std::string& type) {
    if (by_type.contains(type)) return;
    auto& list = by_type[type];
    for (const auto& parameter : fhir::search_parameters())
      for (const auto base : parameter.base)
        if (!parameter.expression.empty() && (base == type || base == "Resource" || base == "DomainResource"))
          list.push_back(fhirpath::Expression::compile(parameter.expression, type));
  };
  std::vector<fhir::Document> bundles;
  size_t resources = 0;
  for (const auto& file : test::files_in(folder, ".json.gz")) {
    if (bundles.size() == k_search_files_max) break;
    bundles.push_back(fhir::Document::parse(test::read_file(file)));
    for (const fhir::Node entry : bundles.back().root()["entry"]) {
      prepare(std::string(entry["resource"]["resourceType"].text()));
      ++resources;
    }
  }
  size_t values = 0;
  size_t evaluations = 0;
  double seconds = 0;
  fhirpath::Collection out;
  const fhirpath::Environment environment;
  for (const auto& bundle : bundles) {
    double best = 1e9;
    for (int round = 0; round < 5; ++round) {
      size_t found = 0;
      size_t made = 0;
      best = std::min(best, seconds_of([&] {
                        for (const fhir::Node entry : bundle.root()["entry"]) {
                          const fhir::Node resource = entry["resource"];
                          const uint64_t there = fhirpath::Expression::starts_of(resource);
                          for (const auto& expression : by_type.at(std::string(resource["resourceType"].text()))) {
                            if ((expression.starts() & there) == 0) continue;
                            expression.evaluate(resource, environment, out);
                            found += out.size();
                            ++made;
                          }
                        }
                      }));
      if (round == 0) {
        values += found;
        evaluations += made;
      }
    }
    seconds += best;
  }
  if (resources == 0) return 1;
  std::cout << fmt::format(R"({{"resources": {}, "us_a_resource": {:.2f}, "evaluations": {}, "values": {}}})",
                           resources, seconds / static_cast<double>(resources) * 1e6, evaluations, values)
            << '\n';
  return 0;
}

} // namespace

int main(int count, char** arguments) {
  try {
    if (count == 3 && std::string_view(arguments[1]) == "search") return run_search(arguments[2]);
    if (count == 4) return run_cases(arguments[1], arguments[2], std::stoi(arguments[3]));
  } catch (const std::exception& error) {
    std::cerr << "fhirpath_bench: " << error.what() << '\n';
    return 1;
  }
  std::cerr << "fhirpath_bench CASES DOCUMENTS TIMES | search FOLDER (or ./dev bench fhirpath)\n";
  return 2;
}
