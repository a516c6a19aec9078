#pragma once
// A line on standard error that says how far long work is; nothing when that is not a terminal.

#include <chrono>
#include <cstdint>
#include <string>

namespace xinglin::wiring {

class Progress {
public:
  explicit Progress(std::string what);
  ~Progress(); ///< wipes the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// At most ten times a second; `all` 0 = not known.
  void show(int64_t done, int64_t all = 0);
  void show(const std::string& text);

private:
  bool due();
  std::string m_what;
  bool m_terminal;
  bool m_shown = false;
  std::chrono::steady_clock::time_point m_next;
};

} // namespace xinglin::wiring
