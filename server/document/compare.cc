#include "server/document/compare.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace xinglin::document {

namespace {

/// What makes two printed figures the same statement: what it is about, how it is said, and which of several like it.
using Key = std::tuple<std::string, std::string, std::string, std::string, size_t>;

template <typename Figures> std::map<Key, size_t> keys_of(const Figures& figures) {
  std::map<Key, size_t> out;
  std::map<std::tuple<std::string, std::string, std::string, std::string>, size_t> times;
  for (size_t i = 0; i < figures.size(); ++i) {
    const auto& address = figures[i].figure.address;
    auto kind = std::make_tuple(address.indicator, address.org, address.period.to_string(), figures[i].format);
    size_t nth = times[kind]++;
    out.emplace(std::tuple_cat(kind, std::make_tuple(nth)), i);
  }
  return out;
}

void add_records(const indicator::Engine& engine, const PrintedFigure& figure, indicator::AsOf from, indicator::AsOf to,
                 std::vector<indicator::Engine::RowChange>& out) {
  auto add = [&](const indicator::Address& address) {
    try {
      for (auto& change : engine.changes_between(address, from, to))
        out.push_back(std::move(change));
    } catch (const base::Refused& refused) {
      // An indicator that is gone, or an organisation that was not there: no records to name, but the change stands.
      if (refused.kind() != base::Refusal::not_found) throw;
    }
  };
  add(figure.figure.address);
  if (figure.compared) add(figure.compared->address);
}

} // namespace

std::vector<Change> compare_figures(const indicator::Engine& engine, const std::vector<PrintedFigure>& before,
                                    indicator::AsOf before_as_of, const std::vector<PrintedFigure>& after,
                                    indicator::AsOf after_as_of) {
  std::vector<Change> out;
  auto old_keys = keys_of(before), new_keys = keys_of(after);
  auto add = [&](const PrintedFigure* was, const PrintedFigure* is) {
    Change change;
    if (was) change.before = *was;
    if (is) change.after = *is;
    change.text_differs = change.before.text != change.after.text;
    if (!change.text_differs && change.before.digest == change.after.digest) return;
    add_records(engine, is ? *is : *was, before_as_of, after_as_of, change.records);
    out.push_back(std::move(change));
  };
  // In the order of the document as it is now; then what is not said any more.
  std::vector<const PrintedFigure*> partner(after.size(), nullptr);
  for (const auto& [key, position] : new_keys)
    if (auto found = old_keys.find(key); found != old_keys.end()) partner[position] = &before[found->second];
  for (size_t i = 0; i < after.size(); ++i)
    add(partner[i], &after[i]);
  std::vector<size_t> gone;
  for (const auto& [key, position] : old_keys)
    if (!new_keys.contains(key)) gone.push_back(position);
  std::sort(gone.begin(), gone.end());
  for (size_t position : gone)
    add(&before[position], nullptr);
  return out;
}

std::vector<Change> compare(const indicator::Engine& engine, const Report& before, const Report& after) {
  return compare_figures(engine, before.figures, before.as_of, after.figures, after.as_of);
}

} // namespace xinglin::document
