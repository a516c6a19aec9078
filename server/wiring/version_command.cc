// xinglin version
#include "server/wiring/version.h"

#include "lib/fhir/json.h"
#include "server/wiring/commands.h"

#include <cstdio>

namespace xinglin::wiring {

int version(const Options& options) {
  if (options.json)
    std::printf("%s\n", fhir::JsonWriter()
                            .begin_object()
                            .member("version", program_version())
                            .member("commit", program_commit())
                            .member("fhir", "4.0.1")
                            .end_object()
                            .take()
                            .c_str());
  else
    std::printf("xinglin %s (%s), FHIR 4.0.1\n", std::string(program_version()).c_str(),
                std::string(program_commit()).c_str());
  return k_exit_done;
}

} // namespace xinglin::wiring
