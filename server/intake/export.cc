#include "server/intake/export.h"

#include "lib/base/issue.h"
#include "lib/base/text.h"
#include "lib/fhir/definitions.h"
#include "server/intake/files.h"

#include <charconv>
#include <filesystem>
#include <memory>

namespace xinglin::intake {

ExportReport export_records(const store::Store& store, const ExportOptions& options) {
  std::error_code failed;
  std::filesystem::create_directories(options.directory, failed);
  if (failed)
    throw base::Refused(base::Refusal::unavailable, "exception",
                        "The directory " + options.directory + " cannot be made: " + failed.message() + ".");
  // Files of another export would be taken for a part of this one.
  for (std::filesystem::directory_iterator it(options.directory, failed), end; !failed && it != end;
       it.increment(failed))
    if (const std::string name = it->path().filename().string();
        name.ends_with(".ndjson") || name.ends_with(".ndjson.gz"))
      throw base::Refused(base::Refusal::conflict, "duplicate",
                          "The directory " + options.directory + " has records in it already (" + name +
                              "); name an empty one.");
  if (failed)
    throw base::Refused(base::Refusal::unavailable, "exception",
                        "The directory " + options.directory + " cannot be read: " + failed.message() + ".");
  for (const std::string& type : options.types)
    if (!fhir::is_resource_type(type)) {
      const auto known = fhir::resource_types();
      const std::string near = base::suggest(type, std::vector<std::string>(known.begin(), known.end()));
      throw base::Refused(base::Refusal::malformed, "value",
                          "FHIR R4 has no resource type \"" + type + "\"" +
                              (near.empty() ? "." : "; did you mean " + near + "?"));
    }
  const auto snapshot = store.snapshot(options.as_of);
  ExportReport report;
  report.as_of = snapshot->commit();
  const std::string ending = options.gzip ? ".ndjson.gz" : ".ndjson";
  std::unique_ptr<LineWriter> writer;
  std::string type;
  int64_t done = 0;
  auto each = [&](const store::Version& version) {
    if (options.stop && options.stop()) {
      report.stopped = true;
      return false;
    }
    if (version.type != type) {
      if (writer) writer->finish();
      type = version.type;
      writer = std::make_unique<LineWriter>(options.directory + "/" + type + ending);
    }
    // As sent, resources may have line breaks between their tokens; none can stand within one.
    if (version.json.find_first_of("\r\n") == std::string::npos) {
      writer->line(version.json);
    } else {
      std::string line = version.json;
      std::erase_if(line, [](char c) { return c == '\n' || c == '\r'; });
      writer->line(line);
    }
    ++report.resources[type];
    if (options.progress && ++done % 1000 == 0) options.progress(done);
    return true;
  };
  if (options.types.empty()) snapshot->scan("", each);
  for (const std::string& wanted : options.types)
    snapshot->scan(wanted, each);
  if (writer && !report.stopped) writer->finish();
  return report;
}

store::CommitNumber resolve_as_of(const store::Store& store, std::string_view text, base::Zone zone) {
  auto refuse = [&](const std::string& why) -> store::CommitNumber {
    throw base::Refused(base::Refusal::malformed, "value",
                        "\"" + std::string(text) + "\" " + why +
                            "; write as-of as epoch:t (1:42), an instant (2023-05-01T08:30:00+08:00) or a date.");
  };
  store::CommitNumber commit = 0;
  if (const size_t colon = text.find(':');
      colon != std::string_view::npos && text.find('-') == std::string_view::npos) {
    int64_t epoch = 0;
    const char* end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), text.data() + colon, epoch);
    const auto second = std::from_chars(text.data() + colon + 1, end, commit);
    if (first.ec != std::errc() || first.ptr != text.data() + colon || second.ec != std::errc() || second.ptr != end)
      return refuse("is not a commit");
    if (epoch != store.epoch()) return refuse("is of another epoch than " + std::to_string(store.epoch()));
    if (commit < 0 || commit > store.last_commit())
      return refuse("is not there: the last commit is " + std::to_string(store.last_commit()));
    return commit;
  }
  if (const auto instant = base::parse_instant(text)) return store.commit_at(*instant);
  if (const auto date = base::Date::parse(text))
    return store.commit_at((int64_t{date->days()} + 1) * 86'400'000 - zone.offset_minutes * int64_t{60'000} - 1);
  return refuse("is no moment");
}

} // namespace xinglin::intake
