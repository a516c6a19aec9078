// https://hl7.org/fhir/R4/http.html#history
#include "server/api/bundle_writer.h"
#include "server/api/interactions.h"

#include <charconv>

namespace xinglin::api {

namespace {

constexpr int64_t k_history_count = 50;      ///< versions a page when _count does not say
constexpr int64_t k_history_count_max = 500; ///< and at most; a commit is not torn apart for it

/// A page ends where a commit ends, so that the next can begin with "older than that commit".
struct Page {
  std::vector<store::Version> versions;
  store::CommitNumber next_before = 0; ///< 0 = the last page
};

Page page_of(const store::Snapshot& snapshot, std::string_view type, std::string_view id, size_t count,
             store::CommitNumber before) {
  Page page;
  for (size_t asked = count + 1;; asked *= 4) {
    page.versions = snapshot.history(type, id, asked, before);
    if (page.versions.size() < asked) { // all there are
      if (page.versions.size() <= count) return page;
    }
    // Cut at the last commit that fits; where the first alone is longer than a page, after it.
    size_t end = std::min(count, page.versions.size());
    while (end > 0 && end < page.versions.size() && page.versions[end].commit == page.versions[end - 1].commit)
      --end;
    if (end == 0) {
      end = 1;
      while (end < page.versions.size() && page.versions[end].commit == page.versions[0].commit)
        ++end;
      if (end == page.versions.size() && page.versions.size() == asked) continue;
    }
    const bool more = end < page.versions.size();
    page.versions.resize(end);
    if (more) page.next_before = page.versions.back().commit;
    return page;
  }
}

http::Response history(Call& call, const std::string& path, const std::string& type, const std::string& id) {
  const auto count = static_cast<size_t>(call.number("_count", k_history_count, 1, k_history_count_max));
  const store::CommitNumber before = call.number("_before", 0, 0, INT64_MAX);
  std::optional<base::Millis> since;
  if (const auto text = call.parameter("_since")) {
    since = base::parse_instant(*text);
    if (!since)
      throw base::Refused(base::Refusal::malformed, "value",
                          "\"" + *text +
                              "\" is not an instant; write _since as 2023-05-01T08:30:00+08:00 (the plus as "
                              "%2B).");
  }
  if (call.prefer.strict)
    for (const auto& [name, value] : call.query)
      if (name != "_count" && name != "_before" && name != "_since" && name != "_format" && name != "_pretty")
        throw base::Refused(base::Refusal::malformed, "not-supported",
                            "History has no parameter \"" + name + "\"; use _count and _since.");
  const auto snapshot = call.services->store->snapshot();
  if (!id.empty() && !snapshot->read(type, id))
    throw base::Refused(base::Refusal::not_found, "not-found", "There is no " + type + "/" + id + ".");
  Page page = page_of(*snapshot, type, id, count, before);
  if (since) {
    // Newest first: the first that is too old ends the list.
    size_t kept = 0;
    while (kept < page.versions.size() && page.versions[kept].recorded_at >= *since)
      ++kept;
    if (kept < page.versions.size()) page.next_before = 0;
    page.versions.resize(kept);
  }
  BundleWriter bundle(call, "history");
  if (before == 0 && page.next_before == 0) bundle.total(static_cast<int64_t>(page.versions.size()));
  bundle.link("self", path, call.request->query);
  if (page.next_before > 0) {
    std::string next = "_count=" + std::to_string(count) + "&_before=" + std::to_string(page.next_before);
    if (since) next += "&_since=" + http::percent_encode(*call.parameter("_since"));
    bundle.link("next", path, next);
  }
  for (const store::Version& version : page.versions)
    bundle.history_entry(version);
  return json_response(200, bundle.take(), k_fhir_json);
}

} // namespace

http::Response history_of_resource(Call& call) {
  const std::string type = resource_type(call), id = resource_id(call);
  return history(call, type + "/" + id + "/_history", type, id);
}

http::Response history_of_type(Call& call) {
  const std::string type = resource_type(call);
  return history(call, type + "/_history", type, {});
}

http::Response history_of_system(Call& call) {
  return history(call, "_history", {}, {});
}

} // namespace xinglin::api
