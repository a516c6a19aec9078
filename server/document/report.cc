#include "server/document/report.h"

#include "lib/base/id.h"
#include "lib/base/issue.h"
#include "lib/base/text.h"
#include "server/document/concerned.h"
#include "server/document/evaluate.h"
#include "server/document/template.h"
#include "server/package/returns_of.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <tuple>

namespace xinglin::document {

namespace {

constexpr size_t k_sourced_rows_max = 100; ///< of one figure, read for the annex

using base::Refusal;
using base::Refused;

const package::DocumentTemplate& find_template(const package::Catalog& catalog, const std::string& id) {
  auto found = catalog.documents.find(id);
  if (found != catalog.documents.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [name, document] : catalog.documents)
    known.push_back(name);
  std::string nearest = base::suggest(id, known);
  throw Refused(Refusal::not_found, "not-found",
                fmt::format("there is no document '{}'; {}", id,
                            !nearest.empty() ? "did you mean '" + nearest + "'?"
                            : known.empty()  ? std::string("no program has one (documents/*.md)")
                                             : fmt::format("there are: {}", fmt::join(known, ", "))));
}

/// Asks the engine once for each organisation and period instead of once for each figure.
class Figures {
public:
  Figures(const indicator::Engine& engine, indicator::AsOf as_of, const base::Period& period,
          const std::vector<Wanted>& wanted) {
    std::map<std::pair<std::string, std::string>, std::vector<const Wanted*>> groups;
    for (const auto& one : wanted)
      groups[{one.org, one.period.to_string()}].push_back(&one);
    for (const auto& [place, group] : groups) {
      std::vector<std::string> ids;
      for (const auto* one : group)
        ids.push_back(one->indicator);
      std::vector<indicator::Figure> figures;
      try {
        figures = engine.figures(ids, place.first, group.front()->period, as_of);
      } catch (const Refused& refused) {
        // An organisation founded this year has no last year: its figures are then missing, not wrong.
        if (refused.kind() != Refusal::not_found || !(group.front()->period.last() < period.first())) throw;
        for (const auto* one : group)
          figures.push_back(absent(engine, *one, as_of));
      }
      for (size_t i = 0; i < figures.size(); ++i)
        m_figures.emplace(key(*group[i]), std::move(figures[i]));
    }
  }
  const indicator::Figure& at(const Wanted& wanted) const { return m_figures.at(key(wanted)); }

private:
  static std::string key(const Wanted& wanted) {
    return wanted.indicator + ' ' + wanted.org + ' ' + wanted.period.to_string();
  }
  static indicator::Figure absent(const indicator::Engine& engine, const Wanted& wanted, indicator::AsOf as_of) {
    indicator::Figure out;
    out.indicator = &engine.catalog().indicators.at(wanted.indicator);
    out.address.indicator = wanted.indicator;
    out.address.hash = out.indicator->hash;
    out.address.org = wanted.org;
    out.address.tree_date = wanted.period.last().to_string();
    out.address.period = wanted.period;
    out.address.as_of = as_of;
    return out;
  }
  std::map<std::string, indicator::Figure> m_figures;
};

/// 来源：全市卫生健康统计公报（2021-02-05发布）；说明：…, of a figure from outside; else empty.
std::string note_of(const indicator::Engine& engine, const indicator::Figure& figure,
                    std::map<std::string, std::string>& known) {
  // OPTIMIZATION: what is counted from records has no source to be read.
  if (!figure.value || figure.indicator->grain != package::Grain::returned) return {};
  auto [place, is_new] = known.try_emplace(figure.address.to_string());
  if (!is_new) return place->second;
  for (const auto& row : engine.trace(figure.address, k_sourced_rows_max).rows) {
    if (row.source.empty()) continue;
    std::string one = fmt::format("来源：{}（{}发布）", row.source, row.issued);
    if (!row.note.empty()) one += "；说明：" + row.note;
    if (place->second.find(one) == std::string::npos) place->second += (place->second.empty() ? "" : "\n") + one;
  }
  return place->second;
}

/// The digest of the counted rows; of all figures when the words rest on several.
std::string digest_of(const indicator::Engine& engine, const PrintedFigure& figure,
                      std::map<std::string, std::string>& known) {
  auto one = [&](const indicator::Figure& counted) -> const std::string& {
    auto [place, is_new] = known.try_emplace(counted.address.to_string());
    if (!is_new) return place->second;
    try {
      place->second = engine.digest(counted.address);
    } catch (const Refused& refused) {
      if (refused.kind() != Refusal::not_found || counted.value) throw;
      place->second = base::sha256_hex(""); // the organisation was not there: no rows
    }
    return place->second;
  };
  std::string out = one(figure.figure);
  if (figure.compared) out = base::sha256_hex(out + '\n' + one(*figure.compared));
  for (const auto& other : figure.others)
    out = base::sha256_hex(out + '\n' + one(other));
  return out;
}

/// A template's sections with their titles as written.
std::vector<ReportSection> sections_of(const Template& source, const package::Catalog& catalog) {
  std::vector<ReportSection> out;
  for (const auto& section : source.sections) {
    ReportSection& one = out.emplace_back();
    one.title = section.title;
    one.within = section.within;
    one.owner = section.owner;
    for (const auto& form : package::returns_of(section.indicators, catalog))
      one.returns.push_back(form);
  }
  return out;
}

/// Notes for each section the returns that its figures draw on outside the report's own organisation and period.
void look_elsewhere(Report& report, const package::Catalog& catalog) {
  using Place = std::pair<std::string, std::string>; // organisation, period
  std::vector<std::map<Place, std::pair<base::Period, std::vector<std::string>>>> drawn(report.sections.size());
  for (const auto& printed : report.figures) {
    auto& places = drawn.at(report.paragraphs[printed.paragraph].section);
    const auto note = [&](const indicator::Figure& figure) {
      const auto& [org, period] = std::tie(figure.address.org, figure.address.period);
      if (org == report.org && !(period.first() < report.period.first()) && !(report.period.last() < period.last()))
        return;
      places.try_emplace(Place{org, period.to_string()}, period, std::vector<std::string>{})
          .first->second.second.push_back(figure.address.indicator);
    };
    note(printed.figure);
    if (printed.compared) note(*printed.compared);
    for (const auto& other : printed.others)
      note(other);
  }
  for (size_t i = 0; i < drawn.size(); ++i)
    for (const auto& [place, what] : drawn[i]) {
      const auto forms = package::returns_of(what.second, catalog);
      if (!forms.empty())
        report.sections[i].elsewhere.push_back({place.first, what.first, {forms.begin(), forms.end()}});
    }
}

std::string text_of(const Paragraph& paragraph) {
  std::string text;
  for (const auto& run : paragraph.runs)
    text += run.text;
  return text;
}

} // namespace

Report make_report(const indicator::Engine& engine, const Request& request) {
  // 1. The template, whole and right, before anything is computed.
  const auto& catalog = engine.catalog();
  const auto& document = find_template(catalog, request.template_id);
  base::Issues issues;
  Template source = parse_template(document, catalog, issues);
  if (issues.has_errors()) throw Refused(Refusal::invalid, std::move(issues));

  // 2. For whom and as of when.
  Report report;
  report.template_id = document.id;
  report.template_hash = base::sha256_hex(document.text);
  report.catalog_hash = catalog.hash;
  report.engine_version = XINGLIN_VERSION;
  report.org = request.org;
  report.period = request.period;
  report.as_of = request.as_of ? *request.as_of : engine.now();
  for (const auto& organization : engine.organizations(report.as_of))
    if (organization.id == request.org) report.org_name = organization.name;
  if (report.org_name.empty())
    throw Refused(Refusal::not_found, "not-found",
                  fmt::format("there is no organisation '{}' as of {}", request.org, report.as_of.to_string()));

  // 3. All figures, then the words.
  Context context{report.org, report.org_name, report.period, &catalog};
  Figures figures(engine, report.as_of, report.period, wanted_figures(source, context));
  evaluate(source, context, [&](const Wanted& wanted) { return figures.at(wanted); }, report);

  // 4. Its sections, with their titles as printed.
  report.sections = sections_of(source, catalog);
  for (size_t i = 0; i < report.paragraphs.size(); ++i)
    report.paragraphs[i].section = source.blocks[i].section;
  for (size_t i = 0; i < report.sections.size(); ++i)
    if (source.sections[i].has_heading)
      report.sections[i].title = text_of(report.paragraphs[source.sections[i].heading]);
  for (size_t i = 0; i < report.sections.size(); ++i)
    for (size_t at = source.sections[i].heading; !report.sections[i].within.empty() && at-- > 0;)
      if (report.paragraphs[at].kind == Paragraph::Kind::heading1) {
        report.sections[i].within = text_of(report.paragraphs[at]);
        break;
      }
  for (const auto& figure : report.figures)
    ++report.sections.at(report.paragraphs[figure.paragraph].section).figures;
  look_elsewhere(report, catalog);

  // 5. What each number was counted from, and what does not fit together.
  std::map<std::string, std::string> digests, notes;
  std::vector<std::string> indicators;
  std::set<std::string> seen;
  for (auto& figure : report.figures) {
    figure.digest = digest_of(engine, figure, digests);
    figure.note = note_of(engine, figure.figure, notes);
    if (figure.figure.address.org == report.org && seen.insert(figure.figure.address.indicator).second)
      indicators.push_back(figure.figure.address.indicator);
  }
  for (auto& finding : engine.findings(indicators, report.org, report.period, report.as_of))
    report.findings.push_back(std::move(finding));
  name_concerned(report, catalog);
  return report;
}

Outline outline(const package::DocumentTemplate& document, const package::Catalog& catalog) {
  base::Issues issues; // a template with errors is not in the catalog
  const Template source = parse_template(document, catalog, issues);
  return {source.title.empty() ? document.id : source.title, sections_of(source, catalog)};
}

base::Issues check_template(const package::DocumentTemplate& document, const package::Catalog& catalog) {
  base::Issues issues;
  parse_template(document, catalog, issues);
  return issues;
}

} // namespace xinglin::document
