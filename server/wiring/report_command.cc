// xinglin report TEMPLATE --org ORG --period PERIOD [--as-of T] [--since T] -o FILE
#include "server/document/report.h"

#include "lib/fhir/json.h"
#include "server/wiring/commands.h"
#include "server/wiring/house.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace xinglin::wiring {

namespace {

std::string bytes_for(const document::Report& report, const std::string& file) {
  if (file.ends_with(".docx")) return document::to_docx(report);
  if (file.ends_with(".html")) return document::to_html(report, "");
  if (file.ends_with(".xlsx")) return document::to_xlsx(report, "");
  if (file.ends_with(".json")) return document::to_json(report);
  if (file.ends_with(".txt")) return report.text();
  throw base::Refused(base::Refusal::malformed, "value",
                      "\"" + file + "\" does not say its kind; end its name with .docx, .html, .xlsx, .json or .txt.");
}

/// Whole or not at all.
void put_in_place(const std::string& file, const std::string& bytes) {
  const std::string part = file + ".part";
  std::ofstream out(part, std::ios::binary);
  out << bytes;
  out.close();
  std::error_code failed;
  if (out) std::filesystem::rename(part, file, failed);
  if (!out || failed) {
    std::error_code ignored;
    std::filesystem::remove(part, ignored);
    throw base::Refused(base::Refusal::unavailable, "exception", "The file " + file + " cannot be written.");
  }
}

/// Where the store notes as of which commit a document was last made.
std::string note_of(const document::Request& request) {
  return "document.made " + request.template_id + " " + request.org + " " + request.period.to_string();
}

/// Against which earlier moment the document is compared: --since, or when this document was made last. A document made
/// as of then is said again, not compared.
std::string compared_with(const Options& options, House& house, const document::Request& request) {
  if (!options.since.empty()) return house.as_of(options.since).to_string();
  if (!options.as_of.empty()) return "";
  return house.store(false).get_note(note_of(request)).value_or("");
}

std::string changes_json(const std::vector<document::Change>& changes) {
  fhir::JsonWriter json;
  json.begin_array();
  for (const document::Change& change : changes) {
    json.begin_object().member("before", change.before.text).member("after", change.after.text);
    json.member("address", change.after.figure.address.to_string()).key("records").begin_array();
    for (const auto& record : change.records)
      json.begin_object()
          .member("record", record.record)
          .member("what", record.added ? "added" : "removed")
          .key("commit")
          .number(record.commit)
          .end_object();
    json.end_array().end_object();
  }
  return json.end_array().take();
}

} // namespace

int report(const Options& options) {
  House house(options);
  document::Request request;
  request.template_id = options.arguments.at(0);
  request.period = House::period(options.period);
  request.org = house.organization(options.org);
  request.as_of = house.as_of(options.as_of);
  const document::Report made = document::make_report(house.engine(), request);
  put_in_place(options.output, bytes_for(made, options.output));
  std::vector<document::Change> changes;
  const std::string since = compared_with(options, house, request);
  const std::string as_of = made.as_of.to_string();
  if (!since.empty() && since != as_of) {
    request.as_of = house.as_of(since);
    changes = document::compare(house.engine(), document::make_report(house.engine(), request), made);
  }
  if (options.as_of.empty() && since != as_of) house.store(false).set_note(note_of(request), as_of);
  if (options.json) {
    fhir::JsonWriter json;
    json.begin_object().member("file", options.output).member("as_of", as_of).member("since", since);
    json.key("figures").number(static_cast<int64_t>(made.figures.size()));
    json.key("findings").begin_array();
    for (const auto& finding : made.findings)
      json.begin_object()
          .member("code", finding.code)
          .member("zh", finding.text.zh)
          .member("en", finding.text.en)
          .end_object();
    json.end_array().key("changes").raw(changes_json(changes));
    std::printf("%s\n", json.end_object().take().c_str());
    return k_exit_done;
  }
  std::printf("%s: %zu figures as of %s\n", options.output.c_str(), made.figures.size(), as_of.c_str());
  for (const auto& finding : made.findings)
    std::printf("finding %s: %s\n", finding.code.c_str(), finding.text.zh.c_str());
  for (const document::Change& change : changes) {
    std::printf("changed since %s: %s -> %s  %s\n", since.c_str(), change.before.text.c_str(),
                change.after.text.c_str(), change.after.figure.address.to_string().c_str());
    for (const auto& record : change.records)
      std::printf("  %s %s at commit %lld\n", record.added ? "added" : "removed", record.record.c_str(),
                  static_cast<long long>(record.commit));
  }
  return k_exit_done;
}

} // namespace xinglin::wiring
