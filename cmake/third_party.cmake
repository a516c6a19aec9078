# Libraries. Debian's packages where Debian has them; DuckDB and the FHIR definitions come from pinned npm packages that
# `./dev build` puts into .cache/third_party (tools/fetch-third-party). Why each: docs/decisions/.
find_package(Threads REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(ZLIB REQUIRED)
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(pugixml REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS system url)
find_library(XINGLIN_LIBZIP zip REQUIRED)
find_library(XINGLIN_RE2 re2 REQUIRED)
find_library(XINGLIN_ZSTD zstd REQUIRED)

set(XINGLIN_THIRD_PARTY ${CMAKE_SOURCE_DIR}/.cache/third_party)
if(NOT EXISTS ${XINGLIN_THIRD_PARTY}/duckdb/duckdb.h)
  message(FATAL_ERROR "DuckDB is not there yet: run tools/fetch-third-party (or ./dev build, which does)")
endif()
add_library(duckdb SHARED IMPORTED)
set_target_properties(duckdb PROPERTIES
  IMPORTED_LOCATION ${XINGLIN_THIRD_PARTY}/duckdb/libduckdb.so
  IMPORTED_SONAME libduckdb.so
  INTERFACE_INCLUDE_DIRECTORIES ${XINGLIN_THIRD_PARTY}/duckdb)
# Programs find it beside themselves first, so that build/release can be carried elsewhere whole.
list(APPEND CMAKE_BUILD_RPATH "$ORIGIN")
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  file(COPY_FILE ${XINGLIN_THIRD_PARTY}/duckdb/libduckdb.so ${CMAKE_BINARY_DIR}/libduckdb.so ONLY_IF_DIFFERENT)
endif()
set(XINGLIN_R4_PACKAGE ${XINGLIN_THIRD_PARTY}/r4)
