#pragma once
// gzip (RFC 1952) by zlib, in memory and in pieces.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace xinglin::http {

std::string gzip(std::string_view bytes, int level = 1);

enum class InflateError { damaged, too_large };
/// All members of a gzip stream. On failure empty and *error set; never makes more than `bytes_max`.
std::optional<std::string> gunzip(std::string_view bytes, size_t bytes_max, InflateError* error = nullptr);

} // namespace xinglin::http
