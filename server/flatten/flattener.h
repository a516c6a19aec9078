#pragma once
// Runs the compiled views over versions of resources: the computing part of the warehouse, without a database.

#include "lib/viewdef/view.h"
#include "server/flatten/rows.h"

#include <map>
#include <span>

namespace xinglin::flatten {

/// What a run of versions becomes: rows by table (index into the tables given), and what did not fit.
struct Flattened {
  std::vector<Rows> tables;
  std::vector<Misfit> misfits;
};

class Flattener {
public:
  /// Compiles every table's view. `form_tables`: the tables that hold only submissions of one form, with the form's id
  /// (an optimisation: their views are run on no other). Throws Refused(invalid) when a view does not compile or its
  /// columns are not those of its table.
  Flattener(const std::vector<package::Table>& tables, const std::map<std::string, std::string>& form_tables,
            base::Zone zone);

  /// Tables that resources of this type can have rows in.
  std::span<const size_t> tables_of(std::string_view resource_type) const;
  const std::vector<CellType>& types_of(size_t table) const { return m_views[table].types; }

  /// Rows of each version; `ends[i]` is the commit that superseded version i, 0 where none has yet. A deleted version
  /// has no rows. A resource on which a view fails becomes a misfit: bad data stops nothing. Safe from many threads.
  Flattened run(std::span<const store::Version> versions, std::span<const store::CommitNumber> ends) const;
  /// The same over several threads, in pieces that keep the order.
  std::vector<Flattened> run_parallel(std::span<const store::Version> versions,
                                      std::span<const store::CommitNumber> ends) const;

private:
  struct CompiledView {
    viewdef::View view;
    std::vector<CellType> types;
    std::vector<std::string> names;
    std::string form; ///< empty: any resource of the type
  };
  void run_view(size_t table, const store::Version& version, fhir::Node resource, store::CommitNumber end,
                Flattened& out) const;

  std::vector<CompiledView> m_views;
  std::map<std::string, std::vector<size_t>, std::less<>> m_by_type;
  base::Zone m_zone;
  fhirpath::Environment m_environment;
};

/// Which tables of a catalog hold submissions of which form only: the form's own and those of its repeating parts.
std::map<std::string, std::string> form_tables(const package::Catalog& catalog,
                                               const std::vector<package::Table>& tables);

inline constexpr size_t k_flatten_piece = 512; ///< versions a thread takes at a time
inline constexpr unsigned k_flatten_threads_max = 8;

} // namespace xinglin::flatten
