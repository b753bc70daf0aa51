// Where leat finds connection ids, and what it says of them.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "log_lines.hpp"
#include "support/catch.hpp"
#include "support/own_directory.hpp"
#include "words.hpp"

using namespace leat::test;

namespace {

/// What makes this directory the user's own.
std::string home_variable(const OwnDirectory& home) {
  return "HOME=" + home.path().string();
}

/// The id of each connection.
std::vector<std::string> ids(const Outcome& outcome) {
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  std::vector<std::string> found;
  const auto printed = nlohmann::json::parse(outcome.out);
  for (const auto& one : printed.at("connections")) found.push_back(one.at("id"));
  return found;
}

const Words list_as_json{"connections", "--output", "json"};

}  // namespace

TEST_CASE("leat connections: the option, the variable and the default files, in this order", "[cli]") {
  const OwnDirectory home;
  const std::string named = home.write("named.json", R"({"named": ""})");
  const std::string variable = "LEAT_CONNECTIONS=" + home.write("variable.json", R"({"variable": ""})");
  const std::string xdg = "XDG_CONFIG_HOME=" + home.file("xdg");
  CHECK(ids(run_leat_with({home_variable(home)}, list_as_json)).empty());
  home.write(".config/leat/connections.json", R"({"own": ""})");
  CHECK(ids(run_leat_with({home_variable(home)}, list_as_json)) == Words{"own"});
  CHECK(ids(run_leat_with({home_variable(home), xdg}, list_as_json)).empty());
  CHECK(ids(run_leat_with({home_variable(home), "XDG_CONFIG_HOME=not/absolute"}, list_as_json)) ==
        Words{"own"});
  home.write("xdg/leat/connections.json", R"({"xdg": ""})");
  CHECK(ids(run_leat_with({home_variable(home), xdg}, list_as_json)) == Words{"xdg"});
  CHECK(ids(run_leat_with({home_variable(home), xdg, variable}, list_as_json)) == Words{"variable"});
  CHECK(ids(run_leat_with({home_variable(home), xdg, "LEAT_CONNECTIONS="}, list_as_json)).empty());
  CHECK(ids(run_leat_with({home_variable(home), xdg, variable},
                          joined(list_as_json, {"--connections", named}))) == Words{"named"});
}

TEST_CASE("leat connections: it says where each comes from, and no secret", "[cli]") {
  const OwnDirectory home;
  const std::string file = home.write("ids.json", R"({
  "shop": {"host": "db1", "user": "etl", "password": "${env:SHOP_PW}"},
  "dwh": "postgresql://etl:s3cretWord@db2/dwh"
})");
  const Outcome text = run_leat_with({"SHOP_PW=s3cretWord"}, {"connections", "--connections", file});
  CHECK(text.exit_code == 0);
  CHECK(text.out == "dwh: " + file + ", line 3\n  host=db2 dbname=dwh user=etl\nshop: " + file +
                        ", line 2\n  host=db1 user=etl\n  password from ${env:SHOP_PW}\n");
  const Outcome none = run_leat({"connections"});
  CHECK(none.exit_code == 0);
  CHECK(has(none.out, "LEAT_CONNECTIONS"));
}

TEST_CASE("leat connections: a file that others may read is told by the log", "[cli]") {
  const OwnDirectory home;
  const std::string file = home.write("ids.json", R"({"shop": {"host": "db1", "password": "s3cretWord"}})");
  std::filesystem::permissions(file, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  const Words words{"connections", "--connections", file};
  CHECK(has(run_leat(words).err, " warning " + file + " holds a password"));
  const auto lines = lines_of(run_leat(joined(words, as_json_lines)));
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].at("level") == "warning");
  CHECK(has(lines[0].at("message"), "chmod 600"));
  CHECK(run_leat(joined(words, {"--log-level", "error"})).err.empty());
}

TEST_CASE("leat: ids of the default files are found, and only then are they read", "[cli]") {
  const OwnDirectory home;
  home.write(".config/leat/connections.json",
             R"({"shop": "host=/nowhere", "open": {"password": "${env:NOT_THERE}"}})");
  const auto copy_from = [&](const std::string& source, const Words& variables) {
    return run_leat_with(joined({home_variable(home)}, variables),
                         {"copy-table", "--source", source, "--target", "host=/nowhere", "--from", "t"});
  };
  CHECK(copy_from("shop", {}).exit_code == 3);
  const Outcome near = copy_from("shpo", {});
  CHECK(near.exit_code == 2);
  CHECK(has(near.err, "leat: --source: connection id \"shpo\" is not known; did you mean shop?"));
  const Outcome open = copy_from("open", {});
  CHECK(open.exit_code == 2);
  CHECK(has(open.err, "the environment variable NOT_THERE is not set"));
  const Outcome gone = copy_from("shop", {"LEAT_CONNECTIONS=/nowhere/ids.json"});
  CHECK(gone.exit_code == 2);
  CHECK(has(gone.err, "leat: LEAT_CONNECTIONS: cannot read the connections file /nowhere/ids.json"));
  home.write(".config/leat/connections.json", "{");
  CHECK(copy_from("shop", {}).exit_code == 2);
  CHECK(copy_from("host=/nowhere", {}).exit_code == 3);
}

TEST_CASE("leat: a wrong connection string never shows a part of its password", "[cli]") {
  for (const std::string uri :
       {"postgresql://u:p@s3cret@127.0.0.1", "postgresql://u:p@s3cret/x@127.0.0.1", "postgresql://u:s3cret",
        "postgresql://u:s3cret/db", "postgresql://u:a%s3cret@h", "postgresql://u:x s3cret@h:a",
        "host=h password='s3cret", "password=a s3cret=b", "host=h s3cret"}) {
    INFO(uri);
    for (const bool as_json : {false, true}) {
      const Outcome outcome =
          run_leat(joined({"copy-table", "--source", uri, "--target", uri, "--from", "t"},
                          as_json ? Words{"--output", "json", "--log-level", "trace"} : Words{}));
      CHECK((outcome.exit_code == 2 || outcome.exit_code == 3));
      CHECK_FALSE(has(outcome.out + outcome.err, "s3cret"));
    }
  }
}
