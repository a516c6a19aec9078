#pragma once
#include "server/document/report.h"

namespace xinglin::document {

/// compare() on figures alone, for a report that was signed and is known by what was kept of it.
std::vector<Change> compare_figures(const indicator::Engine& engine, const std::vector<PrintedFigure>& before,
                                    indicator::AsOf before_as_of, const std::vector<PrintedFigure>& after,
                                    indicator::AsOf after_as_of);

} // namespace xinglin::document
