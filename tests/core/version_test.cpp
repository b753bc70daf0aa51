#include "leat/version.hpp"

#include <string>

#include "support/catch.hpp"

TEST_CASE("version: the library has that of its headers", "[core]") {
  CHECK(leat::version() == LEAT_VERSION);
  CHECK(leat::version() == std::to_string(LEAT_VERSION_MAJOR) + "." + std::to_string(LEAT_VERSION_MINOR) +
                               "." + std::to_string(LEAT_VERSION_PATCH));
}

#undef LEAT_VERSION_MINOR
#define LEAT_VERSION_MINOR 999  // as headers of another release have it

TEST_CASE("version: a library of another release than the headers is found out", "[core]") {
  CHECK(leat::version() != LEAT_VERSION);
  CHECK(std::string(LEAT_VERSION).find(".999.") != std::string::npos);
}
