#pragma once
// A register made ready: which resources of its type belong to it, and what they must satisfy. Internal to
// server/program.

#include "lib/fhirpath/expression.h"
#include "server/package/model.h"

#include <memory>

namespace xinglin::program {

class RegisterRules {
public:
  /// Throws base::Refused(invalid) when something does not compile; the package checker says so first.
  explicit RegisterRules(const package::Register& declared);
  ~RegisterRules();
  RegisterRules(RegisterRules&&) noexcept;

  const package::Register& declared() const;
  /// Adds what is wrong with a resource of its type; nothing when `where` leaves it out.
  void check(fhir::Node resource, base::Date today, base::Millis now, base::Zone zone, base::Issues& issues) const;

  /// The References of the resource that point into the same register: an institution's to the one it is part of.
  std::vector<fhir::Node> upward(fhir::Node resource) const;

private:
  struct Impl;
  std::unique_ptr<Impl> m_impl;
};

/// The FHIRPath of a node within its resource ("Patient.identifier[0].value"); the type alone when it is not inside.
std::string expression_of(fhir::Node resource, fhir::Node wanted);

} // namespace xinglin::program
