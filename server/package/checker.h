#pragma once
// What the parts of the checker share. Internal to server/package.

#include "server/package/check.h"

#include <fmt/format.h>
#include <set>

namespace xinglin::package {

class Checker {
public:
  Checker(const Catalog& catalog, base::Issues& issues);

  const Catalog& catalog() const { return *m_catalog; }
  void error(const Place& place, std::string text, std::string code = "invalid", int column = 0);
  void warning(const Place& place, std::string text);
  void add(base::Issue issue);
  /// A refusal of compiled text (FHIRPath, expression, SQL) at a place: its sentences, with the text before them.
  void refused(const Place& place, std::string_view what, const base::Refused& refused);

  /// May `program` use what `owner` declares: its own, or of those it needs, directly or through them.
  bool sees(const std::string& program, const std::string& owner) const;
  /// Finds `id` in `map`, as seen by `program`; a null pointer after an issue that says what to do.
  template <typename Map>
  const typename Map::mapped_type* find(const Map& map, const std::string& id, const std::string& program,
                                        const Place& place, std::string_view kind) {
    const auto found = map.find(id);
    if (found != map.end() && sees(program, found->second.program)) return &found->second;
    if (found != map.end()) {
      error(
          place,
          fmt::format("{} '{}' is of program {}; add it to the needs of {}", kind, id, found->second.program, program),
          "not-found");
      return nullptr;
    }
    std::vector<std::string> known;
    for (const auto& [name, one] : map)
      known.push_back(name);
    not_known(place, kind, id, known);
    return nullptr;
  }

private:
  void not_known(const Place& place, std::string_view kind, const std::string& id,
                 const std::vector<std::string>& known);

  const Catalog* m_catalog;
  base::Issues* m_issues;
  std::map<std::string, std::set<std::string>> m_seen; ///< program → those it sees
};

/// The place of a key in a file that was read, the declaration's own when the key is not there.
template <typename Declaration> Place place_of(const Declaration& declared, const std::string& key) {
  const auto found = declared.lines.find(key);
  return found == declared.lines.end() ? declared.place : Place{declared.place.file, found->second};
}

void check_registers(Checker& checker);
void check_forms(Checker& checker);
void check_queries(Checker& checker);
void check_indicators(Checker& checker);
void check_plans(Checker& checker);

} // namespace xinglin::package
