// Versions, commits and what is refused: the store through its own interface.

#include "server/store/test_support.h"

#include "lib/fhir/json.h"
#include "lib/sql/sqlite.h"

using namespace xinglin;
using namespace xinglin::store;
using namespace xinglin::store::test;
using base::Refusal;

TEST_CASE("store: what was written is read as sent, with id, version and time put in") {
  TestStore store;
  Write write;
  write.type = "Observation";
  write.json = "{ \"status\" : \"final\",\n \"resourceType\":\"Observation\", "
               "\"valueQuantity\":{\"value\":37.20000000000000000000001,"
               "\"unit\":\"\\u2103\"}, \"meta\" : {\"lastUpdated\":\"1999-01-01\", \"tag\":[ {\"code\":\"a\"} "
               "],\"versionId\":\"9\"}, "
               "\"id\":\"old\"}";
  Receipt receipt = store->write({write});
  CHECK(receipt.commit == 1);
  REQUIRE(receipt.outcomes.size() == 1);
  CHECK(receipt.outcomes[0].what == Outcome::What::created);
  CHECK(receipt.outcomes[0].version == 1);
  auto snapshot = store->snapshot();
  auto version = snapshot->read("Observation", receipt.outcomes[0].id);
  REQUIRE(version);
  CHECK(version->json ==
        "{ \"status\" : \"final\",\n \"resourceType\":\"Observation\", "
        "\"valueQuantity\":{\"value\":37.20000000000000000000001,"
        "\"unit\":\"\\u2103\"}, \"meta\" : {\"versionId\":\"1\",\"lastUpdated\":\"2023-11-15T06:13:20.000+08:00\","
        "\"tag\":[ {\"code\":\"a\"} ]}, \"id\":\"" +
            receipt.outcomes[0].id + "\"}");
  CHECK(version->recorded_at == *store.now);
}

TEST_CASE("store: id and meta are put after the type when the sender has none") {
  TestStore store;
  auto id = store->write({create("Basic", R"("code":{"text":"x"})")}).outcomes[0].id;
  CHECK(store->snapshot()->read("Basic", id)->json ==
        R"({"resourceType":"Basic","id":")" + id +
            R"(","meta":{"versionId":"1","lastUpdated":"2023-11-15T06:13:20.000+08:00"},"code":{"text":"x"}})");
  store->write({create("Basic", R"("id":"mine","code":{"text":"y"})", "mine")});
  CHECK(
      store->snapshot()->read("Basic", "mine")->json ==
      R"({"resourceType":"Basic","id":"mine","meta":{"versionId":"1","lastUpdated":"2023-11-15T06:13:20.000+08:00"},"code":{"text":"y"}})");
}

TEST_CASE("store: versions, history, as-of and deletion") {
  TestStore store;
  CHECK(store->last_commit() == 0);
  store->write({create("Patient", R"("gender":"male")", "p")});
  *store.now += 1000;
  store->write({update("Patient", "p", R"("gender":"female")")});
  *store.now += 1000;
  store->write({create("Patient", "", "q"), create("Organization", "", "o")});
  store->write({remove("Patient", "p")});
  store->write({update("Patient", "p", R"("gender":"other")")});
  CHECK(store->last_commit() == 5);

  auto now = store->snapshot();
  CHECK(now->commit() == 5);
  CHECK(now->read("Patient", "p")->version == 4);
  CHECK(now->read_version("Patient", "p", 1)->json.find("male") != std::string::npos);
  CHECK(now->read_version("Patient", "p", 3)->deleted);
  CHECK(now->read_version("Patient", "p", 3)->json.empty());
  CHECK_FALSE(now->read_version("Patient", "p", 5));
  CHECK_FALSE(now->read("Patient", "none"));
  CHECK_FALSE(now->read("Device", "p"));

  auto history = now->history("Patient", "p", 10);
  REQUIRE(history.size() == 4);
  CHECK(history[0].version == 4);
  CHECK(history[3].version == 1);
  CHECK(now->history("Patient", "p", 2, 5).at(0).version == 3);
  CHECK(now->history("Patient", "", 10).size() == 5);
  CHECK(now->history("", "", 10).size() == 6);
  CHECK(now->history("", "", 10, 3).size() == 2);
  CHECK(now->count("Patient") == 2);
  CHECK(now->count("") == 3);

  // Each commit as it was.
  CHECK(store->snapshot(0)->count("Patient") == 0);
  CHECK_FALSE(store->snapshot(0)->read("Patient", "p"));
  CHECK(store->snapshot(1)->read("Patient", "p")->version == 1);
  CHECK(store->snapshot(2)->read("Patient", "p")->version == 2);
  CHECK(store->snapshot(2)->count("Patient") == 1);
  CHECK(store->snapshot(4)->read("Patient", "p")->deleted);
  CHECK(store->snapshot(4)->count("Patient") == 1);
  CHECK(store->snapshot(4)->history("Patient", "p", 10).size() == 3);
  std::vector<std::string> scanned;
  store->snapshot(3)->scan("", [&](const Version& version) {
    scanned.push_back(version.reference() + "/" + std::to_string(version.version));
    return true;
  });
  CHECK(scanned == std::vector<std::string>{"Organization/o/1", "Patient/p/2", "Patient/q/1"});
  CHECK(refusal_of([&] { store->snapshot(6); }).kind() == Refusal::not_found);

  CHECK(store->commit_at(*store.now - 5000) == 0);
  CHECK(store->commit_at(*store.now - 2000) == 1);
  CHECK(store->commit_at(*store.now - 1) == 2);
  CHECK(store->commit_at(*store.now) == 5);
}

TEST_CASE("store: recorded_at never goes backwards when the clock does") {
  TestStore store;
  auto first = store->write({create("Basic", "")}).recorded_at;
  *store.now -= 3'600'000;
  CHECK(store->write({create("Basic", "")}).recorded_at == first);
  store.reopen();
  CHECK(store->write({create("Basic", "")}).recorded_at == first);
}

TEST_CASE("store: a stale If-Match is refused and changes nothing") {
  TestStore store;
  store->write({create("Patient", "", "p")});
  store->write({update("Patient", "p", R"("gender":"male")", 1)});
  CHECK(refusal_of([&] { store->write({update("Patient", "p", R"("gender":"female")", 1)}); }).kind() ==
        Refusal::precondition_failed);
  CHECK(refusal_of([&] { store->write({remove("Patient", "p", 1)}); }).kind() == Refusal::precondition_failed);
  CHECK(refusal_of([&] { store->write({update("Patient", "p", R"("gender":"female")", 0)}); }).kind() ==
        Refusal::precondition_failed);
  CHECK(store->last_commit() == 2);
  CHECK(store->write({remove("Patient", "p", 2)}).outcomes[0].version == 3);
}

TEST_CASE("store: the same content again is no new version") {
  TestStore store;
  auto sent = update("Patient", "p", R"("name":[{"family":"王"}])", 0);
  CHECK(store->write({sent}).outcomes[0].what == Outcome::What::created);
  Receipt again = store->write({sent});
  CHECK(again.commit == 0);
  CHECK(again.outcomes[0].what == Outcome::What::unchanged);
  CHECK(again.outcomes[0].version == 1);
  // What was read and sent back untouched is unchanged too.
  auto write = update("Patient", "p", "");
  write.json = store->snapshot()->read("Patient", "p")->json;
  CHECK(store->write({write}).outcomes[0].what == Outcome::What::unchanged);
  CHECK(store->last_commit() == 1);
  CHECK(store->write({remove("Patient", "absent")}).outcomes[0].what == Outcome::What::unchanged);
  CHECK(refusal_of([&] { store->write({create("Patient", "", "p")}); }).kind() == Refusal::conflict);
}

TEST_CASE("store: urn:uuid references of a transaction become Type/id, all other bytes stay") {
  TestStore store;
  Write patient = create("Patient", "");
  patient.full_url = "urn:uuid:11111111-1111-4111-8111-111111111111";
  Write observation;
  observation.type = "Observation";
  observation.full_url = "urn:uuid:22222222-2222-4222-8222-222222222222";
  observation.json =
      R"({"resourceType" : "Observation","subject":{ "reference" : "urn:uuid:11111111-1111-4111-8111-111111111111", "display":"甲"},)"
      R"("derivedFrom":[{"reference":"urn:uuid:22222222-2222-4222-8222-222222222222"}],"valueQuantity":{"value":1.00}})";
  Receipt receipt = store->write({observation, patient}); // the order does not matter, circles neither
  auto json = store->snapshot()->read("Observation", receipt.outcomes[0].id)->json;
  CHECK(
      json ==
      R"({"resourceType" : "Observation","id":")" + receipt.outcomes[0].id +
          R"(","meta":{"versionId":"1","lastUpdated":"2023-11-15T06:13:20.000+08:00"},"subject":{ "reference" : "Patient/)" +
          receipt.outcomes[1].id + R"(", "display":"甲"},"derivedFrom":[{"reference":"Observation/)" +
          receipt.outcomes[0].id + R"("}],"valueQuantity":{"value":1.00}})");
}

TEST_CASE("store: references relative to the address of their entry are rewritten with it") {
  TestStore store;
  Write patient = create("Patient", "");
  patient.full_url = "http://old.example.org/fhir/Patient/7";
  Write observation = create("Observation", R"("subject":{"reference":"Patient/7"})");
  observation.full_url = "http://old.example.org/fhir/Observation/8";
  Receipt receipt = store->write({patient, observation});
  auto json = store->snapshot()->read("Observation", receipt.outcomes[1].id)->json;
  CHECK(json.find("\"Patient/" + receipt.outcomes[0].id + "\"") != std::string::npos);
}

TEST_CASE("store: a dangling reference is refused with its place, and nothing is written") {
  TestStore store;
  auto refused = refusal_of([&] {
    store->write(
        {create("Patient", "", "p"),
         create("Observation", R"("component":[{},{"extension":[{"valueReference":{"reference":"Patient/none"}}]}])")});
  });
  CHECK(refused.kind() == Refusal::invalid);
  REQUIRE(refused.issues().size() == 1);
  CHECK(refused.issues().front().code == "not-found");
  CHECK(refused.issues().front().expression == "Observation.component[1].extension[0].valueReference.reference");
  CHECK(refused.issues().front().text.find("Patient/none") != std::string::npos);
  CHECK(store->last_commit() == 0);
  CHECK_FALSE(store->snapshot()->read("Patient", "p"));

  for (const char* reference : {"urn:uuid:33333333-3333-4333-8333-333333333333", "nonsense", "patient/1", "Patient/"})
    CHECK(refusal_of([&] {
            store->write({create("Observation", fmt::format(R"("subject":{{"reference":"{}"}})", reference))});
          }).kind() == Refusal::invalid);
  // What is kept elsewhere, inside, or named by identifier alone is left alone.
  store->write({create(
      "Observation",
      R"("subject":{"reference":"http://example.org/Patient/1"},)"
      R"("performer":[{"reference":"#a"},{"identifier":{"value":"x"}}],"contained":[{"resourceType":"Practitioner","id":"a"}])")});
  CHECK(store->last_commit() == 1);
}

TEST_CASE("store: what is referred to is not deleted, unless what refers goes with it") {
  TestStore store;
  store->write({create("Patient", "", "p"), create("Patient", "", "q"),
                create("Observation", R"("subject":{"reference":"Patient/p"})", "o")});
  auto refused = refusal_of([&] { store->write({remove("Patient", "p")}); });
  CHECK(refused.kind() == Refusal::conflict);
  CHECK(std::string(refused.what()).find("Observation/o") != std::string::npos);
  CHECK(store->last_commit() == 1);
  SUBCASE("both in one transaction") {
    CHECK(store->write({remove("Patient", "p"), remove("Observation", "o")}).commit == 2);
    CHECK(refusal_of([&] { store->write({create("Observation", R"("subject":{"reference":"Patient/p"})")}); }).kind() ==
          Refusal::invalid);
  }
  SUBCASE("the reference goes elsewhere first") {
    store->write({update("Observation", "o", R"("subject":{"reference":"Patient/q"})")});
    CHECK(store->write({remove("Patient", "p")}).commit == 3);
    CHECK(refusal_of([&] { store->write({remove("Patient", "q")}); }).kind() == Refusal::conflict);
  }
}

TEST_CASE("store: what a form yielded is found by the form, as of any commit") {
  TestStore store;
  store->write({create("QuestionnaireResponse", "", "r")});
  Write yielded = create("Observation", "", "r-a");
  yielded.derived_from = "QuestionnaireResponse/r";
  store->write({yielded});
  CHECK(store->snapshot()->derived("QuestionnaireResponse/r").size() == 1);
  CHECK(store->snapshot()->derived("QuestionnaireResponse/r")[0].derived_from == "QuestionnaireResponse/r");
  store->write({remove("Observation", "r-a")});
  CHECK(store->snapshot()->derived("QuestionnaireResponse/r").empty());
  CHECK(store->snapshot(2)->derived("QuestionnaireResponse/r").size() == 1);
  CHECK(store->changes(2, 10).at(0).derived_from == "QuestionnaireResponse/r");
  yielded.derived_from = "QuestionnaireResponse/nowhere";
  yielded.id = "n-a";
  auto refused = refusal_of([&] { store->write({yielded}); });
  CHECK(refused.kind() == Refusal::invalid);
  CHECK(std::string(refused.what()).find("QuestionnaireResponse/nowhere, which was never written") !=
        std::string::npos);
}

TEST_CASE("store: malformed writes are refused with what to mend") {
  TestStore store;
  auto kind_of = [&](Write write) { return refusal_of([&] { store->write({std::move(write)}); }).kind(); };
  Write broken = create("Patient", "");
  broken.json = "{\"resourceType\":\"Patient\",";
  CHECK(kind_of(broken) == Refusal::malformed);
  Write other = create("Patient", "");
  other.type = "Observation";
  CHECK(kind_of(other) == Refusal::invalid);
  CHECK(kind_of(create("Patient", "", "a b")) == Refusal::invalid);
  CHECK(kind_of(update("Patient", "a", R"("id":"b")")) == Refusal::invalid);
  CHECK(kind_of(update("Patient", "", "")) == Refusal::invalid);
  CHECK(refusal_of([&] { store->write({update("Patient", "a", ""), remove("Patient", "a")}); }).kind() ==
        Refusal::invalid);
  Write list = create("Patient", "");
  list.json = "[]";
  CHECK(kind_of(list) == Refusal::invalid);
  CHECK(store->last_commit() == 0);
}

TEST_CASE("store: changes come whole, in order") {
  TestStore store;
  store->write({create("Basic", "", "a"), create("Basic", "", "b"), create("Basic", "", "c")});
  store->write({create("Basic", "", "d")});
  store->write({create("Basic", "", "e"), create("Basic", "", "f")});
  CHECK(store->changes(0, 1).size() == 3);
  CHECK(store->changes(0, 4).size() == 4);
  CHECK(store->changes(1, 2).size() == 3);
  auto all = store->changes(0, 100);
  REQUIRE(all.size() == 6);
  CHECK(all[5].id == "f");
  CHECK(all[5].commit == 3);
  CHECK(store->changes(3, 100).empty());
  CHECK(store->wait_for_commit(2, 0));
  CHECK_FALSE(store->wait_for_commit(3, 1));
}

TEST_CASE("store: notes last") {
  TestStore store;
  CHECK_FALSE(store->get_note("a"));
  store->set_note("a", std::string_view("1\0\xff", 3));
  store->set_note("b", "");
  store.reopen();
  CHECK(store->get_note("a") == std::string("1\0\xff", 3));
  CHECK(store->get_note("b") == "");
  CHECK(store->last_commit() == 0);
  CHECK(store->epoch() == 1);
}

TEST_CASE("store: each record lies with its resident, else with its organisation, and moves when that changes") {
  TestStore store;
  store->write({create("Observation", R"("subject":{"reference":"Patient/p"})", "o"), // before what it points at
                create("Patient", R"("managingOrganization":{"reference":"Organization/h"})", "p"),
                create("Organization", "", "h"),
                create("Encounter", R"("serviceProvider":{"reference":"Organization/h"})", "e"),
                create("Basic", "", "b")});
  store->write({create("Observation", R"("subject":{"reference":"Patient/p"})", "o2")});
  auto placements = [&] {
    store.store.reset();
    std::string text;
    {
      sql::Sqlite db(store.options.directory + "/records.db", sql::Sqlite::Mode::read_write);
      auto rows = db.query("SELECT r.id, coalesce(p.id,'-') FROM resource r LEFT JOIN resource p ON p.key=r.placement "
                           "ORDER BY r.key");
      while (rows.step())
        text += fmt::format("{}:{} ", rows.text(0), rows.text(1));
    }
    store.open();
    return text;
  };
  CHECK(placements() == "o:p p:p h:h e:h b:- o2:p ");
  store->write({update("Observation", "o", ""), update("Encounter", "e", R"("subject":{"reference":"Patient/p"})")});
  CHECK(placements() == "o:- p:p h:h e:p b:- o2:p ");
}

TEST_CASE("store: a name with a quote beside the version, and a meta that is none, do no harm") {
  TestStore store;
  Write write;
  write.type = "Basic";
  write.json = R"({"resourceType":"Basic","meta":{"a\\":1,"b\"c":2 ,"lastUpdated":"x"}})";
  auto id = store->write({write}).outcomes[0].id;
  CHECK(store->snapshot()->read("Basic", id)->json ==
        R"({"resourceType":"Basic","id":")" + id +
            R"(","meta":{"versionId":"1","lastUpdated":"2023-11-15T06:13:20.000+08:00","a\\":1,"b\"c":2}})");
  write.json = R"({"resourceType":"Basic","meta":5})";
  id = store->write({write}).outcomes[0].id;
  auto json = store->snapshot()->read("Basic", id)->json;
  CHECK(fhir::Document::parse(json).root()["meta"]["versionId"].text() == "1");
}
