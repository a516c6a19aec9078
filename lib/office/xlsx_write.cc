#include "lib/office/xlsx.h"

#include "lib/base/decimal.h"
#include "lib/base/issue.h"
#include "lib/office/xml.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace xinglin::office {

namespace {

using base::Refusal;
using base::Refused;

constexpr std::string_view k_xml_head = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
constexpr std::string_view k_main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
constexpr std::string_view k_relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
constexpr std::string_view k_package_relations = "http://schemas.openxmlformats.org/package/2006/relationships";
constexpr size_t k_sheet_name_max = 31;

// Cell formats of styles.xml, by position.
constexpr int k_style_plain = 0, k_style_header = 1, k_style_link = 2;

std::string column_name(size_t column) {
  std::string out;
  for (++column; column; column = (column - 1) / 26)
    out.insert(out.begin(), static_cast<char>('A' + (column - 1) % 26));
  return out;
}

size_t characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string styles_xml() {
  return fmt::format(
      R"({}<styleSheet xmlns="{}"><fonts count="3"><font><sz val="11"/><name val="宋体"/></font>)"
      R"(<font><b/><sz val="11"/><name val="宋体"/></font><font><u/><sz val="11"/><color rgb="FF1F4E9E"/><name val="宋体"/></font></fonts>)"
      R"(<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>)"
      R"(<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>)"
      R"(<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="3">)"
      R"(<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>)"
      R"(<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>)"
      R"(<xf numFmtId="0" fontId="2" fillId="0" borderId="0" xfId="0" applyFont="1" applyAlignment="1"><alignment vertical="top"/></xf>)"
      R"(</cellXfs></styleSheet>)",
      k_xml_head, k_main);
}

struct SheetParts {
  std::string xml, relations;
};

SheetParts sheet_xml(const XlsxSheet& sheet) {
  std::string out = fmt::format(R"({}<worksheet xmlns="{}" xmlns:r="{}">)", k_xml_head, k_main, k_relations);
  out += R"(<sheetViews><sheetView workbookViewId="0">)";
  if (sheet.header) out += R"(<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>)";
  out += "</sheetView></sheetViews>";
  if (!sheet.column_widths.empty()) {
    out += "<cols>";
    for (size_t i = 0; i < sheet.column_widths.size(); ++i)
      out += fmt::format(R"(<col min="{0}" max="{0}" width="{1}" customWidth="1"/>)", i + 1, sheet.column_widths[i]);
    out += "</cols>";
  }
  out += "<sheetData>";
  std::string links, relations;
  size_t link_count = 0;
  for (size_t i = 0; i < sheet.rows.size(); ++i) {
    out += fmt::format(R"(<row r="{}">)", i + 1);
    for (size_t j = 0; j < sheet.rows[i].size(); ++j) {
      const auto& cell = sheet.rows[i][j];
      std::string place = column_name(j) + std::to_string(i + 1);
      int style = sheet.header && i == 0 ? k_style_header : cell.link.empty() ? k_style_plain : k_style_link;
      switch (cell.kind) {
      case XlsxCell::Kind::empty: break;
      case XlsxCell::Kind::number:
        if (!base::Decimal::parse(cell.text))
          throw Refused(Refusal::invalid, "value",
                        fmt::format("{} {}: '{}' is no decimal number", sheet.name, place, cell.text));
        out += fmt::format(R"(<c r="{}" s="{}"><v>{}</v></c>)", place, style, cell.text);
        break;
      case XlsxCell::Kind::boolean:
        out += fmt::format(R"(<c r="{}" s="{}" t="b"><v>{}</v></c>)", place, style, cell.text == "true" ? 1 : 0);
        break;
      default:
        out += fmt::format(R"(<c r="{}" s="{}" t="inlineStr"><is><t xml:space="preserve">{}</t></is></c>)", place,
                           style, escape_xml(cell.text));
      }
      if (cell.link.empty()) continue;
      ++link_count;
      links += fmt::format(R"(<hyperlink ref="{}" r:id="rLink{}"/>)", place, link_count);
      relations += fmt::format(R"(<Relationship Id="rLink{}" Type="{}/hyperlink" Target="{}" TargetMode="External"/>)",
                               link_count, k_relations, escape_xml(cell.link));
    }
    out += "</row>";
  }
  out += "</sheetData>";
  if (!links.empty()) out += "<hyperlinks>" + links + "</hyperlinks>";
  out += R"(<pageSetup paperSize="9" orientation="landscape"/></worksheet>)";
  if (!relations.empty())
    relations =
        fmt::format(R"({}<Relationships xmlns="{}">{}</Relationships>)", k_xml_head, k_package_relations, relations);
  return {std::move(out), std::move(relations)};
}

void check_sheets(const Xlsx& workbook) {
  std::set<std::string> names;
  if (workbook.sheets.empty()) throw Refused(Refusal::invalid, "required", "a workbook needs at least one sheet");
  for (const auto& sheet : workbook.sheets) {
    if (sheet.name.empty() || characters(sheet.name) > k_sheet_name_max ||
        sheet.name.find_first_of("[]:*?/\\") != std::string::npos || !names.insert(sheet.name).second)
      throw Refused(Refusal::invalid, "value",
                    "sheet name '" + sheet.name +
                        "' is empty, used twice, longer than 31 characters or has one of []:*?/\\");
    if (sheet.rows.size() > k_xlsx_rows_max)
      throw Refused(
          Refusal::too_large, "too-long",
          fmt::format("sheet {} has {} rows, the limit is {}", sheet.name, sheet.rows.size(), k_xlsx_rows_max));
  }
}

} // namespace

std::string write_xlsx(const Xlsx& workbook) {
  check_sheets(workbook);
  std::vector<ZipPart> sheets;
  std::string types, list, relations;
  for (size_t i = 0; i < workbook.sheets.size(); ++i) {
    size_t number = i + 1;
    auto [xml, links] = sheet_xml(workbook.sheets[i]);
    sheets.push_back({fmt::format("xl/worksheets/sheet{}.xml", number), std::move(xml)});
    if (!links.empty())
      sheets.push_back({fmt::format("xl/worksheets/_rels/sheet{}.xml.rels", number), std::move(links)});
    types += fmt::format(
        R"(<Override PartName="/xl/worksheets/sheet{}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>)",
        number);
    list += fmt::format(R"(<sheet name="{}" sheetId="{}" r:id="rSheet{}"/>)", escape_xml(workbook.sheets[i].name),
                        number, number);
    relations += fmt::format(R"(<Relationship Id="rSheet{0}" Type="{1}/worksheet" Target="worksheets/sheet{0}.xml"/>)",
                             number, k_relations);
  }
  relations += fmt::format(R"(<Relationship Id="rStyles" Type="{}/styles" Target="styles.xml"/>)", k_relations);

  std::string core = fmt::format(
      R"({}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" )"
      R"(xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">)",
      k_xml_head);
  if (!workbook.title.empty()) core += "<dc:title>" + escape_xml(workbook.title) + "</dc:title>";
  if (!workbook.creator.empty()) core += "<dc:creator>" + escape_xml(workbook.creator) + "</dc:creator>";
  if (!workbook.created.empty())
    core +=
        fmt::format(R"(<dcterms:created xsi:type="dcterms:W3CDTF">{}</dcterms:created>)", escape_xml(workbook.created));
  core += "</cp:coreProperties>";

  std::vector<ZipPart> parts = {
      {"[Content_Types].xml",
       fmt::format(
           R"({}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">)"
           R"(<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>)"
           R"(<Default Extension="xml" ContentType="application/xml"/>)"
           R"(<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>)"
           R"(<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>)"
           R"(<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>{}</Types>)",
           k_xml_head, types)},
      {"_rels/.rels",
       fmt::format(
           R"({0}<Relationships xmlns="{1}"><Relationship Id="rBook" Type="{2}/officeDocument" Target="xl/workbook.xml"/>)"
           R"(<Relationship Id="rCore" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>)",
           k_xml_head, k_package_relations, k_relations)},
      {"docProps/core.xml", std::move(core)},
      {"xl/workbook.xml",
       fmt::format(
           R"({}<workbook xmlns="{}" xmlns:r="{}"><bookViews><workbookView/></bookViews><sheets>{}</sheets></workbook>)",
           k_xml_head, k_main, k_relations, list)},
      {"xl/_rels/workbook.xml.rels",
       fmt::format(R"({}<Relationships xmlns="{}">{}</Relationships>)", k_xml_head, k_package_relations, relations)},
      {"xl/styles.xml", styles_xml()},
  };
  std::move(sheets.begin(), sheets.end(), std::back_inserter(parts));
  return write_zip(parts);
}

} // namespace xinglin::office
