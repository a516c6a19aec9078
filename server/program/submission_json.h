#pragma once
// A filled form as the FHIR resource it is kept as. Internal to server/program.

#include "server/program/answers.h"
#include "server/program/program.h"

namespace xinglin::program {

/// Throws Refused(invalid) naming each answer that has no place or is not of its item's type. `now`: for an empty
/// `authored`.
std::string to_response_json(const Submission& submission, const package::Form& form, const ItemIndex& index,
                             const std::string& now);

/// The other way round: what was handed in, the answers as text.
Submission submission_of(fhir::Node response, const package::Form& form, const ItemIndex& index);

} // namespace xinglin::program
