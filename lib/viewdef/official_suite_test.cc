// The official SQL on FHIR v2 suite, unmodified. Cases that do not pass stand in official_suite_known.txt with a reason
// each; a listed case that passes, and an unlisted one that does not, fails.

#include "lib/base/issue.h"
#include "lib/viewdef/view.h"
#include "tests/support/data.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

namespace {

using namespace xinglin;

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::map<std::string, std::string> known_failures(const std::filesystem::path& path) {
  std::map<std::string, std::string> out;
  std::istringstream in(read(path));
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t bar = line.find(" | ");
    REQUIRE_MESSAGE(bar != std::string::npos, "a known failure without its reason: " << line);
    out[line.substr(0, bar)] = line.substr(bar + 3);
  }
  return out;
}

bool same_value(fhir::Node expected, const viewdef::Cell& actual, const viewdef::Column& column) {
  if (!expected || expected.kind() == fhir::Kind::null) return !actual;
  if (!actual) return false;
  if (expected.is_array()) {
    const auto list = fhir::Document::parse(*actual);
    if (!list.root().is_array() || list.root().size() != expected.size()) return false;
    for (size_t i = 0; i < expected.size(); ++i)
      if (expected.at(i).text() != list.root().at(i).text() || expected.at(i).kind() != list.root().at(i).kind())
        return false;
    return true;
  }
  using Type = viewdef::ColumnType;
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

/// Empty when the case passes; else what is wrong.
std::string difference(fhir::Node test, fhir::Node resources) {
  const bool wants_error = test["expectError"].boolean();
  std::vector<std::vector<viewdef::Cell>> rows;
  std::vector<viewdef::Column> columns;
  try {
    const auto view = viewdef::View::compile(test["view"].raw());
    columns.assign(view.columns().begin(), view.columns().end());
    for (const fhir::Node resource : resources)
      view.run(resource, [&](std::span<const viewdef::Cell> cells) { rows.emplace_back(cells.begin(), cells.end()); });
  } catch (const base::Refused& refused) {
    return wants_error ? std::string() : "error: " + std::string(refused.what());
  }
  if (wants_error) return "no error";
  if (const fhir::Node names = test["expectColumns"]) {
    std::string wanted;
    std::string got;
    for (const fhir::Node name : names)
      wanted += std::string(name.text()) + " ";
    for (const auto& column : columns)
      got += column.name + " ";
    if (wanted != got) return "columns " + got + "instead of " + wanted;
  }
  if (const fhir::Node count = test["expectCount"]; count && count.text() != std::to_string(rows.size()))
    return std::to_string(rows.size()) + " rows";
  const fhir::Node expected = test["expect"];
  if (!expected) return {};
  const size_t total = rows.size();
  for (const fhir::Node wanted : expected) { // in any order
    const auto at = std::find_if(rows.begin(), rows.end(), [&](const std::vector<viewdef::Cell>& row) {
      if (wanted.size() > columns.size()) return false;
      for (size_t i = 0; i < columns.size(); ++i)
        if (!same_value(wanted[columns[i].name], row[i], columns[i])) return false;
      return true;
    });
    if (at == rows.end()) {
      std::string shown = "no row " + std::string(wanted.raw()) + " among";
      for (const auto& row : rows) {
        shown += " [";
        for (const auto& cell : row)
          shown += cell.value_or("null") + ", ";
        shown += "]";
      }
      return shown;
    }
    rows.erase(at);
  }
  if (!rows.empty()) return std::to_string(total) + " rows instead of " + std::to_string(expected.size());
  return {};
}

} // namespace

TEST_CASE("the official SQL on FHIR suite") {
  const auto folder = test::data_folder("sql-on-fhir", "the official SQL on FHIR suite");
  if (!folder) return;
  const auto known = known_failures("lib/viewdef/official_suite_known.txt");
  std::map<std::string, bool> seen;
  size_t passed = 0;
  size_t total = 0;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(*folder / "tests"))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    const auto document = fhir::Document::parse(read(file));
    for (const fhir::Node test : document.root()["tests"]) {
      ++total;
      const std::string name = file.stem().string() + ": " + std::string(test["title"].text());
      seen[name] = true;
      const std::string wrong = difference(test, document.root()["resources"]);
      if (wrong.empty()) ++passed;
      if (!known.contains(name)) {
        CHECK_MESSAGE(wrong.empty(), name << ": " << wrong);
      } else {
        CHECK_MESSAGE(!wrong.empty(), name << " passes now: take it off the list");
      }
    }
  }
  for (const auto& [name, reason] : known)
    CHECK_MESSAGE(seen.contains(name), name << " is no case of the suite");
  CHECK(total > 0);
  MESSAGE("official SQL on FHIR suite: " << passed << " of " << total << " pass");
}
