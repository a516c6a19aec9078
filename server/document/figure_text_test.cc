// Every way a figure is printed: the table testdata/statements.tsv, each row executed; and what a table cannot say.

#include "server/document/figure_text.h"

#include "lib/base/text.h"

#include <doctest/doctest.h>

#include <fstream>

using namespace xinglin::document;
using xinglin::base::Decimal;
using xinglin::base::Rational;

namespace {

/// "62236", "6891/547", "56.3%" (a share: 0.563), "435/772%" (a share), "" (missing).
std::optional<Rational> number(std::string_view text, bool* share) {
  if (text.empty()) return {};
  if (text.ends_with("%")) {
    *share = true;
    text.remove_suffix(1);
    // A plain number with % is a percentage; a fraction with % is the share itself.
    if (text.find('/') == std::string_view::npos) return Rational(*Decimal::parse(text)) / Rational(100);
  }
  size_t slash = text.find('/');
  Rational top(*Decimal::parse(text.substr(0, slash)));
  return slash == std::string_view::npos ? top : top / Rational(*Decimal::parse(text.substr(slash + 1)));
}

Format format_of(std::string_view words) {
  Format out;
  for (auto word : xinglin::base::split(words, ' '))
    if (!word.empty() && !take_word(word, "", out)) FAIL("no word: ", std::string(word));
  return out;
}

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> out;
  for (auto field : xinglin::base::split(line, '\t'))
    out.emplace_back(field == "-" ? "" : field);
  out.resize(7);
  return out;
}

} // namespace

TEST_CASE("every way of stating a figure: testdata/statements.tsv") {
  std::ifstream file("server/document/testdata/statements.tsv");
  REQUIRE(file.good());
  int line_number = 0, rows = 0;
  for (std::string line; std::getline(file, line);) {
    ++line_number;
    if (line.empty() || line.starts_with("#")) continue;
    ++rows;
    auto fields = fields_of(line);
    CAPTURE(line_number);
    CAPTURE(line);
    Operand operand;
    operand.value = number(fields[0], &operand.percent);
    operand.before = number(fields[1], &operand.percent);
    operand.decimals = fields[4].empty() ? 0 : std::stoi(fields[4]);
    for (auto one : xinglin::base::split(fields[5], ' '))
      if (!one.empty()) operand.series.push_back(number(one == "-" ? "" : one, &operand.percent));
    operand.target = number(fields[6], &operand.percent);
    std::string words = fields[2];
    bool ahead = words.starts_with("提前");
    if (ahead) words.erase(0, std::string("提前").size());
    Format format = format_of(words);
    if (ahead) format.show = Format::Show::ahead;
    if (format.show == Format::Show::months) operand.first_month = xinglin::base::Date::from_civil(2023, 1, 1);
    CHECK(figure_text(format, operand) == fields[3]);
  }
  CHECK(rows >= 300);
}

TEST_CASE("in Chinese numerals") {
  CHECK(chinese_numerals(0) == "零");
  CHECK(chinese_numerals(10) == "十");
  CHECK(chinese_numerals(19) == "十九");
  CHECK(chinese_numerals(20) == "二十");
  CHECK(chinese_numerals(101) == "一百零一");
  CHECK(chinese_numerals(110) == "一百一十");
  CHECK(chinese_numerals(1000) == "一千");
  CHECK(chinese_numerals(1010) == "一千零一十");
  CHECK(chinese_numerals(20004) == "二万零四");
  CHECK(chinese_numerals(100000) == "十万");
  CHECK(chinese_numerals(100004) == "十万零四");
  CHECK(chinese_numerals(200300) == "二十万零三百");
  CHECK(chinese_numerals(123456789) == "一亿二千三百四十五万六千七百八十九");
  CHECK(chinese_numerals(100000001) == "一亿零一");
  CHECK(chinese_numerals(-3) == "-3");
}

TEST_CASE("several in one clause") {
  Format format = format_of("同比 分别 增长 1位");
  auto pair = [](Rational value, Rational before, bool percent = false) {
    Operand out;
    out.value = value;
    out.before = before;
    out.percent = percent;
    return out;
  };
  Operand first = pair(129919, 78312), second = pair(48319, 28847), third = pair(90, 100), same = pair(1, 1);
  int direction = 0;
  CHECK(figure_text(format, first) == "同比分别增长65.9%");
  CHECK(figure_text_following(format, second, direction_of(format, first), &direction) == "67.5%");
  CHECK(direction == 1);
  CHECK(figure_text_following(format, third, direction, &direction) == "下降10.0%");
  CHECK(direction == -1);
  CHECK(figure_text_following(format, first, direction, &direction) == "增长65.9%");
  CHECK(figure_text_following(format, same, direction, &direction) == "持平");
  // 门诊和住院次均费用增幅分别下降了3.47%、7.67%
  Format silent = format_of("同期 分别 下降了 点% 2位");
  Operand cost = pair(Rational(1298) / Rational(10000), Rational(1645) / Rational(10000), true),
          stay = pair(Rational(100) / Rational(10000), Rational(867) / Rational(10000), true);
  CHECK(figure_text(silent, cost) == "分别下降了3.47%");
  CHECK(figure_text_following(silent, stay, direction_of(silent, cost), &direction) == "7.67%");
}

TEST_CASE("words that are none") {
  Format format;
  for (auto word : {"增张", "7位", "万头牛", "余0", "近-5", "近0年", "近21年", "自19年", "分数1", "连续:多", "持平:5",
                    "较年", "为的", "“”", "/", "/年", "约5", "比", "不"}) {
    CAPTURE(word);
    CHECK(!take_word(word, "", format));
  }
  CHECK(take_word("床位使用日", "床位使用日", format));
  CHECK(!take_word("床位使用日", "", format));
  // Every word that may be suggested is one.
  for (const auto& word : all_words()) {
    CAPTURE(word);
    Format fresh;
    CHECK(take_word(word, "", fresh));
  }
}
