#pragma once
// What $viewdefinition-run and $viewdefinition-export are asked: their parameters, from the query or a Parameters
// resource. https://build.fhir.org/ig/FHIR/sql-on-fhir-v2/operations.html

#include "lib/viewdef/view.h"
#include "server/api/call.h"
#include "server/intake/patient_filter.h"
#include "server/intake/row_file.h"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace xinglin::api {

inline constexpr size_t k_export_views_max = 50;           ///< in one $viewdefinition-export
inline constexpr int64_t k_view_limit_max = 1'000'000'000; ///< of _limit

/// Which resources a view is run over.
class Selection {
public:
  /// `recorded_at`: when the resource was last changed; empty where nobody knows (then it is taken).
  bool takes(fhir::Node resource, std::optional<base::Millis> recorded_at);

  std::optional<intake::PatientFilter> patients; ///< empty: of anyone
  std::set<std::string, std::less<>> members;    ///< "Practitioner/x": those of a group that are no patients
  std::optional<base::Millis> since;
};

struct NamedView {
  std::string name; ///< of the output; empty when nobody said
  viewdef::View view;
};

struct ViewRequest {
  std::vector<NamedView> views;
  std::optional<intake::RowFormat> format;
  bool header = true;
  std::optional<int64_t> limit;
  std::string tracking_id;
  Selection selection;
  std::unique_ptr<fhir::Document> body;
  std::vector<fhir::Node> resources; ///< to transform instead of the records; nodes of `body`
};

/// Throws base::Refused or StatusError: 400 for a parameter that is unknown, wrong, given twice or not supported, 404
/// for a view that is not there, 422 for a view that does not compile (all of them are looked at).
ViewRequest read_view_request(Call& call, bool is_export);

} // namespace xinglin::api
