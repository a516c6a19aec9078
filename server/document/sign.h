#pragma once
// A signed report (签发): what was said, frozen, with all that is needed to say it again or to tell what changed since.
// Kept as a FHIR Composition, status final (https://hl7.org/fhir/R4/composition.html), written by the caller through
// program::Program::write; nothing here reads a clock or writes.
//
//   extension urn:xinglin:report   template, templateHash, catalogHash, engineVersion, period, asOf, treeDate, textHash
//   extension urn:xinglin:figure   text, format, address, compared, digest, paragraph: one for each printed figure
//   section 正文                    the text, a paragraph each; section 数据核对 the findings as they stood

#include "server/document/report.h"

#include <string>
#include <string_view>
#include <vector>

namespace xinglin::document {

inline constexpr std::string_view k_report_extension = "urn:xinglin:report";
inline constexpr std::string_view k_figure_extension = "urn:xinglin:figure";

struct Signature {
  std::string author;    ///< "Practitioner/ID": who signs
  std::string signed_at; ///< FHIR instant or dateTime
};

struct SignedFigure {
  std::string text, format;
  indicator::Address address;
  std::optional<indicator::Address> compared;
  std::string digest;
  size_t paragraph = 0;
};

struct SignedReport {
  std::string template_id, template_hash, catalog_hash, engine_version;
  std::string org, title, author, signed_at;
  base::Period period = base::Period::year_of(2000);
  indicator::AsOf as_of;
  std::string tree_date; ///< YYYY-MM-DD
  std::string text;      ///< as Report::text()
  std::vector<SignedFigure> figures;
};

/// The Composition, without an id. Throws Refused(invalid) when author or time are not such, or the report has no
/// figures' digests.
std::string sign(const Report& report, const Signature& signature);

/// Reads it back. Throws Refused(malformed) when it is no signed report, Refused(invalid) when its text is not the one
/// that was signed (by its hash).
SignedReport read_signed(std::string json);

/// What to ask make_report for to get the same text again, to the byte, given the catalog of `catalog_hash`
/// (package::load_kept).
Request request_of(const SignedReport& report);

/// What changed between a signed report and the same one made now; see compare().
std::vector<Change> changes_since(const indicator::Engine& engine, const SignedReport& before, const Report& now);

} // namespace xinglin::document
