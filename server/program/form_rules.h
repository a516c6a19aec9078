#pragma once
// A form made ready: its rules compiled, the resources it yields as compiled paths and values. Built once, then used by
// all threads. Internal to server/program.

#include "lib/fhirpath/expression.h"
#include "server/package/element_path.h"
#include "server/program/answers.h"

#include <memory>

namespace xinglin::program {

/// What a rule may see besides the submission.
struct RuleContext {
  fhir::Node about; ///< the subject's resource; none when it was not asked for or is not there
  fhir::Node last;  ///< the submission before this one, about the same subject
  std::string id;   ///< of the submission
  base::Date today;
  base::Millis now = 0;
  base::Zone zone;
};

/// A resource that a submission yields.
struct YieldedResource {
  std::string type, id, json;
};

class FormRules {
public:
  /// Throws base::Refused(invalid) when something does not compile; the package checker says so first.
  FormRules(const package::Form& form, const package::Catalog& catalog);
  ~FormRules();
  FormRules(FormRules&&) noexcept;
  FormRules& operator=(FormRules&&) = delete;

  const package::Form& form() const;
  const ItemIndex& items() const;
  bool needs_about() const; ///< a rule reads more of %about than its reference
  bool needs_last() const;

  /// What the rules of one submission see: the answers by item id, and the context. Its nodes point into the documents.
  fhirpath::Environment environment(fhir::Node response, const Answers& answers, const RuleContext& context) const;
  /// Fires the checks over a submission whose answers are right one by one.
  void check(fhir::Node response, const fhirpath::Environment& environment, base::Issues& issues) const;
  /// The resources it yields, validated; what is wrong with them is an issue about the form.
  std::vector<YieldedResource> yield(fhir::Node response, const Answers& answers, const RuleContext& context,
                                     const fhirpath::Environment& environment, base::Issues& issues) const;

private:
  struct Impl;
  std::unique_ptr<Impl> m_impl;
};

/// `<response id>-<yield id>[-<index>]`, underscores as hyphens; over 64 characters shortened by a digest.
std::string yield_id(std::string_view response_id, std::string_view yield, std::optional<size_t> index);

} // namespace xinglin::program
