// What a catalog shows to FHIR clients: a Questionnaire for each form, a Measure for each indicator.
#include "server/program/program.h"

#include "lib/base/id.h"
#include "lib/fhir/json.h"
#include "server/program/definitions.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <map>

namespace xinglin::program {
namespace {

constexpr std::string_view k_installed_note = "program/installed"; ///< lines "Type/id digest"
constexpr std::string_view k_catalogs_note = "program/catalogs";   ///< lines "commit hash", in order

std::map<std::string, std::string> read_lines(const std::optional<std::string>& note) {
  std::map<std::string, std::string> lines;
  if (!note) return lines;
  for (const auto line : base::split(*note, '\n')) {
    const size_t space = line.find(' ');
    if (space != std::string_view::npos) lines.emplace(line.substr(0, space), line.substr(space + 1));
  }
  return lines;
}

/// "commit hash" lines, oldest first.
std::vector<std::pair<store::CommitNumber, std::string>> read_catalogs(const store::Store& store) {
  std::vector<std::pair<store::CommitNumber, std::string>> list;
  const auto note = store.get_note(k_catalogs_note);
  if (!note) return list;
  for (const auto line : base::split(*note, '\n')) {
    const size_t space = line.find(' ');
    store::CommitNumber commit = 0;
    if (space == std::string_view::npos) continue;
    std::from_chars(line.data(), line.data() + space, commit);
    list.emplace_back(commit, std::string(line.substr(space + 1)));
  }
  return list;
}

} // namespace

void install_definitions(store::Store& store, const package::Catalog& catalog) {
  auto installed = read_lines(store.get_note(k_installed_note));
  const auto catalogs = read_catalogs(store);
  const bool is_known = !catalogs.empty() && catalogs.back().second == catalog.hash;
  std::vector<store::Write> writes;
  for (auto& definition : definitions(catalog)) {
    const std::string name = definition.type + "/" + definition.id;
    const std::string digest = base::sha256_hex(definition.json).substr(0, 16);
    auto& before = installed[name];
    if (before == digest) continue;
    before = digest;
    store::Write write;
    write.kind = store::Write::Kind::update;
    write.type = std::move(definition.type);
    write.id = std::move(definition.id);
    write.json = std::move(definition.json);
    writes.push_back(std::move(write));
  }
  if (!writes.empty()) {
    store.write(std::move(writes));
    std::string note;
    for (const auto& [name, digest] : installed)
      note += fmt::format("{} {}\n", name, digest);
    store.set_note(k_installed_note, note);
  }
  if (!is_known) {
    std::string note = store.get_note(k_catalogs_note).value_or("");
    store.set_note(k_catalogs_note, note + fmt::format("{} {}\n", store.last_commit(), catalog.hash));
  }
}

std::string catalog_as_of(const store::Store& store, store::CommitNumber commit) {
  const auto catalogs = read_catalogs(store);
  std::string hash = catalogs.empty() ? std::string() : catalogs.front().second;
  for (const auto& [from, name] : catalogs)
    if (from <= commit) hash = name;
  return hash;
}

} // namespace xinglin::program
