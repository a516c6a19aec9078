#include "server/store/resource_text.h"

#include "lib/base/id.h"
#include "lib/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>

namespace xinglin::store {

using fhir::Node;

namespace {

bool is_type_name(std::string_view text) {
  if (text.empty() || text[0] < 'A' || text[0] > 'Z') return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
}

/// The name under which a value stands begins before it: after the quote that opens it.
size_t member_start(Node value, std::string_view source) {
  size_t at = value.offset();
  while (source[at - 1] != ':')
    at--;
  at--;
  while (source[at - 1] != '"')
    at--;
  at--; // the closing quote
  auto is_escaped = [&](size_t quote) {
    size_t slashes = 0;
    while (source[quote - 1 - slashes] == '\\')
      slashes++;
    return slashes % 2 == 1;
  };
  do
    at--;
  while (source[at] != '"' || is_escaped(at));
  return at;
}

class Walk {
public:
  Walk(std::string_view type, std::vector<FoundReference>& found) : m_found(found) { m_path = m_expression = type; }
  void object(Node object) {
    for (Node member : object) {
      std::string_view name = member.name();
      if (member.is_string()) {
        if (name == "reference")
          add(member, false);
        else if ((name == "url" || name == "valueUri" || name == "valueUrl") && member.text().starts_with("urn:uuid:"))
          add(member, true);
        continue;
      }
      if (!member.is_object() && !member.is_array()) continue;
      if (m_path == "Bundle" && name == "entry") continue;
      size_t path = m_path.size(), expression = m_expression.size();
      m_path.append(".").append(name);
      m_expression.append(".").append(name);
      if (member.is_object())
        object_here(member);
      else
        array(member);
      m_path.resize(path);
      m_expression.resize(expression);
    }
  }

private:
  void object_here(Node node) { object(node); }
  void array(Node array) {
    size_t position = 0, expression = m_expression.size();
    for (Node element : array) {
      if (element.is_object()) {
        m_expression += fmt::format("[{}]", position);
        object(element);
        m_expression.resize(expression);
      }
      position++;
    }
  }
  void add(Node value, bool is_link) {
    m_found.push_back({value, is_link ? fmt::format("{}.{}", m_path, value.name()) : m_path,
                       fmt::format("{}.{}", m_expression, value.name()), is_link});
  }
  std::string m_path, m_expression;
  std::vector<FoundReference>& m_found;
};

} // namespace

ReferenceText read_reference(std::string_view text) {
  ReferenceText read;
  if (text.empty()) return read;
  if (text[0] == '#') {
    read.form = ReferenceForm::contained;
    return read;
  }
  size_t end = text.find_first_of("/?:");
  if (end == std::string_view::npos) return read;
  if (text[end] == ':') {
    read.form =
        text.starts_with("urn:uuid:") || text.starts_with("urn:oid:") ? ReferenceForm::urn : ReferenceForm::outside;
    return read;
  }
  std::string_view type = text.substr(0, end);
  if (!is_type_name(type)) return read;
  if (text[end] == '?') {
    read.form = ReferenceForm::conditional;
    read.type = type;
    read.query = text.substr(end + 1);
    return read;
  }
  std::string_view rest = text.substr(end + 1);
  size_t slash = rest.find('/');
  std::string_view id = rest.substr(0, slash);
  std::string_view tail = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  if (!base::is_fhir_id(id)) return read;
  if (!tail.empty()) {
    constexpr std::string_view k_history = "/_history/";
    if (!tail.starts_with(k_history) || !base::is_fhir_id(tail.substr(k_history.size()))) return read;
  }
  read.form = ReferenceForm::relative;
  read.type = type;
  read.id = id;
  read.rest = tail;
  return read;
}

std::vector<FoundReference> find_references(Node resource) {
  std::vector<FoundReference> found;
  Walk(resource["resourceType"].text(), found).object(resource);
  return found;
}

UnstampedText unstamp(Node resource, std::string_view id, const std::vector<Replacement>& replacements) {
  struct Edit {
    size_t at, length;
    std::string text;
    size_t stamp = std::string::npos; ///< where in `text` the stamp goes
  };
  std::string_view source = resource.document()->bytes();
  std::vector<Edit> edits;
  for (const Replacement& replacement : replacements) {
    Edit edit{replacement.value.offset(), replacement.value.raw().size(), {}};
    base::append_json_string(edit.text, replacement.text);
    edits.push_back(std::move(edit));
  }
  auto end_of = [](Node node) { return node.offset() + node.raw().size(); };

  Node type = resource["resourceType"];
  assert(type && "a resource has a type");
  Node own_id = resource["id"];
  Node meta = resource["meta"];
  size_t meta_goes_at = end_of(own_id ? own_id : type);
  Edit first{end_of(type), 0, {}}; // what is put in where the sender left it out
  if (!own_id) {
    first.text = ",\"id\":";
    base::append_json_string(first.text, id);
  } else if (own_id.text() != id || !own_id.is_string()) {
    Edit edit{own_id.offset(), own_id.raw().size(), {}};
    base::append_json_string(edit.text, id);
    edits.push_back(std::move(edit));
  }
  if (meta.is_object()) {
    Edit edit{meta.offset(), meta.raw().size(), "{", 1};
    for (Node member : meta) {
      if (member.name() == "versionId" || member.name() == "lastUpdated") continue;
      size_t from = member_start(member, source);
      size_t to = end_of(member);
      edit.text += ',';
      // References inside meta (extensions) are among the replacements: they have to be made here.
      std::vector<Edit> inner;
      for (const Edit& each : edits)
        if (each.at >= from && each.at < to) inner.push_back(each);
      std::sort(inner.begin(), inner.end(), [](const Edit& a, const Edit& b) { return a.at < b.at; });
      for (const Edit& each : inner) {
        edit.text.append(source.substr(from, each.at - from)).append(each.text);
        from = each.at + each.length;
      }
      edit.text.append(source.substr(from, to - from));
    }
    edit.text += '}';
    std::erase_if(edits, [&](const Edit& each) { return each.at > edit.at && each.at < edit.at + edit.length; });
    edits.push_back(std::move(edit));
  } else if (meta) { // no object: it holds nothing that could be kept
    edits.push_back({meta.offset(), meta.raw().size(), "{}", 1});
  } else {
    Edit edit{meta_goes_at, 0, ",\"meta\":{}", 9};
    if (!own_id) {
      first.stamp = first.text.size() + edit.stamp;
      first.text += edit.text;
    } else {
      edits.push_back(std::move(edit));
    }
  }
  if (!first.text.empty()) edits.push_back(std::move(first));
  std::stable_sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) { return a.at < b.at; });

  UnstampedText result;
  size_t begin = resource.offset(), end = end_of(resource);
  result.text.reserve(end - begin + 160);
  size_t copied = begin;
  for (const Edit& edit : edits) {
    result.text.append(source.substr(copied, edit.at - copied));
    if (edit.stamp != std::string::npos) result.stamp_at = result.text.size() + edit.stamp;
    result.text.append(edit.text);
    copied = edit.at + edit.length;
  }
  result.text.append(source.substr(copied, end - copied));
  return result;
}

std::string stamp(std::string_view text, size_t stamp_at, int64_t version, base::Millis recorded_at, base::Zone zone) {
  std::string stamp =
      fmt::format(R"("versionId":"{}","lastUpdated":"{}")", version, base::to_instant(recorded_at, zone));
  std::string result;
  result.reserve(text.size() + stamp.size());
  result.append(text.substr(0, stamp_at)).append(stamp).append(text.substr(stamp_at));
  return result;
}

std::string placement_of(std::string_view type, std::string_view id, const std::vector<FoundReference>& references,
                         const std::vector<std::string>& targets) {
  if (type == "Patient" || type == "Organization") return fmt::format("{}/{}", type, id);
  // Which element says whom a record is about, where several point at residents (the Patient compartment's own order).
  static constexpr std::array<std::string_view, 7> k_about = {"subject",    "patient",           "beneficiary", "for",
                                                              "individual", "participant.actor", "source"};
  assert(references.size() == targets.size());
  std::string best;
  size_t best_rank = SIZE_MAX;
  for (size_t i = 0; i < references.size(); i++) {
    bool is_patient = targets[i].starts_with("Patient/");
    if (!is_patient && !targets[i].starts_with("Organization/")) continue;
    size_t rank = 2 * k_about.size();
    if (is_patient) {
      std::string_view element = std::string_view(references[i].path).substr(type.size() + 1);
      auto about = std::find(k_about.begin(), k_about.end(), element);
      rank = about == k_about.end() ? k_about.size() : static_cast<size_t>(about - k_about.begin());
    }
    if (rank < best_rank) {
      best_rank = rank;
      best = targets[i];
    }
  }
  return best;
}

} // namespace xinglin::store
