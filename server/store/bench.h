#pragma once
// The benchmarks of the store, one function each; store_bench.cc is the program that calls them.

#include <string>
#include <vector>

namespace xinglin::store {

int bench_layouts(const std::vector<std::string>& arguments);
int bench_store(const std::vector<std::string>& arguments);

} // namespace xinglin::store
