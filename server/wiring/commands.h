#pragma once
// The commands of the program, one file each. Each prints its result on standard output (JSON with --json) and gives
// the exit code; what is refused is thrown as base::Refused and printed by main.

#include "server/wiring/options.h"

namespace xinglin::wiring {

int serve(const Options& options);
int load(const Options& options);
int export_records(const Options& options);
int validate(const Options& options);
int check(const Options& options);
int indicators(const Options& options);
int trace(const Options& options);
int simulate(const Options& options);
int report(const Options& options);
int verify(const Options& options);
int version(const Options& options);
int view_run(const Options& options);
int view_columns(const Options& options);
int view_suite(const Options& options);
int fhirpath(const Options& options);

} // namespace xinglin::wiring
