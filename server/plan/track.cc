#include "server/plan/track.h"

#include "server/document/evaluate.h"

#include <fmt/format.h>

#include <algorithm>

namespace xinglin::plan {

namespace {

using base::Date;
using base::Period;
using base::Rational;
using indicator::Figure;
using package::IndicatorKind;
using package::PeriodKind;
using package::Plan;
using package::PlanEntry;
using package::PlanMilestone;
using package::PlanRelation;
using package::PlanTarget;

bool is_share(const package::Indicator& indicator) {
  return indicator.kind == IndicatorKind::proportion || indicator.shown == "percent";
}

std::string in_words(const Rational& value, const package::Indicator& indicator) {
  if (is_share(indicator)) return (value * Rational(100)).round(std::max(1, indicator.decimals)).to_string() + "%";
  if (value.denominator() == 1) return value.to_decimal().normalized().to_string();
  return value.round(std::max(1, indicator.decimals)).to_string();
}

class Tracker {
public:
  Tracker(const Plan& plan, const indicator::Engine& engine, Date today, std::optional<indicator::AsOf> as_of)
      : m_plan(plan), m_engine(engine), m_today(today), m_as_of(as_of) {}

  EntryStanding standing_of(const PlanEntry& entry, const std::string& section) const {
    EntryStanding out;
    out.entry = &entry;
    out.section = section;
    if (!entry.target) {
      out.whole = task_standing(entry);
      return out;
    }
    out.whole = target_standing(entry, m_plan.org, entry.target->number);
    for (const auto& part : entry.target->parts)
      out.parts.push_back(target_standing(entry, part.org, part.number));
    return out;
  }

private:
  Date due_of(const PlanEntry& entry) const { return entry.due.value_or(m_plan.period.last()); }

  Standing task_standing(const PlanEntry& entry) const {
    Standing out;
    out.org = m_plan.org;
    Date due = due_of(entry);
    std::string day = document::date_in_words(due);
    if (entry.done && *entry.done <= m_today) {
      out.state = State::done;
      out.reason = {fmt::format("已于{}完成。", document::date_in_words(*entry.done)),
                    fmt::format("Done on {}.", entry.done->to_string())};
      return out;
    }
    if (due < m_today) {
      out.state = State::missed;
      out.reason = {fmt::format("应于{}前完成，尚未完成。", day),
                    fmt::format("Was due on {} and is not done.", due.to_string())};
      return out;
    }
    // Milestones are steps of the task; one that is past and not behind a done task makes it late.
    const PlanMilestone* past = nullptr;
    for (const auto& milestone : entry.milestones)
      if (milestone.day < m_today && !milestone.is_confirmed && (!past || milestone.day < past->day)) past = &milestone;
    if (past) {
      out.state = State::late;
      out.reason = {fmt::format("节点“{}”应于{}前完成，尚未确认。", past->text, document::date_in_words(past->day)),
                    fmt::format("The milestone \"{}\" of {} is not confirmed.", past->text, past->day.to_string())};
      return out;
    }
    out.state = State::on_course;
    out.reason = {fmt::format("应于{}前完成，时间未到。", day), fmt::format("Due on {}.", due.to_string())};
    return out;
  }

  Figure figure(const std::string& id, const std::string& org, const Period& period) const {
    return m_engine.figure(id, org, period, m_as_of);
  }
  /// The same, without a value where the organisation was not there yet.
  std::optional<Rational> value_then(const std::string& id, const std::string& org, const Period& period) const {
    try {
      return figure(id, org, period).value;
    } catch (const base::Refused& refused) {
      if (refused.kind() != base::Refusal::not_found) throw;
      return {};
    }
  }

  Standing target_standing(const PlanEntry& entry, const std::string& org, const Rational& number) const {
    const PlanTarget& target = *entry.target;
    const auto& indicator = m_engine.catalog().indicators.at(target.indicator);
    const bool adds_up = indicator.period == PeriodKind::flow &&
                         (indicator.kind == IndicatorKind::count || indicator.kind == IndicatorKind::sum);
    const Date first = m_plan.period.first(), due = due_of(entry);
    const Date until = std::max(first, std::min(m_today, due));
    const Period whole = Period::range(first, due), so_far = Period::range(first, until);
    const bool is_over = due < m_today;
    const bool upward = target.relation == PlanRelation::at_least || target.relation == PlanRelation::increase;

    Standing out;
    out.org = org;
    try {
      out.figure = figure(target.indicator, org, so_far);
    } catch (const base::Refused& refused) {
      if (refused.kind() != base::Refusal::not_found) throw;
      return without_figure(std::move(out), "没有这个机构或数字", "there is no such organisation or figure");
    }
    const auto last_so_far = value_then(target.indicator, org, so_far.last_year());
    const auto last_whole = value_then(target.indicator, org, whole.last_year());
    // 1. What is to be reached.
    Rational wanted = number;
    if (target.relation == PlanRelation::increase) {
      if (!last_whole) return without_figure(std::move(out), "上年没有可比的数", "there is no figure of last year");
      wanted = *last_whole + number;
    }
    out.wanted = wanted;
    if (!out.figure->value) return without_figure(std::move(out), "还没有数据", "there is no figure yet");
    const Rational& value = *out.figure->value;
    const std::string day = document::date_in_words(until), now = in_words(value, indicator),
                      end = in_words(wanted, indicator);
    const std::string by_zh = fmt::format("截至{}为{}", day, now),
                      by_en = fmt::format("{} by {}", now, until.to_string());
    const bool meets = upward ? !(value < wanted) : !(wanted < value);
    auto say = [&](State state, const std::string& zh, const std::string& en) {
      out.state = state;
      out.reason = {by_zh + "，" + zh + "。", by_en + ", " + en + "."};
      return out;
    };
    // 2. Past its day it is done or missed. A count cannot fall any more: reached is reached, exceeded is exceeded.
    if (is_over)
      return meets
                 ? say(State::done, fmt::format("达到目标{}", end), fmt::format("the target of {} is met", end))
                 : say(State::missed, fmt::format("未达到目标{}", end), fmt::format("short of the target of {}", end));
    if (meets && upward && (adds_up || indicator.period == PeriodKind::stock))
      return say(State::done, fmt::format("已达到目标{}", end), fmt::format("the target of {} is met", end));
    if (!meets && !upward && adds_up)
      return say(State::missed, fmt::format("已超过控制目标{}", end), fmt::format("above the limit of {}", end));
    if (!upward)
      return meets ? say(State::on_course, fmt::format("在控制目标{}以内", end),
                         fmt::format("within the limit of {}", end))
                   : say(State::late, fmt::format("高于控制目标{}", end), fmt::format("above the limit of {}", end));
    // 3. Before it, by the season of last year.
    std::string how_zh, how_en;
    Rational expected = wanted;
    if (adds_up && last_so_far && last_whole && Rational(0) < *last_whole) {
      const Rational part = *last_so_far / *last_whole;
      expected = wanted * part;
      const std::string percent = (part * Rational(100)).round(1).to_string() + "%";
      how_zh = fmt::format("去年同期已完成全年的{}", percent);
      how_en = fmt::format("last year {} had come by this day", percent);
    } else if (!adds_up && last_so_far && last_whole) {
      expected = wanted - (*last_whole - *last_so_far);
      how_zh =
          fmt::format("去年同期为{}、期末为{}", in_words(*last_so_far, indicator), in_words(*last_whole, indicator));
      how_en = fmt::format("last year it was {} by this day and {} at the end", in_words(*last_so_far, indicator),
                           in_words(*last_whole, indicator));
    } else if (adds_up) {
      expected = wanted * Rational(so_far.days()) / Rational(whole.days());
      how_zh = "去年没有可比的数，按天数";
      how_en = "there is no figure of last year, so by days";
    } else {
      how_zh = "去年没有可比的数，按目标值";
      how_en = "there is no figure of last year, so by the target itself";
    }
    out.expected = expected;
    const bool on_course = !(value < expected);
    return say(on_course ? State::on_course : State::late,
               fmt::format("{}，此时应达{}（目标{}），{}", how_zh, in_words(expected, indicator), end,
                           on_course ? "进度正常" : "进度滞后"),
               fmt::format("{}, so {} is asked for (target {}): {}", how_en, in_words(expected, indicator), end,
                           on_course ? "on course" : "late"));
  }

  static Standing without_figure(Standing out, const char* zh, const char* en) {
    out.state = State::no_figure;
    out.reason = {std::string(zh) + "，无法判断进度。", std::string("It cannot be said: ") + en + "."};
    return out;
  }

  const Plan& m_plan;
  const indicator::Engine& m_engine;
  Date m_today;
  std::optional<indicator::AsOf> m_as_of;
};

} // namespace

std::string_view to_string(State state) {
  switch (state) {
  case State::done: return "done";
  case State::on_course: return "on_course";
  case State::late: return "late";
  case State::missed: return "missed";
  case State::no_figure: break;
  }
  return "no_figure";
}

std::string_view in_chinese(State state) {
  switch (state) {
  case State::done: return "已完成";
  case State::on_course: return "进度正常";
  case State::late: return "滞后";
  case State::missed: return "未完成";
  case State::no_figure: break;
  }
  return "暂无数据";
}

std::vector<EntryStanding> track(const package::Plan& plan, const indicator::Engine& engine, Date today,
                                 std::optional<indicator::AsOf> as_of) {
  Tracker tracker(plan, engine, today, as_of);
  std::vector<EntryStanding> out;
  for (const auto& section : plan.sections)
    for (const auto& entry : section.entries)
      out.push_back(tracker.standing_of(entry, section.title));
  return out;
}

} // namespace xinglin::plan
