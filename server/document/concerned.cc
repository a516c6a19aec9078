#include "server/document/concerned.h"

#include "server/package/derived.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace xinglin::document {

namespace {

using Ids = std::set<std::string>;

/// The indicators with rows of their own that `id` (or average(ID), days(ID)) is made of.
const Ids& leaves_of(const std::string& name, const package::Catalog& catalog, std::map<std::string, Ids>& known) {
  auto [place, is_new] = known.try_emplace(name);
  if (!is_new) return place->second; // also while it is being filled: a circle ends here
  std::string id = name;
  if (size_t open = id.find('('); open != std::string::npos && id.ends_with(')'))
    id = id.substr(open + 1, id.size() - open - 2);
  Ids out;
  auto found = catalog.indicators.find(id);
  if (found != catalog.indicators.end()) {
    const auto& indicator = found->second;
    if (indicator.kind == package::IndicatorKind::derived) {
      for (const auto& part : package::indicators_of(package::parse_derived(indicator.derived)))
        out.merge(Ids(leaves_of(part, catalog, known)));
    } else {
      out.insert(id);
      if (!indicator.population.empty()) out.merge(Ids(leaves_of(indicator.population, catalog, known)));
    }
  }
  return known[name] = std::move(out);
}

/// Is one of the addresses that of a figure that the printed one rests on?
bool rests_on(const PrintedFigure& printed, const std::vector<indicator::Address>& addresses) {
  const auto is_at = [&](const indicator::Figure& figure) {
    return std::any_of(addresses.begin(), addresses.end(), [&](const indicator::Address& address) {
      return address.to_string() == figure.address.to_string();
    });
  };
  return is_at(printed.figure) || (printed.compared && is_at(*printed.compared)) ||
         std::any_of(printed.others.begin(), printed.others.end(), is_at);
}

} // namespace

void name_concerned(Report& report, const package::Catalog& catalog) {
  std::map<std::string, Ids> known;
  const auto concerns = [&](size_t section, size_t finding) {
    auto& list = report.sections.at(section).findings;
    if (list.empty() || list.back() != finding) list.push_back(finding);
  };
  for (size_t number = 0; number < report.findings.size(); ++number) {
    auto& finding = report.findings[number];
    if (finding.code == "no_value" || finding.code == "no_base") { // these quote the text themselves
      for (const auto& printed : report.figures)
        if (rests_on(printed, finding.addresses)) concerns(report.paragraphs[printed.paragraph].section, number);
      continue;
    }
    Ids touched;
    for (const auto& address : finding.addresses)
      touched.merge(Ids(leaves_of(address.indicator, catalog, known)));
    std::string zh, en;
    std::set<std::pair<std::string, std::string>> said;
    for (const auto& printed : report.figures) {
      const auto& id = printed.figure.address.indicator;
      const auto& leaves = leaves_of(id, catalog, known);
      bool shares = std::any_of(leaves.begin(), leaves.end(), [&](const auto& leaf) { return touched.contains(leaf); });
      if (shares) concerns(report.paragraphs[printed.paragraph].section, number);
      if (!shares || !printed.figure.indicator || !said.emplace(id, printed.text).second) continue;
      zh += fmt::format("{}“{}”{}", zh.empty() ? "" : "、", printed.figure.indicator->title.zh, printed.text);
      en += fmt::format("{}{} \"{}\"", en.empty() ? "" : ", ", printed.figure.indicator->title.in("en"), printed.text);
    }
    if (zh.empty()) continue;
    finding.text.zh += "涉及文中" + zh + "。";
    finding.text.en += " Printed in the text: " + en + ".";
  }
}

} // namespace xinglin::document
