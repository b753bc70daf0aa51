// Names of hosts, asked of a name server that answers, refuses, fails or keeps silent.
#include "postgres/session/name_lookup.hpp"

#include <algorithm>
#include <random>
#include <thread>

#include "leat/core/error.hpp"
#include "postgres/session/address_order.hpp"
#include "server.hpp"
#include "support/catch.hpp"
#include "support/name_server.hpp"
#include "support/random.hpp"

using namespace std::chrono_literals;
using namespace leat::postgres_detail;
using leat::test::NameServer;

namespace {

using Names = std::vector<std::string>;

/// Asks this server alone; `limit` is that of all names and of the rest.
std::vector<FoundName> ask(const NameServer& server, const Names& names, LookupLimits limits,
                           const std::stop_token& stop = {}) {
  WakeUp wake_up;
  return look_up_names(names, limits, wake_up, stop, {.servers = server.place()});
}

LookupLimits within(std::chrono::milliseconds limit) {
  return {.deadline = Clock::now() + limit, .rest = Clock::now() + limit};
}

std::vector<std::string> sorted(std::vector<std::string> addresses) {
  std::sort(addresses.begin(), addresses.end());
  return addresses;
}

}  // namespace

#define SKIP_WITHOUT_CARES()                                                                 \
  if (!looks_up_names()) {                                                                   \
    WARN("SKIPPED: this build has no c-ares: install libc-ares-dev and configure it again"); \
    return;                                                                                  \
  }

TEST_CASE("names: what a name server knows is found in both kinds of addresses", "[postgres]") {
  SKIP_WITHOUT_CARES();
  const NameServer server;
  const auto found = ask(server, {"a.leat.test", "aa.leat.test"}, within(leat::test::patience));
  REQUIRE(found.size() == 2);
  CHECK(found[0].name == "a.leat.test");
  CHECK(found[1].name == "aa.leat.test");
  for (const auto& one : found) {
    CHECK(one.state == NameState::found);
    CHECK(sorted(one.addresses) == Names{"127.0.0.1", "::1"});
  }
}

TEST_CASE("names: those that DNS does not know, or a server fails on, are unknown", "[postgres]") {
  SKIP_WITHOUT_CARES();
  const NameServer server;
  for (const char* name : {"no.leat.test", "failing.leat.test", "a..b"}) {
    INFO(name);
    const auto found = ask(server, {name}, within(leat::test::patience));
    REQUIRE(found.size() == 1);
    CHECK(found[0].state == NameState::unknown);
    CHECK(found[0].addresses.empty());
  }
}

TEST_CASE("names: a stop is heard while a name server keeps silent", "[postgres]") {
  SKIP_WITHOUT_CARES();
  const NameServer server;
  std::stop_source stop;
  const std::jthread stopper([&] {
    eventually([&] { return server.asked() > 0; });
    stop.request_stop();
  });
  CHECK_THROWS_AS(
      ask(server, {"silent.leat.test", "a.leat.test"}, within(leat::test::patience), stop.get_token()),
      leat::Stopped);
  CHECK(server.asked() > 0);
}

TEST_CASE("names: a stop that came before asks nobody", "[postgres]") {
  SKIP_WITHOUT_CARES();
  const NameServer server;
  std::stop_source stop;
  stop.request_stop();
  CHECK_THROWS_AS(ask(server, {"silent.leat.test"}, within(leat::test::patience), stop.get_token()),
                  leat::Stopped);
  CHECK(server.asked() == 0);
}

TEST_CASE("names: one that nobody answers is given up at the limit", "[postgres]") {
  SKIP_WITHOUT_CARES();
  const NameServer server;
  const auto found = ask(server, {"silent.leat.test"}, within(200ms));
  REQUIRE(found.size() == 1);
  CHECK(found[0].name == "silent.leat.test");
  CHECK(found[0].state == NameState::unanswered);
}

TEST_CASE("names: one that is found does not wait for others that nobody answers", "[postgres]") {
  SKIP_WITHOUT_CARES();
  const NameServer server;
  const auto now = Clock::now();
  const auto found = ask(server, {"silent.leat.test", "a.leat.test", "no.leat.test"},
                         {.deadline = now + 1h, .rest = now + 300ms});
  REQUIRE(found.size() == 3);
  CHECK(found[0].state == NameState::unanswered);
  CHECK(found[2].state == NameState::unknown);
  REQUIRE(found[1].state == NameState::found);
  CHECK(sorted(found[1].addresses) == Names{"127.0.0.1", "::1"});
}

TEST_CASE("names: those that the same server answers a moment later are not lost, however late it is",
          "[postgres]") {
  SKIP_WITHOUT_CARES();
  const NameServer server;
  const auto now = Clock::now();
  const auto found = ask(server, {"a.leat.test", "late.leat.test"},
                         {.deadline = now + leat::test::patience, .rest = now - 1s});
  REQUIRE(found.size() == 2);
  for (const auto& one : found) {
    INFO(one.name);
    CHECK(one.state == NameState::found);
    CHECK(sorted(one.addresses) == Names{"127.0.0.1", "::1"});
  }
}

TEST_CASE("names: one is found where questions for IPv6 get no answer", "[postgres]") {
  SKIP_WITHOUT_CARES();
  const NameServer server;
  const auto found = ask(server, {"v4.leat.test"}, within(2s));
  REQUIRE(found.size() == 1);
  CHECK(found[0].state == NameState::found);
  CHECK(found[0].addresses == Names{"127.0.0.1"});
}

TEST_CASE("names: a name server that is not there, or goes away, is not waited for longer than the limit",
          "[postgres]") {
  SKIP_WITHOUT_CARES();
  NameServer server;
  SECTION("before it is asked: libpq may look") {
    server.close();
    const auto found = ask(server, {"a.leat.test"}, within(leat::test::patience));
    REQUIRE(found.size() == 1);
    CHECK(found[0].state == NameState::unknown);
  }
  SECTION("after it was asked") {
    std::jthread end([&] {
      eventually([&] { return server.asked() > 0; });
      server.close();
    });
    const auto found = ask(server, {"silent.leat.test"}, within(500ms));
    end.join();
    REQUIRE(found.size() == 1);
    // It is asked again before the end, and refuses then, unless it goes away later.
    CHECK(found[0].state != NameState::found);
  }
}

TEST_CASE("names: localhost needs no name server", "[postgres]") {
  SKIP_WITHOUT_CARES();
  const NameServer server;
  const auto found = ask(server, {"localhost"}, within(leat::test::patience));
  REQUIRE(found.size() == 1);
  REQUIRE(found[0].state == NameState::found);
  CHECK(std::any_of(found[0].addresses.begin(), found[0].addresses.end(),
                    [](const auto& one) { return one == "127.0.0.1" || one == "::1"; }));
  CHECK(server.asked() == 0);
}

TEST_CASE("names: many threads look up at once, and stops come at any moment", "[postgres]") {
  SKIP_WITHOUT_CARES();
  const leat::test::RandomRun run(200, 20);
  std::mt19937 random(run.seed());
  const NameServer server;
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    std::vector<std::string> wrong(8);
    std::stop_source stop;
    {
      std::vector<std::jthread> threads;
      for (auto& what : wrong) {
        const bool hears_all = random() % 2 == 0;
        threads.emplace_back([&server, &what, hears_all, token = stop.get_token()] {
          try {
            const Names names =
                hears_all ? Names{"a.leat.test", "no.leat.test"} : Names{"a.leat.test", "silent.leat.test"};
            const auto found = ask(server, names, within(leat::test::patience), token);
            if (!hears_all) what = "a name that nobody answers was not waited for";
            if (found.size() != 2 || found[0].addresses.size() != 2) what = "a name was not found";
          } catch (const leat::Stopped&) {
            if (!token.stop_requested()) what = "a stop was heard that nobody had requested";
          }
        });
      }
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 20000));
      stop.request_stop();
    }
    for (const auto& what : wrong) CHECK(what.empty());
  }
}

TEST_CASE("names: IPv4 comes first where gai.conf says so", "[postgres]") {
  CHECK_FALSE(prefers_ipv4(""));
  CHECK_FALSE(prefers_ipv4("#precedence ::ffff:0:0/96  100\nlabel ::1/128 0\nreload yes\n"));
  CHECK(prefers_ipv4("precedence ::ffff:0:0/96  100\n"));
  CHECK(prefers_ipv4("label ::1/128 0\n  precedence\t::/0 40 # usual\nprecedence ::ffff:0:0/96 100"));
  CHECK_FALSE(prefers_ipv4("precedence ::/0 40\nprecedence ::ffff:0:0/96 10\n"));
  CHECK_FALSE(prefers_ipv4("precedence ::/0 40\n"));
  CHECK_FALSE(prefers_ipv4("precedence ::ffff:0:0/96 much\n"));
}
