#pragma once
// The one place that asks what time it is, so that tests and the simulator can say it instead. The county's zone is
// fixed at UTC+08:00 (Asia/Shanghai has had no daylight saving since 1991) unless configured otherwise.

#include "lib/base/date.h"

#include <cstdint>
#include <functional>
#include <string>

namespace xinglin::base {

using Millis = int64_t; ///< milliseconds since 1970-01-01T00:00:00Z

struct Zone {
  int offset_minutes = 480;
};

using Clock = std::function<Millis()>;
Millis system_now();
/// 2023-05-01T08:30:00.000+08:00 (a FHIR instant).
std::string to_instant(Millis at, Zone zone = {});
/// A FHIR instant or dateTime with time and zone; empty when it is not one.
std::optional<Millis> parse_instant(std::string_view text);
Date local_date(Millis at, Zone zone = {});

} // namespace xinglin::base
