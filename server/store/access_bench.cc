// store_bench store [TRANSACTIONS=4000] [DIRECTORY=/tmp]: the store through its own interface. Writes by the number of
// clients, then reads, searches and the feed over what was written; the answers are checked. One JSON object on the
// last line.

#include "server/store/bench.h"
#include "server/store/store.h"

#include "lib/base/id.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace xinglin::store {
namespace {

using Steady = std::chrono::steady_clock;
double seconds_since(Steady::time_point from) {
  return std::chrono::duration<double>(Steady::now() - from).count();
}

void expect(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(std::string("wrong answer: ") + what);
}

constexpr int k_per_transaction = 8;

/// One patient's visit: a patient, an encounter, six observations of about 0.9 KB.
std::vector<Write> visit(int number) {
  std::string patient = fmt::format("p{}", number), encounter = fmt::format("e{}", number);
  std::vector<Write> writes;
  auto add = [&](const char* type, std::string id, std::string members) {
    Write write;
    write.type = type;
    write.id = std::move(id);
    write.json = fmt::format(R"({{"resourceType":"{}",{}}})", type, members);
    writes.push_back(std::move(write));
  };
  add("Patient", patient,
      fmt::format(
          R"("identifier":[{{"system":"urn:oid:2.16.156.10011.1.3","value":"{:018}"}}],"name":[{{"text":"王{}","family":"王"}}],"gender":"{}","birthDate":"19{:02}-0{}-1{}")",
          number, number, number % 2 ? "male" : "female", number % 100, 1 + number % 9, number % 10));
  add("Encounter", encounter,
      fmt::format(
          R"("status":"finished","class":{{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"}},"subject":{{"reference":"Patient/{}"}},"period":{{"start":"2023-{:02}-{:02}","end":"2023-{:02}-{:02}"}})",
          patient, 1 + number % 12, 1 + number % 28, 1 + number % 12, 1 + number % 28));
  for (int i = 0; i + 2 < k_per_transaction; i++)
    add("Observation", fmt::format("o{}-{}", number, i),
        fmt::format(
            R"("status":"final","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}}]}}],"code":{{"coding":[{{"system":"http://loinc.org","code":"{}-4","display":"Reading"}}]}},"subject":{{"reference":"Patient/{}"}},"encounter":{{"reference":"Encounter/{}"}},"effectiveDateTime":"2023-{:02}-{:02}T08:30:00+08:00","valueQuantity":{{"value":{}.{:02},"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}},"note":[{{"text":"{}"}}])",
            8480 + i, patient, encounter, 1 + number % 12, 1 + (number + i) % 28, 90 + number % 60, number % 100,
            std::string(400, 'x')));
  return writes;
}

/// Processor time of the whole program so far: the figure that does not move when others use the machine.
double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

template <typename Work> double rate(int64_t count, int threads, Work work) {
  auto from = Steady::now();
  std::vector<std::thread> all;
  for (int i = 0; i < threads; i++)
    all.emplace_back([&, i] { work(i); });
  for (auto& each : all)
    each.join();
  return static_cast<double>(count) / seconds_since(from);
}

} // namespace

int bench_store(const std::vector<std::string>& arguments) {
  int transactions = arguments.empty() ? 4000 : std::atoi(arguments[0].c_str());
  std::filesystem::path directory = arguments.size() > 1 ? arguments[1] : "/tmp";
  directory /= fmt::format("xinglin-store-bench-{}", getpid());
  std::string json = "{";
  auto say = [&](const std::string& name, double value, const char* unit) {
    fmt::print("{:<44}{:>12.1f} {}\n", name, value, unit);
    std::fflush(stdout);
    std::string key = name;
    for (char& c : key)
      if (c == ' ' || c == ',') c = '_';
    json += fmt::format("{}\"{}\":{:.3f}", json.size() > 1 ? "," : "", key, value);
  };
  {
    Options options;
    options.directory = directory;
    auto store = Store::open(options);
    int number = 0;
    for (int clients : {1, 4, 16}) {
      int share = transactions / 3 / clients * clients;
      std::atomic<int> next = number;
      double cpu = cpu_seconds();
      double per_second = rate(int64_t{share} * k_per_transaction, clients, [&](int) {
        for (int mine; (mine = next++) < number + share;)
          store->write(visit(mine));
      });
      number += share;
      double used = cpu_seconds() - cpu;
      say(fmt::format("write, {} clients, bundles of {}", clients, k_per_transaction), per_second, "resources/s");
      say(fmt::format("  processor time, {} clients", clients), used * 1e6 / share / k_per_transaction,
          "us a resource");
    }
    std::vector<Write> many;
    int in_one = std::min(500, transactions / 4);
    for (int i = 0; i < in_one; i++)
      for (Write& write : visit(number + i))
        many.push_back(std::move(write));
    number += in_one;
    auto count = static_cast<int64_t>(many.size());
    say(fmt::format("write, 1 client, one bundle of {}", count),
        rate(count, 1, [&](int) { store->write(std::move(many)); }), "resources/s");
    int64_t resources = int64_t{number} * k_per_transaction;
    expect(store->snapshot()->count("") == resources, "count of all");

    std::mt19937 random(1);
    auto some = [&] { return static_cast<int>(random() % static_cast<unsigned>(number)); };
    constexpr int k_asks = 5000;
    auto timed = [&](const char* name, int asks, auto&& ask) {
      say(name,
          rate(asks, 1,
               [&](int) {
                 for (int i = 0; i < asks; i++)
                   ask();
               }),
          "/s");
    };
    timed("read", k_asks,
          [&] { expect(store->snapshot()->read("Observation", fmt::format("o{}-3", some())).has_value(), "read"); });
    timed("search identifier", k_asks, [&] {
      auto found =
          store->snapshot()->search("Patient", fmt::format("identifier=urn:oid:2.16.156.10011.1.3|{:018}", some()));
      expect(found.matches.size() == 1, "identifier");
    });
    timed("search patient, code, newest first", k_asks, [&] {
      auto found = store->snapshot()->search("Observation",
                                             fmt::format("patient=p{}&code=8482-4&_sort=-date&_count=50", some()));
      expect(found.matches.size() == 1, "patient and code");
    });
    timed("search code and month, count", 100, [&] {
      auto found = store->snapshot()->search("Observation", "code=http://loinc.org|8481-4&date=2023-05&_summary=count");
      expect(*found.total > 0, "code and month");
    });
    timed("search newest of all", 1000, [&] {
      expect(store->snapshot()->search("Observation", "status=final&_sort=-date&_count=20").matches.size() == 20,
             "newest");
    });
    auto from = Steady::now();
    auto built = store->snapshot()->search("Observation", "value-quantity=gt140&_summary=count");
    say("first use of value-quantity", static_cast<double>(resources) * 6 / 8 / seconds_since(from), "resources/s");
    expect(*built.total > 0, "value-quantity");
    from = Steady::now();
    int64_t seen = 0;
    for (CommitNumber after = 0;;) {
      auto versions = store->changes(after, 4096);
      if (versions.empty()) break;
      seen += static_cast<int64_t>(versions.size());
      after = versions.back().commit;
    }
    say("feed", static_cast<double>(seen) / seconds_since(from), "versions/s");
    expect(seen == resources, "feed");
    from = Steady::now();
    seen = 0;
    store->snapshot()->scan("", [&](const Version&) { return ++seen > 0; });
    say("scan", static_cast<double>(seen) / seconds_since(from), "resources/s");
    expect(seen == resources, "scan");
    store.reset();
    say("bytes a resource",
        static_cast<double>(std::filesystem::file_size(directory / "records.db")) / static_cast<double>(resources),
        "bytes");
  }
  std::filesystem::remove_all(directory);
  fmt::print("{}}}\n", json);
  return 0;
}

} // namespace xinglin::store
