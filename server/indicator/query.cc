#include "server/indicator/query.h"

#include "server/indicator/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>

namespace xinglin::indicator {
namespace {

using package::Fact;
using package::Indicator;
using package::IndicatorKind;
using package::PeriodKind;

bool starts_word(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80);
}
bool continues_word(char c) {
  return starts_word(c) || std::isdigit(static_cast<unsigned char>(c));
}

base::Refused invalid(const std::string& file, const std::string& text) {
  base::Issue issue;
  issue.code = "invalid";
  issue.text = text;
  issue.file = file;
  base::Issues issues;
  issues.add(std::move(issue));
  return base::Refused(base::Refusal::invalid, std::move(issues));
}

} // namespace

std::vector<SqlName> sql_names(std::string_view sql) {
  std::vector<SqlName> out;
  size_t at = 0;
  const auto skip_to = [&](std::string_view end) {
    const size_t found = sql.find(end, at);
    at = found == std::string_view::npos ? sql.size() : found + end.size();
  };
  while (at < sql.size()) {
    const char c = sql[at];
    const std::string_view rest = sql.substr(at);
    if (rest.starts_with("--")) {
      skip_to("\n");
    } else if (rest.starts_with("/*")) {
      int depth = 0; // comments nest, as PostgreSQL and DuckDB read them
      do {
        if (sql.substr(at).starts_with("/*")) {
          ++depth;
          at += 2;
        } else if (sql.substr(at).starts_with("*/")) {
          --depth;
          at += 2;
        } else {
          ++at;
        }
      } while (depth > 0 && at < sql.size());
    } else if (c == '\'') {
      ++at;
      skip_to("'"); // a doubled quote just begins the next string
    } else if (c == '"') {
      const size_t begin = at++;
      skip_to("\"");
      out.push_back({std::string(sql.substr(begin + 1, at - begin - 2)), begin, at, false});
    } else if (rest.starts_with("::")) {
      at += 2;
    } else if (c == ':' && at + 1 < sql.size() && starts_word(sql[at + 1])) {
      const size_t begin = at++;
      while (at < sql.size() && continues_word(sql[at]))
        ++at;
      out.push_back({std::string(sql.substr(begin, at - begin)), begin, at, true});
    } else if (starts_word(c)) {
      const size_t begin = at;
      while (at < sql.size() && continues_word(sql[at]))
        ++at;
      std::string word(sql.substr(begin, at - begin));
      for (char& letter : word)
        letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
      out.push_back({std::move(word), begin, at, false});
    } else if (std::isdigit(static_cast<unsigned char>(c))) {
      while (at < sql.size() && continues_word(sql[at]))
        ++at;
    } else {
      ++at;
    }
  }
  return out;
}

QueryPlan plan_query(const Indicator& indicator, const package::Catalog& catalog, const flatten::Warehouse& warehouse) {
  QueryPlan plan;
  plan.indicator = &indicator;
  enum class Mark { open, done };
  std::map<std::string, Mark> marks;
  std::map<const Fact*, int> times;
  const std::function<void(std::string_view, const std::string&)> visit = [&](std::string_view sql,
                                                                              const std::string& file) {
    for (const SqlName& name : sql_names(sql)) {
      if (name.is_parameter) {
        if (name.text != ":first" && name.text != ":last")
          throw invalid(file,
                        fmt::format("There is no parameter {}; :first and :last are the period's days", name.text));
        plan.uses_period = true;
      } else if (const auto fact = catalog.facts.find(name.text); fact != catalog.facts.end()) {
        const auto [mark, is_new] = marks.try_emplace(name.text, Mark::open);
        ++times[&fact->second];
        if (!is_new) {
          if (mark->second == Mark::open)
            throw invalid(file,
                          fmt::format("The fact {} reads itself in a circle; a fact may only read others", name.text));
          continue;
        }
        visit(fact->second.sql, fact->second.place.file);
        marks[name.text] = Mark::done;
        plan.facts.push_back({&fact->second, 0});
      } else if (warehouse.find_table(name.text)) {
        plan.tables.insert(name.text);
      }
    }
  };
  visit(indicator.sql, sql_file_of(indicator));
  for (auto& use : plan.facts)
    use.times = times[use.fact];
  return plan;
}

std::string sql_file_of(const Indicator& indicator) {
  std::string file = indicator.place.file.empty() ? indicator.id + ".yml" : indicator.place.file;
  if (file.ends_with(".yml")) file.replace(file.size() - 4, 4, ".sql");
  return file;
}

RowQuery::RowQuery(const QueryPlan& plan, const flatten::Warehouse& warehouse, store::CommitNumber as_of,
                   store::CommitNumber seen, base::Date first, base::Date last)
    : m_indicator(plan.indicator) {
  m_text = "with ";
  // A table's name may stand twice in the author's text; it is read where it stands, with what is asked of it there.
  for (const auto& table : plan.tables)
    m_text += fmt::format("{} as not materialized ({}),\n", sql::quote_identifier(table),
                          warehouse.table_as_of(table, as_of, seen));
  for (const auto& [fact, times] : plan.facts) {
    // OPTIMIZATION: what is read once is not kept whole, so that only the columns asked for are read. What is read more
    // often is computed once.
    m_text +=
        fmt::format("{} as {} (\n", sql::quote_identifier(fact->id), times == 1 ? "not materialized" : "materialized");
    add_author_text(fact->sql, fact->place.file.empty() ? fact->id + ".sql" : fact->place.file, first, last);
    m_text += "\n),\n";
  }
  m_text += fmt::format("{} as not materialized (\n", k_rows_name);
  add_author_text(plan.indicator->sql, sql_file_of(*plan.indicator), first, last);
  m_text += "\n)\n";
}

void RowQuery::add_author_text(const std::string& sql, const std::string& file, base::Date first, base::Date last) {
  Segment segment{file, sql, static_cast<int>(std::count(m_text.begin(), m_text.end(), '\n')) + 1, {}};
  size_t copied = 0, line_start = 0;
  int line = 1;
  size_t counted = 0;
  for (const SqlName& name : sql_names(sql)) {
    if (!name.is_parameter) continue;
    m_text += sql.substr(copied, name.begin - copied);
    const std::string literal = fmt::format("(date '{}')", (name.text == ":first" ? first : last).to_string());
    m_text += literal;
    for (; counted < name.begin; ++counted)
      if (sql[counted] == '\n') {
        ++line;
        line_start = counted + 1;
      }
    segment.edits.push_back({line, static_cast<int>(name.begin - line_start) + 1,
                             static_cast<int>(literal.size()) - static_cast<int>(name.end - name.begin)});
    copied = name.end;
  }
  std::string tail = sql.substr(copied);
  // A closing semicolon is no part of a query that stands within another.
  while (!tail.empty() && (std::isspace(static_cast<unsigned char>(tail.back())) || tail.back() == ';'))
    tail.pop_back();
  m_text += tail;
  m_segments.push_back(std::move(segment));
}

void RowQuery::rethrow_placed(const base::Refused& refused) const {
  base::Issues placed;
  for (base::Issue issue : refused.issues()) {
    for (const Segment& segment : m_segments) {
      const int lines = static_cast<int>(std::count(segment.source.begin(), segment.source.end(), '\n')) + 1;
      const int line = issue.line - segment.first_line + 1;
      if (issue.line == 0 || line < 1 || line > lines) continue;
      int column = issue.column;
      for (const auto& edit : segment.edits)
        if (edit.line == line && edit.column < column) column = std::max(edit.column, column - edit.grown);
      issue.file = segment.file;
      issue.line = line;
      issue.column = column;
      break;
    }
    if (issue.file.empty()) {
      issue.file = sql_file_of(*m_indicator);
      issue.line = issue.column = 0;
    }
    placed.add(std::move(issue));
  }
  throw base::Refused(refused.kind(), std::move(placed));
}

sql::DuckStatement RowQuery::prepare(sql::DuckConnection& connection, const std::string& select) const {
  try {
    return connection.prepare_select(m_text + select);
  } catch (const base::Refused& refused) {
    rethrow_placed(refused);
  }
}

std::vector<sql::DuckColumn> RowQuery::check_contract(sql::DuckConnection& connection) const {
  using sql::DuckType;
  const Indicator& indicator = *m_indicator;
  const auto statement = prepare(connection, fmt::format("select * from {}", k_rows_name));
  const auto& columns = statement.columns();
  base::Issues issues;
  const std::string file = sql_file_of(indicator);
  const auto complain = [&](std::string text) {
    base::Issue issue;
    issue.code = "invalid";
    issue.file = file;
    issue.text = std::move(text);
    issues.add(std::move(issue));
  };
  const auto find = [&](std::string_view name) -> const sql::DuckColumn* {
    for (const auto& column : columns)
      if (column.name == name) return &column;
    return nullptr;
  };
  const auto want = [&](std::string_view name, std::initializer_list<DuckType> types, std::string_view what,
                        std::string_view why, bool required = true) {
    const auto* column = find(name);
    if (!column) {
      if (required)
        complain(fmt::format("The query gives no column {}: {}; select it as {} ({})", name, why, name, what));
      return;
    }
    if (column->type == DuckType::null || std::find(types.begin(), types.end(), column->type) != types.end()) return;
    if (column->type == DuckType::floating)
      complain(fmt::format("Column {} is {}, which is not exact; use decimals, e.g. cast(... as decimal(18,6))", name,
                           column->sql_type));
    else
      complain(fmt::format("Column {} is {}; it must be {}: cast({} as ...)", name, column->sql_type, what, name));
  };
  want("org", {DuckType::text}, "VARCHAR", "every row belongs to an organisation");
  want("subject", {DuckType::text}, "VARCHAR", "every row is about something");
  want("record", {DuckType::text}, "VARCHAR", "every row opens onto its record");
  if (indicator.period == PeriodKind::flow) {
    want("happened", {DuckType::date}, "DATE", "a flow counts what happened in the period");
  } else {
    want("since", {DuckType::date}, "DATE", "a stock counts what lasts");
    want("until", {DuckType::date}, "DATE", "a stock counts what lasts (null = still)");
  }
  const auto numbers = {DuckType::integer, DuckType::decimal};
  if (indicator.kind == IndicatorKind::proportion)
    want("hit", {DuckType::boolean}, "BOOLEAN", "a proportion says which rows are counted in its numerator");
  if (indicator.kind == IndicatorKind::sum || indicator.kind == IndicatorKind::mean)
    want("value", numbers, "INTEGER, BIGINT or DECIMAL", "a sum or mean is of values");
  want("weight", numbers, "INTEGER or DECIMAL", "", false);
  const bool from_outside = indicator.id.ends_with(k_upper_suffix) || find("source") || find("issued");
  want("source", {DuckType::text}, "VARCHAR", "a figure from outside says who published it", from_outside);
  want("issued", {DuckType::date}, "DATE", "a figure from outside says when it was published", from_outside);
  want("note", {DuckType::text}, "VARCHAR", "", false);
  if (indicator.count.starts_with("distinct ")) {
    const std::string column = indicator.count.substr(9);
    if (!find(column)) complain(fmt::format("count: {} names a column the query does not give", indicator.count));
  }
  if (indicator.count != "rows" && indicator.kind != IndicatorKind::count && indicator.kind != IndicatorKind::rate)
    complain(fmt::format("count: {} goes with kind count or rate; sums, means and proportions go over rows",
                         indicator.count));
  if (indicator.count != "rows" && find("weight")) complain(fmt::format("count: {} takes no weight", indicator.count));
  std::map<std::string, int> seen;
  for (const auto& column : columns)
    if (++seen[column.name] == 2) complain(fmt::format("The query gives two columns named {}", column.name));
  if (issues.has_errors()) throw base::Refused(base::Refusal::invalid, std::move(issues));
  return columns;
}

} // namespace xinglin::indicator
