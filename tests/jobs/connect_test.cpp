// Servers that are not there, and passwords that nobody may see.
#include <mutex>

#include "bed.hpp"
#include "sockets.hpp"

using namespace leat;
using namespace leat::test;

namespace {

constexpr const char* secret = "h0rseBattery%21";
constexpr const char* secret_plain = "h0rseBattery!";

bool tells_secret(std::string_view text) {
  return text.find("h0rseBattery") != std::string_view::npos;
}

void check_silent(const Error& error) {
  CHECK_FALSE(tells_secret(error.what()));
  CHECK_FALSE(tells_secret(error.detail()));
  CHECK_FALSE(tells_secret(error.hint()));
  CHECK_FALSE(tells_secret(error.context()));
  CHECK_FALSE(tells_secret(error.where()));
  CHECK_FALSE(tells_secret(to_json(error)));
}

}  // namespace

TEST_CASE("connect: no server is an error of its side", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int)");
  bed.dst("INSERT INTO t VALUES (-1)");
  const OwnPort closed;
  auto options = bed.copy();
  SECTION("of the source") {
    options.source = closed.connection();
    check_error(error_of(options), ErrorKind::source, "08001");
  }
  SECTION("of the target") {
    options.target = closed.connection();
    check_error(error_of(options), ErrorKind::target, "08001");
  }
  CHECK(bed.dst("SELECT count(*) FROM t") == "1");
}

TEST_CASE("connect: a server that never answers is given up after the connect timeout", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int)");
  const MuteServer mute;
  auto options = bed.copy();
  options.stream.limits.connect_timeout = 500ms;
  SECTION("as the source") {
    options.source = mute.connection();
    check_error(start(options)->error(promised(5s)), ErrorKind::source, "08001");
  }
  SECTION("as the target") {
    options.target = mute.connection();
    check_error(start(options)->error(promised(5s)), ErrorKind::target, "08001");
  }
}

TEST_CASE("connect: a password is in no error and no log", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int)");
  const OwnPort closed;
  std::mutex mutex;
  std::string log;
  auto options = bed.copy();
  options.stream.log = Logger(LogLevel::trace, [&](LogLevel, std::string_view message) {
    const std::lock_guard lock(mutex);
    log.append(message).append("\n");
  });
  const auto factory = ConnectionFactory::from_json(
      R"({"shop": {"host": "127.0.0.1", "port": )" + closed.port() + R"(, "user": "u", "password": ")" +
      secret_plain + R"("}, "uri": "postgresql://u:)" + secret + "@127.0.0.1:" + closed.port() + R"(/d"})");
  const std::string place = GENERATE("uri", "uri option", "keywords", "json", "json uri");
  ResolvedConnection connection;
  if (place == "uri") {
    connection =
        factory.resolve("postgresql://u:" + std::string(secret) + "@127.0.0.1:" + closed.port() + "/d");
  } else if (place == "uri option") {
    connection = factory.resolve("postgresql://u@127.0.0.1:" + closed.port() + "/d?password=" + secret);
  } else if (place == "keywords") {
    connection =
        factory.resolve("host=127.0.0.1 port=" + closed.port() + " user=u password='" + secret_plain + "'");
  } else {
    connection = factory.resolve(place == "json" ? "shop" : "uri");
  }
  CHECK(connection.target.get("password") == secret_plain);
  CHECK_FALSE(tells_secret(connection.label));
  CHECK_FALSE(tells_secret(connection.target.describe()));
  options.source = connection;
  check_silent(error_of(options));
  options.source = bed.copy().source;
  options.target = connection;
  check_silent(error_of(options));
  CHECK_FALSE(tells_secret(log));
}

TEST_CASE("connect: a password is in no plan, no report and no log of a job that works", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int)");
  std::mutex mutex;
  std::string log;
  auto options = bed.copy();
  for (auto* side : {&options.source, &options.target}) {
    auto uri = Bed::server().tcp_uri(side == &options.source ? "src" : "dst");
    uri.replace(uri.find("leat@"), 5, "leat:" + std::string(secret) + "@");
    *side = ConnectionFactory().resolve(uri);
  }
  options.stream.log = Logger(LogLevel::trace, [&](LogLevel, std::string_view message) {
    const std::lock_guard lock(mutex);
    log.append(message).append("\n");
  });
  const CopyTable job(options);
  CHECK_FALSE(tells_secret(to_json(job.plan())));
  CHECK_FALSE(tells_secret(to_json(job.run())));
  CHECK_FALSE(log.empty());
  CHECK_FALSE(tells_secret(log));
}

TEST_CASE("connect: text that cannot be read as a connection is not repeated", "[jobs]") {
  const std::string text = GENERATE(as<std::string>(), "postgresql://u:h0rseBattery@[bad/d",
                                    "host=x pasword=h0rseBattery", "password='h0rseBattery");
  try {
    static_cast<void>(ConnectionFactory().resolve(text));
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::config);
    check_silent(error);
  }
}
