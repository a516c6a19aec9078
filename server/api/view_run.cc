// https://build.fhir.org/ig/FHIR/sql-on-fhir-v2/OperationDefinition-ViewDefinitionRun.html
#include "lib/base/id.h"

#include "server/api/interactions.h"
#include "server/api/respond.h"
#include "server/api/view_request.h"
#include "server/intake/files.h"

#include <algorithm>
#include <filesystem>

namespace xinglin::api {

namespace {

using intake::RowFormat;

/// A longer answer is refused: it stands in memory, and whoever wants so much wants an export.
constexpr size_t k_view_answer_bytes_max = 64u << 20;

/// _format goes before Accept, as FHIR says; JSON when neither says.
RowFormat format_of(const Call& call, const ViewRequest& request) {
  if (request.format) return *request.format;
  for (std::string_view part : base::split(call.request->header("Accept"), ',')) {
    part = base::trim(part.substr(0, part.find(';')));
    if (part == "application/x-ndjson" || part == "application/ndjson" || part == "application/fhir+ndjson")
      return RowFormat::ndjson;
    if (part == "text/csv") return RowFormat::csv;
    if (part == "application/octet-stream" || part == "application/vnd.apache.parquet") return RowFormat::parquet;
    if (part == k_json || part == k_fhir_json || part == "*/*" || part == "application/*") return RowFormat::json;
  }
  if (base::trim(call.request->header("Accept")).empty()) return RowFormat::json;
  throw StatusError(406, "not-supported",
                    "Rows are given as application/json, application/x-ndjson, text/csv or "
                    "application/octet-stream (Parquet); ask for one of these.");
}

/// Ends a run that has its rows.
struct Enough {};

class Answer {
public:
  Answer(RowFormat format, const ViewRequest& request) : m_format(format), m_limit(request.limit) {
    const viewdef::View& view = request.views.front().view;
    m_columns = view.columns();
    if (format == RowFormat::parquet) {
      // Parquet ends with what is known last: it is written to a file and read back.
      m_path = (std::filesystem::temp_directory_path() / ("xinglin-" + base::new_uuid() + ".parquet")).string();
      m_file = intake::RowFile::open(m_path, format, m_columns);
    }
    if (format == RowFormat::json) m_body = "[";
    if (format == RowFormat::csv && request.header) {
      intake::append_csv_header(m_body, m_columns);
      m_body += '\n';
    }
  }
  ~Answer() {
    std::error_code ignored;
    if (!m_path.empty()) std::filesystem::remove(m_path, ignored);
  }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  void row(std::span<const viewdef::Cell> cells) {
    if (m_file) {
      m_file->row(cells);
      for (const auto& cell : cells)
        m_bytes += cell ? cell->size() : 0;
    } else {
      if (m_format == RowFormat::json && m_rows > 0) m_body += ",";
      if (m_format == RowFormat::csv)
        intake::append_csv_row(m_body, cells);
      else
        intake::append_json_row(m_body, m_columns, cells);
      if (m_format != RowFormat::json) m_body += '\n';
      m_bytes = m_body.size();
    }
    if (m_bytes > k_view_answer_bytes_max)
      throw base::Refused(base::Refusal::too_large, "too-costly",
                          "The answer is over the limit of " + std::to_string(k_view_answer_bytes_max) +
                              " bytes; ask for fewer rows with _limit, or use $viewdefinition-export.");
    ++m_rows;
    if (m_limit && m_rows == *m_limit) throw Enough();
  }

  http::Response finish() {
    if (m_format == RowFormat::json) m_body += "]";
    if (m_file) {
      m_file->finish();
      m_body = intake::read_bytes(m_path);
    }
    http::Response response;
    response.set("Content-Type", std::string(intake::media_type_of(m_format)));
    response.body = std::move(m_body);
    return response;
  }

private:
  RowFormat m_format;
  std::optional<int64_t> m_limit;
  std::span<const viewdef::Column> m_columns;
  std::string m_path, m_body;
  std::unique_ptr<intake::RowFile> m_file;
  int64_t m_rows = 0;
  size_t m_bytes = 0;
};

std::optional<base::Millis> last_updated(fhir::Node resource) {
  return base::parse_instant(resource["meta"]["lastUpdated"].text());
}

} // namespace

http::Response run_view(Call& call) {
  ViewRequest request = read_view_request(call, false);
  const viewdef::View& view = request.views.front().view;
  Answer answer(format_of(call, request), request);
  /// False when there are rows enough.
  const auto take = [&](fhir::Node resource, std::optional<base::Millis> recorded_at) {
    if (!request.selection.takes(resource, recorded_at)) return true;
    try {
      view.run(resource, [&](std::span<const viewdef::Cell> cells) { answer.row(cells); });
    } catch (const Enough&) {
      return false;
    }
    return true;
  };
  if (!request.resources.empty()) {
    for (const fhir::Node resource : request.resources)
      if (!take(resource, last_updated(resource))) break;
  } else {
    call.services->store->snapshot()->scan(view.resource_type(), [&](const store::Version& version) {
      const auto document = fhir::Document::parse(version.json);
      return take(document.root(), version.recorded_at);
    });
  }
  return answer.finish();
}

} // namespace xinglin::api
