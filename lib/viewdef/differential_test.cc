// Random views over random resources: the compiled run, with its columns found together and one by one, gives the rows
// of the plain evaluator, in its order, or refuses where that finds something wrong. The same seed gives the same
// views.

#include "lib/viewdef/plain_evaluator.h"
#include "lib/viewdef/view.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <random>

namespace {

using namespace xinglin;

constexpr int k_views = 4000;
constexpr int k_resources_a_view = 3;

class Random {
public:
  explicit Random(uint32_t seed) : m_engine(seed) {}
  int below(int n) { return static_cast<int>(m_engine() % static_cast<uint32_t>(n)); }
  bool chance(int percent) { return below(100) < percent; }
  const std::string& of(const std::vector<std::string>& list) {
    return list[static_cast<size_t>(below(static_cast<int>(list.size())))];
  }

private:
  std::mt19937 m_engine;
};

/// Paths that give primitives, from an item of a type; those that iterate, with what they give.
struct Paths {
  std::vector<std::string> columns;
  std::vector<std::pair<std::string, std::string>> each;
  std::vector<std::string> repeats;
};

const std::map<std::string, Paths>& paths() {
  static const std::map<std::string, Paths> k_paths = {
      {"Patient",
       {{"id",
         "active",
         "gender",
         "birthDate",
         "name.family",
         "name.given",
         "name.given.first()",
         "name.first().family",
         "name.where(use = 'official').family",
         "name.where(use = 'official').given.first()",
         "name.where(use = 'usual').family.first()",
         "identifier.where(system = %sys).value",
         "identifier.where(system = %sys).value.first()",
         "identifier.where(system = 'urn:b').value.first()",
         "managingOrganization.getReferenceKey(Organization)",
         "managingOrganization.getReferenceKey()",
         "generalPractitioner.getReferenceKey(Practitioner)",
         "generalPractitioner.reference.first()",
         "generalPractitioner.getReferenceKey().first()",
         "deceased.ofType(boolean)",
         "deceased",
         "deceased.ofType(dateTime)",
         "multipleBirth.ofType(integer)",
         "contact.name.family.first()",
         "contact.name.given",
         "extension.where(url = 'urn:e').value.ofType(string)",
         "extension.where(url = 'urn:e').value",
         "extension('urn:e').value.ofType(decimal)",
         "name.count()",
         "name.exists()",
         "birthDate > @1980",
         "%rowIndex",
         "getResourceKey()",
         "name.given.join('-')",
         "Patient.gender",
         "%resource.id",
         "link.other.getReferenceKey(Patient)",
         "birthDate.extension.exists()",
         "name.where(use = 'official' and family.exists()).family.first()"},
        {{"name", "HumanName"},
         {"contact", "Patient.contact"},
         {"identifier", "Identifier"},
         {"name.given", "string"},
         {"contact.name", "HumanName"},
         {"name.where(use = 'official')", "HumanName"},
         {"name.first()", "HumanName"}},
        {}}},
      {"HumanName",
       {{"family", "given", "given.first()", "use", "given.join(' ')", "period.start", "%rowIndex", "text",
         "given.count()", "period.start.first()", "%resource.gender", "family & 'x'"},
        {{"given", "string"}},
        {}}},
      {"Patient.contact",
       {{"name.family", "name.given.first()", "relationship.coding.code.first()", "gender", "%rowIndex",
         "relationship.coding.where(system = 'urn:a').code.first()", "organization.getReferenceKey(Organization)"},
        {{"name", "HumanName"}, {"relationship.coding", "Coding"}},
        {}}},
      {"Identifier",
       {{"system", "value", "use", "%rowIndex", "type.coding.code.first()"}, {{"type.coding", "Coding"}}, {}}},
      {"Coding", {{"system", "code", "display", "%rowIndex", "userSelected"}, {}, {}}},
      {"string", {{"$this", "length()", "%rowIndex", "upper()"}, {}, {}}},
      {"QuestionnaireResponse",
       {{"id", "status", "authored", "subject.getReferenceKey(Patient)", "item.where(linkId = 'a').answer.value",
         "item.where(linkId = 'b').answer.value.first()", "item.where(linkId = 'c').answer.value.ofType(integer)",
         "item.where(linkId = 'd').answer.value.ofType(decimal).first()",
         "item.where(linkId = 'e').answer.value.ofType(Coding).code",
         "item.where(linkId = 'f').answer.value.ofType(string)", "item.where(linkId = 'g').answer.value.first()",
         "item.where(linkId = 'h').answer.value.first()", "item.where(linkId = 'i').answer.value.first()",
         "item.where(linkId = 'a').item.where(linkId = 'b').answer.value.ofType(boolean).first()", "item.linkId",
         "item.where(linkId = %sys).exists()", "author.getReferenceKey()", "%rowIndex", "item.count()"},
        {{"item", "QuestionnaireResponse.item"},
         {"item.where(linkId = 'a')", "QuestionnaireResponse.item"},
         {"item.item", "QuestionnaireResponse.item"},
         {"item.answer", "QuestionnaireResponse.item.answer"}},
        {"item", "item.answer.item", "item.item"}}},
      {"QuestionnaireResponse.item",
       {{"linkId", "text", "answer.value.first()", "answer.value.ofType(integer)", "answer.count()", "%rowIndex",
         "item.where(linkId = 'b').answer.value.ofType(string).first()", "item.where(linkId = 'a').linkId.first()"},
        {{"answer", "QuestionnaireResponse.item.answer"},
         {"item", "QuestionnaireResponse.item"},
         {"answer.item", "QuestionnaireResponse.item"}},
        {"item", "answer.item"}}},
      {"QuestionnaireResponse.item.answer",
       {{"value.ofType(integer)", "value.ofType(Coding).code", "value.ofType(decimal)", "value.ofType(string)",
         "%rowIndex", "item.linkId.first()"},
        {{"item", "QuestionnaireResponse.item"}},
        {}}}};
  return k_paths;
}

class ViewMaker {
public:
  explicit ViewMaker(Random& random) : m_random(random) {}

  std::string make(const std::string& resource) {
    std::string where;
    if (m_random.chance(20))
      where = fmt::format(R"("where": [{{"path": "{}"}}], )",
                          resource == "Patient" ? m_random.of({"active", "name.exists()", "gender = 'male'"})
                                                : m_random.of({"status = 'completed'", "item.exists()"}));
    std::string selects;
    for (int i = 1 + m_random.below(2); i > 0; --i)
      selects += (selects.empty() ? "" : ", ") + select(resource, 0);
    return fmt::format(
        R"({{"resource": "{}", "constant": [{{"name": "sys", "valueString": "urn:a"}}], {}"select": [{}]}})", resource,
        where, selects);
  }

private:
  static std::string quoted(const std::string& text) {
    std::string out;
    base::append_json_string(out, text);
    return out;
  }

  std::string columns(const std::string& type) {
    std::string out;
    for (int i = 1 + m_random.below(m_random.chance(20) ? 12 : 4); i > 0; --i) {
      const std::string& path = m_random.of(paths().at(type).columns);
      // What the plain evaluator takes up as a focus has lost that it is a primitive without value.
      const bool collects = m_random.chance(15) && path != "$this";
      out += fmt::format(R"({}{{"name": "c{}", "path": {}{}}})", out.empty() ? "" : ", ", m_columns++, quoted(path),
                         collects ? R"(, "collection": true)" : "");
    }
    return out;
  }

  std::string select(const std::string& type, int depth) {
    const Paths& here = paths().at(type);
    std::string each;
    std::string inner = type;
    if (!here.each.empty() && m_random.chance(50)) {
      const auto& [path, gives] = here.each[static_cast<size_t>(m_random.below(static_cast<int>(here.each.size())))];
      each = fmt::format(R"("{}": {}, )", m_random.chance(50) ? "forEach" : "forEachOrNull", quoted(path));
      inner = gives;
    } else if (!here.repeats.empty() && m_random.chance(40)) {
      each = fmt::format(R"("repeat": [{}{}], )", quoted(here.repeats.front()),
                         m_random.chance(50) ? ", " + quoted(here.repeats.back()) : "");
      inner = "QuestionnaireResponse.item";
    }
    std::string parts;
    if (m_random.chance(80)) parts = R"("column": [)" + columns(inner) + "]";
    if (depth < 2 && m_random.chance(35)) {
      parts += (parts.empty() ? "" : ", ") + (R"("select": [)" + select(inner, depth + 1));
      if (m_random.chance(30)) parts += ", " + select(inner, depth + 1);
      parts += "]";
    }
    if (m_random.chance(20) || parts.empty()) parts += (parts.empty() ? "" : ", ") + branches(inner);
    return "{" + each + parts + "}";
  }

  /// The same columns from several places.
  std::string branches(const std::string& type) {
    const auto& each = paths().at(type).each;
    if (each.empty()) {
      const std::string one = R"({"column": [)" + columns(type) + "]}";
      return R"("unionAll": [)" + one + ", " + one + "]";
    }
    const auto& [first, gives] = each[static_cast<size_t>(m_random.below(static_cast<int>(each.size())))];
    const std::string list = columns(gives);
    std::string out;
    for (const auto& [path, other] : each)
      if (other == gives && (path == first || m_random.chance(60)))
        out += fmt::format(R"({}{{"{}": {}, "column": [{}]}})", out.empty() ? "" : ", ",
                           m_random.chance(70) ? "forEach" : "forEachOrNull", quoted(path), list);
    return R"("unionAll": [)" + out + "]";
  }

  Random& m_random;
  int m_columns = 0;
};

class ResourceMaker {
public:
  explicit ResourceMaker(Random& random) : m_random(random) {}

  std::string patient() {
    std::string out = R"({"resourceType": "Patient", "id": "p)" + std::to_string(m_random.below(9)) + "\"";
    maybe(out, 60, R"("active": )" + m_random.of({"true", "false"}));
    maybe(out, 60, R"("gender": ")" + m_random.of({"male", "female"}) + "\"");
    maybe(out, 60, R"("birthDate": ")" + m_random.of({"1950", "1980-03", "1999-12-31"}) + "\"");
    maybe(out, 10, R"("_birthDate": {"extension": [{"url": "urn:e", "valueString": "x"}]})");
    maybe(out, 10, R"("_gender": {"id": "g"})");
    maybe(out, 80, R"("name": )" + list(3, [&] { return name(); }));
    maybe(out, 50, R"("contact": )" + list(2, [&] {
                     return fmt::format(R"({{"name": {}, "relationship": [{{"coding": {}}}]}})", name(),
                                        list(2, [&] { return coding(); }));
                   }));
    maybe(out, 50, R"("identifier": )" + list(3, [&] {
                     return fmt::format(R"({{"system": "{}", "value": "{}"}})",
                                        m_random.of({"urn:a", "urn:b", "urn:c"}), m_random.below(100));
                   }));
    maybe(out, 50, R"("managingOrganization": )" + reference("Organization"));
    maybe(out, 50, R"("generalPractitioner": )" + list(2, [&] { return reference("Practitioner"); }));
    maybe(out, 30, m_random.of({R"("deceasedBoolean": true)", R"("deceasedDateTime": "2020-01")"}));
    maybe(out, 30, m_random.of({R"("multipleBirthInteger": 2)", R"("multipleBirthBoolean": false)"}));
    maybe(out, 30, R"("link": [{"other": )" + reference("Patient") + R"(, "type": "seealso"}])");
    maybe(out, 30, R"("extension": )" + list(2, [&] {
                     return fmt::format(
                         R"({{"url": "{}", {}}})", m_random.of({"urn:e", "urn:f"}),
                         m_random.of({R"("valueString": "s")", R"("valueDecimal": 1.50)", R"("valueBoolean": true)"}));
                   }));
    return out + "}";
  }

  std::string response() {
    std::string out = R"({"resourceType": "QuestionnaireResponse", "id": "r", "status": ")" +
                      m_random.of({"completed", "draft"}) + "\"";
    maybe(out, 50, R"("authored": "2023-05-01T08:00:00+08:00")");
    maybe(out, 50, R"("subject": )" + reference("Patient"));
    maybe(out, 50, R"("author": )" + reference("Practitioner"));
    maybe(out, 90, R"("item": )" + items(0));
    return out + "}";
  }

private:
  template <typename Make> std::string list(int most, Make make) {
    std::string out;
    for (int i = m_random.chance(10) ? 0 : 1 + m_random.below(most); i > 0; --i)
      out += (out.empty() ? "" : ", ") + make();
    return "[" + out + "]";
  }
  void maybe(std::string& out, int percent, const std::string& member) {
    if (m_random.chance(percent)) out += ", " + member;
  }
  std::string name() {
    std::string out = R"({"use": ")" + m_random.of({"official", "usual", "old"}) + "\"";
    maybe(out, 80, R"("family": ")" + m_random.of({"王", "a\\\"b", "Li"}) + "\"");
    maybe(out, 70, R"("given": )" + list(2, [&] {
                     return m_random.chance(10) ? std::string("null") : "\"" + m_random.of({"x", "明", "z"}) + "\"";
                   }));
    maybe(out, 8, R"("_given": [{"id": "i"}, null, {"id": "j"}])");
    maybe(out, 5, R"("_family": {"id": "f"})");
    maybe(out, 30, R"("period": {"start": "2020-01-01"})");
    maybe(out, 10, R"("text": null)");
    return out + "}";
  }
  std::string coding() {
    return fmt::format(R"({{"system": "{}", "code": "{}"}})", m_random.of({"urn:a", "urn:b"}), m_random.of({"1", "2"}));
  }
  std::string reference(const std::string& type) {
    return fmt::format(R"({{"reference": "{}"}})",
                       m_random.of({type + "/1", "http://x.org/fhir/" + type + "/2", "urn:uuid:3", "#c", "Group/4",
                                    type + "/5/_history/6", "None/7", type + "/"}));
  }
  std::string items(int depth) {
    return list(4, [&] {
      std::string out = R"({"linkId": ")" + m_random.of({"a", "b", "c", "d", "e", "f", "g", "h"}) + "\"";
      maybe(out, 30, R"("text": "t")");
      maybe(out, 70, R"("answer": )" + list(2, [&] {
                       std::string answer =
                           m_random.of({R"("valueInteger": 3)", R"("valueDecimal": 1.50)", R"("valueString": "s")",
                                        R"("valueBoolean": true)", R"("valueCoding": {"system": "urn:a", "code": "k"})",
                                        R"("valueDate": "2023-05")"});
                       if (depth < 2) maybe(answer, 20, R"("item": )" + items(depth + 1));
                       return "{" + answer + "}";
                     }));
      if (depth < 2) maybe(out, 30, R"("item": )" + items(depth + 1));
      return out + "}";
    });
  }
  Random& m_random;
};

constexpr const char* k_refused = "refused";

std::string shown(const viewdef::View& view, fhir::Node resource) {
  std::string out;
  try {
    view.run(resource, [&](std::span<const viewdef::Cell> cells) {
      for (size_t i = 0; i < cells.size(); ++i)
        out += view.columns()[i].name + "=" + std::string(cells[i].value_or("~")) + " ";
      out += "\n";
    });
  } catch (const base::Refused&) {
    return k_refused;
  }
  return out;
}

std::string shown(viewdef::PlainEvaluator& plain, fhir::Node resource, std::span<const viewdef::Column> columns) {
  std::string out;
  try {
    for (const auto& row : plain.run(resource)) {
      for (const auto& column : columns) {
        const auto cell = row.find(column.name);
        out += column.name + "=" + (cell == row.end() ? "~" : cell->second.value_or("~")) + " ";
      }
      out += "\n";
    }
  } catch (const base::Refused&) {
    return k_refused;
  }
  return out;
}

} // namespace

TEST_CASE("random views give the rows of the plain evaluator") {
  Random random(20231105);
  ResourceMaker resources(random);
  int compared = 0;
  int refused = 0;
  int empty = 0;
  int differences = 0;
  for (int i = 0; i < k_views && differences < 5; ++i) {
    const bool is_patient = random.chance(60);
    const std::string text = ViewMaker(random).make(is_patient ? "Patient" : "QuestionnaireResponse");
    const auto document = fhir::Document::parse(text);
    std::optional<viewdef::View> together;
    try {
      together = viewdef::View::compile(document.root());
    } catch (const base::Refused& wrong) {
      FAIL_CHECK(text << "\n" << wrong.what());
      ++differences;
      continue;
    }
    const auto one_by_one =
        viewdef::View::compile(document.root(), viewdef::Values::checked, viewdef::Ways::one_by_one);
    viewdef::PlainEvaluator plain(document.root());
    for (int j = 0; j < k_resources_a_view; ++j) {
      const std::string json = is_patient ? resources.patient() : resources.response();
      const auto resource = fhir::Document::parse(json);
      const std::string wanted = shown(plain, resource.root(), together->columns());
      ++compared;
      if (wanted == k_refused) ++refused;
      if (wanted.empty()) ++empty;
      const std::string got = shown(*together, resource.root());
      const std::string singly = shown(one_by_one, resource.root());
      // What is wrong with a cell that is in no row may be passed over or refused.
      const bool has_wrong = wanted.find(viewdef::PlainEvaluator::k_wrong) != std::string::npos;
      const auto agrees = [&](const std::string& one) {
        return (!has_wrong && one == wanted) || (plain.saw_wrong && one == k_refused);
      };
      if (plain.saw_wrong) ++refused;
      if (agrees(got) && agrees(singly)) continue;
      ++differences;
      FAIL_CHECK(text << "\n" << json << "\nwanted\n" << wanted << "together\n" << got << "one by one\n" << singly);
    }
  }
  // What is compared is worth comparing.
  CHECK(compared == k_views * k_resources_a_view);
  CHECK(refused + empty < compared * 7 / 10);
  MESSAGE(compared << " runs of " << k_views << " views compared, " << refused << " refused, " << empty
                   << " without rows");
}
