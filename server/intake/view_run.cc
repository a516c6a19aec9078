#include "server/intake/view_run.h"

#include "lib/base/issue.h"
#include "lib/fhir/json.h"
#include "server/intake/files.h"

namespace xinglin::intake {

namespace {

class Runner {
public:
  Runner(const viewdef::View& view, const ViewRunOptions& options)
      : m_view(view), m_options(options),
        m_file(RowFile::open(options.output, row_format_of_path(options.output), view.columns(), options.header)) {}

  /// A resource, or a Bundle's. `lines_before`: of the file it begins after. False to stop.
  bool read(std::string text, const std::string& file, int lines_before) {
    try {
      const auto document = fhir::Document::parse(std::move(text));
      return take(document.root(), file, lines_before);
    } catch (const base::Refused& refused) {
      if (!refused.issues().empty() && !refused.issues().front().file.empty()) throw;
      base::Issues issues = refused.issues();
      for (auto& issue : issues) {
        issue.file = file;
        if (issue.line > 0) issue.line += lines_before;
      }
      throw base::Refused(refused.kind(), std::move(issues));
    }
  }

  bool resource(fhir::Node resource, const std::string& file, int line) {
    ++m_report.resources;
    try {
      m_view.run(resource, [&](std::span<const viewdef::Cell> cells) {
        m_file->row(cells);
        ++m_report.rows;
      });
    } catch (const base::Refused& refused) {
      base::Issues issues = refused.issues();
      for (auto& issue : issues) {
        issue.text +=
            " (" + std::string(resource["resourceType"].text()) + "/" + std::string(resource["id"].text()) + ")";
        issue.file = file;
        issue.line = line;
        issue.column = 0;
      }
      throw base::Refused(refused.kind(), std::move(issues));
    }
    if (m_options.progress) m_options.progress(m_report.resources, m_report.rows);
    m_report.stopped = m_options.stop && m_options.stop();
    return !m_report.stopped;
  }

  ViewRunReport finish() {
    if (!m_report.stopped) m_file->finish();
    return m_report;
  }

private:
  bool take(fhir::Node root, const std::string& file, int lines_before) {
    if (!root.is_object() || !root["resourceType"])
      throw base::Refused(base::Refusal::malformed, "structure", "This is not a resource: it has no resourceType.");
    if (root["resourceType"].text() != "Bundle" || m_view.resource_type() == "Bundle")
      return resource(root, file, root.line() + lines_before);
    for (const fhir::Node entry : root["entry"])
      if (const fhir::Node inner = entry["resource"]; inner && !resource(inner, file, 0)) return false;
    return true;
  }

  const viewdef::View& m_view;
  const ViewRunOptions& m_options;
  std::unique_ptr<RowFile> m_file;
  ViewRunReport m_report;
};

} // namespace

ViewRunReport run_view(const viewdef::View& view, const std::vector<std::string>& inputs,
                       const ViewRunOptions& options) {
  const auto files = find_files(inputs);
  Runner runner(view, options);
  bool go_on = true;
  for (const File& file : files) {
    if (!go_on) break;
    if (file.lines) {
      read_lines(file.path,
                 [&](int line, std::string text) { return go_on = runner.read(std::move(text), file.path, line - 1); });
    } else {
      go_on = runner.read(read_file(file.path), file.path, 0);
    }
  }
  return runner.finish();
}

ViewRunReport run_view(const viewdef::View& view, const store::Snapshot& records, const ViewRunOptions& options) {
  Runner runner(view, options);
  records.scan(view.resource_type(), [&](const store::Version& version) {
    const auto document = fhir::Document::parse(version.json);
    return runner.resource(document.root(), {}, 0);
  });
  return runner.finish();
}

} // namespace xinglin::intake
