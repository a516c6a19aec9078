#include "sim/recipe.h"

#include "lib/base/decimal.h"
#include "lib/base/issue.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

namespace xinglin::sim {

/// One cell: what a single item gets.
struct Cell {
  enum class Kind : uint8_t { text, range, any, sum, pieces } kind = Kind::text;
  std::string text;  ///< text itself; sum: the name on the left
  Range range;       ///< range; sum: on the right, when it is a number
  std::string right; ///< sum: the name on the right
  bool minus = false;
  std::vector<std::pair<bool, std::string>> pieces; ///< is a name, text
};

struct Value {
  struct Alternative {
    uint64_t weight = 1;
    std::vector<Cell> cells;
  };
  std::vector<Alternative> alternatives;
  uint64_t weight = 0;
  size_t cells = 1;
};

namespace {

constexpr std::string_view k_variables[] = {"day", "value",      "year",  "month",   "serial",  "name",
                                            "sex", "citizen_id", "phone", "address", "village", "birth_date",
                                            "age", "start",      "end",   "org",     "town",    "household"};

[[noreturn]] void refuse(const package::Place& place, std::string text) {
  base::Issue issue;
  issue.text = std::move(text);
  issue.file = place.file;
  issue.line = place.line;
  base::Issues issues;
  issues.add(std::move(issue));
  throw base::Refused(base::Refusal::invalid, std::move(issues));
}

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || c == '_';
}
bool is_name_part(char c) {
  return is_name_start(c) || (c >= '0' && c <= '9') || c == '.';
}

/// The name at the front of `text` (after the dollar sign).
std::string_view leading_name(std::string_view text) {
  size_t size = 0;
  if (!text.empty() && is_name_start(text[0]))
    while (size < text.size() && is_name_part(text[size]))
      ++size;
  while (size > 0 && text[size - 1] == '.')
    --size;
  return text.substr(0, size);
}

std::optional<Cell> parse_sum(std::string_view text) {
  const auto left = leading_name(text.substr(1));
  auto rest = base::trim(text.substr(1 + left.size()));
  if (left.empty() || rest.size() < 2 || (rest[0] != '+' && rest[0] != '-')) return {};
  Cell cell;
  cell.kind = Cell::Kind::sum;
  cell.text = left;
  cell.minus = rest[0] == '-';
  rest = base::trim(rest.substr(1));
  if (rest[0] == '$') {
    cell.right = leading_name(rest.substr(1));
    if (cell.right.size() + 1 != rest.size()) return {};
  } else if (const auto range = parse_range(rest)) {
    cell.range = *range;
  } else {
    return {};
  }
  return cell;
}

Cell parse_cell(std::string_view text, const package::Place& place) {
  Cell cell;
  cell.text = text;
  if (text == "any") {
    cell.kind = Cell::Kind::any;
  } else if (text.find("..") != std::string_view::npos && parse_range(text)) {
    cell.kind = Cell::Kind::range;
    cell.range = *parse_range(text);
  } else if (text.find('$') != std::string_view::npos) {
    if (text[0] == '$')
      if (auto sum = parse_sum(text)) return *sum;
    cell.kind = Cell::Kind::pieces;
    for (size_t at = 0; at < text.size();) {
      const size_t dollar = text.find('$', at);
      if (dollar != at) cell.pieces.emplace_back(false, text.substr(at, dollar - at));
      if (dollar == std::string_view::npos) break;
      const auto name = leading_name(text.substr(dollar + 1));
      if (name.empty()) refuse(place, fmt::format("'{}': a name must follow the $", text));
      cell.pieces.emplace_back(true, name);
      at = dollar + 1 + name.size();
    }
  }
  return cell;
}

/// Cuts the weight off the end: "tcm,失眠*4" → 4. Nought: it counts, but is never made.
uint64_t take_weight(std::string_view& text) {
  const size_t star = text.rfind('*');
  if (star == std::string_view::npos || star + 1 == text.size()) return 1;
  uint64_t weight = 0;
  const auto [end, problem] = std::from_chars(text.data() + star + 1, text.data() + text.size(), weight);
  if (problem != std::errc() || end != text.data() + text.size() || weight > 1000000) return 1;
  text = text.substr(0, star);
  return weight;
}

/// A literal must be one of the item's type, else the mistake would only show when a record is refused.
void check_literal(const package::Item& item, const std::string& text, const package::Place& place) {
  using package::ItemType;
  const auto wrong = [&](std::string_view what) {
    refuse(place, fmt::format("'{}' is not {} for item {}; see docs/simulator.md for what may stand there", text, what,
                              item.id));
  };
  if (text.empty()) return;
  switch (item.type) {
  case ItemType::choice:
    if (std::none_of(item.options.begin(), item.options.end(), [&](const auto& option) { return option.code == text; }))
      wrong("an option");
    break;
  case ItemType::boolean:
    if (text != "true" && text != "false") wrong("true or false");
    break;
  case ItemType::integer:
  case ItemType::decimal:
  case ItemType::money:
    if (!base::Decimal::parse(text)) wrong("a number");
    break;
  case ItemType::date:
    if (!base::Date::parse(text)) wrong("a date");
    break;
  default: break;
  }
}

std::optional<base::Decimal> number_of(std::string_view text) {
  return base::Decimal::parse(text);
}

} // namespace

std::string decimal_text(int64_t coefficient, int scale) {
  return base::Decimal::from_parts(coefficient, scale).to_string();
}

std::optional<Range> parse_range(std::string_view text) {
  const size_t dots = text.find("..");
  const auto low = base::Decimal::parse(base::trim(text.substr(0, dots)));
  const auto high = dots == std::string_view::npos ? low : base::Decimal::parse(base::trim(text.substr(dots + 2)));
  if (!low || !high) return {};
  Range range;
  range.scale = std::max(low->scale(), high->scale());
  const auto scaled = [&](const base::Decimal& value) {
    auto coefficient = static_cast<int64_t>(value.coefficient());
    for (int i = value.scale(); i < range.scale; ++i)
      coefficient *= 10;
    return coefficient;
  };
  range.low = scaled(*low);
  range.high = scaled(*high);
  if (range.low > range.high) return {};
  return range;
}

Recipe::Recipe() = default;
Recipe::~Recipe() = default;
Recipe::Recipe(Recipe&&) noexcept = default;
Recipe& Recipe::operator=(Recipe&&) noexcept = default;

bool Recipe::has(std::string_view item) const {
  return std::any_of(m_items.begin(), m_items.end(), [&](const auto* given) { return given->id == item; });
}

void Recipe::add(const std::vector<package::Item>& items,
                 const std::vector<std::pair<std::string, std::string>>& values, const package::Place& place) {
  for (const auto& [key, text] : values) {
    std::vector<const package::Item*> cells;
    for (const auto part : base::split(key, ',')) {
      const auto id = base::trim(part);
      const auto found = std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.id == id; });
      if (found == items.end()) {
        std::vector<std::string> known;
        for (const auto& item : items)
          known.push_back(item.id);
        const auto near = base::suggest(id, known);
        refuse(place, near.empty() ? fmt::format("there is no item '{}' here", id)
                                   : fmt::format("there is no item '{}' here; did you mean '{}'?", id, near));
      }
      cells.push_back(&*found);
    }
    Value value;
    value.cells = cells.size();
    for (auto part : base::split(text, '|')) {
      Value::Alternative alternative;
      alternative.weight = take_weight(part);
      if (cells.size() == 1) {
        alternative.cells.push_back(parse_cell(part, place));
      } else {
        for (const auto cell : base::split(part, ','))
          alternative.cells.push_back(parse_cell(base::trim(cell), place));
      }
      if (alternative.cells.size() != cells.size())
        refuse(place, fmt::format("'{}' has {} values for the {} items of '{}'", part, alternative.cells.size(),
                                  cells.size(), key));
      for (size_t i = 0; i < cells.size(); ++i)
        if (alternative.cells[i].kind == Cell::Kind::text) check_literal(*cells[i], alternative.cells[i].text, place);
      value.weight += alternative.weight;
      value.alternatives.push_back(std::move(alternative));
    }
    bool used = false;
    for (size_t i = 0; i < cells.size(); ++i) {
      if (has(cells[i]->id)) continue;
      m_items.push_back(cells[i]);
      m_at.emplace_back(m_values.size(), i);
      m_within.push_back(false);
      used = true;
    }
    if (used) m_values.push_back(std::move(value));
  }
  order(items);
  // Names must be of something, now that all items are known.
  const auto known = [&](const std::string& name) {
    return name.starts_with("from.") || name.starts_with("value_") || name.starts_with("serial") ||
           std::find(std::begin(k_variables), std::end(k_variables), name) != std::end(k_variables) ||
           std::any_of(items.begin(), items.end(), [&](const auto& item) { return item.id == name; });
  };
  for (const auto& value : m_values)
    for (const auto& alternative : value.alternatives)
      for (const auto& cell : alternative.cells) {
        if (cell.kind == Cell::Kind::sum && !known(cell.text))
          refuse(place, fmt::format("there is no '${}'", cell.text));
        if (cell.kind == Cell::Kind::sum && !cell.right.empty() && !known(cell.right))
          refuse(place, fmt::format("there is no '${}'", cell.right));
        for (const auto& [is_name, text] : cell.pieces)
          if (is_name && !known(text)) refuse(place, fmt::format("there is no '${}'", text));
      }
}

void Recipe::order(const std::vector<package::Item>& items) {
  std::vector<size_t> by_item;
  for (const auto& item : items)
    for (size_t i = 0; i < m_items.size(); ++i)
      if (m_items[i]->id == item.id) by_item.push_back(i);
  std::vector<const package::Item*> ordered_items;
  std::vector<std::pair<size_t, size_t>> ordered_at;
  std::vector<bool> ordered_within;
  for (const size_t i : by_item) {
    ordered_items.push_back(m_items[i]);
    ordered_at.push_back(m_at[i]);
    ordered_within.push_back(m_within[i]);
  }
  m_items = std::move(ordered_items);
  m_at = std::move(ordered_at);
  m_within = std::move(ordered_within);
}

void Recipe::keep_within(std::string_view item) {
  for (size_t i = 0; i < m_items.size(); ++i)
    if (m_items[i]->id == item) m_within[i] = true;
}

std::vector<std::pair<const package::Item*, std::string>> Recipe::evaluate(const Scene& scene) const {
  // One draw for each value, so that the cells of a tuple belong together; items that name others are resolved on
  // demand.
  std::vector<const Value::Alternative*> chosen(m_values.size(), nullptr);
  for (size_t i = 0; i < m_values.size(); ++i) {
    auto draw = static_cast<int64_t>(m_values[i].weight > 1 ? scene.random->below(m_values[i].weight) : 0);
    size_t at = 0;
    while ((draw -= static_cast<int64_t>(m_values[i].alternatives[at].weight)) >= 0)
      ++at;
    chosen[i] = &m_values[i].alternatives[at];
  }
  std::vector<std::optional<std::string>> texts(m_items.size());
  std::vector<bool> busy(m_items.size(), false);

  const std::function<std::string(size_t)> resolve = [&](size_t index) -> std::string {
    if (texts[index]) return *texts[index];
    if (busy[index])
      throw base::Refused(base::Refusal::invalid, "invalid",
                          fmt::format("item {} is made from itself; write it without itself", m_items[index]->id));
    busy[index] = true;
    const auto named = [&](std::string_view name) -> std::string {
      if (auto variable = scene.variable(name)) return *variable;
      for (size_t i = 0; i < m_items.size(); ++i)
        if (m_items[i]->id == name) return resolve(i);
      return {};
    };
    const Cell& cell = chosen[m_at[index].first]->cells[m_at[index].second];
    const package::Item& item = *m_items[index];
    std::string text;
    switch (cell.kind) {
    case Cell::Kind::text: text = cell.text; break;
    case Cell::Kind::range:
      text = decimal_text(scene.random->between(cell.range.low, cell.range.high), cell.range.scale);
      break;
    case Cell::Kind::any:
      if (item.type == package::ItemType::choice)
        text = item.options[scene.random->below(item.options.size())].code;
      else if (item.type == package::ItemType::boolean)
        text = scene.random->below(2) ? "true" : "false";
      else
        text = scene.any(item);
      break;
    case Cell::Kind::sum: {
      const std::string left = named(cell.text);
      const auto drawn = cell.right.empty() ? scene.random->between(cell.range.low, cell.range.high) : 0;
      if (left.empty()) break;
      if (const auto date = base::Date::parse(left)) {
        const auto days = static_cast<int32_t>(cell.right.empty() ? drawn : std::atoi(named(cell.right).c_str()));
        text = (*date + (cell.minus ? -days : days)).to_string();
        break;
      }
      const auto a = number_of(left);
      const auto b = cell.right.empty() ? std::optional(base::Decimal::from_parts(drawn, cell.range.scale))
                                        : number_of(named(cell.right));
      if (a && b) text = (cell.minus ? *a - *b : *a + *b).to_string();
      break;
    }
    case Cell::Kind::pieces:
      for (const auto& [is_name, piece] : cell.pieces)
        text += is_name ? named(piece) : piece;
      break;
    }
    if (m_within[index])
      if (const auto date = base::Date::parse(text)) text = std::clamp(*date, scene.first, scene.last).to_string();
    texts[index] = text;
    return text;
  };

  std::vector<std::pair<const package::Item*, std::string>> result;
  result.reserve(m_items.size());
  for (size_t i = 0; i < m_items.size(); ++i) {
    std::string text = resolve(i);
    if (!text.empty()) result.emplace_back(m_items[i], std::move(text));
  }
  return result;
}

uint64_t weight_in(std::string_view alternatives, std::string_view value) {
  for (auto part : base::split(alternatives, '|')) {
    const uint64_t weight = take_weight(part);
    if (base::trim(part) == value) return weight;
  }
  return 0;
}

Meets meets(const package::Item& item, std::string_view made, std::string_view wanted) {
  if (made == wanted || wanted == "any" || wanted.find('$') != std::string_view::npos) return Meets::yes;
  const bool number = item.type == package::ItemType::integer || item.type == package::ItemType::decimal ||
                      item.type == package::ItemType::money;
  const auto wanted_range = number ? parse_range(wanted) : std::nullopt;
  std::set<std::string_view> allowed;
  for (auto part : base::split(wanted, '|')) {
    take_weight(part);
    allowed.insert(part);
  }
  for (auto part : base::split(made, '|')) {
    take_weight(part);
    if (allowed.contains(part)) continue;
    const auto range = wanted_range ? parse_range(part) : std::nullopt;
    if (!range || range->scale != wanted_range->scale || range->low < wanted_range->low ||
        range->high > wanted_range->high)
      return Meets::no;
  }
  return Meets::yes;
}

} // namespace xinglin::sim
