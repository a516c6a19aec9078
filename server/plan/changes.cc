#include "server/plan/changes.h"

#include <algorithm>

namespace xinglin::plan {

namespace {

using package::Plan;
using package::PlanEntry;
using package::PlanMilestone;

struct Placed {
  const PlanEntry* entry;
  const std::string* section;
  bool is_met = false; ///< the other text has it too
};

std::vector<Placed> entries_of(const Plan& plan) {
  std::vector<Placed> out;
  for (const auto& section : plan.sections)
    for (const auto& entry : section.entries)
      out.push_back({&entry, &section.title});
  return out;
}

std::string day_text(const std::optional<base::Date>& day) {
  return day ? day->to_string() : std::string();
}
std::string target_text(const PlanEntry& entry) {
  return entry.target ? package::written_out(*entry.target) : std::string();
}
std::string split_text(const PlanEntry& entry) {
  std::string out;
  if (entry.target)
    for (const auto& part : entry.target->parts)
      out += (out.empty() ? "" : ", ") + part.org + " " + part.written;
  return out;
}
std::string milestone_text(const PlanMilestone& milestone) {
  return milestone.day.to_string() + " " + milestone.text + (milestone.is_confirmed ? " √" : "");
}

class Comparison {
public:
  std::vector<Change> run(const Plan& before, const Plan& after) {
    if (!before.id.empty()) { // of a first text only the entries are new
      field("title", before.title, after.title);
      field("org", before.org, after.org);
      field("period", before.period.to_string(), after.period.to_string());
      field("source", before.source, after.source);
    }
    auto old = entries_of(before), fresh = entries_of(after);
    for (auto& now : fresh) {
      m_section = *now.section;
      m_title = now.entry->title;
      Placed* then = counterpart(old, now);
      if (!then) {
        add(Change::What::added, "", "", target_text(*now.entry));
        continue;
      }
      then->is_met = true;
      compare(*then, now);
    }
    for (const auto& gone : old) {
      if (gone.is_met) continue;
      m_section = *gone.section;
      m_title = gone.entry->title;
      add(Change::What::removed, "", target_text(*gone.entry), "");
    }
    return std::move(m_changes);
  }

private:
  void add(Change::What what, std::string name, std::string before, std::string after) {
    m_changes.push_back({what, m_section, m_title, std::move(name), std::move(before), std::move(after)});
  }
  void field(std::string name, std::string before, std::string after) {
    if (before != after) add(Change::What::changed, std::move(name), std::move(before), std::move(after));
  }

  /// The entry of the same title, of the same section before any other.
  static Placed* counterpart(std::vector<Placed>& old, const Placed& now) {
    Placed* found = nullptr;
    for (auto& one : old) {
      if (one.is_met || one.entry->title != now.entry->title) continue;
      if (*one.section == *now.section) return &one;
      if (!found) found = &one;
    }
    return found;
  }

  void compare(const Placed& then, const Placed& now) {
    const PlanEntry &a = *then.entry, &b = *now.entry;
    field("section", *then.section, *now.section);
    field("indicator", a.target ? a.target->indicator : "", b.target ? b.target->indicator : "");
    field("target", target_text(a), target_text(b));
    field("split", split_text(a), split_text(b));
    field("owner", a.owner, b.owner);
    field("due", day_text(a.due), day_text(b.due));
    field("done", day_text(a.done), day_text(b.done));
    // Milestones by their words: another day, confirmed, come, gone.
    const auto same_words = [](const PlanMilestone& one) {
      return [&one](const PlanMilestone& other) { return other.text == one.text; };
    };
    for (const auto& step : b.milestones) {
      const auto was = std::find_if(a.milestones.begin(), a.milestones.end(), same_words(step));
      field("milestone", was == a.milestones.end() ? "" : milestone_text(*was), milestone_text(step));
    }
    for (const auto& step : a.milestones)
      if (std::none_of(b.milestones.begin(), b.milestones.end(), same_words(step)))
        field("milestone", milestone_text(step), "");
  }

  std::string m_section, m_title;
  std::vector<Change> m_changes;
};

} // namespace

std::string_view to_string(Change::What what) {
  switch (what) {
  case Change::What::added: return "added";
  case Change::What::removed: return "removed";
  case Change::What::changed: break;
  }
  return "changed";
}

std::vector<Change> changes_between(const package::Plan& before, const package::Plan& after) {
  return Comparison().run(before, after);
}

} // namespace xinglin::plan
