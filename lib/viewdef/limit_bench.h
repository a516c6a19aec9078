#pragma once
// The limit that view_bench measures against: what simdjson takes to merely parse the same lines (seen by one unit
// only).

#include <cstddef>
#include <span>
#include <string_view>

namespace xinglin::viewdef {

/// Parses each line and counts the members of its object; `padded`: the lines' buffer goes on for at least
/// k_limit_padding bytes after the last. Gives the count of members; 0 when a line is no object, or without simdjson.
size_t parse_and_count(std::span<const std::string_view> lines);
inline constexpr size_t k_limit_padding = 64;

} // namespace xinglin::viewdef
