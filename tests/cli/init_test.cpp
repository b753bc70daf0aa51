// leat init: a document of what a source has, that validates and runs as it is.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/catch.hpp"
#include "support/own_directory.hpp"
#include "two_databases.hpp"

using namespace leat::test;

namespace {

void drop_sales() {
  src("DROP SCHEMA IF EXISTS sales CASCADE");
  dst("DROP SCHEMA IF EXISTS sales CASCADE");
}

void make_sales() {
  make_anew();
  drop_sales();
  dst("CREATE SCHEMA sales");
  src("CREATE SCHEMA sales;"
      "CREATE TABLE sales.orders (id int PRIMARY KEY, qty int);"
      "CREATE TABLE sales.customers (id serial PRIMARY KEY, email text, updated_at timestamptz);"
      "ALTER TABLE sales.orders ADD customer int REFERENCES sales.customers;"
      "CREATE TABLE sales.log (line text);"
      "CREATE TABLE sales.egg (id int PRIMARY KEY, hen int);"
      "CREATE TABLE sales.hen (id int PRIMARY KEY, egg int REFERENCES sales.egg);"
      "ALTER TABLE sales.egg ADD FOREIGN KEY (hen) REFERENCES sales.hen;"
      "CREATE TABLE sales.\"Odd: #1\n  - ${env:HOME}\" (id int PRIMARY KEY);"
      "CREATE TABLE sales.events (id int, at date) PARTITION BY RANGE (at);"
      "CREATE TABLE sales.events_1 PARTITION OF sales.events FOR VALUES FROM ('2026-01-01') TO "
      "('2027-01-01');"
      "CREATE VIEW sales.seen AS SELECT 1 AS one;"
      "INSERT INTO sales.customers (email) SELECT 'c' || i FROM generate_series(1, 10) i;"
      "INSERT INTO sales.orders SELECT i, i, i FROM generate_series(1, 10) i;"
      "INSERT INTO sales.log VALUES ('a'), ('b'); INSERT INTO sales.\"Odd: #1\n  - ${env:HOME}\" VALUES (1);"
      "INSERT INTO sales.events VALUES (1, '2026-11-30')");
}

std::string init_text_in(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// What stands behind a load's name, up to the next one.
std::string init_load_in(const std::string& text, const std::string& name) {
  const auto at = text.find("- name: " + name + "\n");
  return at == std::string::npos ? "" : text.substr(at, text.find("- name: ", at + 1) - at);
}

}  // namespace

TEST_CASE("leat init: what it writes validates and runs", "[cli][server]") {
  make_sales();
  const OwnDirectory directory;
  const std::string file = directory.file("sales.yaml");
  const Outcome written = run_leat(command("init", {"--include", "sales.*", "--file", file}));
  INFO(written.err);
  REQUIRE(written.exit_code == 0);
  CHECK(written.err.empty());
  const std::string text = init_text_in(file);
  INFO(text);
  CHECK(has(init_load_in(text, "customers"), "mode: upsert"));
  CHECK(has(init_load_in(text, "customers"), "# incremental: {column: updated_at"));
  CHECK(has(init_load_in(text, "customers"), "# map: {email: \"md5(email)\"}"));
  CHECK(has(init_load_in(text, "log"), "mode: replace"));
  CHECK(has(init_load_in(text, "orders"), "after: [customers]"));
  CHECK(text.find("- name: customers\n") < text.find("- name: orders\n"));
  CHECK(has(init_load_in(text, "events"), "from: sales.events\n"));
  CHECK_FALSE(has(text, "events_1"));
  CHECK(has(text, "view sales.seen"));
  const Outcome valid = run_leat({"validate", file, "--connect"});
  INFO(valid.err);
  CHECK(valid.exit_code == 0);
  const Outcome run = run_leat({"run", file});
  INFO(run.err);
  INFO(run.out);
  CHECK(run.exit_code == 0);
  CHECK(dst("SELECT count(*) FROM sales.orders") == "10\n");
  CHECK(dst("SELECT count(*) FROM sales.events") == "1\n");
  CHECK(dst("SELECT count(*) FROM sales.\"Odd: #1\n  - ${env:HOME}\"") == "1\n");
  // And again, over rows that are there.
  CHECK(run_leat({"validate", file, "--connect"}).exit_code == 0);
  CHECK(run_leat({"run", file}).exit_code == 0);
  drop_sales();
}

TEST_CASE("leat init: it writes on standard output, and over no file", "[cli][server]") {
  make_sales();
  const OwnDirectory directory;
  const std::string file = directory.write("there.yaml", "mine");
  const Words words{"--include", "sales.log", "--include", "sales.orders"};
  const Outcome refused = run_leat(command("init", joined(words, {"--file", file})));
  CHECK(refused.exit_code == 2);
  CHECK(has(refused.err, "there is already a file"));
  CHECK(init_text_in(file) == "mine");
  const Outcome nowhere = run_leat(command("init", joined(words, {"--file", directory.file("none/x.yaml")})));
  CHECK(nowhere.exit_code == 2);
  const Outcome printed = run_leat(command("init", words));
  CHECK(printed.exit_code == 0);
  CHECK(has(init_load_in(printed.out, "orders"), "mode: upsert"));
  CHECK_FALSE(has(printed.out, "customers"));
  CHECK_FALSE(
      has(run_leat(command("init", {"--include", "sales.*", "--exclude", "sales.o*"})).out, "orders"));
  CHECK(run_leat(command("init", {"--include", "sales.none"})).exit_code == 2);
  drop_sales();
}

TEST_CASE("leat init: a password is not written", "[cli][server]") {
  make_sales();
  const OwnDirectory directory;
  const std::string file = directory.file("sales.yaml");
  const std::string uri = server().uri("src");
  const std::string source = uri + (has(uri, "?") ? "&" : "?") + "password=geheim%27s";
  const Outcome written = run_leat({"init", "--source", source, "--target", server().uri("dst"), "--include",
                                    "sales.log", "--file", file});
  INFO(written.err);
  REQUIRE(written.exit_code == 0);
  const std::string text = init_text_in(file);
  CHECK_FALSE(has(text, "geheim"));
  CHECK(has(text, "password: \"${env:LEAT_SOURCE_PASSWORD}\""));
  CHECK(has(text, "# The password of source is not written here"));
  CHECK_FALSE(has(written.out + written.err, "geheim"));
  CHECK(run_leat({"validate", file}).exit_code == 2);
  CHECK(run_leat_with({"LEAT_SOURCE_PASSWORD=geheim's"}, {"validate", file, "--connect"}).exit_code == 0);
  drop_sales();
}

TEST_CASE("leat init: a table that cannot be loaded is a comment that says why", "[cli][server]") {
  make_sales();
  dst("CREATE TABLE sales.log (other int)");
  const OwnDirectory directory;
  const std::string file = directory.file("sales.yaml");
  const Outcome written = run_leat(command("init", {"--include", "sales.*", "--file", file}));
  CHECK(written.exit_code == 0);
  CHECK(has(written.err, "1 table cannot be loaded"));
  CHECK(has(init_text_in(file), "# sales.log cannot be loaded: "));
  CHECK(has(init_text_in(file), "  # - name: log\n"));
  CHECK(run_leat({"validate", file, "--connect"}).exit_code == 0);
  const Outcome none = run_leat(command("init", {"--include", "sales.log"}));
  CHECK(none.exit_code == 2);
  CHECK(has(none.err, "none of the tables can be loaded"));
  drop_sales();
}

TEST_CASE("leat init: without a target it says what is to be said", "[cli][server]") {
  make_sales();
  const Outcome printed = run_leat({"init", "--source", server().uri("src"), "--include", "sales.log"});
  CHECK(printed.exit_code == 0);
  CHECK(has(printed.out, "# target is to be an id"));
  CHECK(has(printed.out, "target: target\n"));
  drop_sales();
}
