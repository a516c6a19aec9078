#pragma once
// A template and its figures → the paragraphs of a report. Pure: what the figures are is asked of a function.

#include "server/document/report.h"
#include "server/document/template.h"

#include <functional>

namespace xinglin::document {

struct Context {
  std::string org, org_name;
  base::Period period = base::Period::year_of(2000);
  const package::Catalog* catalog = nullptr; ///< says where an authority above rules; none = nowhere
};

/// The indicator whose figure is printed for `id`: where an authority above rules (authority: upper:SYSTEM) the one
/// that holds the authority's figures, ID.upper, if there is one.
std::string published_id(const package::Catalog* catalog, const std::string& id);

/// A figure the template needs: its own, those it is compared with, and those its conditions look at.
struct Wanted {
  std::string indicator, org;
  base::Period period = base::Period::year_of(2000);
};
/// Each once, in order of appearance.
std::vector<Wanted> wanted_figures(const Template& source, const Context& context);

using Lookup = std::function<indicator::Figure(const Wanted&)>;

/// Fills in paragraphs and figures (digests are left to the caller) and adds a finding for each value that was missing.
void evaluate(const Template& source, const Context& context, const Lookup& lookup, Report& report);

/// 2023年, 2023年上半年, 2023年第一季度, 2023年5月, 2023年1月1日至3月15日.
std::string period_in_words(const base::Period& period);
/// 2023年1月1日.
std::string date_in_words(base::Date date);

} // namespace xinglin::document
