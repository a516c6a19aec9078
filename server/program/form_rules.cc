#include "server/program/form_rules.h"

#include "lib/base/id.h"
#include "lib/fhir/definitions.h"
#include "lib/validation/validate.h"
#include "server/package/names.h"
#include "server/package/rules.h"
#include "server/program/program.h"
#include "server/program/resource_builder.h"

#include <algorithm>
#include <fmt/format.h>

namespace xinglin::program {
namespace {

using fhirpath::Collection;
using fhirpath::Environment;
using fhirpath::Expression;
using fhirpath::Value;
using package::ItemType;
using package::LeafKind;

struct CompiledCheck {
  const package::Check* check;
  Expression when;
  std::string expression; ///< where a clerk looks: the item that the rule names first
};

/// The right side of a `set:` line. OPTIMIZATION: a bare item, variable or literal needs no evaluation, and nine of ten
/// are.
struct CompiledValue {
  enum class Kind : uint8_t { expression, item, literal, about, org, response } kind = Kind::expression;
  package::ElementPath path;
  std::optional<Expression> expression;
  size_t slot = SIZE_MAX; ///< item
  std::string literal;    ///< JSON
};

struct CompiledYield {
  const package::Yield* yield = nullptr;
  std::optional<Expression> when;
  size_t each = SIZE_MAX; ///< slot of the repeating item
  std::vector<CompiledValue> values;
};

template <typename Data> Value typed(Data data, std::string_view type) {
  Value value;
  value.data = std::move(data);
  value.type = type;
  return value;
}

std::string json_string(std::string_view text) {
  std::string out;
  base::append_json_string(out, text);
  return out;
}

std::string reference_json(std::string_view reference) {
  return "{\"reference\":" + json_string(reference) + "}";
}

/// 'text' without escapes → text.
std::optional<std::string> plain_literal(std::string_view expression) {
  if (expression.size() < 2 || expression.front() != '\'' || expression.back() != '\'') return {};
  const std::string_view inner = expression.substr(1, expression.size() - 2);
  if (inner.find_first_of("'\\") != std::string_view::npos) return {};
  return std::string(inner);
}

fhir::Node extension_value(fhir::Node response, std::string_view url, std::string_view member) {
  for (const fhir::Node extension : response["extension"])
    if (extension["url"].text() == url) return extension[member];
  return {};
}

} // namespace

struct FormRules::Impl {
  const package::Form& form;
  ItemIndex items;
  std::vector<package::Yield> yields; ///< declared and of items with a code; CompiledYield points into it
  std::vector<std::string> names;     ///< that rules may use
  std::vector<CompiledCheck> checks;
  std::vector<CompiledYield> compiled_yields;
  bool needs_about = false, needs_last = false;

  Impl(const package::Form& a_form, const package::Catalog& catalog)
      : form(a_form), items(a_form, catalog), yields(package::all_yields(a_form)),
        names(package::rule_names(a_form.items)) {
    for (const auto& check : form.checks)
      checks.push_back({&check, compile(check.when), place_of(check)});
    for (const auto& yield : yields)
      compiled_yields.push_back(compile_yield(yield));
  }

  Expression compile(std::string_view text) {
    needs_about = needs_about || package::mentions_variable(text, "about");
    needs_last = needs_last || package::mentions_variable(text, "last");
    return Expression::compile(package::prepare_rule(text, names), "QuestionnaireResponse", names);
  }

  std::string place_of(const package::Check& check) const {
    for (const auto& name : package::names_in_sql(check.when))
      if (const size_t slot = slot_of(name); slot != SIZE_MAX && items.slots()[slot].group == SIZE_MAX)
        return fmt::format("QuestionnaireResponse.item.where(linkId='{}')", name);
    return "QuestionnaireResponse";
  }

  size_t slot_of(std::string_view id) const {
    const auto& slots = items.slots();
    for (size_t slot = 0; slot < slots.size(); ++slot)
      if (slots[slot].item->id == id) return slot;
    return SIZE_MAX;
  }

  CompiledYield compile_yield(const package::Yield& yield) {
    CompiledYield compiled;
    compiled.yield = &yield;
    if (!yield.when.empty()) compiled.when = compile(yield.when);
    if (!yield.each.empty()) compiled.each = slot_of(yield.each);
    for (const auto& [path, text] : yield.set) {
      CompiledValue value;
      value.path = package::compile_element_path(yield.resource, path);
      const std::string_view trimmed = base::trim(text);
      using enum CompiledValue::Kind;
      const bool is_reference = value.path.kind == LeafKind::reference;
      const size_t slot = slot_of(trimmed);
      if (slot != SIZE_MAX) {
        value.kind = item;
        value.slot = slot;
      } else if (is_reference && trimmed == "%about") {
        value.kind = about;
      } else if (is_reference && trimmed == "%org") {
        value.kind = org;
      } else if (is_reference && trimmed == "%response") {
        value.kind = response;
      } else if (const auto plain = plain_literal(trimmed); plain && value.path.kind == LeafKind::text) {
        value.kind = literal;
        value.literal = json_string(*plain);
      } else {
        value.expression = compile(text);
      }
      compiled.values.push_back(std::move(value));
    }
    return compiled;
  }

  /// The variables all rules of one submission share.
  Environment environment(fhir::Node response, const Answers& answers, const RuleContext& context) const {
    Environment environment;
    environment.today = context.today;
    environment.now = context.now;
    environment.zone = context.zone;
    auto& variables = environment.variables;
    variables.reserve(names.size() + 8);
    const auto& slots = items.slots();
    for (size_t slot = 0; slot < slots.size(); ++slot)
      variables.emplace(slots[slot].item->id, collection(slot, answers.values[slot]));
    variables.emplace("about", resource(context.about));
    variables.emplace("last", resource(context.last));
    variables.emplace("response", resource(response));
    const fhir::Node org = extension_value(response, k_organization_extension, "valueReference");
    variables.emplace("org", org ? Collection{typed(org, "Reference")} : Collection{});
    Collection first, last;
    if (const auto period = base::Period::parse(extension_value(response, k_period_extension, "valueString").text())) {
      using fhirpath::Temporal;
      first = {typed(Temporal{Temporal::Kind::date, period->first().to_string()}, "date")};
      last = {typed(Temporal{Temporal::Kind::date, period->last().to_string()}, "date")};
    }
    variables.emplace("period_start", std::move(first));
    variables.emplace("period_end", std::move(last));
    if (needs_last) {
      base::Issues ignored; // what was wrong with the last one was said then
      const Answers before = context.last ? read_answers(items, context.last, false, ignored) : Answers{};
      for (size_t slot = 0; slot < slots.size(); ++slot)
        variables.emplace("last_" + slots[slot].item->id,
                          context.last ? collection(slot, before.values[slot]) : Collection{});
    }
    return environment;
  }

  static Collection resource(fhir::Node node) {
    if (!node) return {};
    return {typed(node, fhir_type(node))};
  }

  /// The type's name in the definitions, which is static storage.
  static std::string_view fhir_type(fhir::Node node) {
    const auto* type = fhir::find_type(node["resourceType"].text());
    return type ? type->name : std::string_view();
  }

  Collection collection(size_t slot, const std::vector<fhir::Node>& values) const {
    Collection result;
    const auto& item = *items.slots()[slot].item;
    for (const fhir::Node value : values) {
      if (!item.items.empty())
        result.push_back(typed(value, "QuestionnaireResponse.item"));
      else if (item.type == ItemType::choice)
        result.push_back(typed(value["code"], "code"));
      else
        result.push_back(typed(value, value_type(value)));
    }
    return result;
  }

  void problem(base::Issues& issues, const package::Place& place, std::string text) const {
    base::Issue issue;
    issue.code = "processing";
    issue.text = fmt::format("{} ({}:{}); tell who keeps the form", text, place.file, place.line);
    issue.text_zh = fmt::format("表单规则不能执行({}:{}),请告知维护人员", place.file, place.line);
    issue.expression = "QuestionnaireResponse";
    issues.add(std::move(issue));
  }

  /// An answer as JSON for the end of a path.
  std::string answer_json(size_t slot, fhir::Node value, LeafKind kind) const {
    const auto& item = *items.slots()[slot].item;
    if (item.type == ItemType::choice) {
      if (kind == LeafKind::coding) return std::string(value.raw());
      if (kind == LeafKind::codeable_concept) return fmt::format("{{\"coding\":[{}]}}", value.raw());
      value = value["code"];
    }
    switch (kind) {
    case LeafKind::quantity:
      if (item.unit.empty()) return fmt::format("{{\"value\":{}}}", value.raw());
      return fmt::format("{{\"value\":{},\"unit\":{},\"system\":\"http://unitsofmeasure.org\",\"code\":{}}}",
                         value.raw(), json_string(item.unit), json_string(item.unit));
    case LeafKind::codeable_concept: return fmt::format("{{\"text\":{}}}", value.raw());
    case LeafKind::text: return value.is_string() ? std::string(value.raw()) : json_string(value.text());
    default: return std::string(value.raw());
    }
  }

  /// A computed value as JSON for the end of a path; empty when it has no such form.
  std::string value_json(const Value& value, LeafKind kind) const {
    if (const auto* node = std::get_if<fhir::Node>(&value.data); node && node->is_object()) {
      const fhir::Node resource_type = (*node)["resourceType"];
      if (kind == LeafKind::reference && resource_type)
        return reference_json(fmt::format("{}/{}", resource_type.text(), (*node)["id"].text()));
      if (kind == LeafKind::codeable_concept && value.type == "Coding")
        return fmt::format("{{\"coding\":[{}]}}", node->raw());
      return std::string(node->raw());
    }
    const Value system = fhirpath::to_system(value);
    if (const auto* quantity = std::get_if<fhirpath::Quantity>(&system.data); quantity && kind == LeafKind::quantity)
      return fmt::format("{{\"value\":{},\"unit\":{},\"system\":\"http://unitsofmeasure.org\",\"code\":{}}}",
                         quantity->value.to_string(), json_string(quantity->unit), json_string(quantity->unit));
    const auto text = fhirpath::to_text(system);
    if (!text) return {};
    switch (kind) {
    case LeafKind::text: return json_string(*text);
    case LeafKind::boolean:
    case LeafKind::number: return *text;
    case LeafKind::quantity: return fmt::format("{{\"value\":{}}}", *text);
    case LeafKind::reference: return reference_json(*text);
    case LeafKind::codeable_concept: return fmt::format("{{\"text\":{}}}", json_string(*text));
    case LeafKind::coding:
    case LeafKind::other: break;
    }
    return {};
  }

  std::vector<std::string> evaluate(const CompiledValue& value, fhir::Node response, const Answers& answers,
                                    const Answers::Part* part, const Environment& environment,
                                    const RuleContext& context) const {
    std::vector<std::string> result;
    const LeafKind kind = value.path.kind;
    switch (value.kind) {
    case CompiledValue::Kind::literal: return {value.literal};
    case CompiledValue::Kind::response: return {reference_json("QuestionnaireResponse/" + context.id)};
    case CompiledValue::Kind::about:
      if (const fhir::Node subject = response["subject"]) result.emplace_back(subject.raw());
      return result;
    case CompiledValue::Kind::org:
      if (const fhir::Node org = extension_value(response, k_organization_extension, "valueReference"))
        result.emplace_back(org.raw());
      return result;
    case CompiledValue::Kind::item:
      if (part && items.slots()[value.slot].group != SIZE_MAX) {
        for (const auto& [slot, node] : part->values)
          if (slot == value.slot) result.push_back(answer_json(slot, node, kind));
      } else if (part && part->values.size() == 1 && part->values[0].first == value.slot) {
        result.push_back(answer_json(value.slot, part->values[0].second, kind)); // each value of a repeating item
      } else {
        for (const fhir::Node node : answers.values[value.slot])
          result.push_back(answer_json(value.slot, node, kind));
      }
      return result;
    case CompiledValue::Kind::expression: break;
    }
    for (const auto& one : value.expression->evaluate(response, environment)) {
      std::string json = value_json(one, kind);
      if (json.empty())
        throw base::Refused(base::Refusal::invalid, "value",
                            fmt::format("{} cannot take the value of '{}'", value.path.text, value.expression->text()));
      result.push_back(std::move(json));
    }
    return result;
  }

  /// One resource of a yield; empty when its `when` does not hold.
  std::optional<YieldedResource> make(const CompiledYield& compiled, fhir::Node response, const Answers& answers,
                                      const Answers::Part* part, std::optional<size_t> index,
                                      const Environment& environment, const RuleContext& context) const {
    if (compiled.when && !compiled.when->holds(response, environment)) return {};
    ResourceBuilder builder;
    builder.set_member("meta", fmt::format("{{\"tag\":[{{\"system\":\"{}\",\"code\":{}}}]}}", k_derived_tag_system,
                                           json_string(context.id)));
    for (const auto& value : compiled.values) {
      auto json = evaluate(value, response, answers, part, environment, context);
      if (json.size() > 1 && !value.path.leaf_is_open_list)
        throw base::Refused(base::Refusal::invalid, "value",
                            fmt::format("{} takes one value and got {}", value.path.text, json.size()));
      builder.set(value.path, std::move(json));
    }
    YieldedResource made;
    made.type = compiled.yield->resource;
    made.id = yield_id(context.id, compiled.yield->id, index);
    made.json = builder.to_json(made.type, made.id);
    return made;
  }

  void validate(const CompiledYield& compiled, const YieldedResource& made, base::Issues& issues) const {
    const auto document = fhir::Document::parse(made.json);
    for (const auto& found : validation::validate(document))
      if (found.severity == base::Severity::error || found.severity == base::Severity::fatal)
        problem(issues, compiled.yield->place,
                fmt::format("the {} it yields as '{}' would be wrong: {} at {}", made.type, compiled.yield->id,
                            found.text, found.expression));
  }
};

FormRules::FormRules(const package::Form& form, const package::Catalog& catalog)
    : m_impl(std::make_unique<Impl>(form, catalog)) {}
FormRules::~FormRules() = default;
FormRules::FormRules(FormRules&&) noexcept = default;

const package::Form& FormRules::form() const {
  return m_impl->form;
}
const ItemIndex& FormRules::items() const {
  return m_impl->items;
}
bool FormRules::needs_about() const {
  return m_impl->needs_about;
}
bool FormRules::needs_last() const {
  return m_impl->needs_last;
}

Environment FormRules::environment(fhir::Node response, const Answers& answers, const RuleContext& context) const {
  return m_impl->environment(response, answers, context);
}

void FormRules::check(fhir::Node response, const Environment& environment, base::Issues& issues) const {
  for (const auto& compiled : m_impl->checks) {
    try {
      if (!compiled.when.holds(response, environment)) continue;
      base::Issue issue;
      issue.severity = compiled.check->severity;
      issue.code = "invariant";
      issue.text = compiled.check->message.in("en");
      issue.text_zh = compiled.check->message.zh;
      issue.expression = compiled.expression;
      issues.add(std::move(issue));
    } catch (const base::Refused& refused) {
      m_impl->problem(issues, compiled.check->place, refused.issues().front().text);
    }
  }
}

std::vector<YieldedResource> FormRules::yield(fhir::Node response, const Answers& answers, const RuleContext& context,
                                              const Environment& shared, base::Issues& issues) const {
  std::vector<YieldedResource> result;
  for (const auto& compiled : m_impl->compiled_yields) {
    try {
      if (compiled.each == SIZE_MAX) {
        if (auto made = m_impl->make(compiled, response, answers, nullptr, {}, shared, context)) {
          m_impl->validate(compiled, *made, issues);
          result.push_back(std::move(*made));
        }
        continue;
      }
      const auto parts = answers.parts.find(compiled.each);
      if (parts == answers.parts.end()) continue;
      for (size_t i = 0; i < parts->second.size(); ++i) {
        const Answers::Part& part = parts->second[i];
        Environment own = shared;
        const auto& slots = m_impl->items.slots();
        for (size_t slot = 0; slot < slots.size(); ++slot) {
          if (slots[slot].group != compiled.each && slot != compiled.each) continue;
          std::vector<fhir::Node> values;
          for (const auto& [at, node] : part.values)
            if (at == slot) values.push_back(node);
          if (slot == compiled.each && !slots[slot].item->items.empty()) values = {answers.values[slot][i]};
          own.variables[slots[slot].item->id] = m_impl->collection(slot, values);
        }
        if (auto made = m_impl->make(compiled, response, answers, &part, i, own, context)) {
          m_impl->validate(compiled, *made, issues);
          result.push_back(std::move(*made));
        }
      }
    } catch (const base::Refused& refused) {
      m_impl->problem(issues, compiled.yield->place, refused.issues().front().text);
    }
  }
  return result;
}

std::string yield_id(std::string_view response_id, std::string_view yield, std::optional<size_t> index) {
  std::string id = fmt::format("{}-{}", response_id, yield);
  if (index) id += fmt::format("-{}", *index);
  std::replace(id.begin(), id.end(), '_', '-');
  if (id.size() <= 64) return id;
  return id.substr(0, 47) + "-" + base::sha256_hex(id).substr(0, 16);
}

} // namespace xinglin::program
