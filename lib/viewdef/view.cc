// A view is compiled to a tree of selects over compiled paths; a run walks it once. Each select writes its cells into
// one row of fixed slots and then continues with what is left to do, so that a row is complete, and given out, when
// nothing is left: the product of the selects needs no intermediate tables.

#include "lib/viewdef/view.h"

#include "lib/base/issue.h"
#include "lib/base/text.h"
#include "lib/fhir/compact.h"
#include "lib/fhirpath/evaluator.h"
#include "lib/fhirpath/program.h"
#include "lib/fhirpath/running.h"
#include "lib/viewdef/definition.h"
#include "lib/viewdef/plan.h"

#include <algorithm>
#include <cassert>
#include <memory>

namespace xinglin::viewdef {
namespace {

using fhirpath::Compiled;
using fhirpath::Item;
using fhirpath::StaticType;
using fhirpath::SystemKind;
using fhirpath::TypeInfo;

struct CompiledColumn {
  std::shared_ptr<const Compiled> path;
  size_t slot = 0;
  bool collection = false;
  bool is_planned = false;            ///< found by the select's plan
  bool is_row_index = false;          ///< has a value in the row of an empty forEachOrNull
  const TypeInfo* to_check = nullptr; ///< the declared type, where the path does not prove it
  std::string place;
};

struct CompiledSelect {
  SelectDefinition::Kind kind = SelectDefinition::Kind::plain;
  std::vector<std::shared_ptr<const Compiled>> paths;
  std::vector<CompiledColumn> columns;
  std::shared_ptr<Plan> plan = std::make_shared<Plan>(); ///< of those columns whose paths only go down
  const TypeInfo* plan_focus = nullptr;                  ///< what the plan is made for
  /// Each part gives rows; the select gives their product. A part of several selects is a unionAll.
  std::vector<std::vector<CompiledSelect>> parts;
  std::string place;
};

ColumnType column_type(const TypeInfo* type) {
  if (!type) return ColumnType::text;
  switch (type->system) {
  case SystemKind::boolean: return ColumnType::boolean;
  case SystemKind::integer: return ColumnType::integer;
  case SystemKind::decimal: return ColumnType::decimal;
  case SystemKind::date: return ColumnType::date;
  case SystemKind::date_time: return ColumnType::timestamp;
  default: return type->is_primitive || type->is_system || type->is_abstract ? ColumnType::text : ColumnType::structure;
  }
}

bool is_structure(const TypeInfo* type) {
  return column_type(type) == ColumnType::structure || type->system == SystemKind::quantity;
}

/// Does a value of the one type belong in a column declared as the other? Among texts (code, id, uri, string), among
/// dates and times, and from integer to decimal yes; the cell is the same.
bool fits(const TypeInfo* declared, const TypeInfo* value) {
  if (declared->is_abstract || value->is_abstract) return true;
  if (is_structure(declared) || is_structure(value))
    return is_structure(declared) && is_structure(value) && (declared->is_a(value) || value->is_a(declared));
  const auto family = [](SystemKind kind) { return kind == SystemKind::date_time ? SystemKind::date : kind; };
  return family(declared->system) == family(value->system) ||
         (declared->system == SystemKind::decimal && value->system == SystemKind::integer);
}

const TypeInfo* named_type(const ColumnDefinition& column) {
  const auto& model = fhirpath::Model::r4();
  return column.is_system ? model.system(column.type) : model.fhir(column.type);
}

struct CompiledView {
  std::string name;
  std::string resource;
  const TypeInfo* type = nullptr;
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
  Compiler(const Definition& definition, Values values, Ways ways, base::Issues& issues)
      : m_definition(definition), m_values(values), m_ways(ways), m_issues(issues) {
    m_known_variables = {"rowIndex"};
    for (const auto& constant : definition.constants)
      m_known_variables.push_back(constant.name);
  }

  void run(CompiledView& out) {
    m_out = &out;
    out.name = m_definition.name;
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
                                          base::Issues* issues = nullptr) {
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
      base::Issue issue = refused.issues().front();
      issue.line = 0; // of the path, not of the view
      issue.column = 0;
      issue.expression = place;
      (issues ? *issues : m_issues).add(std::move(issue));
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
    plan(inner, out);
    for (const auto& select : definition.selects)
      out.parts.push_back({compile(select, inner, depth + 1)});
    if (!definition.union_all.empty()) out.parts.push_back(compile_union(definition, inner, depth));
    return out;
  }

  void plan(const StaticType& focus, CompiledSelect& select) {
    if (m_ways == Ways::one_by_one || !focus.known || focus.types.size() != 1) return;
    select.plan_focus = focus.types.front();
    for (size_t i = 0; i < select.columns.size(); ++i) {
      CompiledColumn& column = select.columns[i];
      if (column.path && !column.collection) column.is_planned = select.plan->add(*column.path, select.plan_focus, i);
    }
  }

  /// A path of a repeat that fits none of the types met: the suite wants that to find nothing, but a slip of the pen
  /// (there is a name near it) is refused.
  std::shared_ptr<const Compiled> compile_unfit(const std::string& path, const std::string& place,
                                                const StaticType& types) {
    base::Issues issues;
    auto compiled = compile(path, place, types, &issues);
    const bool near = !issues.empty() && issues.front().text.find("did you mean") != std::string::npos;
    if (near) m_issues.add(issues);
    return compiled || near ? compiled : compile(path, place, {});
  }

  /// The paths of a repeat start from the focus and from whatever they find: types are gathered until no more come.
  StaticType compile_repeat(const SelectDefinition& definition, const StaticType& context, CompiledSelect& out) {
    constexpr int k_rounds_max = 8;
    StaticType types = context;
    StaticType found{true, true, {}};
    bool unknown = !context.known;
    for (int round = 0; round < k_rounds_max && !unknown; ++round) {
      const size_t before = types.types.size();
      out.paths.clear();
      for (const auto& text : definition.paths) {
        base::Issues not_yet; // what fits no type now may fit what is found deeper
        auto path = compile(text, definition.place + ".repeat", types, &not_yet);
        if (path && !path->result.known) unknown = true;
        if (path) {
          for (const auto* type : path->result.types) {
            for (auto* list : {&types.types, &found.types})
              if (std::find(list->begin(), list->end(), type) == list->end()) list->push_back(type);
          }
        }
        out.paths.push_back(std::move(path));
      }
      if (types.types.size() == before) break;
    }
    out.paths.resize(definition.paths.size());
    for (size_t i = 0; i < out.paths.size(); ++i)
      if (!out.paths[i])
        out.paths[i] = compile_unfit(definition.paths[i], definition.place + ".repeat[" + std::to_string(i) + "]",
                                     unknown ? StaticType{} : types);
    return unknown ? StaticType{} : found;
  }

  CompiledColumn compile(const ColumnDefinition& definition, const StaticType& context) {
    CompiledColumn out;
    out.place = definition.place;
    out.collection = definition.collection;
    out.path = compile(definition.path, definition.place + ".path", context);
    Column column;
    column.name = definition.name;
    column.collection = definition.collection;
    out.is_row_index = base::trim(definition.path) == "%rowIndex";
    const TypeInfo* type = type_of(definition, out);
    if (type) column.fhir_type = (type->is_system ? "System." : "") + type->name;
    column.type = column_type(type);
    column.sql_type = definition.sql_type;
    if (m_union_slot) { // a further branch of a unionAll fills the columns of the first
      out.slot = (*m_union_slot)++;
      if (out.slot < m_union_end) {
        const Column& first = m_out->columns[out.slot];
        if (first.name != column.name)
          add(definition.place + ".name", "the branches of a unionAll have the same columns in the same order: '" +
                                              first.name + "' is expected here, not '" + column.name + "'");
        else if (first.type != column.type || first.collection != column.collection ||
                 first.sql_type != column.sql_type)
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

  /// The type of a column: the declared one, which what the path gives must agree with, else the path's.
  const TypeInfo* type_of(const ColumnDefinition& definition, CompiledColumn& out) {
    const TypeInfo* declared = definition.type.empty() ? nullptr : named_type(definition);
    const StaticType result = out.path ? out.path->result : StaticType{};
    if (!result.known) {
      if (m_values == Values::checked) out.to_check = declared;
      return declared;
    }
    if (!declared) {
      if (!result.types.empty() && std::all_of(result.types.begin(), result.types.end(), is_structure))
        add(definition.place + ".path", "the path gives " + result.types.front()->name +
                                            ", a structure: go on to one of its elements, or say \"type\": \"" +
                                            result.types.front()->name + "\" to have it as JSON");
      return result.types.size() == 1 ? result.types.front() : nullptr;
    }
    const auto agrees = [&](const TypeInfo* one) { return fits(declared, one); };
    if (m_values == Values::as_found) return declared;
    if (!result.types.empty() && std::none_of(result.types.begin(), result.types.end(), agrees))
      add(definition.place + ".type", "the path gives " + result.types.front()->name + ", not " + declared->name +
                                          ": correct the type or the path");
    const auto proven = [&](const TypeInfo* one) { return !one->is_abstract && fits(declared, one); };
    if (!std::all_of(result.types.begin(), result.types.end(), proven)) out.to_check = declared;
    return declared;
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
  Values m_values;
  Ways m_ways;
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

/// What a run needs besides the program, kept by the thread from run to run.
struct Workspace {
  fhirpath::Evaluator evaluator;
  std::vector<Cell> row;
  std::vector<std::string> made, lists;
  std::vector<Found> found;
};

class Run {
public:
  Run(const CompiledView& program, Workspace& workspace, const std::function<void(std::span<const Cell>)>& emit)
      : m_program(program), m_evaluator(workspace.evaluator), m_row(workspace.row), m_emit(emit),
        m_made(workspace.made), m_lists(workspace.lists), m_found(workspace.found) {}

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
        blank(select);
        proceed(after);
      }
      return;
    }
    case SelectDefinition::Kind::repeat: {
      int64_t row_index = 0;
      return repeat(select, focus, after, row_index, 0);
    }
    }
  }

  /// The row of a forEachOrNull that found nothing: null in all its columns, those of its selects too; only %rowIndex
  /// is 0.
  void blank(const CompiledSelect& select) {
    for (const auto& column : select.columns)
      m_row[column.slot] = column.is_row_index ? Cell("0") : Cell();
    for (const auto& part : select.parts)
      for (const auto& inner : part)
        blank(inner);
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
    if (walk(select, focus)) {
      for (size_t i = 0; i < select.columns.size(); ++i) {
        if (select.columns[i].is_planned)
          fill(select.columns[i], m_found[i]);
        else
          fill(select.columns[i], focus);
      }
    } else {
      for (const auto& column : select.columns)
        fill(column, focus);
    }
    const Rest rest{&select.parts, 0, &focus, after};
    proceed(&rest);
  }

  /// OPTIMIZATION: the columns whose paths only go down are found by one walk.
  bool walk(const CompiledSelect& select, const Focus& focus) {
    if (select.plan->empty() || !focus.frame.has_self || focus.frame.self.tag != fhirpath::Tag::node ||
        focus.frame.self.type != select.plan_focus)
      return false;
    m_found.assign(select.columns.size(), Found());
    return select.plan->walk(focus.frame.self.node(), m_found);
  }

  void fill(const CompiledColumn& column, const Found& found) {
    Cell& cell = m_row[column.slot];
    if (!found.node)
      cell.reset();
    else if (!found.key.empty())
      cell = found.key;
    else
      cell = text(Item::of(found.node, UINT32_MAX, found.type), column);
  }

  void fill(const CompiledColumn& column, const Focus& focus) {
    const size_t base = m_evaluator.evaluate(*column.path, focus.frame);
    const auto results = m_evaluator.results(base);
    Cell& cell = m_row[column.slot];
    if (column.collection) {
      std::string& list = m_lists[column.slot];
      list = "[";
      for (const Item& item : results) {
        if (list.size() > 1) list += ',';
        append_json(list, item, column);
      }
      list += ']';
      cell = list;
    } else if (results.empty()) {
      cell.reset();
    } else if (results.size() > 1) {
      throw base::Refused(base::Refusal::invalid, "invalid",
                          "the column '" + m_program.columns[column.slot].name + "' gives " +
                              std::to_string(results.size()) +
                              " values for one row: use first(), or set \"collection\": true",
                          column.place);
    } else if (results[0].tag == fhirpath::Tag::twin) {
      cell.reset(); // a primitive without value
    } else {
      cell = text(results[0], column);
    }
    m_evaluator.release(base);
  }

  [[noreturn]] void refuse(const Item& item, const CompiledColumn& column, const std::string& why) const {
    const TypeInfo* type = type_of(item);
    throw base::Refused(base::Refusal::invalid, "invalid",
                        "the column '" + m_program.columns[column.slot].name + "' gives " +
                            (type ? type->name : std::string("a value of unknown type")) + why,
                        column.place);
  }

  static const TypeInfo* type_of(const Item& item) {
    if (item.is_node()) return item.type;
    fhirpath::SystemValue value;
    return to_system(item, value) ? fhirpath::Model::r4().system(value.kind) : nullptr;
  }

  /// A value whose type the path did not prove.
  void check(const Item& item, const CompiledColumn& column) const {
    const TypeInfo* type = type_of(item);
    if (!type && item.is_node()) { // of an unknown element: JSON tells as much as it can
      const fhir::Kind kind = item.node().kind();
      const auto& model = fhirpath::Model::r4();
      if (kind == fhir::Kind::boolean) type = model.system(SystemKind::boolean);
      if (kind == fhir::Kind::number) type = model.system(SystemKind::decimal);
      if (column.to_check->system == SystemKind::integer && kind == fhir::Kind::number &&
          item.node().text().find_first_of(".eE") == std::string_view::npos)
        return;
      if (!type) return;
    }
    if (type && !fits(column.to_check, type))
      refuse(item, column, ", not " + column.to_check->name + " as its type says: correct the type or the path");
  }

  std::string_view text(const Item& item, const CompiledColumn& column) {
    if (column.to_check) check(item, column);
    if (item.tag == fhirpath::Tag::string) return item.view();
    if (item.tag == fhirpath::Tag::node) {
      const fhir::Node node = item.node();
      if (!node.is_object()) return node.text();
      if (m_program.columns[column.slot].type == ColumnType::structure) {
        m_made[column.slot].clear();
        fhir::append_compact(m_made[column.slot], node);
        return m_made[column.slot];
      }
    }
    fhirpath::SystemValue value;
    std::optional<std::string> made;
    if (item.tag != fhirpath::Tag::node && to_system(item, value)) made = fhirpath::system_text(value);
    if (!made)
      refuse(item, column, ", a structure: go on to one of its elements, or say its \"type\" to have it as JSON");
    return m_made[column.slot] = std::move(*made);
  }

  void append_json(std::string& out, const Item& item, const CompiledColumn& column) {
    if (item.tag == fhirpath::Tag::twin) {
      out += "null";
      return;
    }
    const std::string_view shown = text(item, column);
    fhirpath::SystemValue value;
    const bool plain = (item.tag == fhirpath::Tag::node && item.node().is_object()) ||
                       (to_system(item, value) && (value.is_number() || value.kind == SystemKind::boolean));
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
  std::vector<std::string>& m_made;  ///< by slot: the text of a computed value
  std::vector<std::string>& m_lists; ///< by slot: the text of a collection
  std::vector<Found>& m_found;       ///< by column of the select at work
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
  Workspace& operator*() { return *m_workspace; }

private:
  std::vector<std::unique_ptr<Workspace>>* m_idle;
  std::unique_ptr<Workspace> m_workspace;
};

} // namespace

struct View::Program : CompiledView {};

View View::compile(std::string_view json, Values values, Ways ways) {
  return compile(fhir::Document::parse(std::string(json)).root(), values, ways);
}

View View::compile(fhir::Node view, Values values, Ways ways) {
  base::Issues issues;
  const Definition definition = read_definition(view, issues);
  if (issues.has_errors()) throw base::Refused(base::Refusal::invalid, std::move(issues));
  auto program = std::make_shared<Program>();
  Compiler(definition, values, ways, issues).run(*program);
  if (issues.has_errors()) throw base::Refused(base::Refusal::invalid, std::move(issues));
  View out;
  out.m_program = std::move(program);
  return out;
}

std::string_view View::resource_type() const {
  return m_program->resource;
}
const std::string& View::name() const {
  return m_program->name;
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
  const size_t columns = m_program->columns.size();
  workspace->row.assign(columns, Cell());
  if (workspace->made.size() < columns) {
    workspace->made.resize(columns);
    workspace->lists.resize(columns);
  }
  Run(*m_program, *workspace, row).run(resource);
}

} // namespace xinglin::viewdef
