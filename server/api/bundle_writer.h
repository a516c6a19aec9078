#pragma once
// The Bundles that this server sends (https://hl7.org/fhir/R4/bundle.html).

#include "server/api/call.h"
#include "server/api/respond.h"

namespace xinglin::api {

class BundleWriter {
public:
  BundleWriter(const Call& call, std::string_view type);
  void total(int64_t total);
  /// `query` as after '?'; `path` below the base, e.g. "Patient" (empty query = none).
  void link(std::string_view relation, std::string_view path, std::string_view query);
  /// A match or an include of a search.
  void search_entry(const store::Version& version, std::string_view mode, const Shape& shape);
  void outcome_entry(const base::Issues& issues);
  void history_entry(const store::Version& version);
  /// An entry of a batch or transaction response: from what the interaction answered.
  void response_entry(const http::Response& response);
  std::string take();

private:
  void open_entries();
  const Call* m_call;
  fhir::JsonWriter m_json;
  std::string m_links;
  bool m_entries_open = false;
};

} // namespace xinglin::api
