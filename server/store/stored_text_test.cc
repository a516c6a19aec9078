#include "server/store/stored_text.h"

#include "server/store/schema.h"
#include "server/store/test_support.h"

#include <random>
#include <sqlite3.h>

using namespace xinglin;
using namespace xinglin::store;
using namespace xinglin::store::test;

namespace {

UnstampedText text_of(int i) {
  UnstampedText text;
  text.text = fmt::format(
      R"({{"resourceType":"Encounter","id":"e{0}","meta":{{}},"status":"finished","subject":{{"reference":"Patient/{1}"}},"period":{{"start":"2023-05-{2:02}"}}}})",
      i, i * 7919 % 10'007, 1 + i % 28);
  text.stamp_at = text.text.find("{}") + 1;
  return text;
}

/// Trains on `count` texts and takes the dictionary on; false when none was worth it.
bool learn(Codebook& codebook, const std::string& kind, int from, int count) {
  for (int i = from; i < from + count; ++i)
    codebook.pack(kind, text_of(i), {});
  const auto samples = codebook.take_due();
  REQUIRE(!samples.texts.empty());
  CHECK(samples.kind == kind);
  std::string bytes = codebook.train(samples);
  if (bytes.empty()) return false;
  codebook.add(static_cast<int64_t>(codebook.size()) + 2, kind, std::move(bytes));
  return true;
}

std::string reason_of(const Codebook& codebook, std::string_view body) {
  try {
    codebook.unpack(body, 1, 0);
  } catch (const DamagedText& damaged) {
    return damaged.reason;
  }
  return "";
}

void execute(const std::string& file, const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
  char* error = nullptr;
  CHECK_MESSAGE(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &error) == SQLITE_OK, (error ? error : ""));
  sqlite3_free(error);
  sqlite3_close(db);
}

std::string encounter(int i) {
  return fmt::format(R"("status":"finished","class":{{"code":"AMB"}},"period":{{"start":"2023-05-{:02}"}},"note":"{}")",
                     1 + i % 28, i);
}

} // namespace

TEST_CASE("stored text: comes back to the byte with its stamp, in the zone it was written in") {
  Codebook codebook;
  for (int minutes : {480, 0, -210, 840}) {
    const base::Zone zone{minutes};
    for (size_t size : {size_t{0}, size_t{40}, size_t{5'000}, size_t{300'000}}) {
      UnstampedText text = text_of(1);
      std::mt19937 random(7); // what does not compress is kept as it is
      for (size_t i = 0; i < size; ++i)
        text.text += static_cast<char>(size == 5'000 ? random() : 'x');
      const std::string body = codebook.pack("Encounter", text, zone);
      CHECK(codebook.unpack(body, 3, 1'700'000'000'123) == stamp(text.text, text.stamp_at, 3, 1'700'000'000'123, zone));
      CHECK(body.size() < text.text.size() + 32);
    }
  }
}

TEST_CASE("stored text: a dictionary makes texts of its kind small, earlier ones stay readable") {
  Codebook codebook;
  const std::string alone = codebook.pack("Encounter", text_of(0), {});
  REQUIRE(learn(codebook, "Encounter", 1, k_first_training_texts - 1));
  const std::string with = codebook.pack("Encounter", text_of(0), {});
  CHECK(with.size() * 2 < alone.size());
  CHECK(codebook.unpack(alone, 1, 0) == codebook.unpack(with, 1, 0));
  // Another kind has its own.
  CHECK(codebook.pack("Patient", text_of(0), {}).size() > with.size());
  // The next look comes after four times as many.
  for (int64_t i = k_first_training_texts + 1; i < 4 * k_first_training_texts; ++i) {
    CHECK(codebook.take_due().texts.empty());
    codebook.pack("Encounter", text_of(static_cast<int>(i)), {});
  }
  const auto samples = codebook.take_due();
  CHECK(samples.texts.size() > 200);
  CHECK(samples.texts.size() <= k_training_samples);
}

TEST_CASE("stored text: where texts have nothing in common there is nothing to learn; samples are bounded") {
  Codebook codebook;
  std::mt19937 random(3);
  const auto noise = [&](size_t bytes) {
    UnstampedText text;
    for (size_t i = 0; i < bytes; ++i)
      text.text += static_cast<char>(random());
    return text;
  };
  for (int64_t i = 0; i < k_first_training_texts; ++i)
    codebook.pack("Noise", noise(800), {});
  const auto samples = codebook.take_due();
  CHECK(samples.texts.size() == static_cast<size_t>(k_first_training_texts));
  CHECK(codebook.train(samples).empty());
  for (int64_t i = 0; i < k_first_training_texts; ++i)
    codebook.pack("Large", noise(k_sample_bytes_max + 1), {});
  CHECK(codebook.take_due().texts.empty());
}

TEST_CASE("stored text: damage is noticed") {
  Codebook codebook;
  REQUIRE(learn(codebook, "Encounter", 0, k_first_training_texts));
  const std::string body = codebook.pack("Encounter", text_of(3), {});
  const std::string text = codebook.unpack(body, 1, 0);
  CHECK(reason_of(codebook, "") != "");
  for (size_t length = 1; length < body.size(); ++length)
    CHECK(reason_of(codebook, body.substr(0, length)) != "");
  // Each flipped bit is found, or changes nothing (a bit that the format leaves open).
  int harmless = 0;
  for (size_t i = 0; i < body.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = body;
      bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
      if (!reason_of(codebook, bad).empty()) continue;
      ++harmless;
      const std::string read = codebook.unpack(bad, 1, 0);
      CHECK(read == text);
    }
  CHECK(harmless < 8);
  CHECK(reason_of(codebook, "\x63" + body.substr(1)).find("no dictionary 99") != std::string::npos);
}

TEST_CASE("store: a version damaged on the disk is named, the others are read") {
  TestStore store;
  store->write({create("Encounter", encounter(1) + R"(,"text":")" + std::string(500, 'a') + '"', "bad"),
                create("Encounter", encounter(2), "good")});
  store.store.reset();
  const std::string file = store.options.directory + "/records.db";
  execute(file, "UPDATE version SET body=CAST(substr(body,1,40)||x'00'||substr(body,42) AS BLOB) WHERE seq=1");
  store.open();
  CHECK(store->snapshot()->read("Encounter", "good"));
  const auto refused = refusal_of([&] { store->snapshot()->read("Encounter", "bad"); });
  CHECK(refused.kind() == base::Refusal::unavailable);
  CHECK(std::string(refused.what()).find("version 1 of Encounter/bad is damaged") != std::string::npos);
  CHECK_THROWS_AS(store->changes(0, 10), base::Refused);
}

TEST_CASE("store: dictionaries are learned while it is written, and outlive it") {
  TestStore store;
  std::map<std::string, std::string> kept;
  const auto write = [&](int from, int to) {
    std::vector<Write> writes;
    for (int i = from; i < to; ++i)
      writes.push_back(create("Encounter", encounter(i), fmt::format("e{}", i)));
    store->write(std::move(writes));
  };
  const auto read_all = [&] {
    std::map<std::string, std::string> texts;
    store->snapshot()->scan("Encounter", [&](const Version& version) {
      texts[version.id] = version.json;
      return true;
    });
    return texts;
  };
  write(0, 200);
  write(200, 300); // the 256th is in it: learned after this commit
  kept = read_all();
  write(300, 400);
  CHECK(store->write({update("Encounter", "e1", encounter(1))}).commit == 0); // unchanged, whatever it is kept as
  const auto before = read_all();
  for (const auto& [id, text] : kept)
    CHECK(before.at(id) == text);
  CHECK(before.at("e399").find(R"("note":"399")") != std::string::npos);
  store.reopen();
  CHECK(read_all() == before);
  store.store.reset();
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open((store.options.directory + "/records.db").c_str(), &db) == SQLITE_OK);
  CHECK(sqlite3_exec(db,
                     "SELECT CASE WHEN (SELECT count(*) FROM dictionary WHERE id=2 AND kind='Encounter')=1 AND "
                     "(SELECT count(*) FROM version WHERE substr(body,1,1)=x'02')=100 AND (SELECT max(length(body)) "
                     "FROM version WHERE seq>300)<(SELECT min(length(body)) FROM version WHERE seq<=300) THEN 1 ELSE "
                     "abs(-9223372036854775808) END",
                     nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
}

TEST_CASE("store: a directory of the format before is brought over, its texts as they were") {
  xinglin::test::TemporaryDirectory directory;
  const std::string file = directory.path() / "records.db";
  const std::string text =
      R"({"resourceType":"Basic","id":"b","meta":{"versionId":"1","lastUpdated":"2023-01-01T00:00:00.000Z"},"code":{"text":"1.00 é"}})";
  execute(file, fmt::format("PRAGMA journal_mode=WAL; {}{}PRAGMA application_id={}; PRAGMA user_version=2;",
                            schema_steps()[0], schema_steps()[1], k_application_id));
  execute(file,
          "INSERT INTO resource_type VALUES(1,'QuestionnaireResponse'),(2,'Basic');"
          "INSERT INTO commits VALUES(1,1672531200000,2),(2,1672531200001,3);"
          "INSERT INTO resource VALUES(1,1,'r',1,1,1,0,0),(2,2,'b',2,3,2,1,0);"
          "INSERT INTO type_count VALUES(1,1),(2,0);"
          "INSERT INTO version VALUES(1,1,1,1,1,0,NULL,'{\"resourceType\":\"QuestionnaireResponse\",\"id\":\"r\"}'),"
          "(2,2,2,1,1,0,'QuestionnaireResponse/r','" +
              text + "'),(3,2,2,2,2,1,'QuestionnaireResponse/r','');");
  Options options;
  options.directory = directory.path();
  auto store = Store::open(options);
  CHECK(store->snapshot(1)->read("Basic", "b")->json == text);
  CHECK(store->snapshot(1)->derived("QuestionnaireResponse/r").size() == 1);
  CHECK(store->snapshot(1)->read("Basic", "b")->derived_from == "QuestionnaireResponse/r");
  CHECK(store->snapshot()->read("Basic", "b")->deleted);
  CHECK(store->snapshot()->history("Basic", "b", 10).size() == 2);
  CHECK(store->changes(0, 10).size() == 3);
  CHECK(store->write({update("Basic", "b", R"("code":{"text":"2"})")}).commit == 3);
  CHECK(store->snapshot()->count("Basic") == 1);
}
