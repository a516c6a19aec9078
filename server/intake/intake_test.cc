#include "server/intake/bundle.h"
#include "server/intake/files.h"

#include "lib/base/issue.h"
#include "tests/support/data.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

using namespace xinglin;

namespace {

std::string refusal(const std::string& bundle) {
  const fhir::Document document = fhir::Document::parse(bundle);
  try {
    for (const intake::Request& request : intake::requests(document.root()))
      intake::to_write(request);
  } catch (const base::Refused& refused) {
    return refused.issues().front().expression;
  }
  return "none";
}

std::string entry(const std::string& request, const std::string& resource = R"({"resourceType":"Patient","id":"a"})") {
  return R"({"resourceType":"Bundle","type":"transaction","entry":[{)" +
         (resource.empty() ? "" : R"("resource":)" + resource + ",") + R"("request":)" + request + "}]}";
}

void put(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

} // namespace

TEST_CASE("a version is read from an ETag") {
  CHECK(intake::parse_etag("W/\"3\"") == 3);
  CHECK(intake::parse_etag("\"12\"") == 12);
  CHECK(intake::parse_etag("7") == 7);
  for (const char* text : {"", "W/", "W/\"\"", "W/\"0\"", "-1", "three", "3x", "\"3"})
    CHECK_FALSE_MESSAGE(intake::parse_etag(text).has_value(), text);
}

TEST_CASE("an entry's request becomes a write") {
  const fhir::Document document = fhir::Document::parse(R"({"resourceType":"Bundle","type":"transaction","entry":[
    {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=x"}},
    {"resource":{"resourceType":"Patient","id":"a"},"request":{"method":"PUT","url":"/Patient/a","ifMatch":"W/\"2\""}},
    {"resource":{"resourceType":"Patient"},"request":{"method":"PUT","url":"Patient?identifier=y"}},
    {"request":{"method":"DELETE","url":"Patient/b"}},
    {"request":{"method":"GET","url":"Patient?name=z"}}]})");
  const auto requests = intake::requests(document.root());
  REQUIRE(requests.size() == 5);
  const store::Write create = intake::to_write(requests[0]);
  CHECK(create.kind == store::Write::Kind::create);
  CHECK(create.if_none_exist == "identifier=x");
  CHECK(create.full_url == "urn:uuid:1");
  CHECK(create.json == R"({"resourceType":"Patient"})");
  const store::Write update = intake::to_write(requests[1]);
  CHECK(update.id == "a");
  CHECK(update.if_match == 2);
  CHECK(intake::to_write(requests[2]).conditional == "identifier=y");
  CHECK(intake::to_write(requests[3]).kind == store::Write::Kind::remove);
  CHECK(requests[4].method == intake::Request::Method::read);
  CHECK(requests[4].query == "name=z");
}

TEST_CASE("an entry that cannot be done is named") {
  CHECK(refusal(entry(R"({"method":"PUT","url":"Patient/a"})")) == "none");
  CHECK(refusal(entry(R"({"url":"Patient/a"})")) == "Bundle.entry[0].request.method");
  CHECK(refusal(entry(R"({"method":"put","url":"Patient/a"})")) == "Bundle.entry[0].request.method");
  CHECK(refusal(entry(R"({"method":"PUT"})")) == "Bundle.entry[0].request.url");
  CHECK(refusal(entry(R"({"method":"PUT","url":"Patiens/a"})")) == "Bundle.entry[0].request.url");
  CHECK(refusal(entry(R"({"method":"PUT","url":"Patient/a_b"})")) == "Bundle.entry[0].request.url");
  CHECK(refusal(entry(R"({"method":"PUT","url":"Patient"})")) == "Bundle.entry[0].request.url");
  CHECK(refusal(entry(R"({"method":"POST","url":"Patient/a"})")) == "Bundle.entry[0].request.url");
  CHECK(refusal(entry(R"({"method":"PUT","url":"Patient/b"})")) == "Bundle.entry[0].resource.id");
  CHECK(refusal(entry(R"({"method":"PUT","url":"Group/a"})")) == "Bundle.entry[0].resource");
  CHECK(refusal(entry(R"({"method":"PUT","url":"Patient/a"})", "")) == "Bundle.entry[0].resource");
  CHECK(refusal(entry(R"({"method":"PUT","url":"Patient/a","ifMatch":"x"})")) == "Bundle.entry[0].request.ifMatch");
  CHECK(refusal(entry(R"({"method":"PATCH","url":"Patient/a"})")) == "Bundle.entry[0].request.method");
}

TEST_CASE("too many entries are refused") {
  std::string bundle = R"({"resourceType":"Bundle","type":"batch","entry":[)";
  for (size_t i = 0; i <= intake::k_bundle_entries_max; ++i)
    bundle += std::string(i > 0 ? "," : "") + R"({"request":{"method":"GET","url":"Patient/a"}})";
  bundle += "]}";
  const fhir::Document document = fhir::Document::parse(std::move(bundle));
  try {
    intake::requests(document.root());
    FAIL("not refused");
  } catch (const base::Refused& refused) {
    CHECK(refused.kind() == base::Refusal::too_large);
  }
}

TEST_CASE("a collection's resources keep their ids") {
  const fhir::Document document = fhir::Document::parse(
      R"({"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","id":"a"}},{"fullUrl":"urn:uuid:2","resource":{"resourceType":"Group"}},{}]})");
  const auto writes = intake::collection_writes(document.root());
  REQUIRE(writes.size() == 2);
  CHECK(writes[0].kind == store::Write::Kind::update);
  CHECK(writes[0].id == "a");
  CHECK(writes[1].kind == store::Write::Kind::create);
  CHECK(writes[1].full_url == "urn:uuid:2");
}

TEST_CASE("files of a directory: what is referred to comes first") {
  const test::TemporaryDirectory directory;
  for (const char* name : {"Observation.ndjson", "Patient.ndjson.gz", "Organization.ndjson", "b.json", "a.json.gz",
                           "C.JSON", "notes.txt", "sub/Encounter-2.ndjson"})
    put(directory.path() / name, "");
  std::vector<std::string> names;
  for (const intake::File& file : intake::find_files({directory.path().string()}))
    names.push_back(std::filesystem::path(file.path).filename().string() + (file.lines ? " lines" : ""));
  CHECK(names == std::vector<std::string>{"C.JSON", "a.json.gz", "b.json", "Organization.ndjson lines",
                                          "Patient.ndjson.gz lines", "Encounter-2.ndjson lines",
                                          "Observation.ndjson lines"});
  CHECK_THROWS_AS(intake::find_files({(directory.path() / "none").string()}), base::Refused);
}

TEST_CASE("lines are numbered, blank ones passed over, the last needs no end") {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "x.ndjson";
  put(path, "{\"a\":1}\r\n\n  \n{\"b\":2}");
  std::vector<std::pair<int, std::string>> lines;
  intake::read_lines(path.string(), [&](int line, std::string text) {
    lines.emplace_back(line, std::move(text));
    return true;
  });
  CHECK(lines == std::vector<std::pair<int, std::string>>{{1, "{\"a\":1}"}, {4, "{\"b\":2}"}});
}

TEST_CASE("the digest is of the content, however it is packed; the same lines make the same file") {
  const test::TemporaryDirectory directory;
  const std::string plain = (directory.path() / "x.ndjson").string(), packed = plain + ".gz", again = plain + ".2.gz";
  for (const std::string& path : {plain, packed, again}) {
    intake::LineWriter writer(path);
    for (int i = 0; i < 1000; ++i)
      writer.line("{\"n\":" + std::to_string(i) + "}");
    writer.line("");
    writer.finish();
  }
  CHECK(bytes_of(packed).size() < bytes_of(plain).size());
  CHECK(intake::read_file(packed) == bytes_of(plain));
  CHECK(intake::digest_of_file(packed) == intake::digest_of_file(plain));
  CHECK(bytes_of(packed) == bytes_of(again));
  put(plain, "other");
  CHECK(intake::digest_of_file(packed) != intake::digest_of_file(plain));
}

TEST_CASE("a file that is not finished is not there") {
  const test::TemporaryDirectory directory;
  {
    intake::LineWriter((directory.path() / "x.ndjson").string()).line("half");
  }
  CHECK(std::filesystem::is_empty(directory.path()));
}
