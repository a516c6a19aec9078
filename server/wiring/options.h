#pragma once
// What the command line said, as plain values. cli.cc fills it in; one function a command acts on it.

#include <cstdint>
#include <string>
#include <vector>

namespace xinglin::wiring {

enum ExitCode : int { k_exit_done = 0, k_exit_refused = 1, k_exit_usage = 2 };

struct Options {
  // of the program
  std::string data = "./xinglin-data";
  std::string programs; ///< empty = found (programs.h)
  bool json = false;

  // of a command
  std::vector<std::string> arguments; ///< files, ids, an address: what stands without a name
  int port = 8080;
  std::string web;    ///< serve: pages from this directory
  std::string today;  ///< serve, plan show: judged on; empty = today
  bool again = false; ///< load
  std::string output; ///< -o
  std::string org, period, as_of;
  std::vector<std::string> types;  ///< export
  bool gzip = false;               ///< export
  std::string totals;              ///< simulate
  int scale = 1;                   ///< simulate
  int64_t residents = 0;           ///< simulate; 0 = those of the totals
  int years = 2;                   ///< simulate
  int64_t seed = -1;               ///< simulate; -1 = the one of the totals
  int rows = 20;                   ///< trace
  std::vector<std::string> inputs; ///< view run
  bool no_header = false;          ///< view run: CSV without the line of names
  std::string type;                ///< fhirpath: of the input
  bool explain = false;            ///< fhirpath
  std::string since;               ///< report: compared with the same as of then
};

} // namespace xinglin::wiring
