#include "server/document/evaluate.h"

#include "lib/base/text.h"
#include "server/document/sample_catalog.h"
#include "server/document/typed_numbers.h"

#include <doctest/doctest.h>

#include <fstream>
#include <map>

using namespace xinglin::document;
using xinglin::base::Period;
using xinglin::base::Rational;

namespace {

using Values = std::map<std::string, std::optional<Rational>>; ///< "indicator period" → value

Report report_of(const std::string& text, const Values& values, Period period = Period::year_of(2023)) {
  static const auto catalog = test::sample_catalog();
  xinglin::package::DocumentTemplate document;
  document.text = text;
  xinglin::base::Issues issues;
  auto source = parse_template(document, catalog, issues);
  REQUIRE_MESSAGE(!issues.has_errors(), issues.to_text());
  Context context{"tcm-hospital", "市中医院", period};
  // Nothing may be asked for that was not announced.
  std::map<std::string, bool> announced;
  for (const auto& wanted : wanted_figures(source, context))
    announced[wanted.indicator + ' ' + wanted.period.to_string()] = true;
  Report report;
  evaluate(
      source, context,
      [&](const Wanted& wanted) {
        std::string key = wanted.indicator + ' ' + wanted.period.to_string();
        CHECK(announced.contains(key));
        xinglin::indicator::Figure figure;
        figure.indicator = &catalog.indicators.at(wanted.indicator);
        figure.address.indicator = wanted.indicator;
        figure.address.org = wanted.org;
        figure.address.period = wanted.period;
        auto found = values.find(key);
        if (found != values.end()) figure.value = found->second;
        return figure;
      },
      report);
  return report;
}
std::string text_of(const std::string& text, const Values& values, Period period = Period::year_of(2023)) {
  auto out = report_of(text, values, period).text();
  out.pop_back();
  return out;
}

} // namespace

TEST_CASE("whole sentences: testdata/sentences.tsv") {
  std::ifstream file("server/document/testdata/sentences.tsv");
  REQUIRE(file.good());
  int line_number = 0, rows = 0;
  for (std::string line; std::getline(file, line);) {
    ++line_number;
    if (line.empty() || line.starts_with("#")) continue;
    ++rows;
    CAPTURE(line_number);
    auto fields = xinglin::base::split(line, '\t');
    REQUIRE(fields.size() == 3);
    Values values;
    for (auto one : xinglin::base::split(fields[0], ' ')) {
      size_t at = one.find('@'), is = one.find('=');
      auto text = one.substr(is + 1);
      bool percent = text.ends_with("%");
      Rational value(*xinglin::base::Decimal::parse(percent ? text.substr(0, text.size() - 1) : text));
      if (percent) value = value / Rational(100);
      values[std::string(one.substr(0, at)) + " " + std::string(one.substr(at + 1, is - at - 1))] = value;
    }
    CHECK(text_of(std::string(fields[1]), values) == fields[2]);
  }
  CHECK(rows >= 30);
}

TEST_CASE("a change typed by hand is held against the two values") {
  Values values = {{"hospital_ops.visits 2023", Rational(1130)},
                   {"hospital_ops.visits 2022", Rational(1000)},
                   {"immunization.rate 2023", Rational(92) / Rational(100)},
                   {"immunization.rate 2022", Rational(90) / Rational(100)}};
  auto right = report_of("门诊{hospital_ops.visits|人次}，比去年同期增长13.0%，其中{手填:12}人", values);
  REQUIRE(right.findings.size() == 1); // a number typed by hand, but a true one
  CHECK(right.findings[0].code == "typed_by_hand");
  CHECK(right.findings[0].text.zh ==
        "文中有1个手工填写的数，没有与记录挂钩：13.0%。能取数的请写成花括号，确需手填的写成“{手填:…}”。");
  auto wrong = report_of("门诊{hospital_ops.visits|人次}（比去年同期增长12.9%）", values);
  REQUIRE(wrong.findings.size() == 2);
  CHECK(wrong.findings[0].code == "typed_change");
  CHECK(wrong.findings[0].text.zh ==
        "文中手工填写的“比去年同期增长12.9%”与数据不符：“门诊人次”按两期的值应为“比去年同期增长13.0%"
        "”。请改为花括号里的写法。");
  CHECK(wrong.findings[0].text.en ==
        "The change typed by hand, \"比去年同期增长12.9%\", is not what the two values of hospital_ops.visits give: "
        "\"比去年同期增长13.0%\". Write it in braces.");
  CHECK(wrong.findings[0].addresses.at(1).period == Period::year_of(2022));
  auto codes = [&](const std::string& text) {
    std::string out;
    for (const auto& finding : report_of(text, values).findings)
      out += finding.code + ' ';
    return out;
  };
  CHECK(codes("{hospital_ops.visits|人次}，同比下降13.0%") == "typed_change typed_by_hand ");
  CHECK(codes("{hospital_ops.visits|人次}，同比增加130人次") == "typed_by_hand ");
  CHECK(codes("{hospital_ops.visits|人次}，同比增加13人次") == "typed_change typed_by_hand ");
  CHECK(codes("{immunization.rate}，同比上升2个百分点") == "typed_by_hand ");
  CHECK(codes("{immunization.rate}，同比上升2%") == "typed_by_hand ");
  CHECK(codes("{immunization.rate}，同比上升2.2%") == "typed_by_hand ");
  CHECK(codes("{immunization.rate}，同比上升3%") == "typed_change typed_by_hand ");
  // Said of something else: no claim about the figure before.
  CHECK(codes("{hospital_ops.visits|人次}，住院同比下降13.0%") == "typed_by_hand ");
}

TEST_CASE("numbers in the prose that are bound to nothing") {
  auto numbers = [](const char* text) {
    std::vector<std::string> out;
    note_typed_numbers(text, out);
    std::string joined;
    for (const auto& one : out)
      joined += one + ' ';
    return joined;
  };
  CHECK(numbers("培训12场次，3.5万人参加") == "12场次 3.5万人 ");
  CHECK(numbers("2023年1-12月，0到6岁儿童，65岁以上老人，24小时值守，第3次，5月31日") == "");
  CHECK(numbers("1. 加强领导") == "");
  CHECK(numbers("1、加强领导") == "");
  CHECK(numbers("COVID-19疫情、H1N1、〔2023〕5号、“120”急救") == "");
  CHECK(numbers("完成率95%") == "95% ");
}

TEST_CASE("a sentence with its figures, each bound to what it states") {
  Values values = {{"hospital_ops.income 2023", Rational(7720000)},
                   {"hospital_ops.income 2022", Rational(6632300)},
                   {"hospital_ops.drug_share 2023", Rational(435) / Rational(772)}};
  auto report = report_of("# {org}{period}总结\n\n收入{hospital_ops.income|万元 0位}，{…|比去年同期 增长 "
                          "1位}，药占比{hospital_ops.drug_share}。",
                          values);
  CHECK(report.text() == "市中医院2023年总结\n收入772万元，比去年同期增长16.4%，药占比56.3%。\n");
  CHECK(report.title() == "市中医院2023年总结");
  REQUIRE(report.figures.size() == 3);
  CHECK(report.figures[0].text == "772万元");
  CHECK(report.figures[0].format == "万元 0位");
  CHECK(!report.figures[0].compared);
  CHECK(report.figures[1].text == "比去年同期增长16.4%");
  REQUIRE(report.figures[1].compared);
  CHECK(report.figures[1].compared->address.period == Period::year_of(2022));
  CHECK(report.figures[2].paragraph == 1);
  CHECK(report.figures[2].line == 3);
  REQUIRE(report.paragraphs[1].runs.size() == 7);
  CHECK(report.paragraphs[1].runs[1].figure == 0);
  CHECK(report.paragraphs[1].runs[6].figure == -1);
  CHECK(report.findings.empty());
}

TEST_CASE("none, some, all, and words that are figures") {
  std::string text =
      "{immunization.aefi|无则:无一例|有则:发生{…|例}}异常反应，{immunization.rate|全则:全部接种|否则:接种率{…}}";
  auto none = report_of(text, {{"immunization.aefi 2023", Rational(0)}, {"immunization.rate 2023", Rational(1)}});
  CHECK(none.text() == "无一例异常反应，全部接种\n");
  REQUIRE(none.figures.size() == 2);
  CHECK(none.figures[0].text == "无一例");
  CHECK(none.figures[1].text == "全部接种");
  auto some = report_of(
      text, {{"immunization.aefi 2023", Rational(3)}, {"immunization.rate 2023", Rational(19) / Rational(20)}});
  CHECK(some.text() == "发生3例异常反应，接种率95%\n");
  REQUIRE(some.figures.size() == 2);
  CHECK(some.figures[0].text == "3例");
  // Without 有则 the figure itself is printed.
  CHECK(text_of("{immunization.aefi|例|无则:无}", {{"immunization.aefi 2023", Rational(2)}}) == "2例");
  CHECK(text_of("{immunization.aefi|例|无则:无}", {{"immunization.aefi 2023", Rational(0)}}) == "无");
  CHECK(text_of("a{immunization.aefi|有则:{…|例}|否则:}b", {{"immunization.aefi 2023", Rational(0)}}) == "ab");
  CHECK(text_of("{immunization.aefi|缺则:未上报}", {}) == "未上报");
  CHECK(text_of("{immunization.aefi|无则:无|缺则:未上报}", {}) == "未上报");
}

TEST_CASE("several subjects: lists, none of them, a shared clause") {
  Values values = {{"immunization.aefi 2023", Rational(0)},        {"maternal.deaths 2023", Rational(0)},
                   {"hospital_ops.visits 2023", Rational(129919)}, {"hospital_ops.visits 2022", Rational(78312)},
                   {"hospital_ops.income 2023", Rational(48319)},  {"hospital_ops.income 2022", Rational(28847)}};
  auto report = report_of("{immunization.aefi、maternal.deaths|无则:无}，{hospital_ops.visits、hospital_ops.income|人 "
                          "0位}，{…|同比 分别 增长 1位}",
                          values);
  CHECK(report.text() == "无，129919人、48319人，同比分别增长65.9%、67.5%\n");
  // 无 states two figures; both are in the annex.
  REQUIRE(report.figures.size() == 6);
  CHECK(report.figures[0].figure.address.indicator == "immunization.aefi");
  CHECK(report.figures[1].figure.address.indicator == "maternal.deaths");
  CHECK(report.figures[5].text == "67.5%");
  values["maternal.deaths 2023"] = Rational(1);
  CHECK(text_of("{immunization.aefi、maternal.deaths|例|无则:无}", values) == "0例、1例");
}

TEST_CASE("conditions against a target, directions") {
  std::string met = "{immunization.rate|不低于 immunization.rate.target 则:达到目标|否则:未达目标}";
  Values values = {{"immunization.rate 2023", Rational(9) / Rational(10)},
                   {"immunization.rate.target 2023", Rational(9) / Rational(10)}};
  CHECK(text_of(met, values) == "达到目标");
  values["immunization.rate.target 2023"] = Rational(91) / Rational(100);
  CHECK(text_of(met, values) == "未达目标");
  CHECK(text_of("{immunization.rate|不低于 90% 则:a|否则:b}{…|高于 90% 则:a|否则:b}{…|低于 0.91 则:a|否则:b}{…|不高于 "
                "90% 则:a|否则:b}{…|等于 90% 则:a|否则:b}",
                values) == "abaaa");
  std::string direction = "{hospital_ops.visits|增则:上升|减则:回落|平则:稳定}";
  auto visits = [](int now, int before) {
    return Values{{"hospital_ops.visits 2023", Rational(now)}, {"hospital_ops.visits 2022", Rational(before)}};
  };
  CHECK(text_of(direction, visits(2, 1)) == "上升");
  CHECK(text_of(direction, visits(1, 2)) == "回落");
  CHECK(text_of(direction, visits(1, 1)) == "稳定");
}

TEST_CASE("bases: same period, period before, end of last year; other periods") {
  Values values = {{"hospital_ops.visits 2023-05", Rational(110)},
                   {"hospital_ops.visits 2022-05", Rational(100)},
                   {"hospital_ops.visits 2023-04", Rational(50)},
                   {"hospital_ops.beds 2023-05", Rational(1293)},
                   {"hospital_ops.beds 2022-12-31..2022-12-31", Rational(1281)},
                   {"hospital_ops.visits 2023-01-01..2023-05-31", Rational(400)}};
  Period may = Period::month_of(2023, 5);
  CHECK(text_of("{hospital_ops.visits|同比}，{…|环比 倍}，{hospital_ops.beds|较去年底 增加 张}", values, may) ==
        "同比增长10.0%，环比增长1.2倍，较去年底增加12张");
  CHECK(text_of("{hospital_ops.visits|期间:1-5月 人次}，去年同期{…|同期值 人次}", values, may) ==
        "400人次，去年同期100人次");
  CHECK(text_of("{hospital_ops.visits|同期:较{last_year}年同期 增长}", values, may) == "较2022年同期增长10.0%");
  auto shown = report_of("{hospital_ops.visits|同期值}", values, may);
  CHECK(shown.figures.at(0).figure.address.period == Period::month_of(2022, 5));
  CHECK(!shown.figures.at(0).compared);
}

TEST_CASE("a value that is not there is said and found") {
  auto report =
      report_of("{immunization.rate}，{hospital_ops.visits|同比}", {{"hospital_ops.visits 2023", Rational(1)}});
  CHECK(report.text() == "（无数据），同比（无可比数据）\n");
  REQUIRE(report.findings.size() == 2);
  CHECK(report.findings[0].code == "no_value");
  CHECK(report.findings[1].code == "no_base");
  CHECK(report.findings[1].addresses.at(0).period == Period::year_of(2022));
}

TEST_CASE("parameters and periods in words") {
  CHECK(text_of("{机构}{期间}{year}{last_year}{first_day}{末日}{months}{月份|到}{months|到 份}{期内}", {}) ==
        "市中医院2023年202320222023年1月1日2023年12月31日1-12月1到12月1到12月份全年");
  auto words = [](const char* text) { return period_in_words(*Period::parse(text)); };
  CHECK(words("2023") == "2023年");
  CHECK(words("2023H1") == "2023年上半年");
  CHECK(words("2023H2") == "2023年下半年");
  CHECK(words("2023Q4") == "2023年第四季度");
  CHECK(words("2023-05") == "2023年5月");
  CHECK(words("2023-01-01..2023-03-15") == "2023年1月1日至3月15日");
  CHECK(words("2022-12-01..2023-03-15") == "2022年12月1日至2023年3月15日");
  CHECK(words("2021-01-01..2023-12-31") == "2021—2023年");
  CHECK(words("2023-01-01..2023-10-31") == "2023年1—10月");
  CHECK(words("2022-12-31..2022-12-31") == "2022年12月31日");
  auto said = [](const char* text, const char* period) { return text_of(text, {}, *Period::parse(period)); };
  CHECK(said("{months}{months|份}{within}", "2023-05") == "5月5月份5月");
  CHECK(said("{months}{within}", "2023H1") == "1-6月上半年");
  CHECK(said("{months|到 份}", "2023-01-01..2023-10-31") == "1到10月份");
  CHECK(said("{within}", "2023-01-01..2023-10-31") == "1—10月");
  // Days within a month are not said to be the month.
  CHECK(said("{months|份}", "2023-01-01..2023-03-15") == "1月1日至3月15日");
  CHECK(said("{months|到 份}", "2023-01-05..2023-03-31") == "1月5日到3月31日");
  CHECK(said("{months}{within}", "2023-03-15..2023-03-15") == "3月15日3月15日");
  CHECK(said("{months|份}", "2022-12-01..2023-01-31") == "2022年12月至2023年1月份");
  CHECK(said("{months|份}", "2022-12-02..2023-01-31") == "2022年12月2日至2023年1月31日");
}

TEST_CASE("the months in which something happened") {
  Values values = {{"hospital_ops.visits 2022-12", Rational(2)}, {"hospital_ops.visits 2023-01", Rational(1)}};
  for (int month = 2; month <= 12; ++month)
    values["hospital_ops.visits " + Period::month_of(2023, month).to_string()] = Rational(month == 9 ? 1 : 0);
  CHECK(text_of("{hospital_ops.visits|发生月}份", values) == "1、9月份");
  CHECK(text_of("{hospital_ops.visits|发生月}", values, *Period::parse("2022-12-01..2023-03-31")) ==
        "2022年12月至2023年1月");
  values["hospital_ops.visits 2023-09-01..2023-09-15"] = Rational(1);
  CHECK(text_of("{hospital_ops.visits|发生月}", values, *Period::parse("2023-08-01..2023-09-15")) == "9月");
  // Each month is a figure; a period of more than 20 years would be hundreds of them.
  CHECK(text_of("{hospital_ops.visits|发生月}", values, *Period::parse("1900-01-01..2023-12-31")) == "（无数据）");
}
