#include "sim/population.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

namespace xinglin::sim {
namespace {

constexpr int k_draws_max = 60;  ///< blind draws before looking one by one
constexpr int k_levels_max = 50; ///< of organisations

/// The day `years` before `day`; 29 February becomes 1 March.
base::Date years_before(base::Date day, int years) {
  const int year = std::max(1, day.year() - years);
  const auto same = base::Date::from_civil(year, day.month(), day.day());
  return same ? *same : *base::Date::from_civil(year, 3, 1);
}

} // namespace

void Pool::add(base::Date born, bool female) {
  m_born.push_back(born.days());
  m_female.push_back(female);
}

void Pool::index() {
  m_order.resize(m_born.size());
  std::iota(m_order.begin(), m_order.end(), 0U);
  std::stable_sort(m_order.begin(), m_order.end(), [&](uint32_t a, uint32_t b) { return m_born[a] < m_born[b]; });
}

std::string Pool::id(uint32_t number) const {
  return fmt::format("{}-{:06}", m_prefix, number + 1);
}

std::pair<size_t, size_t> Pool::born_between(base::Date first, base::Date last) const {
  const auto low = std::lower_bound(m_order.begin(), m_order.end(), first.days(),
                                    [&](uint32_t number, int32_t day) { return m_born[number] < day; });
  const auto high = std::upper_bound(m_order.begin(), m_order.end(), last.days(),
                                     [&](int32_t day, uint32_t number) { return day < m_born[number]; });
  const auto begin = static_cast<size_t>(low - m_order.begin());
  return {begin, std::max(begin, static_cast<size_t>(high - m_order.begin()))};
}

std::optional<uint32_t> Pool::draw(const About& about, base::Date day,
                                   const std::vector<const std::vector<bool>*>& taken, Random& random) const {
  // Aged low..high on the day: born after the day `high + 1` years before it, up to the day `low` years before it.
  const auto [begin, end] = born_between(years_before(day, about.age_high + 1) + 1, years_before(day, about.age_low));
  if (begin == end) return {};
  const auto good = [&](uint32_t number) {
    if (about.female && m_female[number] != *about.female) return false;
    return std::none_of(taken.begin(), taken.end(), [&](const auto* set) { return (*set)[number]; });
  };
  const size_t width = end - begin;
  for (int i = 0; i < k_draws_max; ++i) {
    const uint32_t number = m_order[begin + random.below(width)];
    if (good(number)) return number;
  }
  const size_t turn = random.below(width);
  for (size_t i = 0; i < width; ++i) {
    const uint32_t number = m_order[begin + (turn + i) % width];
    if (good(number)) return number;
  }
  return {};
}

int64_t Pool::count(const About& about, const base::Period& period) const {
  const auto [begin, end] =
      born_between(years_before(period.first(), about.age_high + 1) + 1, years_before(period.last(), about.age_low));
  if (!about.female) return static_cast<int64_t>(end - begin);
  return std::count_if(m_order.begin() + static_cast<ptrdiff_t>(begin), m_order.begin() + static_cast<ptrdiff_t>(end),
                       [&](uint32_t number) { return m_female[number] == *about.female; });
}

Pool& Population::add_pool(const std::string& reg, const std::string& org, std::string type, std::string id_prefix) {
  auto& members = m_members[reg][org];
  members.pool = std::make_unique<Pool>(std::move(type), std::move(id_prefix));
  return *members.pool;
}

void Population::add_thing(const std::string& reg, const std::string& org, const std::string& reference) {
  auto& by_org = m_members[reg];
  std::string at = org;
  for (int level = 0; level < k_levels_max; ++level) {
    by_org[at].things.push_back(reference);
    const auto found = m_organizations.find(at);
    if (found == m_organizations.end() || found->second.parent.empty()) return;
    at = found->second.parent;
  }
}

void Population::add_organization(Organization organization) {
  m_children[organization.parent].push_back(organization.id);
  std::string id = organization.id;
  m_organizations.insert_or_assign(std::move(id), std::move(organization));
}

bool Population::is_beneath(const std::string& org, const std::string& above) const {
  std::string at = org;
  for (int level = 0; level < k_levels_max; ++level) {
    const auto found = m_organizations.find(at);
    if (found == m_organizations.end() || found->second.parent.empty()) return false;
    at = found->second.parent;
    if (at == above) return true;
  }
  return false;
}

std::vector<std::pair<std::string, uint64_t>> Population::places(const std::string& org, const Values& at,
                                                                 base::Date first, base::Date last) const {
  std::vector<std::pair<std::string, uint64_t>> found;
  const auto weight_of = [&](const Organization& one) -> uint64_t {
    if ((one.opened && *one.opened > first) || (one.closed && *one.closed <= last)) return 0;
    uint64_t weight = 1;
    for (const auto& [item, text] : at) {
      const auto value = std::find_if(one.values.begin(), one.values.end(),
                                      [&item = item](const auto& entry) { return entry.first == item; });
      weight *= value == one.values.end() ? 0 : weight_in(text, value->second);
    }
    return weight;
  };
  std::vector<const std::string*> open{&org};
  while (!at.empty() && !open.empty()) {
    const std::string& id = *open.back();
    open.pop_back();
    if (const auto one = m_organizations.find(id); one != m_organizations.end())
      if (const uint64_t weight = weight_of(one->second)) found.emplace_back(id, weight);
    if (const auto children = m_children.find(id); children != m_children.end())
      for (const auto& child : children->second)
        open.push_back(&child);
  }
  if (found.empty()) found.emplace_back(org, 1);
  std::sort(found.begin(), found.end());
  return found;
}

const Population::Members* Population::find(const std::string& reg, const std::string& org) const {
  const auto by_org = m_members.find(reg);
  if (by_org == m_members.end()) return nullptr;
  std::string at = org;
  for (int level = 0; level < k_levels_max; ++level) {
    const auto found = by_org->second.find(at);
    if (found != by_org->second.end() && found->second.size() > 0) return &found->second;
    const auto one = m_organizations.find(at);
    if (one == m_organizations.end() || one->second.parent.empty()) break;
    at = one->second.parent;
  }
  for (const auto& entry : by_org->second)
    if (entry.second.size() > 0) return &entry.second;
  return nullptr;
}

const Pool* Population::pool(const std::string& reg, const std::string& org) const {
  const Members* members = find(reg, org);
  return members ? members->pool.get() : nullptr;
}

size_t Population::size(const std::string& reg, const std::string& org) const {
  const Members* members = find(reg, org);
  return members ? members->size() : 0;
}

std::string Population::at(const std::string& reg, const std::string& org, size_t index) const {
  const Members* members = find(reg, org);
  if (!members) return {};
  if (index < members->things.size()) return members->things[index];
  return members->pool->reference(static_cast<uint32_t>(index - members->things.size()));
}

std::string Population::any(const std::string& reg, const std::string& org, Random& random) const {
  const size_t count = size(reg, org);
  return count == 0 ? std::string() : at(reg, org, random.below(count));
}

} // namespace xinglin::sim
