#include "two_databases.hpp"

#include "support/catch.hpp"
#include "waits.hpp"

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

Words at_target(const Words& words, const Words& more) {
  return joined(joined(words, {"--target", server().uri("dst")}), more);
}

Words copy(const Words& more) {
  return joined(command("copy-table", {"--from", "t"}), more);
}

void wait_for(const std::string& sql, const std::string& wanted, std::chrono::milliseconds limit) {
  std::string answer;
  const bool came = comes_true(
      [&] {
        answer = server().psql("postgres", sql);
        return answer == wanted + "\n";
      },
      limit);
  INFO(sql << " is " << answer);
  REQUIRE(came);
}

void wait_for_sessions(int count, const std::string& condition, std::chrono::milliseconds limit) {
  wait_for("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leat' AND " + condition,
           std::to_string(count), limit);
}

}  // namespace leat::test
