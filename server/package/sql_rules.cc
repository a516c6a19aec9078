#include "server/package/sql_rules.h"

#include "lib/base/text.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <map>

namespace xinglin::package {
namespace {

/// Both engines have them with one meaning, and they are exact. Operators go by the names the parser gives them.
constexpr std::string_view k_functions[] = {
    // operators
    "!~~", "!~~*", "*", "+", "-", "||", "~~", "~~*", "%",
    // aggregates
    "array_agg", "bool_and", "bool_or", "count", "count_star", "max", "min", "percentile_disc", "quantile_disc",
    "string_agg", "sum",
    // windows
    "dense_rank", "first_value", "lag", "last_value", "lead", "nth_value", "ntile", "rank", "row_number",
    // values
    "abs", "array_extract", "coalesce", "greatest", "least", "list_value", "nullif", "sign",
    // text
    "concat", "left", "length", "lower", "ltrim", "position", "replace", "right", "rtrim", "split_part", "starts_with",
    "strpos", "substr", "substring", "trim", "upper",
    // days
    "age", "date_part", "date_trunc", "make_date", "generate_series", "row", "unnest"};

/// What is often written, and what to write instead.
constexpr std::pair<std::string_view, std::string_view> k_instead[] = {
    {"/", "a division of whole numbers is cut off in PostgreSQL and binary floating point in DuckDB; leave dividing to "
          "the engine (kind: "
          "mean, proportion, rate, derived), or multiply the other side"},
    {"//", "write a comparison of products instead of a division"},
    {"avg", "it gives binary floating point; use kind: mean, or compare sum(x) with a product"},
    {"mean", "it gives binary floating point; use kind: mean"},
    {"median", "write percentile_disc(0.5) within group (order by x)"},
    {"arg_max", "write row_number() over (… order by …) in a subquery and take rn = 1"},
    {"arg_min", "write row_number() over (… order by …) in a subquery and take rn = 1"},
    {"date_diff", "subtract the dates, or write extract(year from age(a, b))"},
    {"datediff", "subtract the dates, or write extract(year from age(a, b))"},
    {"last_day", "write cast(date_trunc('month', d) as date) + interval '1 month' - interval '1 day'"},
    {"year", "write extract(year from d)"},
    {"month", "write extract(month from d)"},
    {"day", "write extract(day from d)"},
    {"now", "a figure must come out the same tomorrow; use :last"},
    {"get_current_timestamp", "a figure must come out the same tomorrow; use :last"},
    {"current_date", "a figure must come out the same tomorrow; use :last"},
    {"current_timestamp", "a figure must come out the same tomorrow; use :last"},
    {"today", "a figure must come out the same tomorrow; use :last"},
    {"random", "a figure must come out the same tomorrow; chance has no place in it"},
    {"round", "figures are rounded once, when they are printed; take it out"},
    {"if", "write case when … then … else … end"},
    {"ifnull", "write coalesce"},
    {"**", "multiply instead"},
    {"^", "multiply instead"},
    {"regexp_matches", "write like"}};

constexpr std::string_view k_expressions[] = {"BETWEEN",     "CASE",     "CAST",     "COLUMN_REF", "COMPARISON",
                                              "CONJUNCTION", "CONSTANT", "FUNCTION", "OPERATOR",   "STAR",
                                              "SUBQUERY",    "WINDOW",   "PARAMETER"};
constexpr std::string_view k_types[] = {"BOOLEAN", "INTEGER", "BIGINT",    "SMALLINT", "DECIMAL",
                                        "VARCHAR", "DATE",    "TIMESTAMP", "INTERVAL", "NULL"};

template <typename List> bool is_in(const List& list, std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

class TreeReader {
public:
  SqlReading read(fhir::Node tree) {
    if (tree["statements"].size() != 1) problem("write exactly one select, without a ';' between", {});
    for (const fhir::Node statement : tree["statements"])
      walk(statement, {});
    return std::move(m_reading);
  }

private:
  using Names = std::set<std::string>; ///< CTEs in reach

  void problem(std::string text, fhir::Node at) {
    size_t offset = 0;
    const std::string_view digits = at["query_location"].text();
    std::from_chars(digits.data(), digits.data() + digits.size(), offset);
    if (offset > (1u << 30)) offset = 0; // unknown
    m_reading.problems.push_back({std::move(text), offset});
  }

  void walk(fhir::Node node, const Names& ctes) {
    if (node.is_array()) {
      for (const fhir::Node child : node)
        walk(child, ctes);
      return;
    }
    if (!node.is_object()) return;
    Names inner = ctes;
    for (const fhir::Node entry : node["cte_map"]["map"])
      inner.insert(lower(entry["key"].text()));
    if (node["cte_name"]) inner.insert(lower(node["cte_name"].text()));
    look(node, inner);
    for (const fhir::Node child : node)
      walk(child, inner);
  }

  static std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
  }

  void look(fhir::Node node, const Names& ctes) {
    const std::string_view type = node["type"].text();
    if (const std::string_view kind = node["class"].text(); !kind.empty()) {
      if (!is_in(k_expressions, kind))
        problem(fmt::format("{} is not of the common dialect; see docs/sql.md", lower(kind)), node);
      if (kind == "FUNCTION" || kind == "WINDOW") look_at_function(node);
      if (kind == "CAST") look_at_cast(node);
      if (kind == "COLUMN_REF" && node["column_names"].size() == 1) look_at_bare_word(node);
      return;
    }
    if (type == "BASE_TABLE") return look_at_table(node, ctes);
    if (type == "TABLE_FUNCTION") {
      const std::string name = lower(node["function"]["function_name"].text());
      if (name != "generate_series" && name != "unnest")
        problem(fmt::format("{}() cannot be read from; read tables and facts", name), node);
    } else if (type == "JOIN") {
      if (const std::string_view kind = node["ref_type"].text();
          kind != "REGULAR" && kind != "CROSS" && kind != "DEPENDENT")
        problem(fmt::format("a {} join is not of the common dialect; write join … on …", lower(kind)), node);
    } else if (type == "SELECT_NODE") {
      if (node["qualify"].is_object())
        problem("qualify is DuckDB's alone; put row_number() into a subquery and take rn = 1", node["qualify"]);
      if (node["sample"].is_object()) problem("a sample is not the same tomorrow; take it out", node);
      if (node["aggregate_handling"].text() == "FORCE_AGGREGATES")
        problem("group by all is DuckDB's alone; name the columns", node);
    } else if (type == "RECURSIVE_CTE_NODE" || type == "PIVOT" || type == "SHOW_REF" || type == "DELIM_GET") {
      problem(fmt::format("{} is not allowed; write a plain select", lower(type)), node);
    } else if (type == "LIMIT_MODIFIER" || type == "LIMIT_PERCENT_MODIFIER") {
      problem("limit leaves out rows that count; take it out, or use row_number()", node);
    }
  }

  void look_at_function(fhir::Node node) {
    const std::string name = lower(node["function_name"].text());
    if (!node["schema"].text().empty() && node["schema"].text() != "main" && node["schema"].text() != "pg_catalog")
      return problem(fmt::format("{}.{} names a schema; call the function plainly", node["schema"].text(), name), node);
    if (is_in(k_functions, name)) return;
    for (const auto& [word, mend] : k_instead)
      if (word == name) return problem(fmt::format("{} is not allowed: {}", shown(name), mend), node);
    const std::string near = base::suggest(name, sql_functions());
    problem(near.empty() ? fmt::format("{} is not among the functions both engines share; see docs/sql.md", shown(name))
                         : fmt::format("{} is not among the functions both engines share; did you mean {}()?",
                                       shown(name), near),
            node);
  }

  /// current_date and its like are written as columns are.
  void look_at_bare_word(fhir::Node node) {
    const std::string name = lower(node["column_names"].at(0).text());
    for (const std::string_view word :
         {"current_date", "current_timestamp", "current_time", "localtime", "localtimestamp", "current_user"})
      if (name == word)
        problem(fmt::format("{} is not allowed: a figure must come out the same tomorrow; use :last", name), node);
  }

  static std::string shown(const std::string& name) {
    const bool is_word = !name.empty() && name[0] >= 'a' && name[0] <= 'z';
    return is_word ? name + "()" : "'" + name + "'";
  }

  void look_at_cast(fhir::Node node) {
    const std::string_view type = node["cast_type"]["id"].text();
    if (type == "DOUBLE" || type == "FLOAT")
      problem(fmt::format("{} is binary floating point; cast as decimal(38,6)", lower(type)), node);
    else if (!is_in(k_types, type))
      problem(fmt::format("a cast as {} is not of the common dialect; see docs/sql.md", lower(type)), node);
    if (node["try_cast"].boolean()) problem("try_cast is DuckDB's alone; write cast", node);
  }

  void look_at_table(fhir::Node node, const Names& ctes) {
    const std::string name = lower(node["table_name"].text());
    if (!node["schema_name"].text().empty() || !node["catalog_name"].text().empty())
      return problem(fmt::format("{}.{}: tables and facts go by their plain name", node["schema_name"].text(), name),
                     node);
    if (node["at_clause"].is_object()) problem("the moment a figure is as of is the engine's; take 'at' out", node);
    if (node["sample"].is_object()) problem("a sample is not the same tomorrow; take it out", node);
    if (!ctes.contains(name)) m_reading.tables.insert(name);
  }

  SqlReading m_reading;
};

} // namespace

SqlReading read_sql_tree(fhir::Node tree) {
  return TreeReader().read(tree);
}

std::vector<std::string> sql_functions() {
  std::vector<std::string> names;
  for (const auto name : k_functions)
    if (name[0] >= 'a' && name[0] <= 'z') names.emplace_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

std::string replace_period(std::string_view sql, std::string_view first, std::string_view last) {
  std::string out;
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  for (size_t at = 0; at < sql.size();) {
    const std::string_view rest = sql.substr(at);
    size_t plain = 0; // length of a string or comment, copied as it is
    if (rest[0] == '\'' || rest[0] == '"') {
      const size_t end = sql.find(rest[0], at + 1);
      plain = (end == std::string_view::npos ? sql.size() : end + 1) - at;
    } else if (rest.starts_with("--")) {
      const size_t end = sql.find('\n', at);
      plain = (end == std::string_view::npos ? sql.size() : end) - at;
    } else if (rest.starts_with("/*")) {
      const size_t end = sql.find("*/", at + 2);
      plain = (end == std::string_view::npos ? sql.size() : end + 2) - at;
    } else if (rest.starts_with("::")) {
      plain = 2;
    }
    if (plain > 0) {
      out += rest.substr(0, plain);
      at += plain;
      continue;
    }
    bool replaced = false;
    for (const auto& [name, value] : {std::pair(std::string_view(":first"), first), {":last", last}}) {
      if (!rest.starts_with(name) || (rest.size() > name.size() && is_word(rest[name.size()]))) continue;
      out += value;
      at += name.size();
      replaced = true;
      break;
    }
    if (!replaced) {
      out += sql[at];
      ++at;
    }
  }
  return out;
}

} // namespace xinglin::package
