#include "server/api/view_request.h"

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "server/api/respond.h"
#include "server/package/model.h"

#include <algorithm>
#include <charconv>

namespace xinglin::api {

using base::Refusal;
using base::Refused;

namespace {

constexpr std::string_view k_view_type = "ViewDefinition/";

/// One parameter as given, wherever it came from.
struct Given {
  std::string name = {};
  std::string text = {}; ///< of its value; of a Reference its reference
  fhir::Node resource = {};
  fhir::Node parts = {};
  std::string place = {}; ///< "Parameters.parameter[0]", or the name
};

[[noreturn]] void refuse(const Given& given, std::string text, const std::string& code = "value") {
  throw Refused(Refusal::malformed, code, std::move(text), given.place);
}

[[noreturn]] void not_there(const std::string& text, const std::string& place) {
  throw Refused(Refusal::not_found, "not-found", text, place);
}

Given read_parameter(fhir::Node parameter, std::string place) {
  Given given;
  given.name = parameter["name"].text();
  given.place = std::move(place);
  given.resource = parameter["resource"];
  given.parts = parameter["part"];
  for (const fhir::Node member : parameter)
    if (member.name().starts_with("value"))
      given.text = member.is_object() ? member["reference"].text() : member.text();
  return given;
}

class Reader {
public:
  Reader(Call& call, bool is_export) : m_call(call), m_is_export(is_export) {}

  ViewRequest read() {
    std::vector<Given> given;
    for (const auto& [name, value] : m_call.query)
      given.push_back({name, value, {}, {}, name});
    if (m_call.request->method == "POST") read_body(given);
    for (const Given& one : given)
      take(one);
    if (const std::string_view id = m_call.place("id"); !id.empty()) {
      if (m_view_given)
        refuse({.place = "viewReference"}, "The address names the view already; leave it out of the parameters.");
      view_reference({.name = "viewReference", .text = std::string(k_view_type) + std::string(id), .place = "id"}, {});
    }
    if (!m_issues.empty()) throw Refused(Refusal::invalid, std::move(m_issues));
    if (m_out.views.empty())
      refuse({.place = m_is_export ? "view" : "viewResource"},
             m_is_export ? "Say what to export: a parameter \"view\" with a part viewResource or viewReference."
                         : "Say which view to run: give viewResource or viewReference.",
             "required");
    select();
    return std::move(m_out);
  }

private:
  void read_body(std::vector<Given>& given) {
    if (m_call.request->body.empty()) return;
    m_out.body = std::make_unique<fhir::Document>(body_json(m_call));
    const fhir::Node root = m_out.body->root();
    if (root["resourceType"].text() != "Parameters")
      throw Refused(Refusal::malformed, "structure",
                    "The body is \"" + std::string(root["resourceType"].text()) +
                        "\"; send Parameters, with the view as the parameter viewResource.");
    size_t position = 0;
    for (const fhir::Node parameter : root["parameter"])
      given.push_back(read_parameter(parameter, "Parameters.parameter[" + std::to_string(position++) + "]"));
  }

  void once(const Given& given) {
    if (!m_seen.insert(given.name).second)
      refuse(given, "The parameter \"" + given.name + "\" is given twice; give it once.");
  }

  void take(const Given& given) {
    const std::string& name = given.name;
    if (name == "_pretty") return;
    if (name == "_format") {
      once(given);
      m_out.format = intake::row_format(given.text);
      if (!m_out.format)
        refuse(given, "The format '" + given.text + "' is not there; ask for json, ndjson, csv or parquet.",
               "not-supported");
    } else if (name == "header") {
      once(given);
      if (given.text != "true" && given.text != "false") refuse(given, "\"header\" is true or false.");
      m_out.header = given.text == "true";
    } else if (name == "_since") {
      once(given);
      m_out.selection.since = base::parse_instant(given.text);
      if (!m_out.selection.since) refuse(given, "'" + given.text + "' is no instant; write 2023-05-01T08:30:00+08:00.");
    } else if (name == "patient") {
      if (!m_is_export) once(given);
      m_patients.push_back(given);
    } else if (name == "group") {
      m_groups.push_back(given);
    } else if (name == "source") {
      refuse(given, "Data from elsewhere is not read (source): load it first, or send it as the parameter resource.",
             "not-supported");
    } else if (m_is_export) {
      take_of_export(given);
    } else {
      take_of_run(given);
    }
  }

  void take_of_run(const Given& given) {
    const std::string& name = given.name;
    if (name == "viewReference" || name == "viewResource") {
      if (m_view_given) refuse(given, "Give one viewReference or one viewResource, not more.");
      if (name == "viewReference")
        view_reference(given, {});
      else
        view_resource(given, {});
    } else if (name == "resource") {
      if (!given.resource) refuse(given, "The parameter \"resource\" has no resource.");
      m_out.resources.push_back(given.resource);
    } else if (name == "_limit") {
      once(given);
      int64_t limit = 0;
      const std::string& text = given.text;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
      if (error != std::errc() || end != text.data() + text.size() || limit < 1 || limit > k_view_limit_max)
        refuse(given,
               "'" + text + "' is no number of rows; give one from 1 to " + std::to_string(k_view_limit_max) + ".");
      m_out.limit = limit;
    } else {
      unknown(given, {"_format", "header", "viewReference", "viewResource", "patient", "group", "resource", "_limit",
                      "_since"});
    }
  }

  void take_of_export(const Given& given) {
    if (given.name == "clientTrackingId") {
      once(given);
      m_out.tracking_id = given.text;
    } else if (given.name == "view") {
      view_parameter(given);
    } else {
      unknown(given, {"view", "clientTrackingId", "_format", "header", "patient", "group", "_since"});
    }
  }

  void view_parameter(const Given& given) {
    if (m_out.views.size() == k_export_views_max)
      refuse(given,
             "There are more than " + std::to_string(k_export_views_max) + " views; export them in several requests.",
             "too-costly");
    std::string name;
    std::optional<Given> view;
    size_t position = 0;
    for (const fhir::Node part : given.parts) {
      const Given inner = read_parameter(part, given.place + ".part[" + std::to_string(position++) + "]");
      if (inner.name == "name") {
        name = inner.text;
      } else if (inner.name == "viewReference" || inner.name == "viewResource") {
        if (view) refuse(inner, "Give one viewReference or one viewResource, not more.");
        view = inner;
      } else {
        unknown(inner, {"name", "viewReference", "viewResource"});
      }
    }
    if (!view) refuse(given, "The view has neither viewResource nor viewReference; give one.", "required");
    if (view->name == "viewReference")
      view_reference(*view, name);
    else
      view_resource(*view, name);
  }

  void unknown(const Given& given, const std::vector<std::string>& known) {
    const std::string near = base::suggest(given.name, known);
    std::string text = "There is no parameter \"" + given.name + "\"";
    if (near.empty()) {
      text += "; there are:";
      for (const std::string& one : known)
        text += " " + one;
    } else {
      text += "; did you mean \"" + near + "\"?";
    }
    refuse(given, text, "not-supported");
  }

  /// What is wrong with a view is kept, so that all views of an export are looked at before it is refused.
  template <typename Compile> void add_view(const std::string& name, const std::string& place, Compile compile) {
    m_view_given = true;
    try {
      m_out.views.push_back({name, compile()});
    } catch (const Refused& refused) {
      for (base::Issue issue : refused.issues()) {
        constexpr std::string_view k_root = "ViewDefinition";
        if (issue.expression.starts_with(k_root)) issue.expression.replace(0, k_root.size(), place);
        m_issues.add(std::move(issue));
      }
    }
  }

  void view_resource(const Given& given, const std::string& name) {
    if (!given.resource) refuse(given, "The parameter \"viewResource\" has no resource.");
    add_view(name, given.place + ".resource", [&] { return viewdef::View::compile(given.resource); });
  }

  /// "ViewDefinition/ID" (also after an address) is a table of the programs, by its name: their views, forms and
  /// registers; anything else the url of one of their views.
  void view_reference(const Given& given, const std::string& name) {
    const auto tables = package::tables(*m_call.services->catalog);
    const size_t at = given.text.rfind(k_view_type);
    if (at != std::string::npos && (at == 0 || given.text[at - 1] == '/')) {
      const std::string id = given.text.substr(at + k_view_type.size());
      for (const auto& table : tables)
        if (table.name == id) return add_table(table, name, given.place);
      std::vector<std::string> known;
      for (const auto& table : tables)
        known.push_back(table.name);
      const std::string near = base::suggest(id, known);
      if (!near.empty()) not_there("There is no view \"" + id + "\"; did you mean \"" + near + "\"?", given.place);
    } else {
      const std::string url = given.text.substr(0, given.text.find('|'));
      for (const auto& [id, view] : m_call.services->catalog->views)
        if (fhir::Document::parse(view.json).root()["url"].text() == url)
          for (const auto& table : tables)
            if (table.name == id) return add_table(table, name, given.place);
    }
    not_there("There is no view \"" + given.text +
                  "\"; refer to a table of the programs as ViewDefinition/NAME, or give the view as viewResource.",
              given.place);
  }

  void add_table(const package::Table& table, const std::string& name, const std::string& place) {
    add_view(name.empty() ? table.name : name, place,
             [&] { return viewdef::View::compile(table.view_json, viewdef::Values::as_found); });
  }

  void select() {
    if (m_patients.empty() && m_groups.empty()) return;
    const auto snapshot = m_call.services->store->snapshot();
    std::set<std::string, std::less<>> ids;
    for (const Given& given : m_patients) {
      const std::string id(intake::patient_id(given.text));
      const std::string shown = given.text.empty() ? "an empty text" : "\"" + given.text + "\"";
      if (id.empty()) refuse(given, shown + " is no reference to a patient; write Patient/ID.");
      const auto version = snapshot->read("Patient", id);
      const bool is_sent = std::any_of(m_out.resources.begin(), m_out.resources.end(), [&](fhir::Node resource) {
        return resource["resourceType"].text() == "Patient" && resource["id"].text() == id;
      });
      if (!is_sent && (!version || version->deleted)) absent("There is no patient " + shown + ".", given);
      ids.insert(id);
    }
    for (const Given& given : m_groups) {
      constexpr std::string_view k_type = "Group/";
      const size_t at = given.text.rfind(k_type);
      if (at == std::string::npos) refuse(given, "\"" + given.text + "\" is no reference to a group; write Group/ID.");
      const auto version = snapshot->read("Group", given.text.substr(at + k_type.size()));
      if (!version || version->deleted) absent("There is no group \"" + given.text + "\".", given);
      const auto document = fhir::Document::parse(version->json);
      for (const fhir::Node member : document.root()["member"]) {
        if (member["inactive"].boolean()) continue;
        const std::string_view reference = member["entity"]["reference"].text();
        if (const auto id = intake::patient_id(reference); !id.empty())
          ids.emplace(id);
        else
          m_out.selection.members.emplace(reference);
      }
    }
    m_out.selection.patients.emplace(std::move(ids));
  }

  /// The specification has 404 for an export and 400 for a run.
  void absent(const std::string& text, const Given& given) const {
    throw Refused(m_is_export ? Refusal::not_found : Refusal::malformed, "not-found", text, given.place);
  }

  Call& m_call;
  bool m_is_export;
  bool m_view_given = false;
  ViewRequest m_out;
  base::Issues m_issues;
  std::set<std::string> m_seen;
  std::vector<Given> m_patients, m_groups;
};

} // namespace

bool Selection::takes(fhir::Node resource, std::optional<base::Millis> recorded_at) {
  if (since && recorded_at && *recorded_at <= *since) return false;
  if (!patients || patients->takes(resource)) return true;
  return !members.empty() &&
         members.contains(std::string(resource["resourceType"].text()) + "/" + std::string(resource["id"].text()));
}

ViewRequest read_view_request(Call& call, bool is_export) {
  return Reader(call, is_export).read();
}

} // namespace xinglin::api
