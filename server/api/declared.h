#pragma once
// What the programs declare, by the id in a request.

#include "lib/base/issue.h"
#include "lib/base/text.h"

#include <map>
#include <string>
#include <vector>

namespace xinglin::api {

/// The form, register, ... of this id. Throws Refused(not_found) that names the nearest id; `kind` is the word for
/// people.
template <class Declared>
const Declared& declared(const std::map<std::string, Declared>& all, const char* kind, const std::string& id) {
  const auto found = all.find(id);
  if (found != all.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& entry : all)
    known.push_back(entry.first);
  const std::string near = base::suggest(id, known);
  throw base::Refused(base::Refusal::not_found, "not-found",
                      std::string("There is no ") + kind + " \"" + id + "\"" +
                          (near.empty() ? "." : "; did you mean " + near + "?"));
}

} // namespace xinglin::api
