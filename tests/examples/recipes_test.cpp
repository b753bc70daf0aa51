// Does what docs/recipes.md says, with the commands and the programs as they stand there.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "example.hpp"
#include "support/catch.hpp"
#include "support/private_server.hpp"

namespace {

using leat::test::build_directory;
using leat::test::built_program;

/// What stands between "```sh" and "```" in the section of that name, in order.
std::vector<std::string> commands_of(const std::string& section) {
  std::ifstream file(build_directory() / "docs" / "recipes.md");
  std::vector<std::string> blocks;
  bool in_section = false;
  bool in_block = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) in_section = line == "## " + section;
    if (!in_section) continue;
    if (line == "```sh") {
      in_block = true;
      blocks.emplace_back();
    } else if (line == "```") {
      in_block = false;
    } else if (in_block) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

/// The databases "shop" and "warehouse" of the recipes, and a shell in which they have these names.
class Place {
 public:
  Place() : directory_(std::filesystem::path(server_.socket_dir()) / "recipes") {
    std::filesystem::create_directory(directory_);
    std::ofstream(directory_ / "connections.json")
        << R"({"shop": "postgresql:///shop", "warehouse": "postgresql:///warehouse"})";
    server_.create_database("shop");
    server_.create_database("warehouse");
    shop(
        "CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL, email text, phone text);"
        "CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers, "
        "total numeric(12,2) NOT NULL, tags text, changed_at timestamptz NOT NULL);"
        "CREATE TABLE events (id bigint PRIMARY KEY, what text);"
        "INSERT INTO customers SELECT i, 'Name ' || i, i || '@mail.example', '+49 ' || i "
        "FROM generate_series(1, 100) i;"
        "INSERT INTO orders SELECT i, 1 + i % 100, i, CASE WHEN i % 3 > 0 THEN 'new,tag ' || i % 5 END, "
        "timestamptz '2026-01-01' + i * interval '1 minute' FROM generate_series(1, 2000) i;"
        "INSERT INTO events SELECT i, 'event ' || i FROM generate_series(1, 5000) i");
  }

  /// The exit code of a shell that runs these commands, and ends with the first one that fails.
  int run(const std::string& commands) const {
    const std::string script = directory_ / "script";
    std::ofstream(script) << "set -e\nexport PGUSER=leat PGHOST='" << server_.socket_dir()
                          << "' PGPORT=" << server_.port() << " LEAT_CONNECTIONS='"
                          << (directory_ / "connections.json").string() << "' PATH=\""
                          << (build_directory() / "bin").string() << ":$PATH\"\n"
                          << commands;
    const int status = std::system(("sh '" + script + "' >'" + output() + "' 2>&1").c_str());
    INFO(commands << printed());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  /// What the last one has printed.
  [[nodiscard]] std::string printed() const {
    std::ostringstream text;
    text << std::ifstream(output()).rdbuf();
    return text.str();
  }
  /// Runs the commands of a section, which it has so many blocks of. All must succeed.
  void follow(const std::string& section, std::size_t blocks = 1) const {
    const auto commands = commands_of(section);
    REQUIRE(commands.size() == blocks);
    for (const std::string& block : commands) {
      const int code = run(block);
      INFO(block << printed());
      REQUIRE(code == 0);
    }
  }

  std::string shop(const std::string& sql) const { return server_.psql("shop", sql); }
  std::string warehouse(const std::string& sql) const { return server_.psql("warehouse", sql); }
  /// Whether a table is the same in both.
  [[nodiscard]] bool same(const std::string& table) const {
    const std::string content =
        "SELECT count(*), md5(string_agg(t::text, ',' ORDER BY id)) FROM " + table + " t";
    return shop(content) == warehouse(content);
  }

 private:
  [[nodiscard]] std::string output() const { return directory_ / "output"; }

  leat::test::PrivateServer server_;
  std::filesystem::path directory_;
};

}  // namespace

TEST_CASE("recipes: copies of whole tables", "[examples][server]") {
  const Place place;

  SECTION("nightly full copy") {
    place.follow("Nightly full copy");
    CHECK(place.printed().empty());
    CHECK((place.same("customers") && place.same("orders")));
    place.shop("DELETE FROM orders WHERE id < 100; UPDATE orders SET total = 0 WHERE id < 200");
    place.follow("Nightly full copy");
    CHECK(place.same("orders"));
    CHECK(place.warehouse("SELECT to_regclass('events') IS NULL") == "t\n");
  }
  SECTION("first migration, and what is compared after one") {
    place.follow("First migration of 200 tables");
    CHECK((place.same("customers") && place.same("orders") && place.same("events")));
    CHECK(place.warehouse(
              "SELECT count(*) FROM pg_constraint WHERE conrelid = 'orders'::regclass AND contype = 'f'") ==
          "1\n");
    place.follow("Verify after a migration");
    place.warehouse("UPDATE orders SET total = 0 WHERE id = 7");
    CHECK(place.run(commands_of("Verify after a migration").at(0)) == 7);
    CHECK(place.printed().find("changed: '7': total") != std::string::npos);
    place.warehouse("ALTER TABLE orders DROP COLUMN tags");
    CHECK(place.run(commands_of("Verify after a migration").at(0)) == 1);
  }
  SECTION("a job with a name does nothing again, and is forgotten when it is old") {
    place.warehouse("CREATE TABLE events (id bigint PRIMARY KEY, what text)");
    place.follow("Resume after a crash");
    place.follow("Resume after a crash");
    CHECK(place.printed().find("events-2026-06: done") != std::string::npos);
    CHECK(place.same("events"));
    place.follow("Monitor from systemd and cron", 2);
    CHECK(place.run(commands_of("Monitor from systemd and cron").at(0)) == 0);
    CHECK(place.printed() == "none\n");
    place.warehouse("UPDATE leat_meta.jobs SET state = 'failed'");
    CHECK(place.run(commands_of("Monitor from systemd and cron").at(0)) == 0);
    CHECK(place.printed().find("events-2026-06: failed") != std::string::npos);
  }
}

TEST_CASE("recipes: rows that change on their way", "[examples][server]") {
  const Place place;

  SECTION("incremental upsert") {
    place.warehouse(
        "CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, total numeric(12,2) NOT NULL, "
        "tags text, changed_at timestamptz NOT NULL)");
    const auto steps = commands_of("Incremental upsert");
    REQUIRE(steps.size() == 2);
    REQUIRE(place.run(steps[0]) == 0);
    CHECK(place.same("orders"));
    place.shop("UPDATE orders SET total = 0, changed_at = '2026-03-01' WHERE id < 10");
    place.shop("DELETE FROM orders WHERE id = 20");
    REQUIRE(place.run(steps[0]) == 0);
    CHECK(place.printed().find("0 inserted, 9 updated") != std::string::npos);
    CHECK_FALSE(place.same("orders"));
    REQUIRE(place.run(steps[1]) == 0);
    CHECK(place.same("orders"));
  }
  SECTION("masked personal data") {
    place.follow("Mask personal data");
    CHECK(place.same("orders"));
    CHECK(place.warehouse("SELECT * FROM customers WHERE id = 7") == "7|customer 7|7@example.org\n");
    CHECK(place.warehouse("SELECT count(*) FROM customers WHERE name ~ 'Name' OR email ~ 'mail.ex'") ==
          "0\n");
  }
  SECTION("split rows, by SQL and by a stage") {
    const std::string tags = "SELECT id AS order_id, unnest(string_to_array(tags, ',')) AS tag FROM orders";
    const std::string content = "SELECT count(*), md5(string_agg(t::text, ';' ORDER BY order_id, tag)) FROM ";
    const std::string expected = place.shop(content + "(" + tags + ") t");
    place.follow("Split rows");
    CHECK(place.warehouse(content + "order_tags t") == expected);
    place.warehouse("UPDATE order_tags SET tag = 'old'");
    REQUIRE(place.run("leat_recipe_split_rows") == 0);
    CHECK(place.warehouse(content + "order_tags t") == expected);
  }
  SECTION("API to table, again and again") {
    place.warehouse("CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL, email text)");
    place.warehouse("INSERT INTO customers VALUES (5, 'old', 'kept'), (9999, 'own', NULL)");
    REQUIRE(place.run("leat_recipe_api_to_table") == 0);
    CHECK(place.printed() == "4200 customers are new or have changed\n");
    CHECK(place.warehouse("SELECT count(*), sum(id) FROM customers WHERE name = 'Name ' || id") ==
          "4200|8822100\n");
    CHECK(place.warehouse("SELECT name, email FROM customers WHERE id IN (5, 9999) ORDER BY id") ==
          "Name 5|kept\nown|\n");
    REQUIRE(place.run("leat_recipe_api_to_table") == 0);
    CHECK(place.printed() == "0 customers are new or have changed\n");
  }
  SECTION("table to API") {
    REQUIRE(place.run("leat_recipe_table_to_api | LC_ALL=C sort") == 0);
    CHECK(place.printed() ==
          place.shop("SELECT '{\"id\":' || id || ',\"total\":' || total || '}' AS body FROM orders "
                     "WHERE total > 1000 ORDER BY id"));
  }
}
