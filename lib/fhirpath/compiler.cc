// Syntax tree → checked program. Types are followed as far as they are known: a misspelt element or type is refused
// here, with its place and the nearest right name, and a choice that is narrowed at once (`value.ofType(Quantity)`)
// becomes one direct step.

#include "lib/base/issue.h"
#include "lib/base/text.h"
#include "lib/fhirpath/ast.h"
#include "lib/fhirpath/evaluator.h"
#include "lib/fhirpath/functions.h"
#include "lib/fhirpath/lexer.h"
#include "lib/fhirpath/program.h"

#include <re2/re2.h>

#include <algorithm>
#include <cassert>

namespace xinglin::fhirpath {

Compiled::Compiled() = default;
Compiled::~Compiled() = default;

std::unique_ptr<re2::RE2> make_pattern(std::string_view text, std::string_view flags) {
  std::string pattern;
  for (size_t i = 0; i < text.size(); ++i) { // RE2 writes (?P<name>) for (?<name>)
    if (text[i] == '\\' && i + 1 < text.size()) {
      pattern += text[i++];
    } else if (text.substr(i, 3) == "(?<" && i + 3 < text.size() && text[i + 3] != '=' && text[i + 3] != '!') {
      pattern += "(?P<";
      i += 2;
      continue;
    }
    pattern += text[i];
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  if (flags.find('m') != std::string_view::npos) pattern = "(?m)" + pattern;
  if (flags.find('i') != std::string_view::npos) options.set_case_sensitive(false);
  options.set_max_mem(1 << 20);
  auto compiled = std::make_unique<re2::RE2>(pattern, options);
  if (!compiled->ok()) return nullptr;
  return compiled;
}

namespace {

struct Typed {
  uint32_t op = k_none;
  StaticType type;
  bool never = false; ///< gives nothing here: the path of another resource type (search parameters are full of them)
};

/// What names mean at a place: the type of $this, and whether that is the expression's own input.
struct Scope {
  StaticType self;
  bool is_root = true;
};

struct TypeName {
  std::string qualifier; ///< "FHIR", "System" or empty
  std::string name;
};

class Compiler {
public:
  Compiler(std::string_view text, const CompileOptions& options)
      : m_model(Model::r4()), m_options(options), m_out(std::make_shared<Compiled>()) {
    m_out->text = text;
  }

  std::shared_ptr<const Compiled> run(const StaticType& context) {
    m_ast = parse(m_out->text);
    for (const Ast::Node& n : m_ast.nodes) {
      const size_t first = n.has_input ? 1 : 0;
      if (n.kind == Ast::Kind::function && n.text == "defineVariable" && n.children.size() > first &&
          node(n.children[first]).kind == Ast::Kind::string)
        m_ever_defined.push_back(node(n.children[first]).text);
    }
    if (context.known && context.types.size() == 1) m_out->context = context.types.front();
    const Typed root = compile(m_ast.root, {context, true});
    m_out->root = root.never ? emit(Code::empty, 0) : root.op;
    m_out->starts = root.never ? 0 : starts_of(m_out->root);
    m_out->result = root.never ? StaticType{true, true, {}} : root.type;
    for (Step& step : m_out->steps)
      find_routes(step);
    return m_out;
  }

private:
  const Ast::Node& node(uint32_t at) const { return m_ast.nodes[at]; }
  [[noreturn]] void fail(uint32_t offset, const std::string& message) const { fail_at(m_out->text, offset, message); }

  static std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates) {
    const std::string near = base::suggest(word, candidates);
    return near.empty() ? std::string() : ": did you mean '" + near + "'?";
  }

  // --- static types

  StaticType system(SystemKind kind, bool single = true) const { return {true, single, {m_model.system(kind)}}; }

  static void add_type(StaticType& type, const TypeInfo* more) {
    if (std::find(type.types.begin(), type.types.end(), more) == type.types.end()) type.types.push_back(more);
  }

  static StaticType merged(const StaticType& a, const StaticType& b) {
    StaticType out{a.known && b.known, false, a.types};
    if (!out.known) return {};
    for (const TypeInfo* type : b.types)
      add_type(out, type);
    return out;
  }

  static StaticType one_of(StaticType type) {
    type.single = true;
    return type;
  }

  /// Could an item of one of these types be (or be derived from) `wanted`, or the other way round?
  static bool may_be(const StaticType& type, const TypeInfo* wanted) {
    if (!type.known) return true;
    return std::any_of(type.types.begin(), type.types.end(),
                       [&](const TypeInfo* have) { return have->is_a(wanted) || wanted->is_a(have); });
  }

  // --- emitting

  uint32_t emit(Op op) {
    m_out->ops.push_back(op);
    return static_cast<uint32_t>(m_out->ops.size() - 1);
  }
  uint32_t emit(Code code, uint32_t offset, uint32_t input = k_none, const std::vector<uint32_t>& args = {},
                uint32_t data = k_none) {
    Op op{.code = code, .input = input, .data = data, .offset = offset};
    op.args = static_cast<uint32_t>(m_out->args.size());
    op.count = static_cast<uint16_t>(args.size());
    m_out->args.insert(m_out->args.end(), args.begin(), args.end());
    return emit(op);
  }
  uint32_t add_literal(Item item) {
    m_out->literals.push_back(item);
    return static_cast<uint32_t>(m_out->literals.size() - 1);
  }
  std::string_view keep(std::string_view text) { return m_out->strings.emplace_back(text); }
  uint32_t add_type_data(const TypeInfo* type) {
    m_out->types.push_back(type);
    return static_cast<uint32_t>(m_out->types.size() - 1);
  }
  uint32_t variable_data(const std::string& name) {
    auto& list = m_out->variables;
    const auto at = std::find(list.begin(), list.end(), name);
    if (at != list.end()) return static_cast<uint32_t>(at - list.begin());
    list.push_back(name);
    return static_cast<uint32_t>(list.size() - 1);
  }

  // --- the walk

  Typed compile(uint32_t at, const Scope& scope) {
    const Ast::Node& n = node(at);
    switch (n.kind) {
    case Ast::Kind::empty: return {emit(Code::empty, n.offset), {true, true, {}}};
    case Ast::Kind::boolean: return literal(n, Item::of(n.text == "true"), SystemKind::boolean);
    case Ast::Kind::string: return literal(n, Item::of(keep(n.text)), SystemKind::string);
    case Ast::Kind::integer:
    case Ast::Kind::long_integer: return integer(n);
    case Ast::Kind::decimal: return literal(n, Item::of(decimal(n)), SystemKind::decimal);
    case Ast::Kind::date: return moment(n, TemporalKind::date, SystemKind::date);
    case Ast::Kind::date_time: return moment(n, TemporalKind::date_time, SystemKind::date_time);
    case Ast::Kind::time: return moment(n, TemporalKind::time, SystemKind::time);
    case Ast::Kind::quantity: {
      auto& quantity = m_out->quantities.emplace_back();
      quantity = {*decimal(n), keep(n.unit), n.calendar};
      return literal(n, Item::of(&quantity), SystemKind::quantity);
    }
    case Ast::Kind::variable: return variable(n);
    case Ast::Kind::this_item: return {emit(Code::this_item, n.offset), one_of(scope.self)};
    case Ast::Kind::index: return {emit(Code::index, n.offset), system(SystemKind::integer)};
    case Ast::Kind::total: return {emit(Code::total, n.offset), {}};
    case Ast::Kind::member: return member(n, scope);
    case Ast::Kind::function: return function(n, scope);
    case Ast::Kind::indexer: {
      const Typed input = compile(n.children[0], scope);
      const Typed position = compile(n.children[1], scope);
      check_order(n, "an indexer", input.type);
      return {emit(Code::indexer, n.offset, input.op, {position.op}), one_of(input.type), input.never};
    }
    case Ast::Kind::unary: {
      const Typed operand = compile(n.children[0], scope);
      return {emit(n.text == "-" ? Code::negate : Code::identity, n.offset, operand.op), one_of(operand.type)};
    }
    case Ast::Kind::binary: return binary(n, scope);
    case Ast::Kind::type_is:
    case Ast::Kind::type_as: {
      const size_t dot = n.text.find('.');
      const TypeName name =
          dot == std::string::npos ? TypeName{"", n.text} : TypeName{n.text.substr(0, dot), n.text.substr(dot + 1)};
      // `as` over many keeps those of the type: the R4 search parameters rely on it (useContext.value as Quantity).
      return typed(n.kind == Ast::Kind::type_is ? Code::is_type : Code::of_type, n.offset, n.children[0], name, scope);
    }
    }
    assert(false);
    return {};
  }

  Typed literal(const Ast::Node& n, Item item, SystemKind kind) {
    item.type = nullptr;
    return {emit(Code::literal, n.offset, k_none, {}, add_literal(item)), system(kind)};
  }

  Typed integer(const Ast::Node& n) {
    int64_t value = 0;
    for (const char c : n.text) {
      if (__builtin_mul_overflow(value, int64_t{10}, &value) || __builtin_add_overflow(value, int64_t{c - '0'}, &value))
        fail(n.offset, "the number " + n.text + " is too large");
    }
    Item item = Item::of(value);
    if (n.kind == Ast::Kind::integer) return literal(n, item, SystemKind::integer);
    item.type = m_model.long_integer();
    return {emit(Code::literal, n.offset, k_none, {}, add_literal(item)), {true, true, {item.type}}};
  }

  const base::Decimal* decimal(const Ast::Node& n) {
    std::string_view text = n.text;
    while (text.size() > 1 && text[0] == '0' && text[1] != '.')
      text.remove_prefix(1);
    const auto value = base::Decimal::parse(text);
    if (!value) fail(n.offset, "the number " + n.text + " has too many digits");
    return &m_out->decimals.emplace_back(*value);
  }

  Typed moment(const Ast::Node& n, TemporalKind kind, SystemKind system_kind) {
    return literal(n, Item::of(&m_out->moments.emplace_back(*Moment::parse(n.text, kind))), system_kind);
  }

  Typed variable(const Ast::Node& n) {
    const auto of_text = [&](const std::string& text) { return literal(n, Item::of(keep(text)), SystemKind::string); };
    if (n.text == "sct") return of_text("http://snomed.info/sct");
    if (n.text == "loinc") return of_text("http://loinc.org");
    if (n.text == "ucum") return of_text("http://unitsofmeasure.org");
    if (n.text.rfind("vs-", 0) == 0) return of_text("http://hl7.org/fhir/ValueSet/" + n.text.substr(3));
    if (n.text.rfind("ext-", 0) == 0) return of_text("http://hl7.org/fhir/StructureDefinition/" + n.text.substr(4));
    if (m_options.constants)
      for (const auto& one : *m_options.constants)
        if (one.name == n.text) return constant(n, one);
    const bool built_in = is_built_in(n.text);
    const bool defined = is_in(m_defined, n.text);
    if (!defined && is_in(m_ever_defined, n.text))
      fail(n.offset, "the variable %" + n.text + " is not in reach here: it is defined in another branch");
    if (m_options.known_variables && !built_in && !defined) {
      const auto& known = *m_options.known_variables;
      if (std::find(known.begin(), known.end(), n.text) == known.end())
        fail(n.offset, "the variable %" + n.text + " is not defined" + did_you_mean(n.text, known));
    }
    StaticType type;
    if (n.text == "context" && m_out->context) type = {true, true, {m_out->context}};
    return {emit(Code::variable, n.offset, k_none, {}, variable_data(n.text)), type};
  }

  Typed constant(const Ast::Node& n, const Constant& constant) {
    switch (constant.kind) {
    case SystemKind::boolean: return literal(n, Item::of(constant.text == "true"), constant.kind);
    case SystemKind::integer:
    case SystemKind::decimal: {
      const auto value = base::Decimal::parse(constant.text);
      if (!value) fail(n.offset, "the constant %" + constant.name + " is not a number");
      if (constant.kind == SystemKind::integer && value->scale() == 0)
        return literal(n, Item::of(static_cast<int64_t>(value->coefficient())), constant.kind);
      return literal(n, Item::of(&m_out->decimals.emplace_back(*value)), SystemKind::decimal);
    }
    case SystemKind::date:
    case SystemKind::date_time:
    case SystemKind::time: {
      const auto kind = constant.kind == SystemKind::date   ? TemporalKind::date
                        : constant.kind == SystemKind::time ? TemporalKind::time
                                                            : TemporalKind::date_time;
      const auto moment = Moment::parse(constant.text, kind);
      if (!moment) fail(n.offset, "the constant %" + constant.name + " is not a date or time");
      return literal(n, Item::of(&m_out->moments.emplace_back(*moment)), constant.kind);
    }
    default: return literal(n, Item::of(keep(constant.text)), SystemKind::string);
    }
  }

  static bool is_built_in(std::string_view name) {
    return name == "resource" || name == "rootResource" || name == "context" || name == "today" || name == "now";
  }

  static bool is_in(const std::vector<std::string>& list, const std::string& text) {
    return std::find(list.begin(), list.end(), text) != list.end();
  }

  // --- paths

  bool is_name(const std::string& text) const {
    return m_options.names &&
           std::find(m_options.names->begin(), m_options.names->end(), text) != m_options.names->end();
  }

  Typed member(const Ast::Node& n, const Scope& scope) {
    if (!n.has_input) {
      if (is_name(n.text)) {
        if (scope.is_root) return {emit(Code::variable, n.offset, k_none, {}, variable_data(n.text)), {}};
        if (!scope.self.known) {
          variable_data(n.text);
          return {emit(Code::name_or_step, n.offset, k_none, {}, add_step(n.text, nullptr, nullptr, nullptr)), {}};
        }
        if (!has_element(scope.self, n.text))
          return {emit(Code::variable, n.offset, k_none, {}, variable_data(n.text)), {}};
      } else if (m_options.names && scope.is_root && !scope.self.known) {
        fail(n.offset, "'" + n.text + "' is not a name in reach here" + did_you_mean(n.text, *m_options.names));
      }
      // A type's name at the head of a path keeps $this if it is of that type (`Patient.name` on a Patient).
      if (!n.text.empty() && n.text[0] >= 'A' && n.text[0] <= 'Z' && !has_element(scope.self, n.text)) {
        if (const TypeInfo* type = m_model.fhir(n.text)) {
          StaticType out{true, scope.self.single, {type}};
          if (scope.self.known && scope.self.types.size() == 1 && scope.self.types[0]->is_a(type)) out = scope.self;
          const bool never = scope.is_root && scope.self.known && !may_be(scope.self, type);
          return {emit(Code::of_head, n.offset, k_none, {}, add_type_data(type)), out, never};
        }
        if (!scope.self.known) {
          const std::string near = did_you_mean(n.text, m_model.names());
          if (!near.empty()) fail(n.offset, "there is no type '" + n.text + "'" + near);
          // A structure that is not of R4 may still say its own resourceType.
          return {emit(Code::of_head_named, n.offset, k_none, {}, add_step(n.text, nullptr, nullptr, nullptr)), {}};
        }
      }
      return step(n, {k_none, scope.self});
    }
    return step(n, compile(n.children[0], scope));
  }

  static bool has_element(const StaticType& type, const std::string& name) {
    return type.known && std::any_of(type.types.begin(), type.types.end(),
                                     [&](const TypeInfo* have) { return have->find(name) != nullptr; });
  }

  uint32_t add_step(const std::string& name, const TypeInfo* owner, const ElementInfo* element, const Written* only) {
    m_out->steps.push_back({name, "_" + name, fhir::Names::r4().find(name), owner, element, only});
    return static_cast<uint32_t>(m_out->steps.size() - 1);
  }

  static void find_routes(Step& step) {
    for (const TypeInfo* owner : step.owners) {
      const ElementInfo* element = owner->find(step.name);
      const Written* written = nullptr;
      if (element && !element->is_choice) written = &element->written.front();
      if (owner == step.owner && step.only) written = step.only;
      if (written && written->type && !written->type->is_abstract)
        step.routes.push_back({owner, written->type, written->id});
    }
  }

  Typed step(const Ast::Node& n, const Typed& input) {
    StaticType out{input.type.known, input.type.single, {}};
    const TypeInfo* owner = nullptr;
    const ElementInfo* element = nullptr;
    bool open = !input.type.known; // some type is not known well enough to say that the element is missing
    bool found = false;
    std::vector<const TypeInfo*> owners;
    for (const TypeInfo* type : input.type.types) {
      const ElementInfo* here = type->find(n.text);
      if (!here && type == m_model.system(SystemKind::quantity) && (n.text == "value" || n.text == "unit")) {
        found = true;
        add_type(out, m_model.system(n.text == "value" ? SystemKind::decimal : SystemKind::string));
        continue;
      }
      if (!here) {
        if (type->is_abstract) open = true;
        continue;
      }
      found = true;
      owners.push_back(type);
      if (!owner) {
        owner = type;
        element = here;
      }
      if (here->is_list) out.single = false;
      for (const auto& written : here->written) {
        if (!written.type) {
          out.known = false;
        } else {
          add_type(out, written.type);
        }
      }
    }
    if (!found && !open && !input.type.types.empty()) refuse_element(n, input.type);
    if (open) out = {};
    const uint32_t at = add_step(n.text, owner, element, nullptr);
    m_out->steps[at].owners = std::move(owners);
    return {emit(Code::step, n.offset, input.op, {}, at), out, input.never};
  }

  [[noreturn]] void refuse_element(const Ast::Node& n, const StaticType& type) const {
    std::vector<std::string> names;
    for (const TypeInfo* have : type.types) {
      if (const auto at = have->of_written.find(n.text); at != have->of_written.end() && at->second->is_choice)
        fail(n.offset, "'" + n.text + "' is the JSON name of a choice: write '" + at->second->name + ".ofType(" +
                           have->by_written.at(n.text)->type->name + ")'");
      for (const auto& element : have->elements)
        names.push_back(element.name);
    }
    const TypeInfo* first = type.types.front();
    const std::string on = (first->is_system ? "System." : "") + first->name;
    fail(n.offset, "'" + n.text + "' is not an element of " + on + did_you_mean(n.text, names));
  }

  // --- types

  TypeName type_argument(uint32_t at) const {
    const Ast::Node& n = node(at);
    if (n.kind == Ast::Kind::member && !n.has_input) return {"", n.text};
    if (n.kind == Ast::Kind::member && node(n.children[0]).kind == Ast::Kind::member && !node(n.children[0]).has_input)
      return {node(n.children[0]).text, n.text};
    fail(n.offset, "a type's name is expected, as Quantity or System.String");
  }

  /// Null: a type that nothing has (System.Patient), which is no error for `is`.
  const TypeInfo* resolve_type(const TypeName& name, uint32_t offset) const {
    if (name.qualifier == "System") return m_model.system(name.name);
    if (!name.qualifier.empty() && name.qualifier != "FHIR")
      fail(offset, "the namespace '" + name.qualifier + "' is unknown: FHIR and System are there");
    if (const TypeInfo* type = m_model.fhir(name.name)) return type;
    if (name.qualifier.empty())
      if (const TypeInfo* type = m_model.system(name.name)) return type;
    fail(offset, "there is no type '" + name.name + "'" + did_you_mean(name.name, m_model.names()));
  }

  Typed typed(Code code, uint32_t offset, uint32_t operand, const TypeName& name, const Scope& scope) {
    const TypeInfo* type = resolve_type(name, offset);
    const Ast::Node& n = node(operand);
    // `resolve() is Patient` needs the reference's text only: nothing is fetched.
    if (code == Code::is_type && n.kind == Ast::Kind::function && n.text == "resolve" && type && type->is_resource) {
      const uint32_t input = n.has_input ? compile(n.children[0], scope).op : k_none;
      return {emit(Code::resolve_is, offset, input, {}, add_type_data(type)), system(SystemKind::boolean)};
    }
    return strictly(name, typed(code, offset, compile(operand, scope), type));
  }

  Typed strictly(const TypeName& name, const Typed& made) {
    if (name.qualifier == "FHIR") m_out->ops[made.op].flags = k_fhir_only;
    return made;
  }

  Typed typed(Code code, uint32_t offset, const Typed& input, const TypeInfo* type) {
    if (code == Code::is_type)
      return {emit(code, offset, input.op, {}, add_type_data(type)), system(SystemKind::boolean)};
    StaticType out{true, input.type.single || code == Code::as_type, {}};
    if (type && may_be(input.type, type)) out.types.push_back(type);
    if (type && type->is_system && out.types.empty()) out.types.push_back(type);
    narrow(input, type);
    return {emit(code, offset, input.op, {}, add_type_data(type)), out, input.never};
  }

  /// A choice that is filtered by type at once reads only that type's JSON name.
  void narrow(const Typed& input, const TypeInfo* type) {
    if (input.op == k_none || !type) return;
    Op& op = m_out->ops[input.op];
    if (op.code != Code::step) return;
    Step& step = m_out->steps[op.data];
    if (!step.element || !step.element->is_choice || !input.type.known) return;
    const Written* match = nullptr;
    for (const auto& written : step.element->written) {
      if (!written.type || (type->is_primitive ? written.type != type : !written.type->is_a(type))) continue;
      if (match) return; // several fit (Quantity: Age, Duration, ...)
      match = &written;
    }
    step.only = match;
  }

  // --- operators

  /// The members of the input without which an operation gives nothing (see Compiled::starts).
  uint64_t starts_of(uint32_t at) const {
    constexpr uint64_t k_unknown = ~uint64_t{0};
    if (at == k_none) return k_unknown;
    const Op& op = m_out->ops[at];
    switch (op.code) {
    case Code::empty: return 0;
    case Code::step: {
      const Step& step = m_out->steps[op.data];
      const bool at_root = op.input == k_none || m_out->ops[op.input].code == Code::of_head;
      if (!at_root) return starts_of(op.input);
      // Of an input of unknown type a choice may be meant.
      if (!step.element || !m_out->context || step.owner->is_abstract || step.owner != m_out->context) return k_unknown;
      uint64_t out = 0;
      for (const Written& written : step.element->written)
        out |= start_bit(written.id);
      return out;
    }
    case Code::merge: return starts_of(op.input) | starts_of(m_out->args[op.args]);
    case Code::where:
    case Code::where_equals:
    case Code::select:
    case Code::of_type:
    case Code::as_type:
    case Code::extension:
    case Code::first:
    case Code::last:
    case Code::tail:
    case Code::single:
    case Code::distinct:
    case Code::indexer:
    case Code::resolve:
    case Code::reference_key: return starts_of(op.input);
    default: return k_unknown;
    }
  }

  /// An operand or argument: what it defines is out of reach behind it.
  Typed compile_apart(uint32_t at, const Scope& scope) {
    const size_t defined = m_defined.size();
    Typed out = compile(at, scope);
    m_defined.resize(defined);
    return out;
  }

  Typed binary(const Ast::Node& n, const Scope& scope) {
    const Typed left = compile_apart(n.children[0], scope);
    const Typed right = compile_apart(n.children[1], scope);
    struct Entry {
      std::string_view text;
      Code code;
    };
    static constexpr Entry k_boolean[] = {
        {"=", Code::equal},  {"!=", Code::not_equal},           {"~", Code::equivalent}, {"!~", Code::not_equivalent},
        {"<", Code::less},   {"<=", Code::less_or_equal},       {">", Code::greater},    {">=", Code::greater_or_equal},
        {"in", Code::in},    {"contains", Code::contains_item}, {"and", Code::and_},     {"or", Code::or_},
        {"xor", Code::xor_}, {"implies", Code::implies},
    };
    for (const auto& entry : k_boolean) {
      if (entry.text != n.text) continue;
      const bool is_equality = entry.code == Code::equal || entry.code == Code::not_equal;
      const uint32_t step = is_equality && is_text(left.op, right.op) ? m_out->ops[left.op].data : k_none;
      return {emit(entry.code, n.offset, k_none, {left.op, right.op}, step), system(SystemKind::boolean)};
    }
    if (n.text == "|" && left.never && right.never) return {left.op, merged(left.type, right.type), true};
    if (n.text == "|" && (left.never || right.never)) {
      const Typed& live = left.never ? right : left;
      return {live.type.single ? live.op : emit(Code::distinct, n.offset, live.op), live.type};
    }
    if (n.text == "|") return {emit(Code::merge, n.offset, left.op, {right.op}), merged(left.type, right.type)};
    if (n.text == "&")
      return {emit(Code::concatenate, n.offset, k_none, {left.op, right.op}), system(SystemKind::string)};
    static constexpr Entry k_arithmetic[] = {{"+", Code::add},    {"-", Code::subtract}, {"*", Code::multiply},
                                             {"/", Code::divide}, {"div", Code::div},    {"mod", Code::mod}};
    for (const auto& entry : k_arithmetic)
      if (entry.text == n.text) {
        const uint32_t op = emit(entry.code, n.offset, k_none, {left.op, right.op});
        return {worked_out(op, left.op, right.op), arithmetic_type(entry.code, left.type, right.type)};
      }
    fail(n.offset, "the operator '" + n.text + "' is unknown");
  }

  /// An element of $this that can only be a text, and a text literal.
  bool is_text(uint32_t left, uint32_t right) const {
    const Op& step_op = m_out->ops[left];
    const Op& literal_op = m_out->ops[right];
    if (step_op.code != Code::step || step_op.input != k_none || literal_op.code != Code::literal ||
        m_out->literals[literal_op.data].tag != Tag::string)
      return false;
    const ElementInfo* element = m_out->steps[step_op.data].element;
    return element && !element->is_choice && !element->is_list && element->written[0].type &&
           element->written[0].type->system == SystemKind::string;
  }

  /// OPTIMIZATION: what two literals give (`@2023-12-31 - 65 years`) is a literal too. What is refused, or gives
  /// nothing, is left to each run.
  uint32_t worked_out(uint32_t op, uint32_t left, uint32_t right) {
    if (m_out->ops[left].code != Code::literal || m_out->ops[right].code != Code::literal) return op;
    Item result;
    try {
      const Environment none;
      Evaluator evaluator;
      evaluator.begin({}, none);
      m_out->root = op;
      const size_t base = evaluator.evaluate(*m_out, {});
      if (evaluator.results(base).size() != 1) return op;
      result = evaluator.results(base)[0];
      switch (result.tag) { // its value lies in the evaluator
      case Tag::integer: break;
      case Tag::string: result = Item::of(keep(result.view())); break;
      case Tag::decimal: result = Item::of(&m_out->decimals.emplace_back(*result.decimal)); break;
      case Tag::moment: result = Item::of(&m_out->moments.emplace_back(*result.moment)); break;
      case Tag::quantity: {
        auto& quantity = m_out->quantities.emplace_back(*result.quantity);
        quantity.unit = keep(quantity.unit);
        result = Item::of(&quantity);
        break;
      }
      default: return op;
      }
    } catch (const base::Refused&) {
      return op;
    }
    const uint32_t offset = m_out->ops[op].offset;
    if (left + 1 == right && right + 1 == op) m_out->ops.resize(left); // nothing else refers to them
    return emit(Code::literal, offset, k_none, {}, add_literal(result));
  }

  StaticType arithmetic_type(Code code, const StaticType& left, const StaticType& right) const {
    const auto kind = [](const StaticType& type) {
      return type.known && type.types.size() == 1 ? type.types.front()->system : SystemKind::none;
    };
    const SystemKind a = kind(left);
    const SystemKind b = kind(right);
    const bool numbers = (a == SystemKind::integer || a == SystemKind::decimal) &&
                         (b == SystemKind::integer || b == SystemKind::decimal);
    if (code == Code::div && numbers) return system(SystemKind::integer);
    if (code == Code::divide && numbers) return system(SystemKind::decimal);
    if (numbers) return system(a == b ? a : SystemKind::decimal);
    if (code == Code::add && a == SystemKind::string && b == SystemKind::string) return system(SystemKind::string);
    if ((a == SystemKind::date || a == SystemKind::date_time || a == SystemKind::time) && b == SystemKind::quantity)
      return system(a);
    return {false, true, {}};
  }

  // --- functions

  Typed function(const Ast::Node& n, const Scope& scope) {
    const FunctionInfo* info = find_function(n.text);
    if (!info) fail(n.offset, "there is no function '" + n.text + "'" + did_you_mean(n.text, function_names()));
    const size_t first = n.has_input ? 1 : 0;
    const size_t count = n.children.size() - first;
    if (count < info->arguments_min || count > info->arguments_max) {
      std::string wanted = std::to_string(info->arguments_min);
      if (info->arguments_max != info->arguments_min) wanted += " to " + std::to_string(info->arguments_max);
      fail(n.offset, n.text + "() takes " + wanted + " arguments, not " + std::to_string(count));
    }
    const std::vector<uint32_t> argument(n.children.begin() + static_cast<ptrdiff_t>(first), n.children.end());

    // Functions whose argument is a type.
    if (info->code == Code::is_type || info->code == Code::as_type || info->code == Code::of_type) {
      const TypeName name = type_argument(argument[0]);
      if (n.has_input) return typed(info->code, n.offset, n.children[0], name, scope);
      return strictly(name, typed(info->code, n.offset, Typed{k_none, scope.self}, resolve_type(name, n.offset)));
    }

    Typed input{k_none, scope.self};
    if (n.has_input) input = compile(n.children[0], scope);
    if (info->code == Code::reference_key) return reference_key(n, input, argument);
    if (takes_text(info->code)) check_text(n, input.type);
    if (takes_order(info->code)) check_order(n, n.text + "()", input.type);

    std::vector<uint32_t> args;
    std::vector<StaticType> types;
    Scope item{one_of(input.type), false};
    if (!n.has_input) item.is_root = scope.is_root && info->code == Code::iif;
    uint8_t flags = 0;
    for (size_t i = 0; i < argument.size(); ++i) {
      const bool per_item = info->per_item == k_every_argument || (info->per_item >> i & 1) != 0;
      uint32_t at = argument[i];
      if (info->code == Code::sort && node(at).kind == Ast::Kind::unary && node(at).text == "-") {
        flags = static_cast<uint8_t>(flags | 1u << i);
        at = node(at).children[0];
      }
      const Typed typed_argument = compile_apart(at, per_item ? item : scope);
      args.push_back(typed_argument.op);
      types.push_back(typed_argument.type);
    }
    if (info->code == Code::define_variable) {
      const Ast::Node& name = node(argument[0]);
      if (name.kind != Ast::Kind::string) fail(name.offset, "defineVariable() wants the variable's name as a text");
      if (is_in(m_defined, name.text) || is_built_in(name.text))
        fail(name.offset, "the variable %" + name.text + " is defined already");
      m_defined.push_back(name.text);
    }
    if (info->code == Code::where) {
      if (const auto fused = where_equals(n, input, args[0])) return *fused;
    }
    uint32_t data = k_none;
    if (info->code == Code::matches || info->code == Code::matches_full || info->code == Code::replace_matches)
      data = argument.size() == 2 && info->code != Code::replace_matches ? k_none : constant_pattern(argument[0]);
    for (size_t i = 0; i < args.size(); ++i)
      if (info->per_item == k_every_argument || (info->per_item >> i & 1) != 0) mark_same_for_all(args[i]);
    const uint32_t op = emit(info->code, n.offset, input.op, args, data);
    m_out->ops[op].flags = flags;
    const bool never = input.never && (info->code == Code::where || info->code == Code::extension ||
                                       info->code == Code::resolve || info->gives == Gives::one);
    return {op, gives(*info, input.type, types), never};
  }

  /// OPTIMIZATION: in what is asked of each item, a comparison of %resource's elements (`%resource.type = 'batch'`) is
  /// worked out once.
  void mark_same_for_all(uint32_t at) {
    if (at == k_none) return;
    Op& op = m_out->ops[at];
    if (is_same_for_all(at)) {
      if (is_logic(op.code)) op.flags |= k_same_for_all;
      return;
    }
    if (!is_logic(op.code) && op.code != Code::not_) return;
    if (op.input != k_none) mark_same_for_all(op.input);
    for (size_t i = 0; i < op.count; ++i)
      mark_same_for_all(m_out->args[op.args + i]);
  }

  static bool is_logic(Code code) {
    switch (code) {
    case Code::equal:
    case Code::not_equal:
    case Code::in:
    case Code::and_:
    case Code::or_:
    case Code::xor_:
    case Code::implies: return true;
    default: return false;
    }
  }

  bool is_same_for_all(uint32_t at) const {
    if (at == k_none) return false;
    const Op& op = m_out->ops[at];
    if (op.code == Code::literal) return true;
    if (op.code == Code::variable) return m_out->variables[op.data] == "resource";
    if (op.code == Code::step) return is_same_for_all(op.input);
    if (op.code == Code::merge && !is_same_for_all(op.input)) return false;
    if (op.code != Code::merge && !is_logic(op.code)) return false;
    for (size_t i = 0; i < op.count; ++i)
      if (!is_same_for_all(m_out->args[op.args + i])) return false;
    return true;
  }

  static bool takes_order(Code code) {
    return code == Code::first || code == Code::last || code == Code::tail || code == Code::skip || code == Code::take;
  }

  void check_order(const Ast::Node& n, const std::string& what, const StaticType& type) const {
    if (m_options.check_order && !type.ordered)
      fail(n.offset, what + " depends on an order, and children have none: sort() them first");
  }

  static bool takes_text(Code code) {
    switch (code) {
    case Code::starts_with:
    case Code::ends_with:
    case Code::contains_text:
    case Code::matches:
    case Code::matches_full:
    case Code::replace:
    case Code::replace_matches:
    case Code::upper:
    case Code::lower:
    case Code::length:
    case Code::index_of:
    case Code::substring:
    case Code::split:
    case Code::trim:
    case Code::to_chars: return true;
    default: return false;
    }
  }

  /// A text function on what can only be a structure (an Identifier) is refused before it runs.
  void check_text(const Ast::Node& n, const StaticType& type) const {
    if (!type.known || type.types.empty()) return;
    const bool all_structures = std::all_of(type.types.begin(), type.types.end(), [](const TypeInfo* have) {
      return !have->is_primitive && !have->is_abstract && !have->is_system;
    });
    if (all_structures) fail(n.offset, n.text + "() wants a text, and " + type.types.front()->name + " is a structure");
  }

  uint32_t constant_pattern(uint32_t argument) {
    const Ast::Node& n = node(argument);
    if (n.kind != Ast::Kind::string) return k_none;
    auto pattern = make_pattern(n.text);
    if (!pattern)
      fail(n.offset, "'" + n.text + "' is not a regular expression (RE2 syntax; no look-around, no back-references)");
    m_out->patterns.push_back(std::move(pattern));
    return static_cast<uint32_t>(m_out->patterns.size() - 1);
  }

  Typed reference_key(const Ast::Node& n, const Typed& input, const std::vector<uint32_t>& argument) {
    uint32_t data = k_none;
    if (!argument.empty()) {
      const TypeInfo* type = resolve_type(type_argument(argument[0]), node(argument[0]).offset);
      if (!type || !type->is_resource) fail(node(argument[0]).offset, "getReferenceKey() wants a resource type");
      data = add_type_data(type);
    }
    return {emit(Code::reference_key, n.offset, input.op, {}, data), system(SystemKind::string, input.type.single)};
  }

  /// where(element = 'text') is so frequent (linkId, system, use, url) that it is one operation.
  std::optional<Typed> where_equals(const Ast::Node& n, const Typed& input, uint32_t criterion) {
    const Op& op = m_out->ops[criterion];
    if (op.code != Code::equal) return {};
    const uint32_t left_op = m_out->args[op.args];
    const uint32_t right_op = m_out->args[op.args + 1];
    const Op& left = m_out->ops[left_op];
    const Op& right = m_out->ops[right_op];
    const bool is_open = left.code == Code::step && left.input == k_none && right.code == Code::literal &&
                         m_out->literals[right.data].tag == Tag::string && !m_out->steps[left.data].element &&
                         !input.type.known;
    if (!is_open && !is_text(left_op, right_op)) return {}; // only where text meets text
    const uint32_t fused = emit(Code::where_equals, n.offset, input.op, {right.data, criterion}, left.data);
    return Typed{fused, input.type, input.never};
  }

  StaticType gives(const FunctionInfo& info, const StaticType& input, const std::vector<StaticType>& arguments) const {
    switch (info.gives) {
    case Gives::boolean: return system(SystemKind::boolean);
    case Gives::integer: return system(SystemKind::integer);
    case Gives::decimal: return system(SystemKind::decimal);
    case Gives::string: return system(SystemKind::string);
    case Gives::date: return system(SystemKind::date);
    case Gives::date_time: return system(SystemKind::date_time);
    case Gives::time: return system(SystemKind::time);
    case Gives::quantity: return system(SystemKind::quantity);
    case Gives::strings: return system(SystemKind::string, false);
    case Gives::input: return input;
    case Gives::one: return one_of(input);
    case Gives::argument: return arguments[0];
    case Gives::unknown: return {};
    case Gives::special: break;
    }
    switch (info.code) {
    case Code::select: {
      StaticType out = arguments[0];
      out.single = out.single && input.single;
      return out;
    }
    case Code::repeat:
    case Code::repeat_all: {
      StaticType out = arguments[0];
      out.single = false;
      return out;
    }
    case Code::combine:
    case Code::merge: return merged(input, arguments[0]);
    case Code::iif: {
      StaticType out = arguments.size() == 2 ? arguments[1] : merged(arguments[1], arguments[2]);
      out.single = arguments[1].single && (arguments.size() == 2 || arguments[2].single);
      return out;
    }
    case Code::ceiling:
    case Code::floor:
    case Code::truncate:
    case Code::round:
      if (input.known && input.types.size() == 1 && input.types[0]->system == SystemKind::quantity)
        return system(SystemKind::quantity);
      return system(info.code == Code::round ? SystemKind::decimal : SystemKind::integer);
    case Code::extension: return {true, false, {m_model.extension()}};
    case Code::get_value:
    case Code::low_boundary:
    case Code::high_boundary: {
      if (input.known && input.types.size() == 1 && input.types[0]->system != SystemKind::none)
        return system(input.types[0]->system);
      return {false, true, {}};
    }
    case Code::to_long: return {true, true, {m_model.long_integer()}};
    case Code::children:
    case Code::descendants: return {false, false, {}, false};
    case Code::resolve: return {false, input.single, {}};
    default: return {};
    }
  }

  const Model& m_model;
  const CompileOptions& m_options;
  std::shared_ptr<Compiled> m_out;
  Ast m_ast;
  std::vector<std::string> m_defined;      ///< by defineVariable(), in reach
  std::vector<std::string> m_ever_defined; ///< anywhere in the expression
};

} // namespace

std::shared_ptr<const Compiled> compile(std::string_view text, const CompileOptions& options,
                                        const StaticType& context) {
  return Compiler(text, options).run(context);
}

std::shared_ptr<const Compiled> compile(std::string_view text, const CompileOptions& options) {
  StaticType context;
  if (!options.context.empty()) {
    const TypeInfo* type = Model::r4().fhir(options.context);
    if (!type) fail_at(text, 0, "there is no FHIR type '" + std::string(options.context) + "' to start from");
    context = {true, true, {type}};
  }
  return compile(text, options, context);
}

} // namespace xinglin::fhirpath
