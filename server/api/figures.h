#pragma once
// Figures as JSON, the same in every command. Numbers leave as exact decimal text.

#include "server/api/call.h"
#include "server/indicator/engine.h"

#include <optional>
#include <string>
#include <vector>

namespace xinglin::api {

/// The value rounded by the indicator's own digits, half up; a share as "16.4%". Empty where there is no value.
std::optional<std::string> display(const indicator::Figure& figure);
bool is_share(const package::Indicator& indicator); ///< printed as a percentage, compared in points

/// {"zh": ..., "en": ...}
void append_text(fhir::JsonWriter& json, const base::Text& text);
/// The members of a figure, without the braces.
void append_figure_members(fhir::JsonWriter& json, const indicator::Figure& figure);
void append_figure(fhir::JsonWriter& json, const indicator::Figure& figure);
/// Relative change in percent with one digit; of shares the difference in points. Empty where there is none.
struct Change {
  std::optional<std::string> text;
  bool in_points = false;
};
Change change_between(const indicator::Figure& figure, const indicator::Figure& last_year);
/// The members last_year, change, change_kind.
void append_comparison(fhir::JsonWriter& json, const indicator::Figure& figure, const indicator::Figure& last_year);

/// The answers of GET /api/indicators and GET /api/trace, which the command line prints too.
std::string indicator_list_json(const package::Catalog& catalog, const std::string& org, const base::Period& period,
                                const indicator::AsOf& as_of, const std::vector<indicator::Figure>& figures,
                                const std::vector<indicator::Figure>& last_year);
std::string trace_json(const indicator::Trace& trace);

/// A JSON string, or null.
void append_optional(fhir::JsonWriter& json, const std::optional<std::string>& text);
std::optional<std::string> exact(const std::optional<base::Rational>& value);

/// The period= parameter; Refused(malformed) where it is none.
base::Period period_of(const Call& call);
/// The as_of= parameter, else now: one commit for everything in the answer.
indicator::AsOf as_of(const Call& call);

} // namespace xinglin::api
