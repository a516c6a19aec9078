#include "server/intake/row_file.h"

#include "lib/base/issue.h"
#include "lib/sql/duck.h"
#include "server/intake/files.h"
#include "tests/support/data.h"

#include <doctest/doctest.h>

#include <filesystem>

namespace {

using namespace xinglin;
using intake::RowFile;
using intake::RowFormat;
using viewdef::Cell;
using viewdef::Column;
using viewdef::ColumnType;

const std::vector<Column> k_columns = {{"id", ColumnType::text, false, "id", ""},
                                       {"n", ColumnType::integer, false, "integer", ""},
                                       {"price", ColumnType::decimal, false, "decimal", "DECIMAL(10,2)"},
                                       {"raw", ColumnType::decimal, false, "decimal", ""},
                                       {"yes", ColumnType::boolean, false, "boolean", ""},
                                       {"at", ColumnType::timestamp, false, "instant", ""},
                                       {"day", ColumnType::date, false, "date", "DATE"},
                                       {"names", ColumnType::text, true, "string", ""},
                                       {"bytes", ColumnType::text, false, "base64Binary", ""},
                                       {"who", ColumnType::structure, false, "Reference", ""}};
const std::vector<Cell> k_row = {"a,\"b\"\nc", "7",
                                 "12.50",      "1.500",
                                 "true",       "2023-05-01T08:30:00+08:00",
                                 "2023-05-01", R"(["x","y"])",
                                 "aGk=",       R"({"reference":"Patient/p"})"};
const std::vector<Cell> k_nulls(k_columns.size());

void write(const std::string& path, RowFormat format, std::vector<std::vector<Cell>> rows, bool header = true) {
  const auto file = RowFile::open(path, format, k_columns, header);
  for (const auto& row : rows)
    file->row(row);
  file->finish();
}

std::vector<std::string> left_in(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

} // namespace

TEST_CASE("rows as CSV, NDJSON and JSON") {
  const test::TemporaryDirectory directory;
  const std::string csv = directory.path() / "a.csv";
  write(csv, RowFormat::csv, {k_row, k_nulls});
  CHECK(intake::read_file(csv) == "id,n,price,raw,yes,at,day,names,bytes,who\n"
                                  "\"a,\"\"b\"\"\nc\",7,12.50,1.500,true,2023-05-01T08:30:00+08:00,2023-05-01,"
                                  "\"[\"\"x\"\",\"\"y\"\"]\",aGk=,\"{\"\"reference\"\":\"\"Patient/p\"\"}\"\n"
                                  ",,,,,,,,,\n");
  write(csv, RowFormat::csv, {}, false);
  CHECK(intake::read_file(csv).empty());
  std::string empty_text;
  intake::append_csv_row(empty_text, std::vector<Cell>{"", {}});
  CHECK(empty_text == "\"\",");

  const std::string json_row =
      R"({"id":"a,\"b\"\nc","n":7,"price":12.50,"raw":1.500,"yes":true,"at":"2023-05-01T08:30:00+08:00",)"
      R"("day":"2023-05-01","names":["x","y"],"bytes":"aGk=","who":{"reference":"Patient/p"}})";
  const std::string nulls = R"({"id":null,"n":null,"price":null,"raw":null,"yes":null,"at":null,"day":null,)"
                            R"("names":null,"bytes":null,"who":null})";
  const std::string lines = directory.path() / "a.ndjson.gz";
  write(lines, RowFormat::ndjson, {k_row, k_nulls});
  CHECK(intake::read_file(lines) == json_row + "\n" + nulls + "\n");
  const std::string list = directory.path() / "a.json";
  write(list, RowFormat::json, {k_row, k_nulls});
  CHECK(intake::read_file(list) == "[" + json_row + "\n," + nulls + "\n]\n");
  write(list, RowFormat::json, {});
  CHECK(intake::read_file(list) == "[]\n");
}

TEST_CASE("Parquet has the types of the specification, or those the tags ask for") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.path() / "a.parquet";
  write(path, RowFormat::parquet, {k_row, k_nulls});
  CHECK(left_in(directory.path()) == std::vector<std::string>{"a.parquet"});
  sql::DuckOptions options;
  options.files = true;
  sql::DuckConnection connection(sql::DuckInstance::open(options));
  std::string asked;
  for (const Column& column : k_columns)
    asked += (asked.empty() ? "" : "||' '||") + ("typeof(" + sql::quote_identifier(column.name) + ")");
  auto types = connection.run("SELECT " + asked + " FROM " + sql::quote_literal(path));
  REQUIRE(types.next());
  CHECK(types.text(0) ==
        "VARCHAR INTEGER DECIMAL(10,2) VARCHAR BOOLEAN TIMESTAMP WITH TIME ZONE DATE VARCHAR[] BLOB VARCHAR");
  auto row =
      connection.run("SELECT id, n, price, raw, yes, epoch(\"at\")::BIGINT, day, names[2], bytes::VARCHAR, who FROM " +
                     sql::quote_literal(path) + " WHERE id IS NOT NULL");
  const char* const wanted[] = {"a,\"b\"\nc", "7",          "12.50", "1.500", "true",
                                "1682901000", "2023-05-01", "y",     "hi",    R"({"reference":"Patient/p"})"};
  REQUIRE(row.next());
  for (size_t i = 0; i < std::size(wanted); ++i)
    CHECK(row.text(i) == wanted[i]);
  auto nulls =
      connection.run("SELECT count(*), count(id), count(names), count(\"at\") FROM " + sql::quote_literal(path));
  REQUIRE(nulls.next());
  CHECK(nulls.text(0) + nulls.text(1) + nulls.text(2) + nulls.text(3) == "2111");
}

TEST_CASE("a value that does not fit its SQL type is refused and leaves nothing") {
  const test::TemporaryDirectory directory;
  auto row = k_row;
  row[6] = "2023-05"; // a day is asked for
  CHECK_THROWS_AS(write(directory.path() / "a.parquet", RowFormat::parquet, {row}), base::Refused);
  CHECK(left_in(directory.path()).empty());
  {
    const auto unfinished = RowFile::open(directory.path() / "b.csv", RowFormat::csv, k_columns);
    unfinished->row(k_row);
    const auto other = RowFile::open(directory.path() / "b.parquet", RowFormat::parquet, k_columns);
    other->row(k_row);
  }
  CHECK(left_in(directory.path()).empty());
  CHECK_THROWS_AS(RowFile::open(directory.path() / "none" / "a.csv", RowFormat::csv, k_columns), base::Refused);
  CHECK_THROWS_AS(RowFile::open(directory.path() / "none" / "a.parquet", RowFormat::parquet, k_columns), base::Refused);
}

TEST_CASE("the form of a file is told by its ending") {
  CHECK(intake::row_format_of_path("x/a.csv") == RowFormat::csv);
  CHECK(intake::row_format_of_path("a.ndjson.gz") == RowFormat::ndjson);
  CHECK(intake::row_format_of_path("a.json") == RowFormat::json);
  CHECK(intake::row_format_of_path("a.parquet") == RowFormat::parquet);
  for (const char* wrong : {"a.txt", "csv", ".", "a.parquet.gz", "a.gz", "acsv"})
    CHECK_THROWS_AS(intake::row_format_of_path(wrong), base::Refused);
}
