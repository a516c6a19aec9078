#pragma once
// xinglin plan load | show | propose, one verb each.

#include "server/wiring/options.h"

namespace xinglin::wiring {

int plan_load(const Options& options);
int plan_show(const Options& options);
int plan_propose(const Options& options);

} // namespace xinglin::wiring
