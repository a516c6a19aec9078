#include "lib/fhirpath/expression.h"

#include "lib/fhirpath/evaluator.h"
#include "lib/fhirpath/program.h"
#include "lib/fhirpath/running.h"

#include <memory>

namespace xinglin::fhirpath {

struct Expression::Program {
  std::shared_ptr<const Compiled> compiled;
};

namespace {

/// The evaluators of a thread, whose memory is used again and again.
struct Evaluators {
  Evaluator first;
  std::vector<std::unique_ptr<Evaluator>> more; ///< for a resolve() that evaluates in its turn
  size_t busy = 0;
};

Evaluators& of_thread() {
  thread_local constinit Evaluators* known = nullptr; // OPTIMIZATION: asking for it needs no guard
  if (known) [[likely]]
    return *known;
  thread_local Evaluators all;
  return *(known = &all);
}

/// An evaluator of this thread that is not busy.
class Borrowed {
public:
  Borrowed() : m_all(of_thread()), m_evaluator(m_all.busy == 0 ? &m_all.first : further(m_all)) { ++m_all.busy; }
  ~Borrowed() { --m_all.busy; }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  Evaluator* operator->() { return m_evaluator; }

private:
  static Evaluator* further(Evaluators& all) {
    if (all.more.size() < all.busy) all.more.push_back(std::make_unique<Evaluator>());
    return all.more[all.busy - 1].get();
  }
  Evaluators& m_all;
  Evaluator* m_evaluator;
};

const Environment& no_environment() {
  static const Environment none;
  return none;
}

Frame root_frame(const Compiled& compiled, fhir::Node input) {
  Frame frame;
  frame.has_self = static_cast<bool>(input);
  if (input) frame.self = Evaluator::root_item(input, compiled.context);
  return frame;
}

} // namespace

Expression Expression::compile(std::string_view text, std::string_view context, const std::vector<std::string>& names) {
  CompileOptions options;
  options.context = context;
  if (!names.empty()) options.names = &names;
  Expression out;
  out.m_program = std::make_shared<const Program>(Program{fhirpath::compile(text, options)});
  return out;
}

void Expression::evaluate(fhir::Node input, const Environment& environment, Collection& out) const {
  const Compiled& compiled = *m_program->compiled;
  Borrowed evaluator;
  evaluator->begin(input, environment);
  const size_t base = evaluator->evaluate(compiled, root_frame(compiled, input));
  const auto results = evaluator->results(base);
  out.resize(results.size());
  for (size_t i = 0; i < results.size(); ++i)
    Evaluator::to_value(results[i], out[i]);
}

Collection Expression::evaluate(fhir::Node input, const Environment& environment) const {
  Collection out;
  evaluate(input, environment, out);
  return out;
}

Collection Expression::evaluate(fhir::Node input) const {
  return evaluate(input, no_environment());
}

bool Expression::holds(fhir::Node input) const {
  return holds(input, no_environment());
}

bool Expression::holds(fhir::Node input, const Environment& environment) const {
  const Compiled& compiled = *m_program->compiled;
  Borrowed evaluator;
  evaluator->begin(input, environment);
  return evaluator->test(compiled, root_frame(compiled, input)) == Tri::yes;
}

const std::string& Expression::text() const {
  return m_program->compiled->text;
}

uint64_t Expression::starts() const {
  return m_program->compiled->starts;
}

uint64_t Expression::starts_of(fhir::Node resource) {
  uint64_t out = 0;
  if (!resource.is_object()) return ~out;
  for (const fhir::Node member : resource)
    out |= start_bit(member.name_id());
  return out;
}

Value to_system(const Value& value) {
  Value out;
  if (std::holds_alternative<std::monostate>(value.data)) return out;
  Evaluator evaluator;
  const Environment environment;
  evaluator.begin({}, environment);
  SystemValue system;
  if (!to_system(evaluator.from_value(value), system)) return out;
  switch (system.kind) {
  case SystemKind::none: break;
  case SystemKind::boolean: out.data = system.boolean; break;
  case SystemKind::integer: out.data = system.integer; break;
  case SystemKind::decimal: out.data = system.decimal; break;
  case SystemKind::string: out.data = std::string(system.text); break;
  case SystemKind::quantity:
    out.data = Quantity{system.quantity.value, std::string(system.quantity.unit), system.quantity.calendar};
    break;
  default: {
    const fhir::Node* node = std::get_if<fhir::Node>(&value.data);
    out.data = Temporal{system.moment.kind, node ? std::string(node->text()) : system.moment.to_string()};
  }
  }
  out.type = Model::r4().system(system.kind)->name;
  return out;
}

std::optional<std::string> to_text(const Value& value) {
  if (const auto* node = std::get_if<fhir::Node>(&value.data)) {
    switch (node->kind()) {
    case fhir::Kind::boolean:
    case fhir::Kind::number:
    case fhir::Kind::string: return std::string(node->text());
    default: break;
    }
  }
  if (std::holds_alternative<std::monostate>(value.data)) return {};
  Evaluator evaluator;
  const Environment environment;
  evaluator.begin({}, environment);
  SystemValue system;
  if (!to_system(evaluator.from_value(value), system)) return {};
  return system_text(system);
}

} // namespace xinglin::fhirpath
