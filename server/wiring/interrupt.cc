#include "server/wiring/interrupt.h"

#include <csignal>
#include <semaphore.h>

namespace xinglin::wiring {

namespace {
// A signal handler may touch no more than these two.
volatile std::sig_atomic_t g_interrupted = 0;
sem_t g_arrived;

void on_signal(int signal) {
  g_interrupted = 1;
  std::signal(signal, SIG_DFL);
  sem_post(&g_arrived);
}
} // namespace

void watch_for_interrupt() {
  sem_init(&g_arrived, 0, 0);
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

bool interrupted() {
  return g_interrupted != 0;
}

void wait_for_interrupt() {
  while (!interrupted())
    sem_wait(&g_arrived);
}

} // namespace xinglin::wiring
