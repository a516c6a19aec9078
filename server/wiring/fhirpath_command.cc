// xinglin fhirpath 'EXPR' [FILE] [--explain] [--json]
#include "lib/fhirpath/explain.h"
#include "lib/fhirpath/expression.h"

#include "lib/base/issue.h"
#include "lib/base/text.h"
#include "lib/fhir/compact.h"
#include "server/intake/files.h"
#include "server/wiring/commands.h"
#include "server/wiring/table.h"

#include <cstdio>
#include <iostream>
#include <iterator>
#include <map>

namespace xinglin::wiring {

namespace {

std::string compact(fhir::Node node) {
  std::string out;
  fhir::append_compact(out, node);
  return out;
}

std::string type_of(const fhirpath::Value& item) {
  if (!item.type.empty()) return std::string(item.type);
  const auto* node = std::get_if<fhir::Node>(&item.data);
  return node && node->is_object() ? "object" : "value";
}

/// As JSON: a text in quotes, a number or boolean as it is, a structure without white space.
std::string json_of(const fhirpath::Value& item) {
  if (const auto* node = std::get_if<fhir::Node>(&item.data)) return *node ? compact(*node) : "null";
  const auto text = fhirpath::to_text(item).value_or("");
  if (std::holds_alternative<bool>(item.data) || std::holds_alternative<int64_t>(item.data) ||
      std::holds_alternative<base::Decimal>(item.data))
    return text;
  std::string out;
  base::append_json_string(out, text);
  return out;
}

/// For reading: one line whatever the text has in it.
std::string line_of(const fhirpath::Value& item) {
  const auto* node = std::get_if<fhir::Node>(&item.data);
  if (node && (!*node || node->is_object() || node->is_array())) return *node ? compact(*node) : "(no value)";
  std::string out;
  for (const char c : fhirpath::to_text(item).value_or("")) {
    if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\t')
      out += "\\t";
    else
      out += c;
  }
  return out;
}

std::string read_input(const Options& options) {
  if (options.arguments.size() > 1) return intake::read_file(options.arguments[1]);
  std::string text;
  std::vector<char> piece(64 << 10);
  while (std::cin.read(piece.data(), static_cast<std::streamsize>(piece.size())) || std::cin.gcount() > 0) {
    text.append(piece.data(), static_cast<size_t>(std::cin.gcount()));
    if (text.size() > intake::k_file_bytes_max)
      throw base::Refused(base::Refusal::too_large, "too-long",
                          "The input is over the limit of " + std::to_string(intake::k_file_bytes_max) + " bytes.");
  }
  return text;
}

fhir::Document parse(const Options& options) {
  try {
    return fhir::Document::parse(read_input(options));
  } catch (const base::Refused& refused) {
    base::Issues issues = refused.issues();
    for (auto& issue : issues)
      if (issue.file.empty()) issue.file = options.arguments.size() > 1 ? options.arguments[1] : "<stdin>";
    throw base::Refused(refused.kind(), std::move(issues));
  }
}

/// What resolve() finds: the entries of a Bundle, by address and by Type/id.
std::map<std::string, fhir::Node, std::less<>> entries_of(fhir::Node root) {
  std::map<std::string, fhir::Node, std::less<>> found;
  if (root["resourceType"].text() != "Bundle") return found;
  for (const fhir::Node entry : root["entry"]) {
    const fhir::Node resource = entry["resource"];
    if (!resource) continue;
    if (entry["fullUrl"]) found.emplace(entry["fullUrl"].text(), resource);
    found.emplace(std::string(resource["resourceType"].text()) + "/" + std::string(resource["id"].text()), resource);
  }
  return found;
}

void print_lines(const char* title, const std::vector<std::string>& lines) {
  std::printf("%s\n", title);
  for (const std::string& line : lines)
    std::printf("  %s\n", line.c_str());
}

void explain(const std::string& text, const std::string& type, bool as_json) {
  const auto explanation = fhirpath::explain(text, type);
  if (!as_json) {
    print_lines("parsed", explanation.parsed);
    std::printf("gives\n  %s\n", explanation.type.c_str());
    print_lines("compiled", explanation.compiled);
    return;
  }
  fhir::JsonWriter json;
  const auto list = [&](const char* name, const std::vector<std::string>& lines) {
    json.key(name).begin_array();
    for (const std::string& line : lines)
      json.string(line);
    json.end_array();
  };
  json.begin_object();
  list("parsed", explanation.parsed);
  json.member("gives", explanation.type);
  list("compiled", explanation.compiled);
  std::printf("%s\n", json.end_object().take().c_str());
}

/// The line of the expression that an issue is about, and a caret beneath its column.
std::string caret(const std::string& text, const base::Issue& issue) {
  if (issue.line < 1 || issue.column < 1) return {};
  const auto lines = base::split(text, '\n');
  if (static_cast<size_t>(issue.line) > lines.size()) return {};
  const std::string_view line = lines[static_cast<size_t>(issue.line) - 1];
  const std::string_view before = line.substr(0, static_cast<size_t>(issue.column) - 1);
  return "  " + std::string(line) + "\n  " + std::string(display_width(before), ' ') + "^\n";
}

int evaluate(const Options& options, const std::string& text) {
  if (options.explain && options.arguments.size() < 2) {
    explain(text, options.type, options.json);
    return k_exit_done;
  }
  const fhir::Document document = parse(options);
  const std::string type = options.type.empty() ? std::string(document.root()["resourceType"].text()) : options.type;
  if (options.explain) {
    explain(text, type, options.json);
    return k_exit_done;
  }
  const auto expression = fhirpath::Expression::compile(text, type);
  const auto entries = entries_of(document.root());
  fhirpath::Environment environment;
  environment.now = base::system_now();
  environment.today = base::local_date(environment.now, environment.zone);
  environment.resolve = [&](std::string_view reference) -> std::optional<fhir::Node> {
    const auto found = entries.find(reference);
    return found == entries.end() ? std::nullopt : std::optional(found->second);
  };
  const auto items = expression.evaluate(document.root(), environment);
  std::string out;
  if (options.json) {
    out = "[";
    for (const auto& item : items)
      out += (out.size() > 1 ? "," : "") + std::string(R"({"type":")") + type_of(item) + R"(","value":)" +
             json_of(item) + "}";
    out += "]\n";
  } else {
    for (const auto& item : items)
      out += type_of(item) + "\t" + line_of(item) + "\n";
  }
  std::fwrite(out.data(), 1, out.size(), stdout);
  return k_exit_done;
}

} // namespace

int fhirpath(const Options& options) {
  const std::string& text = options.arguments.at(0);
  try {
    return evaluate(options, text);
  } catch (const base::Refused& refused) {
    // A fault of a file has its own place.
    if (refused.issues().empty() || !refused.issues().front().file.empty()) throw;
    const std::string shown = caret(text, refused.issues().front());
    if (shown.empty()) throw;
    if (options.json) std::printf("%s\n", refused.issues().to_operation_outcome().c_str());
    std::fprintf(stderr, "xinglin: %s\n%s", refused.what(), shown.c_str());
    return k_exit_refused;
  }
}

} // namespace xinglin::wiring
