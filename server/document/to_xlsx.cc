#include "lib/office/xlsx.h"

#include "server/document/evaluate.h"
#include "server/document/findings.h"
#include "server/document/report.h"

namespace xinglin::document {

namespace {

using office::XlsxCell;

XlsxCell number_or_nothing(const std::optional<base::Rational>& value) {
  return value ? XlsxCell::of_number(value->to_decimal().to_string()) : XlsxCell{};
}

/// 定义: in words where the package says it, else the query or expression.
std::string definition_of(const package::Indicator& indicator) {
  if (!indicator.definition.empty())
    return indicator.definition.zh.empty() ? indicator.definition.en : indicator.definition.zh;
  return indicator.derived.empty() ? indicator.sql : indicator.derived;
}

} // namespace

std::string to_xlsx(const Report& report, std::string_view base_url) {
  office::Xlsx workbook;
  workbook.title = report.title();
  workbook.creator = report.org_name;
  office::XlsxSheet sheet;
  sheet.name = "数据来源";
  sheet.header = true;
  sheet.column_widths = {6, 26, 24, 34, 40, 16, 14, 14, 10, 18, 20, 16, 20, 14, 14, 40, 12, 14, 70, 14};
  auto& head = sheet.rows.emplace_back();
  for (auto name :
       {"序号", "原文",     "指标",       "指标编号", "定义",       "数值",       "分子",   "分母", "取舍", "机构",
        "期间", "比较期间", "比较期数值", "本级数值", "与本级相差", "来源和说明", "计数行", "截至", "地址", "链接"})
    head.push_back(XlsxCell::of_text(name));
  for (size_t i = 0; i < report.figures.size(); ++i) {
    const auto& printed = report.figures[i];
    const auto& figure = printed.figure;
    auto& row = sheet.rows.emplace_back();
    row.push_back(XlsxCell::of_number(std::to_string(i + 1)));
    row.push_back(XlsxCell::of_text(printed.text));
    row.push_back(XlsxCell::of_text(figure.indicator ? figure.indicator->title.zh : std::string()));
    row.push_back(XlsxCell::of_text(figure.address.indicator));
    row.push_back(XlsxCell::of_text(figure.indicator ? definition_of(*figure.indicator) : std::string()));
    row.push_back(number_or_nothing(figure.value));
    row.push_back(number_or_nothing(figure.numerator));
    row.push_back(number_or_nothing(figure.denominator));
    row.push_back(XlsxCell::of_text(printed.rounding_truncates ? "截尾" : "四舍五入"));
    row.push_back(XlsxCell::of_text(figure.address.org == report.org ? report.org_name : figure.address.org));
    row.push_back(XlsxCell::of_text(period_in_words(figure.address.period)));
    row.push_back(
        XlsxCell::of_text(printed.compared ? period_in_words(printed.compared->address.period) : std::string()));
    row.push_back(printed.compared ? number_or_nothing(printed.compared->value) : XlsxCell{});
    const auto ours = printed.own ? printed.own->value : std::nullopt;
    row.push_back(number_or_nothing(ours));
    row.push_back(number_or_nothing(ours && figure.value ? std::optional(*figure.value - *ours) : std::nullopt));
    row.push_back(XlsxCell::of_text(printed.note));
    row.push_back(XlsxCell::of_number(std::to_string(figure.rows)));
    row.push_back(XlsxCell::of_text(report.as_of.to_string()));
    row.push_back(XlsxCell::of_text(figure.address.to_string()));
    row.push_back(base_url.empty() ? XlsxCell{} : XlsxCell::of_text("查看记录", trace_link(figure.address, base_url)));
  }
  workbook.sheets.push_back(std::move(sheet));

  office::XlsxSheet findings;
  findings.name = k_findings_title;
  findings.header = true;
  findings.column_widths = {6, 20, 90, 80};
  findings.rows.push_back(
      {XlsxCell::of_text("序号"), XlsxCell::of_text("类别"), XlsxCell::of_text("说明"), XlsxCell::of_text("地址")});
  for (size_t i = 0; i < report.findings.size(); ++i) {
    const auto& finding = report.findings[i];
    std::string addresses;
    for (const auto& address : finding.addresses)
      addresses += (addresses.empty() ? "" : "\n") + address.to_string();
    findings.rows.push_back({XlsxCell::of_number(std::to_string(i + 1)), XlsxCell::of_text(finding.code),
                             XlsxCell::of_text(finding.text.zh), XlsxCell::of_text(addresses)});
  }
  workbook.sheets.push_back(std::move(findings));
  return office::write_xlsx(workbook);
}

} // namespace xinglin::document
