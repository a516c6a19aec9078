#pragma once
// The objects of the program, made when a command first asks for them and in the order they stand on each other.

#include "lib/base/date.h"
#include "lib/base/issue.h"
#include "server/store/store.h"
#include "server/wiring/options.h"

#include <memory>
#include <optional>
#include <string>

namespace xinglin::package {
struct Catalog;
}
namespace xinglin::program {
class Program;
}
namespace xinglin::flatten {
class Warehouse;
}
namespace xinglin::indicator {
class Engine;
struct AsOf;
} // namespace xinglin::indicator

namespace xinglin::wiring {

class House {
public:
  explicit House(const Options& options);
  ~House();
  House(const House&) = delete;
  House& operator=(const House&) = delete;

  /// The store of --data; made when absent only for commands that write.
  store::Store& store(bool create);
  /// The programs; what is wrong with some of them is said on standard error, the others are there.
  std::shared_ptr<const package::Catalog> catalog();
  const base::Issues& package_issues() const { return m_package_issues; }
  program::Program& program(); ///< with the definitions of the programs among the records
  /// The tables, caught up with the records.
  flatten::Warehouse& warehouse();
  indicator::Engine& engine();

  // What --org, --period, --today and --as-of mean; Refused(malformed) where they mean nothing.
  std::string organization(const std::string& asked); ///< "" = the one at the top of the tree
  static base::Period period(const std::string& text);
  static std::optional<base::Date> day(const std::string& text); ///< "" = none
  indicator::AsOf as_of(const std::string& text);                ///< "" = now

private:
  const Options& m_options;
  base::Issues m_package_issues;
  std::unique_ptr<store::Store> m_store;
  std::shared_ptr<const package::Catalog> m_catalog;
  std::unique_ptr<program::Program> m_program;
  std::unique_ptr<flatten::Warehouse> m_warehouse;
  std::unique_ptr<indicator::Engine> m_engine;
};

/// The directory of --programs, or else the first that is there: beside the binary, ../share/xinglin/programs,
/// two directories up (the source tree of build/PRESET/xinglin), ./programs. Throws Refused(not_found).
std::string find_programs(const Options& options);

} // namespace xinglin::wiring
