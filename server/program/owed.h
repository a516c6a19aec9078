#pragma once
// Who owes a return: the form's `owed_by`, a rule over the items of its register, asked of one organisation.

#include "lib/base/clock.h"
#include "lib/base/date.h"
#include "lib/fhir/json.h"
#include "server/package/model.h"

#include <memory>

namespace xinglin::program {

class OwedBy {
public:
  /// Throws base::Refused(invalid) when something does not compile; the package checker says so first.
  OwedBy(const package::Form& form, const package::Catalog& catalog);
  ~OwedBy();
  OwedBy(OwedBy&&) noexcept;

  /// Does this organisation owe the return? Nobody owes one whose form does not say.
  bool holds(fhir::Node organization, base::Date today) const;

private:
  struct Impl;
  std::unique_ptr<Impl> m_impl;
};

} // namespace xinglin::program
