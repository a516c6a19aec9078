#include "lib/validation/prose.h"

#include "lib/base/decimal.h"
#include "lib/base/text.h"
#include "lib/fhir/primitive.h"

#include <algorithm>
#include <cassert>
#include <fmt/format.h>
#include <set>
#include <unordered_map>

namespace xinglin::validation {

using fhir::Node;

namespace {

/// The same value twice among these; the second one.
Node duplicate(Node array, std::string_view member) {
  std::set<std::string_view> seen;
  for (Node item : array) {
    Node value = item[member];
    if (value && !seen.insert(value.text()).second) return value;
  }
  return {};
}

void attachment(Node node, BrokenRules& broken) {
  Node stated = node["size"];
  if (stated.kind() != fhir::Kind::number) return;
  auto size = base::Decimal::parse(stated.text());
  int64_t actual = node["data"] ? fhir::base64_size(node["data"].text()) : -1;
  if (size && actual >= 0 && !(*size == base::Decimal(actual))) {
    broken.add(
        fmt::format("The attachment's size says {} bytes but its data has {}; mend the size.", stated.text(), actual),
        stated);
  }
}

void code_system(Node node, BrokenRules& broken) {
  if (node["supplements"] && node["content"].text() != "supplement") {
    broken.add("A code system that supplements another has content \"supplement\"; mend it.", node["content"]);
  }
  for (const char* member : {"code", "uri"}) {
    if (Node twice = duplicate(node["property"], member)) {
      broken.add(fmt::format("A property with the {} \"{}\" is declared twice; remove one.", member, twice.text()),
                 twice);
    }
  }
}

void search_parameter(Node node, BrokenRules& broken) {
  if (node["type"].text() == "composite" && node["component"].size() < 2) {
    broken.add("A parameter of type composite has at least two components; add them.");
  }
  if (!node["derivedFrom"]) return;
  for (const fhir::SearchParameterDefinition& known : fhir::search_parameters()) {
    if (known.url == node["derivedFrom"].text() && known.type != node["type"].text()) {
      broken.add(
          fmt::format("The parameter is derived from {}, which is of type {}; use that type.", known.url, known.type),
          node["type"]);
    }
  }
}

/// Does the path of an element definition lead to an element? Where the definitions cannot tell (below a choice), yes.
bool leads_somewhere(std::string_view path) {
  auto names = base::split(path, '.');
  const fhir::TypeDefinition* type = fhir::find_type(names[0]);
  for (size_t i = 1; i < names.size(); ++i) {
    if (type == nullptr || type->name == "Resource") return true;
    std::string_view name = names[i].substr(0, names[i].find('['));
    const fhir::ElementDefinition* element = fhir::find_element(*type, name);
    if (element == nullptr) return type->kind == fhir::TypeDefinition::Kind::primitive && name == "value";
    type = element->types.size() == 1 ? fhir::find_type(element->types[0]) : nullptr;
  }
  return true;
}

void structure_definition(Node node, BrokenRules& broken) {
  if (node["kind"].text() == "logical" || node["derivation"].text() != "constraint") return;
  for (Node element : node["differential"]["element"]) {
    std::string_view path = element["path"].text();
    if (!leads_somewhere(path)) {
      broken.add(fmt::format("There is no element \"{}\"; mend the path.", path), element["path"]);
    }
  }
}

void value_set_include(Node node, BrokenRules& broken) {
  std::string_view system = node["system"].text();
  if (!system.empty() && system.find(':') == std::string_view::npos) {
    broken.add(fmt::format("The system \"{}\" is not absolute; write the code system's full URL.", system),
               node["system"]);
  }
  auto check_code = [&](Node code) {
    if (code && fhir::in_code_system(system, code.text()) == fhir::Membership::no) {
      broken.add(fmt::format("\"{}\" is not a code of {}; mend it.", code.text(), system), code);
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
      broken.add(fmt::format("The document does not hold \"{}\", to which its Composition refers; add it.", text),
                 child);
    } else if (matches > 1) {
      broken.add(fmt::format("{} entries answer to \"{}\"; name the version (/_history/).", matches, text), child);
    }
  }
}

void bundle(Node node, BrokenRules& broken) {
  std::string_view type = node["type"].text();
  if (type == "document") document_references(entries_by_name(node), node["entry"].at(0)["resource"], broken);
  for (Node entry : node["entry"]) {
    Node resource = entry["resource"];
    std::string_view resource_type = resource["resourceType"].text();
    if (entry["search"]["mode"].text() == "outcome" && resource_type != "OperationOutcome") {
      broken.add("An entry of search mode outcome is an OperationOutcome; mend the mode.", entry);
    }
    if (type == "searchset" && !resource_type.empty() && resource_type != "OperationOutcome" && !resource["id"]) {
      broken.add("A resource found by a search has an id; add it.", resource);
    }
  }
  std::set<std::string_view> relations;
  for (Node link : node["link"]) {
    Node relation = link["relation"];
    bool once = relation.text() == "self" || relation.text() == "first" || relation.text() == "last" ||
                relation.text() == "next" || relation.text() == "previous";
    if (!relations.insert(relation.text()).second && once) {
      broken.add(fmt::format("The link relation \"{}\" stands twice; keep one.", relation.text()), relation);
    }
  }
}

void bundle_entry(Node node, BrokenRules& broken) {
  Node url = node["fullUrl"];
  if (url && url.text().find(':') == std::string_view::npos) {
    broken.add(fmt::format("The fullUrl \"{}\" is not absolute; write a full URL or urn:uuid:.", url.text()), url);
  }
}

constexpr std::pair<std::string_view, ProseRule> k_rules[] = {
    {"Attachment", attachment},
    {"Bundle", bundle},
    {"Bundle.entry", bundle_entry},
    {"CodeSystem", code_system},
    {"SearchParameter", search_parameter},
    {"StructureDefinition", structure_definition},
    {"ValueSet.compose.include", value_set_include},
};

} // namespace

ProseRule prose_rule_of(const fhir::TypeDefinition& type) {
  static const std::vector<ProseRule> by_type = [] {
    std::vector<ProseRule> rules(fhir::types().size());
    for (auto [name, rule] : k_rules) {
      const fhir::TypeDefinition* found = fhir::find_type(name);
      assert(found != nullptr && "a rule is for a type that exists");
      rules[found->index] = rule;
    }
    return rules;
  }();
  return by_type[type.index];
}

} // namespace xinglin::validation
