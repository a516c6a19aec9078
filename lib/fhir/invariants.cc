#include "lib/fhir/invariants.h"

#include "lib/base/clock.h"
#include "lib/base/decimal.h"
#include "lib/base/text.h"
#include "lib/fhir/primitive.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <fmt/format.h>
#include <optional>
#include <set>
#include <unordered_map>

namespace xinglin::fhir {

namespace {

using Presence = PresenceRule::Kind;

struct PresenceRow {
  std::string_view type;
  std::string_view key;
  Presence kind;
  std::string_view first;
  std::string_view second;
};

constexpr std::array k_presence_rows{
    PresenceRow{"Appointment", "app-2", Presence::together, "start", "end"},
    PresenceRow{"Appointment.participant", "app-1", Presence::any_of, "type actor", ""},
    PresenceRow{"AppointmentResponse", "apr-1", Presence::any_of, "participantType actor", ""},
    PresenceRow{"Attachment", "att-1", Presence::needs, "data", "contentType"},
    PresenceRow{"AuditEvent.entity", "sev-1", Presence::not_both, "name", "query"},
    PresenceRow{"Bundle.entry", "bdl-5", Presence::any_of, "resource request response", ""},
    PresenceRow{"CapabilityStatement", "cpb-1", Presence::any_of, "rest messaging document", ""},
    PresenceRow{"CapabilityStatement", "cpb-2", Presence::any_of, "description software implementation", ""},
    PresenceRow{"CarePlan.activity", "cpl-3", Presence::not_both, "detail", "reference"},
    PresenceRow{"Composition.section", "cmp-1", Presence::any_of, "text entry section", ""},
    PresenceRow{"Composition.section", "cmp-2", Presence::not_both, "emptyReason", "entry"},
    PresenceRow{"Condition.evidence", "con-2", Presence::any_of, "code detail", ""},
    PresenceRow{"Condition.stage", "con-1", Presence::any_of, "summary assessment", ""},
    PresenceRow{"Consent", "ppc-1", Presence::any_of, "policy policyRule", ""},
    PresenceRow{"ContactPoint", "cpt-2", Presence::needs, "value", "system"},
    PresenceRow{"CoverageEligibilityResponse.insurance.item", "ces-1", Presence::exactly_one,
                "category productOrService", ""},
    PresenceRow{"DataRequirement.codeFilter", "drq-1", Presence::exactly_one, "path searchParam", ""},
    PresenceRow{"DataRequirement.dateFilter", "drq-2", Presence::exactly_one, "path searchParam", ""},
    PresenceRow{"ElementDefinition", "eld-8", Presence::not_both, "pattern", "fixed"},
    PresenceRow{"ElementDefinition", "eld-15", Presence::not_both, "defaultValue", "meaningWhenMissing"},
    PresenceRow{"ElementDefinition", "eld-22", Presence::needs, "sliceIsConstraining", "sliceName"},
    PresenceRow{"ElementDefinition.slicing", "eld-1", Presence::any_of, "discriminator description", ""},
    PresenceRow{"Expression", "exp-1", Presence::any_of, "expression reference", ""},
    PresenceRow{"Extension", "ext-1", Presence::exactly_one, "extension value", ""},
    PresenceRow{"FamilyMemberHistory", "fhs-1", Presence::not_both, "age", "born"},
    PresenceRow{"FamilyMemberHistory", "fhs-2", Presence::needs, "estimatedAge", "age"},
    PresenceRow{"Goal.target", "gol-1", Presence::needs, "detail", "measure"},
    PresenceRow{"Immunization.education", "imm-1", Presence::any_of, "documentType reference", ""},
    PresenceRow{"ImmunizationRecommendation.recommendation", "imr-1", Presence::any_of, "vaccineCode targetDisease",
                ""},
    PresenceRow{"InsurancePlan", "ipn-1", Presence::any_of, "identifier name", ""},
    PresenceRow{"List", "lst-1", Presence::not_both, "emptyReason", "entry"},
    PresenceRow{"MedicationAdministration.dosage", "mad-1", Presence::any_of, "dose rate", ""},
    PresenceRow{"MolecularSequence.referenceSeq", "msq-5", Presence::together, "chromosome", "genomeBuild"},
    PresenceRow{"Observation", "obs-6", Presence::not_both, "dataAbsentReason", "value"},
    PresenceRow{"Observation.referenceRange", "obs-3", Presence::any_of, "low high text", ""},
    PresenceRow{"OperationDefinition.parameter", "opd-1", Presence::any_of, "type part", ""},
    PresenceRow{"Organization", "org-1", Presence::any_of, "identifier name", ""},
    PresenceRow{"Parameters.parameter", "inv-1", Presence::exactly_one, "value resource part", ""},
    PresenceRow{"Patient.contact", "pat-1", Presence::any_of, "name telecom address organization", ""},
    PresenceRow{"Quantity", "qty-3", Presence::needs, "code", "system"},
    PresenceRow{"Age", "qty-3", Presence::needs, "code", "system"},
    PresenceRow{"Count", "qty-3", Presence::needs, "code", "system"},
    PresenceRow{"Distance", "qty-3", Presence::needs, "code", "system"},
    PresenceRow{"Duration", "qty-3", Presence::needs, "code", "system"},
    PresenceRow{"Questionnaire.item", "que-4", Presence::not_both, "answerOption", "answerValueSet"},
    PresenceRow{"Questionnaire.item", "que-11", Presence::not_both, "answerOption", "initial"},
    PresenceRow{"QuestionnaireResponse.item", "qrs-1", Presence::not_both, "answer", "item"},
    PresenceRow{"RequestGroup.action", "rqg-1", Presence::exactly_one, "resource action", ""},
    PresenceRow{"SearchParameter", "spd-1", Presence::needs, "xpath", "xpathUsage"},
    PresenceRow{"ServiceRequest", "prr-1", Presence::needs, "orderDetail", "code"},
    PresenceRow{"StructureDefinition", "sdf-6", Presence::any_of, "snapshot differential", ""},
    PresenceRow{"StructureDefinition.mapping", "sdf-2", Presence::any_of, "name uri", ""},
    PresenceRow{"StructureMap.group.rule.target", "smp-1", Presence::needs, "element", "context"},
    PresenceRow{"StructureMap.group.rule.target", "smp-2", Presence::needs, "context", "contextType"},
    PresenceRow{"TerminologyCapabilities", "tcp-2", Presence::any_of, "description software implementation", ""},
    PresenceRow{"TestReport.test.action", "inv-2", Presence::exactly_one, "operation assert", ""},
    PresenceRow{"TestScript.setup.action", "tst-1", Presence::exactly_one, "operation assert", ""},
    PresenceRow{"TestScript.test.action", "tst-2", Presence::exactly_one, "operation assert", ""},
    PresenceRow{"Timing.repeat", "tim-1", Presence::needs, "duration", "durationUnit"},
    PresenceRow{"Timing.repeat", "tim-2", Presence::needs, "period", "periodUnit"},
    PresenceRow{"Timing.repeat", "tim-6", Presence::needs, "periodMax", "period"},
    PresenceRow{"Timing.repeat", "tim-7", Presence::needs, "durationMax", "duration"},
    PresenceRow{"Timing.repeat", "tim-8", Presence::needs, "countMax", "count"},
    PresenceRow{"Timing.repeat", "tim-9", Presence::needs, "offset", "when"},
    PresenceRow{"Timing.repeat", "tim-10", Presence::not_both, "timeOfDay", "when"},
    PresenceRow{"TriggerDefinition", "trd-1", Presence::not_both, "data", "timing"},
    PresenceRow{"TriggerDefinition", "trd-2", Presence::needs, "condition", "data"},
    PresenceRow{"ValueSet.compose.include", "vsd-1", Presence::any_of, "valueSet system", ""},
    PresenceRow{"ValueSet.compose.include", "vsd-2", Presence::needs, "concept filter", "system"},
    PresenceRow{"ValueSet.compose.include", "vsd-3", Presence::not_both, "concept", "filter"},
    PresenceRow{"ValueSet.expansion.contains", "vsd-6", Presence::any_of, "code display", ""},
    PresenceRow{"ValueSet.expansion.contains", "vsd-10", Presence::needs, "code", "system"},
};

uint64_t mask_of(const TypeDefinition& type, std::string_view names) {
  uint64_t mask = 0;
  if (names.empty()) return mask;
  for (std::string_view name : base::split(names, ' ')) {
    const ElementDefinition* element = find_element(type, name);
    assert(element != nullptr && "a rule names elements that exist");
    mask |= uint64_t{1} << (element - type.elements.data());
  }
  return mask;
}

std::string listed(std::string_view names, std::string_view joined_by) {
  std::string out;
  for (std::string_view name : base::split(names, ' ')) {
    if (!out.empty()) out += joined_by;
    out += name;
  }
  return out;
}

bool has_coding(Node concept_node, std::string_view system, std::initializer_list<std::string_view> codes) {
  for (Node coding : concept_node["coding"]) {
    if (coding["system"].text() != system) continue;
    if (std::find(codes.begin(), codes.end(), coding["code"].text()) != codes.end()) return true;
  }
  return false;
}

std::optional<base::Decimal> decimal(Node node) {
  return node.kind() == fhir::Kind::number ? base::Decimal::parse(node.text()) : std::nullopt;
}

/// Is the first moment surely after the second? Compared only as far as both are written.
bool is_after(std::string_view first, std::string_view second) {
  auto a = base::parse_instant(first);
  auto b = base::parse_instant(second);
  if (a && b) return *a > *b;
  if (!is_date_time(first) || !is_date_time(second)) return false;
  size_t size = std::min({first.size(), second.size(), size_t{10}});
  return first.substr(0, size) > second.substr(0, size);
}

/// The same name twice among these; the second one.
Node duplicate(Node array, std::string_view member) {
  std::set<std::string_view> seen;
  for (Node item : array) {
    Node value = item[member];
    if (value && !seen.insert(value.text()).second) return value;
  }
  return {};
}

void period(Node node, BrokenRules& broken) {
  Node start = node["start"];
  Node end = node["end"];
  if (start && end && is_after(start.text(), end.text())) {
    broken.push_back(
        {"per-1",
         fmt::format("The period starts ({}) after it ends ({}); exchange or mend them.", start.text(), end.text()),
         {}});
  }
}

void range(Node node, BrokenRules& broken) {
  Node low = node["low"];
  Node high = node["high"];
  if (low["code"].text() != high["code"].text() || low["unit"].text() != high["unit"].text()) return;
  auto least = decimal(low["value"]);
  auto most = decimal(high["value"]);
  if (least && most && *most < *least) {
    broken.push_back({"rng-2", "The low value of the range is above the high one; exchange or mend them.", {}});
  }
}

void ratio(Node node, BrokenRules& broken) {
  bool above = static_cast<bool>(node["numerator"]);
  bool below = static_cast<bool>(node["denominator"]);
  if (above != below || (!above && !node["extension"])) {
    broken.push_back({"rat-1", "A ratio has both numerator and denominator; add the missing one.", {}});
  }
}

void attachment(Node node, BrokenRules& broken) {
  auto size = decimal(node["size"]);
  int64_t actual = node["data"] ? base64_size(node["data"].text()) : -1;
  if (size && actual >= 0 && !(*size == base::Decimal(actual))) {
    broken.push_back({"",
                      fmt::format("The attachment's size says {} bytes but its data has {}; mend the size.",
                                  node["size"].text(), actual),
                      node["size"]});
  }
}

void allergy_intolerance(Node node, BrokenRules& broken) {
  bool error =
      has_coding(node["verificationStatus"], "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
                 {"entered-in-error"});
  bool status = static_cast<bool>(node["clinicalStatus"]);
  if (!error && !status) {
    broken.push_back({"ait-1", "clinicalStatus is needed unless verificationStatus is entered-in-error; add it.", {}});
  }
  if (error && status) {
    broken.push_back({"ait-2", "clinicalStatus must be absent when verificationStatus is entered-in-error; remove it.",
                      node["clinicalStatus"]});
  }
}

void appointment(Node node, BrokenRules& broken) {
  std::string_view status = node["status"].text();
  bool open = status == "proposed" || status == "cancelled" || status == "waitlist";
  if (!open && !(node["start"] && node["end"])) {
    broken.push_back({"app-3",
                      "start and end are needed unless the appointment is proposed, cancelled or on a waitlist; "
                      "add them.",
                      {}});
  }
  if (node["cancelationReason"] && status != "no-show" && status != "cancelled") {
    broken.push_back({"app-4",
                      "cancelationReason is only for status cancelled or no-show; remove it or mend the status.",
                      node["cancelationReason"]});
  }
}

void condition(Node node, BrokenRules& broken) {
  constexpr auto k_clinical = "http://terminology.hl7.org/CodeSystem/condition-clinical";
  bool abated = false;
  for (Node child : node)
    abated = abated || child.name().starts_with("abatement");
  if (abated && !has_coding(node["clinicalStatus"], k_clinical, {"resolved", "remission", "inactive"})) {
    broken.push_back(
        {"con-4", "A condition that has abated has clinicalStatus resolved, remission or inactive; mend one.", {}});
  }
  bool error = has_coding(node["verificationStatus"], "http://terminology.hl7.org/CodeSystem/condition-ver-status",
                          {"entered-in-error"});
  if (error && node["clinicalStatus"]) {
    broken.push_back({"con-5", "clinicalStatus must be absent when verificationStatus is entered-in-error; remove it.",
                      node["clinicalStatus"]});
  }
}

void concept_map_target(Node node, BrokenRules& broken) {
  std::string_view equivalence = node["equivalence"].text();
  if ((equivalence == "narrower" || equivalence == "inexact") && !node["comment"]) {
    broken.push_back({"cmd-1", "A narrower or inexact match needs a comment that says why; add it.", {}});
  }
}

void concept_map_unmapped(Node node, BrokenRules& broken) {
  if (node["mode"].text() == "fixed" && !node["code"])
    broken.push_back({"cmd-2", "mode fixed needs a code; add it.", {}});
  if (node["mode"].text() == "other-map" && !node["url"])
    broken.push_back({"cmd-3", "mode other-map needs a url; add it.", {}});
}

void collect_codes(Node concepts, std::set<std::string_view>& seen, BrokenRules& broken) {
  for (Node item : concepts) {
    Node code = item["code"];
    if (code && !seen.insert(code.text()).second) {
      broken.push_back({"csd-1", fmt::format("The code \"{}\" is defined twice; remove one.", code.text()), code});
    }
    collect_codes(item["concept"], seen, broken);
  }
}

void code_system(Node node, BrokenRules& broken) {
  std::set<std::string_view> seen;
  collect_codes(node["concept"], seen, broken);
  if (node["supplements"] && node["content"].text() != "supplement") {
    broken.push_back(
        {"", "A code system that supplements another has content \"supplement\"; mend it.", node["content"]});
  }
  for (const char* member : {"code", "uri"}) {
    if (Node twice = duplicate(node["property"], member)) {
      broken.push_back(
          {"", fmt::format("A property with the {} \"{}\" is declared twice; remove one.", member, twice.text()),
           twice});
    }
  }
}

void group(Node node, BrokenRules& broken) {
  if (node["member"] && !node["actual"].boolean()) {
    broken.push_back({"grp-1", "Only an actual group has members; set actual to true or remove them.", node["member"]});
  }
}

void list(Node node, BrokenRules& broken) {
  std::string_view mode = node["mode"].text();
  for (Node entry : node["entry"]) {
    if (entry["deleted"] && mode != "changes") {
      broken.push_back({"lst-2", "Entries are marked deleted only in a list of mode changes; mend the mode.", entry});
      break;
    }
  }
  for (Node entry : node["entry"]) {
    if (entry["date"] && mode != "working") {
      broken.push_back(
          {"lst-3", "Entries have dates only in a list of mode working; mend the mode or remove them.", entry});
      break;
    }
  }
}

void medication_dispense(Node node, BrokenRules& broken) {
  Node prepared = node["whenPrepared"];
  Node handed = node["whenHandedOver"];
  if (prepared && handed && is_after(prepared.text(), handed.text())) {
    broken.push_back({"mdd-1", "It was handed over before it was prepared; mend one of the times.", handed});
  }
}

void naming_system(Node node, BrokenRules& broken) {
  for (Node id : node["uniqueId"]) {
    if (node["kind"].text() == "root" && id["type"].text() == "uuid") {
      broken.push_back({"nsd-1", "A root cannot be identified by a uuid; use an oid or uri.", id});
    }
  }
}

void observation(Node node, BrokenRules& broken) {
  bool has_value = false;
  for (Node child : node)
    has_value = has_value || (child.name().starts_with("value") && child.name() != "value");
  if (!has_value) return;
  for (Node component : node["component"]) {
    for (Node coding : component["code"]["coding"]) {
      for (Node own : node["code"]["coding"]) {
        if (coding["code"] && coding["code"].text() == own["code"].text() &&
            coding["system"].text() == own["system"].text()) {
          broken.push_back({"obs-7",
                            "A component repeats the observation's own code, whose value stands beside it; remove "
                            "the value or the component.",
                            component});
          return;
        }
      }
    }
  }
}

void organization(Node node, BrokenRules& broken) {
  for (auto [member, key] : {std::pair{"address", "org-2"}, std::pair{"telecom", "org-3"}}) {
    for (Node item : node[member]) {
      if (item["use"].text() == "home") {
        broken.push_back(
            {key, fmt::format("An organization's {} cannot be of use home; use work or billing.", member), item});
      }
    }
  }
}

void collect_link_ids(Node items, std::set<std::string_view>& seen, BrokenRules& broken) {
  for (Node item : items) {
    Node id = item["linkId"];
    if (id && !seen.insert(id.text()).second) {
      broken.push_back(
          {"que-2", fmt::format("The linkId \"{}\" stands twice; give each item its own.", id.text()), id});
    }
    collect_link_ids(item["item"], seen, broken);
  }
}

void questionnaire(Node node, BrokenRules& broken) {
  std::set<std::string_view> seen;
  collect_link_ids(node["item"], seen, broken);
}

void questionnaire_item(Node node, BrokenRules& broken) {
  std::string_view type = node["type"].text();
  auto is_one_of = [type](std::initializer_list<std::string_view> types) {
    return std::find(types.begin(), types.end(), type) != types.end();
  };
  auto add = [&](std::string_view key, std::string text) { broken.push_back({key, std::move(text), {}}); };
  bool display = type == "display";
  if (type == "group" && !node["item"]) add("que-1", "A group has items; add them or change the type.");
  if (display && node["item"]) add("que-1", "A display has no items; make it a group.");
  if (display && node["code"]) add("que-3", "A display has no code; remove it.");
  if ((node["answerOption"] || node["answerValueSet"]) &&
      !is_one_of({"choice", "open-choice", "decimal", "integer", "date", "dateTime", "time", "string", "quantity"})) {
    add("que-5", fmt::format("Items of type {} have no list of answers; change the type to choice.", type));
  }
  if (display && (node["required"] || node["repeats"]))
    add("que-6", "A display is neither required nor repeats; remove it.");
  if ((display || type == "group") && node["initial"])
    add("que-8", "A group or display has no initial value; remove it.");
  if (display && node["readOnly"]) add("que-9", "A display is never read-only; remove it.");
  if (node["maxLength"] && !is_one_of({"boolean", "decimal", "integer", "string", "text", "url", "open-choice"})) {
    add("que-10", fmt::format("Items of type {} have no maxLength; remove it.", type));
  }
  // The published expression says "> 2", its text "more than one"; the text is what validators follow.
  if (node["enableWhen"].size() > 1 && !node["enableBehavior"]) {
    add("que-12", "Several enableWhen need enableBehavior (all or any); add it.");
  }
  if (!node["repeats"].boolean() && node["initial"].size() > 1) {
    add("que-13", "Several initial values need repeats true; add it or keep one.");
  }
}

void questionnaire_enable_when(Node node, BrokenRules& broken) {
  if (node["operator"].text() == "exists" && !node["answerBoolean"]) {
    broken.push_back({"que-7", "The operator exists needs answerBoolean; write true or false.", {}});
  }
}

void risk_prediction(Node node, BrokenRules& broken) {
  auto probability = decimal(node["probabilityDecimal"]);
  if (probability && base::Decimal(100) < *probability) {
    broken.push_back({"ras-2", "A probability is at most 100; mend it.", node["probabilityDecimal"]});
  }
}

void search_parameter(Node node, BrokenRules& broken) {
  if (node["chain"] && node["type"].text() != "reference") {
    broken.push_back({"spd-2", "Only a parameter of type reference chains; remove chain.", node["chain"]});
  }
  if (node["type"].text() == "composite" && node["component"].size() < 2) {
    broken.push_back({"", "A parameter of type composite has at least two components; add them.", {}});
  }
  if (!node["derivedFrom"]) return;
  for (const SearchParameterDefinition& known : search_parameters()) {
    if (known.url == node["derivedFrom"].text() && known.type != node["type"].text()) {
      broken.push_back(
          {"",
           fmt::format("The parameter is derived from {}, which is of type {}; use that type.", known.url, known.type),
           node["type"]});
    }
  }
}

/// Does the path of an element definition lead to an element? Where the definitions cannot tell (below a choice), yes.
bool leads_somewhere(std::string_view path) {
  auto names = base::split(path, '.');
  const TypeDefinition* type = find_type(names[0]);
  for (size_t i = 1; i < names.size(); ++i) {
    if (type == nullptr || type->name == "Resource") return true;
    std::string_view name = names[i].substr(0, names[i].find('['));
    const ElementDefinition* element = find_element(*type, name);
    if (element == nullptr) return type->kind == TypeDefinition::Kind::primitive && name == "value";
    type = element->types.size() == 1 ? find_type(element->types[0]) : nullptr;
  }
  return true;
}

void structure_definition(Node node, BrokenRules& broken) {
  if (!node["abstract"].boolean() && !node["baseDefinition"]) {
    broken.push_back({"sdf-4", "A definition that is not abstract has a baseDefinition; add it.", {}});
  }
  if (node["type"].text() == "Extension" && node["derivation"].text() != "specialization" && !node["context"]) {
    broken.push_back({"sdf-5", "An extension says where it may be used; add context.", {}});
  }
  if (node["contextInvariant"] && node["type"].text() != "Extension") {
    broken.push_back({"sdf-18", "Only extensions have contextInvariant; remove it.", node["contextInvariant"]});
  }
  for (Node element : node["differential"]["element"]) {
    if (element["slicing"] && element["path"].text().find('.') == std::string_view::npos) {
      broken.push_back({"sdf-20", "The root element cannot be sliced; slice an element below it.", element});
    }
    std::string_view path = element["path"].text();
    if (node["kind"].text() != "logical" && node["derivation"].text() == "constraint" && !leads_somewhere(path)) {
      broken.push_back({"", fmt::format("There is no element \"{}\"; mend the path.", path), element["path"]});
    }
  }
  for (auto [view, key] : {std::pair{"snapshot", "sdf-16"}, std::pair{"differential", "sdf-17"}}) {
    for (Node element : node[view]["element"]) {
      if (!element["id"]) {
        broken.push_back({"sdf-14", "Each element definition has an id; add it.", element});
        break;
      }
    }
    if (Node twice = duplicate(node[view]["element"], "id")) {
      broken.push_back(
          {key, fmt::format("The element id \"{}\" stands twice; give each its own.", twice.text()), twice});
    }
  }
}

void element_definition(Node node, BrokenRules& broken) {
  auto least = decimal(node["min"]);
  auto most = base::Decimal::parse(node["max"].text());
  if (least && most && *most < *least) broken.push_back({"eld-2", "min is above max; exchange or mend them.", {}});
  // eld-19: names are separated by single points and hold no punctuation.
  std::string_view path = node["path"].text();
  bool good = true;
  size_t size = 0;
  for (char c : path) {
    if (c == '.') {
      good = good && size > 0;
      size = 0;
    } else {
      good = good && std::string_view(",;'\"/|?!@#$%&*() \t\n{}\\").find(c) == std::string_view::npos;
      ++size;
    }
  }
  if (!path.empty() && (!good || size == 0)) {
    broken.push_back({"eld-19",
                      fmt::format("\"{}\" is not an element path; write names joined by single points.", path),
                      node["path"]});
  }
}

void timing_repeat(Node node, BrokenRules& broken) {
  for (auto [member, key] : {std::pair{"duration", "tim-4"}, std::pair{"period", "tim-5"}}) {
    auto value = decimal(node[member]);
    if (value && *value < base::Decimal(0)) {
      broken.push_back({key, fmt::format("A {} is not negative; mend it.", member), node[member]});
    }
  }
}

void value_set_include(Node node, BrokenRules& broken) {
  std::string_view system = node["system"].text();
  if (!system.empty() && system.find(':') == std::string_view::npos) {
    broken.push_back({"", fmt::format("The system \"{}\" is not absolute; write the code system's full URL.", system),
                      node["system"]});
  }
  auto check_code = [&](Node code) {
    if (code && in_code_system(system, code.text()) == Membership::no) {
      broken.push_back({"", fmt::format("\"{}\" is not a code of {}; mend it.", code.text(), system), code});
    }
  };
  for (Node item : node["concept"])
    check_code(item["code"]);
  for (Node filter : node["filter"]) {
    std::string_view property = filter["property"].text();
    std::string_view op = filter["op"].text();
    bool names_code = property == "concept" || property == "parent" || property == "child";
    if (names_code && (op == "=" || op == "is-a" || op == "descendent-of" || op == "is-not-a" || op == "generalizes")) {
      check_code(filter["value"]);
    }
  }
}

/// The entries of a document by what may name them: fullUrl, Type/id at its end, and the resource's own type and id.
using EntriesByName = std::unordered_map<std::string, std::vector<Node>>;

EntriesByName entries_by_name(Node bundle) {
  EntriesByName entries;
  for (Node entry : bundle["entry"]) {
    Node resource = entry["resource"];
    std::string url(entry["fullUrl"].text());
    std::set<std::string> names{fmt::format("{}/{}", resource["resourceType"].text(), resource["id"].text()), url};
    size_t slash = url.rfind('/');
    if (slash != std::string::npos && slash > 0 && url.rfind('/', slash - 1) != std::string::npos) {
      names.insert(url.substr(url.rfind('/', slash - 1) + 1));
    }
    for (const std::string& name : names)
      entries[name].push_back(entry);
  }
  return entries;
}

/// What a document's Composition refers to by relative or urn: reference is in the document, once.
void document_references(const EntriesByName& entries, Node node, BrokenRules& broken) {
  for (Node child : node) {
    if (child.name() != "reference" || !child.is_string()) {
      if (child.name() != "contained") document_references(entries, child, broken);
      continue;
    }
    std::string_view text = child.text();
    bool is_local = text.starts_with("urn:") || text.find(':') == std::string_view::npos;
    if (text.starts_with('#') || !is_local) continue;
    size_t history = text.find("/_history/");
    auto found = entries.find(std::string(text.substr(0, history)));
    size_t matches = 0;
    if (found != entries.end()) {
      std::string_view version = history == std::string_view::npos ? std::string_view{} : text.substr(history + 10);
      matches = static_cast<size_t>(std::count_if(found->second.begin(), found->second.end(), [&](Node entry) {
        return version.empty() || entry["resource"]["meta"]["versionId"].text() == version;
      }));
    }
    if (matches == 0) {
      broken.push_back(
          {"", fmt::format("The document does not hold \"{}\", to which its Composition refers; add it.", text),
           child});
    } else if (matches > 1) {
      broken.push_back(
          {"", fmt::format("{} entries answer to \"{}\"; name the version (/_history/).", matches, text), child});
    }
  }
}

void bundle(Node node, BrokenRules& broken) {
  std::string_view type = node["type"].text();
  auto is_one_of = [type](std::initializer_list<std::string_view> types) {
    return std::find(types.begin(), types.end(), type) != types.end();
  };
  Node first = node["entry"].at(0)["resource"];
  std::string_view first_type = first["resourceType"].text();
  if (node["total"] && !is_one_of({"searchset", "history"})) {
    broken.push_back({"bdl-1", "Only a searchset or history has a total; remove it.", node["total"]});
  }
  if (type == "document") {
    if (!node["identifier"]["system"] || !node["identifier"]["value"]) {
      broken.push_back({"bdl-9", "A document has an identifier with system and value; add it.", {}});
    }
    if (!node["timestamp"]) broken.push_back({"bdl-10", "A document has a timestamp; add it.", {}});
    if (first_type != "Composition") {
      broken.push_back({"bdl-11", "The first resource of a document is its Composition; put it first.", node["entry"]});
    }
    document_references(entries_by_name(node), first, broken);
  }
  if (type == "message" && first_type != "MessageHeader") {
    broken.push_back({"bdl-12", "The first resource of a message is its MessageHeader; put it first.", node["entry"]});
  }
  bool asks = is_one_of({"batch", "transaction", "history"});
  bool answers = is_one_of({"batch-response", "transaction-response", "history"});
  std::set<std::pair<std::string_view, std::string_view>> full_urls;
  for (Node entry : node["entry"]) {
    if (entry["search"] && type != "searchset") {
      broken.push_back({"bdl-2", "Only entries of a searchset have search; remove it.", entry["search"]});
    }
    if (static_cast<bool>(entry["request"]) != asks) {
      broken.push_back({"bdl-3",
                        asks ? fmt::format("Each entry of a {} has a request (method and url); add it.", type)
                             : fmt::format("Entries of a {} have no request; remove it.", type),
                        entry});
    }
    if (static_cast<bool>(entry["response"]) != answers) {
      broken.push_back({"bdl-4",
                        answers ? fmt::format("Each entry of a {} has a response; add it.", type)
                                : fmt::format("Entries of a {} have no response; remove it.", type),
                        entry});
    }
    Node url = entry["fullUrl"];
    std::string_view mode = entry["search"]["mode"].text();
    std::string_view resource_type = entry["resource"]["resourceType"].text();
    if (mode == "outcome" && resource_type != "OperationOutcome") {
      broken.push_back({"", "An entry of search mode outcome is an OperationOutcome; mend the mode.", entry});
    }
    if (type == "searchset" && !resource_type.empty() && resource_type != "OperationOutcome" &&
        !entry["resource"]["id"]) {
      broken.push_back({"", "A resource found by a search has an id; add it.", entry["resource"]});
    }
    if (!url) continue;
    std::string_view text = url.text();
    if (text.find("/_history/") != std::string_view::npos) {
      broken.push_back({"bdl-8", "A fullUrl names no version; remove /_history/ and what follows.", url});
    }
    if (text.find(':') == std::string_view::npos) {
      broken.push_back(
          {"", fmt::format("The fullUrl \"{}\" is not absolute; write a full URL or urn:uuid:.", text), url});
    }
    if (type != "history" && !full_urls.emplace(text, entry["resource"]["meta"]["versionId"].text()).second) {
      broken.push_back({"bdl-7", fmt::format("The fullUrl \"{}\" stands twice; give each entry its own.", text), url});
    }
  }
  std::set<std::string_view> relations;
  for (Node link : node["link"]) {
    Node relation = link["relation"];
    bool once = relation.text() == "self" || relation.text() == "first" || relation.text() == "last" ||
                relation.text() == "next" || relation.text() == "previous";
    if (!relations.insert(relation.text()).second && once) {
      broken.push_back(
          {"", fmt::format("The link relation \"{}\" stands twice; keep one.", relation.text()), relation});
    }
  }
}

constexpr std::pair<std::string_view, Rule> k_rules[] = {
    {"AllergyIntolerance", allergy_intolerance},
    {"Appointment", appointment},
    {"Attachment", attachment},
    {"Bundle", bundle},
    {"CodeSystem", code_system},
    {"ConceptMap.group.element.target", concept_map_target},
    {"ConceptMap.group.unmapped", concept_map_unmapped},
    {"Condition", condition},
    {"ElementDefinition", element_definition},
    {"Group", group},
    {"List", list},
    {"MedicationDispense", medication_dispense},
    {"NamingSystem", naming_system},
    {"Observation", observation},
    {"Organization", organization},
    {"Period", period},
    {"Questionnaire", questionnaire},
    {"Questionnaire.item", questionnaire_item},
    {"Questionnaire.item.enableWhen", questionnaire_enable_when},
    {"Range", range},
    {"Ratio", ratio},
    {"RiskAssessment.prediction", risk_prediction},
    {"SearchParameter", search_parameter},
    {"StructureDefinition", structure_definition},
    {"Timing.repeat", timing_repeat},
    {"ValueSet.compose.include", value_set_include},
};

/// The rules by type index.
struct Tables {
  std::vector<std::vector<PresenceRule>> presence;
  std::vector<Rule> rules;

  Tables() : presence(types().size()), rules(types().size()) {
    for (const PresenceRow& row : k_presence_rows) {
      const TypeDefinition* type = find_type(row.type);
      assert(type != nullptr && "a rule is for a type that exists");
      presence[type->index].push_back(
          {row.kind, row.key, mask_of(*type, row.first), mask_of(*type, row.second), row.first, row.second});
    }
    for (auto [name, rule] : k_rules) {
      const TypeDefinition* type = find_type(name);
      assert(type != nullptr && "a rule is for a type that exists");
      rules[type->index] = rule;
    }
  }
};

const Tables& tables() {
  static const Tables instance;
  return instance;
}

} // namespace

std::span<const PresenceRule> presence_rules(const TypeDefinition& type) {
  return tables().presence[type.index];
}

Rule rule_of(const TypeDefinition& type) {
  return tables().rules[type.index];
}

std::string check_presence(const PresenceRule& rule, uint64_t seen) {
  bool first = (seen & rule.first) != 0;
  bool second = (seen & rule.second) != 0;
  switch (rule.kind) {
  case Presence::any_of:
    if (first) return {};
    return fmt::format("One of {} is needed; add it.", listed(rule.first_names, ", "));
  case Presence::not_both:
    if (!(first && second)) return {};
    return fmt::format("{} and {} exclude each other; remove one.", rule.first_names, rule.second_names);
  case Presence::needs:
    if (!first || second) return {};
    return fmt::format("{} needs {} beside it; add it.", listed(rule.first_names, " or "), rule.second_names);
  case Presence::exactly_one:
    if (std::popcount(seen & rule.first) == 1) return {};
    return fmt::format("Exactly one of {} is needed; {}.", listed(rule.first_names, ", "),
                       first ? "remove the others" : "add it");
  case Presence::together:
    if (first == second) return {};
    return fmt::format("{} and {} go together; add the missing one.", rule.first_names, rule.second_names);
  }
  return {};
}

} // namespace xinglin::fhir
