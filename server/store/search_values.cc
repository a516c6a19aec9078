#include "server/store/search_values.h"

#include "server/store/resource_text.h"

#include "lib/base/issue.h"

#include <algorithm>
#include <fmt/format.h>

namespace xinglin::store {

using fhir::Node;
using fhirpath::Value;

namespace {

class Extraction {
public:
  Extraction(Node resource, base::Zone zone)
      : m_resource(resource), m_zone(zone), m_starts(fhirpath::Expression::starts_of(resource)) {
    m_environment.zone = zone;
  }

  void add(const Unit& unit) {
    const Parameter& parameter = *unit.parameter;
    m_unit = unit.id;
    m_part = 0;
    if (parameter.kind == ParameterKind::composite) return add_composite(unit);
    for (const auto& expression : parameter.values)
      for (const Value& value : evaluate(expression))
        add_value(parameter, unit.variant, value);
    if (unit.variant != Variant::values && !parameter.paths.empty()) add_paths(parameter, unit.variant);
  }
  SearchValues take() { return std::move(m_values); }

private:
  /// Over the resource.
  const fhirpath::Collection& evaluate(const fhirpath::Expression& expression) {
    // OPTIMIZATION: most of a type's parameters speak of elements that a given resource does not have.
    m_found.clear();
    if ((expression.starts() & m_starts) == 0) return m_found;
    try {
      expression.evaluate(m_resource, m_environment, m_found);
    } catch (const base::Refused&) { // as below
      m_found.clear();
    }
    return m_found;
  }
  fhirpath::Collection evaluate(const fhirpath::Expression& expression, Node input) {
    try {
      return expression.evaluate(input, m_environment);
    } catch (const base::Refused&) {
      return {}; // the specification's expression does not fit this resource: it is found by its other parameters
    }
  }

  void add_composite(const Unit& unit) {
    int64_t position = 0;
    for (const auto& expression : unit.parameter->values)
      for (const Value& part : evaluate(expression)) {
        const Node* node = std::get_if<Node>(&part.data);
        if (!node) continue;
        m_part = ++position;
        for (size_t i = 0; i < unit.parameter->components.size(); i++) {
          const auto& component = unit.parameter->components[i];
          m_unit = unit.id + k_component_stride * static_cast<int64_t>(i + 1);
          for (const auto& each : component.values)
            for (const Value& value : evaluate(each, *node))
              add_by_kind(component.kind, value);
        }
      }
    m_values.parts.push_back({unit.id, position});
    m_part = 0;
  }

  void add_value(const Parameter& parameter, Variant variant, const Value& value) {
    switch (variant) {
    case Variant::values:
      if (parameter.kind == ParameterKind::reference) return reference(parameter, value);
      return add_by_kind(parameter.kind, value);
    case Variant::text: return words(value);
    case Variant::sort: {
      std::string text = plain_text(value);
      if (!text.empty()) string(text);
      return;
    }
    case Variant::missing: return token("true", "");
    case Variant::identifier:
      if (auto* node = std::get_if<Node>(&value.data))
        if (Node identifier = (*node)["identifier"]) identifier_token(identifier);
      return;
    }
  }

  void add_by_kind(ParameterKind kind, const Value& value) {
    switch (kind) {
    case ParameterKind::token: return tokens(value);
    case ParameterKind::string: return strings(value);
    case ParameterKind::date: return dates(value);
    case ParameterKind::number:
    case ParameterKind::quantity: return numbers(value);
    case ParameterKind::uri:
      if (std::string text = text_of(value); !text.empty()) token(text, "");
      return;
    case ParameterKind::reference: // as a component of a composite
      if (auto* node = std::get_if<Node>(&value.data); node && (*node)["reference"].is_string())
        token(std::string((*node)["reference"].text()), "");
      return;
    case ParameterKind::composite:
    case ParameterKind::special: return;
    }
  }

  /// References that are plain paths have no expression; their other forms are read from the paths.
  void add_paths(const Parameter& parameter, Variant variant) {
    for (const std::string& path : parameter.paths) {
      size_t from = parameter.type.size() + 1;
      walk(m_resource, std::string_view(path).substr(from), [&](Node node) {
        if (variant == Variant::identifier) {
          if (Node identifier = node["identifier"]) identifier_token(identifier);
        } else if (variant == Variant::missing) {
          token("true", "");
        } else if (variant == Variant::sort && node["reference"].is_string()) {
          string(node["reference"].text());
        }
      });
    }
  }
  template <typename Each> void walk(Node node, std::string_view path, const Each& each) {
    if (node.is_array()) {
      for (Node element : node)
        walk(element, path, each);
      return;
    }
    if (!node.is_object()) return;
    if (path.empty()) return each(node);
    size_t dot = path.find('.');
    walk(node[path.substr(0, dot)], dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1), each);
  }

  // Text of a primitive, by whichever way it came.
  std::string text_of(const Value& value) {
    if (auto* node = std::get_if<Node>(&value.data)) {
      if (node->is_object()) return {};
      return std::string(node->text());
    }
    return fhirpath::to_text(value).value_or("");
  }
  /// An extension stands for its value.
  Value unwrapped(const Value& value) {
    auto* node = std::get_if<Node>(&value.data);
    if (!node || !node->is_object() || !(*node)["url"]) return value;
    for (Node member : *node)
      if (member.name().starts_with("value") && member.name().size() > 5) {
        std::string_view type = member.name().substr(5);
        const auto* definition = fhir::find_type(type);
        Value inside;
        inside.data = member;
        if (definition) inside.type = definition->name;
        return inside;
      }
    return value;
  }

  void token(std::string code, std::string system) {
    if (!code.empty() || !system.empty())
      m_values.tokens.push_back({m_unit, std::move(code), std::move(system), m_part});
  }
  void identifier_token(Node identifier) {
    token(std::string(identifier["value"].text()), std::string(identifier["system"].text()));
  }
  void coding(Node coding) { token(std::string(coding["code"].text()), std::string(coding["system"].text())); }
  void tokens(const Value& given) {
    Value value = unwrapped(given);
    auto* node = std::get_if<Node>(&value.data);
    if (!node || !node->is_object()) return token(text_of(value), "");
    if (Node list = (*node)["coding"]; list.is_array()) { // CodeableConcept
      for (Node each : list)
        coding(each);
    } else if (value.type == "ContactPoint") {
      token(std::string((*node)["value"].text()), "");
    } else if ((*node)["value"].is_string()) { // Identifier
      identifier_token(*node);
    } else if ((*node)["code"]) {
      coding(*node);
    }
  }
  /// The words that stand beside a code.
  void words(const Value& given) {
    Value value = unwrapped(given);
    auto* node = std::get_if<Node>(&value.data);
    if (!node || !node->is_object()) return;
    auto word = [&](Node text) {
      if (text.is_string()) string(text.text());
    };
    word((*node)["text"]);
    word((*node)["display"]);
    word((*node)["type"]["text"]);
    for (Node each : (*node)["coding"])
      word(each["display"]);
  }

  void string(std::string_view exact) {
    StringValue row{m_unit, normalise(exact), {}, m_part};
    if (row.text.empty()) return;
    if (row.text != exact) row.exact = exact;
    m_values.strings.push_back(std::move(row));
  }
  void strings(const Value& given) {
    Value value = unwrapped(given);
    auto* node = std::get_if<Node>(&value.data);
    if (!node || !node->is_object()) {
      if (std::string text = text_of(value); !text.empty()) string(text);
      return;
    }
    // HumanName, Address and their like: every part by itself.
    static constexpr std::string_view k_parts[] = {"text", "family",   "given", "prefix",  "suffix",    "line",
                                                   "city", "district", "state", "country", "postalCode"};
    for (std::string_view part : k_parts) {
      Node member = (*node)[part];
      if (member.is_string()) string(member.text());
      for (Node each : member)
        if (each.is_string()) string(each.text());
    }
    for (Node each : (*node)["coding"])
      if (each["display"].is_string()) string(each["display"].text());
  }

  void date(std::string_view text) {
    if (auto span = time_span(text, m_zone)) m_values.dates.push_back({m_unit, *span, m_part});
  }
  void period(Node period) {
    TimeSpan span{k_time_min, k_time_max};
    auto start = time_span(period["start"].text(), m_zone), end = time_span(period["end"].text(), m_zone);
    if (start) span.low = start->low;
    if (end) span.high = end->high;
    if (start || end) m_values.dates.push_back({m_unit, span, m_part});
  }
  void dates(const Value& given) {
    Value value = unwrapped(given);
    auto* node = std::get_if<Node>(&value.data);
    if (!node || !node->is_object()) return date(text_of(value));
    if ((*node)["start"] || (*node)["end"]) return period(*node);
    // Timing: from the first to the last of its events, or its bounds.
    TimeSpan span{k_time_max, k_time_min};
    for (Node event : (*node)["event"])
      if (auto each = time_span(event.text(), m_zone)) {
        span.low = std::min(span.low, each->low);
        span.high = std::max(span.high, each->high);
      }
    if (span.low < span.high) m_values.dates.push_back({m_unit, span, m_part});
    if (Node bounds = (*node)["repeat"]["boundsPeriod"]) period(bounds);
  }

  void number(std::string_view low, std::string_view high, std::string system, std::string code) {
    auto first = base::Decimal::parse(low), last = base::Decimal::parse(high);
    if (!first || !last) return; // more digits than can be compared: kept in the resource, not searched
    m_values.numbers.push_back({m_unit, sortable(*first), sortable(*last), std::move(system), std::move(code), m_part});
  }
  void numbers(const Value& given) {
    Value value = unwrapped(given);
    auto* node = std::get_if<Node>(&value.data);
    if (!node || !node->is_object()) {
      std::string text = text_of(value);
      return number(text, text, "", "");
    }
    Node quantity = *node;
    std::string_view low, high;
    if (quantity["low"].is_object() || quantity["high"].is_object()) { // Range
      low = quantity["low"]["value"].text();
      high = quantity["high"]["value"].text();
      if (low.empty()) low = high;
      if (high.empty()) high = low;
      if (quantity["low"].is_object())
        quantity = quantity["low"];
      else
        quantity = quantity["high"];
    } else {
      low = high = quantity["value"].text();
    }
    std::string_view code = quantity["code"] ? quantity["code"].text() : quantity["currency"].text();
    std::string_view unit = quantity["unit"].text();
    if (code.empty()) code = unit;
    number(low, high, std::string(quantity["system"].text()), std::string(code));
    // ||unit finds what is shown as well as what is coded.
    if (!unit.empty() && unit != code) number(low, high, "", std::string(unit));
  }

  void reference(const Parameter& parameter, const Value& given) {
    Value value = unwrapped(given);
    auto* node = std::get_if<Node>(&value.data);
    if (!node) return;
    if (!node->is_object()) return token(std::string(node->text()), ""); // canonical, uri
    std::string_view text = (*node)["reference"].text();
    ReferenceText read = read_reference(text);
    if (read.form == ReferenceForm::relative)
      m_values.references.emplace_back(pseudo_path(parameter), fmt::format("{}/{}", read.type, read.id));
    else if (read.form == ReferenceForm::outside)
      m_values.outside.emplace_back(pseudo_path(parameter), std::string(text));
  }

  std::string plain_text(const Value& given) {
    Value value = unwrapped(given);
    auto* node = std::get_if<Node>(&value.data);
    if (!node || !node->is_object()) return text_of(value);
    for (std::string_view member : {"text", "value", "code", "reference", "display"})
      if ((*node)[member].is_string()) return std::string((*node)[member].text());
    Node first = (*node)["coding"].first();
    if (first["display"].is_string()) return std::string(first["display"].text());
    return std::string(first["code"].text());
  }

  Node m_resource;
  base::Zone m_zone;
  uint64_t m_starts; ///< of the members the resource has
  fhirpath::Environment m_environment;
  fhirpath::Collection m_found; ///< of the latest expression over the resource
  int64_t m_unit = 0, m_part = 0;
  SearchValues m_values;
};

} // namespace

std::string_view to_string(Variant variant) {
  switch (variant) {
  case Variant::values: return "";
  case Variant::text: return ":text";
  case Variant::sort: return ":sort";
  case Variant::missing: return ":missing";
  case Variant::identifier: return ":identifier";
  }
  return "";
}

std::string pseudo_path(const Parameter& parameter) {
  return parameter.type + "?" + parameter.code;
}

SearchValues search_values(Node resource, const std::vector<Unit>& units, base::Zone zone) {
  Extraction extraction(resource, zone);
  for (const Unit& unit : units)
    extraction.add(unit);
  return extraction.take();
}

} // namespace xinglin::store
