// Whole reports over real tables: made, printed, signed, made again, compared.

#include "server/document/report.h"

#include "lib/office/docx.h"
#include "lib/office/xlsx.h"
#include "lib/office/xml.h"
#include "lib/validation/validate.h"
#include "server/document/sign.h"
#include "server/flatten/test_records.h"
#include "server/flatten/warehouse.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <functional>

using namespace xinglin;
using base::Period;
using document::Report;

namespace {

constexpr const char* k_template = R"(# {org}{period}总结

## 一、业务

门诊{t.visits|人次}，{…|比去年同期 增加 0位}；费用{t.cost|元 1位}，治愈率{t.cured|0位}。

{t.deaths|无则:无一例死亡|有则:死亡{…|例}}。
)";

/// A county whose figures are counted from submitted visits.
class County {
public:
  County() {
    auto catalog = test::county_catalog();
    catalog.hash = "catalog-hash";
    auto add = [&](const std::string& name, package::IndicatorKind kind, const std::string& column) {
      auto& made = catalog.indicators["t." + name];
      made.id = "t." + name;
      made.title = {"指标" + name, "Indicator " + name};
      made.unit = {"次", "times"};
      made.kind = kind;
      made.definition = {"说明" + name, "about " + name};
      made.sql = "select org, subject, record, visited_on as happened" + column + " from visit";
    };
    add("visits", package::IndicatorKind::count, "");
    add("cost", package::IndicatorKind::sum, ", cost as value");
    add("cured", package::IndicatorKind::proportion, ", cured as hit");
    add("deaths", package::IndicatorKind::count, "");
    catalog.indicators["t.deaths"].sql += " where grade = 9";
    catalog.indicators["t.visits"].agrees = {"t.visits <= t.cost"};
    add("reported", package::IndicatorKind::count, "");
    catalog.indicators["t.reported"].authority = "upper:direct_report";
    auto& upper = catalog.indicators["t.reported.upper"];
    upper.id = "t.reported.upper";
    upper.title = {"直报系统病例", "Cases of the direct report"};
    upper.kind = package::IndicatorKind::sum;
    upper.grain = package::Grain::returned;
    upper.sql =
        "select 'h1' as org, 'Organization/h1' as subject, 'QuestionnaireResponse/u' as record, date '2023-01-01' "
        "as happened, 5 as value, '疫情年报' as source, date '2024-02-05' as issued, '含转入2例' as note";
    auto add_document = [&](const std::string& id, const std::string& text) {
      auto& made = catalog.documents[id];
      made.id = id;
      made.text = text;
      made.place = {"t/documents/" + id + ".md", 1};
    };
    add_document("year", k_template);
    add_document("upper", "病例{t.reported|例}，{…|同比 增加 例}。");
    add_document(
        "sections",
        "# {org}总结 {科室:办公室|Office}\n开头。\n## 一、{year}年业务 "
        "{科室:医政科}\n门诊{t.visits|人次}，{…|比去年同期 "
        "增加 0位}。\n### （一）费用 {owner:财务科}\n费用{t.cost|元 1位}。\n## 二、病例\n死亡{t.deaths|例}。\n");
    auto& income = catalog.indicators["t.income"];
    income.id = "t.income";
    income.title = {"业务收入", "Income"};
    income.kind = package::IndicatorKind::sum;
    income.grain = package::Grain::returned;
    income.sql = "select org, subject, record, period_start as happened, amount as value from income";
    add_document("elsewhere",
                 "## 一、收入\n收入{t.income|元 0位}，{…|比去年同期 增长 1位}，上半年{…|期间:上半年 元 0位}。\n"
                 "## 二、全县\n全县{t.income|机构:bureau 元 0位}，门诊{t.visits|人次}，{…|比去年同期 增加 0位}。\n");
    add_document("wrong", "门诊\n{t.visit|人次}{t.visits|人每次}");
    m_catalog = std::make_shared<const package::Catalog>(std::move(catalog));
    m_warehouse = std::make_unique<flatten::Warehouse>("", m_catalog);
    m_engine = std::make_unique<indicator::Engine>(m_catalog, *m_warehouse);
    commits.begin("2022-01-01").put(test::organization("bureau")).put(test::organization("h1", "bureau"));
  }
  void visit(const std::string& id, const std::string& day, const std::string& cost, bool cured) {
    commits.put(test::response("visit", id, "Patient/p1", "h1",
                               {test::date_answer("visited_on", day), test::decimal_answer("cost", cost),
                                test::boolean_answer("cured", cured), test::integer_answer("grade", 1)}));
  }
  indicator::Engine& engine() {
    if (m_applied < commits.commit()) {
      m_warehouse->apply(commits.batch(m_applied, commits.commit()));
      m_warehouse->finish_build();
      m_applied = commits.commit();
    }
    return *m_engine;
  }
  Report report(std::optional<store::CommitNumber> as_of = {}, const std::string& id = "year") {
    document::Request request{id, "h1", Period::year_of(2023), {}};
    if (as_of) request.as_of = indicator::AsOf{engine().now().epoch, *as_of};
    return document::make_report(engine(), request);
  }
  /// Two visits last year, three this year.
  static County with_two_years() {
    County out;
    out.commits.begin("2022-12-31");
    out.visit("a1", "2022-03-01", "10.00", true);
    out.visit("a2", "2022-04-01", "20.00", false);
    out.commits.begin("2023-12-31");
    out.visit("b1", "2023-03-01", "1.50", true);
    out.visit("b2", "2023-04-01", "2.25", true);
    out.visit("b3", "2023-05-01", "0.20", false);
    return out;
  }

  test::Commits commits;

private:
  std::shared_ptr<const package::Catalog> m_catalog;
  std::unique_ptr<flatten::Warehouse> m_warehouse;
  std::unique_ptr<indicator::Engine> m_engine;
  store::CommitNumber m_applied = 0;
};

std::string refusal(const std::function<void()>& what, base::Refusal kind) {
  try {
    what();
  } catch (const base::Refused& refused) {
    CHECK(refused.kind() == kind);
    return refused.issues().to_text();
  }
  FAIL("nothing was refused");
  return {};
}
bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

constexpr const char* k_text =
    "机构h12023年总结\n一、业务\n门诊3人次，比去年同期增加50%；费用4.0元，治愈率67%。\n无一例死亡。\n";

} // namespace

TEST_CASE("a report from records, its figures with address and digest, its findings") {
  auto county = County::with_two_years();
  auto report = county.report();
  CHECK(report.text() == k_text);
  CHECK(report.org_name == "机构h1");
  CHECK(report.as_of.commit == 3);
  REQUIRE(report.figures.size() == 5);
  for (const auto& figure : report.figures) {
    CHECK(figure.digest.size() == 64);
    CHECK(figure.figure.address.org == "h1");
    CHECK(figure.figure.address.as_of == report.as_of);
  }
  CHECK(report.figures[1].compared->value == base::Rational(2));
  CHECK(report.figures[0].digest != report.figures[1].digest);
  CHECK(report.findings.empty());
  // The county's own report counts the same rows; the year before has none to compare with.
  auto earlier = document::make_report(county.engine(), {"year", "bureau", Period::year_of(2022), {}});
  CHECK(has(earlier.text(), "门诊2人次，比去年同期（基数为零）"));
  REQUIRE(earlier.findings.size() == 1);
  CHECK(earlier.findings[0].code == "no_base");
}

TEST_CASE("a report's sections: who owns them, what they print, what was found about them") {
  County county;
  county.commits.begin("2023-12-31");
  county.visit("v1", "2023-02-01", "0.5", true);
  const auto report = county.report({}, "sections");
  REQUIRE(report.sections.size() == 4);
  const auto line = [&](size_t i) {
    const auto& one = report.sections.at(i);
    return fmt::format("{}/{} [{}] {} {}", one.within, one.title, one.owner.zh, one.figures, one.findings.size());
  };
  CHECK(line(0) == "/ [办公室] 0 0");
  CHECK(line(1) == "/一、2023年业务 [医政科] 2 2"); // no base to compare with, and visits <= cost
  CHECK(line(2) == "一、2023年业务/（一）费用 [财务科] 1 1");
  CHECK(line(3) == "/二、病例 [办公室] 1 0");
  CHECK(report.text().find("科室") == std::string::npos);
  CHECK(report.text().find("医政科") == std::string::npos);
  CHECK(report.paragraphs.back().section == 3);
  CHECK(document::to_json(report).find(
            R"("owner":{"zh":"办公室","en":"Office"},"figures":0,"returns":[],"elsewhere":[],"findings":[])") !=
        std::string::npos);
}

TEST_CASE("a section also rests on returns of the periods and organisations that it is set beside") {
  County county;
  const auto report = county.report({}, "elsewhere");
  REQUIRE(report.sections.size() == 2);
  const auto places = [&](size_t i) {
    std::string out;
    for (const auto& place : report.sections.at(i).elsewhere)
      out += fmt::format("{} {} {}\n", place.org, place.period.to_string(), fmt::join(place.returns, ","));
    return out;
  };
  CHECK(report.sections[0].returns == std::vector<std::string>{"income"});
  CHECK(places(0) == "h1 2022 income\n");     // the first half year lies in the year
  CHECK(places(1) == "bureau 2023 income\n"); // visits are counted from records, last year's too
  CHECK(document::to_json(report).find(R"("elsewhere":[{"org":"h1","period":"2022","returns":["income"]}])") !=
        std::string::npos);
}

TEST_CASE("relations between figures that do not hold are findings beside the text") {
  County county;
  county.commits.begin("2023-01-01");
  county.visit("a", "2023-01-01", "0.25", true);
  auto report = county.report();
  std::string said;
  for (const auto& finding : report.findings)
    if (finding.code == "disagree") said = finding.text.zh;
  CHECK(has(said, "前者不应大于后者"));
  // With the printed numbers it touches, and none else.
  CHECK(has(said, "涉及文中“指标visits”1人次、“指标visits”比去年同期（基数为零）、“指标cost”0.3元。"));
  CHECK(!has(report.text(), "应当"));
  CHECK(has(document::to_html(report, ""), "数据核对"));
  CHECK(has(office::read_docx(document::to_docx(report)).text(), "数据核对"));
}

TEST_CASE("what cannot be made says why") {
  auto county = County::with_two_years();
  auto make = [&](const std::string& id, const std::string& org) {
    document::make_report(county.engine(), {id, org, Period::year_of(2023), {}});
  };
  CHECK(has(refusal([&] { make("yaer", "h1"); }, base::Refusal::not_found), "did you mean 'year'"));
  CHECK(has(refusal([&] { make("quite-other", "h1"); }, base::Refusal::not_found),
            "there are: elsewhere, sections, upper, wrong, year"));
  CHECK(has(refusal([&] { make("year", "h9"); }, base::Refusal::not_found), "h9"));
  std::string wrong = refusal([&] { make("wrong", "h1"); }, base::Refusal::invalid);
  CHECK(has(wrong, "t/documents/wrong.md:2"));
  CHECK(has(wrong, "did you mean 't.visits'"));
  CHECK(has(wrong, "'人每次' is no format word"));
}

TEST_CASE("the same text again as of its commit, and what changed since with the records that did it") {
  auto county = County::with_two_years();
  auto before = county.report();
  std::string docx = document::to_docx(before, "http://localhost"), html = document::to_html(before, ""),
              xlsx = document::to_xlsx(before, ""), json = document::to_json(before);
  county.commits.begin("2024-01-05");
  county.visit("b4", "2023-06-01", "5.00", true);
  county.commits.begin("2024-01-06").remove("QuestionnaireResponse", "b3");
  county.commits.begin("2024-01-07");
  county.visit("a3", "2022-06-01", "5.00", true);

  auto again = county.report(3);
  CHECK(again.text() == k_text);
  CHECK(document::to_docx(again, "http://localhost") == docx);
  CHECK(document::to_html(again, "") == html);
  CHECK(document::to_xlsx(again, "") == xlsx);
  CHECK(document::to_json(again) == json);
  CHECK(document::compare(county.engine(), before, again).empty());

  auto now = county.report();
  CHECK(has(now.text(), "门诊3人次，与去年同期持平；费用8.8元，治愈率100%"));
  auto changes = document::compare(county.engine(), before, now);
  REQUIRE(changes.size() == 4); // all but 无一例死亡
  CHECK(changes[0].before.text == "3人次");
  CHECK(!changes[0].text_differs); // one came, one went
  REQUIRE(changes[0].records.size() == 2);
  CHECK(changes[0].records[0].record == "QuestionnaireResponse/b4");
  CHECK(changes[0].records[0].added);
  CHECK(changes[0].records[0].commit == 4);
  CHECK(changes[0].records[1].record == "QuestionnaireResponse/b3");
  CHECK(!changes[0].records[1].added);
  CHECK(changes[1].text_differs);
  CHECK(changes[1].after.text == "与去年同期持平");
  CHECK(changes[1].records.size() == 3); // that of last year as well
  CHECK(changes[2].after.text == "8.8元");
}

TEST_CASE("the files say what the report says") {
  auto county = County::with_two_years();
  auto report = county.report();
  auto docx = office::read_docx(document::to_docx(report, "http://localhost:8080/"));
  std::string text;
  std::vector<std::string> bookmarks;
  for (const auto& block : docx.blocks) {
    text += block.text + "\n";
    for (const auto& bookmark : block.bookmarks)
      bookmarks.push_back(bookmark.text);
  }
  CHECK(text == report.text());
  REQUIRE(bookmarks.size() == report.figures.size());
  for (size_t i = 0; i < bookmarks.size(); ++i)
    CHECK(bookmarks[i] == report.figures[i].text);
  CHECK(has(docx.custom_xml, report.figures[0].figure.address.to_string()));
  CHECK(docx.title == "机构h12023年总结");

  auto annex = office::read_xlsx(document::to_xlsx(report, "http://localhost:8080"));
  const auto& rows = annex.sheets.at(0).rows;
  REQUIRE(rows.size() == report.figures.size() + 1);
  CHECK(rows[2][1].text == "比去年同期增加50%");
  CHECK(rows[1][4].text == "说明visits");
  CHECK(rows[4][6].text == "2");
  CHECK(rows[4][7].text == "3");
  CHECK(rows[4][18].text == report.figures[3].figure.address.to_string());
  CHECK(annex.sheets.at(1).name == "数据核对");

  pugi::xml_document page;
  std::string html = document::to_html(report, "");
  office::parse_xml(page, std::string_view(html).substr(html.find('\n')), "page");
  CHECK(page.child("html").child("body").child("main").child("p").child("a").attribute("href").value() ==
        "/#/trace/" + report.figures[0].figure.address.to_string());

  auto json = fhir::Document::parse(document::to_json(report));
  auto root = json.root();
  CHECK(root["period"].text() == "2023");
  CHECK(root["figures"].size() == 5);
  CHECK(root["figures"].at(3)["numerator"].text() == "2");
  CHECK(root["figures"].at(0)["compared"].kind() == fhir::Kind::null);
  CHECK(root["paragraphs"].at(2)["runs"].at(1)["figure"].text() == "0");
}

TEST_CASE("links keep the address and cannot break out") {
  indicator::Address address = indicator::Address::parse("average(t.beds)@ab/h-1@2023-12-31/2023/1:42");
  CHECK(document::trace_link(address, "http://x/") ==
        "http://x/#/trace/average%28t.beds%29@ab/h-1@2023-12-31/2023/1:42");
}

TEST_CASE("a signed report is a valid Composition, reads back, and knows what changed since") {
  auto county = County::with_two_years();
  auto report = county.report();
  std::string json = document::sign(report, {"Practitioner/d1", "2024-01-03T09:00:00+08:00"});
  CHECK(json == document::sign(county.report(), {"Practitioner/d1", "2024-01-03T09:00:00+08:00"}));
  auto composition = fhir::Document::parse(json);
  auto issues = validation::validate(composition);
  CHECK_MESSAGE(!issues.has_errors(), issues.to_text());
  CHECK(composition.root()["status"].text() == "final");

  auto kept = document::read_signed(json);
  CHECK(kept.text == report.text());
  CHECK(kept.org == "h1");
  CHECK(kept.template_hash == report.template_hash);
  CHECK(kept.catalog_hash == "catalog-hash");
  CHECK(kept.engine_version == report.engine_version);
  CHECK(!kept.engine_version.empty());
  CHECK(kept.tree_date == "2023-12-31");
  CHECK(kept.author == "Practitioner/d1");
  REQUIRE(kept.figures.size() == 5);
  CHECK(kept.figures[1].text == "比去年同期增加50%");
  CHECK(kept.figures[1].address.to_string() == report.figures[1].figure.address.to_string());
  CHECK(kept.figures[1].compared->period == Period::year_of(2022));
  CHECK(kept.figures[4].paragraph == 3);
  CHECK(kept.figures[2].digest == report.figures[2].digest);

  county.commits.begin("2024-01-05");
  county.visit("b4", "2023-06-01", "5.00", true);
  CHECK(document::make_report(county.engine(), document::request_of(kept)).text() == kept.text);
  auto changes = document::changes_since(county.engine(), kept, county.report());
  REQUIRE(changes.size() == 4);
  CHECK(changes[0].before.text == "3人次");
  CHECK(changes[0].after.text == "4人次");
  CHECK(changes[0].records.at(0).record == "QuestionnaireResponse/b4");
}

TEST_CASE("signing and reading back refuse what is not right") {
  auto county = County::with_two_years();
  auto report = county.report();
  CHECK(has(refusal([&] { document::sign(report, {"d1", "2024-01-03T09:00:00+08:00"}); }, base::Refusal::invalid),
            "Practitioner/ID"));
  CHECK(has(refusal([&] { document::sign(report, {"Practitioner/d1", "yesterday"}); }, base::Refusal::invalid),
            "instant"));
  auto undigested = report;
  undigested.figures[0].digest.clear();
  CHECK(has(refusal([&] { document::sign(undigested, {"Practitioner/d1", "2024-01-03T09:00:00+08:00"}); },
                    base::Refusal::invalid),
            "digest"));

  std::string json = document::sign(report, {"Practitioner/d1", "2024-01-03T09:00:00+08:00"});
  std::string changed = json;
  changed.replace(changed.find("<p>门诊3人次"), std::string("<p>门诊3人次").size(), "<p>门诊9人次");
  CHECK(has(refusal([&] { document::read_signed(changed); }, base::Refusal::invalid), "not the one that was signed"));
  CHECK(has(refusal([&] { document::read_signed("{\"resourceType\":\"Patient\"}"); }, base::Refusal::malformed),
            "no Composition"));
  CHECK(has(refusal([&] { document::read_signed("{\"resourceType\":\"Composition\"}"); }, base::Refusal::malformed),
            "urn:xinglin:report"));
}

TEST_CASE("where an authority above rules its figure is printed, and the annex has ours and the difference") {
  auto county = County::with_two_years();
  document::Request request{"upper", "h1", Period::year_of(2023), {}};
  auto report = document::make_report(county.engine(), request);
  // Three visits of ours, five cases by the authority; of last year it has said nothing, so ours is compared with.
  CHECK(report.text() == "病例5例，同比增加3例。\n");
  REQUIRE(report.figures.size() == 2);
  CHECK(report.figures[0].figure.address.indicator == "t.reported.upper");
  REQUIRE(report.figures[0].own);
  CHECK(report.figures[0].own->value == base::Rational(3));
  CHECK(report.figures[0].note == "来源：疫情年报（2024-02-05发布）；说明：含转入2例");
  std::string codes;
  for (const auto& finding : report.findings)
    codes += finding.code + ' ';
  CHECK(codes == "authority_differs ");
  const auto annex = office::read_xlsx(document::to_xlsx(report, ""));
  const auto& rows = annex.sheets.at(0).rows;
  CHECK(rows[0][13].text == "本级数值");
  CHECK(rows[1][5].text == "5");
  CHECK(rows[1][13].text == "3");
  CHECK(rows[1][14].text == "2");
  CHECK(rows[1][15].text == "来源：疫情年报（2024-02-05发布）；说明：含转入2例");
  CHECK(has(document::to_json(report), R"("own_value":"3")"));

  request.period = Period::year_of(2022);
  report = document::make_report(county.engine(), request);
  CHECK(report.text().starts_with("病例2例，"));
  REQUIRE(!report.findings.empty());
  CHECK(report.findings[0].code == "authority_unsaid");
  CHECK(report.findings[0].text.zh == "“直报系统病例”以上级系统的数为准，但2022年的数尚未录入，文中印的是本级数。");
}
