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

/// An evaluator of this thread, whose memory is used again and again; another one while it is busy (an environment's
/// resolve() may evaluate in its turn).
class Borrowed {
public:
  Borrowed() {
    thread_local std::vector<std::unique_ptr<Evaluator>> idle;
    m_idle = &idle;
    if (idle.empty()) {
      m_evaluator = std::make_unique<Evaluator>();
    } else {
      m_evaluator = std::move(idle.back());
      idle.pop_back();
    }
  }
  ~Borrowed() { m_idle->push_back(std::move(m_evaluator)); }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  Evaluator& operator*() { return *m_evaluator; }
  Evaluator* operator->() { return m_evaluator.get(); }

private:
  std::vector<std::unique_ptr<Evaluator>>* m_idle;
  std::unique_ptr<Evaluator> m_evaluator;
};

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

Collection Expression::evaluate(fhir::Node input, const Environment& environment) const {
  const Compiled& compiled = *m_program->compiled;
  Borrowed evaluator;
  evaluator->begin(input, environment);
  const size_t base = evaluator->evaluate(compiled, root_frame(compiled, input));
  const auto results = evaluator->results(base);
  Collection out;
  out.reserve(results.size());
  for (const Item& item : results)
    out.push_back(Evaluator::to_value(item));
  return out;
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
