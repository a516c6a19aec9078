#include "server/wiring/progress.h"

#include <unistd.h>

#include <cstdio>

namespace xinglin::wiring {

namespace {
constexpr auto k_pause = std::chrono::milliseconds(100);
constexpr const char* k_wipe = "\r\033[K";
} // namespace

Progress::Progress(std::string what) : m_what(std::move(what)), m_terminal(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (m_shown) std::fputs(k_wipe, stderr);
}

bool Progress::due() {
  if (!m_terminal || std::chrono::steady_clock::now() < m_next) return false;
  m_next = std::chrono::steady_clock::now() + k_pause;
  return true;
}

void Progress::show(int64_t done, int64_t all) {
  if (!due()) return;
  std::string text = std::to_string(done);
  if (all > 0) text += " of " + std::to_string(all) + " (" + std::to_string(done * 100 / all) + "%)";
  m_next = {};
  show(text);
}

void Progress::show(const std::string& text) {
  if (!due()) return;
  std::fprintf(stderr, "%s%s: %s", k_wipe, m_what.c_str(), text.c_str());
  std::fflush(stderr);
  m_shown = true;
}

} // namespace xinglin::wiring
