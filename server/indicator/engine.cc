#include "server/indicator/engine.h"

#include "lib/base/id.h"
#include "lib/base/text.h"
#include "server/indicator/engine_impl.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <thread>

namespace xinglin::indicator {

using base::Rational;
using base::Refusal;
using package::Derived;
using package::Indicator;
using package::IndicatorKind;
using package::PeriodKind;

namespace {

std::string definition_hash(const Indicator& indicator) {
  if (!indicator.hash.empty()) return indicator.hash;
  return base::sha256_hex(indicator.id + '\n' + indicator.sql + '\n' + indicator.derived).substr(0, 12);
}

void collect_operands(const Derived& node, std::vector<std::pair<std::string, Aspect>>& out) {
  const auto add = [&](Aspect aspect) {
    const std::pair<std::string, Aspect> operand{node.id, aspect};
    if (std::find(out.begin(), out.end(), operand) == out.end()) out.push_back(operand);
  };
  switch (node.kind) {
  case Derived::Kind::indicator: add(Aspect::figure); break;
  case Derived::Kind::average: add(Aspect::average); break;
  case Derived::Kind::days: add(Aspect::days); break;
  default: break;
  }
  for (const auto& argument : node.arguments)
    collect_operands(argument, out);
}

} // namespace

std::vector<std::pair<std::string, Aspect>> operands_of(const Derived& expression) {
  std::vector<std::pair<std::string, Aspect>> out;
  collect_operands(expression, out);
  return out;
}

std::string Target::name() const {
  switch (aspect) {
  case Aspect::average: return "average(" + indicator->id + ")";
  case Aspect::days: return "days(" + indicator->id + ")";
  default: return indicator->id;
  }
}

void fill_figure(Figure& figure, const Indicator& indicator, Aspect aspect, const Amounts& amounts,
                 const base::Period& period) {
  figure.rows = amounts.rows;
  if (aspect == Aspect::days) {
    figure.value = amounts.numerator;
    return;
  }
  if (aspect == Aspect::average) {
    figure.numerator = amounts.numerator;
    figure.denominator = Rational(period.days());
    figure.value = amounts.numerator / Rational(period.days());
    return;
  }
  switch (indicator.kind) {
  case IndicatorKind::count: figure.value = amounts.numerator; break;
  case IndicatorKind::sum:
    // A return that nobody sent in is not a nought.
    if (indicator.grain == package::Grain::record || amounts.rows > 0) figure.value = amounts.numerator;
    break;
  case IndicatorKind::mean:
  case IndicatorKind::proportion:
    figure.numerator = amounts.numerator;
    figure.denominator = amounts.denominator;
    if (!amounts.denominator.is_zero()) figure.value = amounts.numerator / amounts.denominator;
    break;
  case IndicatorKind::rate: figure.numerator = amounts.numerator; break; // the population is another figure
  case IndicatorKind::derived: assert(false && "a derived figure has no amounts of its own"); break;
  }
}

// --- construction
// -----------------------------------------------------------------------------------------------------

Engine::Impl::Impl(std::shared_ptr<const package::Catalog> given, flatten::Warehouse& warehouse, Owes owes)
    : catalog(std::move(given)), warehouse(warehouse), owes(std::move(owes)), pool(warehouse) {
  for (const auto& [id, indicator] : catalog->indicators) {
    Definition& definition = definitions[id];
    definition.hash = definition_hash(indicator);
    definition.plan.indicator = &indicator;
    // One broken definition does not take the others down: it is refused when it is asked for.
    try {
      if (indicator.kind == IndicatorKind::derived)
        definition.derived = package::parse_derived(indicator.derived);
      else
        definition.plan = plan_query(indicator, *catalog, warehouse);
    } catch (...) {
      definition.failure = std::current_exception();
    }
  }
}

const Engine::Impl::Definition& Engine::Impl::definition_of(const Indicator& indicator) const {
  const Definition& definition = definitions.find(indicator.id)->second;
  if (definition.failure) std::rethrow_exception(definition.failure);
  return definition;
}

Target Engine::Impl::find_target(std::string_view name) const {
  Target target;
  std::string_view id = name;
  for (const auto& [prefix, aspect] : {std::pair<std::string_view, Aspect>{"average(", Aspect::average},
                                       std::pair<std::string_view, Aspect>{"days(", Aspect::days}})
    if (name.starts_with(prefix) && name.ends_with(')')) {
      target.aspect = aspect;
      id = name.substr(prefix.size(), name.size() - prefix.size() - 1);
    }
  const auto found = catalog->indicators.find(std::string(id));
  if (found == catalog->indicators.end()) {
    std::vector<std::string> ids;
    for (const auto& [known, indicator] : catalog->indicators)
      ids.push_back(known);
    const std::string near = base::suggest(id, ids);
    throw base::Refused(
        Refusal::not_found, "not-found",
        fmt::format("There is no indicator {}{}", id,
                    near.empty() ? "; `xinglin indicators` lists them" : fmt::format("; did you mean {}?", near)));
  }
  target.indicator = &found->second;
  if (target.aspect != Aspect::figure) {
    const Indicator& indicator = *target.indicator;
    if (indicator.period != PeriodKind::stock || indicator.count != "rows" ||
        (indicator.kind != IndicatorKind::count && indicator.kind != IndicatorKind::sum))
      throw base::Refused(
          Refusal::invalid, "invalid",
          fmt::format("{} is asked over the days of a period; that goes for a stock of kind count (rows) or "
                      "sum, and {} is none",
                      target.name(), indicator.id));
  }
  return target;
}

Session Engine::Impl::open(std::optional<AsOf> as_of) const {
  auto state = warehouse.state();
  const store::CommitNumber cursor = state->cursor;
  if (as_of && as_of->epoch != state->epoch)
    throw base::Refused(
        Refusal::not_found, "not-found",
        fmt::format("As of {} belongs to another epoch; the records are in epoch {} since they were restored",
                    as_of->to_string(), state->epoch));
  if (as_of && as_of->commit > cursor)
    throw base::Refused(
        Refusal::not_found, "not-found",
        fmt::format("Commit {} is not in the tables yet; they stand at {}:{}", as_of->commit, state->epoch, cursor));
  return Session(pool, std::move(state), as_of ? as_of->commit : cursor);
}

void Engine::Impl::check_period(const base::Period& period) {
  if (period.first().year() < k_year_min || period.last().year() > k_year_max)
    throw base::Refused(Refusal::malformed, "value",
                        fmt::format("The period {} is out of range; it must lie within the years {} to {}",
                                    period.to_string(), k_year_min, k_year_max));
  if (period.days() > k_period_days_max)
    throw base::Refused(Refusal::malformed, "value",
                        fmt::format("The period {} has {} days; at most {} can be asked for at a time",
                                    period.to_string(), period.days(), k_period_days_max));
}

store::CommitNumber Engine::Impl::effective(const Session& session, const std::set<std::string>& tables) const {
  store::CommitNumber last = 0;
  for (const auto& table : tables) {
    const auto found = session.state().changed.find(table);
    if (found != session.state().changed.end()) last = std::max(last, found->second);
  }
  return std::min(last, session.as_of());
}

std::shared_ptr<const OrganizationTree> Engine::Impl::tree(Session& session, base::Date day) const {
  const std::string key = fmt::format("{} {} {}", session.state().generation,
                                      effective(session, {std::string(k_tree_table)}), day.to_string());
  {
    const std::lock_guard lock(cache_mutex);
    if (const auto found = trees.find(key); found != trees.end()) return found->second;
  }
  auto read = std::make_shared<const OrganizationTree>(
      OrganizationTree::read(session.connection(), warehouse, session.as_of(), day));
  const std::lock_guard lock(cache_mutex);
  if (trees.size() >= k_cached_small_max) trees.clear();
  return trees[key] = std::move(read);
}

Engine::Impl::Scope Engine::Impl::scope(Session& session, std::string_view org, const base::Period& period,
                                        std::optional<base::Date> tree_date) const {
  check_period(period);
  Scope scope;
  scope.org = org;
  scope.period = period;
  scope.tree_date = tree_date.value_or(period.last());
  const auto known = tree(session, scope.tree_date);
  if (!known->find(org)) {
    std::vector<std::string> ids;
    for (const auto& [id, node] : known->nodes())
      ids.push_back(id);
    const std::string near = base::suggest(org, ids);
    throw base::Refused(Refusal::not_found, "not-found",
                        fmt::format("There is no organisation {} as of {}:{}{}", org, session.state().epoch,
                                    session.as_of(), near.empty() ? "" : fmt::format("; did you mean {}?", near)));
  }
  scope.orgs = known->with_descendants(org);
  return scope;
}

Engine::Impl::Scope Engine::Impl::scope_of(Session& session, const Address& address) const {
  return scope(session, address.org, address.period,
               address.tree_date.empty() ? std::nullopt : base::Date::parse(address.tree_date));
}

// --- amounts
// ----------------------------------------------------------------------------------------------------------

Contract Engine::Impl::contract(Session& session, const Definition& definition) const {
  const std::string& id = definition.plan.indicator->id;
  {
    const std::lock_guard lock(cache_mutex);
    if (const auto found = contracts.find(id); found != contracts.end()) return found->second;
  }
  const base::Date any_day;
  const RowQuery query(definition.plan, warehouse, session.as_of(), session.seen(), any_day, any_day);
  Contract contract;
  for (const auto& column : query.check_contract(session.connection())) {
    contract.has_weight |= column.name == "weight";
    contract.has_source |= column.name == "source";
    contract.has_note |= column.name == "note";
  }
  const std::lock_guard lock(cache_mutex);
  return contracts[id] = contract;
}

CubeRequest Engine::Impl::request_for(Session& session, const Target& target, const Scope& scope) const {
  const Definition& definition = definition_of(*target.indicator);
  CubeRequest request;
  request.plan = &definition.plan;
  request.contract = contract(session, definition);
  request.first = scope.period.first();
  request.last = scope.period.last();
  if (target.indicator->count != "rows") {
    request.shape = CubeShape::distinct;
    request.orgs = scope.orgs;
  } else if (target.indicator->period == PeriodKind::stock) {
    request.shape = target.aspect == Aspect::figure ? CubeShape::stock : CubeShape::days;
  } else {
    // One query gives all months, so the year, the year before and the months come out of one cube; not so where the
    // query itself looks at the period.
    const bool whole_months = request.first.day() == 1 && scope.period.end().day() == 1;
    request.shape = whole_months && !definition.plan.uses_period ? CubeShape::months : CubeShape::range;
  }
  return request;
}

std::string Engine::Impl::cube_key(const Session& session, const CubeRequest& request) const {
  const Indicator& indicator = *request.plan->indicator;
  std::string key = fmt::format("{} {} {} {} {}", indicator.id, definitions.find(indicator.id)->second.hash,
                                session.state().generation, effective(session, request.plan->tables),
                                static_cast<int>(request.shape));
  if (request.shape == CubeShape::months) return key;
  key += ' ' + request.last.to_string();
  if (request.shape != CubeShape::stock || request.plan->uses_period) key += ' ' + request.first.to_string();
  if (request.shape == CubeShape::distinct) key += ' ' + base::sha256_hex(literal_list(request.orgs));
  return key;
}

std::shared_ptr<const Cube> Engine::Impl::find_cube(const std::string& key) const {
  const std::lock_guard lock(cache_mutex);
  const auto found = cubes.find(key);
  return found == cubes.end() ? nullptr : found->second;
}

std::shared_ptr<const Cube> Engine::Impl::cube(Session& session, const CubeRequest& request) const {
  const std::string key = cube_key(session, request);
  if (auto found = find_cube(key)) return found;
  auto computed = std::make_shared<const Cube>(
      compute_cube(session.connection(), warehouse, session.as_of(), session.seen(), request));
  const std::lock_guard lock(cache_mutex);
  const size_t cells = computed->cells() + 1;
  if (cached_cells + cells > k_cached_cells_max) {
    cubes.clear();
    cached_cells = 0;
  }
  if (cubes.emplace(key, computed).second) cached_cells += cells;
  return computed;
}

Amounts amounts_of(const Cube& cube, const CubeRequest& request, std::string_view org) {
  Amounts total;
  const auto leaf = cube.leaves.find(org);
  if (leaf == cube.leaves.end()) return total;
  const bool by_month = request.shape == CubeShape::months;
  const int first = by_month ? month_number(request.first) : 0, last = by_month ? month_number(request.last) : 0;
  for (auto month = leaf->second.lower_bound(first); month != leaf->second.end() && month->first <= last; ++month)
    total += month->second;
  return total;
}

Amounts Engine::Impl::amounts(Session& session, const Target& target, const Scope& scope) const {
  const CubeRequest request = request_for(session, target, scope);
  const auto found = cube(session, request);
  Amounts total;
  if (request.shape == CubeShape::distinct) return amounts_of(*found, request, "");
  for (const auto& org : scope.orgs)
    total += amounts_of(*found, request, org);
  return total;
}

std::vector<Target> Engine::Impl::leaves(const Target& target) const {
  std::vector<Target> out;
  std::vector<Target> open{target};
  const auto add = [&](const Target& leaf) {
    if (std::find(out.begin(), out.end(), leaf) == out.end()) out.push_back(leaf);
  };
  // Depth first, left to right; bounded because a circle would never end.
  for (int steps = 0; !open.empty(); ++steps) {
    if (steps > k_derived_steps_max * k_derived_steps_max)
      throw base::Refused(Refusal::invalid, "invalid",
                          fmt::format("{} is derived from too many indicators, or from itself", target.name()));
    const Target next = open.back();
    open.pop_back();
    if (next.indicator->kind == IndicatorKind::derived) {
      const auto operands = operands_of(definition_of(*next.indicator).derived);
      for (auto operand = operands.rbegin(); operand != operands.rend(); ++operand) {
        Target part = find_target(operand->first);
        part.aspect = operand->second;
        open.push_back(find_target(part.name()));
      }
      continue;
    }
    add(next);
    if (next.indicator->kind == IndicatorKind::rate) open.push_back(find_target(next.indicator->population));
  }
  return out;
}

void Engine::Impl::prefetch(Session& session, const std::vector<Target>& targets,
                            const std::vector<Scope>& scopes) const {
  // OPTIMIZATION: small queries use one core each; two at a time use both.
  std::vector<std::pair<Target, const Scope*>> missing;
  std::set<std::string> keys;
  for (const Target& target : targets)
    for (const Target& leaf : leaves(target))
      for (const Scope& scope : scopes) {
        const CubeRequest request = request_for(session, leaf, scope);
        std::string key = cube_key(session, request);
        if (!find_cube(key) && keys.insert(std::move(key)).second) missing.emplace_back(leaf, &scope);
      }
  constexpr size_t k_worth_a_thread = 4;
  const size_t threads = std::min<size_t>(std::max(1u, std::thread::hardware_concurrency()), 4);
  if (missing.size() < k_worth_a_thread || threads < 2) return; // they are computed where they are needed
  std::atomic<size_t> next{0};
  std::vector<std::exception_ptr> failures(threads);
  const auto work = [&](Session& mine, size_t self) {
    try {
      for (size_t i = next++; i < missing.size(); i = next++)
        cube(mine, request_for(mine, missing[i].first, *missing[i].second));
    } catch (...) {
      failures[self] = std::current_exception();
    }
  };
  std::vector<std::thread> workers;
  for (size_t i = 1; i < threads; ++i)
    workers.emplace_back([&, i] {
      Session mine(pool, session.shared_state(), session.as_of());
      work(mine, i);
    });
  work(session, 0);
  for (auto& worker : workers)
    worker.join();
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

// --- figures
// ----------------------------------------------------------------------------------------------------------

Address Engine::Impl::address_of(const Session& session, const Target& target, const Scope& scope) const {
  Address address;
  address.indicator = target.name();
  address.hash = definitions.find(target.indicator->id)->second.hash;
  address.org = scope.org;
  address.tree_date = scope.tree_date.to_string();
  address.period = scope.period;
  address.as_of = as_of(session);
  return address;
}

Figure Engine::Impl::figure(Session& session, const Target& target, const Scope& scope, int depth) const {
  if (depth > k_derived_steps_max)
    throw base::Refused(Refusal::invalid, "invalid",
                        fmt::format("{} is derived from itself, by way of others", target.indicator->id));
  Figure figure;
  figure.address = address_of(session, target, scope);
  figure.indicator = target.indicator;
  const Indicator& indicator = *target.indicator;
  if (indicator.kind == IndicatorKind::derived) {
    const Derived& expression = definition_of(indicator).derived;
    if (expression.kind == Derived::Kind::divide) {
      figure.numerator = evaluate(session, expression.arguments[0], scope, depth + 1);
      figure.denominator = evaluate(session, expression.arguments[1], scope, depth + 1);
      if (figure.numerator && figure.denominator && !figure.denominator->is_zero())
        figure.value = *figure.numerator / *figure.denominator;
    } else {
      figure.value = evaluate(session, expression, scope, depth + 1);
    }
    for (const Target& leaf : leaves(target))
      figure.rows += amounts(session, leaf, scope).rows;
    return figure;
  }
  fill_figure(figure, indicator, target.aspect, amounts(session, target, scope), scope.period);
  if (indicator.kind == IndicatorKind::rate) {
    const Figure population = this->figure(session, find_target(indicator.population), scope, depth + 1);
    figure.denominator = population.value;
    if (figure.denominator && !figure.denominator->is_zero())
      figure.value = *figure.numerator / *figure.denominator * Rational(std::max<int64_t>(indicator.per, 1));
  }
  return figure;
}

std::optional<Rational> Engine::Impl::evaluate(Session& session, const Derived& node, const Scope& scope,
                                               int depth) const {
  const auto argument = [&](size_t i) { return evaluate(session, node.arguments[i], scope, depth); };
  switch (node.kind) {
  case Derived::Kind::number: return Rational(node.number);
  case Derived::Kind::indicator: return figure(session, find_target(node.id), scope, depth).value;
  case Derived::Kind::average: return figure(session, find_target("average(" + node.id + ")"), scope, depth).value;
  case Derived::Kind::days: return figure(session, find_target("days(" + node.id + ")"), scope, depth).value;
  case Derived::Kind::negate: {
    const auto value = argument(0);
    if (!value) return {};
    return Rational(0) - *value;
  }
  case Derived::Kind::least:
  case Derived::Kind::greatest: {
    std::optional<Rational> chosen;
    for (size_t i = 0; i < node.arguments.size(); ++i) {
      const auto value = argument(i);
      if (!value) return {};
      if (!chosen || (node.kind == Derived::Kind::least ? *value < *chosen : *chosen < *value)) chosen = value;
    }
    return chosen;
  }
  default: break;
  }
  const auto left = argument(0), right = argument(1);
  if (!left || !right) return {};
  switch (node.kind) {
  case Derived::Kind::add: return *left + *right;
  case Derived::Kind::subtract: return *left - *right;
  case Derived::Kind::multiply: return *left * *right;
  default: break;
  }
  if (right->is_zero()) return {};
  return *left / *right;
}

// --- the public face
// --------------------------------------------------------------------------------------------------

Engine::Engine(std::shared_ptr<const package::Catalog> catalog, flatten::Warehouse& warehouse, Owes owes)
    : m_impl(std::make_unique<Impl>(std::move(catalog), warehouse, std::move(owes))) {}
Engine::~Engine() = default;

const package::Catalog& Engine::catalog() const {
  return *m_impl->catalog;
}

AsOf Engine::now() const {
  const auto state = m_impl->warehouse.state();
  return {state->epoch, state->cursor};
}

AsOf Engine::resolve_as_of(std::string_view text) const {
  if (const auto exact = AsOf::parse(text)) return *exact;
  std::optional<base::Millis> at = base::parse_instant(text);
  const base::Zone zone = m_impl->warehouse.zone();
  if (const auto day = base::Date::parse(text))
    at = (int64_t{day->days()} + 1) * 86'400'000 - int64_t{zone.offset_minutes} * 60'000 - 1;
  if (!at)
    throw base::Refused(
        Refusal::malformed, "value",
        fmt::format("\"{}\" is no as-of; give epoch:t (1:42), an instant (2023-05-01T08:30:00+08:00) or a "
                    "date (2023-05-01, the end of that day)",
                    text));
  return {m_impl->warehouse.epoch(), m_impl->warehouse.commit_at(*at)};
}

Figure Engine::figure(std::string_view indicator, std::string_view org, const base::Period& period,
                      std::optional<AsOf> as_of) const {
  const Target target = m_impl->find_target(indicator);
  Session session = m_impl->open(as_of);
  return m_impl->figure(session, target, m_impl->scope(session, org, period));
}

Figure Engine::figure(const Address& address) const {
  const Target target = m_impl->find_target(address.indicator);
  const std::string& hash = m_impl->definition_of(*target.indicator).hash;
  if (!address.hash.empty() && address.hash != hash)
    throw base::Refused(Refusal::conflict, "conflict",
                        fmt::format("{} was defined otherwise ({}) when this address was made; it is {} now",
                                    address.indicator, address.hash, hash));
  Session session = m_impl->open(address.as_of);
  return m_impl->figure(session, target, m_impl->scope_of(session, address));
}

std::vector<Figure> Engine::figures(const std::vector<std::string>& indicators, std::string_view org,
                                    const base::Period& period, std::optional<AsOf> as_of) const {
  std::vector<Target> targets;
  for (const auto& indicator : indicators)
    targets.push_back(m_impl->find_target(indicator));
  Session session = m_impl->open(as_of);
  const std::vector<Impl::Scope> scopes{m_impl->scope(session, org, period)};
  m_impl->prefetch(session, targets, scopes);
  std::vector<Figure> out;
  for (const Target& target : targets)
    out.push_back(m_impl->figure(session, target, scopes[0]));
  return out;
}

std::vector<Figure> Engine::by_organization(std::string_view indicator, std::string_view org,
                                            const base::Period& period, std::optional<AsOf> as_of) const {
  const Target target = m_impl->find_target(indicator);
  Session session = m_impl->open(as_of);
  const Impl::Scope whole = m_impl->scope(session, org, period);
  std::vector<Impl::Scope> scopes;
  for (const auto& child : m_impl->tree(session, whole.tree_date)->find(org)->children)
    scopes.push_back(m_impl->scope(session, child, period));
  m_impl->prefetch(session, {target}, scopes);
  std::vector<Figure> out;
  for (const auto& scope : scopes)
    out.push_back(m_impl->figure(session, target, scope));
  return out;
}

std::vector<Figure> Engine::by_month(std::string_view indicator, std::string_view org, const base::Period& period,
                                     std::optional<AsOf> as_of) const {
  const Target target = m_impl->find_target(indicator);
  Session session = m_impl->open(as_of);
  const Impl::Scope whole = m_impl->scope(session, org, period);
  std::vector<Impl::Scope> scopes;
  for (base::Date first = period.first(); first <= period.last(); first = base::month_start(first, 1)) {
    const base::Date end = std::min(base::month_start(first, 1), period.end());
    Impl::Scope month = whole;
    month.period = first.day() == 1 && end.day() == 1 ? base::Period::month_of(first.year(), first.month())
                                                      : base::Period::range(first, end + -1);
    scopes.push_back(std::move(month));
  }
  m_impl->prefetch(session, {target}, scopes);
  std::vector<Figure> out;
  for (const auto& scope : scopes)
    out.push_back(m_impl->figure(session, target, scope));
  return out;
}

void Engine::check(std::string_view indicator) const {
  const Target target = m_impl->find_target(indicator);
  Session session = m_impl->open({});
  for (const Target& leaf : m_impl->leaves(target))
    m_impl->contract(session, m_impl->definition_of(*leaf.indicator));
}

std::vector<Engine::Organization> Engine::organizations(std::optional<AsOf> as_of) const {
  Session session = m_impl->open(as_of);
  const auto tree = m_impl->tree(session, base::Date::from_civil(k_year_max, 12, 31).value());
  std::vector<Organization> out;
  for (const auto& [id, node] : tree->nodes())
    out.push_back({id, node.name, node.part_of});
  return out;
}

} // namespace xinglin::indicator
