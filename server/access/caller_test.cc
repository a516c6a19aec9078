#include "server/access/caller.h"

#include <doctest/doctest.h>

using namespace xinglin;

TEST_CASE("only names of this machine are served") {
  for (const char* host : {"127.0.0.1", "127.0.0.1:8080", "localhost", "localhost:1", "[::1]:8080"})
    CHECK_MESSAGE(access::is_local_host(host), host);
  for (const char* host : {"", "example.org", "127.0.0.1.example.org", "localhost.example.org:80", "[::1", "0.0.0.0"})
    CHECK_FALSE_MESSAGE(access::is_local_host(host), host);
}

TEST_CASE("a page of another site changes nothing here") {
  for (const char* origin : {"", "http://127.0.0.1:8080", "http://localhost:5173", "http://[::1]:8080"})
    CHECK_MESSAGE(access::is_local_origin(origin), origin);
  for (const char* origin : {"null", "https://example.org", "http://localhost.example.org", "127.0.0.1:8080"})
    CHECK_FALSE_MESSAGE(access::is_local_origin(origin), origin);
}

TEST_CASE("the notice says so in both languages while there are no accounts") {
  CHECK_FALSE(access::identify("Bearer x").accounts);
  CHECK_FALSE(access::notice().zh.empty());
  CHECK_FALSE(access::notice().en.empty());
}
