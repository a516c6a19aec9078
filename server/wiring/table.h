#pragma once
// Columns for a terminal, where a Chinese character is two wide.

#include <string>
#include <string_view>
#include <vector>

namespace xinglin::wiring {

/// Places the text takes in a terminal: two for CJK and full-width characters, else one.
size_t display_width(std::string_view utf8);

class Table {
public:
  /// `right` says which columns are set to the right.
  explicit Table(std::vector<bool> right) : m_right(std::move(right)) {}
  void row(std::vector<std::string> cells) { m_rows.push_back(std::move(cells)); }
  std::string text() const; ///< a line each, columns two spaces apart

private:
  std::vector<bool> m_right;
  std::vector<std::vector<std::string>> m_rows;
};

} // namespace xinglin::wiring
