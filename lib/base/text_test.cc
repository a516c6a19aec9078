#include "lib/base/text.h"

#include "lib/base/id.h"
#include "lib/base/issue.h"

#include <doctest/doctest.h>
#include <set>

namespace xinglin::base {
namespace {

using namespace std::string_literals;

TEST_CASE("a text answers in the asked language, else in the other") {
  Text both{"医院", "Hospital"};
  CHECK(both.in("zh") == "医院");
  CHECK(both.in("en") == "Hospital");
  CHECK(Text{"医院", ""}.in("en") == "医院");
  CHECK(Text{"", "Hospital"}.in("zh") == "Hospital");
  CHECK(Text{}.empty());
}

TEST_CASE("UTF-8 is valid or not") {
  for (const std::string& good : {""s, "abc"s, "杏林"s, "é"s, "\U0001F600"s, "\xED\x9F\xBF"s, "\xEE\x80\x80"s,
                                  "\xF4\x8F\xBF\xBF"s, "a\0b"s, "eight by eight bytes 杏"s}) {
    CHECK(is_valid_utf8(good));
  }
  for (const std::string& bad :
       {"\x80"s, "\xC0\x80"s, "\xC1\xBF"s, "\xE0\x80\x80"s, "\xED\xA0\x80"s, "\xF4\x90\x80\x80"s, "\xF5\x80\x80\x80"s,
        "\xE6\x9D"s, "\xF0\x9F\x98"s, "\xC3"s, "\xFF"s, "\xC3("s, "long enough to be fast \xC3("s}) {
    CHECK_FALSE(is_valid_utf8(bad));
  }
}

TEST_CASE("suggest finds the slip of the pen and nothing far") {
  std::vector<std::string> names{"birthDate", "gender", "name", "identifier", "收缩压", "舒张压"};
  CHECK(suggest("brithDate", names) == "birthDate");
  CHECK(suggest("birthdate", names) == "birthDate");
  CHECK(suggest("gendr", names) == "gender");
  CHECK(suggest("names", names) == "name");
  CHECK(suggest("收宿压", names) == "收缩压");
  CHECK(suggest("weight", names).empty());
  CHECK(suggest("", names).empty());
  CHECK(suggest("x", {}).empty());
  CHECK(suggest("ab", {"cd"}).empty());
  CHECK(suggest(std::string(10000, 'a'), {std::string(10001, 'a')}).empty());
}

TEST_CASE("JSON strings are escaped where they must be") {
  std::string out;
  append_json_string(out, "a\"b\\c\n\r\t\x01 杏/"s + '\0');
  CHECK(out == "\"a\\\"b\\\\c\\n\\r\\t\\u0001 杏/\\u0000\"");
}

TEST_CASE("split and trim") {
  CHECK(split("a|b||c", '|') == std::vector<std::string_view>{"a", "b", "", "c"});
  CHECK(split("", '|') == std::vector<std::string_view>{""});
  CHECK(split("|", '|') == std::vector<std::string_view>{"", ""});
  CHECK(trim(" \t a b\r\n") == "a b");
  CHECK(trim("  ").empty());
}

TEST_CASE("issues print one a line and as an OperationOutcome") {
  Issues issues;
  CHECK_FALSE(issues.has_errors());
  CHECK(issues.to_operation_outcome() ==
        R"({"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational",)"
        R"("details":{"text":"No issues were found."}}]})");
  issues.add({.severity = Severity::warning, .code = "value", .text = "Odd."});
  CHECK_FALSE(issues.has_errors());
  issues.add({.severity = Severity::error,
              .code = "structure",
              .text = "Unknown.",
              .text_zh = "未知。",
              .expression = "Patient.nam",
              .file = "a.json",
              .line = 3,
              .column = 5});
  CHECK(issues.has_errors());
  CHECK(issues.to_text() == "warning: Odd.\na.json:3:5: error: Unknown. [at Patient.nam]");
  CHECK(
      issues.to_operation_outcome() ==
      R"({"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"value","details":{"text":"Odd."}},)"
      R"({"severity":"error","code":"structure","details":{"text":"Unknown.","_text":{"extension":[{"url":)"
      R"("http://hl7.org/fhir/StructureDefinition/translation","extension":[{"url":"lang","valueCode":"zh"},)"
      R"({"url":"content","valueString":"未知。"}]}]}},"diagnostics":"a.json:3:5","expression":["Patient.nam"]}]})");
  Refused refused(Refusal::conflict, "conflict", "Taken.", "Patient.id");
  CHECK(refused.kind() == Refusal::conflict);
  CHECK(std::string(refused.what()) == "error: Taken. [at Patient.id]");
  CHECK(refused.issues().front().code == "conflict");
}

TEST_CASE("SHA-256 by the examples of FIPS 180-4") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("UUIDs are version 4 and differ") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    std::string uuid = new_uuid();
    REQUIRE(uuid.size() == 36);
    CHECK(uuid[14] == '4');
    CHECK(std::string("89ab").find(uuid[19]) != std::string::npos);
    CHECK(is_fhir_id(uuid));
    CHECK(seen.insert(uuid).second);
  }
}

TEST_CASE("FHIR ids") {
  CHECK(is_fhir_id("a"));
  CHECK(is_fhir_id("A-1.b"));
  CHECK(is_fhir_id(std::string(64, 'x')));
  for (const std::string& bad : {""s, std::string(65, 'x'), "a_b"s, "a b"s, "a/b"s, "杏"s})
    CHECK_FALSE(is_fhir_id(bad));
}

/// The 17 digits with their check character, computed from the weights the standard prints.
std::string with_check(const std::string& digits) {
  constexpr int k_weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  int sum = 0;
  for (size_t i = 0; i < 17; ++i)
    sum += (digits[i] - '0') * k_weights[i];
  return digits + "10X98765432"[sum % 11];
}

TEST_CASE("citizen IDs: check character and date of birth") {
  CHECK(is_citizen_id("11010519491231002X")); // the standard's own example
  CHECK(is_citizen_id("440524188001010014")); // the other one
  CHECK_FALSE(is_citizen_id("11010519491231002x"));
  CHECK_FALSE(is_citizen_id("110105194912310021"));
  CHECK_FALSE(is_citizen_id("11010519491231002"));
  CHECK_FALSE(is_citizen_id("11010519491231002XX"));
  CHECK_FALSE(is_citizen_id(""));
  CHECK_FALSE(is_citizen_id("1101051949123100aX"));
  CHECK_FALSE(is_citizen_id(with_check("11010519490230002"))); // right check, no such day
  CHECK_FALSE(is_citizen_id(with_check("01010519491231002")));
  for (int i = 0; i < 999; ++i) {
    std::string id = with_check("50010120000229" + std::to_string(1000 + i).substr(1));
    REQUIRE(is_citizen_id(id));
    // Any single wrong digit is found.
    size_t at = static_cast<size_t>(i) % 17;
    std::string wrong = id;
    wrong[at] = wrong[at] == '9' ? '1' : static_cast<char>(wrong[at] + 1);
    REQUIRE_FALSE(is_citizen_id(wrong));
  }
}

TEST_CASE("is_same says what == says, wherever two texts differ") {
  for (size_t size = 0; size < 40; ++size) {
    std::string a;
    for (size_t i = 0; i < size; ++i)
      a += static_cast<char>('a' + i % 26);
    CHECK(is_same(a, std::string(a)));
    CHECK_FALSE(is_same(a, a + "x"));
    CHECK_FALSE(is_same(a + "x", a));
    for (size_t at = 0; at < size; ++at) {
      std::string b = a;
      b[at] = '\0';
      CHECK_FALSE(is_same(a, b));
      CHECK(is_same(b, std::string(b)));
    }
  }
  CHECK(is_same({}, ""));
}

} // namespace
} // namespace xinglin::base
