#include "server/package/check.h"
#include "server/package/model.h"

#include "lib/fhirpath/expression.h"
#include "lib/viewdef/view.h"
#include "tests/support/data.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fstream>
#include <sstream>

using namespace xinglin;
namespace fs = std::filesystem;

namespace {

const fs::path k_testdata = "server/package/testdata";

std::string read(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// The good programs in a directory of their own, to be spoilt.
struct Programs {
  test::TemporaryDirectory directory;
  Programs() { fs::copy(k_testdata / "good", directory.path(), fs::copy_options::recursive); }
  std::string path() const { return directory.path().string(); }
  void put(const std::string& file, const std::string& text) const { write(directory.path() / file, text); }
  void edit(const std::string& file, const std::string& from, const std::string& to) const {
    std::string text = read(directory.path() / file);
    const size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    put(file, text.replace(at, from.size(), to));
  }
};

std::shared_ptr<const package::Catalog> load_good() {
  base::Issues issues;
  auto catalog = package::load_checked((k_testdata / "good").string(), issues);
  REQUIRE_MESSAGE(issues.empty(), issues.to_text());
  return catalog;
}

const package::Table& table(const std::vector<package::Table>& tables, const std::string& name) {
  const auto found = std::find_if(tables.begin(), tables.end(), [&](const auto& one) { return one.name == name; });
  REQUIRE(found != tables.end());
  return *found;
}

/// The rows a table's view makes of a resource, cells by '|'; null is ~.
std::vector<std::string> rows(const package::Table& table, const std::string& json) {
  const auto view = viewdef::View::compile(table.view_json, viewdef::Values::as_found);
  const auto document = fhir::Document::parse(json);
  std::vector<std::string> result;
  view.run(document.root(), [&](std::span<const viewdef::Cell> cells) {
    std::string row;
    for (const auto& cell : cells)
      row += (row.empty() ? "" : "|") + std::string(cell.value_or("~"));
    result.push_back(row);
  });
  return result;
}

} // namespace

TEST_CASE("the good programs are read whole and without a word") {
  const auto catalog = load_good();
  CHECK(catalog->programs.size() == 2);
  const auto& form = catalog->forms.at("followup");
  CHECK(form.program == "clinic");
  CHECK(form.version == "2");
  CHECK(form.happened == "visited_on");
  CHECK(form.items[1].unit == "mm[Hg]");
  CHECK(form.items[1].range_low == "50");
  CHECK(form.items[4].options[1].code == "2");
  CHECK(form.items.back().items[1].id == "dose");
  CHECK(form.yields[0].set[0].first == "status");
  CHECK(form.place.file == "clinic/forms/followup.yml");
  CHECK(form.items[1].place.line == 9);
  CHECK(catalog->forms.at("monthly_return").cycle == package::ReturnCycle::month);
  CHECK(catalog->forms.at("monthly_return").items[0].range_high.empty());
  const auto& rate = catalog->indicators.at("clinic.control_rate");
  CHECK(rate.shown == "percent");
  CHECK(rate.hash.size() == 12);
  CHECK(catalog->indicators.at("clinic.income").grain == package::Grain::returned);
  CHECK(catalog->indicators.at("clinic.followups").make[0].set[0] ==
        std::pair<std::string, std::string>{"visited_on", "$day"});
  CHECK(catalog->documents.contains("clinic_summary"));
}

// testdata/bad/NAME holds the files that differ from testdata/good, and expected.txt: all that is said about them.
TEST_CASE("each mistake is told with its place and its mend, and its program left out") {
  const bool update = std::getenv("UPDATE_GOLDEN") != nullptr;
  size_t cases = 0;
  for (const auto& entry : fs::directory_iterator(k_testdata / "bad")) {
    CAPTURE(entry.path().filename().string());
    Programs programs;
    fs::copy(entry.path(), programs.directory.path(),
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    fs::remove(programs.directory.path() / "expected.txt");
    base::Issues issues;
    const auto catalog = package::load_checked(programs.path(), issues);
    const std::string said = issues.to_text() + "\n";
    if (update) write(entry.path() / "expected.txt", said);
    CHECK(said == read(entry.path() / "expected.txt"));
    CHECK(!issues.empty());
    for (const auto& issue : issues) // whoever has an error is not there
      if (issue.severity == base::Severity::error)
        CHECK_MESSAGE(!catalog->programs.contains(issue.file.substr(0, issue.file.find('/'))), issue.file);
    ++cases;
  }
  CHECK(cases >= 80);
}

TEST_CASE("a broken program never takes the others down, but those that need it") {
  Programs programs;
  programs.edit("clinic/forms/pulse.yml", "rate", "RATE");
  base::Issues issues;
  auto catalog = package::load(programs.path(), issues);
  CHECK(issues.has_errors());
  CHECK(catalog->programs.contains("places"));
  CHECK(!catalog->programs.contains("clinic"));
  CHECK(catalog->forms.empty());
  CHECK(catalog->registers.size() == 1);
  CHECK_THROWS_AS(package::load(programs.path() + "/nowhere", issues), base::Refused);
}

TEST_CASE("tables: names, columns and types") {
  const auto tables = package::tables(*load_good());
  std::string names;
  for (const auto& one : tables)
    names += one.name + " ";
  CHECK(names == "followup followup__drugs followup__symptoms institution monthly_return pulse resident ");
  const auto columns = [&](const std::string& name) {
    std::string text;
    for (const auto& column : table(tables, name).columns)
      text += column.name + " " + column.sql_type + ", ";
    return text;
  };
  CHECK(columns("followup") == "record VARCHAR, subject VARCHAR, org VARCHAR, happened DATE, visited_on DATE, sbp "
                               "INTEGER, dbp INTEGER, weight DECIMAL(38,6), "
                               "adherence VARCHAR, cost DECIMAL(38,6), referred BOOLEAN, referred_to VARCHAR, "
                               "measured_at TIMESTAMP, informant_id VARCHAR, note "
                               "VARCHAR, entered TIMESTAMP, t_from BIGINT, ");
  CHECK(columns("followup__drugs") ==
        "record VARCHAR, item_index INTEGER, drug VARCHAR, dose DECIMAL(38,6), entered TIMESTAMP, t_from BIGINT, ");
  CHECK(columns("followup__symptoms") ==
        "record VARCHAR, item_index INTEGER, symptoms VARCHAR, entered TIMESTAMP, t_from BIGINT, ");
  CHECK(columns("monthly_return") ==
        "record VARCHAR, subject VARCHAR, org VARCHAR, happened DATE, period_start DATE, period_end DATE, state "
        "VARCHAR, income DECIMAL(38,6), drug_income DECIMAL(38,6), entered TIMESTAMP, t_from BIGINT, ");
  CHECK(columns("resident") ==
        "record VARCHAR, subject VARCHAR, org VARCHAR, citizen_id VARCHAR, name VARCHAR, sex VARCHAR, birth_date DATE, "
        "entered TIMESTAMP, t_from BIGINT, ");
  CHECK(table(tables, "monthly_return").is_return);
  CHECK(table(tables, "followup__drugs").is_child);
}

TEST_CASE("tables: the views fill them") {
  const auto tables = package::tables(*load_good());
  const std::string head =
      R"({"resourceType":"QuestionnaireResponse","id":"f1","status":"completed","subject":{"reference":"Patient/zhang"},)"
      R"("authored":"2023-03-02T23:30:00-05:00","extension":[{"url":"urn:xinglin:organization",)"
      R"("valueReference":{"reference":"Organization/clinic-1"}})";
  const std::string followup =
      head +
      R"(],"questionnaire":"urn:xinglin:form:followup|1","item":[)"
      R"({"linkId":"visited_on","answer":[{"valueDate":"2023-03-01"}]},)"
      R"({"linkId":"sbp","answer":[{"valueInteger":150}]},)"
      R"({"linkId":"weight","answer":[{"valueDecimal":70.50}]},)"
      R"({"linkId":"adherence","answer":[{"valueCoding":{"system":"x","code":"2"}}]},)"
      R"({"linkId":"referred","answer":[{"valueBoolean":false}]},)"
      R"({"linkId":"referred_to","answer":[{"valueReference":{"reference":"Organization/o2"}}]},)"
      R"({"linkId":"symptoms","answer":[{"valueCoding":{"code":"headache"}},{"valueCoding":{"code":"dizziness"}}]},)"
      R"({"linkId":"drugs","item":[{"linkId":"drug","answer":[{"valueString":"氨氯地平"}]},{"linkId":"dose","answer":[{"valueDecimal":5}]}]},)"
      R"({"linkId":"drugs","item":[{"linkId":"drug","answer":[{"valueString":"缬沙坦"}]}]}]})";
  CHECK(rows(table(tables, "followup"), followup) ==
        std::vector<std::string>{"QuestionnaireResponse/f1|Patient/"
                                 "zhang|clinic-1|2023-03-01|2023-03-01|150|~|70.50|2|~|false|Organization/o2|~|~|~"});
  CHECK(rows(table(tables, "followup__drugs"), followup) ==
        std::vector<std::string>{"QuestionnaireResponse/f1|0|氨氯地平|5", "QuestionnaireResponse/f1|1|缬沙坦|~"});
  CHECK(rows(table(tables, "followup__symptoms"), followup) ==
        std::vector<std::string>{"QuestionnaireResponse/f1|0|headache", "QuestionnaireResponse/f1|1|dizziness"});
  CHECK(rows(table(tables, "pulse"), followup).empty());
  std::string draft = followup;
  draft.replace(draft.find("completed"), 9, "in-progress");
  CHECK(rows(table(tables, "followup"), draft).empty());

  // A day as written is never shifted by its zone.
  const std::string pulse =
      head +
      R"(],"questionnaire":"urn:xinglin:form:pulse|1","item":[{"linkId":"rate","answer":[{"valueInteger":70}]}]})";
  CHECK(rows(table(tables, "pulse"), pulse) ==
        std::vector<std::string>{"QuestionnaireResponse/f1|Patient/zhang|clinic-1|2023-03-02|70"});

  CHECK(rows(table(tables, "resident"),
             R"({"resourceType":"Patient","id":"p","name":[{"text":"张三"}],"gender":"male","birthDate":"1960-05-01",)"
             R"("managingOrganization":{"reference":"Organization/clinic-1"}})") ==
        std::vector<std::string>{"Patient/p|Patient/p|clinic-1|~|张三|male|1960-05-01"});
  CHECK(rows(table(tables, "institution"),
             R"({"resourceType":"Organization","id":"o","name":"甲","partOf":{"reference":"Organization/b"},)"
             R"("extension":[{"url":"urn:xinglin:opened","valueDate":"2001-02-03"}]})") ==
        std::vector<std::string>{"Organization/o|Organization/o|o|甲|Organization/b|2001-02-03|~"});
}

TEST_CASE("when a return is due") {
  const auto read = [](const std::string& line) {
    Programs programs;
    programs.edit("clinic/forms/monthly_return.yml", "cycle: month", line);
    base::Issues issues;
    const auto catalog = package::load(programs.path(), issues);
    const auto form = catalog->forms.find("monthly_return");
    return form == catalog->forms.end()
               ? issues.to_text()
               : fmt::format("{} {}", form->second.due_days, form->second.due_working_days ? "working" : "plain");
  };
  CHECK(read("cycle: month\ndue: 10 days") == "10 plain");
  CHECK(read("cycle: month\ndue: 1 working day") == "1 working");
  CHECK(read("cycle: month\ndue: 366 days") == "366 plain");
  for (const std::string wrong : {"367 days", "0 days", "10", "soon", "10 weeks", "-1 days"}) {
    INFO(wrong);
    CHECK(read("cycle: month\ndue: " + wrong).find("does not say when the return is due") != std::string::npos);
  }
  CHECK(read("due: 10 days").find("only a return has a day") != std::string::npos);
}

TEST_CASE("tables: a return's period as its first and last day") {
  const auto days = [](const std::string& cycle, const std::string& period) {
    Programs programs;
    programs.edit("clinic/forms/monthly_return.yml", "cycle: month", "cycle: " + cycle);
    base::Issues issues;
    const auto tables = package::tables(*package::load(programs.path(), issues));
    const auto list = rows(
        table(tables, "monthly_return"),
        R"({"resourceType":"QuestionnaireResponse","id":"r","status":"amended","questionnaire":"urn:xinglin:form:monthly_return|1",)"
        R"("extension":[{"url":"urn:xinglin:period","valueString":")" +
            period + R"("},{"url":"urn:xinglin:state","valueCode":"submitted"}]})");
    REQUIRE(list.size() == 1);
    return list[0];
  };
  CHECK(days("month", "2024-02") == "QuestionnaireResponse/r|~|~|2024-02-01|2024-02-01|2024-02-29|submitted|~|~");
  CHECK(days("month", "2023-12") == "QuestionnaireResponse/r|~|~|2023-12-01|2023-12-01|2023-12-31|submitted|~|~");
  CHECK(days("quarter", "2023Q2") == "QuestionnaireResponse/r|~|~|2023-04-01|2023-04-01|2023-06-30|submitted|~|~");
  CHECK(days("half", "2023H2") == "QuestionnaireResponse/r|~|~|2023-07-01|2023-07-01|2023-12-31|submitted|~|~");
  CHECK(days("year", "2023") == "QuestionnaireResponse/r|~|~|2023-01-01|2023-01-01|2023-12-31|submitted|~|~");
}

TEST_CASE("an indicator's hash moves with all that decides its value, and with nothing else") {
  const auto hashes = [](const auto& spoil) {
    Programs programs;
    spoil(programs);
    base::Issues issues;
    const auto catalog = package::load(programs.path(), issues);
    REQUIRE_MESSAGE(!issues.has_errors(), issues.to_text());
    return std::make_tuple(catalog->indicators.at("clinic.control_rate").hash,
                           catalog->indicators.at("clinic.drug_share").hash, catalog->hash);
  };
  const auto [rate, share, catalog] = hashes([](const Programs&) {});
  { // a fact it reads
    const auto [rate_now, share_now, catalog_now] = hashes(
        [](const Programs& programs) { programs.edit("clinic/facts/last_followup.sql", "record desc", "record"); });
    CHECK(rate_now != rate);
    CHECK(share_now == share);
    CHECK(catalog_now != catalog);
  }
  { // an indicator it is derived from
    const auto [rate_now, share_now, catalog_now] = hashes([](const Programs& programs) {
      programs.edit("clinic/indicators/clinic.drug_income.sql", "'returned'", "'draft'");
    });
    CHECK(rate_now == rate);
    CHECK(share_now != share);
  }
  { // words that decide nothing
    const auto [rate_now, share_now, catalog_now] = hashes([](const Programs& programs) {
      programs.edit("clinic/indicators/clinic.control_rate.yml", "better: higher", "better: lower");
    });
    CHECK(rate_now == rate);
    CHECK(catalog_now != catalog);
  }
}

TEST_CASE("what was loaded is kept by its hash and read back") {
  test::TemporaryDirectory data;
  Programs programs;
  base::Issues issues;
  const auto first = package::load(programs.path(), issues);
  package::keep(*first, data.path().string());
  package::keep(*first, data.path().string()); // once is enough
  programs.edit("clinic/forms/pulse.yml", "[20, 250]", "[20, 240]");
  const auto second = package::load(programs.path(), issues);
  CHECK(second->hash != first->hash);
  package::keep(*second, data.path().string());
  const auto again = package::load_kept(data.path().string(), first->hash);
  CHECK(again->hash == first->hash);
  CHECK(again->forms.at("pulse").items[0].range_high == "250");
  CHECK(again->indicators.at("clinic.drug_share").hash == first->indicators.at("clinic.drug_share").hash);
  CHECK_THROWS_WITH_AS(package::load_kept(data.path().string(), "none"), doctest::Contains("are not kept"),
                       base::Refused);
  write(data.path() / "packages" / first->hash / "clinic/forms/pulse.yml", "form: pulse\n");
  CHECK_THROWS_WITH_AS(package::load_kept(data.path().string(), first->hash), doctest::Contains("damaged"),
                       base::Refused);
}

TEST_CASE("limits: each is refused with its number") {
  const auto said = [](const auto& spoil) {
    Programs programs;
    spoil(programs);
    base::Issues issues;
    package::load(programs.path(), issues);
    return issues.to_text();
  };
  const auto has = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  const auto many = [](int count, const std::string& before, const std::string& after) {
    std::string text;
    for (int i = 0; i < count; ++i)
      text += before + std::to_string(i) + after;
    return text;
  };
  const std::string form = "form: x\ntitle: {zh: 甲, en: X}\nabout: resident\nitems:\n  a: {zh: 甲, en: A}\n";
  CHECK(has(said([&](const Programs& p) { p.put("clinic/README.md", std::string((1u << 20) + 1, 'x')); }),
            "over the limit of 1048576"));
  CHECK(
      has(said([&](const Programs& p) { p.put("clinic/forms/x.yml", form + many(300, "  a", ": {zh: 甲, en: A}\n")); }),
          "more than 300 items"));
  CHECK(has(said([&](const Programs& p) {
              p.put("clinic/forms/x.yml",
                    form + "  c: {zh: 丙, en: C, type: choice, options: {" + many(501, "o", ": 一, ") + "}}\n");
            }),
            "more than 500 options"));
  CHECK(has(said([&](const Programs& p) {
              p.put("clinic/forms/x.yml",
                    form + "checks:\n" + many(201, "  - {when: \"a = '", "'\", error: {zh: 错, en: Wrong}}\n"));
            }),
            "more than 200 checks"));
  CHECK(has(said([&](const Programs& p) {
              p.put("clinic/forms/x.yml", form + "yields:\n" + many(51, "  y", ": {resource: Basic, set: {id: a}}\n"));
            }),
            "more than 50 yields"));
  CHECK(has(said([&](const Programs& p) {
              p.put("clinic/forms/x.yml",
                    form + "yields:\n  y:\n    resource: Basic\n    set: {" + many(201, "p", ": a, ") + "}\n");
            }),
            "more than 200 paths"));
  CHECK(has(said([&](const Programs& p) {
              p.put("clinic/forms/x.yml",
                    form + "checks:\n  - {when: \"" + std::string(20001, 'a') + "\", error: {zh: 错, en: Wrong}}\n");
            }),
            "longer than 20000 characters"));
  CHECK(has(said([&](const Programs& p) {
              p.put("clinic/forms/x.yml", form + "x: " + std::string(30, '[') + std::string(30, ']') + "\n");
            }),
            "nested deeper than 24"));
  CHECK(
      has(said([&](const Programs& p) { p.put("clinic/forms/x.yml", form + "x: [" + many(100001, "", ",") + "]\n"); }),
          "more than 100000 values"));
  CHECK(has(said([&](const Programs& p) { p.put("clinic/facts/" + std::string(49, 'a') + ".sql", "select 1"); }),
            "at most 48 characters"));
  CHECK(has(said([&](const Programs& p) {
              for (int i = 0; i < 5001; ++i)
                p.put("clinic/tests/t" + std::to_string(i) + ".yml", "");
            }),
            "more than 5000 files"));
  Programs programs;
  for (int i = 0; i < 500; ++i)
    programs.put("p" + std::to_string(i) + "/program.yml", "");
  base::Issues issues;
  CHECK_THROWS_WITH_AS(package::load(programs.path(), issues), doctest::Contains("more than 500 programs"),
                       base::Refused);
}
