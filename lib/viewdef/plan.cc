#include "lib/viewdef/plan.h"

#include "lib/base/text.h"
#include "lib/fhirpath/reference.h"

#include <algorithm>
#include <iterator>

namespace xinglin::viewdef {

using fhirpath::Code;
using fhirpath::Op;
using fhirpath::TypeInfo;

namespace {

constexpr uint8_t k_end = 0xFF;
constexpr size_t k_edges_max = 200;
constexpr size_t k_texts_by_hash_from = 8; ///< fewer are compared one by one

/// One part of a path.
struct Part {
  std::vector<std::pair<fhir::NameId, const TypeInfo*>> names; ///< a step: how it may be written
  fhir::NameId key = fhir::k_no_name;                          ///< else where(key = 'text')
  std::string_view text;
};

struct Way {
  std::vector<Part> parts;
  bool first_only = false;
  bool is_key = false;
  const TypeInfo* wanted = nullptr;
};

bool take_step(const fhirpath::Compiled& path, const Op& op, const TypeInfo*& type, Way& way) {
  const fhirpath::Step& step = path.steps[op.data];
  if (!type || type->is_abstract || step.owner != type || !step.element) return false;
  Part part;
  if (step.only) {
    part.names.emplace_back(step.only->id, step.only->type);
  } else {
    for (const auto& written : step.element->written)
      part.names.emplace_back(written.id, written.type);
  }
  for (const auto& [name, is] : part.names)
    if (!is || is->is_abstract || is->is_resource) return false;
  type = part.names.size() == 1 ? part.names[0].second : nullptr; // after an open choice nothing is known
  way.parts.push_back(std::move(part));
  return true;
}

bool take_where(const fhirpath::Compiled& path, const Op& op, const TypeInfo* type, Way& way) {
  const fhirpath::Step& key = path.steps[op.data];
  if (!type || key.owner != type || !key.element || key.element->is_choice) return false;
  Part part;
  part.key = key.id;
  part.text = path.literals[path.args[op.args]].view();
  way.parts.push_back(part);
  return true;
}

std::optional<Way> read(const fhirpath::Compiled& path, const TypeInfo* focus) {
  std::vector<const Op*> ops;
  for (uint32_t at = path.root; at != fhirpath::k_none; at = path.ops[at].input)
    ops.push_back(&path.ops[at]);
  std::reverse(ops.begin(), ops.end());
  Way way;
  const TypeInfo* type = focus;
  for (const Op* op : ops) {
    if (way.first_only || way.is_key) return {}; // these end a path
    switch (op->code) {
    case Code::step:
      if (!take_step(path, *op, type, way)) return {};
      break;
    case Code::where_equals:
      if (!take_where(path, *op, type, way)) return {};
      break;
    case Code::of_type: // of a choice that the step before was narrowed to already
      if (!type || type != path.types[op->data]) return {};
      break;
    case Code::first: way.first_only = true; break;
    case Code::reference_key:
      if (!type || type != fhirpath::Model::r4().reference()) return {};
      way.is_key = true;
      if (op->data != fhirpath::k_none) way.wanted = path.types[op->data];
      break;
    default: return {};
    }
  }
  if (way.parts.empty()) return {};
  return way;
}

} // namespace

Plan::Branch::Branch() {
  std::fill(std::begin(heads), std::end(heads), k_end);
}

const Plan::Edge* Plan::Branch::find(fhir::NameId name) const {
  for (uint8_t at = heads[name % std::size(heads)]; at != k_end; at = edges[at].next)
    if (edges[at].name == name) return &edges[at];
  return nullptr;
}

Plan::Branch* Plan::Branch::edge(fhir::NameId name, const TypeInfo* type) {
  if (const Edge* known = find(name)) return known->below.get();
  uint8_t& head = heads[name % std::size(heads)];
  edges.push_back({name, head, type, std::make_unique<Branch>()});
  head = static_cast<uint8_t>(edges.size() - 1);
  return edges.back().below.get();
}

Plan::Branch* Plan::Branch::choice(fhir::NameId key, std::string_view text) {
  auto at = std::find_if(choices.begin(), choices.end(), [&](const Choice& one) { return one.key == key; });
  if (at == choices.end()) {
    choices.push_back({key, {}, {}});
    at = choices.end() - 1;
  }
  for (auto& [known, branch] : at->texts)
    if (known == text) return branch.get();
  at->texts.emplace_back(text, std::make_unique<Branch>());
  Branch* made = at->texts.back().second.get();
  at->by_text.clear(); // the texts may have moved
  if (at->texts.size() >= k_texts_by_hash_from)
    for (const auto& [known, branch] : at->texts)
      at->by_text[known] = branch.get();
  return made;
}

bool Plan::add(const fhirpath::Compiled& path, const TypeInfo* focus, size_t column) {
  if (!focus || focus->is_abstract) return false;
  const auto way = read(path, focus);
  if (!way) return false;
  std::vector<Branch*> ends{&m_root};
  for (const Part& part : way->parts) {
    std::vector<Branch*> next;
    for (Branch* end : ends) {
      if (part.names.empty()) {
        next.push_back(end->choice(part.key, part.text));
        continue;
      }
      if (end->edges.size() + part.names.size() > k_edges_max) return false;
      for (const auto& [name, type] : part.names)
        next.push_back(end->edge(name, type));
    }
    ends = std::move(next);
  }
  for (Branch* end : ends)
    end->leaves.push_back({column, way->first_only, way->is_key, way->wanted});
  ++m_columns;
  return true;
}

bool Plan::take(fhir::Node item, const TypeInfo* type, const Leaf& leaf, std::vector<Found>& found) {
  Found& here = found[leaf.column];
  if (leaf.is_key) {
    const std::string_view key = fhirpath::reference_key(item.member(fhir::name::k_reference).text(), leaf.wanted).key;
    if (key.empty()) return true;
    if (here.node) return false;
    here.key = key;
  } else if (here.node) {
    return leaf.first_only; // many values: the evaluator says what is wrong with that
  }
  here.node = item;
  here.type = type;
  return true;
}

bool Plan::visit(fhir::Node item, const TypeInfo* type, const Branch& branch, std::vector<Found>& found) {
  const fhir::Kind kind = item.kind();
  if (kind == fhir::Kind::array || kind == fhir::Kind::null) return false;
  const bool is_object = kind == fhir::Kind::object;
  if (type && is_object == type->is_primitive) return false; // not as the definitions have it
  for (const Leaf& leaf : branch.leaves)
    if (!take(item, type, leaf, found)) return false;
  for (const Choice& choice : branch.choices) {
    const fhir::Node value = item.member(choice.key);
    if (!value.is_string()) continue;
    const std::string_view text = value.text();
    const Branch* below = nullptr;
    if (choice.by_text.empty()) {
      for (const auto& [known, one] : choice.texts)
        if (base::is_same(known, text)) below = one.get();
    } else if (const auto at = choice.by_text.find(text); at != choice.by_text.end()) {
      below = at->second;
    }
    if (below && !visit(item, type, *below, found)) return false;
  }
  if (branch.edges.empty()) return true;
  for (const fhir::Node member : item) {
    const fhir::NameId name = member.name_id();
    if (name & fhir::k_twin) {
      if (branch.find(name & ~fhir::k_twin)) return false; // a primitive's id and extensions
      continue;
    }
    const Edge* edge = branch.find(name);
    if (!edge) continue;
    if (!member.is_array()) {
      if (!visit(member, edge->type, *edge->below, found)) return false;
      continue;
    }
    for (const fhir::Node element : member)
      if (!visit(element, edge->type, *edge->below, found)) return false;
  }
  return true;
}

bool Plan::walk(fhir::Node focus, std::vector<Found>& found) const {
  return focus.is_object() && visit(focus, nullptr, m_root, found);
}

} // namespace xinglin::viewdef
