#pragma once
// What the rules of a form or register may name, said once for the checker and the runtime: item ids, %last.ITEM, and
// the resources that a form yields, those of `yields:` and the Observations of items with a `code`.

#include "server/package/model.h"

#include <string_view>

namespace xinglin::package {

/// Every item id a rule may use as a name: those of the form and of its repeating groups.
std::vector<std::string> rule_names(const std::vector<Item>& items);

/// The expression as it is compiled: `%last.sbp` becomes `%last_sbp` for every name in `names`.
std::string prepare_rule(std::string_view expression, const std::vector<std::string>& names);

/// Does the expression use that variable ("about", "last")? Strings are looked through.
bool mentions_variable(std::string_view expression, std::string_view variable);

/// The declared yields, then an Observation for each item with a code.
std::vector<Yield> all_yields(const Form& form);

/// The item of that id, also inside a group; null pointer when there is none.
const Item* find_item(const std::vector<Item>& items, std::string_view id);

/// `text` as a FHIRPath string literal.
std::string fhirpath_literal(std::string_view text);

} // namespace xinglin::package
