#pragma once
// The inside of Engine, shared by its .cc files.

#include "server/indicator/cube.h"
#include "server/indicator/engine.h"
#include "server/indicator/session.h"
#include "server/indicator/tree.h"
#include "server/package/derived.h"

#include <exception>
#include <mutex>
#include <unordered_map>

namespace xinglin::indicator {

/// What an address names: an indicator, or how one stood over the period.
struct Target {
  const package::Indicator* indicator = nullptr;
  Aspect aspect = Aspect::figure;
  std::string name() const;
  auto operator<=>(const Target&) const = default;
};

struct Engine::Impl {
  std::shared_ptr<const package::Catalog> catalog;
  flatten::Warehouse& warehouse;
  Owes owes; ///< may be empty
  mutable ConnectionPool pool;

  struct Definition {
    std::string hash;
    QueryPlan plan;             ///< not derived
    package::Derived derived;   ///< derived
    std::exception_ptr failure; ///< why it cannot be used; thrown when it is
  };
  std::map<std::string, Definition, std::less<>> definitions;

  // Results that cannot change (keys name the commit they are of), until there are too many.
  static constexpr size_t k_cached_cells_max = 2'000'000;
  static constexpr size_t k_cached_small_max = 20'000;
  mutable std::mutex cache_mutex;
  mutable std::unordered_map<std::string, std::shared_ptr<const Cube>> cubes;
  mutable size_t cached_cells = 0;
  mutable std::unordered_map<std::string, std::shared_ptr<const OrganizationTree>> trees;
  mutable std::unordered_map<std::string, std::string> digests;
  mutable std::unordered_map<std::string, Contract> contracts; ///< by indicator id

  Impl(std::shared_ptr<const package::Catalog> catalog, flatten::Warehouse& warehouse, Owes owes);

  // --- what is asked for ---
  Target find_target(std::string_view name) const;
  const Definition& definition_of(const package::Indicator& indicator) const;
  /// A session as of a commit that the tables have. Throws Refused(not_found).
  Session open(std::optional<AsOf> as_of) const;
  AsOf as_of(const Session& session) const { return {session.state().epoch, session.as_of()}; }
  static void check_period(const base::Period& period);
  std::shared_ptr<const OrganizationTree> tree(Session& session, base::Date day) const;

  /// Where and when: what a figure is of, besides its indicator.
  struct Scope {
    std::string org;
    base::Period period = base::Period::year_of(2000);
    base::Date tree_date;
    std::vector<std::string> orgs; ///< org and those below
  };
  /// Throws Refused(not_found) for an organisation that is not in the tree.
  Scope scope(Session& session, std::string_view org, const base::Period& period,
              std::optional<base::Date> tree_date = {}) const;
  Scope scope_of(Session& session, const Address& address) const;

  // --- amounts ---
  CubeRequest request_for(Session& session, const Target& target, const Scope& scope) const;
  std::string cube_key(const Session& session, const CubeRequest& request) const;
  std::shared_ptr<const Cube> find_cube(const std::string& key) const;
  std::shared_ptr<const Cube> cube(Session& session, const CubeRequest& request) const;
  Contract contract(Session& session, const Definition& definition) const;
  Amounts amounts(Session& session, const Target& target, const Scope& scope) const;
  /// The rows queries behind a target, each once, in order of appearance.
  std::vector<Target> leaves(const Target& target) const;
  void prefetch(Session& session, const std::vector<Target>& targets, const std::vector<Scope>& scopes) const;

  // --- figures ---
  Figure figure(Session& session, const Target& target, const Scope& scope, int depth = 0) const;
  std::optional<base::Rational> evaluate(Session& session, const package::Derived& node, const Scope& scope,
                                         int depth) const;
  Address address_of(const Session& session, const Target& target, const Scope& scope) const;
  /// The last commit, not after the session's, at which something these tables hold changed.
  store::CommitNumber effective(const Session& session, const std::set<std::string>& tables) const;

  // --- rows ---
  std::vector<Row> rows(Session& session, const Target& target, const Scope& scope) const; ///< of one leaf, ordered
  std::string digest(Session& session, const Target& target, const Scope& scope) const;
};

/// What a cube holds for one organisation over the period of the request.
Amounts amounts_of(const Cube& cube, const CubeRequest& request, std::string_view org);

/// How figures follow from amounts; plain, so that `verify` uses the same words on other amounts.
void fill_figure(Figure& figure, const package::Indicator& indicator, Aspect aspect, const Amounts& amounts,
                 const base::Period& period);

/// The operands of an expression: indicators, average(ID), days(ID), in order, each once.
std::vector<std::pair<std::string, Aspect>> operands_of(const package::Derived& expression);

} // namespace xinglin::indicator
