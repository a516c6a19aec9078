// Search by every kind of parameter, through the store.

#include "server/store/test_support.h"

#include "lib/base/text.h"

#include <algorithm>

using namespace xinglin;
using namespace xinglin::store;
using namespace xinglin::store::test;
using base::Refusal;

namespace {

/// Ids that a search finds, in its order.
std::string found(const Snapshot& snapshot, std::string_view type, std::string_view query) {
  std::string ids;
  for (const Version& version : snapshot.search(type, query).matches)
    ids += (ids.empty() ? "" : " ") + version.id;
  return ids;
}
/// The same, sorted by id.
std::string set_of(const Snapshot& snapshot, std::string_view type, std::string_view query) {
  std::vector<std::string> ids;
  for (const Version& version : snapshot.search(type, query).matches)
    ids.push_back(version.id);
  std::sort(ids.begin(), ids.end());
  std::string text;
  for (auto& id : ids)
    text += (text.empty() ? "" : " ") + id;
  return text;
}

/// A small county.
struct County : TestStore {
  County() {
    store->write({
        create("Organization", R"("name":"City Hospital","alias":["市医院"])", "hospital"),
        create("Organization", R"("name":"Township Clinic","partOf":{"reference":"Organization/hospital"})", "clinic"),
        create("Patient",
               R"("identifier":[{"system":"urn:a","value":"1|1"},{"system":"urn:b","value":"2"}],"active":true,)"
               R"("name":[{"family":"Müller","given":["Ann Marie","Eve"],"text":"Dr Ann Müller"}],"gender":"female",)"
               R"("birthDate":"1970-05-01","managingOrganization":{"reference":"Organization/clinic"},)"
               R"("telecom":[{"system":"phone","value":"0571-1"},{"system":"email","value":"a@b"}])",
               "ann"),
        create("Patient",
               R"("identifier":[{"value":"2"}],"name":[{"text":"王小明"}],"gender":"male","birthDate":"1980-05",)"
               R"("deceasedBoolean":true,"generalPractitioner":[{"reference":"Organization/hospital"}])",
               "wang"),
        create(
            "Patient",
            R"("name":[{"text":"ＷＡＮＧ　Li","family":"wang"}],"birthDate":"1980","maritalStatus":{"text":"已婚 Married"})",
            "li"),
        create(
            "Encounter",
            R"("status":"finished","class":{"system":"urn:c","code":"IMP"},"subject":{"reference":"Patient/ann"},)"
            R"("period":{"start":"2023-01-10","end":"2023-01-20"},"serviceProvider":{"reference":"Organization/hospital"},)"
            R"("length":{"value":10,"system":"http://unitsofmeasure.org","code":"d","unit":"days"})",
            "stay"),
        create(
            "Encounter",
            R"("status":"in-progress","class":{"system":"urn:c","code":"AMB"},"subject":{"reference":"Patient/wang"},)"
            R"("period":{"start":"2023-01-15T08:00:00+08:00"})",
            "visit"),
        create(
            "Observation",
            R"("status":"final","code":{"coding":[{"system":"loinc","code":"bp","display":"Blood pressure"}],"text":"血压"},)"
            R"("subject":{"reference":"Patient/ann"},"encounter":{"reference":"Encounter/stay"},"effectiveDateTime":"2023-01-11",)"
            R"("component":[{"code":{"coding":[{"code":"sbp"}]},"valueQuantity":{"value":140,"system":"ucum","code":"mm"}},)"
            R"({"code":{"coding":[{"code":"dbp"}]},"valueQuantity":{"value":90.0,"system":"ucum","code":"mm"}}])",
            "bp"),
        create(
            "Observation",
            R"("status":"final","code":{"coding":[{"system":"loinc","code":"t"},{"system":"local","code":"temp"}]},)"
            R"("subject":{"reference":"Patient/ann"},"effectiveDateTime":"2023-01-12T10:30:00+08:00",)"
            R"("valueQuantity":{"value":37.20,"system":"ucum","code":"Cel","unit":"℃"},"performer":[{"identifier":{"system":"urn:p","value":"9"}}])",
            "temp1"),
        create(
            "Observation",
            R"("status":"preliminary","code":{"coding":[{"system":"other","code":"t"}]},"subject":{"reference":"Patient/wang"},)"
            R"("effectivePeriod":{"start":"2023-02-01"},"valueQuantity":{"value":-0.5,"system":"ucum","code":"Cel"},)"
            R"("meta":{"tag":[{"system":"urn:t","code":"x"}],"profile":["http://p/a/b"]})",
            "temp2"),
        create(
            "Observation",
            R"("status":"final","code":{"text":"note"},"subject":{"reference":"http://elsewhere.org/Patient/1"},"valueString":"Größe")",
            "note"),
    });
  }
};

} // namespace

TEST_CASE("search: strings without case, width and accents; exact; contains") {
  County store;
  auto now = store->snapshot();
  CHECK(found(*now, "Patient", "name=muller") == "ann");
  CHECK(found(*now, "Patient", "name=ann") == "ann"); // by the given name
  CHECK(found(*now, "Patient", "given=EVE") == "ann");
  CHECK(found(*now, "Patient", "name=marie") == ""); // the beginning counts
  CHECK(found(*now, "Patient", "name:contains=marie") == "ann");
  CHECK(found(*now, "Patient", "name=%E7%8E%8B") == "wang");
  CHECK(found(*now, "Patient", "name:contains=%E5%B0%8F%E6%98%8E") == "wang");
  CHECK(found(*now, "Patient", "name=wang+li") == "li");
  CHECK(found(*now, "Patient", "family:exact=M%C3%BCller") == "ann");
  CHECK(found(*now, "Patient", "family:exact=muller") == "");
  CHECK(found(*now, "Patient", "family:exact=wang") == "li");
  CHECK(set_of(*now, "Patient", "name=muller,wang") == "ann li");
  CHECK(set_of(*now, "Organization", "name=city,township") == "clinic hospital");
  CHECK(found(*now, "Observation", "value-string=grosse") == "note");
}

TEST_CASE("search: tokens with and without system, not, text, missing") {
  County store;
  auto now = store->snapshot();
  CHECK(set_of(*now, "Patient", "identifier=2") == "ann wang");
  CHECK(found(*now, "Patient", "identifier=urn:b|2") == "ann");
  CHECK(found(*now, "Patient", "identifier=|2") == "wang");
  CHECK(found(*now, "Patient", "identifier=urn:a|") == "ann");
  CHECK(found(*now, "Patient", "identifier=urn:a|1\\|1") == "ann");
  CHECK(found(*now, "Patient", "identifier=urn:x|2") == "");
  CHECK(found(*now, "Patient", "gender=female") == "ann");
  CHECK(set_of(*now, "Patient", "gender:not=female") == "li wang");
  // An element of type code has the system of its value set.
  const std::string gender = "gender=http://hl7.org/fhir/administrative-gender|";
  CHECK(found(*now, "Patient", gender + "female") == "ann");
  CHECK(set_of(*now, "Patient", "gender:not=http://hl7.org/fhir/administrative-gender|female") == "li wang");
  CHECK(set_of(*now, "Patient", gender) == "ann wang");
  CHECK(found(*now, "Patient", gender + "feminine").empty());
  CHECK(found(*now, "Patient", "gender=http://hl7.org/fhir/address-use|female").empty());
  CHECK(found(*now, "Patient", "gender=|female") == "ann");
  CHECK(set_of(*now, "Patient", "gender:missing=true") == "li");
  CHECK(set_of(*now, "Patient", "gender:missing=false") == "ann wang");
  CHECK(found(*now, "Patient", "active=true") == "ann");
  CHECK(found(*now, "Patient", "deceased=true") == "wang");
  CHECK(found(*now, "Patient", "phone=0571-1") == "ann");
  CHECK(found(*now, "Patient", "email=a@b") == "ann");
  CHECK(set_of(*now, "Observation", "code=t") == "temp1 temp2");
  CHECK(found(*now, "Observation", "code=loinc|t") == "temp1");
  CHECK(found(*now, "Observation", "code=local|temp") == "temp1");
  CHECK(found(*now, "Observation", "code:text=blood") == "bp");
  CHECK(found(*now, "Observation", "code:text=%E8%A1%80") == "bp");
  CHECK(set_of(*now, "Observation", "status=final&code:missing=true") == "note");
  CHECK(found(*now, "Encounter", "class=urn:c|AMB") == "visit");
  CHECK(found(*now, "Observation", "_tag=urn:t|x") == "temp2");
  CHECK(found(*now, "Observation", "_profile=http://p/a/b") == "temp2");
  CHECK(found(*now, "Observation", "_profile:below=http://p/a") == "temp2");
  CHECK(found(*now, "Observation", "_profile:above=http://p/a/b/c") == "temp2");
}

TEST_CASE("search: references by address, id, type, identifier; chains and _has") {
  County store;
  auto now = store->snapshot();
  CHECK(set_of(*now, "Observation", "subject=Patient/ann") == "bp temp1");
  CHECK(set_of(*now, "Observation", "patient=ann") == "bp temp1");
  CHECK(set_of(*now, "Observation", "subject:Patient=ann,wang") == "bp temp1 temp2");
  CHECK(set_of(*now, "Observation", "subject:Group=ann") == "");
  CHECK(set_of(*now, "Observation", "subject=http://elsewhere.org/Patient/1") == "note");
  CHECK(set_of(*now, "Observation", "patient=Patient/none") == "");
  CHECK(set_of(*now, "Observation", "encounter:missing=true") == "note temp1 temp2");
  CHECK(set_of(*now, "Observation", "performer:identifier=urn:p|9") == "temp1");
  CHECK(set_of(*now, "Patient", "general-practitioner=Organization/hospital") == "wang");
  CHECK(set_of(*now, "Organization", "partof=hospital") == "clinic");
  CHECK(set_of(*now, "Observation", "patient.name=mu") == "bp temp1");
  CHECK(set_of(*now, "Observation", "subject:Patient.gender=male") == "temp2");
  CHECK(set_of(*now, "Observation", "patient.organization.name=township") == "bp temp1");
  CHECK(set_of(*now, "Observation", "encounter.class=IMP") == "bp");
  CHECK(set_of(*now, "Patient", "_has:Observation:patient:code=t") == "ann wang");
  CHECK(set_of(*now, "Patient", "_has:Observation:patient:status=preliminary") == "wang");
  CHECK(set_of(*now, "Organization", "_has:Patient:organization:_has:Observation:patient:code=bp") == "clinic");
  CHECK(set_of(*now, "Observation", "patient._id=wang") == "temp2");
}

TEST_CASE("search: dates are spans in the county's zone; a date is never shifted") {
  County store;
  auto now = store->snapshot();
  CHECK(found(*now, "Patient", "birthdate=1970-05-01") == "ann");
  CHECK(set_of(*now, "Patient", "birthdate=1980") == "li wang");
  CHECK(set_of(*now, "Patient", "birthdate=1980-05") == "wang"); // 1980 is wider than what was asked
  CHECK(set_of(*now, "Patient", "birthdate=ne1980") == "ann");
  CHECK(set_of(*now, "Patient", "birthdate=gt1980-03") == "li wang");
  CHECK(set_of(*now, "Patient", "birthdate=lt1980-03") == "ann li");
  CHECK(set_of(*now, "Patient", "birthdate=sa1980-03") == "wang");
  CHECK(set_of(*now, "Patient", "birthdate=eb1980-03") == "ann");
  CHECK(set_of(*now, "Patient", "birthdate=ge1980-05&birthdate=le1980-05") == "li wang");
  CHECK(set_of(*now, "Encounter", "date=2023-01") == "stay"); // the other one has no end
  CHECK(set_of(*now, "Encounter", "date=ge2023-01-18") == "stay visit");
  CHECK(set_of(*now, "Encounter", "date=ge2023-01-21") == "visit");
  CHECK(set_of(*now, "Encounter", "date=lt2023-01-15") == "stay");
  CHECK(set_of(*now, "Encounter", "date=lt2023-01-15T00:00:00Z") == "stay"); // 08:00 here
  CHECK(set_of(*now, "Encounter", "date=lt2023-01-15T00:00:01Z") == "stay visit");
  CHECK(set_of(*now, "Observation", "date=2023-01-11") == "bp");
  CHECK(set_of(*now, "Observation", "date=2023-01-12") == "temp1");
  CHECK(set_of(*now, "Observation", "date=2023-01-12T10:30") == "temp1");
  CHECK(set_of(*now, "Observation", "date=2023-01-12T02:30:00Z") == "temp1");
  CHECK(set_of(*now, "Observation", "date:missing=true") == "note");
}

TEST_CASE("search: numbers and quantities to the precision asked for") {
  County store;
  auto now = store->snapshot();
  CHECK(found(*now, "Observation", "value-quantity=37.2") == "temp1");
  CHECK(found(*now, "Observation", "value-quantity=37") == "temp1"); // 36.5 to before 37.5
  CHECK(found(*now, "Observation", "value-quantity=37.0") == "");
  CHECK(found(*now, "Observation", "value-quantity=37.2|ucum|Cel") == "temp1");
  CHECK(found(*now, "Observation", "value-quantity=37.2||%E2%84%83") == "temp1");
  CHECK(found(*now, "Observation", "value-quantity=37.2||mm") == "");
  CHECK(found(*now, "Observation", "value-quantity=lt0") == "temp2");
  CHECK(found(*now, "Observation", "value-quantity=gt-0.5") == "temp1");
  CHECK(set_of(*now, "Observation", "value-quantity=ge-0.50") == "temp1 temp2");
  CHECK(found(*now, "Observation", "value-quantity=ap35") == "temp1");
  CHECK(set_of(*now, "Observation", "value-quantity=ne37.2") == "temp2");
  CHECK(found(*now, "Encounter", "length=10||d") == "stay");
  CHECK(found(*now, "Observation", "combo-value-quantity=90") == "bp");
}

TEST_CASE("search: parts of a composite belong together") {
  County store;
  auto now = store->snapshot();
  CHECK(found(*now, "Observation", "component-code-value-quantity=sbp$140") == "bp");
  CHECK(found(*now, "Observation", "component-code-value-quantity=sbp$gt100") == "bp");
  CHECK(found(*now, "Observation", "component-code-value-quantity=sbp$90") == ""); // that is the other component's
  CHECK(found(*now, "Observation", "code-value-quantity=loinc|t$gt37||Cel") == "temp1");
  store->write({update(
      "Observation", "bp",
      R"("status":"final","code":{"text":"x"},"component":[{"code":{"coding":[{"code":"dbp"}]},"valueQuantity":{"value":90}}])")});
  now = store->snapshot();
  CHECK(found(*now, "Observation", "component-code-value-quantity=sbp$140") == "");
  CHECK(found(*now, "Observation", "component-code-value-quantity=dbp$90") == "bp");
}

TEST_CASE("search: _id, _lastUpdated, _sort, _count, _total") {
  County store;
  *store.now += 3'600'000;
  store->write({update("Patient", "li", R"("name":[{"text":"李"}],"birthDate":"1990")")});
  auto now = store->snapshot();
  CHECK(found(*now, "Patient", "_id=ann") == "ann");
  CHECK(set_of(*now, "Patient", "_id=ann,li,none") == "ann li");
  CHECK(found(*now, "Patient", "_lastUpdated=gt2023-11-15T07:00:00%2B08:00") == "li");
  CHECK(found(*now, "Patient", "_lastUpdated=gt2023-11-15T07:00:00+08:00") == "li"); // a plus sign not encoded
  CHECK(set_of(*now, "Patient", "_lastUpdated=2023-11-15") == "ann li wang");
  CHECK(set_of(*now, "Patient", "_lastUpdated=lt2023-11-15T07:00:00Z&gender:missing=false") == "ann wang");
  CHECK(found(*now, "Patient", "_sort=birthdate") == "ann wang li");
  CHECK(found(*now, "Patient", "_sort=-birthdate") == "li wang ann");
  CHECK(found(*now, "Patient", "_sort=-_id") == "wang li ann");
  CHECK(found(*now, "Patient", "_sort=-_lastUpdated,_id") == "li ann wang");
  CHECK(found(*now, "Patient", "_sort=gender") == "ann wang li"); // what has none comes last
  CHECK(found(*now, "Patient", "_sort=-gender,name") == "wang ann li");
  CHECK(found(*now, "Observation", "_sort=-date") == "temp2 temp1 bp note");
  CHECK(found(*now, "Observation", "subject=Patient/ann&_sort=-date") == "temp1 bp");
  CHECK(found(*now, "Observation", "_sort=subject") == "note bp temp1 temp2"); // by its text: http, patient
  auto counted = now->search("Observation", "_summary=count&status=final");
  CHECK(counted.total == 3);
  CHECK(counted.matches.empty());
  CHECK(now->search("Observation", "_count=0").total == 4);
  auto first = now->search("Observation", "status=final&_total=accurate&_count=2");
  CHECK(first.total == 3);
  CHECK(first.matches.size() == 2);
  auto second = now->search("Observation", first.next);
  CHECK(second.matches.size() == 1);
  CHECK(second.next.empty());
  CHECK_FALSE(now->search("Observation", "status=final").total);
}

TEST_CASE("search: _include, _revinclude and :iterate") {
  County store;
  auto now = store->snapshot();
  auto ids = [](const SearchResult& result) {
    std::string text;
    for (auto& version : result.included)
      text += (text.empty() ? "" : " ") + version.reference();
    return text;
  };
  CHECK(ids(now->search("Observation", "_id=bp&_include=Observation:subject")) == "Patient/ann");
  CHECK(ids(now->search("Observation", "_id=bp&_include=Observation:subject:Group")) == "");
  CHECK(ids(now->search("Observation", "_id=bp&_include=*")) == "Patient/ann Encounter/stay");
  CHECK(ids(now->search("Observation", "_id=bp&_include=Observation:patient&_include:iterate=Patient:organization")) ==
        "Patient/ann Organization/clinic");
  CHECK(ids(now->search("Patient", "_id=ann&_revinclude=Observation:subject")) == "Observation/bp Observation/temp1");
  CHECK(ids(now->search("Patient", "_id=ann&_revinclude=Observation:subject&_revinclude=Encounter:patient")) ==
        "Observation/bp Observation/temp1 Encounter/stay");
}

TEST_CASE("search: what cannot be asked is refused with a suggestion; lenient leaves unknown parameters out") {
  County store;
  auto now = store->snapshot();
  auto text_of = [&](std::string_view type, std::string_view query) {
    auto refused = refusal_of([&] { now->search(type, query); });
    CHECK(refused.kind() == Refusal::malformed);
    return std::string(refused.what());
  };
  CHECK(text_of("Patient", "brithdate=1980").find("did you mean 'birthdate'") != std::string::npos);
  CHECK(text_of("Patient", "_sort=brithdate").find("birthdate") != std::string::npos);
  CHECK(text_of("Patient", "birthdate=yesterday").find("birthdate=yesterday") != std::string::npos);
  CHECK(text_of("Patient", "name:above=x").find(":contains") != std::string::npos);
  CHECK(text_of("Observation", "value-quantity=abc").find("number") != std::string::npos);
  CHECK(text_of("Observation", "patient.nmae=abc").find("name") != std::string::npos);
  CHECK(text_of("Observation", "code.name=abc").find("reference") != std::string::npos);
  CHECK(text_of("Patient", "gender:missing=maybe").find("true or false") != std::string::npos);
  CHECK(text_of("Patient", "name=").find("no value") != std::string::npos);
  CHECK(text_of("Patient", "name=%zz").find("percent") != std::string::npos);
  CHECK(text_of("Patient", "_cursor=12").find("next link") != std::string::npos);
  CHECK(text_of("Patient", "_count=-1").find("whole number") != std::string::npos);
  CHECK(text_of("Location", "near=1|2").find("special") != std::string::npos);
  CHECK(text_of("Nothing", "a=b").find("resource type") != std::string::npos);
  CHECK(text_of("Patient", "_include=Patient").find("Type:parameter") != std::string::npos);

  auto lenient = now->search("Patient", "brithdate=1980&gender=male", false);
  CHECK(lenient.matches.size() == 1);
  REQUIRE(lenient.warnings.size() == 1);
  CHECK(lenient.warnings.front().severity == base::Severity::warning);
  CHECK(refusal_of([&] { now->search("Patient", "birthdate=x", false); }).kind() == Refusal::malformed);
}

TEST_CASE("search: limits") {
  County store;
  auto now = store->snapshot();
  auto refused = [&](const std::string& query) { return refusal_of([&] { now->search("Patient", query); }).kind(); };
  CHECK(refused("name=" + std::string(70'000, 'x')) == Refusal::too_large);
  std::string many, values = "_id=a", keys = "_sort=_id";
  for (int i = 0; i < 51; i++)
    many += "gender=male&";
  for (int i = 0; i < 500; i++)
    values += ",a";
  for (int i = 0; i < 5; i++)
    keys += ",_id";
  CHECK(refused(many) == Refusal::too_large);
  CHECK(refused(values) == Refusal::too_large);
  CHECK(refused(keys) == Refusal::too_large);
  // More than the largest page is taken for the largest page.
  std::vector<Write> writes;
  for (int i = 0; i < 1001; i++)
    writes.push_back(create("Basic", "", fmt::format("b{:04}", i)));
  store->write(writes);
  auto page = store->snapshot()->search("Basic", "_count=5000");
  CHECK(page.matches.size() == 1000);
  CHECK(store->snapshot()->search("Basic", page.next).matches.size() == 1);
}

TEST_CASE("search: a parameter asked for the first time sees what was there and what comes after, also from an old "
          "snapshot") {
  County store;
  auto before = store->snapshot();
  store->write({update("Patient", "ann", R"("active":false)")});
  CHECK(set_of(*before, "Patient", "active=true") == "ann"); // built now, answered as of then
  CHECK(before->commit() == 1);
  CHECK(before->read("Patient", "ann")->version == 1);
  CHECK(set_of(*store->snapshot(), "Patient", "active=true") == "");
  CHECK(set_of(*store->snapshot(), "Patient", "active=false") == "ann");
  store->write({create("Patient", R"("active":true)", "new")});
  CHECK(set_of(*store->snapshot(), "Patient", "active=true") == "new");
  before.reset();
  store.reopen();
  CHECK(set_of(*store->snapshot(), "Patient", "active=true") == "new");
  store->write({remove("Patient", "new")});
  CHECK(set_of(*store->snapshot(), "Patient", "active=true") == "");
}

TEST_CASE("search: as of a past commit") {
  County store;
  store->write(
      {update("Patient", "ann", R"("gender":"other","managingOrganization":{"reference":"Organization/hospital"})")});
  store->write({remove("Observation", "bp"), remove("Observation", "temp1")});
  store->write(
      {create("Observation",
              R"("status":"final","code":{"coding":[{"code":"bp"}]},"subject":{"reference":"Patient/ann"})", "late")});
  auto then = store->snapshot(1);
  CHECK(set_of(*then, "Patient", "gender=female&name=mu") == "ann");
  CHECK(set_of(*then, "Observation", "patient=ann") == "bp temp1");
  CHECK(set_of(*then, "Observation", "patient.gender=female&code=loinc|bp") == "bp");
  CHECK(set_of(*then, "Observation", "patient.organization.name=township") == "bp temp1");
  CHECK(set_of(*then, "Patient", "_has:Observation:patient:code=bp") == "ann");
  CHECK(set_of(*then, "Patient", "organization=clinic&_sort=-birthdate") == "ann");
  CHECK(found(*then, "Observation", "_sort=-date&_count=3") == "temp2 temp1 bp");
  CHECK(set_of(*then, "Observation", "component-code-value-quantity=sbp$140") == "bp");
  CHECK(then->search("Observation", "_summary=count").total == 4);
  CHECK(set_of(*store->snapshot(2), "Patient", "gender=female") == "");
  CHECK(set_of(*store->snapshot(2), "Patient", "organization=hospital") == "ann");
  auto now = store->snapshot();
  CHECK(set_of(*now, "Observation", "patient=ann") == "late");
  CHECK(set_of(*now, "Patient", "_has:Observation:patient:code=bp") == "ann");
}

TEST_CASE("search: pages neither repeat nor skip while others write") {
  TestStore store;
  std::vector<Write> writes;
  for (int i = 0; i < 300; i++)
    writes.push_back(create(
        "Observation",
        fmt::format(R"("status":"final","code":{{"coding":[{{"code":"c{}"}}]}}{})", i % 3,
                    i % 10 == 0 ? std::string() : fmt::format(R"(,"effectiveDateTime":"2023-01-{:02}")", 1 + i % 28)),
        fmt::format("o{:03}", i)));
  store->write(writes);
  for (const char* query : {"_count=7", "code=c1&_count=7", "_sort=date&_count=7", "_sort=-date&_count=7",
                            "_sort=-date,_id&_count=7", "code=c2&_sort=-date&_count=7", "_sort=_lastUpdated&_count=7",
                            "status=final&_sort=code,-_id&_count=7", "code:not=c0&_count=7"}) {
    CAPTURE(query);
    std::vector<std::string> seen;
    int round = 0;
    for (std::string next = query; !next.empty();) {
      auto page = store->snapshot()->search("Observation", next);
      for (auto& version : page.matches)
        if (version.id[0] == 'o') seen.push_back(version.id);
      next = page.next;
      // Others write between two pages, before and after the place where this reader stands.
      store->write({create("Observation",
                           R"("status":"final","code":{"coding":[{"code":"c1"}]},"effectiveDateTime":"2023-01-10")",
                           fmt::format("{}{:03}", "z", round++) + std::to_string(store->last_commit()))});
      REQUIRE(round < 400);
    }
    std::vector<std::string> expected;
    for (int i = 0; i < 300; i++) {
      bool matches = std::string_view(query).starts_with("code=c1")       ? i % 3 == 1
                     : std::string_view(query).starts_with("code=c2")     ? i % 3 == 2
                     : std::string_view(query).starts_with("code:not=c0") ? i % 3 != 0
                                                                          : true;
      if (matches) expected.push_back(fmt::format("o{:03}", i));
    }
    std::sort(seen.begin(), seen.end());
    CHECK(seen == expected);
  }
}

TEST_CASE("search: conditions decide inside a transaction") {
  County store;
  Write again = create("Patient", R"("gender":"male")");
  again.if_none_exist = "identifier=urn:b|2";
  again.full_url = "urn:uuid:44444444-4444-4444-8444-444444444444";
  Write observation = create("Observation",
                             R"("subject":{"reference":"urn:uuid:44444444-4444-4444-8444-444444444444"},)"
                             R"("performer":[{"reference":"Organization?name=City"}])",
                             "o");
  auto receipt = store->write({again, observation});
  CHECK(receipt.outcomes[0].what == Outcome::What::existed);
  CHECK(receipt.outcomes[0].id == "ann");
  CHECK(receipt.outcomes[0].version == 1);
  auto json = store->snapshot()->read("Observation", "o")->json;
  CHECK(json.find("\"Patient/ann\"") != std::string::npos);
  CHECK(json.find("\"Organization/hospital\"") != std::string::npos);

  again.if_none_exist = "identifier=2";
  CHECK(refusal_of([&] { store->write({again}); }).kind() == Refusal::precondition_failed);
  auto refused = refusal_of(
      [&] { store->write({create("Observation", R"("performer":[{"reference":"Organization?name=nowhere"}])")}); });
  CHECK(refused.kind() == Refusal::invalid);
  CHECK(refused.issues().front().expression == "Observation.performer[0].reference");

  Write update = create("Patient", R"("gender":"other","identifier":[{"system":"urn:new","value":"7"}])");
  update.kind = Write::Kind::update;
  update.conditional = "identifier=urn:new|7";
  CHECK(store->write({update}).outcomes[0].what == Outcome::What::created);
  CHECK(store->write({update}).outcomes[0].what == Outcome::What::unchanged);
  Write remove;
  remove.kind = Write::Kind::remove;
  remove.type = "Patient";
  remove.conditional = "identifier=urn:new|7";
  CHECK(store->write({remove}).outcomes[0].what == Outcome::What::removed);
  CHECK(store->write({remove}).outcomes[0].what == Outcome::What::unchanged);
}
