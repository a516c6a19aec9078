#include "server/program/register_rules.h"

#include "server/package/rules.h"
#include "server/program/answers.h"

#include <fmt/format.h>
#include <functional>

namespace xinglin::program {
namespace {

using fhirpath::Collection;
using fhirpath::Environment;
using fhirpath::Expression;
using fhirpath::Value;

/// The path of `wanted` below `at`, appended to `path`; false when it is not there.
bool find_path(fhir::Node at, fhir::Node wanted, std::string& path) {
  if (at == wanted) return true;
  const size_t length = path.size();
  size_t position = 0;
  for (const fhir::Node child : at) {
    path += at.is_array() ? fmt::format("[{}]", position++) : fmt::format(".{}", child.name());
    if (find_path(child, wanted, path)) return true;
    path.resize(length);
  }
  return false;
}

} // namespace

std::string expression_of(fhir::Node resource, fhir::Node wanted) {
  std::string path(resource["resourceType"].text());
  const std::string type = path;
  return find_path(resource, wanted, path) ? path : type;
}

struct RegisterRules::Impl {
  struct CompiledItem {
    const package::Item* item;
    Expression path;
    std::vector<CompiledItem> inner;
  };
  struct CompiledCheck {
    const package::Check* check;
    Expression when;
  };

  const package::Register& declared;
  std::optional<Expression> where;
  std::vector<CompiledItem> items;
  std::vector<CompiledCheck> checks;

  explicit Impl(const package::Register& a_register) : declared(a_register) {
    if (!declared.where.empty()) where = Expression::compile(declared.where, declared.kept_as);
    items = compile(declared.items, declared.kept_as);
    const auto names = package::rule_names(declared.items);
    for (const auto& check : declared.checks)
      checks.push_back({&check, Expression::compile(check.when, declared.kept_as, names)});
  }

  static std::vector<CompiledItem> compile(const std::vector<package::Item>& list, const std::string& context) {
    std::vector<CompiledItem> result;
    for (const auto& item : list)
      result.push_back({&item, Expression::compile(item.path, context), compile(item.items, "")});
    return result;
  }

  void refuse(base::Issues& issues, const std::string& expression, int line, const std::string& en,
              const std::string& zh, std::string code, base::Severity severity = base::Severity::error) const {
    base::Issue issue;
    issue.severity = severity;
    issue.code = std::move(code);
    issue.text = en;
    issue.text_zh = zh;
    issue.expression = expression;
    issue.line = line;
    issues.add(std::move(issue));
  }

  void check_item(const CompiledItem& compiled, fhir::Node resource, fhir::Node from, Environment& environment,
                  base::Issues& issues) const {
    const package::Item& item = *compiled.item;
    Collection values = compiled.path.evaluate(from, environment);
    if (values.empty() && item.required)
      refuse(issues, declared.kept_as, 0,
             fmt::format("register {} requires {} ({}); fill it in", declared.id, item.id, item.path),
             fmt::format("“{}”必须填写", item.title.zh), "required");
    if (values.size() > 1 && !item.repeats)
      refuse(issues, declared.kept_as, 0,
             fmt::format("register {} takes one {} ({}), here are {}; keep one", declared.id, item.id, item.path,
                         values.size()),
             fmt::format("“{}”只能有一个", item.title.zh), "structure");
    for (const auto& value : values) {
      const auto* node = std::get_if<fhir::Node>(&value.data);
      if (node && !compiled.inner.empty()) {
        for (const auto& inner : compiled.inner)
          check_item(inner, resource, *node, environment, issues);
        continue;
      }
      if (item.type == package::ItemType::reference || item.type == package::ItemType::date)
        continue; // FHIR's own rules
      const auto text = fhirpath::to_text(fhirpath::to_system(value));
      if (!text) continue;
      const base::Text problem = value_problem(item, *text);
      if (problem.empty()) continue;
      refuse(issues, node ? expression_of(resource, *node) : declared.kept_as, node ? node->line() : 0,
             fmt::format("{} {}", item.id, problem.en), fmt::format("“{}”{}", item.title.zh, problem.zh), "value");
    }
    if (from == resource || item.repeats) environment.variables[item.id] = std::move(values);
  }
};

RegisterRules::RegisterRules(const package::Register& declared) : m_impl(std::make_unique<Impl>(declared)) {}
RegisterRules::~RegisterRules() = default;
RegisterRules::RegisterRules(RegisterRules&&) noexcept = default;

const package::Register& RegisterRules::declared() const {
  return m_impl->declared;
}

std::vector<fhir::Node> RegisterRules::upward(fhir::Node resource) const {
  std::vector<fhir::Node> result;
  for (const auto& compiled : m_impl->items) {
    if (compiled.item->type != package::ItemType::reference || compiled.item->to != m_impl->declared.id) continue;
    try {
      for (const auto& value : compiled.path.evaluate(resource, {}))
        if (const auto* node = std::get_if<fhir::Node>(&value.data); node && (*node)["reference"].is_string())
          result.push_back(*node);
    } catch (const base::Refused&) {
      continue; // check() says so
    }
  }
  return result;
}

void RegisterRules::check(fhir::Node resource, base::Date today, base::Millis now, base::Zone zone,
                          base::Issues& issues) const {
  Environment environment;
  environment.today = today;
  environment.now = now;
  environment.zone = zone;
  const auto& declared = m_impl->declared;
  const auto cannot = [&](const package::Place& place, const base::Refused& refused) {
    m_impl->refuse(
        issues, declared.kept_as, 0,
        fmt::format("{} ({}:{}); tell who keeps the register", refused.issues().front().text, place.file, place.line),
        fmt::format("登记规则不能执行({}:{}),请告知维护人员", place.file, place.line), "processing");
  };
  try {
    if (m_impl->where && !m_impl->where->holds(resource, environment)) return;
  } catch (const base::Refused& refused) {
    return cannot(declared.place, refused);
  }
  for (const auto& name : package::rule_names(declared.items))
    environment.variables[name];
  for (const auto& item : m_impl->items) {
    try {
      m_impl->check_item(item, resource, resource, environment, issues);
    } catch (const base::Refused& refused) {
      cannot(item.item->place, refused);
    }
  }
  for (const auto& compiled : m_impl->checks) {
    try {
      if (compiled.when.holds(resource, environment))
        m_impl->refuse(issues, declared.kept_as, 0, compiled.check->message.in("en"), compiled.check->message.zh,
                       "invariant", compiled.check->severity);
    } catch (const base::Refused& refused) {
      cannot(compiled.check->place, refused);
    }
  }
}

} // namespace xinglin::program
