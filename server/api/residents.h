#pragma once
// How people and other subjects are named in answers.

#include "server/store/store.h"

#include <string>
#include <string_view>

namespace xinglin::api {

/// 110101********1234: the place and the check stay, the day of birth does not.
std::string masked_citizen_id(std::string_view citizen_id);
/// The name of what a reference "Type/ID" points at; the id where it has none, empty for no reference.
std::string display_of(const store::Snapshot& snapshot, std::string_view reference);

} // namespace xinglin::api
