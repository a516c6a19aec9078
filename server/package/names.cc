#include "server/package/names.h"

#include <set>

namespace xinglin::package {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// The position after what begins at `at` and has no names in it (comment, string); `at` itself otherwise.
size_t skip(std::string_view sql, size_t at) {
  const std::string_view rest = sql.substr(at);
  const auto after = [&](std::string_view end, size_t from) {
    const size_t found = sql.find(end, at + from);
    return found == std::string_view::npos ? sql.size() : found + end.size();
  };
  if (rest.starts_with("--")) return after("\n", 2);
  if (rest.starts_with("/*")) return after("*/", 2);
  if (rest.starts_with("'")) return after("'", 1); // a doubled quote begins the next string at once
  return at;
}

} // namespace

std::vector<std::string> names_in_sql(std::string_view sql) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (size_t at = 0; at < sql.size();) {
    if (const size_t after = skip(sql, at); after != at) {
      at = after;
    } else if (is_word(sql[at])) {
      std::string name;
      for (; at < sql.size() && is_word(sql[at]); ++at)
        name += static_cast<char>(sql[at] >= 'A' && sql[at] <= 'Z' ? sql[at] + 32 : sql[at]);
      if ((name[0] < '0' || name[0] > '9') && seen.insert(name).second) names.push_back(name);
    } else {
      ++at;
    }
  }
  return names;
}

} // namespace xinglin::package
