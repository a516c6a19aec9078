// indicators/ID.yml and program.yml.
#include "server/package/reader.h"

namespace xinglin::package {
namespace {

std::vector<Make> read_makes(Reader& reader, const Yaml& root, std::string_view key) {
  std::vector<Make> makes;
  const Yaml* list = root.find(key);
  if (!list || list->is_null()) return makes;
  if (!list->is_list()) {
    reader.error(*list, fmt::format("'{}' must be a list: - {{form: ..., set: {{...}}}}", key), "structure");
    return makes;
  }
  for (const auto& node : list->children) {
    if (!node.is_map()) {
      reader.error(node, fmt::format("an entry of '{}' must be a map: {{form: ..., set: {{...}}}}", key), "structure");
      continue;
    }
    Make make;
    make.place = reader.place(node);
    for (const auto& child : node.children) {
      if (child.key == "form")
        make.form = reader.string(node, "form");
      else if (child.key == "register")
        make.register_id = reader.string(node, "register");
      else if (child.key == "part")
        make.part = reader.word(node, "part", {"hit", "miss"});
      else if (child.key != "set")
        make.more[child.key] = to_text(child);
      else if (!child.is_map())
        reader.error(child, "'set' must be a map of items to values", "structure");
      else
        for (const auto& value : child.children)
          make.set.emplace_back(value.key, to_text(value));
    }
    if (make.form.empty() == make.register_id.empty())
      reader.error(node, fmt::format("an entry of '{}' names either a form or a register", key), "required");
    makes.push_back(std::move(make));
  }
  return makes;
}

IndicatorKind to_kind(const std::string& word) {
  if (word == "sum") return IndicatorKind::sum;
  if (word == "mean") return IndicatorKind::mean;
  if (word == "proportion") return IndicatorKind::proportion;
  if (word == "rate") return IndicatorKind::rate;
  if (word == "derived") return IndicatorKind::derived;
  return IndicatorKind::count;
}

void check_combination(Reader& reader, const Yaml& root, const Indicator& indicator) {
  const auto refuse = [&](std::string_view key, std::string what) {
    const Yaml* found = root.find(key);
    reader.error(found ? *found : root, std::move(what));
  };
  const bool is_rate = indicator.kind == IndicatorKind::rate;
  const bool is_derived = indicator.kind == IndicatorKind::derived;
  if (is_rate && indicator.population.empty()) refuse("kind", "a rate names its population: population: INDICATOR");
  if (!is_rate && !indicator.population.empty()) refuse("population", "only a rate has a population; take it out");
  if (is_rate && indicator.per == 0) refuse("kind", "a rate says per how many: per: 1000");
  if (!is_rate && indicator.per != 0) refuse("per", "only a rate has 'per'; take it out");
  if (is_derived && indicator.derived.empty())
    refuse("kind", "a derived indicator has an expression; add derived: \"a / b\"");
  if (!is_derived && !indicator.derived.empty()) refuse("derived", "an expression goes with kind: derived");
  if (root.find("count") && indicator.kind != IndicatorKind::count && !is_rate)
    refuse("count", "only a count or a rate counts rows, subjects or distinct values; take 'count' out");
}

/// rows | subjects | distinct COLUMN
std::string read_count(Reader& reader, const Yaml& root) {
  const std::string count = reader.string(root, "count", "rows");
  if (count == "rows" || count == "subjects") return count;
  if (count.starts_with("distinct ") && count.size() > 9) return count;
  reader.error(*root.find("count"),
               fmt::format("'{}' is not a way to count; write rows, subjects or distinct COLUMN", count), "value");
  return "rows";
}

} // namespace

std::optional<Indicator> read_indicator(Reader& reader, const Yaml& root, const std::string& id) {
  if (!reader.keys(root, {"indicator",  "title",      "unit",   "kind",     "period",  "grain",       "count",
                          "population", "per",        "shown",  "decimals", "derived", "attribution", "authority",
                          "better",     "definition", "source", "agrees",   "make",    "make_not",    "exceeds"},
                   "an indicator"))
    return {};
  Indicator result;
  result.id = id;
  result.place = {reader.file(), 1};
  for (const auto& child : root.children)
    result.lines[child.key] = child.key_line;
  reader.id(root, id, true);
  if (const std::string own = reader.string(root, "indicator", id); own != id)
    reader.error(*root.find("indicator"),
                 fmt::format("the indicator is '{}' but the file is named '{}'; make them the same", own, id), "value");
  result.title = reader.text(root, "title", true, "the indicator");
  reader.need(root, "kind", "the indicator");
  result.kind = to_kind(reader.word(root, "kind", {"count", "sum", "mean", "proportion", "rate", "derived"}));
  result.period = reader.word(root, "period", {"flow", "stock"}) == "stock" ? PeriodKind::stock : PeriodKind::flow;
  result.grain = reader.word(root, "grain", {"record", "return"}) == "return" ? Grain::returned : Grain::record;
  result.count = read_count(reader, root);
  result.attribution = reader.word(root, "attribution", {"performer", "manager", "residence", "reporter"});
  result.authority = reader.string(root, "authority", "own");
  if (result.authority != "own" && (!result.authority.starts_with("upper:") || result.authority.size() == 6))
    reader.error(*root.find("authority"), "'authority' is own or upper:SYSTEM", "value");
  if (root.find("better")) result.better = reader.word(root, "better", {"higher", "lower"});
  result.population = reader.string(root, "population");
  result.per = reader.whole(root, "per", 0, 1, 100000);
  result.decimals = static_cast<int>(reader.whole(root, "decimals", 0, 0, 6));
  result.derived = reader.string(root, "derived");
  within_length(reader, root, result.derived);
  const bool is_proportion = result.kind == IndicatorKind::proportion;
  result.shown = is_proportion && !root.find("shown") ? "percent" : reader.word(root, "shown", {"number", "percent"});
  result.exceeds = reader.flag(root, "exceeds");
  if (result.exceeds && (result.shown != "percent" || is_proportion))
    reader.error(*root.find("exceeds"),
                 is_proportion ? "hits are part of the rows, so a proportion cannot pass 100 %; take 'exceeds' out, or "
                                 "derive it from a numerator and a denominator"
                               : "'exceeds' is about a percentage; add shown: percent or take it out");
  result.unit = reader.text(root, "unit", result.shown != "percent", "the indicator");
  result.source = reader.string(root, "source");
  result.definition = reader.text(root, "definition", false, "the indicator");
  result.agrees = reader.strings(root, "agrees");
  result.make = read_makes(reader, root, "make");
  result.make_not = read_makes(reader, root, "make_not");
  check_combination(reader, root, result);
  return result;
}

std::optional<Program> read_program(Reader& reader, const Yaml& root, const std::string& id) {
  if (!reader.keys(root, {"program", "title", "version", "needs", "systems", "roles"}, "program.yml")) return {};
  Program result;
  result.id = id;
  result.place = {reader.file(), 1};
  if (const Yaml* own = reader.need(root, "program", "program.yml"); own && own->text != id)
    reader.error(*own,
                 fmt::format("the program is '{}' but the folder is named '{}'; make them the same", own->text, id),
                 "value");
  result.title = reader.text(root, "title", true, "the program");
  result.version = reader.needed_string(root, "version", "program.yml");
  result.needs = reader.strings(root, "needs");
  result.systems = reader.strings(root, "systems");
  if (const Yaml* roles = root.find("roles"); roles && !roles->is_null()) {
    if (!roles->is_map()) reader.error(*roles, "'roles' must be a map: {doctor: {zh: 医生, en: Doctor}}", "structure");
    for (const auto& role : roles->children) {
      reader.id(role, role.key);
      reader.text_of(role, fmt::format("role {}", role.key));
      result.roles.push_back(role.key);
    }
  }
  return result;
}

} // namespace xinglin::package
