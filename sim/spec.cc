#include "sim/spec.h"

#include "server/package/reader.h"

#include <algorithm>
#include <charconv>

namespace xinglin::sim {
namespace {

using package::Reader;
using package::Yaml;

constexpr int k_share_max = 1'000'000;

bool whole(std::string_view text, int& value, int low, int high) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc() && end == text.data() + text.size() && value >= low && value <= high;
}

/// Reads one entry; mistakes go to `issues` at the entry's line.
class SpecReader {
public:
  SpecReader(const package::Catalog& catalog, base::Issues& issues) : m_catalog(catalog), m_issues(issues) {}

  std::optional<Spec> read(const package::Indicator& indicator, const package::Make& make, bool counts) {
    m_make = &make;
    m_good = true;
    Spec spec;
    spec.indicator = &indicator;
    spec.make = &make;
    spec.counts = counts;
    spec.part = make.part;
    spec.set = make.set;
    find_what(spec);
    if (!m_good) return {};
    for (const auto& [key, text] : make.more)
      read_key(spec, key, text);
    if (!spec.group.empty()) find_group(spec);
    if (!m_good) return {};
    check(spec);
    for (const auto& [key, text] : spec.set)
      for (const auto part : base::split(key, ','))
        for (const auto& item : *spec.items)
          if (item.id == base::trim(part) && item.type == package::ItemType::date)
            spec.counted_dates.push_back(item.id);
    if (!m_good) return {};
    return spec;
  }

private:
  void error(std::string text) {
    base::Issue issue;
    issue.text = std::move(text);
    issue.file = m_make->place.file;
    issue.line = m_make->place.line;
    m_issues.add(std::move(issue));
    m_good = false;
  }

  void find_what(Spec& spec) {
    if (!m_make->form.empty()) {
      const auto found = m_catalog.forms.find(m_make->form);
      if (found == m_catalog.forms.end()) return error(fmt::format("there is no form '{}' to make", m_make->form));
      spec.form = &found->second;
      spec.items = &found->second.items;
    } else {
      const auto found = m_catalog.registers.find(m_make->register_id);
      if (found == m_catalog.registers.end())
        return error(fmt::format("there is no register '{}' to make", m_make->register_id));
      spec.reg = &found->second;
      spec.items = &found->second.items;
    }
  }

  void find_group(Spec& spec) {
    for (const auto& item : *spec.items)
      if (item.id == spec.group && !item.items.empty()) {
        spec.items = &item.items;
        return;
      }
    error(fmt::format("in: '{}' is not a repeating part of {}", spec.group, spec.what()));
  }

  /// A map given as text, {a: b}: how the package keeps keys that are ours.
  Values read_map(const std::string& key, const std::string& text) {
    base::Issues inner;
    const auto node = package::parse_yaml(text, m_make->place.file, inner);
    Values values;
    if (!node || !node->is_map()) {
      error(fmt::format("'{}' must be a map, {{item: value}}", key));
      return values;
    }
    for (const auto& child : node->children)
      values.emplace_back(child.key, package::to_text(child));
    return values;
  }

  Range read_range(const std::string& key, const std::string& text) {
    const auto range = parse_range(text);
    if (!range || range->low < 0) error(fmt::format("{}: '{}' is not a range; write 3..9", key, text));
    return range.value_or(Range{});
  }

  void read_about(Spec& spec, const std::string& text) {
    for (const auto& [key, value] : read_map("about", text)) {
      if (key == "sex" && (value == "male" || value == "female")) {
        spec.about.female = value == "female";
      } else if (key == "age") {
        const Range range = read_range("age", value);
        spec.about.age_low = static_cast<int>(range.low);
        spec.about.age_high = static_cast<int>(range.high);
      } else if (key == "of") {
        spec.about.of = value;
        if (!m_catalog.indicators.contains(value)) error(fmt::format("about: there is no indicator '{}'", value));
      } else {
        error(fmt::format("about: '{}: {}' is not known; write sex: male or female, age: 20..42, of: INDICATOR", key,
                          value));
      }
    }
  }

  void read_value_key(Spec& spec, const std::string& text) {
    if (text.starts_with("days(") && text.ends_with(")")) {
      const auto parts = base::split(std::string_view(text).substr(5, text.size() - 6), ',');
      if (parts.size() == 2) {
        spec.days_from = base::trim(parts[0]);
        spec.days_to = base::trim(parts[1]);
        return;
      }
    }
    spec.value_item = text;
    need_item(spec, text);
  }

  /// `at` names items of a register of organisations.
  void check_at(const Spec& spec) {
    for (const auto& [key, text] : spec.at) {
      const bool known = std::any_of(m_catalog.registers.begin(), m_catalog.registers.end(), [&](const auto& entry) {
        return entry.second.kept_as == "Organization" &&
               std::any_of(entry.second.items.begin(), entry.second.items.end(),
                           [&](const auto& item) { return item.id == key; });
      });
      if (!known) error(fmt::format("at: no register of organisations has an item '{}'", key));
    }
  }

  void need_item(const Spec& spec, const std::string& id) {
    for (const auto& item : *spec.items)
      if (item.id == id) return;
    error(fmt::format("there is no item '{}' in {}", id, spec.what()));
  }

  void read_key(Spec& spec, const std::string& key, const std::string& text) {
    if (key == "fill") {
      spec.fill = read_map(key, text);
    } else if (key == "fill_ended") {
      spec.fill_ended = read_map(key, text);
    } else if (key == "at") {
      spec.at = read_map(key, text);
      check_at(spec);
    } else if (key == "everyone") {
      spec.everyone = text == "true";
      if (!spec.everyone && text != "false") error(fmt::format("everyone: '{}' is not true or false", text));
    } else if (key == "per_1000") {
      spec.per_1000 = base::Decimal::parse(text);
      if (!spec.per_1000 || *spec.per_1000 < base::Decimal(0))
        error(fmt::format("per_1000: '{}' is not a number of 0 or more", text));
    } else if (key == "share") {
      if (!whole(text, spec.share, 0, k_share_max))
        error(fmt::format("share: '{}' is not a whole number of 0 or more", text));
    } else if (key == "about") {
      read_about(spec, text);
    } else if (key == "once") {
      base::Issues inner;
      const auto node = package::parse_yaml(text, m_make->place.file, inner);
      if (node)
        for (const auto& child : node->children)
          spec.once.push_back(child.text);
      if (spec.once.empty()) error("once: list the items: [vaccine, dose_number]");
    } else if (key == "each") {
      spec.each = read_range(key, text);
      if (spec.each.low < 1) error("each: at least 1");
    } else if (key == "value") {
      read_value_key(spec, text);
    } else if (key == "range") {
      spec.range = read_range(key, text);
    } else if (key == "every") {
      spec.every = read_range(key, text);
      if (spec.every->low < 1) error("every: at least 1 day");
    } else if (key == "days") {
      if (text == "working")
        spec.days = Days::working;
      else if (text != "all")
        error(fmt::format("days: '{}' is not known; write working or all", text));
    } else if (key == "in") {
      spec.group = text;
    } else if (key == "from") {
      spec.from = text;
      if (!m_catalog.forms.contains(text)) error(fmt::format("from: there is no form '{}'", text));
    } else if (key == "on") {
      spec.on = text;
    } else if (key == "where") {
      spec.where = read_map(key, text);
    } else if (key == "since") {
      spec.since = text;
      need_item(spec, text);
    } else if (key == "until") {
      spec.until = text;
      need_item(spec, text);
    } else if (key == "length") {
      spec.length = read_range(key, text);
      if (spec.length.low < 1) error("length: at least 1 day");
    } else if (key == "state") {
      spec.state = text;
    } else if (key != "note") {
      error(fmt::format("'{}' is not a key of make; see docs/simulator.md", key));
    }
  }

  void check(const Spec& spec) {
    if (!spec.from.empty() && spec.on.empty())
      error("'from' needs 'on': the date of that form that lies in the period");
    if (spec.everyone && (!spec.form || spec.is_return())) error("'everyone' belongs to a form about persons");
    if (spec.since.empty() != spec.until.empty()) error("'since' and 'until' go together");
    if (!spec.counts && spec.share > 10000) error("share: more than 10000 percent");
    const bool is_sum = spec.indicator->kind == package::IndicatorKind::sum;
    const bool is_return = spec.form && spec.form->cycle != package::ReturnCycle::none;
    if (spec.counts && is_sum && !is_return && spec.value_item.empty() && spec.days_from.empty())
      error("a sum needs 'value': the item that adds up, or days(a, b)");
    if (spec.counts && !spec.value_item.empty() && !spec.range) error("'value' needs 'range': what one record adds");
    if (spec.counts && spec.indicator->kind == package::IndicatorKind::proportion && spec.part.empty())
      error("an entry of a proportion says part: hit or miss");
    // The values themselves: what compiles here cannot fail later.
    try {
      Recipe recipe;
      recipe.add(*spec.items, spec.set, spec.place());
      recipe.add(*spec.items, spec.fill, spec.place());
      recipe.add(*spec.items, spec.fill_ended, spec.place());
    } catch (const base::Refused& refused) {
      m_issues.add(refused.issues());
      m_good = false;
    }
  }

  const package::Catalog& m_catalog;
  base::Issues& m_issues;
  const package::Make* m_make = nullptr;
  bool m_good = true;
};

} // namespace

const std::string* Spec::value_of(std::string_view item) const {
  for (const auto& [key, text] : set)
    if (key == item) return &text;
  return nullptr;
}

Specs read_specs(const package::Catalog& catalog) {
  base::Issues issues;
  SpecReader reader(catalog, issues);
  Specs specs;
  specs.catalog = &catalog;
  for (const auto& [id, indicator] : catalog.indicators) {
    for (const auto& make : indicator.make)
      if (auto spec = reader.read(indicator, make, true)) specs.list.push_back(std::move(*spec));
    for (const auto& make : indicator.make_not)
      if (auto spec = reader.read(indicator, make, false)) specs.list.push_back(std::move(*spec));
  }
  if (issues.has_errors()) throw base::Refused(base::Refusal::invalid, std::move(issues));
  for (const auto& spec : specs.list) {
    specs.by_indicator[spec.indicator->id].push_back(&spec);
    if (!spec.counts) continue;
    if (!spec.since.empty())
      specs.intervals[spec.what()] = {spec.since, spec.until};
    else if (!spec.days_from.empty())
      specs.intervals.try_emplace(spec.what(), IntervalItems{spec.days_from, spec.days_to});
  }
  return specs;
}

} // namespace xinglin::sim
