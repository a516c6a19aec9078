#pragma once
// Ctrl-C and SIGTERM: long work asks between its steps; a second one ends the program as it would have anyway.

namespace xinglin::wiring {

/// From now on the first signal only sets interrupted().
void watch_for_interrupt();
bool interrupted();
/// Blocks the calling thread until a signal came.
void wait_for_interrupt();

} // namespace xinglin::wiring
