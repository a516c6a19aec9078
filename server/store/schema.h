#pragma once
// The shape of the records file and how it moves from one version of the program to the next.

#include "lib/sql/sqlite.h"

#include <string>
#include <string_view>
#include <vector>

namespace xinglin::store {

/// The files of schema/, in order; the n-th brings a file of schema n-1 to schema n.
const std::vector<std::string_view>& schema_steps();

/// Brings the records file to the newest schema, one transaction a step. Throws Refused(unsupported) when a newer
/// version of the program made it, Refused(unavailable) when it is no records file.
void migrate(sql::Sqlite& db, const std::string& directory);

/// Marks a file as ours (PRAGMA application_id): "Xgln".
inline constexpr int64_t k_application_id = 0x58676c6e;

} // namespace xinglin::store
