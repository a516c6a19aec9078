#include "lib/viewdef/conformance.h"

#include "lib/base/decimal.h"
#include "lib/base/issue.h"
#include "lib/fhir/json.h"
#include "lib/viewdef/view.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace xinglin::viewdef {
namespace {

struct Row {
  std::vector<std::optional<std::string>> cells;
};

bool same_list(fhir::Node expected, const std::string& actual) {
  const auto list = fhir::Document::parse(actual);
  if (!list.root().is_array() || list.root().size() != expected.size()) return false;
  for (size_t i = 0; i < expected.size(); ++i)
    if (expected.at(i).text() != list.root().at(i).text() || expected.at(i).kind() != list.root().at(i).kind())
      return false;
  return true;
}

bool same_value(fhir::Node expected, const std::optional<std::string>& actual, const Column& column) {
  if (!expected || expected.kind() == fhir::Kind::null) return !actual;
  if (!actual) return false;
  if (expected.is_array()) return same_list(expected, *actual);
  using Type = ColumnType;
  switch (expected.kind()) { // the type counts, not only the text
  case fhir::Kind::boolean: return column.type == Type::boolean && expected.text() == *actual;
  case fhir::Kind::number: {
    if (column.type != Type::integer && column.type != Type::decimal) return false;
    const auto a = base::Decimal::parse(expected.text());
    const auto b = base::Decimal::parse(*actual);
    return a && b && *a == *b;
  }
  default:
    return (column.type == Type::text || column.type == Type::date || column.type == Type::timestamp) &&
           expected.text() == *actual;
  }
}

bool same_row(fhir::Node expected, const Row& row, const std::vector<Column>& columns) {
  if (expected.size() > columns.size()) return false;
  for (size_t i = 0; i < columns.size(); ++i)
    if (!same_value(expected[columns[i].name], row.cells[i], columns[i])) return false;
  return true;
}

std::string shown(const std::vector<Row>& rows) {
  std::string out;
  for (const Row& row : rows) {
    out += " [";
    for (const auto& cell : row.cells)
      out += cell.value_or("null") + ", ";
    out += "]";
  }
  return out;
}

std::string names_differ(fhir::Node names, const std::vector<Column>& columns) {
  std::string wanted;
  std::string got;
  for (const fhir::Node name : names)
    wanted += std::string(name.text()) + " ";
  for (const auto& column : columns)
    got += column.name + " ";
  return wanted == got ? std::string() : "columns " + got + "instead of " + wanted;
}

std::string difference(fhir::Node test, fhir::Node resources) {
  const bool wants_error = test["expectError"].boolean();
  std::vector<Row> rows;
  std::vector<Column> columns;
  try {
    const auto view = View::compile(test["view"].raw());
    columns.assign(view.columns().begin(), view.columns().end());
    for (const fhir::Node resource : resources)
      view.run(resource, [&](std::span<const Cell> cells) {
        auto& row = rows.emplace_back();
        for (const auto& cell : cells)
          row.cells.push_back(cell ? std::optional<std::string>(*cell) : std::nullopt);
      });
  } catch (const base::Refused& refused) {
    return wants_error ? std::string() : "error: " + std::string(refused.what());
  }
  if (wants_error) return "no error";
  if (const fhir::Node names = test["expectColumns"])
    if (std::string wrong = names_differ(names, columns); !wrong.empty()) return wrong;
  if (const fhir::Node count = test["expectCount"]; count && count.text() != std::to_string(rows.size()))
    return std::to_string(rows.size()) + " rows";
  const fhir::Node expected = test["expect"];
  if (!expected) return {};
  const size_t total = rows.size();
  for (const fhir::Node wanted : expected) { // in any order
    const auto at =
        std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return same_row(wanted, row, columns); });
    if (at == rows.end()) return "no row " + std::string(wanted.raw()) + " among" + shown(rows);
    rows.erase(at);
  }
  if (!rows.empty()) return std::to_string(total) + " rows instead of " + std::to_string(expected.size());
  return {};
}

SuiteFile run_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  const auto document = fhir::Document::parse(std::move(bytes).str());
  const fhir::Node tests = document.root()["tests"];
  if (!tests.is_array() || tests.size() == 0)
    throw base::Refused(base::Refusal::malformed, "structure", path.string() + " is no test file: it has no \"tests\"");
  SuiteFile out;
  out.name = path.filename().string();
  for (const fhir::Node test : tests)
    out.cases.push_back({std::string(test["title"].text()), difference(test, document.root()["resources"])});
  return out;
}

} // namespace

std::vector<SuiteFile> run_suite(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> paths;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failed))
    if (entry.path().extension() == ".json") paths.push_back(entry.path());
  if (failed || paths.empty())
    throw base::Refused(base::Refusal::not_found, "not-found",
                        "There are no test files (*.json) in " + directory.string() + ".");
  std::sort(paths.begin(), paths.end());
  std::vector<SuiteFile> out;
  out.reserve(paths.size());
  for (const auto& path : paths)
    out.push_back(run_file(path));
  return out;
}

std::string suite_report(const std::vector<SuiteFile>& files) {
  fhir::JsonWriter json;
  json.begin_object();
  for (const auto& file : files) {
    json.key(file.name).begin_object().key("tests").begin_array();
    for (const auto& one : file.cases) {
      json.begin_object().member("name", one.name).key("result").begin_object();
      json.key("passed").boolean(one.error.empty());
      if (!one.error.empty()) json.member("error", one.error);
      json.end_object().end_object();
    }
    json.end_array().end_object();
  }
  return json.end_object().take();
}

} // namespace xinglin::viewdef
