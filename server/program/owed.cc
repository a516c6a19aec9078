#include "server/program/owed.h"

#include "lib/fhirpath/expression.h"
#include "server/package/names.h"
#include "server/package/rules.h"

#include <algorithm>
#include <map>

namespace xinglin::program {

using fhirpath::Environment;
using fhirpath::Expression;

struct OwedBy::Impl {
  std::optional<Expression> where; ///< of the register: which organisations are in it
  std::optional<Expression> rule;
  std::vector<std::pair<std::string, Expression>> items; ///< those that the rule names
  std::vector<std::string> names;                        ///< all that it might
};

OwedBy::OwedBy(const package::Form& form, const package::Catalog& catalog) : m_impl(std::make_unique<Impl>()) {
  const auto about = catalog.registers.find(form.about);
  if (form.owed_by.empty() || about == catalog.registers.end()) return;
  const package::Register& declared = about->second;
  m_impl->names = package::rule_names(declared.items);
  if (!declared.where.empty()) m_impl->where = Expression::compile(declared.where, declared.kept_as);
  m_impl->rule = Expression::compile(form.owed_by, declared.kept_as, m_impl->names);
  const auto named = package::names_in_sql(form.owed_by);
  for (const auto& item : declared.items)
    if (std::find(named.begin(), named.end(), item.id) != named.end())
      m_impl->items.emplace_back(item.id, Expression::compile(item.path, declared.kept_as));
}
OwedBy::~OwedBy() = default;
OwedBy::OwedBy(OwedBy&&) noexcept = default;

bool OwedBy::holds(fhir::Node organization, base::Date today) const {
  if (!m_impl->rule) return false;
  Environment environment;
  environment.today = today;
  try {
    if (m_impl->where && !m_impl->where->holds(organization, environment)) return false;
    for (const auto& name : m_impl->names)
      environment.variables[name];
    for (const auto& [name, path] : m_impl->items)
      environment.variables[name] = path.evaluate(organization, environment);
    return m_impl->rule->holds(organization, environment);
  } catch (const base::Refused&) {
    return false; // one odd record (two categories, say) does not take the list of all returns down
  }
}

indicator::Owes owed_by_records(const store::Store& store, std::shared_ptr<const package::Catalog> catalog) {
  // Compiled once: a search asks the same few rules of every organisation.
  auto rules = std::make_shared<std::map<std::string, OwedBy>>();
  for (const auto& [id, form] : catalog->forms)
    if (!form.owed_by.empty()) rules->emplace(id, OwedBy(form, *catalog));
  return [&store, catalog, rules](const package::Form& form, const std::string& org, base::Date day,
                                  store::CommitNumber as_of) {
    const auto rule = rules->find(form.id);
    if (rule == rules->end()) return false;
    const auto version = store.snapshot(as_of)->read("Organization", org);
    return version && !version->deleted && rule->second.holds(fhir::Document::parse(version->json).root(), day);
  };
}

} // namespace xinglin::program
