#pragma once
// Puts values at element paths and writes the resource as JSON. Internal to server/program.

#include "server/package/element_path.h"

#include <string>
#include <string_view>
#include <vector>

namespace xinglin::program {

/// A resource under construction. Objects come into being with their first value, so what has no value leaves no trace.
class ResourceBuilder {
public:
  /// `values`: JSON texts. More than one needs a path whose end is an open list (asserted).
  void set(const package::ElementPath& path, std::vector<std::string> values);
  /// A JSON value at a top-level member.
  void set_member(std::string_view name, std::string json);
  /// The resource with `resourceType`, then `id` (unless empty), then what was set, in order.
  std::string to_json(std::string_view resource, std::string_view id) const;

private:
  struct Tree {
    std::string leaf;                                  ///< JSON, when a value stands here
    std::vector<std::pair<std::string, Tree>> members; ///< of an object
    std::vector<std::pair<size_t, Tree>> elements;     ///< of an array: index → value
  };
  static void write(const Tree& tree, std::string& out);
  Tree m_root;
};

} // namespace xinglin::program
