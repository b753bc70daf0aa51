#include "two_databases.hpp"

#include <poll.h>

#include "support/catch.hpp"

namespace leat::test {

PrivateServer& server() {
  static PrivateServer instance;
  static const bool created = [] {
    instance.create_database("src");
    instance.create_database("dst");
    return true;
  }();
  static_cast<void>(created);
  return instance;
}

std::string src(const std::string& sql) {
  return server().psql("src", sql);
}

std::string dst(const std::string& sql) {
  return server().psql("dst", sql);
}

void make_anew(const std::string& tables) {
  for (const char* database : {"src", "dst"}) {
    server().psql(database,
                  "SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public; "
                  "DROP SCHEMA IF EXISTS leat_meta CASCADE; " +
                      tables);
  }
}

Words command(const std::string& name, const Words& more) {
  return joined({name, "--source", server().uri("src"), "--target", server().uri("dst")}, more);
}

Words copy(const Words& more) {
  return joined(command("copy-table", {"--from", "t"}), more);
}

void wait_for(const std::string& sql, const std::string& wanted, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  std::string answer;
  while ((answer = server().psql("postgres", sql)) != wanted + "\n") {
    INFO(sql << " is " << answer);
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    ::poll(nullptr, 0, 5);
  }
}

}  // namespace leat::test
