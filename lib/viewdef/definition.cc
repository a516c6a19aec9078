#include "lib/viewdef/definition.h"

#include "lib/base/text.h"
#include "lib/fhir/definitions.h"
#include "lib/fhir/primitive.h"
#include "lib/fhirpath/model.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <initializer_list>

namespace xinglin::viewdef {
namespace {

/// Of a ViewDefinition and of every canonical resource.
const std::vector<std::string> k_members = {"resourceType",
                                            "id",
                                            "meta",
                                            "implicitRules",
                                            "language",
                                            "text",
                                            "contained",
                                            "extension",
                                            "url",
                                            "version",
                                            "versionAlgorithmString",
                                            "versionAlgorithmCoding",
                                            "identifier",
                                            "name",
                                            "title",
                                            "status",
                                            "experimental",
                                            "date",
                                            "publisher",
                                            "contact",
                                            "description",
                                            "useContext",
                                            "jurisdiction",
                                            "purpose",
                                            "copyright",
                                            "copyrightLabel",
                                            "resource",
                                            "profile",
                                            "fhirVersion",
                                            "constant",
                                            "select",
                                            "where",
                                            "modifierExtension"};

/// Names that FHIRPath or a view gives a meaning of their own.
constexpr std::array<std::string_view, 10> k_kept_names = {"rowIndex", "resource", "rootResource", "context", "ucum",
                                                           "sct",      "loinc",    "today",        "now",     "vs"};

/// [A-Za-z][A-Za-z0-9_]*: a name in any database.
bool is_sql_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !name.empty() && letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

/// DECIMAL(width,scale) with 1 <= width <= 38.
bool is_decimal_type(std::string_view type) {
  constexpr std::string_view k_begin = "DECIMAL(";
  if (!type.starts_with(k_begin) || !type.ends_with(')')) return false;
  const std::string_view inner = type.substr(k_begin.size(), type.size() - k_begin.size() - 1);
  const size_t comma = inner.find(',');
  if (comma == std::string_view::npos) return false;
  int width = -1;
  int scale = -1;
  const auto read = [](std::string_view text, int& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size();
  };
  return read(inner.substr(0, comma), width) && read(inner.substr(comma + 1), scale) && width >= 1 && width <= 38 &&
         scale >= 0 && scale <= width;
}

/// The one spelling of an SQL type that a tag may ask for; empty when it is none of those.
std::string sql_type_of(std::string_view written) {
  std::string type;
  for (const char c : base::trim(written)) {
    if (c == ' ' && (type.empty() || type.back() == ' ' || type.back() == '(' || type.back() == ',')) continue;
    type += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  if (type == "INT") return "INTEGER";
  if (type == "CHARACTER VARYING" || type == "TEXT" || type == "STRING") return "VARCHAR";
  if (type == "TIMESTAMPTZ") return "TIMESTAMP WITH TIME ZONE";
  if (type.starts_with("NUMERIC(")) type.replace(0, 7, "DECIMAL");
  for (const std::string_view known :
       {"VARCHAR", "INTEGER", "BIGINT", "BOOLEAN", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"})
    if (type == known) return type;
  return is_decimal_type(type) ? type : std::string();
}

class DefinitionReader {
public:
  DefinitionReader(base::Issues& issues) : m_issues(issues) {}

  Definition read(fhir::Node view) {
    Definition out;
    const std::string root = "ViewDefinition";
    if (!view.is_object()) {
      add(root, view, "a ViewDefinition is a JSON object");
      return out;
    }
    known_members(view, root, k_members);
    if (const fhir::Node type = view["resourceType"]; type && type.text() != "ViewDefinition")
      add(root + ".resourceType", type, "this is a \"" + std::string(type.text()) + "\", not a ViewDefinition");
    out.name = text(view, "name", root);
    if (!out.name.empty() && !is_sql_name(out.name))
      add(root + ".name", view["name"], "'" + out.name + "' is no name of a table: letters, digits and _ only");
    versions(view["fhirVersion"]);
    out.resource = text(view, "resource", root);
    if (!view["resource"]) {
      add(root + ".resource", view,
          "the view does not say of which resource it is: add \"resource\": \"Patient\" or another");
    } else if (!out.resource.empty() && !fhir::is_resource_type(out.resource)) {
      const auto types = fhir::resource_types();
      add(root + ".resource", view["resource"],
          "'" + out.resource + "' is not a resource type of FHIR R4" +
              did_you_mean(out.resource, {types.begin(), types.end()}));
    }
    constants(view, out);
    const fhir::Node where = array(view, "where", root);
    size_t position = 0;
    for (const fhir::Node one : where) {
      const std::string place = root + ".where[" + std::to_string(position++) + "]";
      const std::string path = one.is_object() ? text(one, "path", place) : std::string();
      if (one.is_object()) known_members(one, place, {"path", "description"});
      if (path.empty()) add(place + ".path", one, "a where wants a path, as {\"path\": \"active = true\"}");
      out.where.emplace_back(path, place + ".path");
    }
    out.selects = selects(view, "select", root, 1);
    if (!view["select"]) add(root + ".select", view, "the view selects nothing: add \"select\": [{\"column\": [...]}]");
    return out;
  }

private:
  void add(const std::string& place, fhir::Node node, const std::string& text) {
    base::Issue issue;
    issue.code = "structure";
    issue.text = text;
    issue.expression = place;
    issue.line = node ? node.line() : 0;
    m_issues.add(std::move(issue));
  }

  static std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates) {
    const std::string near = base::suggest(word, candidates);
    return near.empty() ? std::string() : ": did you mean '" + near + "'?";
  }

  std::string text(fhir::Node object, std::string_view name, const std::string& place) {
    const fhir::Node value = object[name];
    if (!value) return {};
    if (!value.is_string() || value.text().empty()) {
      add(place + "." + std::string(name), value, "\"" + std::string(name) + "\" must be a text that is not empty");
      return {};
    }
    return std::string(value.text());
  }

  fhir::Node array(fhir::Node object, std::string_view name, const std::string& place) {
    const fhir::Node value = object[name];
    if (!value) return {};
    if (!value.is_array() || value.size() == 0) {
      add(place + "." + std::string(name), value, "\"" + std::string(name) + "\" must be a list that is not empty");
      return {};
    }
    return value;
  }

  void known_members(fhir::Node object, const std::string& place, const std::vector<std::string>& known) {
    for (const fhir::Node member : object)
      known_member(member, place, known);
  }

  void known_member(fhir::Node member, const std::string& place, const std::vector<std::string>& known) {
    const std::string name(member.name());
    if (name == "id" || name == "extension" || name == "modifierExtension" || (!name.empty() && name[0] == '_')) return;
    if (std::find(known.begin(), known.end(), name) == known.end())
      add(place + "." + name, member, "\"" + name + "\" means nothing here" + did_you_mean(name, known));
  }

  /// A view that is not for R4 would be misread.
  void versions(fhir::Node list) {
    if (!list) return;
    const auto is_r4 = [](fhir::Node version) { return version.text().substr(0, 2) == "4."; };
    bool fits = !list.is_array() && is_r4(list);
    if (list.is_array())
      for (const fhir::Node version : list)
        fits = fits || is_r4(version);
    if (!fits)
      add("ViewDefinition.fhirVersion", list,
          "the view is for FHIR " + std::string(list.raw()) + " and the records are FHIR 4.0.1: add \"4.0.1\"");
  }

  void constants(fhir::Node view, Definition& out) {
    size_t position = 0;
    for (const fhir::Node one : array(view, "constant", "ViewDefinition")) {
      const std::string place = "ViewDefinition.constant[" + std::to_string(position++) + "]";
      if (!one.is_object()) {
        add(place, one, "a constant is {\"name\": ..., \"valueString\": ...}");
        continue;
      }
      fhirpath::Constant constant;
      constant.name = text(one, "name", place);
      if (!one["name"]) add(place + ".name", one, "a constant wants a name");
      if (!constant.name.empty()) constant_name(constant.name, place, one["name"], out);
      int values = 0;
      for (const fhir::Node member : one) {
        const std::string_view name = member.name();
        if (name.substr(0, 5) != "value" || name.size() < 6) {
          if (name != "name") known_member(member, place, {"name", "valueString", "valueCode", "valueInteger"});
          continue;
        }
        ++values;
        constant_value(member, place + "." + std::string(name), constant);
      }
      if (values == 0) add(place, one, "the constant has no value: add valueString, valueInteger or another");
      if (values > 1) add(place, one, "the constant has " + std::to_string(values) + " values: keep one");
      out.constants.push_back(std::move(constant));
    }
  }

  void constant_name(const std::string& name, const std::string& place, fhir::Node node, const Definition& out) {
    if (!is_sql_name(name))
      add(place + ".name", node, "'" + name + "' is not a name of a constant: letters, digits and _ only");
    if (std::find(k_kept_names.begin(), k_kept_names.end(), name) != k_kept_names.end())
      add(place + ".name", node, "%" + name + " has a meaning already: choose another name");
    for (const auto& other : out.constants)
      if (other.name == name) add(place + ".name", node, "the view has two constants '" + name + "': rename one");
  }

  void constant_value(fhir::Node member, const std::string& place, fhirpath::Constant& constant) {
    std::string type(member.name().substr(5));
    type[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(type[0])));
    const bool is_long = type == "integer64"; // of FHIR R5; in JSON a text
    const auto* info = fhirpath::Model::r4().fhir(is_long ? "integer" : type);
    if (!info || !info->is_primitive || type == "xhtml" || member.is_object() || member.is_array() ||
        member.kind() == fhir::Kind::null) {
      add(place, member, "a constant is of a primitive type, as valueString or valueInteger");
      return;
    }
    if (is_long) {
      int64_t value = 0;
      const std::string_view text = member.text();
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc() || end != text.data() + text.size())
        add(place, member, "\"" + std::string(text) + "\" is no whole number of 64 bits");
    } else if (const std::string wrong = fhir::check_primitive(fhir::primitive_of(type), member); !wrong.empty()) {
      add(place, member, wrong);
    }
    constant.kind = info->system;
    constant.text = member.text();
  }

  std::vector<SelectDefinition> selects(fhir::Node object, std::string_view name, const std::string& place, int depth) {
    std::vector<SelectDefinition> out;
    if (depth > k_select_depth_max) {
      add(place, object, "selects stand deeper than " + std::to_string(k_select_depth_max) + " levels: flatten them");
      return out;
    }
    size_t position = 0;
    for (const fhir::Node one : array(object, name, place))
      out.push_back(select(one, place + "." + std::string(name) + "[" + std::to_string(position++) + "]", depth));
    return out;
  }

  SelectDefinition select(fhir::Node object, const std::string& place, int depth) {
    SelectDefinition out;
    out.place = place;
    if (!object.is_object()) {
      add(place, object, "a select is a JSON object with column, select or unionAll");
      return out;
    }
    known_members(object, place, {"column", "select", "forEach", "forEachOrNull", "repeat", "unionAll"});
    int iterations = 0;
    for (const std::string_view name : {"forEach", "forEachOrNull"}) {
      if (!object[name]) continue;
      ++iterations;
      out.kind = name == "forEach" ? SelectDefinition::Kind::for_each : SelectDefinition::Kind::for_each_or_null;
      out.paths = {text(object, name, place)};
    }
    if (object["repeat"]) {
      ++iterations;
      out.kind = SelectDefinition::Kind::repeat;
      for (const fhir::Node path : array(object, "repeat", place)) {
        if (!path.is_string() || path.text().empty()) add(place + ".repeat", path, "repeat is a list of paths");
        out.paths.emplace_back(path.text());
      }
    }
    if (iterations > 1) add(place, object, "forEach, forEachOrNull and repeat exclude one another: keep one");
    size_t position = 0;
    for (const fhir::Node one : array(object, "column", place))
      out.columns.push_back(column(one, place + ".column[" + std::to_string(position++) + "]"));
    out.selects = selects(object, "select", place, depth + 1);
    out.union_all = selects(object, "unionAll", place, depth + 1);
    if (!object["column"] && !object["select"] && !object["unionAll"])
      add(place, object, "the select has no column: add column, select or unionAll");
    return out;
  }

  ColumnDefinition column(fhir::Node object, const std::string& place) {
    ColumnDefinition out;
    out.place = place;
    if (!object.is_object()) {
      add(place, object, "a column is {\"name\": ..., \"path\": ...}");
      return out;
    }
    known_members(object, place, {"name", "path", "type", "collection", "description", "tag"});
    out.name = text(object, "name", place);
    out.path = text(object, "path", place);
    out.type = text(object, "type", place);
    if (!object["name"]) add(place + ".name", object, "the column has no name");
    if (!object["path"]) add(place + ".path", object, "the column has no path");
    if (!out.name.empty() && !is_sql_name(out.name))
      add(place + ".name", object["name"], "'" + out.name + "' is not a column name: letters, digits and _ only");
    const fhir::Node collection = object["collection"];
    if (collection && collection.kind() != fhir::Kind::boolean)
      add(place + ".collection", collection, "\"collection\" is true or false");
    out.collection = collection.boolean();
    type(object["type"], place, out);
    tags(object, place, out);
    return out;
  }

  void type(fhir::Node node, const std::string& place, ColumnDefinition& out) {
    if (out.type.empty()) return;
    constexpr std::string_view k_system = "http://hl7.org/fhirpath/System.";
    constexpr std::string_view k_fhir = "http://hl7.org/fhir/StructureDefinition/";
    const auto& model = fhirpath::Model::r4();
    out.is_system = out.type.starts_with(k_system);
    if (out.is_system) out.type.erase(0, k_system.size());
    if (out.type.starts_with(k_fhir)) out.type.erase(0, k_fhir.size());
    if (out.type == "integer64") out.type = "integer"; // of R5
    if (!(out.is_system ? model.system(out.type) : model.fhir(out.type)))
      add(place + ".type", node, "there is no type '" + out.type + "'" + did_you_mean(out.type, model.names()));
  }

  void tags(fhir::Node object, const std::string& place, ColumnDefinition& out) {
    size_t position = 0;
    for (const fhir::Node tag : array(object, "tag", place)) {
      const std::string at = place + ".tag[" + std::to_string(position++) + "]";
      if (!tag.is_object()) {
        add(at, tag, "a tag is {\"name\": ..., \"value\": ...}");
        continue;
      }
      known_members(tag, at, {"name", "value"});
      const std::string name = text(tag, "name", at);
      const std::string value = text(tag, "value", at);
      if (!tag["name"] || !tag["value"]) add(at, tag, "a tag wants a name and a value");
      if (name != "ansi/type" || value.empty()) continue; // other tags are for other programs
      out.sql_type = sql_type_of(value);
      if (out.sql_type.empty())
        add(at + ".value", tag["value"],
            "'" + value +
                "' is no SQL type a column can have: VARCHAR, INTEGER, BIGINT, BOOLEAN, DATE, TIME, TIMESTAMP, "
                "TIMESTAMP WITH TIME ZONE or DECIMAL(width,scale)");
    }
  }

  base::Issues& m_issues;
};

} // namespace

Definition read_definition(fhir::Node view, base::Issues& issues) {
  return DefinitionReader(issues).read(view);
}

} // namespace xinglin::viewdef
