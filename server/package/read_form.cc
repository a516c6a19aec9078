// forms/ID.yml and registers/ID.yml: items, checks, yields.
#include "server/package/reader.h"
#include "server/package/words.h"

#include "lib/base/date.h"
#include "lib/base/decimal.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace xinglin::package {
namespace {

struct ItemRules {
  bool has_path = false; ///< a register's items say where they stand
  bool nested = false;   ///< inside a repeating group
};

std::optional<Item> read_item(Reader& reader, const Yaml& node, ItemRules rules);

std::vector<Item> read_items(Reader& reader, const Yaml& list, ItemRules rules) {
  std::vector<Item> items;
  if (!list.is_map() || list.children.empty()) {
    reader.error(list, "'items' must be a map of item ids to their keys: name: {zh: 姓名, type: string}", "structure");
    return items;
  }
  if (list.children.size() > k_items_max) {
    reader.error(list, fmt::format("more than {} items; split the form", k_items_max), "too-long");
    return items;
  }
  for (const auto& child : list.children)
    if (auto item = read_item(reader, child, rules)) items.push_back(std::move(*item));
  return items;
}

void read_options(Reader& reader, const Yaml& node, Item& item) {
  const Yaml* options = node.find("options");
  if (item.type != ItemType::choice) {
    if (options) reader.error(*options, "only a choice has options; write type: choice", "invalid");
    return;
  }
  if (!options || !options->is_map() || options->children.empty()) {
    reader.error(options ? *options : node, "a choice needs its options: {1: 是, 2: 否}", "required");
    return;
  }
  if (options->children.size() > k_options_max) {
    reader.error(*options, fmt::format("more than {} options", k_options_max), "too-long");
    return;
  }
  for (const auto& child : options->children) {
    if (!is_option_code(child.key))
      reader.error(child.key_line, 0,
                   fmt::format("'{}' is not an option code; use letters, digits, '_', '-' and '.', at most {}",
                               child.key, k_id_length_max),
                   "value");
    item.options.push_back({child.key, reader.text_of(child, fmt::format("option {}", child.key))});
  }
}

/// What FHIR's integer holds (32 bits, https://hl7.org/fhir/R4/datatypes.html#integer): no answer can be beyond it.
bool is_integer(std::string_view text) {
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

/// One end of a range as written, in the item's type.
std::string read_bound(Reader& reader, const Yaml& node, ItemType type) {
  if (node.is_null()) return {};
  const bool number = node.is_scalar() && base::Decimal::parse(node.text).has_value();
  if (number && type == ItemType::integer && !is_integer(node.text)) {
    reader.error(node,
                 fmt::format("an integer is a whole number from -2147483648 to 2147483647, not {}; make the item a "
                             "decimal, or the range narrower",
                             node.text),
                 "value");
    return {};
  }
  const bool good = type == ItemType::date ? node.is_scalar() && base::Date::parse(node.text).has_value() : number;
  if (!good) reader.error(node, fmt::format("'{}' is not {}", node.text, with_article(to_string(type))), "value");
  return good ? node.text : std::string();
}

void read_range(Reader& reader, const Yaml& node, Item& item) {
  const Yaml* range = node.find("range");
  if (!range) return;
  const bool number = item.type == ItemType::integer || item.type == ItemType::decimal || item.type == ItemType::money;
  if (!number && item.type != ItemType::date)
    return reader.error(*range,
                        fmt::format("{} has no range; only numbers and dates do", with_article(to_string(item.type))));
  if (!range->is_list() || range->children.size() != 2)
    return reader.error(*range, "'range' must be [low, high]; write ~ for an open side", "structure");
  item.range_low = read_bound(reader, range->children[0], item.type);
  item.range_high = read_bound(reader, range->children[1], item.type);
  if (item.range_low.empty() || item.range_high.empty()) return;
  const bool crossed = item.type == ItemType::date
                           ? item.range_high < item.range_low
                           : *base::Decimal::parse(item.range_high) < *base::Decimal::parse(item.range_low);
  if (crossed) reader.error(*range, "the range's low end is above its high end; swap them");
}

std::optional<Item> read_item(Reader& reader, const Yaml& node, ItemRules rules) {
  Item item;
  item.id = node.key;
  item.place = reader.place(node);
  const std::string where = fmt::format("item {}", node.key);
  if (!reader.keys(
          node,
          {"zh", "en", "type", "required", "repeats", "items", "unit", "range", "options", "to", "code", "path", "was"},
          where))
    return {};
  reader.id(node, item.id);
  if (is_reserved_column(item.id))
    reader.error(node,
                 fmt::format("'{}' cannot be an item: it is a {}; choose another id", item.id,
                             is_common_column(item.id) ? "column every table has" : "word of SQL"),
                 "value");
  item.title.zh = reader.string(node, "zh");
  item.title.en = reader.string(node, "en");
  if (item.title.zh.empty()) reader.error(node, fmt::format("{} has no Chinese label; add zh:", where), "required");
  if (item.title.en.empty()) reader.warning(node, fmt::format("{} has no English label; add en:", where));
  const std::string type = reader.string(node, "type", "string");
  if (const auto parsed = parse_item_type(type)) {
    item.type = *parsed;
  } else {
    const std::string near = base::suggest(type, item_type_words());
    reader.error(*node.find("type"),
                 fmt::format("'{}' is not a type; {}", type,
                             near.empty() ? "see docs/authoring.md for the eleven" : "did you mean '" + near + "'?"),
                 "value");
    return item; // what follows from the type cannot be told
  }
  item.required = reader.flag(node, "required");
  item.repeats = reader.flag(node, "repeats");
  item.unit = reader.string(node, "unit");
  item.to = reader.string(node, "to");
  item.code = reader.string(node, "code");
  item.path = reader.string(node, "path");
  item.was = reader.string(node, "was");
  read_options(reader, node, item);
  read_range(reader, node, item);

  if (const Yaml* nested = node.find("items")) {
    if (rules.nested)
      reader.error(*nested, "a group within a group is not kept; make it a form of its own");
    else if (!item.repeats)
      reader.error(*nested, fmt::format("{} has items but not repeats: true; add it", where));
    else if (node.find("type"))
      reader.error(*node.find("type"), "a group has no type of its own; take it out");
    else
      item.items = read_items(reader, *nested, {rules.has_path, true});
  } else if (item.repeats && rules.nested) {
    reader.error(node, "an item of a repeating group cannot itself repeat; make it a form of its own");
  }
  if (item.type == ItemType::reference && item.to.empty() && item.items.empty())
    reader.error(node, "a reference needs the register it points into: to: resident", "required");
  if (item.type != ItemType::reference && !item.to.empty())
    reader.error(*node.find("to"), "only a reference has 'to'; write type: reference");
  if (!item.unit.empty() && item.type != ItemType::integer && item.type != ItemType::decimal)
    reader.error(*node.find("unit"), "only an integer or a decimal has a unit");
  if (rules.has_path && item.path.empty())
    reader.error(node, fmt::format("{} has no 'path'; a register's item says where it stands in the resource", where),
                 "required");
  if (!rules.has_path && !item.path.empty())
    reader.error(*node.find("path"), "only a register's item has a path; take it out");
  if (rules.has_path && !item.code.empty())
    reader.error(*node.find("code"), "only a form's item has a code; take it out");
  return item;
}

void refuse_twice(Reader& reader, const std::vector<Item>& items) {
  std::set<std::string> seen;
  for (const auto& item : items) {
    if (!seen.insert(item.id).second)
      reader.error(item.place.line, 0, fmt::format("item '{}' stands twice; give one another id", item.id),
                   "duplicate");
    for (const auto& inner : item.items)
      if (!seen.insert(inner.id).second)
        reader.error(
            inner.place.line, 0,
            fmt::format("item '{}' stands twice (ids are unique over the groups of a form); give one another id",
                        inner.id),
            "duplicate");
  }
}

std::vector<Check> read_checks(Reader& reader, const Yaml& root) {
  std::vector<Check> checks;
  const Yaml* list = root.find("checks");
  if (!list || list->is_null()) return checks;
  if (!list->is_list()) {
    reader.error(*list, "'checks' must be a list: - {when: ..., error: {zh: ..., en: ...}}", "structure");
    return checks;
  }
  if (list->children.size() > k_checks_max) {
    reader.error(*list, fmt::format("more than {} checks; split the form", k_checks_max), "too-long");
    return checks;
  }
  for (const auto& node : list->children) {
    if (!reader.keys(node, {"when", "error", "warning", "absent"}, "a check")) continue;
    Check check;
    check.place = reader.place(node);
    check.when = reader.needed_string(node, "when", "a check");
    within_length(reader, node, check.when);
    const bool is_error = node.find("error") != nullptr;
    if (is_error == (node.find("warning") != nullptr))
      reader.error(node, "a check has either an 'error' or a 'warning' with its text", "required");
    check.severity = is_error ? base::Severity::error : base::Severity::warning;
    check.message = reader.text(node, is_error ? "error" : "warning", false, "a check");
    if (node.find("absent")) check.absent_passes = reader.word(node, "absent", {"passes"}) == "passes";
    checks.push_back(std::move(check));
  }
  return checks;
}

std::vector<Yield> read_yields(Reader& reader, const Yaml& root, const std::vector<Item>& items) {
  std::vector<Yield> yields;
  const Yaml* map = root.find("yields");
  if (!map || map->is_null()) return yields;
  if (!map->is_map()) {
    reader.error(*map, "'yields' must be a map of ids to resources", "structure");
    return yields;
  }
  if (map->children.size() > k_yields_max) {
    reader.error(*map, fmt::format("more than {} yields; split the form", k_yields_max), "too-long");
    return yields;
  }
  for (const auto& node : map->children) {
    const std::string where = fmt::format("yield {}", node.key);
    if (!reader.keys(node, {"resource", "when", "each", "set"}, where)) continue;
    Yield yield;
    yield.id = node.key;
    yield.place = reader.place(node);
    reader.id(node, yield.id);
    yield.resource = reader.needed_string(node, "resource", where);
    yield.when = reader.string(node, "when");
    yield.each = reader.string(node, "each");
    if (!yield.each.empty() && std::none_of(items.begin(), items.end(),
                                            [&](const Item& item) { return item.id == yield.each && item.repeats; }))
      reader.error(*node.find("each"), fmt::format("'{}' is not a repeating item of this form", yield.each));
    if (const Yaml* set = reader.need(node, "set", where)) {
      if (!set->is_map()) reader.error(*set, "'set' must be a map of element paths to FHIRPath", "structure");
      if (set->children.size() > k_yield_paths_max)
        reader.error(*set, fmt::format("more than {} paths in a yield", k_yield_paths_max), "too-long");
      for (const auto& child : set->children) {
        if (!child.is_scalar()) {
          reader.error(child, fmt::format("'{}' must be a FHIRPath text; quote it", child.key), "structure");
          continue;
        }
        within_length(reader, child, child.text);
        yield.set.emplace_back(child.key, child.text);
        yield.set_lines.push_back(child.key_line);
      }
    }
    yields.push_back(std::move(yield));
  }
  return yields;
}

void check_own_id(Reader& reader, const Yaml& root, std::string_view key, const std::string& id) {
  const Yaml* found = reader.need(root, key, "the file");
  if (found && found->text != id)
    reader.error(*found,
                 fmt::format("the {} is '{}' but the file is named '{}'; make them the same", key, found->text, id),
                 "value");
}

} // namespace

std::optional<Register> read_register(Reader& reader, const Yaml& root, const std::string& id) {
  if (!reader.keys(root, {"register", "title", "kept_as", "where", "org", "subject", "items", "checks"}, "a register"))
    return {};
  Register result;
  result.id = id;
  result.place = {reader.file(), 1};
  for (const auto& child : root.children)
    result.lines[child.key] = child.key_line;
  check_own_id(reader, root, "register", id);
  reader.id(root, id);
  result.title = reader.text(root, "title", true, "the register");
  result.kept_as = reader.needed_string(root, "kept_as", "the register");
  result.where = reader.string(root, "where");
  result.org = reader.string(root, "org");
  result.subject = reader.string(root, "subject");
  if (const Yaml* items = reader.need(root, "items", "the register"))
    result.items = read_items(reader, *items, {true, false});
  refuse_twice(reader, result.items);
  result.checks = read_checks(reader, root);
  return result;
}

/// "10 days" or "5 working days" after the period's end.
static void read_due(Reader& reader, const Yaml& root, Form& result) {
  const Yaml& at = *root.find("due");
  if (result.cycle == ReturnCycle::none)
    return reader.error(at, "only a return has a day by which it is due; add 'cycle' or take 'due' out");
  const std::string text = reader.string(root, "due");
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, result.due_days);
  const std::string_view unit(rest, static_cast<size_t>(end - rest));
  result.due_working_days = unit == " working days" || unit == " working day";
  if (error != std::errc() || result.due_days < 1 || result.due_days > k_due_days_max ||
      (!result.due_working_days && unit != " days" && unit != " day"))
    reader.error(at,
                 fmt::format("'{}' does not say when the return is due; write '10 days' or '5 working days' (after the "
                             "period's end, 1 to {})",
                             text, k_due_days_max),
                 "value");
}

std::optional<Form> read_form(Reader& reader, const Yaml& root, const std::string& id) {
  if (!reader.keys(root,
                   {"form", "title", "version", "source", "about", "happened", "cycle", "due", "owed_by", "items",
                    "checks", "yields"},
                   "a form"))
    return {};
  Form result;
  result.id = id;
  result.place = {reader.file(), 1};
  for (const auto& child : root.children)
    result.lines[child.key] = child.key_line;
  check_own_id(reader, root, "form", id);
  reader.id(root, id);
  result.title = reader.text(root, "title", true, "the form");
  result.version = reader.string(root, "version", "1");
  if (result.version.empty() || result.version.find('|') != std::string::npos)
    reader.error(*root.find("version"), "a version is a short text without '|', as \"1\" or \"2024-01\"", "value");
  result.source = reader.string(root, "source");
  result.about = reader.needed_string(root, "about", "the form");
  result.happened = reader.string(root, "happened");
  if (root.find("cycle")) {
    const std::string cycle = reader.word(root, "cycle", {"month", "quarter", "half", "year"});
    result.cycle = cycle == "month"     ? ReturnCycle::month
                   : cycle == "quarter" ? ReturnCycle::quarter
                   : cycle == "half"    ? ReturnCycle::half
                                        : ReturnCycle::year;
  }
  if (root.find("due")) read_due(reader, root, result);
  if (const Yaml* owed_by = root.find("owed_by")) {
    if (result.cycle == ReturnCycle::none)
      reader.error(*owed_by, "only a return is owed; add 'cycle' or take 'owed_by' out");
    result.owed_by = reader.string(root, "owed_by");
    within_length(reader, *owed_by, result.owed_by);
  } else if (const Yaml* due = root.find("due"); due && result.cycle != ReturnCycle::none) {
    reader.error(*due, "the return says when it is due but not who owes it; add owed_by: \"category = 'clinic'\"",
                 "required");
  }
  if (const Yaml* items = reader.need(root, "items", "the form")) result.items = read_items(reader, *items, {});
  refuse_twice(reader, result.items);
  result.checks = read_checks(reader, root);
  result.yields = read_yields(reader, root, result.items);

  if (!result.happened.empty()) {
    const Yaml& at = *root.find("happened");
    const auto item = std::find_if(result.items.begin(), result.items.end(),
                                   [&](const Item& candidate) { return candidate.id == result.happened; });
    if (result.cycle != ReturnCycle::none)
      reader.error(at, "a return happens on its period's first day; take 'happened' out");
    else if (item == result.items.end())
      reader.error(at, fmt::format("'{}' is not an item of this form", result.happened), "not-found");
    else if ((item->type != ItemType::date && item->type != ItemType::datetime) || !item->required || item->repeats)
      reader.error(at, fmt::format("'{}' must be a required date or datetime, so that each row has its day; add "
                                   "required: true or choose another item",
                                   result.happened));
  }
  return result;
}

} // namespace xinglin::package
