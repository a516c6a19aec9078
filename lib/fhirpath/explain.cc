#include "lib/fhirpath/explain.h"

#include "lib/fhirpath/ast.h"
#include "lib/fhirpath/compare.h"
#include "lib/fhirpath/functions.h"
#include "lib/fhirpath/program.h"
#include "lib/fhirpath/running.h"

#include <re2/re2.h>

namespace xinglin::fhirpath {
namespace {

std::string kind_name(Ast::Kind kind) {
  switch (kind) {
  case Ast::Kind::empty: return "empty";
  case Ast::Kind::boolean: return "boolean";
  case Ast::Kind::string: return "string";
  case Ast::Kind::integer: return "integer";
  case Ast::Kind::decimal: return "decimal";
  case Ast::Kind::date: return "date";
  case Ast::Kind::date_time: return "dateTime";
  case Ast::Kind::time: return "time";
  case Ast::Kind::quantity: return "quantity";
  case Ast::Kind::variable: return "variable";
  case Ast::Kind::this_item: return "$this";
  case Ast::Kind::index: return "$index";
  case Ast::Kind::total: return "$total";
  case Ast::Kind::member: return "member";
  case Ast::Kind::function: return "function";
  case Ast::Kind::indexer: return "indexer";
  case Ast::Kind::unary: return "unary";
  case Ast::Kind::binary: return "operator";
  case Ast::Kind::type_is: return "is";
  case Ast::Kind::type_as: return "as";
  default: return "literal";
  }
}

void show_tree(const Ast& ast, uint32_t at, size_t depth, std::vector<std::string>& out) {
  const Ast::Node& node = ast.nodes[at];
  std::string line(depth * 2, ' ');
  line += kind_name(node.kind);
  if (!node.text.empty() && node.kind != Ast::Kind::this_item) line += " " + node.text;
  if (!node.unit.empty()) line += " " + node.unit;
  out.push_back(line + " (column " + std::to_string(node.offset + 1) + ")");
  for (const uint32_t child : node.children)
    show_tree(ast, child, depth + 1, out);
}

/// Those that no function is named after.
std::string code_name(Code code) {
  for (const std::string& name : function_names())
    if (find_function(name)->code == code) return name;
  switch (code) {
  case Code::empty: return "{}";
  case Code::literal: return "literal";
  case Code::this_item: return "$this";
  case Code::index: return "$index";
  case Code::total: return "$total";
  case Code::variable: return "variable";
  case Code::step: return "step";
  case Code::name_or_step: return "step or variable";
  case Code::of_head: return "input";
  case Code::of_head_named: return "input of type";
  case Code::indexer: return "[]";
  case Code::is_type: return "is";
  case Code::as_type: return "as";
  case Code::of_type: return "ofType";
  case Code::resolve_is: return "resolve() is";
  case Code::negate: return "-";
  case Code::identity: return "+";
  case Code::add: return "+";
  case Code::subtract: return "-";
  case Code::multiply: return "*";
  case Code::divide: return "/";
  case Code::div: return "div";
  case Code::mod: return "mod";
  case Code::concatenate: return "&";
  case Code::merge: return "|";
  case Code::equal: return "=";
  case Code::not_equal: return "!=";
  case Code::equivalent: return "~";
  case Code::not_equivalent: return "!~";
  case Code::less: return "<";
  case Code::less_or_equal: return "<=";
  case Code::greater: return ">";
  case Code::greater_or_equal: return ">=";
  case Code::in: return "in";
  case Code::contains_item: return "contains";
  case Code::and_: return "and";
  case Code::or_: return "or";
  case Code::xor_: return "xor";
  case Code::implies: return "implies";
  case Code::where_equals: return "where key = text";
  default: return "operation " + std::to_string(static_cast<int>(code));
  }
}

std::string types_of(const StaticType& type) {
  if (!type.known) return "anything";
  if (type.types.empty()) return "nothing";
  std::string out;
  for (const TypeInfo* one : type.types)
    out += (out.empty() ? "" : " | ") + (one->is_system ? "System." : std::string()) + one->name;
  return out;
}

std::string show_step(const Step& step) {
  std::string out = " " + step.name;
  if (step.owner) out += " of " + step.owner->name;
  std::string to;
  if (step.only) {
    to = step.only->type ? step.only->type->name : std::string();
  } else if (step.element) {
    for (const auto& written : step.element->written)
      if (written.type) to += (to.empty() ? "" : " | ") + written.type->name;
  }
  if (!to.empty()) out += " -> " + to;
  if (step.only) out += " (" + step.only->name + ")";
  return out;
}

std::string show_literal(const Item& item) {
  SystemValue value;
  if (!to_system(item, value)) return {};
  const auto text = system_text(value);
  if (!text) return {};
  return item.tag == Tag::string ? " '" + *text + "'" : " " + *text;
}

std::string show_op(const Compiled& compiled, uint32_t at) {
  const Op& op = compiled.ops[at];
  std::string line = std::to_string(at) + " " + code_name(op.code);
  if (op.data != k_none) {
    switch (op.code) {
    case Code::literal: line += show_literal(compiled.literals[op.data]); break;
    case Code::step:
    case Code::name_or_step: line += show_step(compiled.steps[op.data]); break;
    case Code::is_type:
    case Code::as_type:
    case Code::of_type:
    case Code::resolve_is:
    case Code::of_head_named: line += " " + compiled.types[op.data]->name; break;
    case Code::variable: line += " %" + compiled.variables[op.data]; break;
    default: break;
    }
  }
  if (op.input != k_none) line += ", on " + std::to_string(op.input);
  for (uint16_t i = 0; i < op.count; ++i)
    line += (i ? ", " : ", with ") + std::to_string(compiled.args[op.args + i]);
  if (at == compiled.root) line += " = the result";
  return line;
}

} // namespace

Explanation explain(std::string_view text, std::string_view context) {
  Explanation out;
  const Ast ast = parse(text);
  show_tree(ast, ast.root, 0, out.parsed);
  CompileOptions options;
  options.context = context;
  const auto compiled = compile(text, options);
  out.type = types_of(compiled->result);
  if (compiled->result.known && !compiled->result.types.empty())
    out.type += compiled->result.single ? ", one at most" : ", many";
  for (uint32_t at = 0; at < compiled->ops.size(); ++at)
    out.compiled.push_back(show_op(*compiled, at));
  return out;
}

} // namespace xinglin::fhirpath
