#pragma once
// Who owes a return: the form's `owed_by`, a rule over the items of its register, asked of one organisation.

#include "lib/base/clock.h"
#include "lib/base/date.h"
#include "lib/fhir/json.h"
#include "server/indicator/engine.h"
#include "server/package/model.h"
#include "server/store/store.h"

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

/// Who owes which return, by the records, for the engine that looks for what was returned twice. The store must outlive
/// it; of an organisation that is not there at the commit nothing is owed.
indicator::Owes owed_by_records(const store::Store& store, std::shared_ptr<const package::Catalog> catalog);

} // namespace xinglin::program
