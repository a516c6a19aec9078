#include "server/api/call.h"

#include "lib/base/id.h"
#include "lib/base/text.h"
#include "lib/fhir/definitions.h"
#include "server/program/program.h"

#include <charconv>
#include <span>

namespace xinglin::api {

using base::Refusal;
using base::Refused;

Preferences parse_prefer(std::string_view header) {
  Preferences prefer;
  for (const std::string_view by_comma : base::split(header, ','))
    for (std::string_view part : base::split(by_comma, ';')) {
      part = base::trim(part);
      if (part == "return=minimal") prefer.returned = Preferences::Return::minimal;
      if (part == "return=representation") prefer.returned = Preferences::Return::representation;
      if (part == "return=OperationOutcome") prefer.returned = Preferences::Return::outcome;
      if (part == "handling=lenient") prefer.strict = false;
      if (part == "handling=strict") prefer.strict = true;
    }
  return prefer;
}

std::string_view Call::place(std::string_view name) const {
  for (const auto& [key, value] : places)
    if (key == name) return value;
  return {};
}

std::string Call::required(std::string_view name) const {
  if (auto value = parameter(name); value && !value->empty()) return *value;
  throw Refused(Refusal::malformed, "required",
                "The parameter \"" + std::string(name) + "\" is missing; add ?" + std::string(name) + "=... .");
}

int64_t Call::number(std::string_view name, int64_t absent, int64_t low, int64_t high) const {
  const auto text = parameter(name);
  if (!text) return absent;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || value < low || value > high)
    throw Refused(Refusal::malformed, "value",
                  "\"" + *text + "\" is not a value of " + std::string(name) + "; give a whole number from " +
                      std::to_string(low) + " to " + std::to_string(high) + ".");
  return value;
}

std::string resource_type(const Call& call) {
  const std::string type(call.place("type"));
  if (fhir::is_resource_type(type)) return type;
  std::vector<std::string> known;
  for (const std::string_view name : fhir::resource_types())
    known.emplace_back(name);
  const std::string near = base::suggest(type, known);
  throw Refused(Refusal::not_found, "not-supported",
                "FHIR R4 has no resource type \"" + type + "\"" +
                    (near.empty() ? "; see /fhir/metadata." : "; did you mean " + near + "?"));
}

std::string resource_id(const Call& call) {
  const std::string id(call.place("id"));
  if (base::is_fhir_id(id)) return id;
  throw Refused(Refusal::malformed, "value", "\"" + id + "\" is not an id: 1 to 64 letters, digits, '-' and '.'.");
}

bool is_of_this_version(std::string_view media_type) {
  auto parameters = base::split(media_type, ';');
  for (std::string_view part : std::span(parameters).subspan(1)) {
    part = base::trim(part);
    const size_t is = part.find('=');
    if (is == std::string_view::npos || base::trim(part.substr(0, is)) != "fhirVersion") continue;
    std::string_view version = base::trim(part.substr(is + 1));
    if (version.size() > 1 && version.front() == '"' && version.back() == '"')
      version = version.substr(1, version.size() - 2);
    if (version != "4.0" && version != "4.0.1") return false;
  }
  return true;
}

fhir::Document body_json(const Call& call) {
  std::string_view type = call.request->header("Content-Type");
  if (!is_of_this_version(type))
    throw StatusError(415, "not-supported",
                      "The body's Content-Type is \"" + std::string(type) +
                          "\"; this server speaks R4: fhirVersion=4.0.");
  type = base::trim(type.substr(0, type.find(';')));
  if (type != k_fhir_json && type != k_json && type != "text/json")
    throw StatusError(415, "not-supported",
                      "The body's Content-Type is \"" + std::string(type) + "\"; send " + std::string(k_fhir_json) +
                          ".");
  return fhir::Document::parse(call.request->body);
}

fhir::Document body_resource(const Call& call, std::string_view type, std::string_view id) {
  fhir::Document document = body_json(call);
  const fhir::Node resource = document.root();
  if (resource["resourceType"].text() != type)
    throw Refused(Refusal::malformed, "invalid",
                  "The body is a \"" + std::string(resource["resourceType"].text()) + "\" but the address says " +
                      std::string(type) + "; make resourceType and address the same.",
                  "resourceType");
  if (!id.empty() && resource["id"].text() != id)
    throw Refused(Refusal::malformed, "invalid",
                  "The body's id is \"" + std::string(resource["id"].text()) + "\" but the address says " +
                      std::string(id) + "; make them the same.",
                  std::string(type) + ".id");
  return document;
}

store::Receipt write(const Call& call, std::vector<store::Write> writes) {
  return call.services->program->write(std::move(writes));
}

} // namespace xinglin::api
