#include "server/store/schema.h"

#include "lib/base/issue.h"

#include <fmt/format.h>

namespace xinglin::store {

using base::Refusal;
using base::Refused;

void migrate(sql::Sqlite& db, const std::string& directory) {
  auto newest = static_cast<int64_t>(schema_steps().size());
  int64_t application = db.whole("PRAGMA application_id");
  int64_t version = db.whole("PRAGMA user_version");
  bool is_new = version == 0 && db.whole("SELECT count(*) FROM sqlite_schema") == 0;
  if (!is_new && application != k_application_id)
    throw Refused(Refusal::unavailable, "exception",
                  fmt::format("{} is not a records file of this program; name another directory", db.file()));
  if (version > newest)
    throw Refused(Refusal::unsupported, "not-supported",
                  fmt::format("{} was made by a newer version of the program (schema {}, this one knows {}); start the "
                              "newer version, or name another directory",
                              directory, version, newest));
  for (int64_t step = version; step < newest; step++) {
    db.execute("BEGIN IMMEDIATE");
    try {
      db.execute(std::string(schema_steps()[static_cast<size_t>(step)]));
      db.execute(fmt::format("PRAGMA application_id={}; PRAGMA user_version={}", k_application_id, step + 1));
      db.execute("COMMIT");
    } catch (...) {
      if (db.in_transaction()) db.execute("ROLLBACK");
      throw;
    }
  }
}

} // namespace xinglin::store
