#include "server/intake/load.h"

#include "lib/base/id.h"
#include "lib/fhir/definitions.h"
#include "server/intake/bundle.h"
#include "server/intake/files.h"
#include "server/program/program.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <numeric>
#include <thread>
#include <unordered_map>
#include <utility>

namespace xinglin::intake {

using base::Issue;
using base::Issues;
using base::Refusal;
using base::Refused;

namespace {

constexpr size_t k_lines_bytes_max = 4u << 20; ///< of one transaction from NDJSON
constexpr size_t k_jobs_waiting_max = 4;       ///< read ahead of the workers

/// A file on its way in. Shared by the jobs made from it.
struct Source {
  std::string path;
  std::string digest;
  int jobs = 0;         ///< not done yet; under the loader's mutex
  bool read = false;    ///< no more jobs will come
  bool refused = false; ///< something in it was
  bool left = false;    ///< the load was stopped before its end
};

/// Writes that belong together: all or nothing.
struct Unit {
  std::shared_ptr<Source> source;
  std::vector<store::Write> writes;
  std::vector<int> lines;          ///< of each write in its file
  std::vector<std::string> places; ///< of each write: "Bundle.entry[3].resource", or empty for a resource by itself
  bool whole = false;              ///< a transaction of the sender's: never torn apart
};

/// Work for one thread: a JSON file, or some lines of NDJSON.
struct Job {
  std::shared_ptr<Source> source;
  std::vector<std::pair<int, std::string>> lines; ///< empty: the whole file
};

bool is_derived(fhir::Node resource) {
  for (const fhir::Node tag : resource["meta"]["tag"])
    if (tag["system"].text() == program::k_derived_tag_system) return true;
  return false;
}

/// The resource under another id.
std::string with_id(fhir::Node resource, const std::string& id) {
  const std::string_view raw = resource.raw();
  std::string json(raw);
  if (const fhir::Node old = resource["id"])
    json.replace(old.offset() - resource.offset(), old.raw().size(), '"' + id + '"');
  else
    json.insert(1, resource.size() > 0 ? "\"id\":\"" + id + "\"," : "\"id\":\"" + id + '"');
  return json;
}

/// Line numbers of values asked for in document order: each line feed is counted once.
class LineCounter {
public:
  LineCounter(fhir::Node root, int lines_before) : m_bytes(root.document()->bytes()), m_line(lines_before + 1) {}
  int line_of(fhir::Node node) {
    const std::string_view passed = m_bytes.substr(m_at, node.offset() - m_at);
    m_line += static_cast<int>(std::count(passed.begin(), passed.end(), '\n'));
    m_at = node.offset();
    return m_line;
  }

private:
  std::string_view m_bytes;
  size_t m_at = 0;
  int m_line;
};

/// Refers to something that is not there (yet)?
bool is_dangling(const Refused& refused) {
  if (refused.kind() == Refusal::precondition_failed || !refused.issues().has_errors()) return false;
  for (const Issue& issue : refused.issues())
    if (issue.severity >= base::Severity::error && issue.code != "not-found") return false;
  return true;
}

class Loader {
public:
  Loader(store::Store& store, program::Program& program, const LoadOptions& options)
      : m_store(store), m_program(program), m_options(options) {}

  LoadReport run(const std::vector<std::string>& paths) {
    const std::vector<File> files = find_files(paths);
    m_report.files = static_cast<int64_t>(files.size());
    std::vector<std::thread> workers;
    for (int i = 0; i < std::max(1, m_options.threads); ++i)
      workers.emplace_back([this] { work(); });
    bool after_lines = false;
    for (const File& file : files) {
      // Files of lines go one after another: the next may refer to what this one brings.
      if (file.lines || after_lines) wait_until_idle();
      after_lines = file.lines;
      if (stopped()) {
        ++m_report.left;
        continue;
      }
      read(file);
    }
    {
      const std::lock_guard lock(m_mutex);
      m_closed = true;
    }
    m_changed.notify_all();
    for (std::thread& worker : workers)
      worker.join();
    if (!m_stopped) settle_put_aside();
    m_report.stopped = m_stopped;
    for (const Unit& unit : m_put_aside) { // stopped before they were tried again
      unit.source->left = true;
      finish_if_done(unit.source);
    }
    return std::move(m_report);
  }

private:
  bool stopped() {
    if (m_options.stop && m_options.stop()) m_stopped = true;
    return m_stopped;
  }

  // ── reading ────────────────────────────────────────────────────────────────

  void read(const File& file) {
    auto source = std::make_shared<Source>();
    source->path = file.path;
    try {
      if (std::filesystem::is_directory(file.path)) throw std::logic_error("a directory among files");
      source->digest = digest_of_file(file.path);
      if (!m_options.again && m_store.get_note(note_key(*source))) {
        const std::lock_guard lock(m_mutex);
        ++m_report.skipped;
        return;
      }
      if (m_options.again) source->digest = base::new_uuid() + source->digest; // new ids
      if (file.lines) {
        Job job{source, {}};
        size_t bytes = 0;
        read_lines(file.path, [&](int line, std::string text) {
          bytes += text.size();
          job.lines.emplace_back(line, std::move(text));
          if (job.lines.size() < k_lines_per_transaction && bytes < k_lines_bytes_max) return true;
          push(std::exchange(job, Job{source, {}}));
          bytes = 0;
          source->left = stopped();
          return !source->left;
        });
        if (!job.lines.empty() && !source->left) push(std::move(job));
      } else {
        push(Job{source, {}});
      }
    } catch (const Refused& refused) {
      refuse(*source, refused, {}, 1);
    }
    const std::lock_guard lock(m_mutex);
    source->read = true;
    finish_if_done(source);
  }

  void push(Job job) {
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [this] { return m_jobs.size() < k_jobs_waiting_max; });
    ++job.source->jobs;
    m_jobs.push_back(std::move(job));
    m_changed.notify_all();
  }

  void wait_until_idle() {
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [this] { return m_jobs.empty() && m_working == 0; });
  }

  // ── working ────────────────────────────────────────────────────────────────

  void work() {
    for (;;) {
      Job job;
      {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [this] { return !m_jobs.empty() || m_closed; });
        if (m_jobs.empty()) return;
        job = std::move(m_jobs.front());
        m_jobs.pop_front();
        ++m_working;
        m_changed.notify_all();
      }
      if (stopped())
        job.source->left = true;
      else
        do_job(job);
      {
        const std::lock_guard lock(m_mutex);
        --job.source->jobs;
        --m_working;
        finish_if_done(job.source);
        if (m_options.progress) m_options.progress(m_report);
      }
      m_changed.notify_all();
    }
  }

  void do_job(Job& job) {
    const auto& source = job.source;
    try {
      if (job.lines.empty()) {
        const fhir::Document document = fhir::Document::parse(read_file(source->path));
        take(source, document.root(), 0, 0, nullptr);
        return;
      }
    } catch (const Refused& refused) {
      refuse(*source, refused, {}, 1);
      return;
    }
    Unit together{source, {}, {}, {}, false};
    for (auto& [line, text] : job.lines) {
      try {
        const fhir::Document document = fhir::Document::parse(std::move(text));
        take(source, document.root(), line - 1, line, &together);
      } catch (const Refused& refused) {
        refuse(*source, refused, {}, 1, line - 1);
      }
    }
    if (!together.writes.empty()) write(std::move(together));
  }

  /// One JSON value of a file. `together`: resources by themselves are gathered there.
  void take(const std::shared_ptr<Source>& source, fhir::Node root, int lines_before, int place, Unit* together) {
    const std::string_view type = root["resourceType"].text();
    const std::string_view kind = type == "Bundle" ? root["type"].text() : std::string_view{};
    LineCounter lines(root, lines_before);
    if (kind == "transaction" || kind == "batch") {
      Unit unit{source, {}, {}, {}, true};
      const fhir::Node entries = root["entry"];
      std::vector<fhir::Node> nodes;
      for (const fhir::Node entry : entries)
        nodes.push_back(entry);
      for (const Request& request : requests(root)) {
        if (request.method == Request::Method::read) continue;
        const fhir::Node resource = nodes[request.entry]["resource"];
        store::Write asked = to_write(request);
        if (asked.kind == store::Write::Kind::create && asked.if_none_exist.empty()) {
          asked.kind = store::Write::Kind::update;
          asked.id = made_id(*source, place, request.entry);
          asked.json = with_id(resource, asked.id);
        }
        unit.writes.push_back(std::move(asked));
        unit.lines.push_back(lines.line_of(resource ? resource : nodes[request.entry]));
        unit.places.push_back("Bundle.entry[" + std::to_string(request.entry) + "]" + (resource ? ".resource" : ""));
        if (kind == "batch") write(std::exchange(unit, Unit{source, {}, {}, {}, true}));
      }
      if (!unit.writes.empty()) write(std::move(unit));
      return;
    }
    Unit alone{source, {}, {}, {}, false};
    Unit& unit = together ? *together : alone;
    auto add = [&](fhir::Node resource, std::string_view full_url, size_t entry, std::string where) {
      if (is_derived(resource)) {
        const std::lock_guard lock(m_mutex);
        ++m_report.derived;
        return;
      }
      store::Write asked = resource_write(resource, full_url);
      if (!fhir::is_resource_type(asked.type)) {
        Issue issue;
        issue.text = resource["resourceType"] ? "\"" + asked.type + "\" is not a resource type of FHIR R4."
                                              : "This is not a resource: resourceType is missing.";
        issue.expression = where;
        Issues issues;
        issues.add(std::move(issue));
        issues.begin()->line = lines.line_of(resource);
        refuse(*source, Refused(Refusal::invalid, std::move(issues)), {}, 1);
        return;
      }
      if (asked.id.empty()) {
        asked.kind = store::Write::Kind::update;
        asked.id = made_id(*source, place, entry);
        asked.json = with_id(resource, asked.id);
      }
      unit.writes.push_back(std::move(asked));
      unit.lines.push_back(lines.line_of(resource));
      unit.places.push_back(std::move(where));
    };
    if (kind == "collection" || kind == "searchset" || kind == "history") {
      size_t entry = 0;
      for (const fhir::Node item : root["entry"]) {
        const std::string where = "Bundle.entry[" + std::to_string(entry) + "].resource";
        if (const fhir::Node resource = item["resource"]) add(resource, item["fullUrl"].text(), entry, where);
        ++entry;
      }
    } else { // a resource; a document or message Bundle is kept as it is
      add(root, {}, 0, {});
    }
    if (!together && !alone.writes.empty()) write(std::move(alone));
  }

  /// The same for the same place in the same file.
  std::string made_id(const Source& source, int place, size_t entry) const {
    return base::sha256_hex(source.digest + ":" + std::to_string(place) + ":" + std::to_string(entry)).substr(0, 32);
  }

  // ── writing ────────────────────────────────────────────────────────────────

  void write(Unit unit) {
    try {
      count(m_program.restore(unit.writes));
    } catch (const Refused& refused) {
      if (!unit.whole && unit.writes.size() > 1) {
        // 1. Halve, until the bad ones stand alone.
        for (Unit& half : halves(std::move(unit)))
          write(std::move(half));
      } else if (is_dangling(refused)) {
        // 2. What it refers to may come later.
        put_aside(std::move(unit), refused);
      } else {
        refuse(*unit.source, refused, unit, unit.writes.size());
      }
    }
  }

  static std::vector<Unit> halves(Unit unit) {
    std::vector<Unit> two(2);
    const size_t middle = unit.writes.size() / 2;
    for (size_t i = 0; i < unit.writes.size(); ++i) {
      Unit& half = two[i < middle ? 0 : 1];
      half.source = unit.source;
      half.writes.push_back(std::move(unit.writes[i]));
      half.lines.push_back(unit.lines[i]);
      half.places.push_back(std::move(unit.places[i]));
    }
    return two;
  }

  void count(const store::Receipt& receipt) {
    using What = store::Outcome::What;
    const std::lock_guard lock(m_mutex);
    for (const store::Outcome& outcome : receipt.outcomes) {
      if (outcome.what == What::created || outcome.what == What::updated)
        ++m_report.written[outcome.type];
      else if (outcome.what != What::removed)
        ++m_report.unchanged[outcome.type];
    }
  }

  void put_aside(Unit unit, const Refused& refused) {
    size_t bytes = 0;
    for (const store::Write& asked : unit.writes)
      bytes += asked.json.size();
    std::unique_lock lock(m_mutex);
    if (m_put_aside_bytes + bytes > k_put_aside_bytes_max) {
      lock.unlock();
      refuse(*unit.source, refused, unit, unit.writes.size());
      return;
    }
    m_put_aside_bytes += bytes;
    ++unit.source->jobs; // it is not done yet
    m_put_aside.push_back(std::move(unit));
  }

  /// Everything has been read: now write what waited, as long as that brings something in.
  void settle_put_aside() {
    for (size_t before = SIZE_MAX; !m_put_aside.empty() && m_put_aside.size() < before && !stopped();) {
      before = m_put_aside.size();
      std::vector<Unit> waiting = std::exchange(m_put_aside, {});
      m_put_aside_bytes = 0;
      // What refers to one another goes together, all or nothing; small groups share a transaction.
      const std::vector<std::vector<size_t>> groups = connected(waiting);
      for (const std::vector<size_t>& group : groups) {
        if (stopped()) {
          for (const size_t i : group)
            m_put_aside.push_back(std::move(waiting[i]));
          continue;
        }
        try_group(waiting, group);
      }
    }
    // Nothing more goes in: say why, each by itself.
    if (m_stopped) return;
    for (Unit& unit : std::exchange(m_put_aside, {})) {
      try {
        count(m_program.restore(unit.writes));
      } catch (const Refused& refused) {
        refuse(*unit.source, refused, unit, unit.writes.size());
      }
      const std::lock_guard lock(m_mutex);
      --unit.source->jobs;
      finish_if_done(unit.source);
    }
  }

  void try_group(std::vector<Unit>& waiting, const std::vector<size_t>& group) {
    std::vector<store::Write> writes;
    for (const size_t i : group)
      writes.insert(writes.end(), waiting[i].writes.begin(), waiting[i].writes.end());
    try {
      if (writes.size() > k_bundle_entries_max)
        throw Refused(Refusal::too_large, "too-costly", "Too many resources refer to one another in circles.");
      count(m_program.restore(std::move(writes)));
      const std::lock_guard lock(m_mutex);
      for (const size_t i : group) {
        --waiting[i].source->jobs;
        finish_if_done(waiting[i].source);
      }
      if (m_options.progress) m_options.progress(m_report);
    } catch (const Refused&) {
      if (group.size() > 1) {
        // One of them may be bad, or refer to nothing: each for itself, the next round brings the rest.
        for (const size_t i : group)
          try_group(waiting, {i});
      } else {
        m_put_aside.push_back(std::move(waiting[group[0]]));
      }
    }
  }

  /// The units that refer to one another, by groups.
  static std::vector<std::vector<size_t>> connected(const std::vector<Unit>& units) {
    std::unordered_map<std::string, size_t> home; // "Type/id" → unit
    for (size_t i = 0; i < units.size(); ++i)
      for (const store::Write& asked : units[i].writes)
        if (!asked.id.empty()) home.emplace(asked.type + "/" + asked.id, i);
    std::vector<size_t> parent(units.size());
    std::iota(parent.begin(), parent.end(), 0);
    auto root = [&](size_t i) {
      while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
      return i;
    };
    for (size_t i = 0; i < units.size(); ++i)
      for (const store::Write& asked : units[i].writes) {
        if (asked.json.empty()) continue;
        const fhir::Document document = fhir::Document::parse(asked.json);
        each_reference(document.root(), [&](std::string_view reference) {
          const auto found = home.find(std::string(reference));
          if (found != home.end()) parent[root(i)] = root(found->second);
        });
      }
    std::unordered_map<size_t, size_t> place;
    std::vector<std::vector<size_t>> groups;
    for (size_t i = 0; i < units.size(); ++i) {
      const auto [found, fresh] = place.emplace(root(i), groups.size());
      if (fresh) groups.emplace_back();
      groups[found->second].push_back(i);
    }
    return groups;
  }

  static void each_reference(fhir::Node node, const std::function<void(std::string_view)>& each) {
    for (const fhir::Node child : node) {
      if (child.is_string() && child.name() == "reference")
        each(child.text());
      else if (child.is_object() || child.is_array())
        each_reference(child, each);
    }
  }

  // ── reporting ──────────────────────────────────────────────────────────────

  void refuse(Source& source, const Refused& refused, const Unit& unit, size_t resources, int lines_before = 0) {
    const std::lock_guard lock(m_mutex);
    source.refused = true;
    m_report.refused_resources += static_cast<int64_t>(resources);
    for (Issue issue : refused.issues()) {
      if (m_report.issues.size() >= k_load_issues_max) break;
      issue.file = source.path;
      const bool known = issue.write >= 0 && static_cast<size_t>(issue.write) < unit.lines.size();
      const size_t at = known ? static_cast<size_t>(issue.write) : 0;
      if (known || unit.lines.size() == 1) {
        issue.line = unit.lines[at] + std::max(issue.line, 1) - 1;
        // "Patient.name" of the third entry is Bundle.entry[2].resource.name.
        if (!unit.places[at].empty()) {
          const size_t dot = issue.expression.find('.');
          issue.expression = unit.places[at] + (dot == std::string::npos ? "" : issue.expression.substr(dot));
        }
      } else if (issue.line > 0) {
        issue.line += lines_before;
      }
      m_report.issues.add(std::move(issue));
    }
  }

  static std::string note_key(const Source& source) { return "loaded:" + source.digest; }

  /// Call under the mutex.
  void finish_if_done(const std::shared_ptr<Source>& source) {
    if (!source->read || source->jobs > 0) return;
    if (source->left)
      ++m_report.left;
    else if (source->refused)
      ++m_report.refused;
    else {
      ++m_report.loaded;
      if (!m_options.again)
        m_store.set_note(note_key(*source), base::to_instant(m_options.clock(), m_options.zone) + " " + source->path);
    }
    source->read = false; // counted
  }

  store::Store& m_store;
  program::Program& m_program;
  const LoadOptions& m_options;
  LoadReport m_report; ///< under m_mutex while the workers run
  std::mutex m_mutex;
  std::condition_variable m_changed;
  std::deque<Job> m_jobs;
  int m_working = 0;
  bool m_closed = false;
  std::atomic<bool> m_stopped = false;
  std::vector<Unit> m_put_aside;
  size_t m_put_aside_bytes = 0;
};

} // namespace

int64_t LoadReport::written_total() const {
  int64_t total = 0;
  for (const auto& [type, count] : written)
    total += count;
  return total;
}

LoadReport load(store::Store& store, program::Program& program, const std::vector<std::string>& paths,
                const LoadOptions& options) {
  return Loader(store, program, options).run(paths);
}

} // namespace xinglin::intake
