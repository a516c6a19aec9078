// Who owes a return, by the register's items.

#include "server/program/owed.h"

#include "tests/support/data.h"

#include <doctest/doctest.h>

using namespace xinglin;

namespace {

package::Catalog catalog(const std::string& owed_by, const std::string& where = {}) {
  package::Catalog out;
  package::Register institutions;
  institutions.id = "institution";
  institutions.kept_as = "Organization";
  institutions.where = where;
  const auto add = [&](const std::string& id, package::ItemType type, const std::string& path) {
    package::Item item;
    item.id = id;
    item.type = type;
    item.path = path;
    institutions.items.push_back(item);
  };
  add("name", package::ItemType::string, "name");
  add("category", package::ItemType::choice, "type.coding.where(system='urn:kind').code");
  add("closed", package::ItemType::date, "extension.where(url='urn:xinglin:closed').value");
  out.registers["institution"] = institutions;
  package::Form form;
  form.id = "monthly";
  form.about = "institution";
  form.cycle = package::ReturnCycle::month;
  form.owed_by = owed_by;
  out.forms["monthly"] = form;
  return out;
}

bool owes(const package::Catalog& catalog, const std::string& kinds, const std::string& more = {}) {
  std::string json = R"({"resourceType":"Organization","id":"o","name":"城关卫生院")" + more;
  if (!kinds.empty()) json += R"(,"type":[{"coding":[)" + kinds + "]}]";
  const auto document = fhir::Document::parse(json + "}");
  return program::OwedBy(catalog.forms.at("monthly"), catalog).holds(document.root(), *base::Date::parse("2024-01-01"));
}

const std::string k_hospital = R"({"system":"urn:kind","code":"hospital"})";
const std::string k_clinic = R"({"system":"urn:kind","code":"clinic"})";

} // namespace

TEST_CASE("an organisation owes what the rule over its items says") {
  const auto known = catalog("category in ('hospital' | 'centre')");
  CHECK(owes(known, k_hospital));
  CHECK_FALSE(owes(known, k_clinic));
  CHECK_FALSE(owes(known, "")); // of no kind: the rule is empty, not true
  const auto still = catalog("category = 'clinic' and closed.empty()");
  CHECK(owes(still, k_clinic));
  CHECK_FALSE(owes(still, k_clinic, R"(,"extension":[{"url":"urn:xinglin:closed","valueDate":"2020-01-01"}])"));
  CHECK(owes(catalog("name.endsWith('卫生院')"), ""));
}

TEST_CASE("nobody owes a return whose form does not say, or who is not in its register") {
  CHECK_FALSE(owes(catalog(""), k_hospital));
  CHECK_FALSE(owes(catalog("category = 'hospital'", "name = '别处'"), k_hospital));
  CHECK(owes(catalog("category = 'hospital'", "name.exists()"), k_hospital));
}

TEST_CASE("an odd record owes nothing rather than taking the list down") {
  CHECK_FALSE(owes(catalog("category in ('hospital' | 'clinic')"), k_hospital + "," + k_clinic));
}

TEST_CASE("who owes a return is asked of the records as they stood at a commit") {
  const test::TemporaryDirectory directory;
  store::Options options;
  options.directory = directory.path();
  const auto records = store::Store::open(options);
  const auto put = [&](const std::string& kind) {
    store::Write write;
    write.kind = store::Write::Kind::update;
    write.type = "Organization";
    write.id = "o";
    write.json = R"({"resourceType":"Organization","id":"o","type":[{"coding":[)" + kind + "]}]}";
    return records->write({write}).commit;
  };
  const auto first = put(k_hospital), second = put(k_clinic);
  const auto known = std::make_shared<package::Catalog>(catalog("category = 'clinic'"));
  const auto owes = program::owed_by_records(*records, known);
  const auto& form = known->forms.at("monthly");
  const auto day = *base::Date::parse("2024-01-01");
  CHECK_FALSE(owes(form, "o", day, first));
  CHECK(owes(form, "o", day, second));
  CHECK_FALSE(owes(form, "nobody", day, second));
  package::Form unowed = form;
  unowed.id = "other";
  CHECK_FALSE(owes(unowed, "o", day, second));
}
