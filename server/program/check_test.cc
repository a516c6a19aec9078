#include "server/program/check.h"

#include "tests/support/data.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <fstream>
#include <sstream>

using namespace xinglin;
namespace fs = std::filesystem;

namespace {

const fs::path k_good = "server/package/testdata/good";

std::string read(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// What the checker says of the good programs after one text in a file was replaced by another.
std::string said(const std::string& file, const std::string& from, const std::string& to) {
  test::TemporaryDirectory directory;
  fs::copy(k_good, directory.path(), fs::copy_options::recursive);
  std::string text = read(directory.path() / file);
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  std::ofstream(directory.path() / file) << text.replace(at, from.size(), to);
  return program::check_programs(directory.path().string()).issues.to_text();
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

} // namespace

TEST_CASE("the good programs pass whole, their tests too") {
  const auto report = program::check_programs(k_good.string());
  CHECK_MESSAGE(report.issues.empty(), report.issues.to_text());
  CHECK(report.tests == 1);
  CHECK(report.tests_failed == 0);
  CHECK(report.catalog->programs.size() == 2);
}

TEST_CASE("the programs that ship pass whole") {
  const auto report = program::check_programs("programs");
  CHECK_MESSAGE(!report.issues.has_errors(), report.issues.to_text());
  CHECK(!report.catalog->programs.empty());
}

TEST_CASE("a test that does not hold says what came out") {
  constexpr auto k_file = "clinic/tests/followups.yml";
  std::string text = said(k_file, "period: 2023, is: 3}", "period: 2023, is: 4}");
  CHECK_MESSAGE(
      contains(
          text,
          "clinic/tests/followups.yml:21: error: test \"Follow-ups count on their day, residents once, control by the "
          "last\": clinic.followups of clinic-1 in 2023 is 3, expected 4"),
      text);
  text = said(k_file, "are: [f2, f3]", "are: [f2]");
  CHECK_MESSAGE(contains(text, "clinic.followups of clinic-1 in 2023-06 counts the records [f2, f3], expected [f2]"),
                text);
  text = said(k_file, "dose: 5}\n", "dose: 6}\n");
  CHECK_MESSAGE(contains(text, "table followup__drugs has the rows [{record: QuestionnaireResponse/f1, item_index: 0, "
                               "drug: 氨氯地平, dose: 5}"),
                text);
  text = said(k_file, "sbp: 80, dbp: 85", "sbp: 90, dbp: 85");
  CHECK_MESSAGE(contains(text, "followup takes the record, expected to refuse it"), text);
  text = said(k_file, "says: 舒张压不应高于收缩压", "says: 别的");
  CHECK_MESSAGE(
      contains(text, "followup refuses the record, but says: The diastolic pressure is not below the systolic"), text);
  text = said(k_file, "is: none", "is: 0");
  CHECK_MESSAGE(contains(text, "clinic.drug_share of clinic-1 in 2022 is none, expected 0"), text);
}

TEST_CASE("a test that is not written right says where") {
  constexpr auto k_file = "clinic/tests/followups.yml";
  CHECK(contains(said(k_file, "expect:", "expects:"), "unknown key 'expects'; did you mean 'expect'?"));
  CHECK(contains(said(k_file, "  followup:", "  folowup:"),
                 "there is no register or form 'folowup'; did you mean 'followup'?"));
  CHECK(contains(said(k_file, "sbp: 150", "spb: 150"), "there is no item 'spb'; did you mean 'sbp'?"));
  CHECK(contains(said(k_file, "sbp: 150", "sbp: 1500"), "the record cannot be made: sbp is out of range"));
  CHECK(contains(said(k_file, "about: li, org: clinic-1, set: {visited_on: 2022",
                      "about: lo, org: clinic-1, set: {visited_on: 2022"),
                 "the given records are refused: Patient/lo does not exist"));
  CHECK(contains(said(k_file, "figure: clinic.followups", "figure: clinic.follwups"), "clinic.followups"));
  CHECK(contains(said(k_file, "is: 1/2", "is: half"), "'half' is no figure; write 12.5, 6891/547 or none"));
  CHECK(contains(said(k_file, "{figure: clinic.institutions", "{figures: clinic.institutions"),
                 "an expectation is one of figure, rows, table and refuses"));
}

TEST_CASE("forms are filled by example: what they yield must be right FHIR") {
  const std::string text = said("clinic/forms/followup.yml", "status: \"'finished'\"", "status: \"'fnished'\"");
  CHECK_MESSAGE(contains(text, "clinic/forms/followup.yml"), text);
  CHECK_MESSAGE(contains(text, "the Encounter it yields as 'visit' would be wrong"), text);
  CHECK_MESSAGE(contains(text, "Encounter.status"), text);
  // Right with every item, wrong with the required ones alone.
  const std::string half =
      said("clinic/forms/followup.yml", "status: \"'finished'\"", "status: iif(weight.exists(), 'finished')");
  CHECK_MESSAGE(contains(half, "with its required items alone"), half);
}

TEST_CASE("documents are checked with the programs") {
  const std::string text = said("clinic/documents/clinic_summary.md", "{clinic.followups}", "{clinic.folowups}");
  CHECK_MESSAGE(contains(text, "clinic.followups"), text);
}
