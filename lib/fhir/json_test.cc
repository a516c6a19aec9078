#include "lib/fhir/json.h"

#include "lib/base/issue.h"
#include "lib/base/text.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

namespace xinglin::fhir {
namespace {

using namespace std::string_literals;
using base::Refusal;
using base::Refused;

/// The issue a text is refused with.
base::Issue refused(const std::string& text, Refusal kind = Refusal::malformed) {
  try {
    (void)Document::parse(text);
  } catch (const Refused& refused) {
    CHECK(refused.kind() == kind);
    REQUIRE(refused.issues().size() == 1);
    return refused.issues().front();
  }
  FAIL("accepted: " << text.substr(0, 100));
  return {};
}

TEST_CASE("a document is walked by name, by position and in order") {
  Document document =
      Document::parse(R"( {"a": [1, 2.50, -3e+2], "b": {"c": "x", "d": null}, "e": true, "f": false} )");
  Node root = document.root();
  CHECK(root.is_object());
  CHECK(root.size() == 4);
  CHECK(root["a"].is_array());
  CHECK(root["a"].size() == 3);
  CHECK(root["a"].at(1).text() == "2.50");
  CHECK(root["a"].at(2).raw() == "-3e+2");
  CHECK(root["a"].at(3).kind() == Kind::none);
  CHECK(root["b"]["c"].text() == "x");
  CHECK(root["b"]["c"].raw() == "\"x\"");
  CHECK(root["b"]["d"].kind() == Kind::null);
  CHECK(root["b"].raw() == R"({"c": "x", "d": null})");
  CHECK(root["e"].boolean());
  CHECK_FALSE(root["f"].boolean());
  CHECK(root["f"].text() == "false");
  CHECK(root.at(1).name() == "b");
  std::string names;
  for (Node child : root)
    names += child.name();
  CHECK(names == "abef");
  int count = 0;
  for (Node child : root["a"])
    count += child.kind() == Kind::number && child.name().empty();
  CHECK(count == 3);
  for (Node child : root["b"]["c"])
    FAIL("a string has no children: " << child.raw());
}

TEST_CASE("a missing value answers none to everything") {
  Document document = Document::parse("{}");
  Node none = document.root()["x"];
  CHECK_FALSE(none);
  CHECK(none.kind() == Kind::none);
  CHECK(none["y"].at(3).next().first().kind() == Kind::none);
  CHECK(none.text().empty());
  CHECK(none.raw().empty());
  CHECK(none.size() == 0);
  CHECK(none.line() == 0);
  CHECK_FALSE(none.boolean());
  CHECK(Node{}.kind() == Kind::none);
  for (Node child : none)
    FAIL("none has no children: " << child.raw());
}

TEST_CASE("scalars stand alone and numbers keep their text") {
  for (const char* number :
       {"0", "-0", "1.00", "1e400", "123456789012345678901234567890", "0.10000000000000000000001"}) {
    CHECK(Document::parse(number).root().text() == number);
  }
  CHECK(Document::parse("\"\"").root().is_string());
  CHECK(Document::parse("[]").root().size() == 0);
  CHECK(Document::parse("\n{ }\t\r\n").root().is_object());
  CHECK(Document::parse("null").root().kind() == Kind::null);
}

TEST_CASE("strings are unescaped, in names too") {
  Document document = Document::parse(R"({"n\u0061me": "a\"\\\/\b\f\n\r\t\u00e9\u674F\uD83D\uDE00 杏", "p": "plain"})");
  CHECK(document.root()["name"].text() == "a\"\\/\b\f\n\r\t\xC3\xA9杏\xF0\x9F\x98\x80 杏");
  CHECK(document.root().at(0).name() == "name");
  CHECK(document.root()["p"].text() == "plain");
  CHECK(Document::parse(R"("\u0000")").root().text() == "\0"s);
}

TEST_CASE("strings end where they end, whatever their length") {
  for (size_t length = 0; length < 70; ++length) {
    std::string text(length, 'x');
    Document document = Document::parse("[\"" + text + "\",\"" + text + "\\n\",1]");
    CHECK(document.root().at(0).text() == text);
    CHECK(document.root().at(1).text() == text + "\n");
    CHECK(document.root().at(2).text() == "1");
    refused("[\"" + text);
    refused("[\"" + text + "\x01\"]");
    CHECK(Document::parse("[" + std::string(length, ' ') + "1" + std::string(length, '\n') + "]").root().size() == 1);
  }
}

TEST_CASE("places: offset and line") {
  Document document = Document::parse("{\n  \"a\": 1,\n\n  \"b\": [\n 2]}");
  CHECK(document.root().line() == 1);
  CHECK(document.root()["a"].line() == 2);
  CHECK(document.root()["b"].at(0).line() == 5);
  CHECK(document.root()["a"].offset() == 9);
}

TEST_CASE("a document keeps its content over a move") {
  Document document = Document::parse(R"({"a":"\n"})");
  Document moved = std::move(document);
  CHECK(moved.root()["a"].text() == "\n");
  CHECK(moved.bytes() == R"({"a":"\n"})");
  document = Document::parse("[1]");
  CHECK(document.root().at(0).text() == "1");
}

TEST_CASE("what is not JSON is refused with its place and what was expected") {
  struct Row {
    std::string text;
    int line;
    int column;
    const char* says;
  };
  for (const Row& row : {Row{"", 1, 1, "Expected a JSON value"},
                         {"  ", 1, 3, "found the end of the text"},
                         {"{\"a\":1,\n \"b\" 2}", 2, 6, "Expected ':' after the member name, found '2'"},
                         {"{\"a\":1,}", 1, 8, "Expected a member name in double quotes, found '}'"},
                         {"{a:1}", 1, 2, "Expected a member name"},
                         {"{\"a\":1 \"b\":2}", 1, 8, "Expected ',' or '}' in the object"},
                         {"[1 2]", 1, 4, "Expected ',' or ']' in the array, found '2'"},
                         {"[1,]", 1, 4, "Expected a JSON value"},
                         {"[,1]", 1, 2, "Expected a JSON value"},
                         {"[", 1, 2, "found the end of the text"},
                         {"{", 1, 2, "found the end of the text"},
                         {"[1}", 1, 3, "Expected ',' or ']'"},
                         {"{\"a\":1]", 1, 7, "Expected ',' or '}'"},
                         {"tru", 1, 1, "Expected a JSON value"},
                         {"nulll", 1, 5, "Expected the end of the text"},
                         {"{} x", 1, 4, "Expected the end of the text after the JSON value, found 'x'"},
                         {"{}{}", 1, 3, "remove the rest"},
                         {"{}\0"s, 1, 3, "0x00"},
                         {"01", 1, 2, "must not start with 0"},
                         {"-01", 1, 3, "must not start with 0"},
                         {"-", 1, 2, "Expected a digit after '-'"},
                         {"1.", 1, 3, "Expected a digit after the decimal point"},
                         {"1.e1", 1, 3, "Expected a digit after the decimal point"},
                         {"1e", 1, 3, "Expected a digit in the exponent"},
                         {"+1", 1, 1, "Expected a JSON value"},
                         {".5", 1, 1, "Expected a JSON value"},
                         {"NaN", 1, 1, "Expected a JSON value"},
                         {"'a'", 1, 1, "Expected a JSON value"},
                         {"\"a", 1, 3, "Expected '\"' to end the string"},
                         {"\"a\nb\"", 1, 3, "write control characters as escapes"},
                         {"\"\\x\"", 1, 3, "after '\\'"},
                         {"\"\\u12G4\"", 1, 6, "four hexadecimal digits"},
                         {"\"\\uD83D\"", 1, 2, "without its second"},
                         {"\"\\uD83D\\n\"", 1, 2, "without its second"},
                         {"\"\\uD83D\\u0041\"", 1, 2, "without its second"},
                         {"\"\\uDE00\"", 1, 2, "without its first"},
                         {"\xEF\xBB\xBF{}", 1, 1, "byte order mark"},
                         {"\xFF\xFE{\0"s, 1, 1, "UTF-16"},
                         {"[\n\"\xC3(\"]", 2, 2, "not UTF-8"},
                         {"\"\xED\xA0\x80\"", 1, 2, "not UTF-8"},
                         {"{\"a\":1,\n\"a\":2}", 2, 1, "\"a\" appears twice"},
                         {R"({"a":1,"\u0061":2})", 1, 8, "appears twice"},
                         {"/* c */ {}", 1, 1, "Expected a JSON value"}}) {
    CAPTURE(row.text);
    base::Issue issue = refused(row.text);
    CHECK(issue.line == row.line);
    CHECK(issue.column == row.column);
    CHECK_MESSAGE(issue.text.find(row.says) != std::string::npos, issue.text);
  }
}

TEST_CASE("duplicate names are found among few and among many") {
  for (int members : {2, 10, 47, 48, 49, 500}) {
    std::string text = "{";
    for (int i = 0; i < members; ++i)
      text += (i ? ",\"m" : "\"m") + std::to_string(i) + "\":0";
    CHECK(Document::parse(text + "}").root().size() == static_cast<size_t>(members));
    CHECK(refused(text + ",\"m0\":0}").text.find("\"m0\" appears twice") != std::string::npos);
    CHECK(refused(text + ",\"m" + std::to_string(members - 1) + "\":0}").text.find("appears twice") !=
          std::string::npos);
  }
}

TEST_CASE("limits: depth, bytes, values") {
  auto nested = [](int depth) {
    return std::string(static_cast<size_t>(depth), '[') + std::string(static_cast<size_t>(depth), ']');
  };
  CHECK(Document::parse(nested(Document::k_depth_max)).root().is_array());
  CHECK(refused(nested(Document::k_depth_max + 1), Refusal::too_large).text.find("128 deep") != std::string::npos);
  std::string largest(Document::k_bytes_max, ' ');
  largest[0] = '1';
  CHECK(Document::parse(largest).root().text() == "1");
  CHECK(refused(largest + " ", Refusal::too_large).text.find("split it") != std::string::npos);
  std::string many = "[0";
  for (size_t i = 2; i < Document::k_values_max; ++i)
    many += ",0";
  CHECK(Document::parse(many + "]").root().size() == Document::k_values_max - 1);
  CHECK(refused(many + ",0]", Refusal::too_large).text.find("values") != std::string::npos);
}

TEST_CASE("the writer makes compact JSON") {
  JsonWriter writer;
  writer.begin_object().member("a", "x\"").key("b").begin_array().number(-5).boolean(true).null().raw("1.00");
  writer.begin_object().end_object().begin_array().end_array().end_array().key("c").boolean(false).end_object();
  CHECK(writer.take() == R"({"a":"x\"","b":[-5,true,null,1.00,{},[]],"c":false})");
  CHECK(writer.string("again").take() == "\"again\"");
}

/// All that a document tells of its values, a line each.
std::string told(Node node) {
  std::string out = std::to_string(static_cast<int>(node.kind())) + " " + std::to_string(node.offset()) + " " +
                    std::to_string(node.size()) + " '" + std::string(node.name()) + "' '" + std::string(node.text()) +
                    "' '" + std::string(node.raw()) + "'\n";
  for (const Node child : node)
    out += told(child);
  return out;
}

/// What parsing a text comes to: its values, or its refusal.
std::string outcome(std::string text) {
  try {
    const Document document = Document::parse(std::move(text));
    return told(document.root());
  } catch (const Refused& refused) {
    return std::string("refused: ") + refused.what();
  }
}

std::string random_json(std::mt19937& random, int depth) {
  const auto below = [&](uint32_t n) { return random() % n; };
  const auto white = [&] { return std::string(below(8) == 0 ? below(70) : 0, " \n\t\r"[below(4)]); };
  const auto text = [&] {
    std::string out = "\"";
    for (uint32_t i = below(4) == 0 ? below(90) : below(9); i > 0; --i) {
      static const std::vector<std::string> k_pieces = {"a",    "b ",  "{",       "]",  ",", ":",  "\\\"",
                                                        "\\\\", "\\n", "\\u00e9", "王", "0", "\\/"};
      out += k_pieces[below(static_cast<uint32_t>(below(3) == 0 ? k_pieces.size() : 6))];
    }
    return out + "\"";
  };
  switch (below(depth > 4 ? 4 : 7)) {
  case 0: return text();
  case 1: return std::vector<std::string>{"0", "-1.50", "12e+3", "7", "1.0E-2", "-0"}[below(6)];
  case 2: return std::vector<std::string>{"true", "false", "null"}[below(3)];
  case 3: return below(2) ? "[]" : "{" + white() + "}";
  case 4: {
    std::string out = "[" + white();
    for (uint32_t i = 1 + below(5); i > 0; --i)
      out += random_json(random, depth + 1) + white() + (i > 1 ? "," + white() : "");
    return out + "]";
  }
  default: {
    std::string out = "{" + white();
    for (uint32_t i = 1 + below(below(20) == 0 ? 60 : 6); i > 0; --i)
      out += "\"k" + std::to_string(below(9) == 0 ? below(9) : i * 10) + "\"" + white() + ":" + white() +
             random_json(random, depth + 1) + white() + (i > 1 ? "," : "");
    return out + "}";
  }
  }
}

TEST_CASE("the index of the structure changes nothing") {
  // Texts over 4 MiB are parsed without it: white space behind a text makes it one.
  constexpr size_t k_too_long_for_index = (4u << 20) + 1;
  std::mt19937 random(4);
  int refused = 0;
  for (int i = 0; i < 400; ++i) {
    std::string text = random_json(random, 0);
    for (uint32_t wrong = random() % 3; wrong > 0 && i % 2 == 1; --wrong) { // half of them with a slip or two
      const size_t at = random() % text.size();
      switch (random() % 4) {
      case 0: text.erase(at, 1); break;
      case 1: text[at] = "\"{}[]:,\\0a \n\x01\xff\f"[random() % 16]; break;
      case 2: text.insert(at, 1, "\"{}[]:,\\0a \n\x01\xff\0"[random() % 16]); break;
      default: text.resize(at); break;
      }
      if (text.empty()) text = " ";
    }
    const std::string by_index = outcome(text);
    const std::string carefully = outcome(text + std::string(k_too_long_for_index - text.size(), ' '));
    if (by_index.starts_with("refused")) ++refused;
    // The end of the text is elsewhere in the long one.
    const bool at_end = by_index.find("end of the text") != std::string::npos;
    CHECK_MESSAGE((by_index == carefully || (at_end && carefully.starts_with("refused"))), text << "\n"
                                                                                                << by_index
                                                                                                << carefully);
  }
  CHECK(refused > 60);
  CHECK(refused < 300);
}

TEST_CASE("a text is taken exactly when it is UTF-8, wherever in it the slip stands") {
  std::mt19937 random(5);
  const std::vector<std::string> k_pieces = {"a",
                                             "\xC2\x80",
                                             "\xDF\xBF",
                                             "\xE0\xA0\x80",
                                             "\xE7\x8E\x8B",
                                             "\xED\x9F\xBF",
                                             "\xEE\x80\x80",
                                             "\xEF\xBF\xBF",
                                             "\xF0\x90\x80\x80",
                                             "\xF4\x8F\xBF\xBF",
                                             "\xF1\x80\x80\x80",
                                             "abcdefghijklmnopqrstuvwxyz0123456789"};
  const std::vector<std::string> k_slips = {"\x80",
                                            "\xBF",
                                            "\xC0\x80",
                                            "\xC1\xBF",
                                            "\xC2",
                                            "\xE0\x9F\xBF",
                                            "\xED\xA0\x80",
                                            "\xE7\x8E",
                                            "\xF0\x8F\xBF\xBF",
                                            "\xF4\x90\x80\x80",
                                            "\xF5\x80\x80\x80",
                                            "\xF1\x80\x80",
                                            "\xFF",
                                            "\xE7\x8E\x8B\x80",
                                            "\xF1\x80"};
  int refused = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string inside;
    for (uint32_t j = random() % 40; j > 0; --j)
      inside += k_pieces[random() % k_pieces.size()];
    if (i % 2 == 1) {
      size_t at = inside.empty() ? 0 : random() % inside.size();
      inside.insert(at, k_slips[random() % k_slips.size()]);
    } else if (i % 8 == 0 && !inside.empty()) {
      inside.erase(random() % inside.size(), 1);
    }
    const std::string text = std::string(random() % 130, ' ') + "\"" + inside + "\"";
    bool taken = true;
    try {
      (void)Document::parse(text);
    } catch (const Refused&) {
      taken = false;
      ++refused;
    }
    CHECK_MESSAGE(taken == base::is_valid_utf8(text), text);
  }
  CHECK(refused > 1500);
}

TEST_CASE("members have the numbers of their names") {
  const Document document = Document::parse(
      R"({"resourceType": "Patient", "_birthDate": {"id": "x"}, "\u0069d": "1", "shoe": 2, "name": [{"family": "王"}]})");
  const Node root = document.root();
  CHECK(root["resourceType"].name_id() == name::k_resource_type);
  CHECK(root.member(name::k_id).text() == "1"); // written with an escape
  CHECK(root["_birthDate"].name_id() == (Names::r4().find("birthDate") | k_twin));
  CHECK(root["shoe"].name_id() == k_no_name);
  CHECK(root["name"].at(0).name_id() == k_no_name);
  CHECK(root["name"].at(0).member(Names::r4().find("family")).text() == "王");
  CHECK(!root.member(Names::r4().find("family")));
  CHECK(!root["shoe"].member(name::k_id));
  CHECK(!Node().member(name::k_id));
  CHECK(root.name_id() == k_no_name);
}

TEST_CASE("a name twice is refused, known to the definitions or not") {
  for (const char* name : {"id", "_id", "shoe", "\u5c65", ""}) {
    std::string text = "{\"" + std::string(name) + "\": 1, \"family\": 2";
    for (int i = 0; i < 40; ++i) {
      Document::parse(text + "}");
      CHECK(refused(text + ", \"" + name + "\": 3}").text.find("twice") != std::string::npos);
      text += ", \"n" + std::to_string(i) + "\": {}";
    }
  }
}

TEST_CASE("bytes that another keeps are read in place") {
  const std::string lines = "{\"id\": \"a\", \"n\": 1.50}\n{\"id\": \"b\\n\"}\n7\n{\"id\": }\n";
  std::vector<Document> documents;
  for (const std::string_view line : base::split(lines, '\n')) {
    if (line.empty()) continue;
    if (line == "{\"id\": }") {
      CHECK_THROWS_AS(Document::parse_in_place(line), Refused);
      continue;
    }
    documents.push_back(Document::parse_in_place(line)); // and is moved
    CHECK(documents.back().bytes().data() == line.data());
  }
  REQUIRE(documents.size() == 3);
  CHECK(documents[0].root()["n"].text() == "1.50");
  CHECK(documents[1].root()["id"].text() == "b\n");
  CHECK(documents[2].root().raw() == "7");
}

TEST_CASE("a document that is moved keeps its bytes, short or long") {
  for (const size_t size : {1U, 5U, 15U, 16U, 300U}) {
    const std::string text = "\"" + std::string(size, 'x') + "\"";
    Document first = Document::parse(text);
    Document second = std::move(first);
    CHECK(second.root().text() == std::string(size, 'x'));
    Document third = Document::parse("[1]");
    third = std::move(second);
    CHECK(third.root().text() == std::string(size, 'x'));
    CHECK(third.bytes() == text);
  }
}

TEST_CASE("records of ended documents serve others, many alive at once and of every size") {
  std::vector<Document> alive;
  for (size_t round = 0; round < 3; ++round) {
    for (size_t values = 1; values < 20000; values = values * 3 + 1) {
      std::string text = "[";
      for (size_t i = 1; i < values; ++i)
        text += std::to_string(i + round) + ",";
      alive.push_back(Document::parse(text + "0]"));
    }
    if (round == 1) alive.erase(alive.begin(), alive.begin() + 6);
  }
  for (const Document& document : alive) {
    size_t seen = 0;
    for (const Node one : document.root())
      if (++seen < document.root().size()) CHECK(!one.text().empty());
    CHECK(seen == document.root().size());
  }
}

} // namespace
} // namespace xinglin::fhir
