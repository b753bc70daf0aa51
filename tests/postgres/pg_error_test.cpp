#include "postgres/session/pg_error.hpp"

#include "leat/core/error.hpp"
#include "support/catch.hpp"

using leat::postgres_detail::error_from_connect;

TEST_CASE("Connect errors: the SQLSTATE is read and taken out of the text", "[postgres]") {
  const auto error = error_from_connect(leat::ErrorKind::target,
                                        "connection to server at \"db\", port 5432 failed: FATAL:  28P01: "
                                        "password authentication failed for user \"u\"\n"
                                        "LOCATION:  auth_failed, auth.c:338\n");
  CHECK(error.kind() == leat::ErrorKind::target);
  CHECK(error.sqlstate() == "28P01");
  CHECK(std::string(error.what()) ==
        "connection to server at \"db\", port 5432 failed: FATAL: password authentication failed for user "
        "\"u\"");
  CHECK_FALSE(error.retryable());
}

TEST_CASE("Connect errors: a server that never spoke is 08001 with a hint, and may be retried",
          "[postgres]") {
  const auto error =
      error_from_connect(leat::ErrorKind::source, "connection refused: is it: not running\n\n");
  CHECK(error.sqlstate() == "08001");
  CHECK(std::string(error.what()) == "connection refused: is it: not running");
  CHECK_FALSE(error.hint().empty());
  CHECK(error.retryable());
  CHECK(std::string(error_from_connect(leat::ErrorKind::source, "").what()) == "cannot connect");
}

TEST_CASE("Connect errors: of several hosts each is told, and the last SQLSTATE counts", "[postgres]") {
  const auto error =
      error_from_connect(leat::ErrorKind::source,
                         "to \"a\" failed: Connection refused\nto \"b\" failed: FATAL:  53300: too many\n");
  CHECK(error.sqlstate() == "53300");
  CHECK(std::string(error.what()) == "to \"a\" failed: Connection refused\nto \"b\" failed: FATAL: too many");
}

TEST_CASE("Connect errors: a password in the text is hidden", "[postgres]") {
  const auto error =
      error_from_connect(leat::ErrorKind::source, "bad postgresql://u:s3cret@h/d and password=s3cret x\n");
  CHECK(std::string(error.what()).find("s3cret") == std::string::npos);
}
