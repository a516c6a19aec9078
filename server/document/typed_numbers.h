#pragma once
// Numbers that stand in the prose of a document without being bound to anything.

#include "server/indicator/engine.h"

#include <string>
#include <string_view>
#include <vector>

namespace xinglin::document {

/// Adds the numbers of `text` with what stands after them ("12人"). Passed over: numbers of days, months, years, hours
/// and ages, ordinals (第3), numbers of paragraphs (1. 2、), those within a word (COVID-19, 2项目A3), in quotation
/// marks or brackets of a document's number (〔2023〕).
void note_typed_numbers(std::string_view text, std::vector<std::string>& out);

indicator::Finding typed_numbers_finding(const std::vector<std::string>& numbers);

inline constexpr size_t k_typed_numbers_shown_max = 10; ///< in the finding's sentence

} // namespace xinglin::document
