#include "server/store/transaction.h"

#include "lib/base/id.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace xinglin::store {

using base::Issue;
using base::Issues;
using base::Refusal;
using base::Refused;
using fhir::Document;

namespace {

/// What one write of a transaction needs while it is prepared.
struct Draft {
  std::optional<Document> document;
  std::vector<FoundReference> references;
};

class Preparation {
public:
  Preparation(const std::vector<Write>& writes, Records& records, const SearchIndex& index, Codebook& codebook,
              const FindMatches& find_matches)
      : m_writes(writes), m_records(records), m_index(index), m_codebook(codebook), m_find_matches(find_matches),
        m_drafts(writes.size()) {
    m_result.writes.resize(writes.size());
  }

  PreparedTransaction run() {
    if (m_writes.size() > k_transaction_writes_max)
      throw Refused(Refusal::too_large, "too-costly",
                    fmt::format("a transaction of {} writes is over the limit of {}; send it in parts", m_writes.size(),
                                k_transaction_writes_max));
    // 1. What each write is about: its type, its id, what a condition found.
    for (size_t i = 0; i < m_writes.size(); i++)
      identify(i);
    refuse_twice();
    // 2. The names by which they call one another.
    for (size_t i = 0; i < m_writes.size(); i++) {
      const Write& write = m_writes[i];
      if (write.full_url.empty() || write.kind == Write::Kind::remove) continue;
      const PreparedWrite& prepared = m_result.writes[i];
      std::string reference =
          fmt::format("{}/{}", prepared.type, prepared.is_settled ? prepared.settled.id : prepared.id);
      if (!m_by_full_url.emplace(write.full_url, reference).second)
        throw Refused(
            Refusal::invalid, "duplicate",
            fmt::format("the fullUrl {} stands twice in the transaction; give each entry its own", write.full_url));
    }
    m_result.seen = m_records.last_commit();
    // 3. References, then the text that will stand.
    for (size_t i = 0; i < m_writes.size(); i++)
      if (!m_result.writes[i].is_settled) finish(i);
    if (m_issues.has_errors()) throw Refused(Refusal::invalid, std::move(m_issues));
    return std::move(m_result);
  }

private:
  [[noreturn]] void refuse(Refusal kind, std::string code, std::string text, size_t position,
                           std::string expression = {}) {
    Issue issue;
    issue.code = std::move(code);
    issue.text = placed(std::move(text), position);
    issue.expression = std::move(expression);
    issue.write = static_cast<int>(position);
    Issues issues;
    issues.add(std::move(issue));
    throw Refused(kind, std::move(issues));
  }
  /// Says which write is meant where there are several.
  std::string placed(std::string text, size_t position) const {
    if (m_writes.size() == 1) return text;
    return fmt::format("{} (write {} of {})", text, position + 1, m_writes.size());
  }

  void identify(size_t position) {
    const Write& write = m_writes[position];
    PreparedWrite& prepared = m_result.writes[position];
    prepared.kind = write.kind;
    prepared.type = write.type;
    prepared.id = write.id;
    prepared.derived_from = write.derived_from;
    prepared.if_match = write.if_match;
    std::string json_id;
    if (write.kind != Write::Kind::remove) {
      Document& document = m_drafts[position].document.emplace(Document::parse(write.json));
      if (!document.root().is_object() || !document.root()["resourceType"].is_string())
        refuse(Refusal::invalid, "structure", "a resource is a JSON object with a resourceType", position);
      std::string_view type = document.root()["resourceType"].text();
      if (prepared.type.empty()) prepared.type = type;
      if (type != prepared.type)
        refuse(Refusal::invalid, "invalid",
               fmt::format("the resource is a {}, the address says {}; correct one of them", type, prepared.type),
               position, std::string(type));
      json_id = document.root()["id"].text();
    }
    if (read_reference(prepared.type + "/x").form != ReferenceForm::relative)
      refuse(Refusal::invalid, "invalid", fmt::format("'{}' is not the name of a resource type", prepared.type),
             position);
    if (!prepared.id.empty() && !base::is_fhir_id(prepared.id))
      refuse(Refusal::invalid, "value",
             fmt::format("'{}' is not an id: use 1 to 64 letters, digits, '-' and '.'", prepared.id), position,
             prepared.type + ".id");

    switch (write.kind) {
    case Write::Kind::create:
      if (!write.if_none_exist.empty()) {
        auto ids = condition(prepared.type, write.if_none_exist);
        if (ids.size() > 1) refuse_many(write.if_none_exist, position);
        if (ids.size() == 1) return settle(prepared, ids[0], Outcome::What::existed);
        // The same condition twice in one transaction means the same resource.
        auto [first, is_first] = m_first_of_condition.emplace(prepared.type + "?" + write.if_none_exist, position);
        if (!is_first) return settle(prepared, m_result.writes[first->second].id, Outcome::What::existed);
      }
      if (prepared.id.empty()) fresh_id(prepared);
      break;
    case Write::Kind::update:
      if (!write.conditional.empty()) {
        auto ids = condition(prepared.type, write.conditional);
        if (ids.size() > 1) refuse_many(write.conditional, position);
        if (ids.size() == 1) {
          if (!json_id.empty() && json_id != ids[0])
            refuse(Refusal::invalid, "value",
                   fmt::format("the resource says id '{}', the condition found '{}'; leave the "
                               "id out or correct it",
                               json_id, ids[0]),
                   position, prepared.type + ".id");
          prepared.id = ids[0];
        } else if (!json_id.empty()) {
          prepared.id = json_id;
        } else {
          fresh_id(prepared);
        }
      }
      if (prepared.id.empty())
        refuse(Refusal::invalid, "required", "an update needs the id of what it changes", position);
      if (!json_id.empty() && json_id != prepared.id)
        refuse(Refusal::invalid, "value",
               fmt::format("the resource says id '{}', the address '{}'; correct one of them", json_id, prepared.id),
               position, prepared.type + ".id");
      break;
    case Write::Kind::remove:
      if (!write.conditional.empty()) {
        auto ids = condition(prepared.type, write.conditional);
        if (ids.size() > 1) refuse_many(write.conditional, position);
        if (ids.empty()) return settle(prepared, "", Outcome::What::unchanged);
        prepared.id = ids[0];
      }
      if (prepared.id.empty())
        refuse(Refusal::invalid, "required", "a deletion needs the id of what it removes", position);
      break;
    }
  }

  void fresh_id(PreparedWrite& prepared) {
    prepared.id = base::new_uuid();
    prepared.id_is_ours = true;
  }
  static void settle(PreparedWrite& prepared, std::string id, Outcome::What what) {
    prepared.is_settled = true;
    prepared.settled = {prepared.type, std::move(id), 0, what};
  }
  [[noreturn]] void refuse_many(std::string_view query, size_t position) {
    refuse(Refusal::precondition_failed, "multiple-matches",
           fmt::format("the condition '{}' matches more than one {}; make it narrower", query,
                       m_result.writes[position].type),
           position);
  }
  std::vector<std::string> condition(const std::string& type, const std::string& query) {
    for (const PreparedCondition& each : m_result.conditions)
      if (each.type == type && each.query == query) return each.ids;
    auto ids = m_find_matches(m_records, type, query);
    m_result.conditions.push_back({type, query, ids});
    return ids;
  }

  void refuse_twice() {
    std::unordered_set<std::string> seen;
    for (size_t i = 0; i < m_writes.size(); i++) {
      const PreparedWrite& prepared = m_result.writes[i];
      if (prepared.is_settled || prepared.id_is_ours) continue;
      if (!seen.insert(prepared.type + "/" + prepared.id).second)
        refuse(Refusal::invalid, "duplicate",
               fmt::format("{}/{} is written twice in one transaction; say it once", prepared.type, prepared.id), i);
    }
  }

  void finish(size_t position) {
    PreparedWrite& prepared = m_result.writes[position];
    if (!prepared.id_is_ours) {
      const CurrentRow row = m_records.find(prepared.type, prepared.id);
      prepared.is_unknown = row.key == 0;
      if (auto before = row.key != 0 ? m_records.read_key(row.key) : std::nullopt) {
        prepared.version_before = before->version;
        prepared.json_before = std::move(before->json);
        if (prepared.kind == Write::Kind::remove) prepared.derived_from = before->derived_from;
      }
    }
    auto units = m_index.units_of(prepared.type);
    prepared.generation = units.generation;
    if (!prepared.json_before.empty()) {
      auto before = Document::parse(prepared.json_before);
      prepared.values_before = m_index.values_of(before.root(), *units.list);
    }
    if (prepared.kind == Write::Kind::remove) return;
    Draft& draft = m_drafts[position];
    draft.references = find_references(draft.document->root());
    std::vector<Replacement> replacements;
    std::vector<std::string> targets;
    std::unordered_set<std::string> seen;
    for (const FoundReference& found : draft.references) {
      std::string text(found.value.text());
      std::string resolved = resolve(position, found, text);
      if (!resolved.empty() && resolved != text) {
        replacements.push_back({found.value, resolved});
        text = resolved;
      }
      ReferenceText read = found.is_link ? ReferenceText{} : read_reference(text);
      if (read.form == ReferenceForm::relative) {
        targets.push_back(fmt::format("{}/{}", read.type, read.id));
        if (seen.insert(fmt::format("{} {}", targets.back(), found.path)).second) {
          // OPTIMIZATION: a load names the same organisation and the same people over and over.
          auto [target, is_new] = m_targets.try_emplace(targets.back());
          if (is_new) target->second = m_records.find(read.type, read.id);
          prepared.references.push_back({std::string(read.type), std::string(read.id), found.path, found.expression,
                                         position, target->second.key, target->second.exists()});
        }
        continue;
      }
      targets.emplace_back();
      if (read.form == ReferenceForm::outside && seen.insert(fmt::format("{} {}", text, found.path)).second)
        prepared.outside.emplace_back(text, found.path);
    }
    prepared.placement = placement_of(prepared.type, prepared.id, draft.references, targets);
    prepared.text = unstamp(draft.document->root(), prepared.id, replacements);
    prepared.body = m_codebook.pack(kind_of(draft.document->root()), prepared.text, m_records.shared().zone);
    bool reads_references = std::any_of(units.list->begin(), units.list->end(), [](const Unit& unit) {
      return unit.parameter->kind == ParameterKind::reference;
    });
    if (reads_references && !replacements.empty()) {
      auto rewritten = Document::parse(prepared.text.text);
      prepared.values = m_index.values_of(rewritten.root(), *units.list);
    } else {
      prepared.values = m_index.values_of(draft.document->root(), *units.list);
    }
  }

  /// What is to stand in the place of the text; empty = leave it.
  std::string resolve(size_t position, const FoundReference& found, const std::string& text) {
    if (auto named = m_by_full_url.find(text); named != m_by_full_url.end()) return named->second;
    if (found.is_link) return {};
    ReferenceText read = read_reference(text);
    auto complain = [&](std::string code, std::string what) {
      if (m_issues.size() >= k_reference_issues_max) return;
      Issue issue;
      issue.code = std::move(code);
      issue.text = placed(std::move(what), position);
      issue.expression = found.expression;
      issue.line = found.value.line();
      issue.write = static_cast<int>(position);
      m_issues.add(std::move(issue));
    };
    switch (read.form) {
    case ReferenceForm::urn:
      complain("not-found",
               fmt::format("{} is the fullUrl of no entry of this transaction; put the entry in, or refer to "
                           "it as Type/id",
                           text));
      return {};
    case ReferenceForm::unreadable:
      complain("value", fmt::format("'{}' is no reference; write Type/id, #id, or an absolute address", text));
      return {};
    case ReferenceForm::conditional: {
      auto ids = condition(std::string(read.type), std::string(read.query));
      if (ids.size() == 1) return fmt::format("{}/{}", read.type, ids[0]);
      if (ids.empty())
        complain("not-found", fmt::format("nothing matches {}; write it first, or correct the search", text));
      else
        complain("multiple-matches", fmt::format("{} matches more than one; make it narrower", text));
      return {};
    }
    case ReferenceForm::relative: {
      // Relative to the fullUrl of its own entry, where that is an address
      // (https://hl7.org/fhir/R4/bundle.html#references).
      const std::string& own = m_writes[position].full_url;
      size_t id_at = own.rfind('/');
      size_t type_at = id_at == std::string::npos || id_at == 0 ? std::string::npos : own.rfind('/', id_at - 1);
      if (type_at == std::string::npos) return {};
      auto named = m_by_full_url.find(fmt::format("{}/{}/{}", own.substr(0, type_at), read.type, read.id));
      return named == m_by_full_url.end() ? std::string() : named->second;
    }
    case ReferenceForm::contained:
    case ReferenceForm::outside: return {};
    }
    return {};
  }

  const std::vector<Write>& m_writes;
  Records& m_records;
  const SearchIndex& m_index;
  Codebook& m_codebook;
  const FindMatches& m_find_matches;
  std::vector<Draft> m_drafts;
  PreparedTransaction m_result;
  std::unordered_map<std::string, std::string> m_by_full_url;
  std::unordered_map<std::string, size_t> m_first_of_condition;
  std::unordered_map<std::string, CurrentRow> m_targets; ///< of references, "Type/id"
  Issues m_issues;
};

} // namespace

PreparedTransaction prepare(const std::vector<Write>& writes, Records& records, const SearchIndex& index,
                            Codebook& codebook, const FindMatches& find_matches) {
  return Preparation(writes, records, index, codebook, find_matches).run();
}

} // namespace xinglin::store
