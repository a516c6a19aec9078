#include "server/flatten/flattener.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace xinglin::flatten {
namespace {

constexpr std::string_view k_form_prefix = "urn:xinglin:form:";

/// The form id in "urn:xinglin:form:inpatient_stay|1"; empty for a response to anything else.
std::string_view form_of(fhir::Node resource) {
  std::string_view questionnaire = resource["questionnaire"].text();
  if (!questionnaire.starts_with(k_form_prefix)) return {};
  questionnaire.remove_prefix(k_form_prefix.size());
  return questionnaire.substr(0, questionnaire.find('|'));
}

} // namespace

Flattener::Flattener(const std::vector<package::Table>& tables, const std::map<std::string, std::string>& form_tables,
                     base::Zone zone)
    : m_zone(zone) {
  m_environment.zone = zone;
  for (size_t i = 0; i < tables.size(); ++i) {
    const auto& table = tables[i];
    CompiledView compiled{viewdef::View::compile(table.view_json, viewdef::Values::as_found), {}, {}, {}};
    const auto columns = compiled.view.columns();
    std::string given, wanted;
    for (const auto& column : columns)
      given += column.name + ' ';
    for (const auto& column : table.columns) {
      if (column.name == "entered" || column.name == "t_from") continue;
      wanted += column.name + ' ';
      compiled.names.push_back(column.name);
      compiled.types.push_back(parse_cell_type(column.sql_type));
    }
    if (given != wanted)
      throw base::Refused(
          base::Refusal::invalid, "invalid",
          fmt::format("The view of table {} gives the columns {}but the table has {}; they must be the same "
                      "in the same order",
                      table.name, given, wanted));
    if (const auto found = form_tables.find(table.name); found != form_tables.end()) compiled.form = found->second;
    m_by_type[std::string(compiled.view.resource_type())].push_back(i);
    m_views.push_back(std::move(compiled));
  }
}

std::span<const size_t> Flattener::tables_of(std::string_view resource_type) const {
  const auto found = m_by_type.find(resource_type);
  return found == m_by_type.end() ? std::span<const size_t>() : std::span<const size_t>(found->second);
}

void Flattener::run_view(size_t table, const store::Version& version, fhir::Node resource, store::CommitNumber end,
                         Flattened& out) const {
  const CompiledView& compiled = m_views[table];
  Rows& rows = out.tables[table];
  const size_t rows_before = rows.rows.size(), cells_before = rows.cells.size(), arena_before = rows.arena.size();
  const size_t misfits_before = out.misfits.size();
  const int64_t entered = county_micros(version.recorded_at, m_zone);
  try {
    compiled.view.run(
        resource,
        [&](std::span<const viewdef::Cell> cells) {
          rows.rows.push_back({version.commit, end, entered});
          for (size_t i = 0; i < cells.size(); ++i) {
            Cell& cell = rows.cells.emplace_back();
            if (cells[i] && !read_cell(*cells[i], compiled.types[i], m_zone, cell, rows.arena))
              out.misfits.push_back(
                  {table, compiled.names[i], version.reference(), std::string(*cells[i]), version.commit});
          }
        },
        m_environment);
  } catch (const base::Refused& refused) {
    rows.rows.resize(rows_before);
    rows.cells.resize(cells_before);
    rows.arena.resize(arena_before);
    out.misfits.resize(misfits_before);
    out.misfits.push_back({table, {}, version.reference(), refused.what(), version.commit});
  }
}

Flattened Flattener::run(std::span<const store::Version> versions, std::span<const store::CommitNumber> ends) const {
  Flattened out;
  out.tables.resize(m_views.size());
  for (size_t i = 0; i < versions.size(); ++i) {
    const store::Version& version = versions[i];
    // A version superseded within its own commit was never to be seen.
    if (version.deleted || ends[i] == version.commit) continue;
    const auto tables = tables_of(version.type);
    if (tables.empty()) continue;
    std::optional<fhir::Document> document;
    try {
      document.emplace(fhir::Document::parse(version.json));
    } catch (const base::Refused& refused) {
      out.misfits.push_back({tables.front(), {}, version.reference(), refused.what(), version.commit});
      continue;
    }
    const fhir::Node resource = document->root();
    // OPTIMIZATION: a submission is shown only to the views of its own form, not to those of all forms.
    const std::string_view form = form_of(resource);
    for (const size_t table : tables)
      if (m_views[table].form.empty() || m_views[table].form == form) run_view(table, version, resource, ends[i], out);
  }
  return out;
}

std::vector<Flattened> Flattener::run_parallel(std::span<const store::Version> versions,
                                               std::span<const store::CommitNumber> ends) const {
  const size_t pieces = (versions.size() + k_flatten_piece - 1) / k_flatten_piece;
  std::vector<Flattened> out(pieces);
  const auto one = [&](size_t piece) {
    const size_t from = piece * k_flatten_piece, count = std::min(k_flatten_piece, versions.size() - from);
    out[piece] = run(versions.subspan(from, count), ends.subspan(from, count));
  };
  const size_t threads =
      std::min<size_t>({pieces, k_flatten_threads_max, std::max(1u, std::thread::hardware_concurrency())});
  if (threads <= 1) {
    for (size_t i = 0; i < pieces; ++i)
      one(i);
    return out;
  }
  std::atomic<size_t> next{0};
  std::vector<std::exception_ptr> failures(threads);
  const auto work = [&](size_t self) {
    try {
      for (size_t i = next++; i < pieces; i = next++)
        one(i);
    } catch (...) {
      failures[self] = std::current_exception();
    }
  };
  std::vector<std::thread> workers;
  for (size_t i = 1; i < threads; ++i)
    workers.emplace_back(work, i);
  work(0);
  for (auto& worker : workers)
    worker.join();
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
  return out;
}

std::map<std::string, std::string> form_tables(const package::Catalog& catalog,
                                               const std::vector<package::Table>& tables) {
  std::map<std::string, std::string> out;
  for (const auto& table : tables) {
    const std::string form = table.name.substr(0, table.name.find("__"));
    if (catalog.forms.contains(form)) out[table.name] = form;
  }
  return out;
}

} // namespace xinglin::flatten
