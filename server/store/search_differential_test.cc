// Random questions over random records, answered twice: by the store, and by going through every resource with the
// published expressions and the rules of https://hl7.org/fhir/R4/search.html written down a second time, naively.

#include "server/store/search_text.h"
#include "server/store/test_support.h"

#include "lib/fhir/definitions.h"
#include "lib/fhirpath/expression.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <map>
#include <random>

using namespace xinglin;
using namespace xinglin::store;
using namespace xinglin::store::test;

namespace {

class Maker {
public:
  explicit Maker(unsigned seed) : m_random(seed) {}
  unsigned below(unsigned n) { return static_cast<unsigned>(m_random() % n); }
  bool one_in(unsigned n) { return below(n) == 0; }
  template <size_t n> std::string pick(const char* const (&words)[n]) { return words[below(n)]; }

  std::string date() {
    std::string text = fmt::format("20{}", 21 + below(3));
    if (one_in(8)) return text;
    text += fmt::format("-{:02}", 1 + below(12));
    if (one_in(8)) return text;
    text += fmt::format("-{:02}", 1 + below(28));
    if (!one_in(3)) return text;
    return text + fmt::format("T{:02}:{:02}:00{}", below(24), below(60), one_in(2) ? "+08:00" : "Z");
  }
  std::string number() {
    return fmt::format("{}{}{}", one_in(5) ? "-" : "", below(60), one_in(2) ? fmt::format(".{}", below(100)) : "");
  }
  std::string coding() {
    return fmt::format(R"({{"coding":[{{"system":"{}","code":"{}"}}{}]}})", pick(k_systems), pick(k_codes),
                       one_in(3) ? fmt::format(R"(,{{"code":"{}"}})", pick(k_codes)) : "");
  }

  std::string patient() {
    std::string members = fmt::format(R"("gender":"{}")", pick(k_genders));
    if (!one_in(4)) members += fmt::format(R"(,"birthDate":"{}")", date().substr(0, 10));
    members += R"(,"name":[)";
    for (unsigned i = 0; i <= below(2); i++)
      members += fmt::format(R"({}{{"family":"{}","given":["{}"]}})", i ? "," : "", pick(k_names), pick(k_names));
    members += "]";
    if (!one_in(3))
      members += fmt::format(R"(,"identifier":[{{"system":"{}","value":"{}"}}])", pick(k_systems), below(30));
    if (one_in(3)) members += R"(,"active":true)";
    return members;
  }
  std::string observation(unsigned patients) {
    std::string members = fmt::format(R"("status":"{}","code":{})", pick(k_states), coding());
    if (!one_in(5)) members += fmt::format(R"(,"subject":{{"reference":"Patient/p{}"}})", below(patients));
    if (one_in(3)) {
      members += fmt::format(R"(,"effectivePeriod":{{"start":"{}"}})", date());
    } else if (!one_in(5)) {
      members += fmt::format(R"(,"effectiveDateTime":"{}")", date());
    }
    if (!one_in(3))
      members += fmt::format(R"(,"valueQuantity":{{"value":{},"system":"ucum","code":"{}"}})", number(), pick(k_units));
    else if (one_in(2))
      members += fmt::format(R"(,"valueCodeableConcept":{})", coding());
    if (one_in(3))
      members +=
          fmt::format(R"(,"component":[{{"code":{},"valueQuantity":{{"value":{},"system":"ucum","code":"{}"}}}}])",
                      coding(), number(), pick(k_units));
    return members;
  }

  /// A criterion for the parameter of the type: "name:modifier", "value".
  std::pair<std::string, std::string> criterion(const std::string& type) {
    static const char* const k_patient[] = {"gender",     "birthdate", "name",  "family",
                                            "identifier", "active",    "given", "_id"};
    static const char* const k_observation[] = {"status",        "code",          "subject",
                                                "patient",       "date",          "value-quantity",
                                                "combo-code",    "value-concept", "combo-value-quantity",
                                                "component-code"};
    std::string code = type == "Patient" ? pick(k_patient) : pick(k_observation);
    if (one_in(8) && code != "_id") return {code + ":missing", one_in(2) ? "true" : "false"};
    std::string value, modifier;
    for (unsigned i = 0; i <= (one_in(4) ? 1u : 0u); i++) {
      std::string one;
      if (code == "birthdate" || code == "date") {
        one = pick(k_prefixes) + date();
        for (char& c : one)
          if (c == '+') c = ' '; // as it arrives when nobody encoded it
      } else if (code == "name" || code == "family" || code == "given") {
        modifier = pick(k_string_modifiers);
        one = pick(k_asked_names);
      } else if (code == "_id") {
        one = fmt::format("p{}", below(80));
      } else if (code == "gender") {
        modifier = one_in(4) ? ":not" : "";
        one = pick(k_genders);
      } else if (code == "status") {
        modifier = one_in(4) ? ":not" : "";
        one = pick(k_states);
      } else if (code == "active") {
        one = "true";
      } else if (code == "subject" || code == "patient") {
        one = (one_in(2) ? "Patient/p" : "p") + std::to_string(below(60));
      } else if (code.ends_with("quantity")) {
        one = pick(k_prefixes) + number();
        if (one_in(2)) one += fmt::format("|{}|{}", one_in(2) ? "ucum" : "", pick(k_units));
      } else { // token
        modifier = one_in(6) ? ":not" : "";
        std::string wanted = code == "identifier" ? std::to_string(below(30)) : pick(k_codes);
        switch (below(4)) {
        case 0: one = pick(k_systems) + "|" + wanted; break;
        case 1: one = "|" + wanted; break;
        case 2: one = one_in(3) ? pick(k_systems) + "|" : wanted; break;
        default: one = wanted;
        }
      }
      value += (value.empty() ? "" : ",") + one;
    }
    return {code + modifier, value};
  }

private:
  static constexpr const char* const k_systems[] = {"urn:a", "urn:b", "urn:c"};
  static constexpr const char* const k_codes[] = {"1", "2", "3", "bp", "hr"};
  static constexpr const char* const k_genders[] = {"male", "female", "other"};
  static constexpr const char* const k_states[] = {"final", "preliminary", "amended"};
  static constexpr const char* const k_units[] = {"Cel", "mm"};
  static constexpr const char* const k_names[] = {"Wang", "wáng", "Müller", "Zhang Wei", "王", "王小明", "Li"};
  static constexpr const char* const k_asked_names[] = {"wang", "W", "mul", "zhang", "王", "小", "Li", "wei", "Wang"};
  static constexpr const char* const k_string_modifiers[] = {"", "", ":exact", ":contains"};
  static constexpr const char* const k_prefixes[] = {"", "", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"};
  std::mt19937 m_random;
};

/// The second reading of the rules.
class Naive {
public:
  bool matches(const Version& version, const std::string& name, const std::string& value) {
    size_t colon = name.find(':');
    std::string code = name.substr(0, colon), modifier = colon == std::string::npos ? "" : name.substr(colon + 1);
    auto document = fhir::Document::parse(version.json);
    const auto* definition = fhir::find_search_parameter(version.type, code);
    REQUIRE(definition);
    std::vector<fhirpath::Value> values;
    // `patient` says where(resolve() is Patient): all subjects here are patients, so the path alone will do.
    std::string expression(code == "patient" ? "Observation.subject" : definition->expression);
    for (auto& each : expression_of(version.type, expression).evaluate(document.root()))
      values.push_back(each);
    if (modifier == "missing") return values.empty() == (value == "true");
    bool any = false;
    size_t from = 0;
    for (;;) {
      size_t comma = value.find(',', from);
      any = any || one(*definition, version, values, modifier, value.substr(from, comma - from));
      if (comma == std::string::npos) break;
      from = comma + 1;
    }
    return modifier == "not" ? !any : any;
  }

private:
  const fhirpath::Expression& expression_of(const std::string& type, const std::string& text) {
    auto& made = m_expressions[type + " " + text];
    // Only what speaks of the type: the others would be errors of the checker.
    if (!made) {
      std::string mine;
      size_t from = 0;
      for (;;) {
        size_t bar = text.find(" | ", from);
        std::string term = text.substr(from, bar - from);
        if (term.find(type + ".") != std::string::npos || term.find("Resource.") != std::string::npos)
          mine += (mine.empty() ? "" : " | ") + term;
        if (bar == std::string::npos) break;
        from = bar + 3;
      }
      made.emplace(fhirpath::Expression::compile(mine, type));
    }
    return *made;
  }
  static std::string text_of(const fhirpath::Value& value) {
    if (auto* node = std::get_if<fhir::Node>(&value.data)) return std::string(node->text());
    return fhirpath::to_text(value).value_or("");
  }
  static std::vector<std::pair<std::string, std::string>> codings(const fhirpath::Value& value) {
    auto* node = std::get_if<fhir::Node>(&value.data);
    if (!node || !node->is_object()) return {{"", text_of(value)}};
    std::vector<std::pair<std::string, std::string>> all;
    auto add = [&](fhir::Node system, fhir::Node code) { all.emplace_back(system.text(), code.text()); };
    if ((*node)["coding"])
      for (auto each : (*node)["coding"])
        add(each["system"], each["code"]);
    else
      add((*node)["system"], (*node)["value"]);
    return all;
  }
  static std::vector<std::string> strings(const fhirpath::Value& value) {
    auto* node = std::get_if<fhir::Node>(&value.data);
    if (!node->is_object()) return {std::string(node->text())};
    std::vector<std::string> all;
    for (auto member : *node) {
      if (member.is_string()) all.emplace_back(member.text());
      for (auto each : member)
        all.emplace_back(each.text());
    }
    return all;
  }
  template <typename Number>
  static bool compare(const std::string& prefix, Number low, Number high, Number from, Number to, Number point) {
    // The value lies from low to high, the question from `from` to `to`; `point` is the question without precision.
    if (prefix == "gt") return high > point;
    if (prefix == "lt") return low < point;
    if (prefix == "ge") return high >= point;
    if (prefix == "le") return low <= point;
    if (prefix == "sa") return low > point;
    if (prefix == "eb") return high < point;
    bool is_equal = low >= from && high < to;
    return prefix == "ne" ? !is_equal : is_equal;
  }
  static std::string take_prefix(std::string& text) {
    for (const char* prefix : {"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"})
      if (text.starts_with(prefix)) {
        text.erase(0, 2);
        return prefix;
      }
    return "";
  }

  bool one(const fhir::SearchParameterDefinition& definition, const Version& version,
           const std::vector<fhirpath::Value>& values, const std::string& modifier, std::string wanted) {
    if (definition.code == "_id") return version.id == wanted;
    std::string prefix;
    if (definition.type == "date" || definition.type == "quantity") prefix = take_prefix(wanted);
    for (const auto& value : values) {
      auto* node = std::get_if<fhir::Node>(&value.data);
      if (definition.type == "string") {
        for (const std::string& text : strings(value)) {
          bool hit = modifier == "exact"      ? text == wanted
                     : modifier == "contains" ? normalise(text).find(normalise(wanted)) != std::string::npos
                                              : normalise(text).starts_with(normalise(wanted));
          if (hit) return true;
        }
      } else if (definition.type == "token") {
        size_t bar = wanted.find('|');
        for (auto& [system, code] : codings(value)) {
          bool system_fits = bar == std::string::npos || system == wanted.substr(0, bar);
          std::string asked = bar == std::string::npos ? wanted : wanted.substr(bar + 1);
          if (system_fits && (asked.empty() || asked == code)) return true;
        }
      } else if (definition.type == "reference") {
        std::string text((*node)["reference"].text());
        if (text == wanted || text == "Patient/" + wanted) return true;
      } else if (definition.type == "date") {
        auto asked = *time_span(wanted, {});
        TimeSpan span;
        if (node->is_object())
          span = {time_span((*node)["start"].text(), {})->low, k_time_max};
        else
          span = *time_span(node->text(), {});
        bool contained = span.low >= asked.low && span.high <= asked.high;
        bool hit = prefix == "ne"   ? !contained
                   : prefix == "gt" ? span.high > asked.high
                   : prefix == "lt" ? span.low < asked.low
                   : prefix == "ge" ? span.high > asked.high || contained
                   : prefix == "le" ? span.low < asked.low || contained
                   : prefix == "sa" ? span.low >= asked.high
                   : prefix == "eb" ? span.high <= asked.low
                                    : contained;
        if (hit) return true;
      } else if (definition.type == "quantity") {
        size_t bar = wanted.find('|');
        std::string number = wanted.substr(0, bar);
        if (bar != std::string::npos) {
          size_t second = wanted.find('|', bar + 1);
          std::string system = wanted.substr(bar + 1, second - bar - 1), unit = wanted.substr(second + 1);
          if (!system.empty() && (*node)["system"].text() != system) continue;
          if ((*node)["code"].text() != unit) continue;
        }
        // A thousandth is the finest digit here: whole numbers will do.
        auto thousandths = [](std::string text) {
          bool is_negative = text.starts_with('-');
          if (is_negative) text.erase(0, 1);
          size_t point = text.find('.');
          std::string digits = point == std::string::npos ? "" : text.substr(point + 1);
          long long whole = std::stoll(text.substr(0, point)) * 1000 + std::stoll((digits + "000").substr(0, 3));
          return is_negative ? -whole : whole;
        };
        size_t point = number.find('.');
        size_t places = point == std::string::npos ? 0 : number.size() - point - 1;
        long long half = places == 0 ? 500 : places == 1 ? 50 : 5;
        long long asked = thousandths(number), has = thousandths(std::string((*node)["value"].text()));
        if (compare<long long>(prefix, has, has, asked - half, asked + half, asked)) return true;
      } else {
        FAIL("a type the naive reading does not know");
      }
    }
    return false;
  }

  std::map<std::string, std::optional<fhirpath::Expression>> m_expressions;
};

std::string encoded(std::string_view text) {
  std::string out;
  for (char c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == ',')
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return out;
}

} // namespace

TEST_CASE("search: random questions are answered as by going through all resources, now and as of then") {
  unsigned seed = 20231231;
  if (const char* given = std::getenv("XINGLIN_SEED")) seed = static_cast<unsigned>(std::atoi(given));
  CAPTURE(seed);
  Maker make(seed);
  Naive naive;
  TestStore store;
  constexpr unsigned k_patients = 60, k_observations = 150;
  std::vector<Write> writes;
  for (unsigned i = 0; i < k_patients; i++)
    writes.push_back(create("Patient", make.patient(), fmt::format("p{}", i)));
  for (unsigned i = 0; i < k_observations; i++)
    writes.push_back(create("Observation", make.observation(k_patients), fmt::format("o{}", i)));
  store->write(writes);
  size_t found = 0;
  for (int round = 0; round < 6; round++) {
    for (int i = 0; i < 60; i++) {
      std::string type = make.one_in(3) ? "Patient" : "Observation";
      std::vector<std::pair<std::string, std::string>> criteria = {make.criterion(type)};
      while (make.one_in(2))
        criteria.push_back(make.criterion(type));
      std::string query;
      for (auto& [name, value] : criteria)
        query += name + "=" + encoded(value) + "&";
      CAPTURE(type);
      CAPTURE(query);
      // Mostly now; sometimes as of a commit that has passed.
      std::optional<CommitNumber> as_of;
      if (round > 0 && make.one_in(5)) as_of = 1 + make.below(static_cast<unsigned>(store->last_commit()));
      auto snapshot = store->snapshot(as_of);
      std::vector<std::string> expected, actual;
      snapshot->scan(type, [&](const Version& version) {
        bool all = true;
        for (auto& [name, value] : criteria)
          all = all && naive.matches(version, name, value);
        if (all) expected.push_back(version.id);
        return true;
      });
      auto result = snapshot->search(type, query + "_count=1000&_total=accurate");
      for (const Version& version : result.matches)
        actual.push_back(version.id);
      std::sort(expected.begin(), expected.end());
      std::sort(actual.begin(), actual.end());
      CHECK(fmt::format("{}", fmt::join(actual, " ")) == fmt::format("{}", fmt::join(expected, " ")));
      CHECK(result.total == static_cast<int64_t>(expected.size()));
      found += actual.size();
    }
    // Change some, delete some, bring some back.
    for (int i = 0; i < 25; i++) {
      unsigned which = make.below(k_observations);
      std::string id = fmt::format("o{}", which);
      if (make.one_in(4))
        store->write({remove("Observation", id)});
      else
        store->write({update("Observation", id, make.observation(k_patients))});
      store->write({update("Patient", fmt::format("p{}", make.below(k_patients)), make.patient())});
    }
  }
  CHECK(found > 1000); // the questions are such that they find something
}
