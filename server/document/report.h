#pragma once
// Documents: text with numbers in it, each number with an address. A template is Markdown with figures in braces; what
// comes out is the official document (.docx by GB/T 9704-2012), a page (HTML) and an annex (.xlsx).

#include "server/indicator/engine.h"

#include <string>
#include <vector>

namespace xinglin::document {

/// A number printed in a document.
struct PrintedFigure {
  std::string text;   ///< as printed: "62236", "16.4%", "无"
  std::string format; ///< as asked in the braces
  indicator::Figure figure;
  std::optional<indicator::Figure> compared; ///< the figure it is compared with (同期, 上期)
  std::vector<indicator::Figure> others;     ///< what else the words rest on: years before, months, a target
  /// Our own figure, where an authority above rules and its figure is printed (authority: upper:SYSTEM).
  std::optional<indicator::Figure> own;
  std::string note; ///< where an authority's figure comes from, and what was said of the difference
  size_t paragraph = 0;
  std::string digest;              ///< of the counted rows, and of those it is compared with: sha256
  bool rounding_truncates = false; ///< 截尾 was asked for
  int line = 0;                    ///< of the template
};

struct Run {
  std::string text;
  int figure = -1; ///< index into Report::figures, -1 = prose
};
struct Paragraph {
  enum class Kind : uint8_t { title, heading1, heading2, heading3, body } kind = Kind::body;
  std::vector<Run> runs;
  size_t section = 0; ///< of Report::sections
};
/// Returns of another period, or of another organisation, that a section's figures are set beside or looked up in.
struct ReturnsElsewhere {
  std::string org;
  base::Period period;
  std::vector<std::string> returns; ///< forms
};
/// A part of the document that one department answers for.
struct ReportSection {
  std::string title;                       ///< as printed; empty: what stands before the first heading
  std::string within;                      ///< the heading that its own stands beneath, if that is not the title
  base::Text owner;                        ///< 科室; empty where the template names none
  size_t figures = 0;                      ///< it prints
  std::vector<std::string> returns;        ///< forms of the returns that its figures are counted from
  std::vector<ReturnsElsewhere> elsewhere; ///< last year's, say; none of the report's own organisation and period
  std::vector<size_t> findings;            ///< of Report::findings, those that concern its figures
};

struct Report {
  std::string template_id, template_hash, catalog_hash, engine_version;
  std::string org, org_name;
  base::Period period = base::Period::year_of(2000);
  indicator::AsOf as_of;
  std::vector<Paragraph> paragraphs;
  std::vector<PrintedFigure> figures;
  std::vector<indicator::Finding> findings;
  std::vector<ReportSection> sections;
  std::string text() const;  ///< the plain text, one paragraph a line (findings are beside it, not in it)
  std::string title() const; ///< of the document: its title paragraph, else the template's id
};

struct Request {
  std::string template_id;
  std::string org;
  base::Period period = base::Period::year_of(2000);
  std::optional<indicator::AsOf> as_of;
};

/// Throws Refused(not_found) for an unknown template, Refused(invalid) for a template error: file, line, mend.
Report make_report(const indicator::Engine& engine, const Request& request);
/// What a template says of itself before it is made for anyone: {org} and {period} stand in its titles as written.
struct Outline {
  std::string title; ///< else the template's id
  std::vector<ReportSection> sections;
};
Outline outline(const package::DocumentTemplate& document, const package::Catalog& catalog);
/// The issues of a template against the catalog, without figures (used by the package checker).
base::Issues check_template(const package::DocumentTemplate& document, const package::Catalog& catalog);

/// Bytes of the files: the same report gives the same bytes. `base_url` ("http://127.0.0.1:8080") makes each figure a
/// link to its trace, BASE/#/trace/ADDRESS; "" = none (HTML: relative). The findings stand after the text in a part of
/// their own, 数据核对. In the .docx each figure is a bookmark figure_N; the part customXml/item1.xml says its address.
std::string to_docx(const Report& report, std::string_view base_url = {});
std::string to_html(const Report& report, std::string_view base_url);
std::string to_xlsx(const Report& report, std::string_view base_url);
std::string to_json(const Report& report);

/// Where the trace of a figure is shown.
std::string trace_link(const indicator::Address& address, std::string_view base_url);

/// What changed between a report and the same one as of another commit: each figure whose printed text differs or whose
/// counted rows do (two changes may leave a sum as it was), and the records that did it.
struct Change {
  PrintedFigure before, after; ///< a figure printed on one side only has empty text on the other
  bool text_differs = false;
  std::vector<indicator::Engine::RowChange> records;
};
std::vector<Change> compare(const indicator::Engine& engine, const Report& before, const Report& after);

} // namespace xinglin::document
