#pragma once
// What people type into spreadsheet cells, as the text of an answer. Internal to server/intake.

#include "lib/base/clock.h"
#include "lib/office/xlsx.h"
#include "server/package/model.h"

#include <string>
#include <vector>

namespace xinglin::intake {

/// The cell as an answer of that type; what cannot be is said in `wrong` (empty = right) and gives "". What the item
/// itself demands (range, options) is not asked here.
std::string cell_text(package::ItemType type, const office::XlsxCell& cell, base::Zone zone, base::Text& wrong);
/// The option's code, by code or title in either language.
std::string choice_text(const package::Item& item, const std::string& text, base::Text& wrong);
/// 2023-05, 2023年5月, 202305, 2023Q1, 2023年第一季度, a date in that month ... as a period; as it stands when it is
/// none.
std::string period_text(const office::XlsxCell& cell);
/// The parts between commas, semicolons and 、.
std::vector<std::string> several(std::string_view text);

} // namespace xinglin::intake
