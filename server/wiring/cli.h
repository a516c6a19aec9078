#pragma once
// The command line (CLI11, seen by cli.cc only).

#include "server/wiring/options.h"

namespace xinglin::wiring {

using Command = int (*)(const Options&);

/// What to do. `command` is null when there is nothing more to do (help, usage error): then `exit_code` counts.
struct CommandLine {
  Options options;
  Command command = nullptr;
  int exit_code = k_exit_done;
};
CommandLine read_command_line(int argc, const char* const* argv);

} // namespace xinglin::wiring
