// tests/*.yml of a program: the given records go through the same door as anyone's, into a store and tables of the
// test's own; then the real engine is asked. The keys are listed in docs/authoring.md.
#include "server/flatten/warehouse.h"
#include "server/indicator/engine.h"
#include "server/package/rules.h"
#include "server/package/yaml.h"
#include "server/program/check.h"
#include "server/program/program.h"
#include "server/program/register_writer.h"

#include "lib/base/date.h"
#include "lib/base/decimal.h"
#include "lib/sql/duck.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <set>

namespace xinglin::program {
namespace {

namespace fs = std::filesystem;
using package::Yaml;

class TemporaryDirectory {
public:
  TemporaryDirectory() {
    std::string pattern = (fs::temp_directory_path() / "xinglin-check-XXXXXX").string();
    if (!mkdtemp(pattern.data()))
      throw base::Refused(base::Refusal::unavailable, "exception",
                          "cannot make a temporary directory; look at the disk's space and rights");
    m_path = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    fs::remove_all(m_path, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return m_path; }

private:
  std::string m_path;
};

/// What is wrong with the test's own text; ends it.
struct BadTest {
  int line;
  std::string text;
};

std::string needed(const Yaml& map, std::string_view key) {
  const Yaml* found = map.find(key);
  if (!found || !found->is_scalar()) throw BadTest{map.line, fmt::format("'{}' is missing here", key)};
  return found->text;
}

std::string given_or(const Yaml& map, std::string_view key, std::string_view fallback) {
  const Yaml* found = map.find(key);
  return found && found->is_scalar() ? found->text : std::string(fallback);
}

void known_keys(const Yaml& map, std::initializer_list<std::string_view> known) {
  if (!map.is_map()) throw BadTest{map.line, "a map is expected here: {key: value}"};
  for (const auto& child : map.children) {
    if (std::find(known.begin(), known.end(), child.key) != known.end()) continue;
    const std::string near = base::suggest(child.key, {known.begin(), known.end()});
    throw BadTest{child.key_line, near.empty() ? fmt::format("unknown key '{}'", child.key)
                                               : fmt::format("unknown key '{}'; did you mean '{}'?", child.key, near)};
  }
}

/// "12.5", "6891/547"; empty for "none".
std::optional<base::Rational> exact(const std::string& text, int line) {
  if (text == "none") return {};
  const size_t slash = text.find('/');
  const auto above = base::Decimal::parse(text.substr(0, slash));
  const auto below =
      slash == std::string::npos ? std::optional(base::Decimal(1)) : base::Decimal::parse(text.substr(slash + 1));
  if (!above || !below || below->is_zero())
    throw BadTest{line, fmt::format("'{}' is no figure; write 12.5, 6891/547 or none", text)};
  return base::Rational(*above) / base::Rational(*below);
}

std::string shown(const std::optional<base::Rational>& value) {
  if (!value) return "none";
  return value->to_decimal().normalized().to_string();
}

/// Equal as numbers where both are, else as text.
std::string comparable(std::string text) {
  if (const auto number = base::Decimal::parse(text)) return number->normalized().to_string();
  return text;
}

std::string list(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  std::string text;
  for (const auto& word : words)
    text += (text.empty() ? "" : ", ") + word;
  return "[" + text + "]";
}

class Run {
public:
  Run(const package::TestFile& test, std::shared_ptr<const package::Catalog> catalog, base::Issues& issues)
      : m_test(test), m_catalog(std::move(catalog)), m_issues(issues) {}

  void run() {
    const auto root = package::parse_yaml(m_test.text, m_test.place.file, m_issues);
    if (!root) return;
    try {
      known_keys(*root, {"test", "today", "given", "expect"});
      m_name = needed(*root, "test");
      open(given_or(*root, "today", "2024-01-10"), root->line);
      if (const Yaml* given = root->find("given")) give(*given);
      const Yaml* expect = root->find("expect");
      if (!expect || !expect->is_list() || expect->children.empty())
        throw BadTest{root->line, "'expect' is missing: a list of what should come out"};
      for (const auto& one : expect->children)
        look(one);
    } catch (const BadTest& bad) {
      fail(bad.line, bad.text);
    }
  }

private:
  void fail(int line, const std::string& text) {
    base::Issue issue;
    issue.text = m_name.empty() ? text : fmt::format("test \"{}\": {}", m_name, text);
    issue.file = m_test.place.file;
    issue.line = line;
    m_issues.add(std::move(issue));
  }

  void open(const std::string& today, int line) {
    const auto now = base::parse_instant(today + "T12:00:00+08:00");
    if (!now) throw BadTest{line, fmt::format("today '{}' is not a day; write YYYY-MM-DD", today)};
    store::Options options;
    options.directory = m_directory.path();
    options.clock = [now] { return *now; };
    m_store = store::Store::open(options);
    m_program = std::make_unique<Program>(*m_store, m_catalog, options.clock);
  }

  // --- given -------------------------------------------------------------------------------------------------------

  void give(const Yaml& given) {
    if (!given.is_map()) throw BadTest{given.line, "'given' is a map of registers and forms to lists of records"};
    std::vector<store::Write> writes;
    for (const auto& kind : given.children) {
      if (!kind.is_list()) throw BadTest{kind.line, fmt::format("'{}' must be a list of records", kind.key)};
      for (const auto& record : kind.children)
        writes.push_back(to_write(kind.key, record));
    }
    if (writes.empty()) return;
    try {
      m_program->write(std::move(writes));
      for (const auto& [id, operation] : m_operations)
        m_program->change_state(id, operation, "test");
    } catch (const base::Refused& refused) {
      std::string said;
      for (const auto& issue : refused.issues())
        said += (said.empty() ? "" : "; ") + issue.text;
      throw BadTest{given.line, fmt::format("the given records are refused: {}", said)};
    }
  }

  store::Write to_write(const std::string& kind, const Yaml& record) {
    store::Write write;
    write.kind = store::Write::Kind::update;
    const auto form = m_catalog->forms.find(kind);
    const auto one = m_catalog->registers.find(kind);
    if (form == m_catalog->forms.end() && one == m_catalog->registers.end()) {
      std::vector<std::string> known;
      for (const auto& [id, declared] : m_catalog->forms)
        known.push_back(id);
      for (const auto& [id, declared] : m_catalog->registers)
        known.push_back(id);
      const std::string near = base::suggest(kind, known);
      throw BadTest{record.line,
                    near.empty() ? fmt::format("there is no register or form '{}'", kind)
                                 : fmt::format("there is no register or form '{}'; did you mean '{}'?", kind, near)};
    }
    try {
      if (form != m_catalog->forms.end()) {
        Submission submission = to_submission(form->second, record);
        const auto operations = operations_to(submission.state);
        if (!operations.empty()) submission.state.clear(); // it comes there by its operations
        write.type = "QuestionnaireResponse";
        write.json = m_program->to_response(submission);
        write.id = fhir::Document::parse(write.json).root()["id"].text(); // a return's says what it is for
        for (const auto operation : operations)
          m_operations.emplace_back(write.id, operation);
        if (!submission.id.empty()) m_ids[write.id] = submission.id;
      } else {
        write.type = one->second.kept_as;
        write.json = entry(one->second, record, write.id);
      }
    } catch (const base::Refused& refused) {
      throw BadTest{record.line, fmt::format("the record cannot be made: {}", refused.issues().front().text)};
    }
    return write;
  }

  /// What is done to a submitted return until it is returned, accepted or locked.
  static std::vector<std::string_view> operations_to(std::string_view state) {
    if (state == "returned") return {"return"};
    if (state == "accepted") return {"accept"};
    if (state == "locked") return {"accept", "lock"};
    return {};
  }

  std::string entry(const package::Register& declared, const Yaml& record, std::string& id) {
    known_keys(record, {"id", "org", "set"});
    id = needed(record, "id");
    std::vector<std::pair<const package::Item*, std::string>> values;
    if (const Yaml* set = record.find("set"))
      for (const auto& child : set->children)
        values.emplace_back(&find_item(declared.items, child), child.text);
    return RegisterWriter(declared, *m_catalog).to_json(id, given_or(record, "org", ""), values);
  }

  const package::Item& find_item(const std::vector<package::Item>& items, const Yaml& child) {
    for (const auto& item : items)
      if (item.id == child.key) return item;
    std::vector<std::string> known;
    known.reserve(items.size());
    for (const auto& item : items)
      known.push_back(item.id);
    const std::string near = base::suggest(child.key, known);
    throw BadTest{child.key_line, near.empty()
                                      ? fmt::format("there is no item '{}'", child.key)
                                      : fmt::format("there is no item '{}'; did you mean '{}'?", child.key, near)};
  }

  /// "zhang" → "Patient/zhang" by the register.
  std::string reference(const std::string& register_id, const std::string& id) const {
    const auto found = m_catalog->registers.find(register_id);
    if (id.empty() || id.find('/') != std::string::npos || found == m_catalog->registers.end()) return id;
    return found->second.kept_as + "/" + id;
  }

  Submission to_submission(const package::Form& form, const Yaml& record) {
    known_keys(record, {"id", "about", "org", "author", "authored", "period", "state", "set", "refuses", "says"});
    Submission submission;
    submission.form = form.id;
    submission.id = given_or(record, "id", "");
    submission.subject = reference(form.about, given_or(record, "about", ""));
    submission.org = needed(record, "org");
    submission.author = given_or(record, "author", "");
    if (!submission.author.empty() && submission.author.find('/') == std::string::npos)
      submission.author = "Practitioner/" + submission.author;
    submission.authored = given_or(record, "authored", "");
    submission.period = given_or(record, "period", "");
    submission.state = given_or(record, "state", "");
    if (const Yaml* set = record.find("set")) submission.answers = answers(form.items, *set);
    return submission;
  }

  std::vector<Submission::Answer> answers(const std::vector<package::Item>& items, const Yaml& set) {
    if (!set.is_map()) throw BadTest{set.line, "'set' is a map of items to values"};
    std::vector<Submission::Answer> result;
    for (const auto& child : set.children) {
      const package::Item& item = find_item(items, child);
      Submission::Answer answer;
      answer.item = item.id;
      if (!item.items.empty()) {
        if (!child.is_list())
          throw BadTest{child.line, fmt::format("'{}' is a group: write a list of maps", child.key)};
        for (const auto& part : child.children)
          answer.groups.push_back(answers(item.items, part));
      } else if (child.is_list()) {
        for (const auto& value : child.children)
          answer.values.push_back(value_of(item, value));
      } else {
        answer.values.push_back(value_of(item, child));
      }
      result.push_back(std::move(answer));
    }
    return result;
  }

  std::string value_of(const package::Item& item, const Yaml& value) const {
    if (!value.is_scalar())
      throw BadTest{value.line, fmt::format("'{}' takes a value, not {}", item.id, value.kind_name())};
    return item.type == package::ItemType::reference ? reference(item.to, value.text) : value.text;
  }

  // --- expect ------------------------------------------------------------------------------------------------------

  void look(const Yaml& expected) {
    try {
      if (expected.find("figure"))
        look_at_figure(expected);
      else if (expected.find("rows"))
        look_at_rows(expected);
      else if (expected.find("table"))
        look_at_table(expected);
      else if (expected.find("refuses"))
        look_at_refusal(expected);
      else
        throw BadTest{expected.line, "an expectation is one of figure, rows, table and refuses"};
    } catch (const base::Refused& refused) {
      fail(expected.line, refused.issues().front().text);
    }
  }

  indicator::Engine& engine() {
    if (!m_engine) {
      m_warehouse = std::make_unique<flatten::Warehouse>("", m_catalog);
      m_warehouse->catch_up(feed::Feed(*m_store));
      m_engine = std::make_unique<indicator::Engine>(m_catalog, *m_warehouse);
    }
    return *m_engine;
  }

  base::Period period(const Yaml& expected) {
    const std::string text = needed(expected, "period");
    const auto period = base::Period::parse(text);
    if (!period)
      throw BadTest{expected.line, fmt::format("'{}' is no period; write 2023, 2023Q1, 2023-05 or DATE..DATE", text)};
    return *period;
  }

  void look_at_figure(const Yaml& expected) {
    known_keys(expected, {"figure", "org", "period", "is"});
    const std::string id = needed(expected, "figure");
    const auto wanted = exact(needed(expected, "is"), expected.line);
    const auto figure = engine().figure(id, needed(expected, "org"), period(expected));
    const bool same = wanted.has_value() == figure.value.has_value() && (!wanted || *wanted == *figure.value);
    if (!same)
      fail(expected.line, fmt::format("{} of {} in {} is {}, expected {}", id, needed(expected, "org"),
                                      needed(expected, "period"), shown(figure.value), needed(expected, "is")));
  }

  void look_at_rows(const Yaml& expected) {
    known_keys(expected, {"rows", "org", "period", "are"});
    indicator::Address address;
    address.indicator = needed(expected, "rows");
    address.org = needed(expected, "org");
    address.period = period(expected);
    std::vector<std::string> wanted, found;
    const Yaml* are = expected.find("are");
    if (!are || !are->is_list()) throw BadTest{expected.line, "'are' is missing: a list of record ids"};
    for (const auto& one : are->children)
      wanted.push_back(one.text);
    for (const auto& row : engine().trace(address).rows) {
      const std::string id = row.record.substr(row.record.find('/') + 1);
      const auto named = m_ids.find(id);
      found.push_back(named == m_ids.end() ? id : named->second);
    }
    std::sort(wanted.begin(), wanted.end());
    std::sort(found.begin(), found.end());
    if (wanted != found)
      fail(expected.line, fmt::format("{} of {} in {} counts the records {}, expected {}", address.indicator,
                                      address.org, needed(expected, "period"), list(found), list(wanted)));
  }

  void look_at_table(const Yaml& expected) {
    known_keys(expected, {"table", "are"});
    const std::string name = needed(expected, "table");
    const Yaml* are = expected.find("are");
    if (!are || !are->is_list())
      throw BadTest{expected.line, "'are' is missing: a list of rows, each a map of columns to values"};
    engine();
    const package::Table* table = m_warehouse->find_table(name);
    if (!table) {
      std::vector<std::string> known;
      for (const auto& one : m_warehouse->tables())
        known.push_back(one.name);
      const std::string near = base::suggest(name, known);
      throw BadTest{expected.line, near.empty()
                                       ? fmt::format("there is no table '{}'", name)
                                       : fmt::format("there is no table '{}'; did you mean '{}'?", name, near)};
    }
    std::vector<std::string> columns; // those that a row names
    for (const auto& row : are->children) {
      if (!row.is_map()) throw BadTest{row.line, "a row is a map of columns to values"};
      for (const auto& cell : row.children) {
        const bool there = std::any_of(table->columns.begin(), table->columns.end(),
                                       [&](const auto& column) { return column.name == cell.key; });
        if (!there) throw BadTest{cell.key_line, fmt::format("table {} has no column '{}'", name, cell.key)};
        if (std::find(columns.begin(), columns.end(), cell.key) == columns.end()) columns.push_back(cell.key);
      }
    }
    std::vector<std::string> wanted;
    for (const auto& row : are->children) {
      std::string line;
      for (const auto& column : columns) {
        const Yaml* cell = row.find(column);
        line += fmt::format("{}{}: {}", line.empty() ? "" : ", ", column,
                            cell && cell->is_scalar() ? comparable(cell->text) : "~");
      }
      wanted.push_back("{" + line + "}");
    }
    std::vector<std::string> found = rows_of(*table, columns);
    std::sort(wanted.begin(), wanted.end());
    std::sort(found.begin(), found.end());
    if (wanted != found)
      fail(expected.line, fmt::format("table {} has the rows {}, expected {}", name, list(found), list(wanted)));
  }

  std::vector<std::string> rows_of(const package::Table& table, const std::vector<std::string>& columns) {
    std::string names;
    for (const auto& column : columns)
      names += (names.empty() ? "" : ", ") + sql::quote_identifier(column);
    if (names.empty()) names = "1";
    auto reader = m_warehouse->reader();
    auto result = reader->run(
        fmt::format("select {} from ({}) t", names, m_warehouse->table_as_of(table.name, m_warehouse->cursor())));
    std::vector<std::string> rows;
    while (result.next()) {
      std::string line;
      for (size_t i = 0; i < columns.size(); ++i)
        line += fmt::format("{}{}: {}", line.empty() ? "" : ", ", columns[i],
                            result.is_null(i) ? "~" : comparable(result.text(i)));
      rows.push_back("{" + line + "}");
    }
    return rows;
  }

  void look_at_refusal(const Yaml& expected) {
    const std::string kind = needed(expected, "refuses");
    const std::string says = given_or(expected, "says", "");
    const auto form = m_catalog->forms.find(kind);
    base::Issues said;
    try {
      if (form != m_catalog->forms.end()) {
        m_program->write({write_of(m_program->to_response(to_submission(form->second, expected)))});
      } else {
        Yaml record = expected;
        if (!record.find("id")) { // what is refused needs no name
          Yaml id;
          id.kind = Yaml::Kind::scalar;
          id.key = "id";
          id.text = "refused";
          record.children.push_back(id);
        }
        std::erase_if(record.children, [](const Yaml& child) { return child.key == "refuses" || child.key == "says"; });
        m_program->write({to_write(kind, record)});
      }
    } catch (const base::Refused& refused) {
      said = refused.issues();
    }
    if (said.empty()) return fail(expected.line, fmt::format("{} takes the record, expected to refuse it", kind));
    std::string all;
    for (const auto& issue : said) {
      if (issue.text.find(says) != std::string::npos || issue.text_zh.find(says) != std::string::npos) return;
      all += (all.empty() ? "" : "; ") + issue.text + (issue.text_zh.empty() ? "" : " / " + issue.text_zh);
    }
    fail(expected.line, fmt::format("{} refuses the record, but says: {}; expected '{}'", kind, all, says));
  }

  static store::Write write_of(std::string json) {
    store::Write write;
    write.type = "QuestionnaireResponse";
    write.json = std::move(json);
    return write;
  }

  const package::TestFile& m_test;
  std::shared_ptr<const package::Catalog> m_catalog;
  base::Issues& m_issues;
  std::string m_name;
  TemporaryDirectory m_directory;
  std::unique_ptr<store::Store> m_store;
  std::unique_ptr<Program> m_program;
  std::unique_ptr<flatten::Warehouse> m_warehouse;
  std::unique_ptr<indicator::Engine> m_engine;
  std::map<std::string, std::string> m_ids;                           ///< a record's id → the name the test gives it
  std::vector<std::pair<std::string, std::string_view>> m_operations; ///< on returns that are given, in order
};

} // namespace

void run_package_test(const package::TestFile& test, std::shared_ptr<const package::Catalog> catalog,
                      base::Issues& issues) {
  Run(test, std::move(catalog), issues).run();
}

} // namespace xinglin::program
