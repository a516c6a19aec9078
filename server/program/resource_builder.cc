#include "server/program/resource_builder.h"

#include "lib/base/text.h"

#include <algorithm>
#include <cassert>

namespace xinglin::program {
namespace {

/// The entry of that key, made when absent.
template <typename Key, typename Value, typename Asked>
Value& entry(std::vector<std::pair<Key, Value>>& list, const Asked& key) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const auto& one) { return one.first == key; });
  if (found != list.end()) return found->second;
  return list.emplace_back(Key(key), Value{}).second;
}

} // namespace

void ResourceBuilder::set(const package::ElementPath& path, std::vector<std::string> values) {
  if (values.empty()) return;
  assert(values.size() == 1 || path.leaf_is_open_list);
  Tree* at = &m_root;
  for (const auto& step : path.steps) {
    at = &entry(at->members, step.name);
    if (step.is_list && !(path.leaf_is_open_list && &step == &path.steps.back())) at = &entry(at->elements, step.index);
  }
  if (!path.leaf_is_open_list) {
    at->leaf = std::move(values.front());
    return;
  }
  for (size_t i = 0; i < values.size(); ++i)
    entry(at->elements, i).leaf = std::move(values[i]);
}

void ResourceBuilder::set_member(std::string_view name, std::string json) {
  entry(m_root.members, name).leaf = std::move(json);
}

std::string ResourceBuilder::to_json(std::string_view resource, std::string_view id) const {
  std::string out = "{\"resourceType\":";
  base::append_json_string(out, resource);
  if (!id.empty()) {
    out += ",\"id\":";
    base::append_json_string(out, id);
  }
  for (const auto& [name, tree] : m_root.members) {
    out += ',';
    base::append_json_string(out, name);
    out += ':';
    write(tree, out);
  }
  return out + "}";
}

void ResourceBuilder::write(const Tree& tree, std::string& out) {
  if (!tree.leaf.empty()) {
    out += tree.leaf;
    return;
  }
  if (!tree.elements.empty()) {
    auto elements = tree.elements; // by index; a place that got no value leaves no hole
    std::stable_sort(elements.begin(), elements.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    out += '[';
    for (size_t i = 0; i < elements.size(); ++i) {
      if (i > 0) out += ',';
      write(elements[i].second, out);
    }
    out += ']';
    return;
  }
  out += '{';
  for (size_t i = 0; i < tree.members.size(); ++i) {
    if (i > 0) out += ',';
    base::append_json_string(out, tree.members[i].first);
    out += ':';
    write(tree.members[i].second, out);
  }
  out += '}';
}

} // namespace xinglin::program
