// Hosts by name: their addresses are known before libpq connects, and a stop is heard meanwhile.
#include "postgres/session/host_lookup.hpp"

#include <chrono>
#include <future>
#include <thread>

#include "leat/postgres/session/connection.hpp"
#include "server.hpp"
#include "support/catch.hpp"
#include "support/deadline.hpp"

using namespace leat;
using namespace leat::test;
using namespace std::chrono_literals;
using postgres_detail::Clock;
using postgres_detail::HostAddresses;
using postgres_detail::with_addresses;

namespace {

HostAddresses known_hosts(const std::string& name) {
  if (name == "one") return {.addresses = {"192.0.2.1"}};
  if (name == "two") return {.addresses = {"2001:db8::1", "192.0.2.2"}};
  return {.failure = "Name or service not known"};
}

std::string resolved(const std::string& text) {
  const auto target = with_addresses(ConnectionTarget::parse(text), ErrorKind::source,
                                     Clock::now() + patience, {}, known_hosts);
  return std::string(target.get("host")) + " " + std::string(target.get("hostaddr")) + " " +
         std::string(target.get("port"));
}

/// A name server that says nothing until this is gone.
class SilentNames {
 public:
  ~SilentNames() { end_.set_value(); }
  [[nodiscard]] postgres_detail::HostLookup lookup() {
    return [this, end = end_.get_future().share()](const std::string&) {
      asked_.set_value();
      end.wait();
      return HostAddresses{};
    };
  }
  void wait_until_asked() { asked_.get_future().wait(); }

 private:
  std::promise<void> asked_;
  std::promise<void> end_;
};

}  // namespace

TEST_CASE("host lookup: addresses stand beside names", "[postgres]") {
  CHECK(resolved("host=one") == "one 192.0.2.1 ");
  CHECK(resolved("host=one port=5433") == "one 192.0.2.1 5433");
  CHECK(resolved("host=two port=5433") == "two,two 2001:db8::1,192.0.2.2 5433,5433");
  CHECK(resolved("host=one,two port=1,2") == "one,two,two 192.0.2.1,2001:db8::1,192.0.2.2 1,2,2");
  CHECK(resolved("host=/tmp,one,unknown") == "/tmp,one ,192.0.2.1 ");
}

TEST_CASE("host lookup: what needs none stays as it is", "[postgres]") {
  CHECK(resolved("host=/tmp port=1") == "/tmp  1");
  CHECK(resolved("host=127.0.0.1,::1") == "127.0.0.1,::1  ");
  CHECK(resolved("host=unknown hostaddr=192.0.2.9") == "unknown 192.0.2.9 ");
  CHECK(resolved("host=one,two hostaddr=192.0.2.9") == "one,two 192.0.2.9 ");
  CHECK(resolved("service=s host=one") == "one  ");
}

TEST_CASE("host lookup: an unknown host is an error of its side", "[postgres]") {
  try {
    static_cast<void>(resolved("host=nobody,nowhere"));
    FAIL("it was found");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::source);
    CHECK(error.sqlstate() == "08001");
    CHECK(std::string(error.what()) ==
          "could not translate host name \"nobody\" to address: Name or service not known\n"
          "could not translate host name \"nowhere\" to address: Name or service not known");
  }
}

TEST_CASE("host lookup: a stop and a deadline end the wait for a name server", "[postgres]") {
  SilentNames names;
  const auto target = ConnectionTarget::parse("host=one");
  SECTION("a stop") {
    std::stop_source stop;
    const std::jthread stopper([&] {
      names.wait_until_asked();
      stop.request_stop();
    });
    CHECK_THROWS_AS(with_addresses(target, ErrorKind::target, Clock::now() + 10 * patience, stop.get_token(),
                                   names.lookup()),
                    Stopped);
  }
  SECTION("a deadline") {
    try {
      static_cast<void>(with_addresses(target, ErrorKind::target, Clock::now() + 20ms, {}, names.lookup()));
      FAIL("it was found");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::target);
      CHECK(error.sqlstate() == "08001");
      CHECK(std::string(error.what()).find("\"one\"") != std::string::npos);
    }
    names.wait_until_asked();
  }
}
