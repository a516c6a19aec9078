#include "lib/base/issue.h"
#include "server/wiring/cli.h"

#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
  using namespace xinglin;
  const wiring::CommandLine line = wiring::read_command_line(argc, argv);
  if (!line.command) return line.exit_code;
  try {
    return line.command(line.options);
  } catch (const base::Refused& refused) {
    std::fflush(stdout);
    if (line.options.json) std::printf("%s\n", refused.issues().to_operation_outcome().c_str());
    std::fprintf(stderr, "xinglin: %s\n", refused.what());
  } catch (const std::exception& failure) {
    std::fflush(stdout);
    std::fprintf(stderr, "xinglin: error: %s\n", failure.what());
  }
  return wiring::k_exit_refused;
}
