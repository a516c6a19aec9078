#pragma once
// Which printed numbers a finding touches, so that the reader need not know how an indicator is made.

#include "server/document/report.h"

namespace xinglin::document {

/// Adds to each finding the printed figures that are counted from the same things as it:
/// 涉及文中“床位使用率”42%、“病床周转次数”9次。 A finding about nothing that is printed stays as it is.
/// Each section learns which findings concern its figures.
void name_concerned(Report& report, const package::Catalog& catalog);

} // namespace xinglin::document
