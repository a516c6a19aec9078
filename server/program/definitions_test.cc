#include "server/program/definitions.h"

#include "lib/validation/validate.h"
#include "server/package/model.h"

#include <doctest/doctest.h>

using namespace xinglin;

namespace {

void check_all_are_valid(const char* programs) {
  base::Issues issues;
  const auto catalog = package::load(programs, issues);
  REQUIRE_MESSAGE(!issues.has_errors(), issues.to_text());
  const auto all = program::definitions(*catalog);
  CHECK(all.size() >= catalog->forms.size() + catalog->indicators.size());
  for (const auto& definition : all) {
    const auto found = validation::validate(fhir::Document::parse(definition.json));
    CHECK_MESSAGE(found.to_text().empty(), definition.type << "/" << definition.id << ": " << found.to_text());
  }
}

} // namespace

TEST_CASE("what is shown to FHIR clients of the programs is valid FHIR, so what is exported can be loaded again") {
  check_all_are_valid("programs");
  check_all_are_valid("server/package/testdata/good");
}
