// The rows beneath a figure: fetched, ordered, digested. Ordering and digest are made here and not in SQL, so that they
// depend on nothing but the rows.

#include "lib/base/id.h"
#include "server/indicator/engine_impl.h"

#include <fmt/format.h>

#include <algorithm>

namespace xinglin::indicator {
namespace {

using package::IndicatorKind;
using package::PeriodKind;

constexpr char k_field = '\x1f';

std::string whole_text(const std::vector<Row>& rows) {
  std::string out;
  for (const Row& row : rows) {
    out += canonical_text(row);
    out += '\n';
  }
  return out;
}

} // namespace

std::string canonical_text(const Row& row) {
  std::string out = row.part;
  for (const std::string* field : {&row.org, &row.subject, &row.record, &row.happened, &row.since, &row.until}) {
    out += k_field;
    out += *field;
  }
  out += k_field;
  if (row.hit) out += *row.hit ? "true" : "false";
  out += k_field;
  if (row.value) out += row.value->normalized().to_string();
  out += k_field;
  out += row.weight.normalized().to_string();
  out += k_field;
  out += row.counted;
  if (!row.source.empty() || !row.issued.empty() || !row.note.empty())
    for (const std::string* field : {&row.source, &row.issued, &row.note}) {
      out += k_field;
      out += *field;
    }
  return out;
}

std::vector<Row> Engine::Impl::rows(Session& session, const Target& target, const Scope& scope) const {
  const package::Indicator& indicator = *target.indicator;
  const Definition& definition = definition_of(indicator);
  const Contract columns = contract(session, definition);
  const bool has_weight = columns.has_weight;
  const bool is_flow = indicator.period == PeriodKind::flow;
  const bool has_hit = indicator.kind == IndicatorKind::proportion;
  const bool has_value = indicator.kind == IndicatorKind::sum || indicator.kind == IndicatorKind::mean;
  const bool has_counted = indicator.count.starts_with("distinct ");
  const RowQuery query(definition.plan, warehouse, session.as_of(), session.seen(), scope.period.first(),
                       scope.period.last());
  const std::string counted =
      has_counted ? "cast(" + sql::quote_identifier(std::string_view(indicator.count).substr(9)) + " as varchar)"
                  : "null";
  auto result =
      query
          .prepare(session.connection(),
                   fmt::format(
                       "select org, subject, record, {}, {}, {}, {}, {}, {}, {}, {} from {} where {} and org in ({})",
                       is_flow ? "happened" : "since", is_flow ? "null" : "until", has_hit ? "hit" : "null",
                       has_value ? "value" : "null", has_weight ? "weight" : "null", counted,
                       columns.has_source ? "source, cast(issued as varchar)" : "null, null",
                       columns.has_note ? "note" : "null", k_rows_name,
                       counted_rows(indicator, target.aspect, scope.period.first(), scope.period.last()),
                       literal_list(scope.orgs)))
          .execute();
  std::vector<Row> out;
  while (result.next()) {
    Row& row = out.emplace_back();
    row.org = result.text(0);
    row.subject = result.text(1);
    row.record = result.text(2);
    (is_flow ? row.happened : row.since) = result.text(3);
    row.until = result.text(4);
    if (has_hit) row.hit = !result.is_null(5) && result.boolean(5); // not known to be a hit is no hit
    if (has_value && !result.is_null(6)) row.value = result.decimal(6);
    if (has_weight && !result.is_null(7)) row.weight = result.decimal(7);
    row.counted = result.text(8);
    row.source = result.text(9);
    row.issued = result.text(10);
    row.note = result.text(11);
    row.part = target.name();
  }
  std::vector<std::pair<std::string, size_t>> order;
  order.reserve(out.size());
  for (size_t i = 0; i < out.size(); ++i)
    order.emplace_back(out[i].happened + out[i].since + k_field + out[i].record + k_field + canonical_text(out[i]), i);
  std::sort(order.begin(), order.end());
  std::vector<Row> sorted;
  sorted.reserve(out.size());
  for (const auto& [key, i] : order)
    sorted.push_back(std::move(out[i]));
  return sorted;
}

std::string Engine::Impl::digest(Session& session, const Target& target, const Scope& scope) const {
  std::set<std::string> tables{std::string(k_tree_table)};
  const auto parts = leaves(target);
  for (const Target& leaf : parts)
    tables.insert(definition_of(*leaf.indicator).plan.tables.begin(), definition_of(*leaf.indicator).plan.tables.end());
  const std::string key =
      fmt::format("{} {} {} {} {} {}", target.name(), definition_of(*target.indicator).hash, session.state().generation,
                  effective(session, tables), scope.period.first().to_string() + ".." + scope.period.last().to_string(),
                  base::sha256_hex(literal_list(scope.orgs)));
  {
    const std::lock_guard lock(cache_mutex);
    if (const auto found = digests.find(key); found != digests.end()) return found->second;
  }
  std::string text;
  for (const Target& leaf : parts)
    text += whole_text(rows(session, leaf, scope));
  const std::string digest = base::sha256_hex(text);
  const std::lock_guard lock(cache_mutex);
  if (digests.size() >= k_cached_small_max) digests.clear();
  return digests[key] = digest;
}

Trace Engine::trace(const Address& address, size_t rows_max) const {
  Trace trace;
  trace.figure = figure(address); // checks the definition's hash
  const Target target = m_impl->find_target(address.indicator);
  Session session = m_impl->open(trace.figure.address.as_of);
  const Impl::Scope scope = m_impl->scope_of(session, trace.figure.address);
  const package::Indicator& indicator = *target.indicator;
  trace.definition = indicator.kind == IndicatorKind::derived ? indicator.derived : indicator.sql;
  if (indicator.kind == IndicatorKind::derived)
    for (const auto& [id, aspect] : operands_of(m_impl->definition_of(indicator).derived)) {
      Target part = m_impl->find_target(id);
      part.aspect = aspect;
      trace.parts.push_back(m_impl->figure(session, m_impl->find_target(part.name()), scope));
    }
  if (indicator.kind == IndicatorKind::rate)
    trace.parts.push_back(m_impl->figure(session, m_impl->find_target(indicator.population), scope));
  std::string text;
  for (const Target& leaf : m_impl->leaves(target)) {
    auto rows = m_impl->rows(session, leaf, scope);
    text += whole_text(rows);
    trace.rows_total += static_cast<int64_t>(rows.size());
    for (auto& row : rows) {
      if (trace.rows.size() >= rows_max) break;
      trace.rows.push_back(std::move(row));
    }
  }
  trace.digest = base::sha256_hex(text);
  return trace;
}

std::string Engine::digest(const Address& address) const {
  const Target target = m_impl->find_target(address.indicator);
  Session session = m_impl->open(address.as_of);
  return m_impl->digest(session, target, m_impl->scope_of(session, address));
}

} // namespace xinglin::indicator
