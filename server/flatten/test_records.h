#pragma once
// A small county for the tests of tables and figures: institutions, visits, stays and a monthly return, declared as a
// package would and written as the feed hands them over.

#include "lib/base/clock.h"
#include "lib/fhir/json.h"
#include "server/feed/feed.h"
#include "server/package/model.h"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace xinglin::test {

inline package::Item item(std::string id, package::ItemType type, std::string path = {}) {
  package::Item out;
  out.id = std::move(id);
  out.title = {out.id, out.id};
  out.type = type;
  out.path = std::move(path);
  return out;
}

/// register institution; forms visit (happened visited_on, a cost), stay (admitted_on, discharged_on), income (monthly
/// return), census (repeating group `wards`).
inline package::Catalog county_catalog() {
  using enum package::ItemType;
  package::Catalog catalog;
  package::Register institution;
  institution.id = "institution";
  institution.kept_as = "Organization";
  institution.items = {
      item("name", string, "name"), item("part_of", reference, "partOf"),
      item("part_of_since", date, "extension.where(url='urn:xinglin:part-of-since').value.ofType(date)")};
  catalog.registers["institution"] = institution;

  const auto form = [&](const std::string& id, std::string happened,
                        std::vector<package::Item> items) -> package::Form& {
    package::Form made;
    made.id = id;
    made.about = "resident";
    made.happened = std::move(happened);
    made.items = std::move(items);
    return catalog.forms[id] = made;
  };
  form("visit", "visited_on",
       {item("visited_on", date), item("cost", money), item("grade", integer), item("cured", boolean),
        item("doctor", string)});
  form("stay", "admitted_on", {item("admitted_on", date), item("discharged_on", date), item("share", decimal)});
  auto& income = form("income", "", {item("amount", money)});
  income.cycle = package::ReturnCycle::month;
  income.about = "institution";
  package::Item wards = item("wards", string);
  wards.repeats = true;
  wards.items = {item("ward", string), item("patients", integer)};
  form("census", "taken_on", {item("taken_on", date), wards});
  return catalog;
}

/// FHIR text of an answer: `name` → (value element, JSON).
struct Answer {
  std::string item, element, json;
};
inline Answer date_answer(std::string item, const std::string& day) {
  return {std::move(item), "valueDate", "\"" + day + "\""};
}
inline Answer decimal_answer(std::string item, std::string number) {
  return {std::move(item), "valueDecimal", std::move(number)};
}
inline Answer integer_answer(std::string item, int number) {
  return {std::move(item), "valueInteger", std::to_string(number)};
}
inline Answer boolean_answer(std::string item, bool yes) {
  return {std::move(item), "valueBoolean", yes ? "true" : "false"};
}
inline Answer text_answer(std::string item, const std::string& text) {
  return {std::move(item), "valueString", "\"" + text + "\""};
}

/// A submitted form as JSON. `period`: of a return. `more`: further items as JSON, each with a comma before it.
inline std::string response(const std::string& form, const std::string& id, const std::string& subject,
                            const std::string& org, const std::vector<Answer>& answers, const std::string& period = {},
                            const std::string& more = {}) {
  std::string extensions =
      fmt::format(R"({{"url":"urn:xinglin:organization","valueReference":{{"reference":"Organization/{}"}}}})", org);
  if (!period.empty())
    extensions += fmt::format(
        R"(,{{"url":"urn:xinglin:period","valueString":"{}"}},{{"url":"urn:xinglin:state","valueCode":"submitted"}})",
        period);
  std::string items;
  for (const auto& answer : answers)
    items += fmt::format(R"({}{{"linkId":"{}","answer":[{{"{}":{}}}]}})", items.empty() ? "" : ",", answer.item,
                         answer.element, answer.json);
  items += items.empty() && !more.empty() ? more.substr(1) : more;
  return fmt::format(
      R"({{"resourceType":"QuestionnaireResponse","id":"{}","extension":[{}],"questionnaire":"urn:xinglin:form:{}|1","status":"completed","subject":{{"reference":"{}"}},"authored":"2023-01-01T08:00:00+08:00","item":[{}]}})",
      id, extensions, form, subject, items);
}

inline std::string organization(const std::string& id, const std::string& parent = {}, const std::string& since = {}) {
  std::string json = fmt::format(R"({{"resourceType":"Organization","id":"{}")", id);
  if (!since.empty())
    json += fmt::format(R"(,"extension":[{{"url":"urn:xinglin:part-of-since","valueDate":"{}"}}])", since);
  json += fmt::format(R"(,"name":"机构{}")", id);
  if (!parent.empty()) json += fmt::format(R"(,"partOf":{{"reference":"Organization/{}"}})", parent);
  return json + "}";
}

/// Writes commits as the feed gives them, and remembers what a scan would find.
class Commits {
public:
  /// Versions added from here on belong to the next commit. Commit t is recorded at `day` + t seconds.
  Commits& begin(const std::string& day = "2023-06-30") {
    ++m_commit;
    m_recorded_at = (int64_t{base::Date::parse(day)->days()} * 86'400 - int64_t{8} * 3600 + m_commit) * 1000;
    return *this;
  }
  Commits& put(const std::string& json) {
    const auto document = fhir::Document::parse(json);
    return add(std::string(document.root()["resourceType"].text()), std::string(document.root()["id"].text()), json);
  }
  Commits& remove(const std::string& type, const std::string& id) { return add(type, id, {}); }

  store::CommitNumber commit() const { return m_commit; }
  const std::vector<store::Version>& versions() const { return m_versions; }
  /// Commits after `after` up to `last`, as a batch.
  feed::Batch batch(store::CommitNumber after, store::CommitNumber last) const {
    feed::Batch out;
    for (const auto& version : m_versions)
      if (version.commit > after && version.commit <= last) out.versions.push_back(version);
    if (!out.versions.empty()) {
      out.first = out.versions.front().commit;
      out.last = out.versions.back().commit;
    }
    return out;
  }
  /// What is there as of a commit: the last version of each resource, those not deleted, as a store's scan gives them.
  std::vector<store::Version> scan(store::CommitNumber as_of) const {
    std::map<std::string, store::Version> last;
    for (const auto& version : m_versions)
      if (version.commit <= as_of) last[version.reference()] = version;
    std::vector<store::Version> out;
    for (auto& [reference, version] : last)
      if (!version.deleted) out.push_back(version);
    return out;
  }

private:
  Commits& add(const std::string& type, const std::string& id, const std::string& json) {
    store::Version version;
    version.type = type;
    version.id = id;
    version.version = ++m_numbers[type + "/" + id];
    version.commit = m_commit;
    version.recorded_at = m_recorded_at;
    version.deleted = json.empty();
    version.json = json;
    m_versions.push_back(std::move(version));
    return *this;
  }
  store::CommitNumber m_commit = 0;
  base::Millis m_recorded_at = 0;
  std::map<std::string, int64_t> m_numbers;
  std::vector<store::Version> m_versions;
};

/// A scan of `Commits`, for load_snapshot.
class ScanSnapshot : public store::Snapshot {
public:
  ScanSnapshot(const Commits& commits, store::CommitNumber as_of) : m_versions(commits.scan(as_of)), m_commit(as_of) {}
  store::CommitNumber commit() const override { return m_commit; }
  std::optional<store::Version> read(std::string_view, std::string_view) const override { return {}; }
  std::optional<store::Version> read_version(std::string_view, std::string_view, int64_t) const override { return {}; }
  std::vector<store::Version> history(std::string_view, std::string_view, size_t, store::CommitNumber) const override {
    return {};
  }
  store::SearchResult search(std::string_view, std::string_view, bool) const override { return {}; }
  void scan(std::string_view, const std::function<bool(const store::Version&)>& each) const override {
    for (const auto& version : m_versions)
      if (!each(version)) return;
  }
  std::vector<store::Version> derived(std::string_view) const override { return {}; }
  int64_t count(std::string_view) const override { return 0; }

private:
  std::vector<store::Version> m_versions;
  store::CommitNumber m_commit;
};

/// Random creates, updates and deletes: several versions of one record may fall in one batch and even in one commit's
/// neighbourhood. The same seed gives the same history.
inline Commits random_history(uint32_t seed, int commits) {
  std::mt19937 random(seed);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<uint32_t>(n)); };
  Commits out;
  out.begin("2022-12-01");
  out.put(organization("bureau")).put(organization("h1", "bureau")).put(organization("h2", "bureau"));
  out.put(organization("h1a", "h1"));
  const std::vector<std::string> orgs{"bureau", "h1", "h2", "h1a"};
  const auto day = [&] { return (*base::Date::parse("2022-01-01") + below(730)).to_string(); };
  std::map<std::string, bool> exists;
  for (int c = 0; c < commits; ++c) {
    out.begin(fmt::format("2023-{:02}-{:02}", 1 + c * 12 / std::max(commits, 1) % 12, 1 + below(28)));
    std::map<std::string, bool> touched;
    const int writes = 1 + below(4);
    for (int w = 0; w < writes; ++w) {
      const std::string id = "r" + std::to_string(below(40));
      if (touched[id]) continue; // a transaction writes a resource once
      touched[id] = true;
      const std::string& org = orgs[static_cast<size_t>(below(4))];
      const std::string subject = "Patient/p" + std::to_string(below(9));
      if (exists[id] && below(4) == 0) {
        out.remove("QuestionnaireResponse", id);
        exists[id] = false;
        continue;
      }
      exists[id] = true;
      switch (below(4)) {
      case 0:
      case 1:
        out.put(response("visit", id, subject, org,
                         {date_answer("visited_on", day()),
                          decimal_answer("cost", fmt::format("{}.{}", below(500), below(100))),
                          integer_answer("grade", below(5)), boolean_answer("cured", below(2) == 0),
                          text_answer("doctor", "d" + std::to_string(below(5)))}));
        break;
      case 2: {
        const std::string from = day();
        std::vector<Answer> answers{date_answer("admitted_on", from),
                                    decimal_answer("share", "0." + std::to_string(1 + below(9)))};
        if (below(3) > 0)
          answers.push_back(date_answer("discharged_on", (*base::Date::parse(from) + below(60)).to_string()));
        out.put(response("stay", id, subject, org, answers));
        break;
      }
      default: {
        std::string wards;
        for (int i = below(4); i > 0; --i)
          wards += fmt::format(
              R"(,{{"linkId":"wards","item":[{{"linkId":"ward","answer":[{{"valueString":"w{}"}}]}},{{"linkId":"patients","answer":[{{"valueInteger":{}}}]}}]}})",
              i, below(30));
        out.put(response("census", id, subject, org, {date_answer("taken_on", day())}, {}, wards));
        break;
      }
      }
    }
    if (below(25) == 0) out.put(organization("h1a", below(2) == 0 ? "h1" : "h2"));
  }
  return out;
}

} // namespace xinglin::test
