#include <libpq-fe.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/detail/session_access.hpp"
#include "server.hpp"
#include "support/catch.hpp"

namespace {

/// Keeps what this process writes to standard error, and gives it back.
class StandardError {
 public:
  StandardError() : before_(::dup(STDERR_FILENO)), file_(std::tmpfile()) {
    std::fflush(stderr);
    ::dup2(::fileno(file_), STDERR_FILENO);
  }
  StandardError(const StandardError&) = delete;
  StandardError& operator=(const StandardError&) = delete;
  ~StandardError() {
    restore();
    std::fclose(file_);
  }

  [[nodiscard]] std::string text() {
    restore();
    std::rewind(file_);
    std::string all(4096, '\0');
    all.resize(std::fread(all.data(), 1, all.size(), file_));
    return all;
  }

 private:
  void restore() {
    if (before_ < 0) return;
    std::fflush(stderr);
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
    before_ = -1;
  }

  int before_;
  std::FILE* file_;
};

}  // namespace

TEST_CASE("cancel: of a session that the server has ended meanwhile writes nothing to standard error",
          "[server]") {
  auto connection = TestServer::instance().connect();
  auto administrator = TestServer::instance().connect();
  const int pid = connection.backend_pid();
  REQUIRE(PQsendQuery(leat::postgres_detail::SessionAccess::handle(connection),
                      "SELECT pg_catalog.pg_sleep(600)") == 1);
  REQUIRE(PQflush(leat::postgres_detail::SessionAccess::handle(connection)) == 0);
  static_cast<void>(
      administrator.execute("SELECT pg_catalog.pg_terminate_backend(" + std::to_string(pid) + ")"));
  REQUIRE(eventually([&] { return !backend_exists(administrator, pid); }));
  StandardError standard_error;
  connection.abort();
  CHECK(standard_error.text() == "");
}
