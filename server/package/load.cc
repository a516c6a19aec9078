// From folders to a catalog:
//   1. read the files of every folder (bounded), each into its part; a folder with an error is left out whole;
//   2. refuse ids that two programs declare, needs that nobody meets, circles;
//   3. hash: program over its files, indicator over all that decides its value, catalog over the programs.
// Kept versions (data directory) are read back through the same steps.
#include "server/package/check.h"
#include "server/package/derived.h"
#include "server/package/names.h"
#include "server/package/reader.h"

#include "lib/base/id.h"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <unistd.h>

namespace xinglin::package {
namespace {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>; ///< path within the folder → bytes

/// One program's own declarations, before they meet the others.
struct Part {
  Catalog catalog; ///< of this program alone
  base::Issues issues;
  bool broken() const { return issues.has_errors(); }
};

struct Folder {
  std::string_view name, extension, second_extension;
};
constexpr Folder k_folders[] = {{"registers", ".yml", {}}, {"forms", ".yml", {}},          {"facts", ".sql", {}},
                                {"views", ".json", {}},    {"indicators", ".yml", ".sql"}, {"documents", ".md", {}},
                                {"plans", ".md", {}},      {"tests", ".yml", {}}};
/// Words whose place is known and that this version does not run yet.
constexpr std::string_view k_later[] = {"cases", "schedules", "bookings", "ledgers",
                                        "draws", "watches",   "scores",   "exchanges"};

std::string stem(const std::string& path) {
  return fs::path(path).stem().string();
}

void add_issue(base::Issues& issues, const Place& place, std::string text, std::string code = "invalid",
               base::Severity severity = base::Severity::error) {
  base::Issue issue;
  issue.severity = severity;
  issue.code = std::move(code);
  issue.text = std::move(text);
  issue.file = place.file;
  issue.line = place.line;
  issues.add(std::move(issue));
}

std::string read_bytes(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << stream.rdbuf();
  std::string text = bytes.str();
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3); // a byte order mark of Windows editors
  return text;
}

/// What lies in a program's folder, by path; folders that do not belong are not entered. Names with a dot are passed
/// over.
std::map<std::string, fs::directory_entry> list_folder(const fs::path& folder) {
  std::map<std::string, fs::directory_entry> entries;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(".")) continue;
    entries.emplace(name, entry);
    const bool known =
        std::any_of(std::begin(k_folders), std::end(k_folders), [&](const Folder& one) { return one.name == name; });
    if (!known || !entry.is_directory()) continue;
    for (const auto& inner : fs::directory_iterator(entry.path())) {
      const std::string file = inner.path().filename().string();
      if (!file.starts_with(".")) entries.emplace(name + "/" + file, inner);
    }
  }
  return entries;
}

void refuse_folder(const std::string& path, const Place& place, base::Issues& issues) {
  if (std::find(std::begin(k_later), std::end(k_later), path) != std::end(k_later))
    return add_issue(issues, place,
                     fmt::format("'{}' is a word this version does not run yet; take the folder out", path),
                     "not-supported");
  std::vector<std::string> known;
  for (const auto& one : k_folders)
    known.emplace_back(one.name);
  const std::string near = base::suggest(path, known);
  add_issue(issues, place,
            near.empty() ? fmt::format("unknown folder '{}'; see docs/authoring.md for what belongs in a program", path)
                         : fmt::format("unknown folder '{}'; did you mean '{}'?", path, near));
}

/// All files of a program's folder, with what does not belong there refused.
Files read_files(const fs::path& folder, const std::string& id, base::Issues& issues) {
  Files files;
  for (const auto& [path, entry] : list_folder(folder)) {
    const Place place{id + "/" + path, 0};
    if (entry.is_directory()) {
      const bool known =
          std::any_of(std::begin(k_folders), std::end(k_folders), [&](const Folder& one) { return one.name == path; });
      if (!known) refuse_folder(path, place, issues);
    } else if (!entry.is_regular_file()) {
      add_issue(issues, place, "not a plain file; a program is plain files only");
    } else if (entry.file_size() > k_file_bytes_max) {
      add_issue(
          issues, place,
          fmt::format("the file has {} bytes, over the limit of {}; split it", entry.file_size(), k_file_bytes_max),
          "too-long");
    } else if (files.size() >= k_program_files_max) {
      add_issue(issues, {id, 0}, fmt::format("more than {} files in a program; split it", k_program_files_max),
                "too-long");
      break;
    } else {
      files[path] = read_bytes(entry.path());
    }
  }
  return files;
}

void read_part_file(Part& part, const std::string& program, const std::string& path, const std::string& bytes,
                    const Files& files) {
  const std::string file = program + "/" + path;
  const Place place{file, 1};
  const size_t slash = path.find('/');
  if (slash == std::string::npos) {
    if (path != "program.yml" && path != "README.md")
      add_issue(part.issues, {file, 0},
                "this file does not belong here; see docs/authoring.md for what a program holds");
    return;
  }
  const std::string folder = path.substr(0, slash);
  const std::string id = stem(path);
  const std::string extension = fs::path(path).extension().string();
  const auto* known = std::find_if(std::begin(k_folders), std::end(k_folders),
                                   [&](const Folder& candidate) { return candidate.name == folder; });
  if (known == std::end(k_folders) || (extension != known->extension && extension != known->second_extension)) {
    add_issue(part.issues, {file, 0},
              fmt::format("this file does not belong in {}/, which holds *{}{}{}", folder,
                          known == std::end(k_folders) ? "" : known->extension,
                          known == std::end(k_folders) || known->second_extension.empty() ? "" : " and *",
                          known == std::end(k_folders) ? "" : known->second_extension));
    return;
  }
  Reader reader(file, part.issues);
  Yaml at;
  at.line = 1;
  if (!base::is_valid_utf8(bytes)) return reader.error(0, 0, "the file is not UTF-8; save it as UTF-8", "structure");
  const auto yaml = extension == ".yml" ? parse_yaml(bytes, file, part.issues) : std::nullopt;
  if (extension == ".yml" && !yaml) return;

  if (folder == "registers") {
    if (auto one = read_register(reader, *yaml, id)) {
      one->program = program;
      part.catalog.registers.emplace(id, std::move(*one));
    }
  } else if (folder == "forms") {
    if (auto one = read_form(reader, *yaml, id)) {
      one->program = program;
      part.catalog.forms.emplace(id, std::move(*one));
    }
  } else if (folder == "facts") {
    reader.id(at, id);
    within_length(reader, at, bytes);
    part.catalog.facts.emplace(id, Fact{id, program, bytes, place});
  } else if (folder == "views") {
    reader.id(at, id);
    part.catalog.views.emplace(id, ViewFile{id, program, bytes, place});
  } else if (folder == "documents") {
    reader.id(at, id);
    part.catalog.documents.emplace(id, DocumentTemplate{id, program, bytes, place});
  } else if (folder == "plans") {
    reader.id(at, id);
    part.catalog.plans.emplace(id, PlanFile{id, program, bytes, place});
  } else if (folder == "tests") {
    part.catalog.tests.push_back(TestFile{program, bytes, place});
  } else if (extension == ".yml") {
    auto one = read_indicator(reader, *yaml, id);
    if (!one) return;
    one->program = program;
    const auto sql = files.find("indicators/" + id + ".sql");
    if (sql != files.end()) one->sql = sql->second;
    if (one->kind == IndicatorKind::derived && sql != files.end())
      reader.error(1, 0, fmt::format("a derived indicator has no query; delete {}.sql or choose another kind", id));
    if (one->kind != IndicatorKind::derived && sql == files.end())
      reader.error(1, 0, fmt::format("its query is missing; write {}/indicators/{}.sql", program, id), "required");
    within_length(reader, at, one->sql);
    part.catalog.indicators.emplace(id, std::move(*one));
  } else if (!files.contains("indicators/" + id + ".yml")) {
    reader.error(1, 0, fmt::format("its description is missing; write {}/indicators/{}.yml", program, id), "required");
  }
}

Part read_part(const std::string& id, Files files, base::Issues file_issues) {
  Part part;
  part.issues = std::move(file_issues);
  Program program;
  program.id = id;
  program.place = {id + "/program.yml", 1};
  const auto own = files.find("program.yml");
  if (own == files.end()) {
    add_issue(part.issues, {id + "/program.yml", 0}, "the program has no program.yml; add it (docs/authoring.md)",
              "required");
  } else if (const auto yaml = parse_yaml(own->second, id + "/program.yml", part.issues)) {
    Reader reader(id + "/program.yml", part.issues);
    Yaml at;
    at.line = 1;
    reader.id(at, id);
    if (auto read = read_program(reader, *yaml, id)) program = std::move(*read);
  }
  for (const auto& [path, bytes] : files)
    read_part_file(part, id, path, bytes, files);
  std::string all;
  for (const auto& [path, bytes] : files)
    all += path + '\0' + std::to_string(bytes.size()) + '\0' + bytes;
  program.hash = base::sha256_hex(all);
  program.files = std::move(files);
  part.catalog.programs.emplace(id, std::move(program));
  return part;
}

/// Names that are one namespace: SQL names; indicators; documents. name → where it is declared.
std::vector<std::pair<std::string, Place>> declared(const Catalog& catalog) {
  std::vector<std::pair<std::string, Place>> names;
  for (const auto& [id, one] : catalog.registers)
    names.emplace_back(id, one.place);
  for (const auto& [id, one] : catalog.forms)
    names.emplace_back(id, one.place);
  for (const auto& [id, one] : catalog.facts)
    names.emplace_back(id, one.place);
  for (const auto& [id, one] : catalog.views)
    names.emplace_back(id, one.place);
  for (const auto& [id, one] : catalog.indicators)
    names.emplace_back("indicator " + id, one.place);
  for (const auto& [id, one] : catalog.documents)
    names.emplace_back("document " + id, one.place);
  for (const auto& [id, one] : catalog.plans)
    names.emplace_back("plan " + id, one.place);
  return names;
}

void hash_catalog(Catalog& catalog) {
  std::string all;
  for (const auto& [id, program] : catalog.programs)
    all += id + ' ' + program.hash + '\n';
  catalog.hash = base::sha256_hex(all);
}

/// What decides an indicator's value, in one text; facts and derived parts by their own digests. `stack` guards
/// circles, which the checker reports.
class Hasher {
public:
  explicit Hasher(const Catalog& catalog) : m_catalog(catalog) {}

  std::string indicator(const std::string& id) {
    if (const auto done = m_indicators.find(id); done != m_indicators.end()) return done->second;
    const auto found = m_catalog.indicators.find(id);
    if (found == m_catalog.indicators.end() || !m_open.insert("i " + id).second) return "?";
    const Indicator& one = found->second;
    std::string text =
        fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n", id, static_cast<int>(one.kind), static_cast<int>(one.period),
                    static_cast<int>(one.grain), one.count, one.attribution, one.authority, one.per);
    text += one.derived + "\n" + one.sql + "\n" + sources(one.sql);
    if (!one.population.empty()) text += indicator(one.population) + "\n";
    try {
      if (!one.derived.empty())
        for (const auto& part : indicators_of(parse_derived(one.derived)))
          text += part + " " + indicator(part) + "\n";
    } catch (const base::Refused&) { // the checker says so; the text itself is in the hash
    }
    m_open.erase("i " + id);
    return m_indicators[id] = base::sha256_hex(text).substr(0, 12);
  }

private:
  /// The facts and view files that a query reads, transitively.
  std::string sources(const std::string& sql) {
    std::string text;
    for (const auto& name : names_in_sql(sql)) {
      if (const auto fact = m_catalog.facts.find(name); fact != m_catalog.facts.end()) {
        if (!m_open.insert("f " + name).second) continue;
        text += "fact " + name + " " + fact->second.sql + "\n" + sources(fact->second.sql);
        m_open.erase("f " + name);
      } else if (const auto view = m_catalog.views.find(name); view != m_catalog.views.end()) {
        text += "view " + name + " " + view->second.json + "\n";
      }
    }
    return text;
  }

  const Catalog& m_catalog;
  std::map<std::string, std::string> m_indicators;
  std::set<std::string> m_open;
};

void merge(Catalog& into, Catalog&& part) {
  into.programs.merge(part.programs);
  into.registers.merge(part.registers);
  into.forms.merge(part.forms);
  into.facts.merge(part.facts);
  into.views.merge(part.views);
  into.indicators.merge(part.indicators);
  into.documents.merge(part.documents);
  into.plans.merge(part.plans);
  std::move(part.tests.begin(), part.tests.end(), std::back_inserter(into.tests));
}

/// Marks, until nothing changes, the parts that need a part that is not there.
void refuse_unmet_needs(std::map<std::string, Part>& parts) {
  std::vector<std::string> known;
  for (const auto& [id, part] : parts)
    known.push_back(id);
  for (bool changed = true; changed;) {
    changed = false;
    for (auto& [id, part] : parts) {
      if (part.broken()) continue;
      const Program& program = part.catalog.programs.at(id);
      for (const auto& need : program.needs) {
        const auto found = parts.find(need);
        if (found != parts.end() && !found->second.broken()) continue;
        const std::string near = base::suggest(need, known);
        add_issue(part.issues, program.place,
                  found != parts.end()
                      ? fmt::format("left out: it needs '{}', which is left out; mend that first", need)
                  : near.empty()
                      ? fmt::format("it needs '{}', which is not there; add the program or take the need out", need)
                      : fmt::format("it needs '{}', which is not there; did you mean '{}'?", need, near),
                  "not-found");
        changed = true;
        break;
      }
    }
  }
}

void refuse_circles(std::map<std::string, Part>& parts) {
  for (auto& [id, part] : parts) {
    std::set<std::string> reached;
    std::vector<std::string> open = part.catalog.programs.at(id).needs;
    while (!open.empty()) {
      const std::string next = open.back();
      open.pop_back();
      const auto found = parts.find(next);
      if (found == parts.end() || !reached.insert(next).second) continue;
      for (const auto& further : found->second.catalog.programs.at(next).needs)
        open.push_back(further);
    }
    if (reached.contains(id))
      add_issue(part.issues, part.catalog.programs.at(id).place,
                "the program needs itself, by way of those it needs; take one of the needs out");
  }
}

std::shared_ptr<Catalog> load_parts(const fs::path& directory, base::Issues& issues) {
  std::error_code problem;
  if (!fs::is_directory(directory, problem))
    throw base::Refused(
        base::Refusal::not_found, "not-found",
        fmt::format("there is no programs directory {}; name it with --programs DIR", directory.string()));
  std::map<std::string, Part> parts;
  std::map<std::string, fs::directory_entry> entries; // in order, so that messages come in order
  for (const auto& entry : fs::directory_iterator(directory))
    entries.emplace(entry.path().filename().string(), entry);
  for (const auto& [id, entry] : entries) {
    if (id.starts_with(".") || id == "README.md") continue;
    if (!entry.is_directory()) {
      add_issue(issues, {id, 0}, "this file is not a program's folder; put it into one", "invalid",
                base::Severity::warning);
      continue;
    }
    if (parts.size() >= k_programs_max)
      throw base::Refused(base::Refusal::too_large, "too-long",
                          fmt::format("more than {} programs in {}", k_programs_max, directory.string()));
    base::Issues file_issues;
    Files files = read_files(entry.path(), id, file_issues);
    parts.emplace(id, read_part(id, std::move(files), std::move(file_issues)));
  }
  // Ids are unique over all: the one that comes later by folder name is left out.
  std::map<std::string, Place> names;
  for (auto& [id, part] : parts)
    for (const auto& [name, place] : declared(part.catalog)) {
      const auto [at, fresh] = names.emplace(name, place);
      if (!fresh)
        add_issue(part.issues, place,
                  fmt::format("'{}' is declared in {} already; choose another id", stem(place.file), at->second.file),
                  "duplicate");
    }
  refuse_circles(parts);
  refuse_unmet_needs(parts);
  auto catalog = std::make_shared<Catalog>();
  for (auto& [id, part] : parts) {
    issues.add(part.issues);
    if (!part.broken()) merge(*catalog, std::move(part.catalog));
  }
  Hasher hasher(*catalog);
  for (auto& [id, indicator] : catalog->indicators)
    indicator.hash = hasher.indicator(id);
  hash_catalog(*catalog);
  return catalog;
}

void write_file(const fs::path& path, const std::string& bytes) {
  fs::create_directories(path.parent_path());
  const int handle = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  bool good = handle >= 0;
  for (size_t at = 0; good && at < bytes.size();) {
    const ssize_t written = ::write(handle, bytes.data() + at, bytes.size() - at);
    good = written > 0;
    if (good) at += static_cast<size_t>(written);
  }
  good = good && ::fsync(handle) == 0;
  if (handle >= 0) ::close(handle);
  if (!good)
    throw base::Refused(base::Refusal::unavailable, "exception",
                        fmt::format("cannot write {}; look at the disk's space and rights", path.string()));
}

fs::path kept_folder(const std::string& data_directory, const std::string& hash) {
  return fs::path(data_directory) / "packages" / hash;
}

} // namespace

std::shared_ptr<const Catalog> load(const std::string& directory, base::Issues& issues) {
  return load_parts(directory, issues);
}

std::shared_ptr<const Catalog> load_checked(const std::string& directory, base::Issues& issues) {
  auto catalog = load_parts(directory, issues);
  base::Issues found;
  check(*catalog, found);
  issues.add(found);
  std::set<std::string> broken;
  for (const auto& issue : found)
    if (issue.severity == base::Severity::error || issue.severity == base::Severity::fatal)
      broken.insert(issue.file.substr(0, issue.file.find('/')));
  if (broken.empty()) return catalog;
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& [id, program] : catalog->programs) {
      if (broken.contains(id)) continue;
      for (const auto& need : program.needs) {
        if (!broken.contains(need)) continue;
        add_issue(issues, program.place,
                  fmt::format("left out: it needs '{}', which is left out; mend that first", need), "not-found");
        changed = broken.insert(id).second;
        break;
      }
    }
  }
  const auto drop = [&](auto& map) {
    std::erase_if(map, [&](const auto& entry) { return broken.contains(entry.second.program); });
  };
  drop(catalog->registers);
  drop(catalog->forms);
  drop(catalog->facts);
  drop(catalog->views);
  drop(catalog->indicators);
  drop(catalog->documents);
  drop(catalog->plans);
  std::erase_if(catalog->tests, [&](const TestFile& test) { return broken.contains(test.program); });
  std::erase_if(catalog->programs, [&](const auto& entry) { return broken.contains(entry.first); });
  hash_catalog(*catalog);
  return catalog;
}

void keep(const Catalog& catalog, const std::string& data_directory) {
  const fs::path folder = kept_folder(data_directory, catalog.hash);
  const fs::path fresh = folder.string() + "." + base::new_uuid() + ".part";
  try {
    if (fs::is_directory(folder)) return;
    fs::create_directories(fresh);
    for (const auto& [id, program] : catalog.programs)
      for (const auto& [path, bytes] : program.files)
        write_file(fresh / id / path, bytes);
    fs::rename(fresh, folder);
  } catch (const fs::filesystem_error& error) {
    std::error_code ignored;
    fs::remove_all(fresh, ignored);
    if (fs::is_directory(folder, ignored)) return; // another process kept it at the same time
    throw base::Refused(base::Refusal::unavailable, "exception",
                        fmt::format("cannot keep the programs in {}: {}", data_directory, error.what()));
  } catch (const base::Refused&) {
    std::error_code ignored;
    fs::remove_all(fresh, ignored);
    throw;
  }
}

std::shared_ptr<const Catalog> load_kept(const std::string& data_directory, const std::string& hash) {
  const fs::path folder = kept_folder(data_directory, hash);
  std::error_code problem;
  if (hash.empty() || !fs::is_directory(folder, problem))
    throw base::Refused(base::Refusal::not_found, "not-found",
                        fmt::format("the programs of version {} are not kept in {}", hash, data_directory));
  base::Issues issues;
  auto catalog = load_parts(folder, issues);
  if (catalog->hash != hash)
    throw base::Refused(
        base::Refusal::unavailable, "exception",
        fmt::format("the kept programs in {} are damaged; restore the folder from a backup", folder.string()));
  return catalog;
}

} // namespace xinglin::package
