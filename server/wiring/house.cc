#include "server/wiring/house.h"

#include "server/feed/feed.h"
#include "server/flatten/warehouse.h"
#include "server/indicator/engine.h"
#include "server/intake/export.h"
#include "server/package/model.h"
#include "server/program/owed.h"
#include "server/program/program.h"
#include "server/wiring/progress.h"

#include <cstdio>
#include <filesystem>

namespace xinglin::wiring {

namespace fs = std::filesystem;
using base::Refusal;
using base::Refused;

std::string find_programs(const Options& options) {
  if (!options.programs.empty()) return options.programs; // package::load says when it is not there
  std::error_code failed;
  const fs::path here = fs::read_symlink("/proc/self/exe", failed).parent_path();
  for (const fs::path& candidate :
       {here / "programs", here / "../share/xinglin/programs", here / "../../programs", fs::path("programs")})
    if (fs::is_directory(candidate, failed)) return fs::weakly_canonical(candidate, failed).string();
  throw Refused(Refusal::not_found, "not-found", "No directory of programs was found; name it with --programs DIR.");
}

House::House(const Options& options) : m_options(options) {}
House::~House() = default;

store::Store& House::store(bool create) {
  if (!m_store) {
    if (!create && !fs::exists(m_options.data))
      throw Refused(Refusal::not_found, "not-found",
                    "There is no data directory " + m_options.data +
                        "; name it with --data DIR, or make one with load, simulate or serve.");
    store::Options options;
    options.directory = m_options.data;
    options.create = create;
    const bool is_new = !fs::exists(m_options.data);
    m_store = store::Store::open(options);
    // Not asked back (a service has nobody to ask), but said: a name mistyped would serve an empty county.
    if (is_new)
      std::fprintf(stderr, "xinglin: made a new, empty data directory %s; name another with --data DIR\n",
                   fs::weakly_canonical(m_options.data).c_str());
  }
  return *m_store;
}

std::shared_ptr<const package::Catalog> House::catalog() {
  if (!m_catalog) {
    m_catalog = package::load_checked(find_programs(m_options), m_package_issues);
    if (!m_package_issues.empty()) std::fprintf(stderr, "%s\n", m_package_issues.to_text().c_str());
  }
  return m_catalog;
}

program::Program& House::program() {
  if (!m_program) {
    m_program = std::make_unique<program::Program>(store(true), catalog());
    m_program->install();
  }
  return *m_program;
}

flatten::Warehouse& House::warehouse() {
  if (!m_warehouse) {
    store::Store& records = store(false);
    m_warehouse = std::make_unique<flatten::Warehouse>(m_options.data, catalog());
    Progress progress("making tables");
    m_warehouse->catch_up(feed::Feed(records), [&](flatten::Progress at) { progress.show(at.done, at.last); });
  }
  return *m_warehouse;
}

indicator::Engine& House::engine() {
  if (!m_engine)
    m_engine =
        std::make_unique<indicator::Engine>(catalog(), warehouse(), program::owed_by_records(store(false), catalog()));
  return *m_engine;
}

std::string House::organization(const std::string& asked) {
  if (!asked.empty()) return asked;
  std::string top, names;
  int count = 0;
  for (const auto& organization : engine().organizations()) {
    if (!organization.part_of.empty()) continue;
    top = organization.id;
    names += (names.empty() ? "" : ", ") + organization.id;
    ++count;
  }
  if (count == 1) return top;
  throw Refused(Refusal::malformed, "required",
                count == 0 ? "There is no organisation in the records yet; load or simulate some first."
                           : "Say which organisation with --org; at the top of the tree stand " + names + ".");
}

base::Period House::period(const std::string& text) {
  if (const auto period = base::Period::parse(text)) return *period;
  throw Refused(Refusal::malformed, "value",
                "\"" + text + "\" is not a period; write 2023, 2023H1, 2023Q1, 2023-05 or 2023-01-01..2023-03-31.");
}

std::optional<base::Date> House::day(const std::string& text) {
  if (text.empty()) return {};
  if (const auto day = base::Date::parse(text)) return day;
  throw Refused(Refusal::malformed, "value", "\"" + text + "\" is not a day; write 2024-06-30.");
}

indicator::AsOf House::as_of(const std::string& text) {
  if (text.empty()) return engine().now();
  return {.epoch = store(false).epoch(), .commit = intake::resolve_as_of(store(false), text)};
}

} // namespace xinglin::wiring
