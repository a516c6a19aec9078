#pragma once
// What the interactions and commands work with. Built by wiring, outlives the server.

#include "lib/base/clock.h"
#include "lib/base/date.h"
#include "lib/base/issue.h"
#include "server/store/store.h"

#include <memory>
#include <optional>
#include <string>

namespace xinglin::program {
class Program;
}
namespace xinglin::flatten {
class Warehouse;
}
namespace xinglin::indicator {
class Engine;
}
namespace xinglin::package {
struct Catalog;
}

namespace xinglin::api {

class ViewExports;

struct Services {
  store::Store* store = nullptr;
  program::Program* program = nullptr;
  flatten::Warehouse* warehouse = nullptr;
  const indicator::Engine* engine = nullptr;
  ViewExports* exports = nullptr;
  std::shared_ptr<const package::Catalog> catalog;
  base::Issues package_issues; ///< what was wrong with programs that were left out
  base::Clock clock = base::system_now;
  base::Zone zone;
  std::optional<base::Date> judged_on; ///< the day plans and returns are judged on; empty = today
  base::Date today() const { return judged_on.value_or(base::local_date(clock(), zone)); }
  std::string version, commit; ///< of the program
  std::string web_directory;   ///< pages from here instead of those built in; empty = built in
};

} // namespace xinglin::api
