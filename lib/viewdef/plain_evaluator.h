#pragma once
// For tests: a view run as the specification's processing algorithm says it, word by word: each path by itself for each
// focus, with tables of partial rows and their products. Slow, and as plain as can be.
// https://build.fhir.org/ig/FHIR/sql-on-fhir-v2/StructureDefinition-ViewDefinition.html, "Processing Algorithm"

#include "lib/base/issue.h"
#include "lib/base/text.h"
#include "lib/fhirpath/expression.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace xinglin::viewdef {

/// Column names and cells; a missing column is null.
using PlainRow = std::map<std::string, std::optional<std::string>>;

class PlainEvaluator {
public:
  explicit PlainEvaluator(fhir::Node view) : m_view(view) {
    for (const fhir::Node constant : view["constant"])
      for (const fhir::Node member : constant)
        if (member.name().starts_with("value")) m_constants.emplace_back(constant["name"].text(), member);
  }

  /// What is wrong with a cell stands in it as k_wrong, and `saw_wrong` says that the algorithm would have thrown: a
  /// run may pass over what is in no row.
  static constexpr const char* k_wrong = "\x01wrong";
  bool saw_wrong = false;
  /// Throws base::Refused for a where that is no condition.
  std::vector<PlainRow> run(fhir::Node resource) {
    saw_wrong = false;
    if (resource["resourceType"].text() != m_view["resource"].text()) return {};
    m_resource = resource;
    const Focus focus{resource, std::string(m_view["resource"].text()), 0};
    for (const fhir::Node where : m_view["where"]) {
      const auto result = evaluate(where["path"].text(), focus);
      if (result.size() > 1) throw base::Refused(base::Refusal::invalid, "invalid", "many");
      if (result.empty() || fhirpath::to_text(result[0]) != "true") return {};
    }
    std::vector<PlainRow> rows{{}};
    for (const fhir::Node select : m_view["select"])
      rows = product(rows, process(select, focus));
    return rows;
  }

private:
  struct Focus {
    fhir::Node node;
    std::string type;
    int64_t row_index = 0;
  };

  fhirpath::Collection evaluate(std::string_view path, const Focus& focus) {
    fhirpath::Environment environment;
    environment.variables["rowIndex"] = {{focus.row_index, "Integer", {}}};
    for (const auto& [name, value] : m_constants)
      environment.variables[name] = {{std::string(value.text()), "String", {}}};
    environment.variables["resource"] = {{m_resource, m_view["resource"].text(), {}}};
    auto& expression = m_expressions[{std::string(path), focus.type}];
    if (!expression) expression = fhirpath::Expression::compile(path, focus.type);
    return expression->evaluate(focus.node, environment);
  }

  std::vector<Focus> foci_of(std::string_view path, const Focus& focus) {
    std::vector<Focus> out;
    for (const auto& item : evaluate(path, focus))
      out.push_back({std::get<fhir::Node>(item.data), std::string(item.type), 0});
    return out;
  }

  void traverse(fhir::Node select, const Focus& focus, std::vector<Focus>& out) {
    for (const fhir::Node path : select["repeat"])
      for (const Focus& found : foci_of(path.text(), focus)) {
        out.push_back(found);
        traverse(select, found, out);
      }
  }

  std::vector<PlainRow> process(fhir::Node select, const Focus& focus) {
    // 1. The foci.
    std::vector<Focus> foci;
    if (select["repeat"])
      traverse(select, focus, foci);
    else if (select["forEach"])
      foci = foci_of(select["forEach"].text(), focus);
    else if (select["forEachOrNull"])
      foci = foci_of(select["forEachOrNull"].text(), focus);
    else
      foci = {focus};
    const bool iterates = select["repeat"] || select["forEach"] || select["forEachOrNull"];
    std::vector<PlainRow> out;
    for (size_t i = 0; i < foci.size(); ++i) {
      if (iterates) foci[i].row_index = static_cast<int64_t>(i);
      // 2.2 Columns, 2.3 selects, 2.4 unions, 2.5 their product.
      std::vector<PlainRow> rows{{}};
      for (const fhir::Node column : select["column"])
        rows = product(rows, {{{std::string(column["name"].text()), cell(column, foci[i])}}});
      for (const fhir::Node inner : select["select"])
        rows = product(rows, process(inner, foci[i]));
      if (select["unionAll"]) {
        std::vector<PlainRow> all;
        for (const fhir::Node branch : select["unionAll"])
          for (auto& row : process(branch, foci[i]))
            all.push_back(std::move(row));
        rows = product(rows, all);
      }
      out.insert(out.end(), rows.begin(), rows.end());
    }
    // 3. The blank row.
    if (foci.empty() && select["forEachOrNull"]) {
      out.emplace_back();
      blank(select, out.back());
    }
    return out;
  }

  static void blank(fhir::Node select, PlainRow& row) {
    for (const fhir::Node column : select["column"])
      row[std::string(column["name"].text())] =
          column["path"].text() == "%rowIndex" ? std::optional<std::string>("0") : std::nullopt;
    for (const fhir::Node inner : select["select"])
      blank(inner, row);
    for (const fhir::Node branch : select["unionAll"])
      blank(branch, row);
  }

  std::optional<std::string> cell(fhir::Node column, const Focus& focus) {
    try {
      return right_cell(column, focus);
    } catch (const base::Refused&) {
      saw_wrong = true;
      return k_wrong;
    }
  }

  std::optional<std::string> right_cell(fhir::Node column, const Focus& focus) {
    const auto values = evaluate(column["path"].text(), focus);
    if (column["collection"].boolean()) {
      std::string list = "[";
      for (const auto& value : values)
        list += (list.size() > 1 ? "," : "") + json(value);
      return list + "]";
    }
    if (values.size() > 1) throw base::Refused(base::Refusal::invalid, "invalid", "many values");
    if (values.empty() || is_null(values[0])) return {};
    return text(values[0]);
  }

  static bool is_null(const fhirpath::Value& value) {
    const auto* node = std::get_if<fhir::Node>(&value.data);
    return node && !*node;
  }

  static std::string text(const fhirpath::Value& value) {
    const auto shown = fhirpath::to_text(value);
    if (!shown) throw base::Refused(base::Refusal::invalid, "invalid", "a structure");
    return *shown;
  }

  static std::string json(const fhirpath::Value& value) {
    if (is_null(value)) return "null";
    const auto* node = std::get_if<fhir::Node>(&value.data);
    const bool plain = node ? node->kind() == fhir::Kind::number || node->kind() == fhir::Kind::boolean
                            : std::holds_alternative<bool>(value.data) || std::holds_alternative<int64_t>(value.data) ||
                                  std::holds_alternative<base::Decimal>(value.data);
    std::string out;
    if (plain)
      out = text(value);
    else
      base::append_json_string(out, text(value));
    return out;
  }

  static std::vector<PlainRow> product(const std::vector<PlainRow>& left, const std::vector<PlainRow>& right) {
    std::vector<PlainRow> out;
    for (const PlainRow& a : left)
      for (const PlainRow& b : right) {
        out.push_back(a);
        out.back().insert(b.begin(), b.end());
      }
    return out;
  }

  fhir::Node m_view, m_resource;
  std::map<std::pair<std::string, std::string>, std::optional<fhirpath::Expression>>
      m_expressions; ///< by path and type
  std::vector<std::pair<std::string, fhir::Node>> m_constants;
};

} // namespace xinglin::viewdef
