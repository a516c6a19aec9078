#include "lib/office/xlsx.h"

#include "lib/base/issue.h"
#include "lib/office/xml.h"

#include <doctest/doctest.h>

#include <functional>

using namespace xinglin::office;
using xinglin::base::Refusal;
using xinglin::base::Refused;

namespace {

Refusal refusal_of(const std::function<void()>& what) {
  try {
    what();
  } catch (const Refused& refused) {
    return refused.kind();
  }
  FAIL("nothing was refused");
  return Refusal::unavailable;
}

/// A workbook as another program would save it.
std::string workbook_with(const std::string& sheet, const std::string& shared = {}, const std::string& styles = {},
                          const std::string& properties = {}) {
  std::vector<ZipPart> parts = {
      {"xl/workbook.xml", "<workbook xmlns:r='r'>" + properties +
                              "<sheets><sheet name='门诊' sheetId='1' r:id='rId7'/></sheets></workbook>"},
      {"xl/_rels/workbook.xml.rels",
       "<Relationships><Relationship Id='rId7' Target='/xl/worksheets/first.xml'/></Relationships>"},
      {"xl/worksheets/first.xml", "<worksheet><sheetData>" + sheet + "</sheetData></worksheet>"}};
  if (!shared.empty()) parts.push_back({"xl/sharedStrings.xml", "<sst>" + shared + "</sst>"});
  if (!styles.empty()) parts.push_back({"xl/styles.xml", "<styleSheet>" + styles + "</styleSheet>"});
  return write_zip(parts);
}

} // namespace

TEST_CASE("a workbook reads back as it was written") {
  Xlsx workbook;
  workbook.title = "附表";
  XlsxSheet sheet{"数据来源", {6, 20.5}, true, {}};
  sheet.rows = {{XlsxCell::of_text("序号"), XlsxCell::of_text("原文")},
                {XlsxCell::of_number("1"), XlsxCell::of_text("<772万元> & \"说明\"", "http://localhost/#/trace/a?b&c")},
                {XlsxCell::of_number("929.8"), {}, {XlsxCell::Kind::boolean, "true", {}}}};
  workbook.sheets = {sheet, {"第二张", {}, false, {}}};
  std::string bytes = write_xlsx(workbook);
  CHECK(bytes == write_xlsx(workbook));
  auto read = read_xlsx(bytes);
  REQUIRE(read.sheets.size() == 2);
  CHECK(read.sheets[0].name == "数据来源");
  CHECK(read.sheets[1].rows.empty());
  REQUIRE(read.sheets[0].rows.size() == 3);
  CHECK(read.sheets[0].rows[1][1].text == "<772万元> & \"说明\"");
  CHECK(read.sheets[0].rows[2][0] == XlsxCell::of_number("929.8"));
  CHECK(read.sheets[0].rows[2][1].kind == XlsxCell::Kind::empty);
  CHECK(read.sheets[0].rows[2][2].text == "true");
}

TEST_CASE("a number keeps every digit it was given") {
  std::string digits = "12345678901234567890.12345678901234567";
  Xlsx workbook;
  workbook.sheets = {{"a", {}, false, {{XlsxCell::of_number(digits)}}}};
  std::string bytes = write_xlsx(workbook);
  ZipReader zip(bytes);
  CHECK(zip.read("xl/worksheets/sheet1.xml")->find("<v>" + digits + "</v>") != std::string::npos);
}

TEST_CASE("the writer refuses what Excel would not open") {
  auto with = [](const std::string& name, XlsxCell cell = {}) {
    Xlsx workbook;
    workbook.sheets = {{name, {}, false, {{std::move(cell)}}}};
    return refusal_of([&] { write_xlsx(workbook); });
  };
  CHECK(with("") == Refusal::invalid);
  CHECK(with("a/b") == Refusal::invalid);
  CHECK(with("一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二") == Refusal::invalid);
  CHECK(with("a", XlsxCell::of_number("12人")) == Refusal::invalid);
  CHECK(refusal_of([] { write_xlsx({}); }) == Refusal::invalid);
  Xlsx twice;
  twice.sheets = {{"a", {}, false, {}}, {"a", {}, false, {}}};
  CHECK(refusal_of([&] { write_xlsx(twice); }) == Refusal::invalid);
}

TEST_CASE("shared, inline and formula strings, gaps, errors") {
  auto read = read_xlsx(workbook_with(
      "<row r='2'><c r='B2' t='s'><v>1</v></c><c r='D2' t='inlineStr'><is><t>内</t></is></c><c "
      "t='str'><f>A1</f><v>式</v></c></row>"
      "<row><c><v>1.5E3</v></c><c t='e'><v>#DIV/0!</v></c><c t='b'><v>0</v></c><c/></row>",
      "<si><t>甲</t></si><si><r><t>乙</t></r><r><rPr/><t xml:space='preserve'> 丙</t></r><rPh><t>yi</t></rPh></si>"));
  const auto& rows = read.sheets.at(0).rows;
  CHECK(read.sheets[0].name == "门诊");
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].empty());
  CHECK(rows[1][1].text == "乙 丙");
  CHECK(rows[1][2].kind == XlsxCell::Kind::empty);
  CHECK(rows[1][3].text == "内");
  CHECK(rows[1][4].text == "式");
  CHECK(rows[2][0] == XlsxCell::of_number("1500"));
  CHECK(rows[2][1].kind == XlsxCell::Kind::error);
  CHECK(rows[2][2].text == "false");
  CHECK(rows[2].size() == 3);
}

TEST_CASE("numbers lose the noise of binary writing, dates are told by their format") {
  std::string styles =
      "<numFmts><numFmt numFmtId='170' formatCode='yyyy\"年\"m\"月\"'/><numFmt numFmtId='171' "
      "formatCode='0.0\"d\"[Red]'/></numFmts>"
      "<cellXfs><xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='170'/><xf numFmtId='171'/></cellXfs>";
  std::string row =
      "<row><c s='0'><v>16.399999999999999</v></c><c s='1'><v>45047</v></c><c s='2'><v>45047.354166666664</v></c>"
      "<c s='3'><v>45047</v></c><c s='1'><v>1</v></c><c s='1'><v>61</v></c><c s='1'><v>-5</v></c></row>";
  auto cells = read_xlsx(workbook_with(row, {}, styles)).sheets.at(0).rows.at(0);
  CHECK(cells[0] == XlsxCell::of_number("16.4"));
  CHECK(cells[1] == XlsxCell{XlsxCell::Kind::date, "2023-05-01", {}});
  CHECK(cells[2] == XlsxCell{XlsxCell::Kind::date, "2023-05-01T08:30:00", {}});
  CHECK(cells[3] == XlsxCell::of_number("45047"));
  CHECK(cells[4].text == "1900-01-01");
  CHECK(cells[5].text == "1900-03-01");
  CHECK(cells[6] == XlsxCell::of_number("-5"));
  auto other =
      read_xlsx(workbook_with("<row><c s='1'><v>43585</v></c></row>", {}, styles, "<workbookPr date1904='1'/>"));
  CHECK(other.sheets.at(0).rows.at(0).at(0).text == "2023-05-01");
}

TEST_CASE("what is no xlsx is refused") {
  CHECK(refusal_of([] { read_xlsx("PK"); }) == Refusal::malformed);
  CHECK(refusal_of([] { read_xlsx(write_zip({{"word/document.xml", "<a/>"}})); }) == Refusal::malformed);
  CHECK(refusal_of([] { read_xlsx(workbook_with("<row><c r='A1' t='s'><v>0</v></c></row>")); }) == Refusal::malformed);
  CHECK(refusal_of([] { read_xlsx(workbook_with("<row><c r='11'><v>0</v></c></row>")); }) == Refusal::malformed);
  CHECK(refusal_of([] { read_xlsx(workbook_with("<row>")); }) == Refusal::malformed);
}

TEST_CASE("limits: rows, columns, cells with their gaps, sheets") {
  auto at = [](const std::string& place) { return workbook_with("<row><c r='" + place + "'><v>1</v></c></row>"); };
  CHECK(read_xlsx(at("A1048576")).sheets[0].rows.size() == k_xlsx_rows_max);
  CHECK(refusal_of([&] { read_xlsx(at("A1048577")); }) == Refusal::too_large);
  CHECK(read_xlsx(at("XFD1")).sheets[0].rows[0].size() == k_xlsx_columns_max);
  CHECK(refusal_of([&] { read_xlsx(at("XFE1")); }) == Refusal::too_large);
  CHECK(refusal_of([&] { read_xlsx(at("ZZZZZZZZZZZZZZZZZZZZ1")); }) == Refusal::too_large);
  std::string far; // 400 rows, each with one cell in the last column: small to say, large to hold
  for (int i = 1; i <= 400; ++i)
    far += "<row><c r='XFD" + std::to_string(i) + "'><v>1</v></c></row>";
  CHECK(refusal_of([&] { read_xlsx(workbook_with(far)); }) == Refusal::too_large);
  std::string sheets, relations;
  for (size_t i = 0; i <= k_xlsx_sheets_max; ++i)
    sheets += "<sheet name='s" + std::to_string(i) + "' r:id='a'/>";
  CHECK(refusal_of([&] {
          read_xlsx(write_zip(
              {{"xl/workbook.xml", "<workbook><sheets>" + sheets + "</sheets></workbook>"},
               {"xl/_rels/workbook.xml.rels", "<Relationships><Relationship Id='a' Target='s.xml'/></Relationships>"},
               {"xl/s.xml", "<worksheet/>"}}));
        }) == Refusal::too_large);
}
