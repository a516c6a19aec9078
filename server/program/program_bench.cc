// program_bench [FORMS]: forms through the one door into a store on disk, checked, with what they yield; the answers
// are checked.
#include "server/program/program.h"
#include "tests/support/data.h"

#include <chrono>
#include <cstdio>
#include <fmt/format.h>
#include <string>

using namespace xinglin;
using program::Submission;

namespace {

constexpr size_t k_batch = 500;
constexpr size_t k_residents = 1000;

store::Write resident(size_t number) {
  store::Write write;
  write.kind = store::Write::Kind::update;
  write.type = "Patient";
  write.id = fmt::format("p{}", number);
  write.json = fmt::format(
      R"({{"resourceType":"Patient","id":"{}","name":[{{"text":"居民"}}],"gender":"female","birthDate":"1960-01-01","managingOrganization":{{"reference":"Organization/c"}}}})",
      write.id);
  return write;
}

Submission followup(size_t number) {
  Submission submission;
  submission.form = "followup";
  submission.id = fmt::format("f{}", number);
  submission.subject = fmt::format("Patient/p{}", number % k_residents);
  submission.org = "c";
  submission.authored = "2023-03-02T10:00:00+08:00";
  submission.answers = {{"visited_on", {"2023-03-01"}, {}},
                        {"sbp", {std::to_string(110 + number % 60)}, {}},
                        {"dbp", {"80"}, {}},
                        {"weight", {"70.5"}, {}},
                        {"adherence", {"2"}, {}}};
  return submission;
}

} // namespace

int main(int count, char** arguments) {
  const size_t forms = count > 1 ? std::stoul(arguments[1]) : 10000;
  test::TemporaryDirectory directory;
  store::Options options;
  options.directory = directory.path();
  const auto records = store::Store::open(options);
  base::Issues issues;
  program::Program program(*records, package::load("server/package/testdata/good", issues));
  std::vector<store::Write> writes;
  writes.push_back(resident(0));
  writes.back().type = "Organization";
  writes.back().id = "c";
  writes.back().json = R"({"resourceType":"Organization","id":"c","name":"门诊部"})";
  for (size_t i = 0; i < k_residents; ++i)
    writes.push_back(resident(i));
  program.write(std::move(writes));

  const auto begin = std::chrono::steady_clock::now();
  for (size_t at = 0; at < forms; at += k_batch) {
    std::vector<Submission> batch;
    for (size_t i = at; i < std::min(forms, at + k_batch); ++i)
      batch.push_back(followup(i));
    program.submit(batch);
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  const auto snapshot = records->snapshot();
  const auto kept = static_cast<size_t>(snapshot->count("QuestionnaireResponse"));
  const auto visits = static_cast<size_t>(snapshot->count("Encounter"));
  const auto readings = static_cast<size_t>(snapshot->count("Observation"));
  std::printf("%zu forms (each yields 4 resources) in %.2f s: %.0f forms/s, %.0f resources/s\n", forms, seconds,
              static_cast<double>(forms) / seconds, 5 * static_cast<double>(forms) / seconds);
  if (kept == forms && visits == forms && readings == 3 * forms) return 0;
  std::printf("WRONG: %zu forms, %zu visits, %zu readings are kept\n", kept, visits, readings);
  return 1;
}
