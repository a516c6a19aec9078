#pragma once
// Returns (报表): a form for a period, one for each organisation, that moves draft → submitted → (returned → submitted)
// → accepted (→ returned) → locked. The state is an extension that only operations change. Internal to server/program.

#include "lib/base/date.h"
#include "server/package/model.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::program {

enum class ReturnState : uint8_t { draft, submitted, returned, accepted, locked };
enum class ReturnOperation : uint8_t { submit, send_back, accept, lock };

std::string_view to_string(ReturnState state);
std::optional<ReturnState> parse_state(std::string_view word);
/// submit, return, accept, lock.
std::optional<ReturnOperation> parse_operation(std::string_view word);
/// Where the operation leads from that state; empty when it is not for that state.
std::optional<ReturnState> next_state(ReturnState from, ReturnOperation operation);
/// May the answers be changed (or the return be taken away) in that state?
bool is_editable(ReturnState state);

/// The period when it is one of the cycle: "2023-05" of a monthly return.
std::optional<base::Period> parse_return_period(package::ReturnCycle cycle, std::string_view text);
/// How a period of the cycle is written, for messages.
std::string_view period_example(package::ReturnCycle cycle);

/// The last day on which the return for the period is in time, by the form's `due`; empty when it says none. Working
/// days are Mondays to Fridays: public holidays are not known here.
std::optional<base::Date> due_day(const package::Form& form, const base::Period& period);
/// The periods of the cycle that lie wholly within `within`, in order.
std::vector<base::Period> periods_of(package::ReturnCycle cycle, const base::Period& within);

/// The one id a form, an organisation and a period have: so that a second return for the same period meets the first.
std::string return_id(std::string_view form, std::string_view organization, std::string_view period);

} // namespace xinglin::program
