#pragma once
// The text of a resource: where its references stand, and how the store's own members (id, meta.versionId,
// meta.lastUpdated) and rewritten references are spliced in while every other byte stays as it was sent. Pure
// functions.

#include "lib/base/clock.h"
#include "lib/fhir/json.h"

#include <string>
#include <string_view>
#include <vector>

namespace xinglin::store {

/// A reference by its form (https://hl7.org/fhir/R4/references.html#literal).
enum class ReferenceForm : uint8_t {
  relative,    ///< Type/id, Type/id/_history/n: must exist here
  contained,   ///< #id
  urn,         ///< urn:uuid:..., urn:oid:...: within the transaction
  conditional, ///< Type?query
  outside,     ///< an absolute address
  unreadable,
};

struct ReferenceText {
  ReferenceForm form = ReferenceForm::unreadable;
  std::string_view type, id; ///< relative; type alone for a conditional
  std::string_view query;    ///< conditional: after the question mark
  std::string_view rest;     ///< relative: "/_history/3" or empty
};
ReferenceText read_reference(std::string_view text);

/// A place in a resource where a reference stands.
struct FoundReference {
  fhir::Node value;       ///< the string
  std::string path;       ///< without positions and the last `.reference`: "Observation.subject"
  std::string expression; ///< with positions: "Observation.component[0].valueReference.reference"
  bool is_link = false;   ///< a url that may name a urn:uuid of the transaction, else is nothing to the store
};
/// All Reference.reference values, in order; also urls of the form urn:uuid. Entries of a stored Bundle are its own
/// world and are left out.
std::vector<FoundReference> find_references(fhir::Node resource);

/// A resource without its version and time; they go in at `stamp_at`.
struct UnstampedText {
  std::string text;
  size_t stamp_at = 0;
  bool operator==(const UnstampedText&) const = default;
};

struct Replacement {
  fhir::Node value;
  std::string text; ///< new string, unescaped
};
/// Sets the id, takes meta.versionId and meta.lastUpdated out, puts the replacements in. The resource must be an object
/// with a resourceType.
UnstampedText unstamp(fhir::Node resource, std::string_view id, const std::vector<Replacement>& replacements = {});
std::string stamp(std::string_view text, size_t stamp_at, int64_t version, base::Millis recorded_at, base::Zone zone);

/// The resource that decides where this one is placed, as "Patient/id": the resident it is about, else the
/// organisation, else empty. `type` and `id` are those of the resource itself.
std::string placement_of(std::string_view type, std::string_view id, const std::vector<FoundReference>& references,
                         const std::vector<std::string>& targets);

} // namespace xinglin::store
