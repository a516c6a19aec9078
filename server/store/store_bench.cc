// store_bench NAME [ARGUMENTS]: the benchmarks of the store.

#include "server/store/bench.h"

#include <cstdio>

using namespace xinglin::store;

int main(int count, char** arguments) {
  std::vector<std::string> rest(arguments + std::min(count, 2), arguments + count);
  std::string name = count > 1 ? arguments[1] : "";
  if (name == "layouts") return bench_layouts(rest);
  if (name == "store") return bench_store(rest);
  std::fputs("usage: store_bench store [TRANSACTIONS] [DIRECTORY] | layouts [RESOURCES] [DIRECTORY]\n", stderr);
  return 2;
}
