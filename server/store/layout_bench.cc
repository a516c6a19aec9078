// Three layouts of the search index over the same made resources, so that the choice in
// docs/decisions/0003-search-index.md can be measured again by anyone:
//
//   rows    a row a value, every parameter, one clustered table a kind
//   packed  values go to a small row table and are merged, each 65,536 resources, into postings of 16-bit offsets and
//           date columns (sorted segments)
//   lazy    as rows, but only for the parameters that are asked for daily; the others are built at their first use
//
// Each layout keeps the resource's JSON too, commits in groups of 500 with synchronous=FULL, and answers the same three
// questions; the answers of the layouts are compared before a time is believed.
//
//   store_bench layouts [RESOURCES=1000000] [DIRECTORY=/tmp]

#include "server/store/bench.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace xinglin::store {
namespace {

using Steady = std::chrono::steady_clock;
double seconds_since(Steady::time_point from) {
  return std::chrono::duration<double>(Steady::now() - from).count();
}

constexpr int k_group = 500;
constexpr int64_t k_segment = 65536;
constexpr int k_codes = 200;

/// A prepared statement, bound and stepped in one breath; enough for a benchmark.
class Statement {
public:
  Statement(sqlite3* db, const char* sql) : m_db(db) {
    if (sqlite3_prepare_v2(db, sql, -1, &m_statement, nullptr) != SQLITE_OK)
      throw std::runtime_error(fmt::format("{}: {}", sqlite3_errmsg(db), sql));
  }
  ~Statement() { sqlite3_finalize(m_statement); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  template <typename... Values> Statement& with(const Values&... values) {
    sqlite3_reset(m_statement);
    int at = 0;
    (bind(++at, values), ...);
    return *this;
  }
  bool step() {
    int code = sqlite3_step(m_statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(m_db));
    return code == SQLITE_ROW;
  }
  void run() {
    while (step()) {
    }
  }
  int64_t whole(int column) { return sqlite3_column_int64(m_statement, column); }
  std::string_view bytes(int column) {
    auto data = static_cast<const char*>(sqlite3_column_blob(m_statement, column));
    return {data, static_cast<size_t>(sqlite3_column_bytes(m_statement, column))};
  }

private:
  void bind(int at, int64_t value) { sqlite3_bind_int64(m_statement, at, value); }
  void bind(int at, const std::string& value) {
    sqlite3_bind_text(m_statement, at, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
  }
  sqlite3* m_db;
  sqlite3_stmt* m_statement = nullptr;
};

void execute(sqlite3* db, const char* sql) {
  char* message = nullptr;
  if (sqlite3_exec(db, sql, nullptr, nullptr, &message) != SQLITE_OK) throw std::runtime_error(message ? message : sql);
}

/// A value of one search parameter. Parameters below k_rare are asked for daily.
struct Value {
  enum class Kind : uint8_t { token, string, reference, date, number } kind;
  int64_t parameter;
  std::string text;   ///< token code, normalised string
  int64_t number = 0; ///< token system, reference target, first day, number
};
constexpr int64_t k_rare = 100;
enum Parameter : int64_t {
  p_identifier = 1,
  p_patient,
  p_subject,
  p_encounter,
  p_code,
  p_date,
  p_status,
  p_category,
  p_family,
  p_given,
  p_name,
  p_birthdate,
  p_gender,
  p_organization,
  p_class
};

struct Made {
  std::string json;
  std::vector<Value> values;
};

/// The same county each time: 2 % patients, 18 % encounters, 80 % observations, with the number of index values the R4
/// parameters yield on such resources (15 to 17).
class Maker {
public:
  explicit Maker(int64_t resources) : m_patients(std::max<int64_t>(1, resources / 50)) {}
  int64_t patients() const { return m_patients; }
  Made make(int64_t key) {
    using K = Value::Kind;
    Made made;
    auto add = [&](K kind, int64_t parameter, std::string text, int64_t number) {
      made.values.push_back({kind, parameter, std::move(text), number});
    };
    auto pad = [&](const char* type, size_t bytes) {
      made.json = fmt::format(R"({{"resourceType":"{}","id":"{:032x}","text":")", type, key);
      while (made.json.size() + 2 < bytes)
        made.json += fmt::format("{:x} ", m_random());
      made.json += "\"}";
    };
    int64_t patient = 1 + static_cast<int64_t>(m_random() % static_cast<uint64_t>(m_patients));
    int64_t day = 18000 + static_cast<int64_t>(m_random() % 1500);
    if (key <= m_patients) {
      pad("Patient", 900);
      add(K::token, p_identifier, fmt::format("{:018d}", key * 7919), 1);
      add(K::token, p_identifier, fmt::format("H{:010d}", key), 2);
      add(K::string, p_family, fmt::format("family{}", m_random() % 400), 0);
      add(K::string, p_given, fmt::format("given{}", m_random() % 4000), 0);
      add(K::string, p_name, fmt::format("name{}", m_random() % 40000), 0);
      add(K::date, p_birthdate, {}, static_cast<int64_t>(m_random() % 20000));
      add(K::token, p_gender, key % 2 ? "female" : "male", 3);
      add(K::reference, p_organization, {}, 1 + key % 40);
      for (int64_t rare = 0; rare < 8; rare++)
        add(K::string, k_rare + 1 + rare, fmt::format("rare{}", m_random() % 2000), 0);
    } else if (key % 5 == 0) {
      pad("Encounter", 800);
      add(K::token, p_identifier, fmt::format("V{:010d}", key), 4);
      add(K::reference, p_patient, {}, patient);
      add(K::reference, p_subject, {}, patient);
      add(K::date, p_date, {}, day);
      add(K::token, p_status, "finished", 5);
      add(K::token, p_class, key % 3 ? "AMB" : "IMP", 6);
      add(K::reference, p_organization, {}, 1 + key % 40);
      for (int64_t rare = 0; rare < 4; rare++)
        add(K::token, k_rare + 11 + rare, fmt::format("r{}", m_random() % 300), 7);
      for (int64_t rare = 0; rare < 4; rare++)
        add(K::reference, k_rare + 15 + rare, {}, 1 + static_cast<int64_t>(m_random() % 500));
    } else {
      pad("Observation", 1200);
      add(K::token, p_code, fmt::format("{}-{}", 8000 + m_random() % k_codes, 4), 8);
      add(K::reference, p_patient, {}, patient);
      add(K::reference, p_subject, {}, patient);
      add(K::reference, p_encounter, {}, key - key % 5);
      add(K::date, p_date, {}, day);
      add(K::token, p_status, "final", 5);
      add(K::token, p_category, "vital-signs", 9);
      int64_t reading = static_cast<int64_t>(m_random() % 3000);
      add(K::token, k_rare + 21, made.values[0].text, 8);
      add(K::reference, k_rare + 22, {}, 1 + static_cast<int64_t>(m_random() % 500));
      add(K::number, k_rare + 23, {}, reading);
      add(K::number, k_rare + 24, {}, reading);
      add(K::token, k_rare + 25, made.values[0].text, reading);
      add(K::token, k_rare + 26, made.values[0].text, reading);
      add(K::token, k_rare + 27, "http://example.org/StructureDefinition/reading", 0);
    }
    return made;
  }

private:
  int64_t m_patients;
  std::mt19937_64 m_random{20231231};
};

class Layout {
public:
  explicit Layout(const std::filesystem::path& file) {
    std::filesystem::remove(file);
    if (sqlite3_open(file.c_str(), &m_db) != SQLITE_OK) throw std::runtime_error("cannot open " + file.string());
    execute(m_db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-262144;"
                  "CREATE TABLE record(key INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT;");
  }
  virtual ~Layout() { sqlite3_close(m_db); }
  Layout(const Layout&) = delete;
  Layout& operator=(const Layout&) = delete;
  virtual void add(int64_t key, const Made& made) = 0;
  virtual void group_done(int64_t) {}
  virtual void load_done() {}
  virtual std::vector<int64_t> latest(int64_t patient, const std::string& code) = 0;
  virtual int64_t by_identifier(const std::string& code) = 0;
  virtual int64_t count(const std::string& code, int64_t first, int64_t end) = 0;
  sqlite3* db() { return m_db; }
  void checkpoint() { execute(m_db, "PRAGMA wal_checkpoint(TRUNCATE)"); }

protected:
  sqlite3* m_db = nullptr;
};

/// A row a value. With `rare` = false the rarely used parameters are left until their first use.
class Rows : public Layout {
public:
  Rows(const std::filesystem::path& file, bool rare) : Layout(file), m_rare(rare) {
    execute(m_db, R"(
      CREATE TABLE x_token(parameter INTEGER, code TEXT, system INTEGER, key INTEGER,
        PRIMARY KEY(parameter, code, system, key)) STRICT, WITHOUT ROWID;
      CREATE TABLE x_string(parameter INTEGER, text TEXT, key INTEGER, PRIMARY KEY(parameter, text, key)) STRICT, WITHOUT ROWID;
      CREATE TABLE x_reference(target INTEGER, parameter INTEGER, key INTEGER,
        PRIMARY KEY(target, parameter, key)) STRICT, WITHOUT ROWID;
      CREATE TABLE x_date(parameter INTEGER, low INTEGER, high INTEGER, key INTEGER,
        PRIMARY KEY(parameter, low, high, key)) STRICT, WITHOUT ROWID;
      CREATE TABLE x_number(parameter INTEGER, value INTEGER, key INTEGER, PRIMARY KEY(parameter, value, key)) STRICT, WITHOUT ROWID;
      CREATE TABLE x_sort(parameter INTEGER, key INTEGER, low INTEGER, PRIMARY KEY(parameter, key)) STRICT, WITHOUT ROWID;)");
    m_token = make("INSERT INTO x_token VALUES(?,?,?,?)");
    m_string = make("INSERT OR IGNORE INTO x_string VALUES(?,?,?)");
    m_reference = make("INSERT OR IGNORE INTO x_reference VALUES(?,?,?)");
    m_date = make("INSERT INTO x_date VALUES(?,?,?,?)");
    m_number = make("INSERT INTO x_number VALUES(?,?,?)");
    m_sort = make("INSERT INTO x_sort VALUES(?,?,?)");
    m_record = make("INSERT INTO record VALUES(?,?)");
  }
  void add(int64_t key, const Made& made) override {
    m_record->with(key, made.json).run();
    for (const Value& value : made.values)
      if (m_rare || value.parameter < k_rare) index(key, value);
  }
  void index(int64_t key, const Value& value) {
    switch (value.kind) {
    case Value::Kind::token: m_token->with(value.parameter, value.text, value.number, key).run(); break;
    case Value::Kind::string: m_string->with(value.parameter, value.text, key).run(); break;
    case Value::Kind::reference: m_reference->with(value.number, value.parameter, key).run(); break;
    case Value::Kind::number: m_number->with(value.parameter, value.number, key).run(); break;
    case Value::Kind::date:
      m_date->with(value.parameter, value.number, value.number + 1, key).run();
      m_sort->with(value.parameter, key, value.number).run();
      break;
    }
  }
  std::vector<int64_t> latest(int64_t patient, const std::string& code) override {
    if (!m_latest)
      m_latest = make(R"(SELECT r.key FROM x_reference r CROSS JOIN x_sort s ON s.parameter=6 AND s.key=r.key
        WHERE r.target=?1 AND r.parameter=2 AND EXISTS(SELECT 1 FROM x_token t WHERE t.parameter=5 AND t.code=?2
        AND t.system=8 AND t.key=r.key) ORDER BY s.low DESC, r.key LIMIT 50)");
    std::vector<int64_t> keys;
    for (m_latest->with(patient, code); m_latest->step();)
      keys.push_back(m_latest->whole(0));
    return keys;
  }
  int64_t by_identifier(const std::string& code) override {
    if (!m_identifier) m_identifier = make("SELECT key FROM x_token WHERE parameter=1 AND code=? AND system=1");
    return m_identifier->with(code).step() ? m_identifier->whole(0) : 0;
  }
  int64_t count(const std::string& code, int64_t first, int64_t end) override {
    if (!m_count)
      m_count = make(R"(SELECT count(*) FROM x_token t CROSS JOIN x_sort s ON s.parameter=6 AND s.key=t.key
        WHERE t.parameter=5 AND t.code=?1 AND t.system=8 AND s.low>=?2 AND s.low<?3)");
    m_count->with(code, first, end).step();
    return m_count->whole(0);
  }

private:
  std::unique_ptr<Statement> make(const char* sql) { return std::make_unique<Statement>(m_db, sql); }
  bool m_rare;
  std::unique_ptr<Statement> m_token, m_string, m_reference, m_date, m_number, m_sort, m_record, m_latest, m_identifier,
      m_count;
};

/// Sorted segments. A posting is (parameter, value) → the offsets in the segment of the resources that have it.
class Packed : public Layout {
public:
  explicit Packed(const std::filesystem::path& file) : Layout(file) {
    execute(m_db, R"(
      CREATE TABLE fresh(parameter INTEGER, value ANY, key INTEGER, PRIMARY KEY(parameter, value, key)) STRICT, WITHOUT ROWID;
      CREATE TABLE posting(parameter INTEGER, value ANY, segment INTEGER, offsets BLOB,
        PRIMARY KEY(parameter, value, segment)) STRICT, WITHOUT ROWID;
      CREATE TABLE day_column(id INTEGER PRIMARY KEY, days BLOB) STRICT;)");
    m_fresh = make("INSERT OR IGNORE INTO fresh VALUES(?,?,?)");
    m_record = make("INSERT INTO record VALUES(?,?)");
  }
  void add(int64_t key, const Made& made) override {
    m_record->with(key, made.json).run();
    for (const Value& value : made.values) {
      if (value.kind == Value::Kind::token)
        m_fresh->with(value.parameter, fmt::format("{}|{}", value.text, value.number), key).run();
      else if (value.kind == Value::Kind::string)
        m_fresh->with(value.parameter, value.text, key).run();
      else
        m_fresh->with(value.parameter, value.number, key).run();
    }
  }
  void group_done(int64_t last_key) override {
    if ((last_key + 1) / k_segment > m_merged) merge(m_merged++);
  }
  void load_done() override { merge(m_merged++); }
  std::vector<int64_t> latest(int64_t patient, const std::string& code) override {
    if (!m_patient) {
      m_patient = make("SELECT segment, offsets FROM posting WHERE parameter=2 AND value=?");
      m_one = make("SELECT offsets FROM posting WHERE parameter=5 AND value=? AND segment=?");
    }
    std::vector<std::pair<int64_t, int64_t>> found; // (-day, key)
    std::string value = code + "|8";
    for (m_patient->with(patient); m_patient->step();) {
      int64_t segment = m_patient->whole(0);
      auto left = unpack(m_patient->bytes(1));
      if (!m_one->with(value, segment).step()) continue;
      auto right = unpack(m_one->bytes(0));
      for (uint16_t offset : left)
        if (std::binary_search(right.begin(), right.end(), offset))
          found.push_back({-day_of(segment, offset), segment * k_segment + offset});
    }
    std::sort(found.begin(), found.end());
    if (found.size() > 50) found.resize(50);
    std::vector<int64_t> keys;
    for (auto& each : found)
      keys.push_back(each.second);
    return keys;
  }
  int64_t by_identifier(const std::string& code) override {
    if (!m_identifier) m_identifier = make("SELECT segment, offsets FROM posting WHERE parameter=1 AND value=?");
    if (!m_identifier->with(code + "|1").step()) return 0;
    return m_identifier->whole(0) * k_segment + unpack(m_identifier->bytes(1)).at(0);
  }
  int64_t count(const std::string& code, int64_t first, int64_t end) override {
    if (!m_code) {
      m_code = make("SELECT segment, offsets FROM posting WHERE parameter=5 AND value=?");
      m_days = make("SELECT days FROM day_column WHERE id=?");
    }
    int64_t total = 0;
    for (m_code->with(code + "|8"); m_code->step();) {
      if (!m_days->with(m_code->whole(0)).step()) continue;
      auto days = m_days->bytes(0);
      for (uint16_t offset : unpack(m_code->bytes(1))) {
        int32_t day;
        std::memcpy(&day, days.data() + size_t{offset} * 4, 4);
        total += day >= first && day < end;
      }
    }
    return total;
  }

private:
  std::unique_ptr<Statement> make(const char* sql) { return std::make_unique<Statement>(m_db, sql); }
  static std::vector<uint16_t> unpack(std::string_view bytes) {
    std::vector<uint16_t> offsets(bytes.size() / 2);
    std::memcpy(offsets.data(), bytes.data(), bytes.size());
    return offsets;
  }
  int64_t day_of(int64_t segment, uint16_t offset) {
    sqlite3_blob* blob = nullptr;
    int32_t day = 0;
    if (sqlite3_blob_open(m_db, "main", "day_column", "days", segment, 0, &blob) == SQLITE_OK)
      sqlite3_blob_read(blob, &day, 4, offset * 4);
    sqlite3_blob_close(blob);
    return day;
  }
  void merge(int64_t segment) {
    execute(m_db, "BEGIN");
    std::vector<int32_t> days(k_segment, 0);
    sqlite3_stmt* raw_write = nullptr;
    if (sqlite3_prepare_v2(m_db, "INSERT INTO posting VALUES(?1,?2,?3,?4)", -1, &raw_write, nullptr) != SQLITE_OK)
      throw std::runtime_error(sqlite3_errmsg(m_db));
    sqlite3_stmt* raw_read = nullptr;
    sqlite3_prepare_v2(m_db,
                       "SELECT parameter, value, key FROM fresh WHERE key/65536=?1 ORDER BY parameter, value, key", -1,
                       &raw_read, nullptr);
    sqlite3_bind_int64(raw_read, 1, segment);
    int64_t parameter = -1;
    sqlite3_value* value = nullptr;
    std::vector<uint16_t> offsets;
    auto flush = [&] {
      if (offsets.empty()) return;
      sqlite3_reset(raw_write);
      sqlite3_bind_int64(raw_write, 1, parameter);
      sqlite3_bind_value(raw_write, 2, value);
      sqlite3_bind_int64(raw_write, 3, segment);
      sqlite3_bind_blob(raw_write, 4, offsets.data(), static_cast<int>(offsets.size() * 2), SQLITE_STATIC);
      if (sqlite3_step(raw_write) != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(m_db));
      offsets.clear();
    };
    auto same = [](sqlite3_value* a, sqlite3_value* b) {
      if (sqlite3_value_type(a) != sqlite3_value_type(b)) return false;
      if (sqlite3_value_type(a) == SQLITE_INTEGER) return sqlite3_value_int64(a) == sqlite3_value_int64(b);
      int size = sqlite3_value_bytes(a);
      return size == sqlite3_value_bytes(b) &&
             std::memcmp(sqlite3_value_text(a), sqlite3_value_text(b), static_cast<size_t>(size)) == 0;
    };
    while (sqlite3_step(raw_read) == SQLITE_ROW) {
      int64_t next = sqlite3_column_int64(raw_read, 0);
      sqlite3_value* now = sqlite3_column_value(raw_read, 1);
      if (next != parameter || !same(now, value)) {
        flush();
        parameter = next;
        sqlite3_value_free(value);
        value = sqlite3_value_dup(now);
      }
      auto offset = static_cast<uint16_t>(sqlite3_column_int64(raw_read, 2) % k_segment);
      offsets.push_back(offset);
      if (parameter == p_date) days[offset] = static_cast<int32_t>(sqlite3_value_int64(value));
    }
    flush();
    sqlite3_value_free(value);
    sqlite3_finalize(raw_read);
    sqlite3_finalize(raw_write);
    sqlite3_stmt* column = nullptr;
    sqlite3_prepare_v2(m_db, "INSERT INTO day_column VALUES(?,?)", -1, &column, nullptr);
    sqlite3_bind_int64(column, 1, segment);
    sqlite3_bind_blob(column, 2, days.data(), static_cast<int>(days.size() * 4), SQLITE_STATIC);
    sqlite3_step(column);
    sqlite3_finalize(column);
    Statement(m_db, "DELETE FROM fresh WHERE key/65536=?").with(segment).run();
    execute(m_db, "COMMIT");
  }
  int64_t m_merged = 0;
  std::unique_ptr<Statement> m_fresh, m_record, m_patient, m_one, m_identifier, m_code, m_days;
};

struct Answers {
  std::vector<std::vector<int64_t>> latest;
  std::vector<int64_t> identifiers, counts;
  bool operator==(const Answers&) const = default;
};

double median_ms(std::vector<double>& times) {
  std::sort(times.begin(), times.end());
  return times[times.size() / 2] * 1000;
}

Answers measure(Layout& layout, const char* name, int64_t resources, const std::filesystem::path& file,
                bool build_one) {
  Maker maker(resources);
  auto started = Steady::now();
  double making = 0;
  int64_t key = 0;
  while (key < resources) {
    auto making_started = Steady::now();
    std::vector<Made> group;
    for (int64_t at = key + 1; at <= std::min(resources, key + k_group); at++)
      group.push_back(maker.make(at));
    making += seconds_since(making_started);
    execute(layout.db(), "BEGIN");
    for (const Made& made : group)
      layout.add(++key, made);
    execute(layout.db(), "COMMIT");
    layout.group_done(key);
  }
  layout.load_done();
  double loading = seconds_since(started) - making;
  double first_use = 0;
  if (build_one) { // the first question about a parameter that was left: value-quantity, found again from all resources
    Maker again(resources);
    auto& rows = static_cast<Rows&>(layout);
    auto build_started = Steady::now();
    double remaking = 0;
    for (int64_t at = 0; at < resources;) {
      auto making_started = Steady::now();
      std::vector<Made> group;
      for (int64_t each = at + 1; each <= std::min(resources, at + 4 * k_group); each++)
        group.push_back(again.make(each));
      remaking += seconds_since(making_started);
      execute(layout.db(), "BEGIN");
      Statement read(layout.db(), "SELECT length(json) FROM record WHERE key=?");
      for (const Made& made : group) {
        read.with(++at).step();
        for (const Value& value : made.values)
          if (value.parameter == k_rare + 23) rows.index(at, value);
      }
      execute(layout.db(), "COMMIT");
    }
    first_use = seconds_since(build_started) - remaking;
  }
  layout.checkpoint();

  Answers answers;
  std::mt19937_64 random(7);
  std::vector<double> latest, identifier, count;
  auto timed = [](std::vector<double>& times, auto&& ask) {
    auto from = Steady::now();
    auto answer = ask();
    times.push_back(seconds_since(from));
    return answer;
  };
  auto code = [&] { return fmt::format("{}-4", 8000 + random() % k_codes); };
  auto patient = [&] { return 1 + static_cast<int64_t>(random() % static_cast<uint64_t>(maker.patients())); };
  for (int i = 0; i < 500; i++) {
    auto who = patient();
    auto what = code();
    answers.latest.push_back(timed(latest, [&] { return layout.latest(who, what); }));
    auto number = fmt::format("{:018d}", patient() * 7919);
    answers.identifiers.push_back(timed(identifier, [&] { return layout.by_identifier(number); }));
  }
  for (int i = 0; i < 30; i++) {
    auto what = code();
    int64_t first = 18000 + static_cast<int64_t>(random() % 1000);
    answers.counts.push_back(timed(count, [&] { return layout.count(what, first, first + 365); }));
  }
  fmt::print("| {:<6} | {:>8.0f} | {:>7.0f} | {:>10.3f} | {:>10.3f} | {:>8.2f} | {} |\n", name,
             static_cast<double>(resources) / loading, static_cast<double>(std::filesystem::file_size(file)) / 1e6,
             median_ms(latest), median_ms(identifier), median_ms(count),
             first_use > 0 ? fmt::format("{:.1f} s", first_use) : "-");
  std::fflush(stdout);
  return answers;
}

} // namespace

int bench_layouts(const std::vector<std::string>& arguments) {
  int64_t resources = arguments.empty() ? 1'000'000 : std::atoll(arguments[0].c_str());
  std::filesystem::path directory = arguments.size() > 1 ? arguments[1] : "/tmp";
  directory /= fmt::format("xinglin-layouts-{}", getpid());
  std::filesystem::create_directories(directory);
  fmt::print("{} resources, groups of {}, synchronous=FULL; times are medians\n", resources, k_group);
  fmt::print("| layout | load /s |   MB    | latest, ms | ident., ms | count,ms | first use of a rare parameter "
             "|\n|---|---|---|---|---|---|---|\n");
  std::fflush(stdout);
  std::map<std::string, Answers> answers;
  for (const std::string name : {"rows", "packed", "lazy"}) {
    auto file = directory / (name + ".db");
    std::unique_ptr<Layout> layout;
    if (name == "packed")
      layout = std::make_unique<Packed>(file);
    else
      layout = std::make_unique<Rows>(file, name == "rows");
    answers[name] = measure(*layout, name.c_str(), resources, file, name == "lazy");
    layout.reset();
    std::filesystem::remove(file);
  }
  std::filesystem::remove_all(directory);
  if (!(answers["rows"] == answers["packed"]) || !(answers["rows"] == answers["lazy"])) {
    fmt::print("the layouts do not agree\n");
    return 1;
  }
  fmt::print("all layouts gave the same answers\n");
  return 0;
}

} // namespace xinglin::store
