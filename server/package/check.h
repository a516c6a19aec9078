#pragma once
// The whole-package checker: what reading alone cannot see. Names that lead nowhere, types, units, FHIRPath that does
// not compile, SQL that does not bind, circles. Adds to `issues`; never throws for bad content. Every issue's file
// begins with the folder of the program it is about.

#include "server/package/model.h"

namespace xinglin::package {

void check(const Catalog& catalog, base::Issues& issues);

} // namespace xinglin::package
