#pragma once
// Who and what there is to choose from: people by age and sex on a day, and the entries of registers.

#include "lib/base/date.h"
#include "sim/random.h"
#include "sim/spec.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace xinglin::sim {

/// The people of one register and organisation, by number; eight bytes each.
class Pool {
public:
  Pool(std::string type, std::string id_prefix) : m_type(std::move(type)), m_prefix(std::move(id_prefix)) {}
  void add(base::Date born, bool female);
  /// To be called once, after the last add().
  void index();
  size_t size() const { return m_born.size(); }
  std::string id(uint32_t number) const;
  std::string reference(uint32_t number) const { return m_type + "/" + id(number); }
  base::Date born(uint32_t number) const { return base::Date::from_days(m_born[number]); }
  bool female(uint32_t number) const { return m_female[number]; }

  /// Somebody of that age and sex on the day, not among `taken`; empty when nobody is left.
  std::optional<uint32_t> draw(const About& about, base::Date day, const std::vector<const std::vector<bool>*>& taken,
                               Random& random) const;
  /// How many are of that age and sex at some day of the period.
  int64_t count(const About& about, const base::Period& period) const;

private:
  std::pair<size_t, size_t> born_between(base::Date first, base::Date last) const; ///< positions in m_order
  std::string m_type, m_prefix;
  std::vector<int32_t> m_born;
  std::vector<bool> m_female;
  std::vector<uint32_t> m_order; ///< numbers by day of birth
};

/// An organisation as far as it matters here.
struct Organization {
  std::string id, parent;
  Values values; ///< item → value
  std::optional<base::Date> opened, closed;
};

/// Entries of registers: people, and things that were named or made.
class Population {
public:
  Pool& add_pool(const std::string& reg, const std::string& org, std::string type, std::string id_prefix);
  /// Counts for the organisations above it too.
  void add_thing(const std::string& reg, const std::string& org, const std::string& reference);
  /// An organisation, what its register says of it, and when it is open.
  void add_organization(Organization organization);
  /// Those beneath `org` that `at` asks for and that are open from `first` to `last`, each with its weight; `org`
  /// itself when it is one of them or there is none.
  std::vector<std::pair<std::string, uint64_t>> places(const std::string& org, const Values& at, base::Date first,
                                                       base::Date last) const;
  bool is_beneath(const std::string& org, const std::string& above) const;
  /// The people of the organisation, else of the nearest one above it; null when there are none.
  const Pool* pool(const std::string& reg, const std::string& org) const;
  /// Any entry of the register: of the organisation, else of one above it, else of all. Empty when there is none.
  std::string any(const std::string& reg, const std::string& org, Random& random) const;
  /// How many `any` chooses from, and the n-th of them.
  size_t size(const std::string& reg, const std::string& org) const;
  std::string at(const std::string& reg, const std::string& org, size_t index) const;

private:
  struct Members {
    std::unique_ptr<Pool> pool;
    std::vector<std::string> things;
    size_t size() const { return things.size() + (pool ? pool->size() : 0); }
  };
  const Members* find(const std::string& reg, const std::string& org) const;
  std::map<std::string, std::map<std::string, Members>> m_members; ///< register → organisation
  std::map<std::string, Organization> m_organizations;
  std::map<std::string, std::vector<std::string>> m_children;
};

} // namespace xinglin::sim
