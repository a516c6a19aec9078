// flatten_bench [SUBMISSIONS] [JSON FILE]: resources/s of the views alone, of a first build into a file, and of small
// batches of changes on top of it. The rows must be those that were put in.

#include "lib/sql/duck.h"
#include "server/flatten/flattener.h"
#include "server/flatten/test_records.h"
#include "server/flatten/warehouse.h"
#include "tests/support/data.h"

#include <chrono>
#include <cstdio>
#include <fstream>

using namespace xinglin;

namespace {

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int64_t count_rows(const flatten::Warehouse& warehouse, store::CommitNumber as_of) {
  auto connection = warehouse.reader();
  auto result = connection->run("select count(*) from (" + warehouse.table_as_of("visit", as_of) + ")");
  result.next();
  return result.integer(0);
}

} // namespace

int main(int count, char** arguments) {
  const int submissions = count > 1 ? std::atoi(arguments[1]) : 100'000;
  constexpr int k_commit_size = 50;
  test::Commits commits;
  commits.begin().put(test::organization("h1"));
  const auto visit = [&](int i, int cost) {
    const std::string day = (*base::Date::parse("2022-01-01") + i % 730).to_string();
    return test::response("visit", "v" + std::to_string(i), "Patient/p" + std::to_string(i % 5000), "h1",
                          {test::date_answer("visited_on", day),
                           test::decimal_answer("cost", std::to_string(cost) + ".50"),
                           test::integer_answer("grade", i % 5), test::boolean_answer("cured", i % 2 == 0),
                           test::text_answer("doctor", "张医生" + std::to_string(i % 20))});
  };
  for (int i = 0; i < submissions; ++i) {
    if (i % k_commit_size == 0) commits.begin();
    commits.put(visit(i, i % 300));
  }
  const store::CommitNumber built = commits.commit();
  constexpr int k_changes = 20, k_changed_in_each = 500;
  for (int c = 0; c < k_changes; ++c) {
    commits.begin();
    for (int i = 0; i < k_changed_in_each; ++i)
      commits.put(visit((c * k_changed_in_each + i * 7) % submissions, 999));
  }

  const auto catalog = std::make_shared<const package::Catalog>(test::county_catalog());
  const auto tables = package::tables(*catalog);
  const flatten::Flattener flattener(tables, flatten::form_tables(*catalog, tables), {});
  const auto batch = commits.batch(0, built);
  const std::vector<store::CommitNumber> ends(batch.versions.size(), 0);
  size_t rows = 0;
  const double view_seconds = seconds_of([&] {
    for (const auto& piece : flattener.run_parallel(batch.versions, ends))
      for (const auto& table : piece.tables)
        rows += table.rows.size();
  });

  test::TemporaryDirectory directory;
  flatten::Warehouse warehouse(directory.path().string(), catalog);
  std::vector<feed::Batch> batches;
  for (store::CommitNumber t = 0; t < built; t += 160)
    batches.push_back(commits.batch(t, std::min<store::CommitNumber>(t + 160, built)));
  const double build_seconds = seconds_of([&] {
    for (const auto& each : batches)
      warehouse.apply(each);
    warehouse.finish_build();
  });
  bool right = rows == static_cast<size_t>(submissions) + 1 && count_rows(warehouse, built) == submissions;
  std::vector<feed::Batch> changes;
  for (int c = 0; c < k_changes; ++c)
    changes.push_back(commits.batch(built + c, built + c + 1));
  const double change_seconds = seconds_of([&] {
    for (const auto& each : changes)
      warehouse.apply(each);
  });
  right =
      right && count_rows(warehouse, built) == submissions && count_rows(warehouse, commits.commit()) == submissions;

  const std::string json =
      "{\"flatten_views_per_s\":" + std::to_string(static_cast<int64_t>(submissions / view_seconds)) +
      ",\"flatten_build_per_s\":" + std::to_string(static_cast<int64_t>(submissions / build_seconds)) +
      ",\"flatten_changes_per_s\":" +
      std::to_string(static_cast<int64_t>(k_changes * k_changed_in_each / change_seconds)) +
      ",\"answers_right\":" + (right ? "true" : "false") + "}";
  std::printf("%d submissions, 5 tables, %d-fold batches of %d changes\n%s\n", submissions, k_changes,
              k_changed_in_each, json.c_str());
  if (count > 2) std::ofstream(arguments[2]) << json << '\n';
  return right ? 0 : 1;
}
