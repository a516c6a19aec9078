#include "server/program/register_writer.h"

#include "lib/base/issue.h"
#include "server/program/resource_builder.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace xinglin::program {
namespace {

using package::ItemType;

[[noreturn]] void refuse(const package::Place& place, std::string text) {
  base::Issue issue;
  issue.text = std::move(text);
  issue.file = place.file;
  issue.line = place.line;
  base::Issues issues;
  issues.add(std::move(issue));
  throw base::Refused(base::Refusal::invalid, std::move(issues));
}

/// The steps of a path, split at the dots outside brackets and quotes.
std::vector<std::string> steps_of(std::string_view path) {
  std::vector<std::string> steps(1);
  int depth = 0;
  bool quoted = false;
  for (const char c : path) {
    if (c == '\'') quoted = !quoted;
    if (!quoted && c == '(') ++depth;
    if (!quoted && c == ')') --depth;
    if (c == '.' && depth == 0 && !quoted)
      steps.emplace_back();
    else
      steps.back() += c;
  }
  return steps;
}

/// "where(system='x' and use='y')" → {system: x, use: y}; empty when it is no such thing.
std::optional<std::vector<std::pair<std::string, std::string>>> conditions_of(std::string_view step) {
  if (!step.starts_with("where(") || !step.ends_with(")")) return {};
  std::vector<std::pair<std::string, std::string>> result;
  std::string_view rest = step.substr(6, step.size() - 7);
  while (true) {
    const size_t open = rest.find('\'');
    const size_t close = open == std::string_view::npos ? open : rest.find('\'', open + 1);
    if (close == std::string_view::npos) return {};
    std::string_view left = base::trim(rest.substr(0, open));
    if (left.empty() || left.back() != '=') return {};
    left = base::trim(left.substr(0, left.size() - 1));
    if (left.find_first_of(" ()|") != std::string_view::npos) return {};
    result.emplace_back(left, rest.substr(open + 1, close - open - 1));
    rest = base::trim(rest.substr(close + 1));
    if (rest.empty()) return result;
    if (!rest.starts_with("and ")) return {};
    rest = rest.substr(4);
  }
}

std::string capital(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

/// The FHIR type of an extension's value[x] that keeps an item.
std::string extension_type(ItemType type) {
  switch (type) {
  case ItemType::integer: return "Integer";
  case ItemType::decimal:
  case ItemType::money: return "Decimal";
  case ItemType::boolean: return "Boolean";
  case ItemType::date: return "Date";
  case ItemType::datetime: return "DateTime";
  case ItemType::choice: return "Code";
  case ItemType::reference: return "Reference";
  default: return "String";
  }
}

std::string quoted(std::string_view text) {
  std::string json;
  base::append_json_string(json, text);
  return json;
}

} // namespace

RegisterWriter::RegisterWriter(const package::Register& declared, const package::Catalog& catalog)
    : m_register(declared), m_catalog(catalog) {
  for (const auto& item : declared.items)
    if (item.items.empty()) m_places.emplace(item.id, place_of(item.path, item.type, item.place));
  if (!declared.org.empty()) m_org.push_back(place_of(declared.org, ItemType::reference, declared.place));
  // What makes a resource of this type belong to the register: `X.where(a='b').exists()`.
  if (declared.where.ends_with(".exists()")) {
    const std::string path = declared.where.substr(0, declared.where.size() - 9);
    const auto steps = steps_of(path);
    const auto last = conditions_of(steps.back());
    if (!last) refuse(declared.place, fmt::format("where: '{}' cannot be written", declared.where));
    m_fixed.push_back(place_of(path + "." + last->front().first, ItemType::string, declared.place));
  } else if (!declared.where.empty()) {
    refuse(declared.place,
           fmt::format("where: '{}' cannot be written; use PATH.where(name='value').exists()", declared.where));
  }
}

RegisterWriter::Place RegisterWriter::place_of(const std::string& text, ItemType type, const package::Place& at) {
  std::string path = text;
  if (path.starts_with("(")) { // (a | b).first(): written as a
    const size_t bar = path.find('|');
    if (bar == std::string::npos) refuse(at, fmt::format("path: '{}' cannot be written", text));
    path = std::string(base::trim(std::string_view(path).substr(1, bar - 1)));
  }
  Place place;
  std::string walked;
  std::vector<std::pair<std::string, std::string>> constants;
  const auto steps = steps_of(path);
  for (size_t i = 0; i < steps.size(); ++i) {
    const std::string& step = steps[i];
    if (step == "first()") continue;
    if (step.starts_with("ofType(") && step.ends_with(")")) {
      walked += capital(step.substr(7, step.size() - 8));
    } else if (const auto wanted = conditions_of(step)) {
      auto& known = m_conditions[walked];
      const auto found = std::find(known.begin(), known.end(), step);
      const auto index = static_cast<size_t>(found - known.begin());
      if (found == known.end()) known.push_back(step);
      walked += fmt::format("[{}]", index);
      for (const auto& [name, value] : *wanted)
        constants.emplace_back(walked + "." + name, value);
    } else if (step.find_first_of("()|= ") != std::string::npos) {
      refuse(at, fmt::format("path: '{}' cannot be written ('{}'); a path that only walks can", text, step));
    } else {
      const bool of_extension =
          step == "value" && walked.find("extension") != std::string::npos && i + 1 == steps.size();
      walked += (walked.empty() ? "" : ".") + step + (of_extension ? extension_type(type) : "");
    }
  }
  place.path = package::compile_element_path(m_register.kept_as, walked);
  for (const auto& [name, value] : constants)
    place.constants.emplace_back(package::compile_element_path(m_register.kept_as, name), quoted(value));
  return place;
}

std::string RegisterWriter::to_json(const std::string& id, const std::string& org,
                                    const std::vector<std::pair<const package::Item*, std::string>>& values) const {
  ResourceBuilder builder;
  const auto write = [&](const Place& place, std::vector<std::string> json) {
    for (const auto& [path, value] : place.constants)
      builder.set(path, {value});
    if (!json.empty()) builder.set(place.path, std::move(json));
  };
  for (const auto& place : m_fixed)
    write(place, {});
  for (const auto& [item, text] : values) {
    const Place& place = m_places.at(item->id);
    std::string json;
    switch (place.path.kind) {
    case package::LeafKind::boolean:
    case package::LeafKind::number: json = text; break;
    case package::LeafKind::reference: {
      const auto target = m_catalog.registers.find(item->to);
      const bool bare = text.find('/') == std::string::npos && target != m_catalog.registers.end();
      json = fmt::format("{{\"reference\":{}}}", quoted(bare ? target->second.kept_as + "/" + text : text));
      break;
    }
    default: json = quoted(text);
    }
    write(place, {json});
  }
  if (!org.empty())
    for (const auto& place : m_org)
      write(place, {fmt::format("{{\"reference\":{}}}", quoted("Organization/" + org))});
  return builder.to_json(m_register.kept_as, id);
}

} // namespace xinglin::program
