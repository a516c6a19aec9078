#include "server/program/returns.h"

#include "lib/base/id.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace xinglin::program {
namespace {

constexpr std::array<std::string_view, 5> k_states{"draft", "submitted", "returned", "accepted", "locked"};

} // namespace

std::string_view to_string(ReturnState state) {
  return k_states[static_cast<size_t>(state)];
}

std::optional<ReturnState> parse_state(std::string_view word) {
  const auto found = std::find(k_states.begin(), k_states.end(), word);
  if (found == k_states.end()) return {};
  return static_cast<ReturnState>(found - k_states.begin());
}

std::optional<ReturnOperation> parse_operation(std::string_view word) {
  if (word == "submit") return ReturnOperation::submit;
  if (word == "return") return ReturnOperation::send_back;
  if (word == "accept") return ReturnOperation::accept;
  if (word == "lock") return ReturnOperation::lock;
  return {};
}

std::optional<ReturnState> next_state(ReturnState from, ReturnOperation operation) {
  switch (operation) {
  case ReturnOperation::submit:
    if (from == ReturnState::draft || from == ReturnState::returned) return ReturnState::submitted;
    break;
  case ReturnOperation::send_back:
    // What was accepted and turns out to be wrong can be put right until it is locked.
    if (from == ReturnState::submitted || from == ReturnState::accepted) return ReturnState::returned;
    break;
  case ReturnOperation::accept:
    if (from == ReturnState::submitted) return ReturnState::accepted;
    break;
  case ReturnOperation::lock:
    if (from == ReturnState::accepted) return ReturnState::locked;
    break;
  }
  return {};
}

bool is_editable(ReturnState state) {
  return state != ReturnState::accepted && state != ReturnState::locked;
}

std::optional<base::Period> parse_return_period(package::ReturnCycle cycle, std::string_view text) {
  const auto period = base::Period::parse(text);
  if (!period) return {};
  using Kind = base::Period::Kind;
  using enum package::ReturnCycle;
  const bool fits = (cycle == month && period->kind() == Kind::month) ||
                    (cycle == quarter && period->kind() == Kind::quarter) ||
                    (cycle == half && period->kind() == Kind::half) || (cycle == year && period->kind() == Kind::year);
  return fits ? period : std::nullopt;
}

std::string_view period_example(package::ReturnCycle cycle) {
  switch (cycle) {
  case package::ReturnCycle::month: return "2023-05";
  case package::ReturnCycle::quarter: return "2023Q1";
  case package::ReturnCycle::half: return "2023H1";
  case package::ReturnCycle::year:
  case package::ReturnCycle::none: break;
  }
  return "2023";
}

std::optional<base::Date> due_day(const package::Form& form, const base::Period& period) {
  if (form.due_days == 0) return {};
  if (!form.due_working_days) return period.last() + form.due_days;
  base::Date day = period.last();
  for (int left = form.due_days; left > 0;) {
    day = day + 1;
    const int weekday = ((day.days() + 3) % 7 + 7) % 7; // 1970-01-01 was a Thursday; 0 = Monday
    if (weekday < 5) --left;
  }
  return day;
}

std::vector<base::Period> periods_of(package::ReturnCycle cycle, const base::Period& within) {
  std::vector<base::Period> periods;
  for (int year = within.first().year(); year <= within.last().year(); ++year) {
    const auto add = [&](const std::string& text) {
      const auto period = base::Period::parse(text);
      if (period && period->first() >= within.first() && period->last() <= within.last()) periods.push_back(*period);
    };
    using Cycle = package::ReturnCycle;
    if (cycle == Cycle::year) add(fmt::format("{:04}", year));
    for (int half_year = 1; cycle == Cycle::half && half_year <= 2; ++half_year)
      add(fmt::format("{:04}H{}", year, half_year));
    for (int number = 1; cycle == Cycle::quarter && number <= 4; ++number)
      add(fmt::format("{:04}Q{}", year, number));
    for (int number = 1; cycle == Cycle::month && number <= 12; ++number)
      add(fmt::format("{:04}-{:02}", year, number));
  }
  return periods;
}

std::string return_id(std::string_view form, std::string_view organization, std::string_view period) {
  std::string id = fmt::format("{}-{}-{}", form, organization, period);
  std::replace(id.begin(), id.end(), '_', '-');
  if (id.size() <= 64) return id;
  return fmt::format("{}-{}", id.substr(0, 47), base::sha256_hex(id).substr(0, 16));
}

} // namespace xinglin::program
