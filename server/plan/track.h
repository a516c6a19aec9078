#pragma once
// How a plan stands on a day: each entry's state with the figure it follows from and the reason in words.

#include "server/indicator/engine.h"
#include "server/package/plan.h"

namespace xinglin::plan {

enum class State : uint8_t {
  done,      ///< 已完成
  on_course, ///< 进度正常: as far as last year's season asks by this day
  late,      ///< 滞后
  missed,    ///< 未完成: the day is past
  no_figure, ///< 暂无数据
};
std::string_view to_string(State state); ///< done on_course late missed no_figure
std::string_view in_chinese(State state);

struct Standing {
  std::string org;
  State state = State::on_course;
  base::Text reason;
  std::optional<indicator::Figure> figure; ///< so far
  std::optional<base::Rational> expected;  ///< what should have been reached by the day
  std::optional<base::Rational> wanted;    ///< what is to be reached at the end
};
struct EntryStanding {
  const package::PlanEntry* entry = nullptr;
  std::string section;
  Standing whole;
  std::vector<Standing> parts; ///< of the breakdown, in its order
};

/// The standing of every entry on `today`, by the records as of `as_of`. A figure is that of the plan's first day to
/// `today` (or to the day it is due, when that is past). How far it should be follows the season of last year: a count
/// or sum is expected to have come the same part of the way as last year by the same day, any other figure to be short
/// by as much as last year's then was of its end. Only where last year has no figure the days are counted instead, and
/// the reason says so.
std::vector<EntryStanding> track(const package::Plan& plan, const indicator::Engine& engine, base::Date today,
                                 std::optional<indicator::AsOf> as_of = {});

} // namespace xinglin::plan
