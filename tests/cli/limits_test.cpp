// Time limits of the command: what they end, what is said of it, and where they come from.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>

#include "support/catch.hpp"
#include "two_databases.hpp"

using namespace leat::test;
using namespace std::chrono_literals;

namespace {

/// Another session of "dst" that reads t and does not end.
class Reader {
 public:
  Reader() {
    thread_ = std::thread([] {
      try {
        dst("BEGIN; LOCK TABLE t IN ACCESS SHARE MODE; SELECT pg_sleep(300)");
      } catch (const std::runtime_error&) {  // it is ended below
      }
    });
    wait_for(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK%' AND wait_event = "
        "'PgSleep'",
        "t");
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() {
    server().psql("postgres",
                  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK%'");
    thread_.join();
  }

 private:
  std::thread thread_;
};

/// Takes connections and never says a word.
class Silence {
 public:
  Silence() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(socket_, 8) == 0);
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    uri = "postgresql://u@127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/d";
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() { ::close(socket_); }

  std::string uri;

 private:
  int socket_;
};

void make_one_old_row() {
  make_anew("CREATE TABLE t (id int PRIMARY KEY, v text)");
  src("INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 100) i");
  dst("INSERT INTO t VALUES (-1, 'old')");
}

/// The target as a URI with these options for its session.
std::string target_with(const std::string& options) {
  const std::string uri = server().uri("dst");
  return uri + (uri.find('?') == std::string::npos ? "?" : "&") + "options=" + options;
}

}  // namespace

TEST_CASE("leat: a wait for a lock ends by --lock-timeout, and the table is named", "[cli][server]") {
  make_one_old_row();
  const Reader reader;
  const std::string source = server().uri("src");
  const std::string target = server().uri("dst");
  Words words;
  SECTION("by the option") {
    words = copy({"--lock-timeout", "300ms"});
  }
  SECTION("by the option, though the connection says otherwise") {
    words = {"copy-table", "--source", source,           "--target", target_with("-c%20lock_timeout%3D1h"),
             "--from",     "t",        "--lock-timeout", "300ms"};
  }
  SECTION("by the connection's options") {
    words = {"copy-table", "--source", source, "--target", target_with("-c%20lock_timeout%3D300ms"),
             "--from",     "t"};
  }
  SECTION("of many tables") {
    words = command("copy-tables", {"--include", "t", "--lock-timeout", "300ms"});
  }
  const auto start = std::chrono::steady_clock::now();
  const Outcome outcome = run_leat(words);
  CHECK(std::chrono::steady_clock::now() - start < 8s);
  CHECK(outcome.exit_code == 4);
  INFO(outcome.out << outcome.err);
  CHECK(has(outcome.out + outcome.err, "55P03"));
  CHECK(has(outcome.out + outcome.err, "detail: the lock that was waited for is one on public.t"));
  CHECK(has(outcome.out + outcome.err, "--lock-timeout"));
  CHECK(dst("SELECT v FROM t") == "old\n");
}

TEST_CASE("leat: a lock is waited for as long as --lock-timeout says", "[cli][server]") {
  make_one_old_row();
  std::unique_ptr<RunningCommand> load;
  {
    const Reader reader;
    load = std::make_unique<RunningCommand>(copy({"--lock-timeout", "0"}));
    wait_for("SELECT count(*) FROM pg_stat_activity WHERE datname = 'dst' AND wait_event_type = 'Lock'", "1");
  }
  CHECK(load->wait().exit_code == 0);
  CHECK(dst("SELECT count(*) FROM t") == "100\n");
}

TEST_CASE("leat: a statement ends by --statement-timeout", "[cli][server]") {
  make_one_old_row();
  for (const auto& words :
       {copy({"--mode", "append", "--where", "pg_sleep(60) IS NOT NULL", "--statement-timeout", "300ms"}),
        command("query", {"--to", "t", "--sql", "SELECT 1 AS id, 'x' AS v FROM pg_sleep(60)",
                          "--statement-timeout", "300ms"}),
        command("verify",
                {"--from", "t", "--where", "pg_sleep(60) IS NOT NULL", "--statement-timeout", "300ms"})}) {
    const Outcome outcome = run_leat(words);
    INFO(words.front() << ": " << outcome.err);
    CHECK(outcome.exit_code == 3);
    CHECK(has(outcome.err, "57014"));
  }
}

TEST_CASE("leat: a server that never answers is given up by --connect-timeout", "[cli]") {
  const Silence silence;
  const Words both{"--source", silence.uri, "--target", silence.uri, "--from", "t"};
  const Words target{"--target", silence.uri};
  const std::vector<Words> lines{
      joined({"copy-table"}, both),
      joined({"check"}, both),
      joined({"verify"}, both),
      joined({"diff"}, both),
      {"copy-tables", "--source", silence.uri, "--target", silence.uri, "--include", "t"},
      {"query", "--source", silence.uri, "--target", silence.uri, "--to", "t", "--sql", "SELECT 1 AS id"},
      joined({"repair"}, target),
      joined({"join", "j"}, target),
      joined({"jobs", "list"}, target),
      {"schema", "list", "--store", silence.uri}};
  for (const auto& line : lines) {
    const Outcome outcome = run_leat(joined(line, {"--connect-timeout", "200ms"}));
    INFO(line.front() << ": " << outcome.err);
    CHECK((outcome.exit_code == 3 || outcome.exit_code == 4));
    CHECK(has(outcome.err, "within 200 ms"));
  }
  const Outcome outcome = run_leat({"jobs", "list", "--target", silence.uri + "?connect_timeout=1"});
  CHECK(outcome.exit_code == 4);
  CHECK(has(outcome.err, "within 1000 ms"));
}

TEST_CASE("leat: a server that falls silent is given up by --silence-timeout", "[cli][server]") {
  make_one_old_row();
  const Outcome outcome = run_leat(
      copy({"--mode", "append", "--where", "pg_sleep(60) IS NOT NULL", "--silence-timeout", "500ms"}));
  INFO(outcome.err);
  CHECK(outcome.exit_code == 3);
  CHECK(has(outcome.err, "did not answer in time"));
}

TEST_CASE("leat: a time that is none is a usage error that says what one is", "[cli]") {
  for (const char* name :
       {"--lock-timeout", "--statement-timeout", "--connect-timeout", "--silence-timeout"}) {
    for (const char* value :
         {"", "soon", "10", "-1s", "1.5s", "10 s", "s", "9999999999h", "597h", "99999999999999999999s"}) {
      const Outcome outcome =
          run_leat({"jobs", "list", "--target", "host=a", std::string(name) + "=" + value});
      INFO(name << "=" << value << ": " << outcome.err);
      CHECK(outcome.exit_code == 2);
      CHECK(has(outcome.err, name));
      if (*value != '\0') CHECK(has(outcome.err, "such as 500ms, 10s, 5min or 2h"));
    }
  }
  for (const char* name : {"--connect-timeout", "--silence-timeout"}) {
    CHECK(run_leat({"jobs", "list", "--target", "host=a", name, "0"}).exit_code == 2);
  }
}
