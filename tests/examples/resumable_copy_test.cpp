// Stops the example in the middle, and lets it go on.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <string>

#include "example.hpp"
#include "support/catch.hpp"
#include "support/private_server.hpp"

namespace {

using leat::test::example;
using leat::test::PrivateServer;

/// A psql whose session stays open.
class HeldSession {
 public:
  HeldSession(const PrivateServer& server, const std::string& sql)
      : input_(::popen(("psql -X -q -o /dev/null '" + server.uri("warehouse") + "'").c_str(), "w")) {
    if (input_ == nullptr) throw std::runtime_error("psql cannot be started");
    std::fputs((sql + ";\n").c_str(), input_);
    std::fflush(input_);
  }
  HeldSession(const HeldSession&) = delete;
  HeldSession& operator=(const HeldSession&) = delete;
  ~HeldSession() { ::pclose(input_); }

 private:
  std::FILE* input_;
};

pid_t start(const PrivateServer& server) {
  const std::string source = server.uri("shop");
  const std::string target = server.uri("warehouse");
  const std::string program = example("resumable_copy");
  const pid_t child = ::fork();
  if (child == 0) {
    static_cast<void>(std::freopen("/dev/null", "w", stdout));
    static_cast<void>(std::freopen("/dev/null", "w", stderr));
    ::execl(program.c_str(), program.c_str(), source.c_str(), target.c_str(), "public.events", "events-1",
            nullptr);
    ::_exit(127);
  }
  return child;
}

int exit_code(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("examples: resumable_copy stops at a signal and goes on with the rest", "[examples][server]") {
  PrivateServer server;
  server.create_database("shop");
  server.create_database("warehouse");
  for (const char* database : {"shop", "warehouse"}) {
    server.psql(database, "CREATE TABLE public.events (id bigint PRIMARY KEY, what text)");
  }
  server.psql("shop",
              "INSERT INTO events SELECT i, repeat('event ', 20) || i FROM generate_series(1, 60000) i");
  server.psql("warehouse",
              "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS "
              "'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END'");
  server.psql("warehouse",
              "CREATE TRIGGER wait BEFORE INSERT ON events FOR EACH ROW WHEN (NEW.id = 40000) "
              "EXECUTE FUNCTION wait()");
  const auto is = [&](const std::string& condition) {
    return server.psql("warehouse", "SELECT " + condition) == "t\n";
  };
  const std::string advisory = "count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND ";
  {
    const HeldSession keeper(server, "SELECT pg_advisory_lock(1)");
    while (!is(advisory + "granted")) {
    }
    const pid_t child = start(server);
    while (!is(advisory + "NOT granted") || !is("count(*) > 0 FROM leat_meta.job_ledger")) {
    }
    ::kill(child, GENERATE(SIGINT, SIGTERM));
    CHECK(exit_code(child) == 130);
  }
  CHECK(is("count(*) BETWEEN 1 AND 59999 FROM events"));
  const std::string first = server.psql("warehouse", "SELECT min(committed_at) FROM leat_meta.job_ledger");
  CHECK(exit_code(start(server)) == 0);
  const std::string content = "SELECT count(*), md5(string_agg(e::text, ',' ORDER BY id)) FROM events e";
  CHECK(server.psql("warehouse", content) == server.psql("shop", content));
  // What was done was not done again.
  CHECK(server.psql("warehouse", "SELECT min(committed_at) FROM leat_meta.job_ledger") == first);
  CHECK(exit_code(start(server)) == 0);
  CHECK(is("count(*) = 60000 FROM events"));
}
