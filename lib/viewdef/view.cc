// A view is compiled to a tree of selects over compiled paths; a run walks it once. Each select writes its cells into
// one row of fixed slots and then continues with what is left to do, so that a row is complete, and given out, when
// nothing is left: the product of the selects needs no intermediate tables.

#include "lib/viewdef/view.h"

#include "lib/base/issue.h"
#include "lib/base/text.h"
#include "lib/fhirpath/evaluator.h"
#include "lib/fhirpath/program.h"
#include "lib/fhirpath/running.h"
#include "lib/viewdef/definition.h"

#include <algorithm>
#include <cassert>
#include <memory>

namespace xinglin::viewdef {
namespace {

using fhirpath::Compiled;
using fhirpath::Item;
using fhirpath::StaticType;

struct CompiledColumn {
  std::shared_ptr<const Compiled> path;
  size_t slot = 0;
  bool collection = false;
  std::string place;
};

struct CompiledSelect {
  SelectDefinition::Kind kind = SelectDefinition::Kind::plain;
  std::vector<std::shared_ptr<const Compiled>> paths;
  std::vector<CompiledColumn> columns;
  /// Each part gives rows; the select gives their product. A part of several selects is a unionAll.
  std::vector<std::vector<CompiledSelect>> parts;
  std::string place;
};

ColumnType column_type(const fhirpath::TypeInfo* type) {
  if (!type) return ColumnType::text;
  switch (type->system) {
  case fhirpath::SystemKind::boolean: return ColumnType::boolean;
  case fhirpath::SystemKind::integer: return ColumnType::integer;
  case fhirpath::SystemKind::decimal: return ColumnType::decimal;
  case fhirpath::SystemKind::date: return ColumnType::date;
  case fhirpath::SystemKind::date_time: return ColumnType::timestamp;
  default: return ColumnType::text;
  }
}

const fhirpath::TypeInfo* named_type(std::string_view name) {
  constexpr std::string_view k_prefix = "http://hl7.org/fhirpath/System.";
  const auto& model = fhirpath::Model::r4();
  if (name.substr(0, k_prefix.size()) == k_prefix) return model.system(name.substr(k_prefix.size()));
  return model.fhir(name);
}

struct CompiledView {
  std::string resource;
  const fhirpath::TypeInfo* type = nullptr;
  std::vector<Column> columns;
  std::vector<std::pair<std::shared_ptr<const Compiled>, std::string>> where; ///< and its place
  CompiledSelect root; ///< of kind plain, without columns of its own
  bool uses_row_index = false;
  bool shares_keys = false;
};

/// A list read by more columns than this is read once for all of them.
constexpr int k_shared_columns_min = 3;

class Compiler {
public:
  Compiler(const Definition& definition, base::Issues& issues) : m_definition(definition), m_issues(issues) {
    m_known_variables = {"rowIndex"};
    for (const auto& constant : definition.constants)
      m_known_variables.push_back(constant.name);
  }

  void run(CompiledView& out) {
    m_out = &out;
    out.resource = m_definition.resource;
    out.type = fhirpath::Model::r4().fhir(m_definition.resource);
    const StaticType context{true, true, {out.type}};
    for (const auto& [path, place] : m_definition.where) {
      auto compiled = compile(path, place, context);
      if (!compiled) continue;
      const auto& result = compiled->result;
      const bool boolean = !result.known || result.types.empty() ||
                           std::any_of(result.types.begin(), result.types.end(), [](const fhirpath::TypeInfo* type) {
                             return type->system == fhirpath::SystemKind::boolean || type->is_abstract;
                           });
      if (!boolean)
        add(place,
            "a where is a condition, and this gives " + result.types.front()->name + ": add .exists() or a comparison");
      out.where.emplace_back(std::move(compiled), place);
    }
    for (const auto& select : m_definition.selects)
      out.root.parts.push_back({compile(select, context, 0)});
    if (out.columns.size() > k_columns_max)
      add("ViewDefinition.select", "the view has more than " + std::to_string(k_columns_max) + " columns: split it");
    out.shares_keys = m_keyed >= k_shared_columns_min;
  }

private:
  void add(const std::string& place, const std::string& text) {
    base::Issue issue;
    issue.text = text;
    issue.expression = place;
    m_issues.add(std::move(issue));
  }

  std::shared_ptr<const Compiled> compile(const std::string& path, const std::string& place, const StaticType& context,
                                          bool quiet = false) {
    fhirpath::CompileOptions options;
    options.known_variables = &m_known_variables;
    options.constants = &m_definition.constants;
    try {
      auto compiled = fhirpath::compile(path, options, context);
      const auto& used = compiled->variables;
      if (std::find(used.begin(), used.end(), "rowIndex") != used.end()) m_out->uses_row_index = true;
      for (const auto& op : compiled->ops)
        if (op.code == fhirpath::Code::where_equals) ++m_keyed;
      return compiled;
    } catch (const base::Refused& refused) {
      if (quiet) return nullptr;
      base::Issue issue = refused.issues().front();
      issue.line = 0; // of the path, not of the view
      issue.column = 0;
      issue.expression = place;
      m_issues.add(std::move(issue));
      return nullptr;
    }
  }

  /// `slot` is where the select's columns begin among the columns of the view: branches of a unionAll share theirs.
  CompiledSelect compile(const SelectDefinition& definition, const StaticType& context, int depth) {
    CompiledSelect out;
    out.kind = definition.kind;
    out.place = definition.place;
    StaticType inner = context;
    switch (definition.kind) {
    case SelectDefinition::Kind::plain: break;
    case SelectDefinition::Kind::for_each:
    case SelectDefinition::Kind::for_each_or_null: {
      const std::string member = definition.kind == SelectDefinition::Kind::for_each ? ".forEach" : ".forEachOrNull";
      auto path = compile(definition.paths.at(0), definition.place + member, context);
      if (path)
        inner = path->result;
      else
        inner = {};
      out.paths.push_back(std::move(path));
      break;
    }
    case SelectDefinition::Kind::repeat: inner = compile_repeat(definition, context, out); break;
    }
    inner.single = true;
    for (const auto& column : definition.columns)
      out.columns.push_back(compile(column, inner));
    for (const auto& select : definition.selects)
      out.parts.push_back({compile(select, inner, depth + 1)});
    if (!definition.union_all.empty()) out.parts.push_back(compile_union(definition, inner, depth));
    return out;
  }

  /// The paths of a repeat start from the focus and from whatever they find: types are gathered until no more come.
  /// Names are not checked where a path fits none of them, for it may then be meant for what is found deeper.
  StaticType compile_repeat(const SelectDefinition& definition, const StaticType& context, CompiledSelect& out) {
    constexpr int k_rounds_max = 8;
    StaticType types = context;
    StaticType found{true, true, {}};
    bool all = false;
    for (int round = 0; round < k_rounds_max; ++round) {
      const size_t before = types.types.size();
      all = true;
      out.paths.clear();
      for (const auto& text : definition.paths) {
        auto path = compile(text, definition.place + ".repeat", types, true);
        if (path && path->result.known) {
          for (const auto* type : path->result.types) {
            for (auto* list : {&types.types, &found.types})
              if (std::find(list->begin(), list->end(), type) == list->end()) list->push_back(type);
          }
        } else {
          all = false;
        }
        out.paths.push_back(std::move(path));
      }
      if (all && types.types.size() == before) break;
    }
    if (all) return found;
    for (size_t i = 0; i < out.paths.size(); ++i)
      if (!out.paths[i]) out.paths[i] = compile(definition.paths[i], definition.place + ".repeat", {});
    return {};
  }

  CompiledColumn compile(const ColumnDefinition& definition, const StaticType& context) {
    CompiledColumn out;
    out.place = definition.place;
    out.collection = definition.collection;
    out.path = compile(definition.path, definition.place + ".path", context);
    Column column;
    column.name = definition.name;
    column.collection = definition.collection;
    const fhirpath::TypeInfo* type = nullptr;
    if (out.path) {
      const auto& result = out.path->result;
      if (result.known && !result.types.empty()) {
        if (std::all_of(result.types.begin(), result.types.end(),
                        [](const fhirpath::TypeInfo* one) { return !one->is_primitive && !one->is_abstract; }))
          add(definition.place + ".path",
              "the path gives " + result.types.front()->name +
                  ", a structure, and a cell holds a simple value: go on to one of its elements");
        if (result.types.size() == 1) type = result.types.front();
      }
    }
    if (!definition.type.empty()) type = named_type(definition.type);
    column.type = column_type(type);
    if (m_union_slot) { // a further branch of a unionAll fills the columns of the first
      out.slot = (*m_union_slot)++;
      if (out.slot < m_union_end) {
        const Column& first = m_out->columns[out.slot];
        if (first.name != column.name)
          add(definition.place + ".name", "the branches of a unionAll have the same columns in the same order: '" +
                                              first.name + "' is expected here, not '" + column.name + "'");
        else if (first.type != column.type || first.collection != column.collection)
          add(definition.place + ".type",
              "the column '" + column.name + "' has another type in the first branch of the unionAll");
      }
      return out;
    }
    for (const auto& other : m_out->columns)
      if (other.name == column.name && !column.name.empty())
        add(definition.place + ".name", "the view has two columns '" + column.name + "': rename one");
    out.slot = m_out->columns.size();
    m_out->columns.push_back(std::move(column));
    return out;
  }

  std::vector<CompiledSelect> compile_union(const SelectDefinition& definition, const StaticType& context, int depth) {
    std::vector<CompiledSelect> out;
    const size_t start = m_union_slot ? *m_union_slot : m_out->columns.size();
    size_t end = start;
    for (size_t i = 0; i < definition.union_all.size(); ++i) {
      const auto& branch = definition.union_all[i];
      if (i == 0) {
        out.push_back(compile(branch, context, depth + 1));
        end = m_union_slot ? *m_union_slot : m_out->columns.size();
        continue;
      }
      const auto outer_slot = m_union_slot;
      const size_t outer_end = m_union_end;
      m_union_slot = start;
      m_union_end = end;
      out.push_back(compile(branch, context, depth + 1));
      if (*m_union_slot != end)
        add(branch.place, "the branches of a unionAll have the same columns: " + std::to_string(end - start) +
                              " are expected here, not " + std::to_string(*m_union_slot - start));
      m_union_slot = outer_slot;
      m_union_end = outer_end;
    }
    return out;
  }

  const Definition& m_definition;
  base::Issues& m_issues;
  CompiledView* m_out = nullptr;
  std::vector<std::string> m_known_variables;
  std::optional<size_t> m_union_slot; ///< in a further branch of a unionAll: the column it fills next
  size_t m_union_end = 0;
  int m_keyed = 0;
};

/// What a select works on: an item (or nothing, under forEachOrNull) and its position in the iteration.
struct Focus {
  fhirpath::Frame frame;
  int64_t row_index = 0;
};

/// The parts still to be done before a row is complete.
struct Rest {
  const std::vector<std::vector<CompiledSelect>>* parts;
  size_t next;
  const Focus* focus;
  const Rest* outer;
};

class Run {
public:
  Run(const CompiledView& program, fhirpath::Evaluator& evaluator, std::vector<Cell>& row,
      const std::function<void(std::span<const Cell>)>& emit)
      : m_program(program), m_evaluator(evaluator), m_row(row), m_emit(emit) {}

  void run(fhir::Node resource) {
    Focus focus;
    focus.frame.has_self = true;
    focus.frame.self = fhirpath::Evaluator::root_item(resource, m_program.type);
    enter(focus);
    for (const auto& [condition, place] : m_program.where) {
      const size_t base = m_evaluator.evaluate(*condition, focus.frame);
      const auto results = m_evaluator.results(base);
      fhirpath::SystemValue value;
      if (results.size() > 1 ||
          (results.size() == 1 && (!to_system(results[0], value) || value.kind != fhirpath::SystemKind::boolean)))
        throw base::Refused(base::Refusal::invalid, "invalid",
                            "the where gives something else than true or false: compare it", place);
      const bool holds = results.size() == 1 && value.boolean;
      m_evaluator.release(base);
      if (!holds) return;
    }
    const Rest rest{&m_program.root.parts, 0, &focus, nullptr};
    proceed(&rest);
  }

private:
  void enter(const Focus& focus) {
    if (m_program.uses_row_index) m_evaluator.set_variable("rowIndex", {Item::of(focus.row_index)});
  }

  void proceed(const Rest* rest) {
    while (rest && rest->next == rest->parts->size())
      rest = rest->outer;
    if (!rest) return m_emit(m_row);
    const Rest after{rest->parts, rest->next + 1, rest->focus, rest->outer};
    for (const auto& select : (*rest->parts)[rest->next])
      run(select, *rest->focus, &after);
  }

  void run(const CompiledSelect& select, const Focus& focus, const Rest* after) {
    enter(focus);
    switch (select.kind) {
    case SelectDefinition::Kind::plain: return one(select, focus, after);
    case SelectDefinition::Kind::for_each:
    case SelectDefinition::Kind::for_each_or_null: {
      const size_t base = m_evaluator.evaluate(*select.paths[0], focus.frame);
      const size_t size = m_evaluator.results(base).size();
      Focus inner;
      inner.frame.has_self = true;
      for (size_t i = 0; i < size; ++i) {
        inner.frame.self = m_evaluator.results(base)[i];
        inner.row_index = static_cast<int64_t>(i);
        inner.frame.index = inner.row_index;
        enter(inner);
        one(select, inner, after);
      }
      m_evaluator.release(base);
      if (size == 0 && select.kind == SelectDefinition::Kind::for_each_or_null) {
        inner.frame.has_self = false;
        enter(inner);
        one(select, inner, after);
      }
      return;
    }
    case SelectDefinition::Kind::repeat: {
      int64_t row_index = 0;
      return repeat(select, focus, after, row_index, 0);
    }
    }
  }

  /// Each found item gives its row before what is found below it.
  void repeat(const CompiledSelect& select, const Focus& focus, const Rest* after, int64_t& row_index, int depth) {
    if (depth > fhir::Document::k_depth_max)
      throw base::Refused(base::Refusal::too_large, "too-costly",
                          "repeat goes deeper than " + std::to_string(fhir::Document::k_depth_max) +
                              " levels: its path must lead down",
                          select.place + ".repeat");
    for (const auto& path : select.paths) {
      const size_t base = m_evaluator.evaluate(*path, focus.frame);
      const size_t size = m_evaluator.results(base).size();
      for (size_t i = 0; i < size; ++i) {
        Focus inner;
        inner.frame.has_self = true;
        inner.frame.self = m_evaluator.results(base)[i];
        inner.row_index = row_index++;
        enter(inner);
        one(select, inner, after);
        repeat(select, inner, after, row_index, depth + 1);
      }
      m_evaluator.release(base);
    }
  }

  void one(const CompiledSelect& select, const Focus& focus, const Rest* after) {
    for (const auto& column : select.columns)
      fill(column, focus);
    const Rest rest{&select.parts, 0, &focus, after};
    proceed(&rest);
  }

  void fill(const CompiledColumn& column, const Focus& focus) {
    const size_t base = m_evaluator.evaluate(*column.path, focus.frame);
    const auto results = m_evaluator.results(base);
    Cell& cell = m_row[column.slot];
    if (column.collection) {
      if (!cell) cell.emplace();
      cell->assign("[");
      for (const Item& item : results) {
        if (cell->size() > 1) *cell += ',';
        append_json(*cell, item, column);
      }
      *cell += ']';
    } else if (results.empty()) {
      cell.reset();
    } else if (results.size() > 1) {
      throw base::Refused(base::Refusal::invalid, "invalid",
                          "the column '" + m_program.columns[column.slot].name + "' gives " +
                              std::to_string(results.size()) +
                              " values for one row: use first(), or set \"collection\": true",
                          column.place);
    } else {
      const Item& item = results[0];
      if (item.tag == fhirpath::Tag::twin) {
        cell.reset();
      } else {
        if (!cell) cell.emplace();
        cell->assign(text(item, column));
      }
    }
    m_evaluator.release(base);
  }

  std::string_view text(const Item& item, const CompiledColumn& column) {
    if (item.tag == fhirpath::Tag::string) return item.view();
    if (item.tag == fhirpath::Tag::node) {
      const fhir::Node node = item.node();
      if (!node.is_object()) return node.text();
    }
    fhirpath::SystemValue value;
    std::optional<std::string> made;
    if (item.tag != fhirpath::Tag::node && to_system(item, value)) made = fhirpath::system_text(value);
    if (!made)
      throw base::Refused(base::Refusal::invalid, "invalid",
                          "the column '" + m_program.columns[column.slot].name + "' gives a structure (" +
                              (item.type ? item.type->name : std::string("of unknown type")) +
                              "): go on to one of its elements",
                          column.place);
    m_made = std::move(*made);
    return m_made;
  }

  void append_json(std::string& out, const Item& item, const CompiledColumn& column) {
    if (item.tag == fhirpath::Tag::twin) {
      out += "null";
      return;
    }
    const std::string_view shown = text(item, column);
    fhirpath::SystemValue value;
    const bool plain = to_system(item, value) && (value.is_number() || value.kind == fhirpath::SystemKind::boolean);
    if (plain) {
      out += shown;
    } else {
      base::append_json_string(out, shown);
    }
  }

  const CompiledView& m_program;
  fhirpath::Evaluator& m_evaluator;
  std::vector<Cell>& m_row;
  const std::function<void(std::span<const Cell>)>& m_emit;
  std::string m_made;
};

/// What a run needs besides the program, kept by the thread from run to run.
struct Workspace {
  fhirpath::Evaluator evaluator;
  std::vector<Cell> row;
};

class Borrowed {
public:
  Borrowed() {
    thread_local std::vector<std::unique_ptr<Workspace>> idle;
    m_idle = &idle;
    if (idle.empty()) {
      m_workspace = std::make_unique<Workspace>();
    } else {
      m_workspace = std::move(idle.back());
      idle.pop_back();
    }
  }
  ~Borrowed() { m_idle->push_back(std::move(m_workspace)); }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  Workspace* operator->() { return m_workspace.get(); }

private:
  std::vector<std::unique_ptr<Workspace>>* m_idle;
  std::unique_ptr<Workspace> m_workspace;
};

} // namespace

struct View::Program : CompiledView {};

View View::compile(std::string_view json) {
  const auto document = fhir::Document::parse(std::string(json));
  base::Issues issues;
  const Definition definition = read_definition(document.root(), issues);
  if (issues.has_errors()) throw base::Refused(base::Refusal::invalid, std::move(issues));
  auto program = std::make_shared<Program>();
  Compiler(definition, issues).run(*program);
  if (issues.has_errors()) throw base::Refused(base::Refusal::invalid, std::move(issues));
  View out;
  out.m_program = std::move(program);
  return out;
}

std::string_view View::resource_type() const {
  return m_program->resource;
}
std::span<const Column> View::columns() const {
  return m_program->columns;
}

void View::run(fhir::Node resource, const std::function<void(std::span<const Cell>)>& row,
               const fhirpath::Environment& environment) const {
  if (resource["resourceType"].text() != m_program->resource) return;
  Borrowed workspace;
  workspace->evaluator.begin(resource, environment);
  workspace->evaluator.share_keys(m_program->shares_keys);
  workspace->row.assign(m_program->columns.size(), Cell());
  Run(*m_program, workspace->evaluator, workspace->row, row).run(resource);
}

} // namespace xinglin::viewdef
