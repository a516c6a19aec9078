#pragma once
// The maker of records (docs/simulator.md): reads totals, plans, writes people and records through the one door, then
// asks the real indicators and corrects until every total is met.

#include "lib/base/date.h"
#include "lib/base/decimal.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace xinglin::program {
class Program;
}
namespace xinglin::flatten {
class Warehouse;
}
namespace xinglin::feed {
class Feed;
}
namespace xinglin::indicator {
class Engine;
}

namespace xinglin::sim {

/// How far it is: what is being done, and records written of those planned.
struct SimulateProgress {
  std::string_view stage; ///< "people", "records", "figures"
  int64_t done = 0, planned = 0;
};

struct SimulateOptions {
  std::string totals;           ///< file; empty = only a county
  int64_t residents = 0;        ///< of a county; 0 = none
  int years = 2;                ///< of the county
  std::optional<uint64_t> seed; ///< else the file's
  int scale = 1;                ///< every total and number of people times this
  size_t transaction_records_max = 250;
  int rounds_max = 3; ///< of asking the indicators and correcting
  std::function<void(SimulateProgress)> progress;
  std::function<bool()> stopped; ///< true = end early (Ctrl-C); what is written stays
};

/// One figure asked for and what the indicators give.
struct SimulateFigure {
  std::string indicator, org;
  base::Period period = base::Period::year_of(2000);
  base::Rational asked;
  std::optional<base::Rational> got;
  bool met = false;
  std::string note; ///< when not met: which others share its records
};

struct SimulateReport {
  int64_t people = 0;      ///< entries of registers
  int64_t submissions = 0; ///< forms, those of make_not too
  int64_t not_counted = 0; ///< of them, those that must not count
  int64_t corrections = 0; ///< records added or removed because the indicators gave something else than planned
  bool stopped = false;
  std::vector<SimulateFigure> figures;
  bool all_met() const;
};

/// The program, and the tables and engine that see what it writes.
struct SimulateParts {
  program::Program& program;
  flatten::Warehouse& warehouse;
  const feed::Feed& feed;
  indicator::Engine& engine;
};

/// Throws Refused(invalid) with every contradiction before anything is written, as far as arithmetic shows them.
SimulateReport simulate(const SimulateParts& parts, const SimulateOptions& options);

} // namespace xinglin::sim
