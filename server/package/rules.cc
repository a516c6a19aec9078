#include "server/package/rules.h"

#include "server/package/words.h"

#include <algorithm>
#include <fmt/format.h>

namespace xinglin::package {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Calls `each(position, name)` for every %name outside strings.
template <typename Each> void for_each_variable(std::string_view text, const Each& each) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\'') {
      for (++at; at < text.size() && text[at] != '\''; ++at)
        if (text[at] == '\\') ++at;
      continue;
    }
    if (text[at] != '%') continue;
    size_t end = at + 1;
    while (end < text.size() && is_word(text[end]))
      ++end;
    each(at, text.substr(at + 1, end - at - 1));
    at = end - 1;
  }
}

/// The element of an Observation that holds the answer.
std::string observation_value(ItemType type) {
  switch (type) {
  case ItemType::integer:
  case ItemType::decimal:
  case ItemType::money: return "valueQuantity";
  case ItemType::boolean: return "valueBoolean";
  case ItemType::date:
  case ItemType::datetime: return "valueDateTime";
  case ItemType::choice: return "valueCodeableConcept";
  default: return "valueString";
  }
}

Yield observation(const Form& form, const Item& item, const std::string& group) {
  const SystemCode code = parse_code(item.code);
  Yield yield;
  yield.id = item.id;
  yield.resource = "Observation";
  yield.when = item.id + ".exists()";
  yield.each = group;
  yield.place = item.place;
  yield.set = {{"status", "'final'"},
               {"code.coding[0].system", fhirpath_literal(code.system)},
               {"code.coding[0].code", fhirpath_literal(code.code)},
               {"code.text", fhirpath_literal(item.title.zh)},
               {"subject", "%about"},
               {"effectiveDateTime", form.happened.empty() ? "%response.authored" : form.happened},
               {"performer[0]", "%org"},
               {observation_value(item.type), item.id}};
  return yield;
}

} // namespace

std::vector<std::string> rule_names(const std::vector<Item>& items) {
  std::vector<std::string> names;
  for (const auto& item : items) {
    names.push_back(item.id);
    for (const auto& inner : item.items)
      names.push_back(inner.id);
  }
  return names;
}

std::string prepare_rule(std::string_view expression, const std::vector<std::string>& names) {
  std::string out(expression);
  std::vector<size_t> dots;
  for_each_variable(expression, [&](size_t at, std::string_view variable) {
    const size_t dot = at + 1 + variable.size();
    if (variable != "last" || dot >= expression.size() || expression[dot] != '.') return;
    size_t end = dot + 1;
    while (end < expression.size() && is_word(expression[end]))
      ++end;
    const std::string_view item = expression.substr(dot + 1, end - dot - 1);
    if (std::find(names.begin(), names.end(), item) != names.end()) dots.push_back(dot);
  });
  for (const size_t dot : dots)
    out[dot] = '_';
  return out;
}

bool mentions_variable(std::string_view expression, std::string_view variable) {
  bool found = false;
  for_each_variable(expression, [&](size_t, std::string_view name) { found = found || name == variable; });
  return found;
}

std::vector<Yield> all_yields(const Form& form) {
  std::vector<Yield> yields = form.yields;
  for (const auto& item : form.items) {
    if (!item.code.empty()) yields.push_back(observation(form, item, item.repeats ? item.id : ""));
    for (const auto& inner : item.items)
      if (!inner.code.empty()) yields.push_back(observation(form, inner, item.id));
  }
  return yields;
}

const Item* find_item(const std::vector<Item>& items, std::string_view id) {
  for (const auto& item : items) {
    if (item.id == id) return &item;
    if (const Item* inner = find_item(item.items, id)) return inner;
  }
  return nullptr;
}

std::string fhirpath_literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

} // namespace xinglin::package
