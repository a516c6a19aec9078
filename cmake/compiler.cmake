# Warnings are errors; assertions stay on in every build (a bug must not become a wrong figure).
add_library(xinglin_compiler INTERFACE)
target_compile_options(xinglin_compiler INTERFACE -Wall -Wextra -Werror -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 takes the strings inside a moved std::variant for uninitialised at -O2 (gone in 13); the sanitizers and clang watch.
  target_compile_options(xinglin_compiler INTERFACE -Wno-maybe-uninitialized)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++ 12's std::stable_sort calls what libstdc++ itself has deprecated.
  target_compile_options(xinglin_compiler INTERFACE -Wno-deprecated-declarations)
endif()
target_include_directories(xinglin_compiler INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)

find_program(XINGLIN_MOLD mold)
if(XINGLIN_MOLD)
  # libstdc++ first: else mold takes the std::string members that shared libraries want from whichever of our archives
  # has a copy, and with it everything that object needs, so that a small test links the whole server.
  target_link_options(xinglin_compiler INTERFACE -fuse-ld=mold -lstdc++)
endif()

find_program(XINGLIN_CCACHE ccache)
if(XINGLIN_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      ${XINGLIN_CCACHE})
endif()

set(XINGLIN_SANITIZE "" CACHE STRING "address;undefined or thread")
if(XINGLIN_SANITIZE)
  string(REPLACE ";" "," _sanitizers "${XINGLIN_SANITIZE}")
  # -O1: the checks stay, and the property tests end within minutes.
  target_compile_options(xinglin_compiler INTERFACE -fsanitize=${_sanitizers} -fno-sanitize-recover=all -O1)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 takes the frame of a coroutine, which Asio allocates and frees itself, for freed by another than made it.
    target_compile_options(xinglin_compiler INTERFACE -Wno-mismatched-new-delete)
    if("thread" IN_LIST XINGLIN_SANITIZE)
      # Asio's fences, of which the thread sanitizer knows nothing; what they order is ordered by locks too.
      target_compile_options(xinglin_compiler INTERFACE -Wno-tsan)
      # Nothing of ours is given to shared libraries: else DuckDB takes our std::mutex::lock, which is watched, and its own
      # unlock, which is not.
      target_link_options(xinglin_compiler INTERFACE -Wl,--version-script=${CMAKE_SOURCE_DIR}/cmake/private.map)
    endif()
  endif()
  target_link_options(xinglin_compiler INTERFACE -fsanitize=${_sanitizers})
endif()

if(XINGLIN_FUZZ)
  # The libraries too count the edges they take, else a fuzzer gropes in the dark.
  target_compile_options(xinglin_compiler INTERFACE -fsanitize=fuzzer-no-link)
endif()

set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
