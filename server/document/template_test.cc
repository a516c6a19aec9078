#include "server/document/template.h"

#include "server/document/sample_catalog.h"

#include <doctest/doctest.h>

using namespace xinglin::document;
using xinglin::base::Period;

namespace {

Template parse(const std::string& text, xinglin::base::Issues& issues) {
  static const auto catalog = test::sample_catalog();
  xinglin::package::DocumentTemplate document;
  document.id = "year";
  document.text = text;
  document.place = {"hospital_ops/documents/year.md", 1};
  return parse_template(document, catalog, issues);
}
Template parse_good(const std::string& text) {
  xinglin::base::Issues issues;
  auto out = parse(text, issues);
  CHECK_MESSAGE(issues.empty(), issues.to_text());
  return out;
}
/// The messages of a template that is wrong, "LINE: text" a line.
std::string messages(const std::string& text) {
  xinglin::base::Issues issues;
  parse(text, issues);
  CHECK(issues.has_errors());
  std::string out;
  for (const auto& issue : issues) {
    CHECK(issue.file == "hospital_ops/documents/year.md");
    CHECK(!issue.text_zh.empty());
    out += std::to_string(issue.line) + ": " + issue.text + "\n";
  }
  return out;
}
bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("blocks, comments, joined lines and escapes") {
  auto out = parse_good("<!-- 说明\n{不是指标} -->\n# 标题\n\n## 一、业务\n### （一）收入\n#### 1. "
                        "小节\n第一行，\n第二行 a\nb\\{c\\}。\n\n第二段\n");
  REQUIRE(out.blocks.size() == 6);
  CHECK(out.blocks[0].kind == Block::Kind::title);
  CHECK(out.blocks[0].line == 3);
  CHECK(out.blocks[1].kind == Block::Kind::heading1);
  CHECK(out.blocks[2].kind == Block::Kind::heading2);
  CHECK(out.blocks[3].kind == Block::Kind::heading3);
  REQUIRE(out.blocks[4].pieces.size() == 1);
  CHECK(out.blocks[4].pieces[0].text == "第一行，第二行 a b{c}。");
  CHECK(out.blocks[5].pieces[0].text == "第二段");
  CHECK(out.blocks[5].line == 12);
}

TEST_CASE("figures, the one named before, several, parameters") {
  auto out = parse_good("收入{hospital_ops.income|万元 0位}，{…|比去年同期 "
                        "增长|1位}；{hospital_ops.visits、hospital_ops.beds|人}，{org}{months|到}。");
  const auto& pieces = out.blocks.at(0).pieces;
  REQUIRE(pieces.size() == 10);
  const auto& income = *pieces[1].figure;
  CHECK(income.indicators == std::vector<std::string>{"hospital_ops.income"});
  CHECK(income.words == "万元 0位");
  CHECK(income.format.scale == 10000);
  CHECK(income.format.measure == "元");
  CHECK(income.format.digits == 0);
  const auto& growth = *pieces[3].figure;
  CHECK(growth.indicators == income.indicators);
  CHECK(growth.words == "比去年同期 增长|1位");
  CHECK(growth.format.show == Format::Show::change);
  CHECK(growth.format.base == Base::last_year);
  CHECK(pieces[5].figure->indicators.size() == 2);
  CHECK(pieces[7].kind == Piece::Kind::parameter);
  CHECK(pieces[7].text == "org");
  CHECK(pieces[8].kind == Piece::Kind::parameter);
}

TEST_CASE("phrases that depend on a figure") {
  auto out = parse_good("{immunization.aefi|无则:无一例|有则:发生{…|例}，{maternal.deaths|例}|不低于 10 "
                        "则：很多|否则:}，{…|例}{immunization.rate|不低于 immunization.rate.target 则:达标}");
  const auto& pieces = out.blocks.at(0).pieces;
  const auto& plan = *pieces.at(0).figure;
  REQUIRE(plan.cases.size() == 4);
  CHECK(plan.cases[0].when == Case::When::none);
  CHECK(plan.cases[0].pieces.at(0).text == "无一例");
  CHECK(plan.cases[1].pieces.at(1).figure->indicators.at(0) == "immunization.aefi");
  CHECK(plan.cases[2].when == Case::When::compares);
  CHECK(plan.cases[2].operand_number == xinglin::base::Rational(10));
  CHECK(plan.cases[3].pieces.empty());
  // What a phrase names inside does not change what … means after it.
  CHECK(pieces.at(2).figure->indicators.at(0) == "immunization.aefi");
  CHECK(pieces.at(3).figure->cases.at(0).operand_indicator == "immunization.rate.target");
}

TEST_CASE("what is wrong is said with line and mend") {
  CHECK(has(messages("# a\n\n门诊{hospital_ops.visit}人"),
            "3: there is no indicator 'hospital_ops.visit'; did you mean 'hospital_ops.visits'?"));
  CHECK(has(messages("第一行\n第二行{hospital.beds}"),
            "2: there is no indicator 'hospital.beds'; did you mean 'hospital_ops.beds'?"));
  CHECK(has(messages("{nothing.like_it_at_all}"), "see `xinglin indicators`"));
  CHECK(has(messages("{hospital_ops.visits|人 次}{hospital_ops.visits|比去年同 增长}"),
            "'比去年同' is no format word; did you mean '比去年"));
  CHECK(has(messages("{hospital_ops.visits|戴}"), "write “戴” in quotation marks"));
  CHECK(has(messages("{hospital_ops.visits|7位}"), "'7位' is no format word"));
  CHECK(has(messages("{}"), "empty braces"));
  CHECK(has(messages("{…|人}"), "there is none yet"));
  CHECK(has(messages("{hospital_ops.visits"), "'{' is not closed"));
  CHECK(has(messages("a}"), "'}' closes nothing"));
  CHECK(has(messages("{hospital_ops.visits|增长}"), "not against what"));
  CHECK(has(messages("{hospital_ops.visits|较去年底 增加 人}"), "counts events over a period"));
  CHECK(has(messages("{immunization.aefi|空则:无}"), "'空则' is no condition"));
  CHECK(
      has(messages("{immunization.rate|不低于 immunization.target 则:无}"), "did you mean 'immunization.rate.target'"));
  CHECK(has(messages("{hospital_ops.visits|期间:明年}"), "'明年' is no period"));
  CHECK(has(messages("##### 五级"), "a heading is"));
  CHECK(has(messages("#没有空格"), "a heading is"));
  CHECK(has(messages("- 列表"), "not for official documents"));
  CHECK(has(messages("**粗体**"), "bold"));
  CHECK(has(messages("  \n"), "empty"));
  CHECK(has(messages("{{hospital_ops.visits}}"), "there is no indicator"));
}

TEST_CASE("what is wrong is said with its column") {
  auto place = [](const std::string& text) {
    xinglin::base::Issues issues;
    parse(text, issues);
    REQUIRE(!issues.empty());
    return std::to_string(issues.front().line) + ":" + std::to_string(issues.front().column);
  };
  CHECK(place("abc {hospital_ops.visit|人}") == "1:6");
  CHECK(place("# t\n\n  abc\n  de {hospital_ops.visits|人 growth}") == "4:31"); // in bytes; 人 has three
  CHECK(place("ab <!-- {x} --> {nothing.here}") == "1:18");
  CHECK(place("<!-- a\nb --> c {nothing.here}") == "2:10");
  CHECK(place("a } b") == "1:3");
  CHECK(place("ab {hospital_ops.visits|增长}") == "1:5");
  CHECK(place("{immunization.aefi|空则:无}") == "1:20");
  CHECK(place("{immunization.rate|对:immunization.target 高}") == "1:20");
}

TEST_CASE("sections: who owns each, and which figures it rests on") {
  const auto sections = [](const std::string& text) {
    std::string out;
    for (const auto& section : parse_good(text).sections) {
      out += section.within + "/" + section.title + " [" + section.owner.zh + "|" + section.owner.en + "]";
      for (const auto& id : section.indicators)
        out += " " + id;
      out += "\n";
    }
    return out;
  };
  // A heading beneath is part of its chapter unless it names an owner; after it the chapter goes on.
  CHECK(sections("# {org}总结\n开头。\n## 一、业务 {科室:医政科|Medical affairs}\n### （一）收入{owner：财务科}\n"
                 "{hospital_ops.income}\n#### 1. 其中\n{…|同比}\n### （二）门诊\n{hospital_ops.visits}\n"
                 "## 二、接种 {owner: 疾控科 | }\n{immunization.rate|达标则:达标|否则:{maternal.deaths}}\n") ==
        "/ [|]\n/一、业务 [医政科|Medical affairs] hospital_ops.visits\n一、业务/（一）收入 [财务科|] "
        "hospital_ops.income\n"
        "/二、接种 [疾控科|] immunization.rate maternal.deaths immunization.rate.target\n");
  // The title's owner is that of all which name none; a chapter without text of its own is not listed.
  CHECK(sections("# 总结 {科室:办公室}\n## 一、甲\n### （一）乙 {科室:财务科}\n乙。\n## 二、丙\n丙。\n") ==
        "一、甲/（一）乙 [财务科|]\n/二、丙 [办公室|]\n");
  CHECK(sections("{hospital_ops.visits}") == "/ [|] hospital_ops.visits\n"); // no heading at all
  // The owner is not printed, and each block knows its section.
  const auto out = parse_good("# 总结\n## 一、业务 {科室:医政科}\n文。\n");
  CHECK(out.title == "总结");
  CHECK(out.blocks.at(1).pieces.size() == 1);
  CHECK(out.blocks.at(1).pieces.at(0).text == "一、业务");
  CHECK(out.blocks.at(2).section == 0);
  CHECK(out.sections.at(0).heading == 1);
}

TEST_CASE("owners that are wrong are said with line and mend") {
  CHECK(
      has(messages("# 总结\n## 一、业务 {onwer: 医政科}\n文。"), "2: a heading has no 'onwer'; did you mean 'owner'?"));
  CHECK(has(messages("## 一、业务 {部门:医政科}\n文。"), "1: a heading has no '部门'; write {owner: DEPARTMENT}"));
  CHECK(has(messages("## 一、业务 {科室:}\n文。"), "1: the heading names no owner; write {owner: DEPARTMENT}"));
  CHECK(has(messages("## {科室:医政科}一、业务\n文。"),
            "1: an owner stands at the end of a heading and nowhere else; move it"));
  CHECK(has(messages("## 一、业务\n\n文 {owner: 医政科}。"),
            "3: an owner stands at the end of a heading and nowhere else"));
  CHECK(has(messages("## 一、业务 {科室:" + std::string(k_owner_length_max + 1, 'x') + "}\n文。"),
            "1: an owner's name is longer than 120 bytes"));
  xinglin::base::Issues issues;
  parse("# 总结\n## 一、业务 {科室:医政科}\n文。\n## 二、门诊\n{hospital_ops.visits}\n", issues);
  CHECK_FALSE(issues.has_errors());
  CHECK(has(issues.to_text(), "'二、门诊' states figures and no department owns it; add {owner: NAME} to its heading"));
}

TEST_CASE("words that need another word, or an indicator") {
  CHECK(has(messages("{hospital_ops.visits|年均}"), "add 近5年 or 自2018年"));
  CHECK(has(messages("{maternal.deaths|连续:无}"), "add 自2018年"));
  CHECK(has(messages("{hospital_ops.visits|达标则:好}"), "there is no indicator 'hospital_ops.visits.target'"));
  CHECK(has(messages("{hospital_ops.visits|对:hospital_ops.visit}"), "did you mean 'hospital_ops.visits'"));
  CHECK(has(messages("{hospital_ops.visits|提前:nothing.like_it}"), "there is no indicator 'nothing.like_it'"));
  CHECK(has(messages("{hospital_ops.visits|近1年最高则:好}"), "is no condition"));
  CHECK(has(messages("{hospital_ops.visits|近21年最高则:好}"), "is no condition"));
  parse_good("{immunization.rate|达标则:好|未达标则:差}{…|年均 近5年}{…|连续:达标 自2019年}");
}

TEST_CASE("limits: braces within braces, figures in a template") {
  auto nested = [](int depth) {
    std::string out = "x";
    for (int i = 0; i < depth; ++i)
      out = "{immunization.aefi|有则:" + out + "}";
    return out;
  };
  parse_good(nested(k_brace_depth_max));
  CHECK(has(messages(nested(k_brace_depth_max + 1)), "braces nest deeper"));
  std::string many;
  for (size_t i = 0; i < k_template_figures_max; ++i)
    many += "{immunization.aefi}";
  parse_good(many);
  CHECK(has(messages(many + "{immunization.aefi}"), "more than 5000 figures"));
}

TEST_CASE("periods within the report's") {
  auto year = Period::year_of(2023);
  auto text = [&](std::string_view what) {
    auto period = resolve_period(what, year);
    return period ? period->to_string() : "none";
  };
  CHECK(text("去年") == "2022");
  CHECK(text("上半年") == "2023H1");
  CHECK(text("三季度") == "2023Q3");
  CHECK(text("1-10月") == "2023-01-01..2023-10-31");
  CHECK(text("2月") == "2023-02-01..2023-02-28");
  CHECK(text("2021H2") == "2021H2");
  CHECK(text("10-1月") == "none");
  CHECK(text("13月") == "none");
  CHECK(text("前三季度") == "2023-01-01..2023-09-30");
  CHECK(text("累计") == "2023-01-01..2023-12-31");
  CHECK(text("近3年") == "2021-01-01..2023-12-31");
  CHECK(text("近0年") == "none");
  CHECK(text("2019年以来") == "2019-01-01..2023-12-31");
  CHECK(text("2024年以来") == "none");
  CHECK(text("-月") == "none");
}

TEST_CASE("a number typed by hand is warned of, where the template is checked") {
  xinglin::base::Issues issues;
  parse("# 总结\n\n开展义诊3次，{hospital_ops.visits|有则:另有5场讲座，}拨打{手填:12345热线}，第2季度，2023年3月。\n",
        issues);
  CHECK(!issues.has_errors());
  std::string out;
  for (const auto& issue : issues)
    out += std::to_string(issue.line) + ": " + issue.text + "\n";
  CHECK(out ==
        "3: '3次' is typed by hand and bound to no record; write the indicator in braces, or {手填:3次} where that is "
        "meant\n"
        "3: '5场讲' is typed by hand and bound to no record; write the indicator in braces, or {手填:5场讲} where that "
        "is meant\n");
}
