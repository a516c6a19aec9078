#include "server/store/search_plan.h"

#include "server/store/search_past.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace xinglin::store {

using base::Issue;
using base::Refusal;
using base::Refused;
using base::Severity;

namespace {

using SortValue = std::variant<std::monostate, int64_t, std::string>;

/// Where a page ended: the values it was sorted by, and the key that decides between equals.
struct Cursor {
  std::string order; ///< what the page was sorted by, so that a cursor is not used for another order
  std::vector<SortValue> values;
  int64_t key = 0;

  std::string to_text() const {
    std::string bytes = order;
    for (const SortValue& value : values) {
      bytes += '\x1f';
      if (auto* number = std::get_if<int64_t>(&value))
        bytes += "i" + std::to_string(*number);
      else if (auto* text = std::get_if<std::string>(&value))
        bytes += "s" + to_hex(*text);
      else
        bytes += "n";
    }
    return to_hex(bytes + '\x1f' + std::to_string(key));
  }
  static std::optional<Cursor> parse(std::string_view text) {
    auto bytes = from_hex(text);
    if (!bytes) return {};
    std::vector<std::string> parts(1);
    for (char c : *bytes) {
      if (c == '\x1f')
        parts.emplace_back();
      else
        parts.back() += c;
    }
    if (parts.size() < 2) return {};
    auto number = [](const std::string& digits) -> std::optional<int64_t> {
      int64_t value = 0;
      auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
      if (error != std::errc() || end != digits.data() + digits.size()) return {};
      return value;
    };
    Cursor cursor;
    cursor.order = parts[0];
    auto key = number(parts.back());
    if (!key) return {};
    cursor.key = *key;
    for (size_t i = 1; i + 1 < parts.size(); i++) {
      const std::string& part = parts[i];
      if (part == "n") {
        cursor.values.emplace_back();
      } else if (part.starts_with('i')) {
        auto value = number(part.substr(1));
        if (!value) return {};
        cursor.values.emplace_back(*value);
      } else if (part.starts_with('s')) {
        auto text_value = from_hex(std::string_view(part).substr(1));
        if (!text_value) return {};
        cursor.values.emplace_back(*text_value);
      } else {
        return {};
      }
    }
    return cursor;
  }
};

/// One key to sort by, as SQL.
struct Sorting {
  SortKey key;
  std::string table;  ///< of the values; empty = a column of the resource
  std::string column; ///< of that table
  int64_t unit = 0;
  Sql value_of_resource() const { // of resource r
    if (table.empty()) return sql_of("r." + column);
    return sql_of(fmt::format("(SELECT {}({}) FROM {} x WHERE x.key=r.key AND x.unit=?)",
                              key.is_descending ? "max" : "min", column, table),
                  unit);
  }
};

class Search {
public:
  Search(Records& records, const SearchIndex& index, std::string_view type, bool strict)
      : m_scope{.records = records,
                .index = index,
                .is_past = records.past().has_value(),
                .schema = records.past() ? "temp.past_" : "main.",
                .past_units = {},
                .past_types = {},
                .missing = {},
                .past_names = {}},
        m_type(type), m_strict(strict) {
    if (!fhir::is_resource_type(type))
      throw Refused(Refusal::malformed, "not-supported",
                    type.empty() ? std::string("a search needs a resource type here: search each type by itself")
                                 : fmt::format("'{}' is no resource type", type));
    m_type_id = records.shared().types.find(type);
  }

  SearchResult run(std::string_view text) {
    m_query = parse_query(text);
    plan();
    std::optional<PastTables> past = open_past();
    if (m_query.wants_total || m_query.only_count) m_result.total = total();
    if (!m_query.only_count) {
      page();
      include();
    }
    return std::move(m_result);
  }

  std::vector<std::string> matches(std::string_view text) {
    m_query = parse_condition(text);
    plan();
    std::vector<std::string> ids;
    Sql sql = sql_of("SELECT r.id FROM ") + from(driver(false)) + where() + sql_of(" LIMIT 2");
    auto rows = ask(sql);
    while (rows.step())
      ids.emplace_back(rows.text(0));
    return ids;
  }

private:
  sql::SqliteQuery ask(const Sql& sql) {
    auto query = m_scope.records.db().query(sql.text);
    for (const auto& value : sql.values) {
      if (auto* number = std::get_if<int64_t>(&value))
        query.bind(*number);
      else
        query.bind(std::get<std::string>(value));
    }
    return query;
  }

  // 1. Criteria and sort keys as SQL. -------------------------------------------------------------------------------

  void plan() {
    m_scope.touches(m_type);
    for (const Criterion& criterion : m_query.criteria)
      tolerate([&] { m_predicates.push_back(predicate_of(m_scope, m_type, criterion)); });
    for (const SortKey& key : m_query.sort)
      tolerate([&] { m_sortings.push_back(sorting(key)); });
    for (const Include& each : m_query.includes)
      if (each.code != "*")
        tolerate([&] { m_includes.push_back(pointer(each, "_include")); });
      else
        m_includes.push_back({each, {}, {}});
    for (const Include& each : m_query.reverse_includes)
      tolerate([&] { m_reverse_includes.push_back(pointer(each, "_revinclude")); });
    if (!m_scope.missing.empty()) throw UnitsNeeded{m_scope.missing};
  }
  /// A parameter that is not known: refused, or with handling=lenient left out and told of.
  template <typename Work> void tolerate(Work&& work) {
    try {
      work();
    } catch (const Refused& refused) {
      bool is_unknown = !refused.issues().empty() && refused.issues().front().code == "not-supported";
      if (m_strict || !is_unknown) throw;
      for (Issue issue : refused.issues()) {
        issue.severity = Severity::warning;
        m_result.warnings.add(std::move(issue));
      }
    }
  }

  Sorting sorting(const SortKey& key) {
    if (key.code == "_id") return {key, "", "id", 0};
    if (key.code == "_lastUpdated") return {key, "", "t", 0};
    const Parameter& parameter = parameter_of(m_scope, m_type, key.code, "_sort");
    auto of = [&](const char* table, const char* column, Variant variant = Variant::values) {
      return Sorting{key, m_scope.table(table), column, m_scope.unit(m_type, key.code, variant)};
    };
    switch (parameter.kind) {
    case ParameterKind::date: return of("search_date", "low");
    case ParameterKind::string: return of("search_string", "text");
    case ParameterKind::number:
    case ParameterKind::quantity: return of("search_number", "low");
    case ParameterKind::token:
    case ParameterKind::uri:
    case ParameterKind::reference: return of("search_string", "text", Variant::sort);
    case ParameterKind::composite:
    case ParameterKind::special: break;
    }
    throw Refused(Refusal::malformed, "not-supported",
                  fmt::format("{} of {} has no order; sort by another", key.code, m_type));
  }

  /// A parameter named by _include or _revinclude.
  struct Pointer {
    Include include;
    std::vector<int64_t> paths;
    std::set<std::string> path_names;
  };
  Pointer pointer(const Include& include, std::string_view name) {
    if (!fhir::is_resource_type(include.type))
      throw Refused(Refusal::malformed, "not-supported",
                    fmt::format("'{}' in {} is no resource type", include.type, name));
    const Parameter& parameter = parameter_of(m_scope, include.type, include.code, name);
    if (parameter.kind != ParameterKind::reference)
      throw Refused(Refusal::malformed, "not-supported",
                    fmt::format("{} of {} is no reference", include.code, include.type));
    return {include, paths_of(m_scope, parameter), {parameter.paths.begin(), parameter.paths.end()}};
  }

  std::optional<PastTables> open_past() {
    if (!m_scope.is_past) return {};
    return std::optional<PastTables>(std::in_place, m_scope);
  }

  // 2. Where to start. -----------------------------------------------------------------------------------------------

  /// The criterion to start from; none = go through the type (or along the order asked for).
  const Predicate* driver(bool can_follow_order) {
    std::vector<const Predicate*> candidates;
    const Predicate* scan = nullptr; // what can only be scanned is the last resort
    for (const Predicate& each : m_predicates) {
      if (each.set && each.set_is_scan) scan = &each;
      if (each.set && !each.set_is_scan) candidates.push_back(&each);
    }
    if (candidates.empty()) return can_follow_order ? nullptr : scan;
    if (candidates.size() == 1 && !can_follow_order) return candidates[0];
    // A few rows of each tell a selective criterion from a wide one; more are looked at only when none is selective.
    for (int64_t rows_max : {k_estimate_rows_few, k_estimate_rows_max}) {
      const Predicate* best = nullptr;
      int64_t best_rows = rows_max;
      for (const Predicate* each : candidates) {
        auto row = ask(sql_of("SELECT count(*) FROM (") + *each->set + sql_of(fmt::format(" LIMIT {})", best_rows)));
        row.step();
        if (row.whole(0) >= best_rows) continue;
        best_rows = row.whole(0);
        best = each;
      }
      if (best) return best;
    }
    return can_follow_order ? nullptr : candidates[0];
  }
  Sql from(const Predicate* start) {
    std::string resource = m_scope.table("resource");
    if (!start) return sql_of(resource + " r");
    bool is_distinct = start->set_is_ordered && !m_scope.is_past; // the past tables may hold a row twice
    return sql_of(is_distinct ? "(" : "(SELECT DISTINCT key FROM (") + *start->set +
           sql_of(fmt::format("{} d CROSS JOIN {} r ON r.key=d.key", is_distinct ? ")" : "))", resource));
  }
  Sql where() {
    Sql sql = sql_of(" WHERE r.type=? AND r.deleted=0", m_type_id);
    for (const Predicate& each : m_predicates)
      sql += sql_of(" AND ") + each.probe("r.key");
    return sql;
  }

  int64_t total() {
    if (m_predicates.empty()) return m_scope.records.count(m_type);
    auto row = ask(sql_of("SELECT count(*) FROM ") + from(driver(false)) + where());
    row.step();
    return row.whole(0);
  }

  // 3. One page. -----------------------------------------------------------------------------------------------------

  void page() {
    std::optional<Cursor> after;
    if (!m_query.cursor.empty()) {
      after = Cursor::parse(m_query.cursor);
      if (!after)
        throw Refused(Refusal::malformed, "value",
                      fmt::format("{} is none of ours; follow the next link as it was given", k_cursor_parameter));
    }
    std::vector<Row> rows;
    auto limit = m_query.count + 1;
    bool can_follow = m_sortings.size() == 1 && !m_sortings[0].table.empty();
    const Predicate* start = driver(can_follow);
    std::string order = "k";
    if (!m_sortings.empty()) {
      order = "s";
      for (const Sorting& each : m_sortings)
        order += fmt::format("{}{},", each.key.is_descending ? "-" : "", each.key.code);
    } else if (after ? after->order == "i" : !start) {
      order = "i"; // by id, the order the resources of a type lie in
    }
    size_t values = m_sortings.empty() ? 1 : m_sortings.size();
    if (after && (after->order != order || after->values.size() != values))
      throw Refused(Refusal::malformed, "value",
                    fmt::format("{} is of a search with another order; follow the next link as it was given",
                                k_cursor_parameter));
    if (m_sortings.empty())
      rows = unsorted(start, order, after, limit);
    else if (can_follow && !start)
      rows = along_order(after, limit);
    else
      rows = sorted(start, after, limit);

    bool has_more = static_cast<int64_t>(rows.size()) == limit;
    if (has_more) rows.pop_back();
    for (const Row& row : rows) {
      m_found.insert(row.key);
      if (auto version = m_scope.records.read_key(row.key)) m_result.matches.push_back(std::move(*version));
    }
    if (!has_more) return;
    Cursor cursor{order, rows.back().values, rows.back().key};
    m_result.next = fmt::format("{}{}{}={}", m_query.without_cursor, m_query.without_cursor.empty() ? "" : "&",
                                k_cursor_parameter, cursor.to_text());
  }

  struct Row {
    int64_t key;
    std::vector<SortValue> values;
  };
  std::vector<Row> read_rows(const Sql& sql, size_t values) {
    std::vector<Row> found;
    auto rows = ask(sql);
    while (rows.step()) {
      Row row{rows.whole(0), {}};
      for (size_t i = 0; i < values; i++)
        row.values.push_back(value_at(rows, i));
      found.push_back(std::move(row));
    }
    return found;
  }
  SortValue value_at(sql::SqliteQuery& rows, size_t i) {
    int column = static_cast<int>(i) + 1;
    if (rows.is_null(column)) return {};
    // Without a sorting the value is the id, the only one of its kind.
    bool is_number =
        i < m_sortings.size() && (m_sortings[i].column == "t" || m_sortings[i].table.ends_with("search_date"));
    if (is_number) return rows.whole(column);
    return std::string(rows.text(column));
  }

  std::vector<Row> unsorted(const Predicate* start, const std::string& order, const std::optional<Cursor>& after,
                            int64_t limit) {
    Sql sql = sql_of("SELECT r.key, r.id FROM ") + from(start) + where();
    if (order == "i") {
      if (after && std::holds_alternative<std::string>(after->values[0]))
        sql += sql_of(" AND r.id>?", std::get<std::string>(after->values[0]));
      sql += " ORDER BY r.id";
    } else {
      std::string key = start ? "d.key" : "r.key";
      if (after) sql += sql_of(fmt::format(" AND {}>?", key), after->key);
      sql += " ORDER BY " + key;
    }
    return read_rows(sql + sql_of(" LIMIT ?", limit), 1);
  }

  /// `column` is after `value` in the order of the key; nothing is after no value, which comes last.
  static Sql is_after(const std::string& column, const SortKey& key, const SortValue& value) {
    const char* sign = key.is_descending ? "<" : ">";
    if (auto* number = std::get_if<int64_t>(&value))
      return sql_of(fmt::format("({0}{1}? OR {0} IS NULL)", column, sign), *number);
    if (auto* text = std::get_if<std::string>(&value))
      return sql_of(fmt::format("({0}{1}? OR {0} IS NULL)", column, sign), *text);
    return sql_of("0");
  }
  static Sql is_equal(const std::string& column, const SortValue& value) {
    if (auto* number = std::get_if<int64_t>(&value)) return sql_of(column + "=?", *number);
    if (auto* text = std::get_if<std::string>(&value)) return sql_of(column + "=?", *text);
    return sql_of(column + " IS NULL");
  }

  std::vector<Row> sorted(const Predicate* start, const std::optional<Cursor>& after, int64_t limit) {
    Sql inner = sql_of("SELECT r.key AS key");
    for (size_t i = 0; i < m_sortings.size(); i++)
      inner += sql_of(", ") + m_sortings[i].value_of_resource() + sql_of(fmt::format(" AS s{}", i));
    inner += sql_of(" FROM ") + from(start) + where();
    Sql sql = sql_of("SELECT * FROM (") + inner + sql_of(")");
    if (after) {
      // (s0 after) or (s0 equal and s1 after) or ... or (all equal and the key after)
      std::vector<Sql> ways;
      Sql equal;
      for (size_t i = 0; i <= m_sortings.size(); i++) {
        Sql way = equal;
        if (i < m_sortings.size()) {
          std::string column = fmt::format("s{}", i);
          way += is_after(column, m_sortings[i].key, after->values[i]);
          equal += is_equal(column, after->values[i]) + sql_of(" AND ");
        } else {
          way += sql_of("key>?", after->key);
        }
        ways.push_back(sql_of("(") + way + sql_of(")"));
      }
      sql += sql_of(" WHERE ") + joined(ways, " OR ");
    }
    sql += " ORDER BY ";
    for (size_t i = 0; i < m_sortings.size(); i++)
      sql += fmt::format("s{0} IS NULL, s{0}{1}, ", i, m_sortings[i].key.is_descending ? " DESC" : "");
    sql += "key";
    return read_rows(sql + sql_of(" LIMIT ?", limit), m_sortings.size());
  }

  /// Goes along the values in their order, and stops when the page is full; those without a value follow.
  std::vector<Row> along_order(const std::optional<Cursor>& after, int64_t limit) {
    const Sorting& by = m_sortings[0];
    bool is_down = by.key.is_descending;
    std::vector<Row> rows;
    bool is_past_values = after && std::holds_alternative<std::monostate>(after->values[0]);
    if (!is_past_values) {
      Sql sql = sql_of(fmt::format("SELECT d.key, d.{0} FROM {1} d CROSS JOIN {2} r ON r.key=d.key", by.column,
                                   by.table, m_scope.table("resource"))) +
                where() + sql_of(" AND d.unit=?", by.unit);
      // Of several values the first in this order counts.
      sql += sql_of(fmt::format(" AND NOT EXISTS(SELECT 1 FROM {0} y WHERE y.key=d.key AND y.unit=? AND y.{1}{2}d.{1})",
                                by.table, by.column, is_down ? ">" : "<"),
                    by.unit);
      if (after) {
        auto bound = [&](const std::string& text) {
          if (auto* number = std::get_if<int64_t>(&after->values[0])) return sql_of(text, *number);
          return sql_of(text, std::get<std::string>(after->values[0]));
        };
        sql += bound(fmt::format(" AND d.{}{}?", by.column, is_down ? "<=" : ">=")) +
               bound(fmt::format(" AND (d.{}<>? OR d.key>", by.column)) + sql_of("?)", after->key);
      }
      sql += fmt::format(" ORDER BY d.{0}{1}, d.key", by.column, is_down ? " DESC" : "");
      // Rows of one resource may differ in what is not sorted by (the end of a period); they follow one another.
      auto found = ask(sql);
      while (static_cast<int64_t>(rows.size()) < limit && found.step())
        if (rows.empty() || rows.back().key != found.whole(0)) rows.push_back({found.whole(0), {value_at(found, 0)}});
    }
    if (static_cast<int64_t>(rows.size()) < limit) {
      Sql sql =
          sql_of(fmt::format("SELECT r.key, NULL FROM {} r", m_scope.table("resource"))) + where() +
          sql_of(fmt::format(" AND NOT EXISTS(SELECT 1 FROM {} x WHERE x.key=r.key AND x.unit=?)", by.table), by.unit);
      if (is_past_values) sql += sql_of(" AND r.key>?", after->key);
      sql += sql_of(" ORDER BY r.key LIMIT ?", limit - static_cast<int64_t>(rows.size()));
      auto without = read_rows(sql, 1);
      rows.insert(rows.end(), without.begin(), without.end());
    }
    return rows;
  }

  // 4. What the page brings along. -----------------------------------------------------------------------------------

  void include() {
    std::vector<Version> round = m_result.matches;
    for (int depth = 0; depth < k_search_include_depth_max && !round.empty(); depth++) {
      size_t before = m_result.included.size();
      for (const Version& version : round) {
        for (const Pointer& each : m_includes)
          if (depth == 0 || each.include.is_iterative) include_from(version, each);
        for (const Pointer& each : m_reverse_includes)
          if (depth == 0 || each.include.is_iterative) include_to(version, each);
      }
      round.assign(m_result.included.begin() + static_cast<std::ptrdiff_t>(before), m_result.included.end());
    }
  }
  void bring(int64_t key) {
    if (key == 0 || m_found.contains(key)) return;
    if (static_cast<int64_t>(m_result.included.size()) >= k_search_include_max) {
      if (!m_is_cut) {
        Issue issue;
        issue.severity = Severity::warning;
        issue.code = "too-costly";
        issue.text = fmt::format("more than {} resources are included, the rest is left out; ask for a smaller _count",
                                 k_search_include_max);
        m_result.warnings.add(std::move(issue));
      }
      m_is_cut = true;
      return;
    }
    m_found.insert(key);
    auto version = m_scope.records.read_key(key);
    if (version && !version->deleted) m_result.included.push_back(std::move(*version));
  }
  void include_from(const Version& version, const Pointer& pointer) {
    if (pointer.include.code != "*" && pointer.include.type != version.type) return;
    auto document = fhir::Document::parse(version.json);
    for (const FoundReference& found : find_references(document.root())) {
      if (found.is_link || (pointer.include.code != "*" && !pointer.path_names.contains(found.path))) continue;
      ReferenceText read = read_reference(found.value.text());
      if (read.form != ReferenceForm::relative) continue;
      if (!pointer.include.target.empty() && pointer.include.target != read.type) continue;
      bring(m_scope.records.find(read.type, read.id).key);
    }
  }
  void include_to(const Version& version, const Pointer& pointer) {
    if (!pointer.include.target.empty() && pointer.include.target != version.type) return;
    int64_t target = m_scope.records.find(version.type, version.id).key;
    for (int64_t path : pointer.paths) {
      std::vector<int64_t> keys;
      {
        auto rows = ask(
            sql_of(fmt::format("SELECT key FROM {} WHERE target=? AND path=?", m_scope.table("refers")), target, path));
        while (rows.step())
          keys.push_back(rows.whole(0));
      }
      for (int64_t key : keys)
        bring(key);
    }
  }

  SearchScope m_scope;
  std::string m_type;
  int64_t m_type_id = 0;
  bool m_strict;
  Query m_query;
  std::vector<Predicate> m_predicates;
  std::vector<Sorting> m_sortings;
  std::vector<Pointer> m_includes, m_reverse_includes;
  std::set<int64_t> m_found;
  bool m_is_cut = false;
  SearchResult m_result;
};

} // namespace

SearchResult search(Records& records, const SearchIndex& index, std::string_view type, std::string_view query,
                    bool strict) {
  return Search(records, index, type, strict).run(query);
}

std::vector<std::string> find_matches(Records& records, const SearchIndex& index, std::string_view type,
                                      std::string_view query) {
  return Search(records, index, type, true).matches(query);
}

} // namespace xinglin::store
