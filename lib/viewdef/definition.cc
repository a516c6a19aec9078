#include "lib/viewdef/definition.h"

#include "lib/base/text.h"
#include "lib/fhir/definitions.h"
#include "lib/fhirpath/model.h"

#include <algorithm>
#include <initializer_list>

namespace xinglin::viewdef {
namespace {

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
    for (const fhir::Node member : object) {
      const std::string name(member.name());
      if (name == "id" || name == "extension" || (!name.empty() && name[0] == '_')) continue;
      if (std::find(known.begin(), known.end(), name) == known.end())
        add(place + "." + name, member, "\"" + name + "\" means nothing here" + did_you_mean(name, known));
    }
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
      if (constant.name.empty()) add(place + ".name", one, "a constant wants a name");
      bool found = false;
      for (const fhir::Node member : one) {
        const std::string_view name = member.name();
        if (name.substr(0, 5) != "value" || name.size() < 6) continue;
        std::string type(name.substr(5));
        type[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(type[0])));
        const auto* info = fhirpath::Model::r4().fhir(type);
        if (!info || !info->is_primitive || member.is_object() || member.is_array()) {
          add(place + "." + std::string(name), member,
              "a constant is of a primitive type, as valueString or valueInteger");
        }
        found = true;
        constant.kind = info ? info->system : fhirpath::SystemKind::string;
        constant.text = member.text();
      }
      if (!found) add(place, one, "the constant has no value: add valueString, valueInteger or another");
      out.constants.push_back(std::move(constant));
    }
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
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const bool well_named =
        out.name.empty() || (letter(out.name[0]) && std::all_of(out.name.begin(), out.name.end(), [&](char c) {
                               return letter(c) || (c >= '0' && c <= '9') || c == '_';
                             }));
    if (!well_named)
      add(place + ".name", object["name"], "'" + out.name + "' is not a column name: letters, digits and _ only");
    const fhir::Node collection = object["collection"];
    if (collection && collection.kind() != fhir::Kind::boolean)
      add(place + ".collection", collection, "\"collection\" is true or false");
    out.collection = collection.boolean();
    if (!out.type.empty()) {
      constexpr std::string_view k_prefix = "http://hl7.org/fhirpath/System.";
      const auto& model = fhirpath::Model::r4();
      const bool is_system = out.type.substr(0, k_prefix.size()) == k_prefix;
      if (!(is_system ? model.system(out.type.substr(k_prefix.size())) : model.fhir(out.type)))
        add(place + ".type", object["type"],
            "there is no type '" + out.type + "'" + did_you_mean(out.type, model.names()));
    }
    return out;
  }

  base::Issues& m_issues;
};

} // namespace

Definition read_definition(fhir::Node view, base::Issues& issues) {
  return DefinitionReader(issues).read(view);
}

} // namespace xinglin::viewdef
