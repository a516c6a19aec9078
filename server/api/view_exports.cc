#include "server/api/view_exports.h"

#include "lib/base/id.h"
#include "lib/fhir/json.h"
#include "server/api/respond.h"
#include "server/intake/files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace xinglin::api {

namespace fs = std::filesystem;
using base::Refusal;
using base::Refused;
using Status = ExportState::Status;

namespace {

constexpr const char* k_manifest = "manifest.json";

/// The files of one view: a further part whenever one is full.
class Output {
public:
  Output(std::string directory, const NamedView& view, intake::RowFormat format, bool header)
      : m_directory(std::move(directory)), m_view(view), m_format(format), m_header(header) {
    next();
  }

  const NamedView& view() const { return m_view; }

  void row(std::span<const viewdef::Cell> cells) {
    if (m_rows == k_export_part_rows_max) {
      m_file->finish();
      next();
    }
    m_file->row(cells);
    ++m_rows;
  }

  ExportState::Output finish() {
    m_file->finish();
    if (m_names.size() == 1) { // a part by itself is the whole
      const std::string name = m_view.name + "." + std::string(intake::name_of(m_format));
      fs::rename(m_directory + "/" + m_names[0], m_directory + "/" + name);
      m_names[0] = name;
    }
    return {m_view.name, m_names};
  }

private:
  void next() {
    m_names.push_back(m_view.name + ".part" + std::to_string(m_names.size() + 1) + "." +
                      std::string(intake::name_of(m_format)));
    m_file = intake::RowFile::open(m_directory + "/" + m_names.back(), m_format, m_view.view.columns(), m_header);
    m_rows = 0;
  }

  std::string m_directory;
  const NamedView& m_view;
  intake::RowFormat m_format;
  bool m_header;
  std::unique_ptr<intake::RowFile> m_file;
  std::vector<std::string> m_names;
  int64_t m_rows = 0;
};

std::string manifest_of(const ExportState& state) {
  fhir::JsonWriter json;
  json.begin_object().member("id", state.id).member("tracking_id", state.tracking_id);
  json.member("format", intake::name_of(state.format)).key("format_was_asked").boolean(state.format_was_asked);
  json.key("began").number(state.began).key("ended").number(state.ended).key("outputs").begin_array();
  for (const auto& output : state.outputs) {
    json.begin_object().member("name", output.name).key("files").begin_array();
    for (const auto& file : output.files)
      json.string(file);
    json.end_array().end_object();
  }
  return json.end_array().end_object().take();
}

ExportState read_manifest(fhir::Node manifest) {
  ExportState state;
  state.status = Status::completed;
  state.id = manifest["id"].text();
  state.tracking_id = manifest["tracking_id"].text();
  state.format = intake::row_format(manifest["format"].text()).value_or(intake::RowFormat::ndjson);
  state.format_was_asked = manifest["format_was_asked"].boolean();
  state.began = std::stoll(std::string(manifest["began"].text()));
  state.ended = std::stoll(std::string(manifest["ended"].text()));
  state.percent = 100;
  for (const fhir::Node output : manifest["outputs"]) {
    auto& one = state.outputs.emplace_back();
    one.name = output["name"].text();
    for (const fhir::Node file : output["files"])
      one.files.emplace_back(file.text());
  }
  return state;
}

[[noreturn]] void not_there(std::string_view id) {
  throw Refused(Refusal::not_found, "not-found",
                "There is no export \"" + std::string(id) +
                    "\": it was cancelled, its 24 hours are over, or it never was; start it again.");
}

} // namespace

ViewExports::ViewExports(const store::Store& store, std::string directory, base::Clock clock)
    : m_store(store), m_directory(std::move(directory)), m_clock(std::move(clock)) {
  take_up();
  m_thread = std::thread([this] { work(); });
}

ViewExports::~ViewExports() {
  {
    const std::lock_guard lock(m_mutex);
    m_stop = true;
    for (auto& [id, job] : m_jobs)
      job->cancelled = true;
  }
  m_more.notify_all();
  m_thread.join();
}

void ViewExports::take_up() {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(m_directory, failed)) {
    auto job = std::make_shared<Job>();
    try {
      job->state =
          read_manifest(fhir::Document::parse(intake::read_bytes((entry.path() / k_manifest).string())).root());
    } catch (const std::exception&) { // never finished: nobody can have been told of files in it
      std::error_code ignored;
      fs::remove_all(entry.path(), ignored);
      continue;
    }
    m_jobs[job->state.id] = std::move(job);
  }
}

void ViewExports::remove_over() {
  const base::Millis now = m_clock();
  std::erase_if(m_jobs, [&](const auto& one) {
    const ExportState& state = one.second->state;
    const bool is_done = state.status == Status::completed || state.status == Status::failed;
    if (!is_done || now - state.ended < k_export_kept_ms) return false;
    std::error_code ignored;
    fs::remove_all(directory_of(one.first), ignored);
    return true;
  });
}

ExportState ViewExports::start(ViewRequest request) {
  auto job = std::make_shared<Job>();
  job->state.id = base::new_uuid();
  job->state.tracking_id = request.tracking_id;
  job->state.format = request.format.value_or(intake::RowFormat::ndjson);
  job->state.format_was_asked = request.format.has_value();
  job->state.began = m_clock();
  job->request = std::move(request);
  const ExportState accepted = job->state;
  {
    const std::lock_guard lock(m_mutex);
    remove_over();
    if (m_waiting.size() >= k_exports_waiting_max)
      throw Refused(Refusal::busy, "throttled",
                    "There are " + std::to_string(k_exports_waiting_max) + " exports waiting; try again later.");
    if (m_jobs.size() >= k_exports_kept_max)
      throw Refused(Refusal::busy, "throttled",
                    "There are " + std::to_string(k_exports_kept_max) +
                        " exports kept; DELETE those that are fetched, or wait until their 24 hours are over.");
    m_jobs[job->state.id] = job;
    m_waiting.push_back(job);
  }
  m_more.notify_one();
  return accepted;
}

std::shared_ptr<ViewExports::Job> ViewExports::find(std::string_view id) {
  remove_over();
  const auto found = m_jobs.find(id);
  if (found == m_jobs.end()) not_there(id);
  return found->second;
}

ExportState ViewExports::state(std::string_view id) {
  const std::lock_guard lock(m_mutex);
  return find(id)->state;
}

void ViewExports::remove(std::string_view id) {
  const std::lock_guard lock(m_mutex);
  const auto job = find(id);
  job->cancelled = true;
  std::erase(m_waiting, job);
  std::error_code ignored;
  // What is under way is removed by the thread that works on it.
  if (job->state.status != Status::in_progress) fs::remove_all(directory_of(id), ignored);
  m_jobs.erase(std::string(id));
}

std::string ViewExports::file(std::string_view id, std::string_view name) {
  const std::lock_guard lock(m_mutex);
  const auto job = find(id);
  for (const auto& output : job->state.outputs)
    for (const auto& file : output.files)
      if (file == name) return directory_of(id) + "/" + file;
  throw Refused(Refusal::not_found, "not-found",
                "The export has no file \"" + std::string(name) + "\"; see its result for their names.");
}

void ViewExports::work() {
  std::unique_lock lock(m_mutex);
  while (true) {
    m_more.wait(lock, [&] { return m_stop || !m_waiting.empty(); });
    if (m_stop) return;
    const std::shared_ptr<Job> job = m_waiting.front();
    m_waiting.pop_front();
    job->state.status = Status::in_progress;
    lock.unlock();
    ExportState done = job->state;
    try {
      run(*job);
      lock.lock();
      done = job->state;
      lock.unlock();
      done.status = Status::completed;
      done.ended = m_clock();
      done.percent = 100;
      if (!job->cancelled) finish(done);
    } catch (const Refused& refused) {
      done.status = Status::failed;
      done.failure_status = status_of(refused.kind());
      done.failure = refused.issues();
    } catch (const std::exception& failure) {
      done.status = Status::failed;
      base::Issue issue;
      issue.code = "exception";
      issue.text = std::string("The export failed: ") + failure.what();
      done.failure.add(std::move(issue));
    }
    if (done.ended == 0) done.ended = m_clock();
    std::error_code ignored;
    lock.lock();
    if (job->cancelled || done.status == Status::failed) fs::remove_all(directory_of(done.id), ignored);
    job->state = std::move(done);
    job->request = {}; // its document may be large
  }
}

void ViewExports::finish(const ExportState& state) {
  const std::string path = directory_of(state.id) + "/" + k_manifest;
  std::ofstream out(path + ".part", std::ios::binary);
  out << manifest_of(state);
  out.close();
  if (!out) throw Refused(Refusal::unavailable, "exception", "The export's manifest cannot be written.");
  fs::rename(path + ".part", path);
}

/// Views of one type are fed by one pass: a resource is read and parsed once for all of them.
void ViewExports::run(Job& job) {
  const std::string directory = directory_of(job.state.id);
  fs::create_directories(directory);
  std::vector<std::unique_ptr<Output>> outputs;
  std::map<std::string, std::vector<Output*>, std::less<>> by_type;
  for (const NamedView& view : job.request.views) {
    outputs.push_back(std::make_unique<Output>(directory, view, job.state.format, job.request.header));
    by_type[std::string(view.view.resource_type())].push_back(outputs.back().get());
  }
  const auto snapshot = m_store.snapshot();
  int64_t all = 0;
  for (const auto& [type, list] : by_type)
    all += snapshot->count(type);
  int64_t read = 0;
  for (const auto& [type, list] : by_type) {
    snapshot->scan(type, [&](const store::Version& version) {
      const auto document = fhir::Document::parse(version.json);
      if (job.request.selection.takes(document.root(), version.recorded_at))
        for (Output* output : list)
          try {
            output->view().view.run(document.root(), [&](std::span<const viewdef::Cell> cells) { output->row(cells); });
          } catch (const Refused& refused) {
            base::Issues issues = refused.issues();
            for (auto& issue : issues)
              issue.text = "The view " + output->view().name + ", " + version.reference() + ": " + issue.text;
            throw Refused(refused.kind(), std::move(issues));
          }
      constexpr int64_t k_each = 512;
      if (++read % k_each == 0) {
        const std::lock_guard lock(m_mutex);
        job.state.percent = static_cast<int>(std::min<int64_t>(99, read * 100 / std::max<int64_t>(all, 1)));
      }
      return !job.cancelled;
    });
    if (job.cancelled) return;
  }
  std::vector<ExportState::Output> written;
  for (const auto& output : outputs)
    written.push_back(output->finish());
  const std::lock_guard lock(m_mutex);
  job.state.outputs = std::move(written);
}

} // namespace xinglin::api
