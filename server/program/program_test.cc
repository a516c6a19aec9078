#include "server/program/program.h"

#include "server/program/returns.h"
#include "tests/support/data.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <thread>

using namespace xinglin;
using program::Program;
using program::Submission;

namespace {

constexpr std::string_view k_today = "2024-01-10T09:00:00.000+08:00";

/// A store in a temporary directory with one institution and two residents, and the clinic of the test data at work on
/// it.
struct Clinic {
  test::TemporaryDirectory directory;
  std::unique_ptr<store::Store> records;
  std::shared_ptr<const package::Catalog> catalog;
  std::unique_ptr<Program> program;

  Clinic() {
    const base::Clock clock = [] { return *base::parse_instant(k_today); };
    store::Options options;
    options.directory = directory.path();
    options.clock = clock;
    records = store::Store::open(options);
    base::Issues issues;
    catalog = package::load("server/package/testdata/good", issues);
    REQUIRE_MESSAGE(!issues.has_errors(), issues.to_text());
    program = std::make_unique<Program>(*records, catalog, clock);
    put("Organization", "clinic-1", R"({"resourceType":"Organization","id":"clinic-1","name":"城关门诊部"})");
    put("Patient", "zhang", patient("zhang", "1960-05-01"));
    put("Patient", "li", patient("li", "1971-11-30"));
  }

  static std::string patient(const std::string& id, const std::string& born) {
    return R"({"resourceType":"Patient","id":")" + id + R"(","name":[{"text":"张三"}],"gender":"male","birthDate":")" +
           born + R"(","managingOrganization":{"reference":"Organization/clinic-1"}})";
  }

  static store::Write update(const std::string& type, const std::string& id, const std::string& json) {
    store::Write write;
    write.kind = store::Write::Kind::update;
    write.type = type;
    write.id = id;
    write.json = json;
    return write;
  }
  static store::Write remove(const std::string& type, const std::string& id) {
    store::Write write;
    write.kind = store::Write::Kind::remove;
    write.type = type;
    write.id = id;
    return write;
  }
  store::Receipt put(const std::string& type, const std::string& id, const std::string& json) {
    return program->write({update(type, id, json)});
  }
  store::Receipt post(const std::string& type, const std::string& json) {
    store::Write write;
    write.type = type;
    write.json = json;
    return program->write({write});
  }

  static Submission followup(const std::string& id = "f1") {
    Submission submission;
    submission.form = "followup";
    submission.id = id;
    submission.subject = "Patient/zhang";
    submission.org = "clinic-1";
    submission.authored = "2023-03-02T10:00:00+08:00";
    submission.answers = {
        {"visited_on", {"2023-03-01"}, {}},
        {"sbp", {"150"}, {}},
        {"dbp", {"90"}, {}},
        {"weight", {"70.50"}, {}},
        {"adherence", {"2"}, {}},
        {"drugs", {}, {{{"drug", {"氨氯地平"}, {}}, {"dose", {"5"}, {}}}, {{"drug", {"缬沙坦"}, {}}}}}};
    return submission;
  }
  static Submission monthly(const std::string& period = "2023-05", const std::string& state = {}) {
    Submission submission;
    submission.form = "monthly_return";
    submission.subject = "Organization/clinic-1";
    submission.org = "clinic-1";
    submission.period = period;
    submission.state = state;
    submission.answers = {{"income", {"1000.50"}, {}}, {"drug_income", {"400"}, {}}};
    return submission;
  }

  std::string read(const std::string& type, const std::string& id) const {
    const auto version = records->snapshot()->read(type, id);
    return version && !version->deleted ? version->json : std::string();
  }
  std::vector<std::string> derived(const std::string& id) const {
    std::vector<std::string> list;
    for (const auto& one : records->snapshot()->derived("QuestionnaireResponse/" + id))
      list.push_back(one.reference());
    std::sort(list.begin(), list.end());
    return list;
  }
};

/// "kind: text [expression]" of the first issue of what `action` refuses; "" when it does not.
template <typename Action> std::string refusal(const Action& action) {
  try {
    action();
    return "";
  } catch (const base::Refused& refused) {
    const auto& issue = refused.issues().front();
    static const char* kinds[] = {
        "malformed",          "invalid",   "not_found",   "gone", "conflict",   "precondition_failed", "forbidden",
        "method_not_allowed", "too_large", "unsupported", "busy", "unavailable"};
    return std::string(kinds[static_cast<int>(refused.kind())]) + ": " + issue.text + " [" + issue.expression + "]";
  }
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  REQUIRE_MESSAGE(at != std::string::npos, text);
  return text.replace(at, from.size(), to);
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

} // namespace

TEST_CASE("a submission is kept with what it yields, in one commit") {
  Clinic clinic;
  const auto receipt = clinic.program->submit({Clinic::followup()});
  REQUIRE(receipt.outcomes.size() == 1);
  CHECK(receipt.outcomes[0].id == "f1");
  CHECK(receipt.outcomes[0].what == store::Outcome::What::created);
  CHECK(clinic.derived("f1") == std::vector<std::string>{"Encounter/f1-visit", "MedicationStatement/f1-drug-taken-0",
                                                         "MedicationStatement/f1-drug-taken-1", "Observation/f1-dbp",
                                                         "Observation/f1-sbp", "Observation/f1-weight-reading"});
  for (const auto& one : clinic.records->snapshot()->derived("QuestionnaireResponse/f1"))
    CHECK(one.commit == receipt.commit);
  const std::string visit = clinic.read("Encounter", "f1-visit");
  CHECK_MESSAGE(contains(visit, R"("subject":{"reference":"Patient/zhang"})"), visit);
  CHECK_MESSAGE(contains(visit, R"("serviceProvider":{"reference":"Organization/clinic-1"})"), visit);
  CHECK_MESSAGE(
      contains(visit, R"("class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"})"), visit);
  CHECK_MESSAGE(
      contains(
          visit,
          R"("reasonCode":[{"coding":[{"system":"urn:xinglin:form:followup:adherence","code":"2","display":"间断"}]}])"),
      visit);
  CHECK_MESSAGE(contains(visit, R"("tag":[{"system":"urn:xinglin:derived-from","code":"f1"}])"), visit);
  const std::string weight = clinic.read("Observation", "f1-weight-reading");
  CHECK_MESSAGE(
      contains(weight,
               R"("valueQuantity":{"value":70.50,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"})"),
      weight);
  CHECK_MESSAGE(contains(weight, R"("derivedFrom":[{"reference":"QuestionnaireResponse/f1"}])"), weight);
  const std::string pressure = clinic.read("Observation", "f1-sbp");
  CHECK_MESSAGE(contains(pressure, R"("coding":[{"system":"http://loinc.org","code":"8480-6"}])"), pressure);
  CHECK_MESSAGE(contains(pressure, R"("effectiveDateTime":"2023-03-01")"), pressure);
  CHECK_MESSAGE(contains(pressure, R"("valueQuantity":{"value":150,"unit":"mm[Hg]")"), pressure);
  const std::string drug = clinic.read("MedicationStatement", "f1-drug-taken-1");
  CHECK_MESSAGE(contains(drug, R"("medicationCodeableConcept":{"text":"缬沙坦"})"), drug);
  CHECK_MESSAGE(contains(drug, R"("note":[{"text":"缬沙坦, 2023-03-01"}])"), drug);
  CHECK_MESSAGE(!contains(drug, "dosage"), drug); // no dose was given: no trace of it
}

TEST_CASE("an update replaces what was yielded, a removal takes it away") {
  Clinic clinic;
  clinic.program->submit({Clinic::followup()});
  Submission changed = Clinic::followup();
  changed.answers.erase(changed.answers.begin() + 3); // no weight
  changed.answers[1].values = {"135"};
  changed.answers.back().groups.pop_back(); // one drug less
  const auto updated = clinic.put("QuestionnaireResponse", "f1", clinic.program->to_response(changed));
  CHECK(updated.outcomes[0].what == store::Outcome::What::updated);
  CHECK(clinic.derived("f1") == std::vector<std::string>{"Encounter/f1-visit", "MedicationStatement/f1-drug-taken-0",
                                                         "Observation/f1-dbp", "Observation/f1-sbp"});
  CHECK(contains(clinic.read("Observation", "f1-sbp"), R"("value":135)"));
  CHECK(clinic.read("Observation", "f1-weight-reading").empty());

  const auto removed = clinic.program->write({Clinic::remove("QuestionnaireResponse", "f1")});
  CHECK(removed.outcomes.size() == 1);
  CHECK(clinic.derived("f1").empty());
  CHECK(clinic.read("Encounter", "f1-visit").empty());
  CHECK(clinic.records->snapshot()->read("Encounter", "f1-visit")->commit == removed.commit);
}

TEST_CASE("a submission in error, or not complete, yields nothing") {
  Clinic clinic;
  clinic.program->submit({Clinic::followup()});
  const std::string kept = clinic.read("QuestionnaireResponse", "f1");
  clinic.put("QuestionnaireResponse", "f1",
             replaced(kept, R"("status":"completed")", R"("status":"entered-in-error")"));
  CHECK(clinic.derived("f1").empty());
  // Half filled: what is there must be right, what is missing may be missing.
  Submission draft = Clinic::followup("f2");
  draft.answers.resize(1);
  std::string json =
      replaced(clinic.program->to_response(draft), R"("status":"completed")", R"("status":"in-progress")");
  clinic.put("QuestionnaireResponse", "f2", json);
  CHECK(clinic.derived("f2").empty());
  CHECK(
      contains(refusal([&] { clinic.put("QuestionnaireResponse", "f2", replaced(json, "in-progress", "completed")); }),
               "sbp is required; fill it in"));
}

TEST_CASE("yields refuse direct edits and forged tags") {
  Clinic clinic;
  clinic.program->submit({Clinic::followup()});
  const std::string visit = clinic.read("Encounter", "f1-visit");
  CHECK(refusal([&] { clinic.put("Encounter", "f1-visit", visit); }) ==
        "method_not_allowed: Encounter/f1-visit was made by QuestionnaireResponse/f1; change or remove that instead "
        "[Encounter]");
  CHECK(contains(refusal([&] { clinic.program->write({Clinic::remove("Encounter", "f1-visit")}); }),
                 "method_not_allowed: "));
  CHECK(contains(refusal([&] { clinic.post("Encounter", replaced(visit, R"("id":"f1-visit",)", "")); }),
                 "only the program gives it"));
}

TEST_CASE("answers are checked one by one, each message names its item") {
  Clinic clinic;
  const std::string good = clinic.program->to_response(Clinic::followup());
  struct Case {
    std::string from, to, says, where;
  };
  const Case cases[] = {
      {R"("valueInteger":150)", R"("valueInteger":301)", "sbp is out of range; it must lie between 50 and 300", "sbp"},
      {R"("valueInteger":150)", R"("valueString":"150")", "sbp takes valueInteger, not valueString", "sbp"},
      {R"("valueDecimal":70.50)", R"("valueDecimal":70.1234567)", "weight has more than 6 digits after the point",
       "weight"},
      {R"("valueDate":"2023-03-01")", R"("valueDate":"2023-03")", "visited_on is not a whole day (YYYY-MM-DD)",
       "visited_on"},
      {R"("code":"2")", R"("code":"7")", "adherence has no option '7'; the options are 1, 2, 3", "adherence"},
      {R"(followup:adherence)", R"(followup:adherance)",
       "adherence must be coded in urn:xinglin:form:followup:adherence", "adherence"},
      {R"("linkId":"weight")", R"("linkId":"wieght")",
       "form followup has no item 'wieght' here; did you mean 'weight'?", "wieght"},
      {R"("linkId":"weight")", R"("linkId":"sbp")", "sbp has more than one answer; keep one", "sbp"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.to);
    const std::string said =
        refusal([&] { clinic.put("QuestionnaireResponse", "f1", replaced(good, one.from, one.to)); });
    CHECK_MESSAGE(contains(said, "invalid: " + one.says), said);
    CHECK_MESSAGE(contains(said, "[QuestionnaireResponse.item.where(linkId='" + one.where + "')]"), said);
  }
  CHECK(clinic.read("QuestionnaireResponse", "f1").empty());
  // In Chinese too, and inside a group with its place.
  Submission submission = Clinic::followup();
  submission.answers.back().groups[1].clear();
  try {
    clinic.program->submit({submission});
    FAIL("a drug without a name was taken");
  } catch (const base::Refused& refused) {
    CHECK(refused.issues().front().text_zh == "“药名”必须填写");
    CHECK(refused.issues().front().expression ==
          "QuestionnaireResponse.item.where(linkId='drugs')[1].item.where(linkId='drug')");
  }
}

TEST_CASE("a submission handed in as text names what is wrong before it is FHIR") {
  Clinic clinic;
  Submission submission = Clinic::followup();
  submission.answers[1].values = {"abc"};
  CHECK(refusal([&] { clinic.program->to_response(submission); }) ==
        "invalid: sbp is not a number [QuestionnaireResponse.item.where(linkId='sbp')]");
  submission = Clinic::followup();
  submission.answers.push_back({"informant_id", {"110105194912310021"}, {}});
  CHECK(contains(refusal([&] { clinic.program->to_response(submission); }), "informant_id is not a citizen ID"));
  submission.form = "folowup";
  CHECK(refusal([&] { clinic.program->to_response(submission); }) ==
        "invalid: there is no form 'folowup'; did you mean 'followup'? []");
}

TEST_CASE("rules look at several items, at the subject and at the last time") {
  Clinic clinic;
  Submission submission = Clinic::followup();
  submission.answers[2].values = {"160"};
  CHECK(refusal([&] { clinic.program->submit({submission}); }) ==
        "invalid: The diastolic pressure is not below the systolic; measure again "
        "[QuestionnaireResponse.item.where(linkId='dbp')]");
  submission = Clinic::followup();
  submission.answers[0].values = {"1950-01-01"};
  CHECK(contains(refusal([&] { clinic.program->submit({submission}); }), "before the resident was born"));
  submission.answers[0].values = {"2024-01-11"};
  CHECK(contains(refusal([&] { clinic.program->submit({submission}); }), "The visit lies in the future"));
  submission.answers[0].values = {"2024-01-10"};
  submission.answers.push_back({"referred", {"true"}, {}});
  CHECK(contains(refusal([&] { clinic.program->submit({submission}); }), "Say where the resident was referred to"));
  submission.answers.push_back({"referred_to", {"Organization/clinic-1"}, {}});
  clinic.program->submit({submission});
}

TEST_CASE("nothing is part of itself") {
  Clinic clinic;
  const auto organization = [](const std::string& id, const std::string& above) {
    return R"({"resourceType":"Organization","id":")" + id + R"(","name":"某院","partOf":{"reference":")" + above +
           R"("}})";
  };
  const auto put = [&](const std::string& id, const std::string& above) {
    return refusal([&] { clinic.put("Organization", id, organization(id, above)); });
  };
  CHECK(put("station", "Organization/clinic-1") == "");
  CHECK(put("post", "Organization/station") == "");
  CHECK(put("post", "Organization/post") ==
        "invalid: Organization/post is part of itself: Organization/post leads back to it; point to another "
        "[Organization.partOf]");
  CHECK(put("station", "Organization/post") ==
        "invalid: Organization/station is part of itself: Organization/post leads back to it; point to another "
        "[Organization.partOf]");
  CHECK(put("post", "Organization/clinic-1") == ""); // moved, no longer under the station
  CHECK(put("station", "Organization/post") == "");
  // A circle within one transaction.
  CHECK(contains(refusal([&] {
                   clinic.program->write({Clinic::update("Organization", "a", organization("a", "Organization/b")),
                                          Clinic::update("Organization", "b", organization("b", "Organization/a"))});
                 }),
                 "is part of itself"));
}

TEST_CASE("a rule may look at the submission before") {
  Clinic clinic;
  const auto pulse = [](const std::string& id, const std::string& at, const std::string& rate) {
    Submission submission;
    submission.form = "pulse";
    submission.id = id;
    submission.subject = "Patient/zhang";
    submission.org = "clinic-1";
    submission.authored = at;
    submission.answers = {{"rate", {rate}, {}}};
    return submission;
  };
  clinic.program->submit({pulse("p1", "2023-01-01T08:00:00+08:00", "70")});
  clinic.program->submit({pulse("p2", "2023-02-01T08:00:00+08:00", "120")});
  CHECK(contains(refusal([&] { clinic.program->submit({pulse("p3", "2023-03-01T08:00:00+08:00", "185")}); }),
                 "The rate rose by more than 60 since last time"));
  clinic.program->submit({pulse("p3", "2023-03-01T08:00:00+08:00", "175")});
  // What was authored later is not before, in whatever zone it was written: 06:00 here.
  clinic.program->submit({pulse("p5", "2023-03-31T22:00:00Z", "110")});
  CHECK(contains(refusal([&] { clinic.program->submit({pulse("p6", "2023-04-01T06:30:00+08:00", "171")}); }),
                 "The rate rose by more than 60 since last time"));
  clinic.program->submit({pulse("p6", "2023-04-01T05:30:00+08:00", "171")}); // against 175
  Submission other = pulse("p4", "2023-03-01T08:00:00+08:00", "185");        // nothing before about this one
  other.subject = "Patient/li";
  clinic.program->submit({other});
}

TEST_CASE("the subject, the organisation and the form must be the right ones") {
  Clinic clinic;
  const std::string good = clinic.program->to_response(Clinic::followup());
  const auto put = [&](const std::string& json) {
    return refusal([&] { clinic.put("QuestionnaireResponse", "f1", json); });
  };
  CHECK(contains(put(replaced(good, "Patient/zhang", "Organization/clinic-1")), "its subject must be Patient/ID"));
  CHECK(contains(put(replaced(good, "Organization/clinic-1", "Patient/zhang")), "say which organisation recorded it"));
  CHECK(contains(put(replaced(good, "Patient/zhang", "Patient/nobody")), "dangling"));
  CHECK(contains(put(replaced(good, "form:followup|2", "form:folowup|2")),
                 "there is no form 'folowup'; did you mean 'followup'?"));
  CHECK(contains(put(replaced(good, "form:followup|2", "form:followup")),
                 "say the form's version: urn:xinglin:form:followup|2"));
  // Questionnaires of others are left alone.
  clinic.put(
      "QuestionnaireResponse", "q1",
      R"({"resourceType":"QuestionnaireResponse","id":"q1","questionnaire":"http://example.org/q","status":"completed"})");
  clinic.program->submit({Clinic::followup()});
  CHECK(contains(put(replaced(good, "urn:xinglin:form:followup|2", "http://example.org/q")),
                 "its questionnaire cannot change"));
}

TEST_CASE("a register's rules hold for every resource it keeps") {
  Clinic clinic;
  const std::string patient = Clinic::patient("wang", "1980-01-01");
  const std::string with_id =
      replaced(patient, R"("gender")",
               R"("identifier":[{"system":"urn:oid:2.16.156.10011.1.3","value":"110105194912310021"}],"gender")");
  CHECK(contains(refusal([&] { clinic.put("Patient", "wang", with_id); }), "citizen_id is not a citizen ID"));
  CHECK(contains(refusal([&] { clinic.put("Patient", "wang", with_id); }), "[Patient.identifier[0].value]"));
  clinic.put("Patient", "wang",
             replaced(with_id, "urn:oid:2.16.156.10011.1.3", "urn:other")); // other systems are left alone
  CHECK(contains(refusal([&] { clinic.put("Patient", "wang", replaced(patient, "1980-01-01", "2024-01-11")); }),
                 "The date of birth lies in the future"));
  CHECK(contains(refusal([&] {
                   clinic.put("Organization", "o2",
                              R"({"resourceType":"Organization","id":"o2","identifier":[{"value":"1"}]})");
                 }),
                 "register institution requires name"));
}

TEST_CASE("structure is validated for every resource, and all issues are told with their write") {
  Clinic clinic;
  try {
    clinic.program->write({Clinic::update("Patient", "a", R"({"resourceType":"Patient","id":"a","gendre":"male"})"),
                           Clinic::update("Patient", "b", R"({"resourceType":"Patient","id":"b"})"),
                           Clinic::update("Patient", "c", R"({"resourceType":"Patient","id":"c","birthDate":"x"})")});
    FAIL("wrong resources were taken");
  } catch (const base::Refused& refused) {
    REQUIRE(refused.issues().size() >= 2);
    CHECK(refused.issues().front().write == 0);
    CHECK((refused.issues().end() - 1)->write == 2);
  }
  CHECK(clinic.read("Patient", "b").empty());
  CHECK(contains(refusal([&] { clinic.post("Patient", "{"); }), "malformed: "));
}

TEST_CASE("returns: one for a period, moved by operations only") {
  Clinic clinic;
  const auto receipt = clinic.program->submit({Clinic::monthly("2023-05", "draft")});
  const std::string id = receipt.outcomes[0].id;
  CHECK(id == "monthly-return-clinic-1-2023-05");
  const std::string draft = clinic.read("QuestionnaireResponse", id);
  CHECK(contains(draft, R"("status":"in-progress")"));

  // An edit cannot move it.
  const std::string submitted =
      replaced(replaced(draft, R"("valueCode":"draft")", R"("valueCode":"submitted")"), "in-progress", "completed");
  CHECK(contains(refusal([&] { clinic.put("QuestionnaireResponse", id, submitted); }),
                 "method_not_allowed: the return is draft"));
  CHECK(contains(refusal([&] { clinic.program->change_state(id, "accept"); }),
                 "conflict: the return is draft; 'accept' is not for that state"));
  CHECK(
      contains(refusal([&] { clinic.program->change_state(id, "approve"); }), "'approve' is no operation on a return"));
  clinic.program->change_state(id, "submit");
  CHECK(contains(clinic.read("QuestionnaireResponse", id), R"("status":"completed")"));
  CHECK(contains(refusal([&] { clinic.program->change_state(id, "return"); }), "say why"));
  clinic.program->change_state(id, "return", "收入与上月相同,请核对");
  CHECK(contains(clinic.read("QuestionnaireResponse", id), R"("valueString":"收入与上月相同,请核对")"));
  // Corrected while it is sent back; an edit that does not speak of the state keeps it.
  std::string corrected = replaced(clinic.read("QuestionnaireResponse", id), "1000.50", "1200.00");
  clinic.put("QuestionnaireResponse", id, corrected);
  clinic.program->change_state(id, "submit");
  const std::string again = clinic.read("QuestionnaireResponse", id);
  CHECK(contains(again, R"("status":"amended")"));
  CHECK(!contains(again, "state-reason"));
  clinic.program->change_state(id, "accept");
  CHECK(contains(refusal([&] { clinic.put("QuestionnaireResponse", id, again); }),
                 "method_not_allowed: the return is accepted"));
  CHECK(contains(refusal([&] { clinic.program->write({Clinic::remove("QuestionnaireResponse", id)}); }),
                 "it cannot be removed"));
  // Several in one transaction: when one is refused none is changed.
  CHECK(contains(refusal([&] { clinic.program->change_states({id, "nobody"}, "lock"); }), "not_found: "));
  CHECK(contains(clinic.read("QuestionnaireResponse", id), R"("valueCode":"accepted")"));
  CHECK(clinic.program->change_states({id}, "lock").outcomes.size() == 1);
  CHECK(contains(refusal([&] { clinic.program->change_state(id, "return", "x"); }), "the return is locked"));
  CHECK(contains(refusal([&] { clinic.program->change_state("nobody", "lock"); }), "not_found: "));
}

TEST_CASE("returns: the period fits the cycle, and a second one is refused") {
  Clinic clinic;
  CHECK(contains(refusal([&] { clinic.program->submit({Clinic::monthly("2023Q1")}); }),
                 "is for a period such as 2023-05, not '2023Q1'"));
  CHECK(contains(refusal([&] { clinic.program->submit({Clinic::monthly("5月")}); }),
                 "is for a period such as 2023-05, not '5月'"));
  clinic.program->submit({Clinic::monthly()});
  // Sent again with the same answers: nothing to do. With others: refused.
  Submission again = Clinic::monthly();
  again.authored = "2024-01-10T09:00:00.000+08:00";
  CHECK(clinic.program->submit({again}).outcomes[0].what == store::Outcome::What::unchanged);
  again.answers[0].values = {"999"};
  CHECK(contains(refusal([&] { clinic.program->submit({again}); }),
                 "conflict: the return monthly_return of Organization/clinic-1 for 2023-05 exists already"));
  CHECK(contains(refusal([&] {
                   clinic.put("QuestionnaireResponse", "other",
                              replaced(clinic.program->to_response(Clinic::monthly("2023-06")),
                                       "monthly-return-clinic-1-2023-06", "other"));
                 }),
                 "has the id monthly-return-clinic-1-2023-06, not other"));
  CHECK(contains(refusal([&] { clinic.program->submit({Clinic::monthly("2023-07", "accepted")}); }),
                 "a new return is draft or submitted"));
}

TEST_CASE("returns: restored they keep their state, and what is here changes by operations only") {
  Clinic from;
  from.program->submit({Clinic::monthly()});
  const std::string id = "monthly-return-clinic-1-2023-05";
  from.program->change_state(id, "accept");
  const std::string accepted = from.read("QuestionnaireResponse", id);
  Clinic to;
  store::Write write;
  write.kind = store::Write::Kind::update;
  write.type = "QuestionnaireResponse";
  write.id = id;
  write.json = accepted;
  CHECK(contains(refusal([&] { to.program->write({write}); }), "a new return is draft or submitted"));
  write.json = replaced(accepted, R"("status":"completed")", R"("status":"in-progress")");
  CHECK(contains(refusal([&] { to.program->restore({write}); }), "a return that is accepted has the status"));
  write.json = replaced(accepted, R"("valueCode":"accepted")", R"("valueCode":"acepted")");
  CHECK(contains(refusal([&] { to.program->restore({write}); }), "acepted"));
  write.json = accepted;
  CHECK(to.program->restore({write}).outcomes[0].what == store::Outcome::What::created);
  CHECK(contains(to.read("QuestionnaireResponse", id), R"("valueCode":"accepted")"));
  write.json = replaced(accepted, R"("valueCode":"accepted")", R"("valueCode":"locked")");
  CHECK(contains(refusal([&] { to.program->restore({write}); }), "the return is accepted"));
}

TEST_CASE("a device that sends its record again is answered, not doubled") {
  Clinic clinic;
  const auto first = clinic.program->submit({Clinic::followup()});
  const auto again = clinic.program->submit({Clinic::followup()});
  CHECK(again.commit == 0);
  CHECK(again.outcomes[0].what == store::Outcome::What::unchanged);
  CHECK(again.outcomes[0].version == 1);
  Submission other = Clinic::followup();
  other.answers[1].values = {"151"};
  CHECK(contains(refusal([&] { clinic.program->submit({other}); }),
                 "conflict: QuestionnaireResponse/f1 exists already with other content"));
}

TEST_CASE("racing edits of one submission leave the yields of the last") {
  Clinic clinic;
  clinic.program->submit({Clinic::followup()});
  std::vector<std::thread> threads;
  std::atomic<int> refused = 0;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      for (int round = 0; round < 5; ++round) {
        Submission changed = Clinic::followup();
        changed.answers[1].values = {std::to_string(120 + i * 10 + round)};
        if (i % 2 == 0) changed.answers.erase(changed.answers.begin() + 3);
        try {
          clinic.put("QuestionnaireResponse", "f1", clinic.program->to_response(changed));
        } catch (const base::Refused& problem) {
          REQUIRE(problem.kind() == base::Refusal::precondition_failed);
          ++refused;
        }
      }
    });
  for (auto& thread : threads)
    thread.join();
  const std::string kept = clinic.read("QuestionnaireResponse", "f1");
  const std::string pressure = clinic.read("Observation", "f1-sbp");
  const size_t at = kept.find(R"("valueInteger":)");
  const std::string value = kept.substr(at + 15, 3);
  CHECK_MESSAGE(contains(pressure, R"("value":)" + value), kept << pressure);
  CHECK(contains(kept, "70.50") == !clinic.read("Observation", "f1-weight-reading").empty());
}

TEST_CASE("in one transaction a form may be about what the transaction brings") {
  Clinic clinic;
  store::Write patient;
  patient.type = "Patient";
  patient.json = replaced(Clinic::patient("new", "2020-01-01"), R"("id":"new",)", "");
  patient.full_url = "urn:uuid:3f2b8a30-6f5a-4f0e-9d57-0b5a0f6d1c11";
  store::Write form;
  form.type = "QuestionnaireResponse";
  Submission submission = Clinic::followup("f9");
  submission.subject = patient.full_url;
  submission.answers[0].values = {"2019-12-31"};
  form.json = clinic.program->to_response(submission);
  CHECK(contains(refusal([&] { clinic.program->write({patient, form}); }), "before the resident was born"));
  submission.answers[0].values = {"2020-01-02"};
  form.json = clinic.program->to_response(submission);
  const auto receipt = clinic.program->write({patient, form});
  REQUIRE(receipt.outcomes.size() == 2);
  const std::string id = receipt.outcomes[1].id;
  CHECK(id != "f9"); // a create that does not bring its id in the write gets one
  CHECK(contains(clinic.read("Encounter", id + "-visit"),
                 "\"subject\":{\"reference\":\"Patient/" + receipt.outcomes[0].id + "\"}"));
}

TEST_CASE("install writes definitions once, and notes which catalog is in use from when") {
  Clinic clinic;
  clinic.program->install();
  const auto commit = clinic.records->last_commit();
  const std::string form = clinic.read("Questionnaire", "followup");
  CHECK_MESSAGE(contains(form, R"("url":"urn:xinglin:form:followup","version":"2")"), form);
  CHECK(contains(form, R"("linkId":"sbp")"));
  CHECK(contains(clinic.read("Measure", "clinic.control-rate"), R"("code":"proportion")"));
  clinic.program->install();
  CHECK(clinic.records->last_commit() == commit);
  CHECK(program::catalog_as_of(*clinic.records, commit) == clinic.catalog->hash);
  CHECK(program::catalog_as_of(*clinic.records, 1) == clinic.catalog->hash);
}

TEST_CASE("what is installed is valid FHIR") {
  Clinic clinic;
  clinic.program->install();
  for (const char* type : {"Questionnaire", "Measure"})
    clinic.records->snapshot()->scan(type, [&](const store::Version& version) {
      const base::Issues issues = clinic.program->examine(version.json);
      CHECK_MESSAGE(issues.empty(), version.reference() << ": " << issues.to_text());
      return true;
    });
}

TEST_CASE("yield ids stay within 64 characters") {
  Clinic clinic;
  Submission submission = Clinic::followup(std::string(60, 'a'));
  clinic.program->submit({submission});
  for (const auto& reference : clinic.derived(std::string(60, 'a')))
    CHECK(reference.substr(reference.find('/') + 1).size() <= 64);
  CHECK(clinic.derived(std::string(60, 'a')).size() == 6);
}

TEST_CASE("the states a return may move between") {
  using enum program::ReturnState;
  using enum program::ReturnOperation;
  const program::ReturnState states[] = {draft, submitted, returned, accepted, locked};
  std::string table;
  for (const auto state : states)
    for (const auto operation : {submit, send_back, accept, lock})
      if (const auto next = program::next_state(state, operation))
        table += std::string(program::to_string(state)) + ">" + std::string(program::to_string(*next)) + " ";
  CHECK(table ==
        "draft>submitted submitted>returned submitted>accepted returned>submitted accepted>returned accepted>locked ");
}
