#include "server/intake/spreadsheet.h"

#include "lib/office/xlsx.h"
#include "lib/office/zip.h"
#include "server/intake/cell_text.h"
#include "server/program/program.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <functional>
#include <unistd.h>

using namespace xinglin;
using base::Refusal;
using office::XlsxCell;
using package::ItemType;

namespace {

std::string text_of(ItemType type, const XlsxCell& cell) {
  base::Text wrong;
  std::string text = intake::cell_text(type, cell, {}, wrong);
  return wrong.empty() ? text : "wrong";
}

package::Item item(std::string id, std::string zh, ItemType type, bool required = false) {
  package::Item made;
  made.id = std::move(id);
  made.title = {std::move(zh), made.id};
  made.type = type;
  made.required = required;
  return made;
}

/// One monthly return, one form about residents, two registers, on a store of its own.
class House {
public:
  House() {
    static int number = 0;
    m_directory = std::filesystem::temp_directory_path() / fmt::format("xinglin-sheet-{}-{}", ::getpid(), ++number);
    std::filesystem::remove_all(m_directory);
    auto catalog = std::make_shared<package::Catalog>();
    package::Register institution;
    institution.id = "institution";
    institution.title = {"机构", "Institution"};
    institution.kept_as = "Organization";
    institution.items = {item("name", "机构名称", ItemType::string, true)};
    institution.items[0].path = "name";
    catalog->registers["institution"] = institution;
    package::Register resident;
    resident.id = "resident";
    resident.title = {"居民", "Resident"};
    resident.kept_as = "Patient";
    resident.org = "managingOrganization";
    resident.items = {item("citizen_id", "身份证号", ItemType::citizen_id),
                      item("name", "姓名", ItemType::string, true), item("birth_date", "出生日期", ItemType::date)};
    resident.items[0].path = "identifier.where(system='urn:oid:2.16.156.10011.1.3').value.first()";
    resident.items[1].path = "name.text";
    resident.items[2].path = "birthDate";
    catalog->registers["resident"] = resident;
    package::Form income;
    income.id = "income";
    income.title = {"收入月报", "Income"};
    income.about = "institution";
    income.cycle = package::ReturnCycle::month;
    income.items = {item("medical", "医疗收入", ItemType::money, true), item("drug", "药品收入", ItemType::money, true),
                    item("total", "合计", ItemType::money)};
    package::Check sum;
    sum.when = "medical + drug != total";
    sum.message = {"医疗收入与药品收入之和须等于合计", "The parts must add up"};
    income.checks = {sum};
    catalog->forms["income"] = income;
    package::Form visit;
    visit.id = "visit";
    visit.title = {"就诊", "Visit"};
    visit.about = "resident";
    visit.happened = "visited_on";
    visit.items = {item("visited_on", "就诊日期", ItemType::date, true), item("grade", "级别", ItemType::choice)};
    visit.items[1].options = {{"1", {"一级", "one"}}, {"2", {"二级", "two"}}};
    catalog->forms["visit"] = visit;
    store::Options options;
    options.directory = m_directory.string();
    m_store = store::Store::open(options);
    m_program = std::make_unique<program::Program>(*m_store, catalog);
    put("Organization", R"({"resourceType":"Organization","id":"h1","name":"第一卫生院"})");
    put("Organization", R"({"resourceType":"Organization","id":"h2","name":"第二卫生院"})");
    put("Patient", R"({"resourceType":"Patient","id":"li","name":[{"text":"李秀英"}],"identifier":[)"
                   R"({"system":"urn:oid:2.16.156.10011.1.3","value":"990101195603170011"}]})");
  }
  ~House() {
    m_program.reset();
    m_store.reset();
    std::filesystem::remove_all(m_directory);
  }
  program::Program& program() { return *m_program; }
  store::Store& store() { return *m_store; }

private:
  void put(std::string type, std::string json) {
    store::Write write;
    write.kind = store::Write::Kind::update;
    write.id = fhir::Document::parse(json).root()["id"].text();
    write.type = std::move(type);
    write.json = std::move(json);
    m_program->write({write});
  }
  std::filesystem::path m_directory;
  std::unique_ptr<store::Store> m_store;
  std::unique_ptr<program::Program> m_program;
};

/// A workbook of one sheet; a cell that begins with '#' is a number, any other a text.
std::string workbook(const std::vector<std::vector<std::string>>& rows) {
  office::Xlsx book;
  auto& sheet = book.sheets.emplace_back();
  sheet.name = "表";
  for (const auto& row : rows) {
    auto& cells = sheet.rows.emplace_back();
    for (const auto& text : row)
      cells.push_back(text.starts_with("#") ? XlsxCell::of_number(text.substr(1)) : XlsxCell::of_text(text));
  }
  return office::write_xlsx(book);
}

/// The plan that the guesses make.
intake::SheetPlan plan_of(House& house, const std::string& bytes, const std::string& target) {
  const auto seen = intake::look(house.program(), house.store(), bytes, target);
  intake::SheetPlan plan;
  plan.target = target;
  plan.header_row = seen.sheets.at(0).header_row;
  for (const auto& column : seen.sheets[0].columns)
    if (!column.guess.empty()) plan.columns[column.index] = column.guess;
  return plan;
}

std::string said(const intake::SheetReport& report) {
  std::string out;
  for (const auto& problem : report.problems)
    out += fmt::format("{}{}{} {}\n", problem.is_warning ? "~" : "", problem.row, problem.column, problem.text.zh);
  return out;
}

Refusal refusal_of(const std::function<void()>& what) {
  try {
    what();
  } catch (const base::Refused& refused) {
    return refused.kind();
  }
  FAIL("nothing was refused");
  return Refusal::unavailable;
}

} // namespace

TEST_CASE("cells: dates in every dress") {
  for (const std::string text :
       {"2023-05-01", "2023/5/1", "2023.5.1", "2023年5月1日", "20230501", " 2023-05-01 ", "２０２３－０５－０１"}) {
    INFO(text);
    CHECK(text_of(ItemType::date, XlsxCell::of_text(text)) == "2023-05-01");
  }
  CHECK(text_of(ItemType::date, XlsxCell::of_number("45047")) == "2023-05-01"); // a serial number without its format
  CHECK(text_of(ItemType::date, XlsxCell::of_number("20230501")) == "2023-05-01");
  CHECK(text_of(ItemType::date, XlsxCell{XlsxCell::Kind::date, "2023-05-01T08:30:00", {}}) == "2023-05-01");
  for (const std::string text : {"2023-02-30", "5月1日", "昨天", "2023", "2023-13-01"}) {
    INFO(text);
    CHECK(text_of(ItemType::date, XlsxCell::of_text(text)) == "wrong");
  }
  CHECK(text_of(ItemType::datetime, XlsxCell{XlsxCell::Kind::date, "2023-05-01T08:30:00", {}}) ==
        "2023-05-01T08:30:00+08:00");
  CHECK(text_of(ItemType::datetime, XlsxCell::of_text("2023/5/1 8:30")) == "2023-05-01T08:30:00+08:00");
  CHECK(text_of(ItemType::datetime, XlsxCell::of_text("2023/5/1 25:30")) == "wrong");
}

TEST_CASE("cells: numbers as text, yes and no, citizen IDs") {
  CHECK(text_of(ItemType::money, XlsxCell::of_text("12,345.60")) == "12345.6");
  CHECK(text_of(ItemType::money, XlsxCell::of_text("１２,３４５")) == "12345");
  CHECK(text_of(ItemType::decimal, XlsxCell::of_number("1.5E3")) == "1500");
  CHECK(text_of(ItemType::money, XlsxCell::of_text("1.2万元")) == "wrong");
  CHECK(text_of(ItemType::boolean, XlsxCell::of_text("是")) == "true");
  CHECK(text_of(ItemType::boolean, XlsxCell::of_text("×")) == "false");
  CHECK(text_of(ItemType::boolean, XlsxCell::of_text("也许")) == "wrong");
  CHECK(text_of(ItemType::citizen_id, XlsxCell::of_text("99010119560317001x")) == "99010119560317001X");
  CHECK(text_of(ItemType::citizen_id, XlsxCell::of_number("990101195603170000")) == "wrong"); // digits were lost
  CHECK(intake::period_text(XlsxCell::of_text("2023年5月")) == "2023-05");
  CHECK(intake::period_text(XlsxCell::of_number("202305")) == "2023-05");
  CHECK(intake::period_text(XlsxCell::of_text("2023年第二季度")) == "2023Q2");
  CHECK(intake::period_text(XlsxCell::of_text("2023年上半年")) == "2023H1");
  CHECK(intake::several("甲、乙;丙") == std::vector<std::string>{"甲", "乙", "丙"});
}

TEST_CASE("a sheet of returns: guessed, tried, written once") {
  House house;
  const std::string bytes = workbook({{"2023年收入月报"},
                                      {"填报单位", "月份", "医疗收入(元)", "药品收入", "合计", "备注"},
                                      {"第一卫生院", "2023年1月", "#100.10", "1,200", "#1300.1"},
                                      {"h2", "2023-01", "#5", "#6", "#11", "不导入"},
                                      {}});
  const auto seen = intake::look(house.program(), house.store(), bytes, "income");
  REQUIRE(seen.sheets.size() == 1);
  CHECK(seen.sheets[0].header_row == 1);
  CHECK(seen.sheets[0].rows == 2);
  REQUIRE(seen.sheets[0].columns.size() == 6);
  CHECK(seen.sheets[0].columns[0].guess == "@org");
  CHECK(seen.sheets[0].columns[1].guess == "@period");
  CHECK(seen.sheets[0].columns[2].guess == "medical");
  CHECK(seen.sheets[0].columns[5].guess == "");

  const auto plan = plan_of(house, bytes, "income");
  const auto before = house.store().last_commit();
  const auto tried = intake::try_sheet(house.program(), house.store(), bytes, plan);
  CHECK(said(tried) == "");
  CHECK(tried.rows == 2);
  CHECK(house.store().last_commit() == before);

  const auto written = intake::import_sheet(house.program(), house.store(), bytes, plan);
  CHECK(written.commit == before + 1); // one transaction
  CHECK(house.store().snapshot()->read("QuestionnaireResponse", "income-h1-2023-01")->json.find("100.1") !=
        std::string::npos);
  CHECK(house.store().snapshot()->read("QuestionnaireResponse", "income-h2-2023-01"));
  // The same file again is told, and writes nothing.
  CHECK(intake::look(house.program(), house.store(), bytes, "income").sheets[0].imported != "");
  CHECK(refusal_of([&] { intake::import_sheet(house.program(), house.store(), bytes, plan); }) == Refusal::conflict);
  CHECK(house.store().last_commit() == before + 1);
}

TEST_CASE("each bad row has its reason and place, and nothing is half imported") {
  House house;
  const std::string bytes = workbook({{"填报单位", "月份", "医疗收入", "药品收入", "合计"},
                                      {"第一卫生院", "2023-01", "#1", "#2", "#3"},
                                      {"第三卫生院", "2023-01", "#1", "#2", "#3"},
                                      {"第二卫生院", "2023-01", "壹", "#2", "#3"},
                                      {"第二卫生院", "2023Q1", "#1", "#2", "#3"},
                                      {"第二卫生院", "2023-02", "#1", "#2", "#4"},
                                      {"第二卫生院", "2023-03", "", "#2", "#2"},
                                      {"h1", "2023年1月", "#1", "#2", "#3"}});
  const auto plan = plan_of(house, bytes, "income");
  const auto report = intake::try_sheet(house.program(), house.store(), bytes, plan);
  const std::string text = said(report);
  INFO(text);
  CHECK(report.rows == 7);
  CHECK(report.bad_rows == 6);
  CHECK(text.find("3A 没有找到“第三卫生院”") != std::string::npos);
  CHECK(text.find("4C “壹”不是数") != std::string::npos);
  CHECK(text.find("5 报告期应写作2023-05的样子") != std::string::npos);
  CHECK(text.find("6C 医疗收入与药品收入之和须等于合计") != std::string::npos);
  CHECK(text.find("7C “医疗收入”必须填写") != std::string::npos);
  CHECK(text.find("8 与第2行是同一机构同一期") != std::string::npos);
  const auto before = house.store().last_commit();
  CHECK(refusal_of([&] { intake::import_sheet(house.program(), house.store(), bytes, plan); }) == Refusal::invalid);
  CHECK(house.store().last_commit() == before);
  CHECK(!house.store().snapshot()->read("QuestionnaireResponse", "income-h1-2023-01"));
}

TEST_CASE("forms about people by citizen ID; registers once each") {
  House house;
  const std::string visits = workbook({{"身份证号", "就诊日期", "级别"},
                                       {"990101195603170011", "2023/5/1", "二级"},
                                       {"110101199003074514", "2023/5/1", "一级"},
                                       {"990101195603170011", "2023/5/2", "三级"}});
  auto plan = plan_of(house, visits, "visit");
  plan.org = "h1";
  const std::string text = said(intake::try_sheet(house.program(), house.store(), visits, plan));
  INFO(text);
  CHECK(!text.starts_with("2")); // row 2 is right: nothing names it
  CHECK(text.find("3A ") != std::string::npos);
  CHECK(text.find("4C “三级”不在选项里;可填:一级、二级") != std::string::npos);

  const std::string people = workbook({{"姓名", "身份证号", "出生日期"},
                                       {"李秀英", "990101195603170011", "1956-03-17"},
                                       {"王芳", "", "#20000"},
                                       {"", "", "1990-01-01"}});
  const auto residents = plan_of(house, people, "resident");
  const std::string told = said(intake::try_sheet(house.program(), house.store(), people, residents));
  INFO(told);
  CHECK(told.find("2 已登记过(Patient/li)") != std::string::npos);
  CHECK(told.find("4 “姓名”必须填写") != std::string::npos);
  CHECK(told.find("\n3") == std::string::npos);
}

TEST_CASE("a mapping that cannot be, and a required item without a column") {
  House house;
  const std::string bytes = workbook({{"医疗收入", "药品收入"}, {"#1", "#2"}});
  intake::SheetPlan plan;
  plan.target = "income";
  plan.columns = {{0, "medical"}, {1, "medical"}};
  CHECK(refusal_of([&] { intake::try_sheet(house.program(), house.store(), bytes, plan); }) == Refusal::invalid);
  plan.columns = {{0, "nothing"}};
  CHECK(refusal_of([&] { intake::try_sheet(house.program(), house.store(), bytes, plan); }) == Refusal::invalid);
  plan.columns = {{0, "medical"}};
  plan.org = "h1";
  plan.period = "2023-01";
  CHECK(said(intake::try_sheet(house.program(), house.store(), bytes, plan)).find("必填的“药品收入”没有对应的列") !=
        std::string::npos);
  plan.sheet = 4;
  CHECK(refusal_of([&] { intake::try_sheet(house.program(), house.store(), bytes, plan); }) == Refusal::invalid);
  plan.target = "incom";
  CHECK(refusal_of([&] { intake::try_sheet(house.program(), house.store(), bytes, plan); }) == Refusal::not_found);
}

TEST_CASE("merged headers, formulas by their kept value, with a warning") {
  House house;
  const std::string sheet =
      "<worksheet><sheetData>"
      "<row r='1'><c r='A1' t='str'><v>单位</v></c><c r='B1' t='str'><v>收入</v></c></row>"
      "<row r='2'><c r='B2' t='str'><v>医疗收入</v></c><c r='C2' t='str'><v>药品收入</v></c><c r='D2' "
      "t='str'><v>合计</v></c></row>"
      "<row r='3'><c r='A3' t='str'><v>h1</v></c><c r='B3'><v>1</v></c><c r='C3'><v>2</v></c><c "
      "r='D3'><f>B3+C3</f><v>3</v></c></row>"
      "</sheetData><mergeCells><mergeCell ref='A1:A2'/><mergeCell ref='B1:D1'/></mergeCells></worksheet>";
  const std::string bytes = office::write_zip(
      {{"xl/workbook.xml", "<workbook xmlns:r='r'><sheets><sheet name='表' sheetId='1' r:id='a'/></sheets></workbook>"},
       {"xl/_rels/workbook.xml.rels", "<Relationships><Relationship Id='a' Target='s.xml'/></Relationships>"},
       {"xl/s.xml", sheet}});
  auto plan = plan_of(house, bytes, "income");
  CHECK(plan.header_row == 1);
  CHECK(plan.columns == std::map<size_t, std::string>{{0, "@org"}, {1, "medical"}, {2, "drug"}, {3, "total"}});
  plan.period = "2023-01";
  const auto report = intake::try_sheet(house.program(), house.store(), bytes, plan);
  CHECK(said(report) == "~0D 该列有1格是公式,按文件里存的结果读入;公式本身不导入\n");
  CHECK(report.bad_rows == 0);
}

TEST_CASE("limits: size, rows, a zip that unpacks to too much") {
  House house;
  const auto look = [&](const std::string& bytes) { intake::look(house.program(), house.store(), bytes, "income"); };
  CHECK(refusal_of([&] { look(std::string(intake::k_sheet_file_bytes_max + 1, 'x')); }) == Refusal::too_large);
  CHECK(refusal_of([&] { look("not a spreadsheet"); }) == Refusal::malformed);
  const std::string bomb =
      office::write_zip({{"xl/workbook.xml", "<workbook/>" + std::string(intake::k_sheet_unpacked_bytes_max, ' ')}});
  CHECK(bomb.size() < intake::k_sheet_file_bytes_max);
  CHECK(refusal_of([&] { look(bomb); }) == Refusal::too_large);
  std::vector<std::vector<std::string>> rows{{"医疗收入", "药品收入"}};
  for (size_t i = 0; i <= intake::k_sheet_rows_max; ++i)
    rows.push_back({"#1", "#2"});
  const std::string many = workbook(rows);
  const auto plan = plan_of(house, many, "income");
  CHECK(refusal_of([&] { intake::try_sheet(house.program(), house.store(), many, plan); }) == Refusal::too_large);
}
