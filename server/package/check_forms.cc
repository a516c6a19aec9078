// Registers and forms: what they point at, units, codes, FHIRPath, what they yield.
#include "lib/fhir/definitions.h"
#include "lib/fhirpath/expression.h"
#include "server/package/checker.h"
#include "server/package/element_path.h"
#include "server/package/names.h"
#include "server/package/rules.h"
#include "server/package/ucum.h"
#include "server/package/words.h"

#include <algorithm>

namespace xinglin::package {
namespace {

using fhirpath::Expression;

/// Compiles FHIRPath, or says why not.
bool compile(Checker& checker, const Place& place, std::string_view what, const std::string& text,
             std::string_view context, const std::vector<std::string>& names) {
  try {
    Expression::compile(prepare_rule(text, names), context, names);
    return true;
  } catch (const base::Refused& refused) {
    const std::string& said = refused.issues().front().text;
    const size_t open = said.find('\''), close = said.find('\'', open + 1);
    const bool is_name = said.find("is not an element of") != std::string::npos && close != std::string::npos;
    const std::string near = is_name ? base::suggest(said.substr(open + 1, close - open - 1), names) : std::string();
    if (near.empty())
      checker.refused(place, fmt::format("{} \"{}\"", what, text), refused);
    else
      checker.error(place,
                    fmt::format("{} \"{}\": there is no item {}; did you mean '{}'?", what, text,
                                said.substr(open, close - open + 1), near),
                    "not-found");
    return false;
  }
}

void check_item(Checker& checker, const std::string& program, const Item& item) {
  if (!item.to.empty()) checker.find(checker.catalog().registers, item.to, program, item.place, "register");
  if (!item.unit.empty())
    if (const std::string problem = ucum_problem(item.unit); !problem.empty())
      checker.error(item.place, problem, "value");
  if (!item.code.empty() && parse_code(item.code).code.empty()) {
    std::string words;
    for (const auto& word : system_words())
      words += (words.empty() ? "" : ", ") + word;
    checker.error(item.place,
                  fmt::format("'{}' is not SYSTEM|CODE; the system is one of {}, or a URL", item.code, words), "value");
  }
  if (!item.code.empty() && (item.type == ItemType::reference || !item.items.empty()))
    checker.error(item.place, "a reference or a group is no observation; take 'code' out");
  for (const auto& inner : item.items)
    check_item(checker, program, inner);
}

void check_was(Checker& checker, const std::vector<Item>& all, const std::vector<Item>& items) {
  for (const auto& item : items) {
    if (!item.was.empty() && find_item(all, item.was))
      checker.error(item.place, fmt::format("'{}' says it replaces '{}', which is still there; take that item out",
                                            item.id, item.was));
    check_was(checker, all, item.items);
  }
}

/// Does the rule only compare, without joining several findings? Then silence where an item is missing is plain to see.
bool is_plain_comparison(std::string_view rule) {
  const auto names = names_in_sql(rule);
  for (const std::string_view word : {"and", "or", "xor", "implies", "not", "iif"})
    if (std::find(names.begin(), names.end(), word) != names.end()) return false;
  return rule.find_first_of("+*/") == std::string_view::npos && rule.find(" - ") == std::string_view::npos;
}

/// The texts in single quotes of a rule.
std::vector<std::string> quoted_words(std::string_view rule) {
  std::vector<std::string> words;
  for (size_t open = rule.find('\''); open != std::string_view::npos;) {
    const size_t close = rule.find('\'', open + 1);
    if (close == std::string_view::npos) break;
    words.emplace_back(rule.substr(open + 1, close - open - 1));
    open = rule.find('\'', close + 1);
  }
  return words;
}

bool is_guarded(std::string_view rule, const std::string& id) {
  for (const std::string_view test : {".exists()", ".empty()", ".hasValue()"})
    if (rule.find(id + std::string(test)) != std::string_view::npos) return true;
  return false;
}

void warn_of_silence(Checker& checker, const Check& check, const std::vector<Item>& items) {
  if (check.absent_passes || is_plain_comparison(check.when)) return;
  for (const auto& name : names_in_sql(check.when)) {
    const Item* item = find_item(items, name);
    if (!item || item->required || is_guarded(check.when, name)) continue;
    checker.warning(
        check.place,
        fmt::format("the check is silent when '{}' is not filled in; make the item required, test {}.exists(), "
                    "or say absent: passes",
                    name, name));
  }
}

void check_rules(Checker& checker, const std::vector<Check>& checks, const std::vector<Item>& items,
                 std::string_view context) {
  const auto names = rule_names(items);
  for (const auto& check : checks)
    if (compile(checker, check.place, "the check", check.when, context, names)) warn_of_silence(checker, check, items);
}

/// The element paths that must have a value for the resource to be valid: required elements of the type itself.
void require_elements(Checker& checker, const Yield& yield) {
  const auto* type = fhir::find_type(yield.resource);
  for (const auto& element : type->elements) {
    if (element.min == 0) continue;
    const bool set = std::any_of(yield.set.begin(), yield.set.end(), [&](const auto& entry) {
      const std::string_view first = std::string_view(entry.first).substr(0, entry.first.find_first_of(".["));
      return first == element.name || (element.is_choice && first.starts_with(element.name));
    });
    if (!set)
      checker.error(yield.place, fmt::format("{} needs '{}'; set it", with_article(yield.resource), element.name),
                    "required");
  }
}

/// May an item's answer stand at the end of the path?
std::string mismatch(const ElementPath& path, const Item& item) {
  const bool is_number =
      item.type == ItemType::integer || item.type == ItemType::decimal || item.type == ItemType::money;
  bool good = true;
  switch (path.kind) {
  case LeafKind::number: good = is_number; break;
  case LeafKind::quantity: good = is_number; break;
  case LeafKind::boolean: good = item.type == ItemType::boolean; break;
  case LeafKind::reference: good = item.type == ItemType::reference; break;
  case LeafKind::coding: good = item.type == ItemType::choice; break;
  case LeafKind::codeable_concept:
    good = item.type == ItemType::choice || item.type == ItemType::string || item.type == ItemType::text;
    break;
  case LeafKind::text:
    good = item.type != ItemType::reference && item.type != ItemType::boolean && item.items.empty();
    break;
  case LeafKind::other: good = false; break;
  }
  if (good && path.kind == LeafKind::text && (path.type == "date" || path.type == "dateTime" || path.type == "instant"))
    good = item.type == ItemType::date || item.type == ItemType::datetime;
  if (good) return {};
  return fmt::format("{} is a {}, which the {} '{}' does not give", path.text, path.type, to_string(item.type),
                     item.id);
}

void check_yield(Checker& checker, const Form& form, const Yield& yield, const std::vector<std::string>& names) {
  if (!fhir::is_resource_type(yield.resource)) {
    std::vector<std::string> types;
    for (const auto type : fhir::resource_types())
      types.emplace_back(type);
    const std::string near = base::suggest(yield.resource, types);
    return checker.error(yield.place,
                         fmt::format("'{}' is not a resource type of FHIR R4{}", yield.resource,
                                     near.empty() ? "" : "; did you mean '" + near + "'?"),
                         "not-found");
  }
  if (!yield.when.empty()) compile(checker, yield.place, "when", yield.when, "QuestionnaireResponse", names);
  for (size_t i = 0; i < yield.set.size(); ++i) {
    const auto& [text, expression] = yield.set[i];
    const Place place{yield.place.file, i < yield.set_lines.size() ? yield.set_lines[i] : yield.place.line};
    try {
      const ElementPath path = compile_element_path(yield.resource, text);
      if (const Item* item = find_item(form.items, base::trim(expression))) {
        if (const std::string problem = mismatch(path, *item); !problem.empty()) checker.error(place, problem, "value");
        const Item* group = yield.each.empty() ? nullptr : find_item(form.items, yield.each);
        const bool of_part = group && (group->id == item->id || find_item(group->items, item->id));
        const bool many = item->repeats || std::none_of(form.items.begin(), form.items.end(),
                                                        [&](const Item& top) { return top.id == item->id; });
        if (many && !of_part && !path.leaf_is_open_list)
          checker.error(place, fmt::format("'{}' may have several values and {} takes one; use each: or a list element",
                                           item->id, path.text));
        continue;
      }
    } catch (const base::Refused& refused) {
      checker.refused(place, fmt::format("yield {}", yield.id), refused);
    }
    compile(checker, place, text, expression, "QuestionnaireResponse", names);
  }
  require_elements(checker, yield);
}

/// Who owes a return: a rule over the items of its register of organisations, with their options spelt right.
void check_owed_by(Checker& checker, const Form& form) {
  if (form.owed_by.empty()) return;
  const Place place = place_of(form, "owed_by");
  const auto about = checker.catalog().registers.find(form.about);
  if (about == checker.catalog().registers.end()) return; // said already
  const Register& institutions = about->second;
  if (institutions.kept_as != "Organization")
    return checker.error(place, fmt::format("only organisations owe returns, and '{}' keeps {}; take 'owed_by' out",
                                            form.about, institutions.kept_as));
  if (!compile(checker, place, "owed_by", form.owed_by, institutions.kept_as, rule_names(institutions.items))) return;
  std::vector<std::string> codes;
  bool only_choices = true;
  for (const auto& name : names_in_sql(form.owed_by))
    if (const Item* item = find_item(institutions.items, name)) {
      only_choices = only_choices && item->type == ItemType::choice;
      for (const auto& option : item->options)
        codes.push_back(option.code);
    }
  if (codes.empty() || !only_choices) return; // a text may be compared with anything
  for (const auto& word : quoted_words(form.owed_by)) {
    if (std::find(codes.begin(), codes.end(), word) != codes.end()) continue;
    const std::string near = base::suggest(word, codes);
    checker.error(place,
                  fmt::format("owed_by: '{}' is no option of the register's items{}", word,
                              near.empty() ? "; see register " + form.about : "; did you mean '" + near + "'?"),
                  "not-found");
  }
}

} // namespace

void check_registers(Checker& checker) {
  for (const auto& [id, one] : checker.catalog().registers) {
    if (!fhir::is_resource_type(one.kept_as)) {
      checker.error(place_of(one, "kept_as"),
                    fmt::format("kept_as '{}' is not a resource type of FHIR R4", one.kept_as), "not-found");
      continue;
    }
    const auto path = [&](const Place& place, std::string_view what, const std::string& text,
                          std::string_view context) {
      if (!text.empty()) compile(checker, place, what, text, context, {});
    };
    path(place_of(one, "where"), "where", one.where, one.kept_as);
    path(place_of(one, "org"), "org", one.org, one.kept_as);
    path(place_of(one, "subject"), "subject", one.subject, one.kept_as);
    for (const auto& item : one.items) {
      check_item(checker, one.program, item);
      path(item.place, "path", item.path, one.kept_as);
      for (const auto& inner : item.items)
        path(inner.place, "path", inner.path, ""); // from within the part
    }
    check_was(checker, one.items, one.items);
    check_rules(checker, one.checks, one.items, one.kept_as);
  }
}

void check_forms(Checker& checker) {
  for (const auto& [id, form] : checker.catalog().forms) {
    checker.find(checker.catalog().registers, form.about, form.program, place_of(form, "about"), "register");
    for (const auto& item : form.items)
      check_item(checker, form.program, item);
    check_was(checker, form.items, form.items);
    check_rules(checker, form.checks, form.items, "QuestionnaireResponse");
    check_owed_by(checker, form);
    const auto names = rule_names(form.items);
    std::set<std::string> seen;
    for (const auto& yield : all_yields(form)) {
      if (!seen.insert(yield.id).second)
        checker.error(
            yield.place,
            fmt::format("two yields are called '{}' (an item with a code yields under its own id); rename one",
                        yield.id),
            "duplicate");
      check_yield(checker, form, yield, names);
    }
  }
}

} // namespace xinglin::package
