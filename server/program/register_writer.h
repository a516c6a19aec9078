#pragma once
// An entry of a register as the FHIR resource it is kept as, from the items' paths (those that only walk:
// `name.text`, `identifier.where(system='...').value.first()`, `deceased.ofType(dateTime)`).

#include "server/package/element_path.h"
#include "server/package/model.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace xinglin::program {

class RegisterWriter {
public:
  /// Throws Refused(invalid) at the item whose path cannot be written.
  explicit RegisterWriter(const package::Register& declared, const package::Catalog& catalog);

  /// `org`: Organization id or empty. A reference item takes an id or `Type/id`.
  std::string to_json(const std::string& id, const std::string& org,
                      const std::vector<std::pair<const package::Item*, std::string>>& values) const;

private:
  struct Place {
    package::ElementPath path;
    std::vector<std::pair<package::ElementPath, std::string>> constants; ///< what `where(...)` asks
  };
  Place place_of(const std::string& path, package::ItemType type, const package::Place& at);

  const package::Register& m_register;
  const package::Catalog& m_catalog;
  std::map<std::string, std::vector<std::string>> m_conditions; ///< by list: which `where` stands at which index
  std::map<std::string, Place> m_places;                        ///< by item
  std::vector<Place> m_fixed;                                   ///< of the register's own `where`
  std::vector<Place> m_org;
};

} // namespace xinglin::program
