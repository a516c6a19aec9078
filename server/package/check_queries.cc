// SQL of facts and indicators: DuckDB itself parses it and binds it against the catalog's empty tables; the tree is
// looked up in the allowlist; the columns are those that the engine counts.
#include "lib/sql/duck.h"
#include "server/package/checker.h"
#include "server/package/sql_rules.h"

#include <algorithm>
#include <optional>

namespace xinglin::package {
namespace {

/// Any period will do for binding.
constexpr std::string_view k_first = "cast('2023-01-01' as date)";
constexpr std::string_view k_last = "cast('2023-12-31' as date)";

std::string one_of(const std::set<std::string>& words) {
  std::string text;
  for (const auto& word : words)
    text += (text.empty() ? "" : ", ") + word;
  return text;
}

int line_of(std::string_view text, size_t offset) {
  return 1 + static_cast<int>(
                 std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(std::min(offset, text.size())), '\n'));
}

std::shared_ptr<sql::DuckInstance> open_instance() {
  sql::DuckOptions options;
  options.threads = 1;
  return sql::DuckInstance::open(options);
}

class Queries {
public:
  explicit Queries(Checker& checker) : m_checker(checker), m_connection(open_instance()) {
    for (const auto& table : tables(checker.catalog())) {
      std::string columns;
      for (const auto& column : table.columns)
        columns +=
            fmt::format("{}{} {}", columns.empty() ? "" : ", ", sql::quote_identifier(column.name), column.sql_type);
      m_connection.run(fmt::format("create table {} ({})", sql::quote_identifier(table.name), columns));
      m_owners[table.name] = table.place.file.substr(0, table.place.file.find('/'));
    }
    for (const auto& [id, fact] : checker.catalog().facts)
      m_owners[id] = fact.program;
  }

  void run() {
    for (const auto& [id, fact] : m_checker.catalog().facts)
      bind_fact(fact);
    for (const auto& [id, indicator] : m_checker.catalog().indicators)
      if (indicator.kind != IndicatorKind::derived) check_indicator(indicator);
  }

private:
  enum class Bound : uint8_t { open, good, bad };

  /// Facts a fact reads come before it, each as a view.
  bool bind_fact(const Fact& fact) {
    const auto [state, fresh] = m_facts.emplace(fact.id, Bound::open);
    if (!fresh) {
      if (state->second == Bound::open) {
        m_checker.error(fact.place,
                        fmt::format("the fact '{}' reads itself, by way of those it reads; break the circle", fact.id));
        state->second = Bound::bad;
      }
      return state->second == Bound::good;
    }
    bool good = bind_sources(fact.sql);
    const auto columns = good ? bind(fact.sql, fact.place, fact.program) : std::nullopt;
    good = columns.has_value();
    if (columns) {
      for (const auto& column : *columns)
        if (column.type == sql::DuckType::floating) {
          m_checker.error(fact.place, fmt::format("column '{}' is {}, binary floating point; keep figures in DECIMAL",
                                                  column.name, column.sql_type));
          good = false;
        }
    }
    if (good && m_facts[fact.id] == Bound::open) {
      m_connection.run(fmt::format("create view {} as {}", sql::quote_identifier(fact.id), ready(fact.sql)));
      m_facts[fact.id] = Bound::good;
    } else {
      m_facts[fact.id] = Bound::bad;
    }
    return m_facts[fact.id] == Bound::good;
  }

  /// False when a fact that the query reads is wrong itself: that was said at its own place.
  bool bind_sources(const std::string& sql) {
    const auto tree = parse(sql);
    if (!tree) return true; // what is wrong with it is said when it is bound
    bool good = true;
    for (const auto& name : read_sql_tree(tree->root()).tables)
      if (const auto fact = m_checker.catalog().facts.find(name); fact != m_checker.catalog().facts.end())
        good = bind_fact(fact->second) && good;
    return good;
  }

  /// Without a ';' at the end, and with a period.
  static std::string ready(std::string_view sql) {
    std::string text = replace_period(sql, k_first, k_last);
    while (!text.empty() && (text.back() == ';' || text.back() == '\n' || text.back() == ' ' || text.back() == '\t' ||
                             text.back() == '\r'))
      text.pop_back();
    return text;
  }

  std::optional<fhir::Document> parse(const std::string& sql) {
    try {
      auto statement = m_connection.prepare("select json_serialize_sql(cast($1 as varchar))");
      statement.bind(1, ready(sql));
      auto result = statement.execute();
      result.next();
      auto document = fhir::Document::parse(result.text(0));
      if (document.root()["error"].boolean()) return {};
      return document;
    } catch (const base::Refused&) {
      return {};
    }
  }

  /// The columns of a query that is right, or nothing after saying what is wrong.
  std::optional<std::vector<sql::DuckColumn>> bind(const std::string& sql, const Place& place,
                                                   const std::string& program) {
    const std::string text = ready(sql);
    bool good = true;
    const auto say = [&](int line, std::string what) {
      m_checker.error({place.file, std::max(1, line)}, std::move(what));
      good = false;
    };
    const auto tree = parse(sql);
    if (tree) {
      const SqlReading reading = read_sql_tree(tree->root());
      for (const auto& problem : reading.problems)
        say(line_of(text, problem.offset), problem.text);
      for (const auto& table : reading.tables) {
        const auto owner = m_owners.find(table);
        if (owner == m_owners.end()) {
          std::vector<std::string> known;
          for (const auto& [name, program_of] : m_owners)
            known.push_back(name);
          const std::string near = base::suggest(table, known);
          say(line_of_name(text, table),
              near.empty() ? fmt::format("there is no table or fact '{}'; declare it or correct the name", table)
                           : fmt::format("there is no table or fact '{}'; did you mean '{}'?", table, near));
        } else if (!m_checker.sees(program, owner->second)) {
          say(line_of_name(text, table),
              fmt::format("'{}' is of program {}; add it to the needs of {}", table, owner->second, program));
        }
      }
    }
    if (!good) return {};
    try {
      const auto statement = m_connection.prepare_select(text);
      return statement.columns();
    } catch (const base::Refused& refused) {
      for (const auto& issue : refused.issues())
        say(issue.line, first_line(issue.text));
    }
    return {};
  }

  static int line_of_name(const std::string& text, const std::string& name) {
    for (size_t at = 0; (at = text.find(name, at)) != std::string::npos; ++at) {
      const auto is_word = [&](size_t i) {
        return i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) != 0 || text[i] == '_');
      };
      if ((at == 0 || !is_word(at - 1)) && !is_word(at + name.size())) return line_of(text, at);
    }
    return 1;
  }

  static std::string first_line(const std::string& text) { return text.substr(0, text.find("\n\nLINE")); }

  void check_indicator(const Indicator& indicator) {
    const Place place{indicator.program + "/indicators/" + indicator.id + ".sql", 1};
    if (!bind_sources(indicator.sql)) return; // said at the fact
    const auto columns = bind(indicator.sql, place, indicator.program);
    if (!columns) return;
    using enum sql::DuckType;
    std::map<std::string, std::vector<sql::DuckType>> wanted{{"org", {text}}, {"subject", {text}}, {"record", {text}}};
    if (indicator.period == PeriodKind::flow)
      wanted["happened"] = {date};
    else
      wanted["since"] = wanted["until"] = {date};
    if (indicator.kind == IndicatorKind::proportion) wanted["hit"] = {boolean};
    if (indicator.kind == IndicatorKind::sum || indicator.kind == IndicatorKind::mean)
      wanted["value"] = {integer, decimal};
    const std::string distinct = indicator.count.starts_with("distinct ") ? indicator.count.substr(9) : std::string();
    std::set<std::string> optional{"weight"};
    // A figure from outside says who published it and when; both or neither.
    const auto gives = [&](std::string_view name) {
      return std::any_of(columns->begin(), columns->end(), [&](const auto& column) { return column.name == name; });
    };
    if (indicator.grain == Grain::returned) {
      optional.insert("note");
      if (gives("note")) wanted["note"] = {text};
      if (gives("source") || gives("issued") || indicator.id.ends_with(".upper")) {
        wanted["source"] = {text};
        wanted["issued"] = {date};
      }
    }
    std::set<std::string> known = optional;
    for (const auto& [name, types] : wanted)
      known.insert(name);
    if (!distinct.empty()) known.insert(distinct);

    std::set<std::string> seen;
    for (const auto& column : *columns) {
      if (!seen.insert(column.name).second)
        m_checker.error(place, fmt::format("column '{}' comes twice; take one out", column.name), "duplicate");
      const auto asked = wanted.find(column.name);
      if (!known.contains(column.name)) {
        const std::string near = base::suggest(column.name, {known.begin(), known.end()});
        m_checker.error(
            place, near.empty() ? fmt::format("unknown column '{}'; this indicator has {}", column.name, one_of(known))
                                : fmt::format("unknown column '{}'; did you mean '{}'?", column.name, near));
      } else if (asked != wanted.end() &&
                 std::find(asked->second.begin(), asked->second.end(), column.type) == asked->second.end()) {
        m_checker.error(place, fmt::format("column '{}' is {}; it must be {}", column.name, column.sql_type,
                                           type_words(asked->first)));
      } else if (column.name == "weight" && column.type != integer && column.type != decimal) {
        m_checker.error(place,
                        fmt::format("column 'weight' is {}; it must be {}", column.sql_type, type_words("value")));
      }
    }
    for (const auto& name : known)
      if (!optional.contains(name) && !seen.contains(name))
        m_checker.error(place, fmt::format("the column '{}' is missing; this indicator has {}", name, one_of(known)),
                        "required");
  }

  static std::string_view type_words(std::string_view column) {
    if (column == "hit") return "BOOLEAN";
    if (column == "value") return "a whole number or DECIMAL (binary floating point is not exact)";
    if (column == "happened" || column == "since" || column == "until" || column == "issued")
      return "DATE: cast(… as date)";
    return "VARCHAR";
  }

  Checker& m_checker;
  sql::DuckConnection m_connection;
  std::map<std::string, std::string> m_owners; ///< table or fact → program
  std::map<std::string, Bound> m_facts;
};

} // namespace

void check_queries(Checker& checker) {
  Queries(checker).run();
}

} // namespace xinglin::package
