// Runs the examples that need a database, as a reader of the examples would.
#include <cstdlib>
#include <string>

#include "example.hpp"
#include "support/catch.hpp"
#include "support/private_server.hpp"

namespace {

using leat::test::built_program;
using leat::test::example;

/// The exit code of an example with these arguments.
int run(const std::string& program, const std::string& arguments) {
  const int status = std::system((program + " " + arguments + " >/dev/null").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// With the databases "shop" and "warehouse", both empty.
const leat::test::PrivateServer& emptied_server() {
  static const leat::test::PrivateServer server;
  static const bool created = [] {
    server.create_database("shop");
    server.create_database("warehouse");
    return true;
  }();
  static_cast<void>(created);
  for (const char* database : {"shop", "warehouse"}) {
    server.psql(database,
                "DROP SCHEMA IF EXISTS leat_meta CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  }
  return server;
}

}  // namespace

TEST_CASE("examples: each does what its first lines say", "[examples][server]") {
  const auto& server = emptied_server();
  const std::string ends = "'" + server.uri("shop") + "' '" + server.uri("warehouse") + "'";
  const std::string orders =
      "CREATE TABLE public.orders (id bigint PRIMARY KEY, customer text, total integer)";
  server.psql("shop", orders);
  server.psql("warehouse", orders);
  server.psql("warehouse",
              "CREATE TABLE public.customer_orders (id bigint PRIMARY KEY, customer text, total integer)");
  server.psql("shop",
              "INSERT INTO public.orders SELECT i, 'customer ' || i % 10, nullif(i % 100, 0) FROM "
              "generate_series(1, 10000) i");

  SECTION("copy_table copies a table") {
    REQUIRE(run(example("copy_table"), ends + " public.orders") == 0);
    CHECK(server.psql("warehouse", "SELECT count(*), sum(total) FROM orders") ==
          server.psql("shop", "SELECT count(*), sum(total) FROM orders"));
  }
  SECTION("copy_tables copies those that it can, and tells of the others by its exit code") {
    REQUIRE(run(example("copy_tables"), ends + " 'ord*'") == 0);
    CHECK(server.psql("warehouse", "SELECT count(*), sum(total) FROM orders") ==
          server.psql("shop", "SELECT count(*), sum(total) FROM orders"));
    server.psql("shop", "CREATE TABLE only_here (id int)");
    CHECK(run(example("copy_tables"), ends + " '*'") == 1);
  }
  SECTION("upsert brings a table up to date, by a key of its own too") {
    server.psql("warehouse", "INSERT INTO orders VALUES (1, 'other', 7), (20000, 'own', 1)");
    REQUIRE(run(example("upsert"), ends + " public.orders" + GENERATE("", " id")) == 0);
    CHECK(server.psql("warehouse", "SELECT count(*), sum(total) FROM orders WHERE id < 20000") ==
          server.psql("shop", "SELECT count(*), sum(total) FROM orders"));
    CHECK(server.psql("warehouse", "SELECT count(*) FROM orders") == "10001\n");
    CHECK(run(example("upsert"), ends + " public.orders customer 2>/dev/null") == 1);
  }
  SECTION("verify tells by its exit code whether a table and its copy are equal") {
    CHECK(run(example("verify"), ends + " public.orders") == 1);
    REQUIRE(run(example("copy_table"), ends + " public.orders") == 0);
    CHECK(run(example("verify"), ends + " public.orders") == 0);
    CHECK(run(example("verify"), ends + " public.nothing 2>/dev/null") == 2);
  }
  const std::string environment =
      "PGHOST='" + server.socket_dir() + "' PGUSER=leat PGPORT=" + std::to_string(server.port()) + " ";
  SECTION("README's job copies its table") {
    REQUIRE(run(environment + built_program("leat_readme_job"), "") == 0);
    CHECK(server.psql("warehouse", "SELECT count(*), sum(total) FROM orders") ==
          server.psql("shop", "SELECT count(*), sum(total) FROM orders"));
  }
  SECTION("README's pipeline raises every total once, or changes nothing") {
    server.psql("shop", "UPDATE orders SET total = 0 WHERE total IS NULL");
    REQUIRE(run(environment + built_program("leat_readme_pipeline"), "") == 0);
    const std::string rows = "count(*), sum(total), md5(string_agg(t::text, ',' ORDER BY id)) FROM ";
    CHECK(server.psql("warehouse", "SELECT " + rows + "orders t") ==
          server.psql("shop",
                      "SELECT " + rows + "(SELECT id, customer, total * 11 / 10 AS total FROM orders) t"));
    server.psql("warehouse", "DELETE FROM orders WHERE id <> 7000");
    CHECK(run(environment + built_program("leat_readme_pipeline"), "2>/dev/null") == 1);
    CHECK(server.psql("warehouse", "SELECT count(*) FROM orders") == "1\n");
  }
  SECTION("README's job tells of a table that does not exist, by its exit code and in words") {
    server.psql("warehouse", "DROP TABLE orders");
    const std::string program = environment + built_program("leat_readme_job");
    CHECK(run(program, "2>/dev/null") == 1);
    CHECK(run(program + " 2>&1 | grep -q '^target: 42P01: .*public.orders'", "") == 0);
  }
  SECTION("copy_table tells of a table that does not exist by its exit code") {
    CHECK(run(example("copy_table"), ends + " public.nothing 2>/dev/null") == 1);
  }
  SECTION("ad_hoc_query loads what its parameter asks for") {
    REQUIRE(run(example("ad_hoc_query"), ends + " 'customer 3'") == 0);
    CHECK(server.psql("warehouse", "SELECT count(*), min(customer), max(customer) FROM customer_orders") ==
          "1000|customer 3|customer 3\n");
  }
  SECTION("typed_rows drops rows without a total and raises the others") {
    REQUIRE(run(example("typed_rows"), ends) == 0);
    CHECK(server.psql("warehouse", "SELECT count(*), sum(total) FROM orders") ==
          server.psql("shop", "SELECT count(total), sum(total + total / 10) FROM orders"));
  }
  SECTION("reshape_rows splits orders, and keeps an audit of those without a total") {
    server.psql(
        "warehouse",
        "CREATE TABLE parts (order_id bigint, part integer, amount integer); CREATE TABLE dropped_orders "
        "(order_id bigint, why text)");
    server.psql("shop", "UPDATE orders SET total = 10 * total");
    REQUIRE(run(example("reshape_rows"), ends) == 0);
    CHECK(server.psql("warehouse", "SELECT count(DISTINCT order_id), sum(amount), max(amount) FROM parts") ==
          server.psql("shop", "SELECT count(total), sum(total), 100 FROM orders"));
    CHECK(server.psql("warehouse", "SELECT count(*), min(order_id) FROM dropped_orders") ==
          server.psql("shop", "SELECT count(*), min(id) FROM orders WHERE total IS NULL"));
  }
  SECTION("etl_pipeline raises totals slice by slice, and every slice arrives whole and once") {
    server.psql("shop",
                "DELETE FROM orders WHERE id BETWEEN 3001 AND 4500");  // an empty slice, and a short one
    REQUIRE(run(example("etl_pipeline"), ends) == 0);
    const std::string rows = "count(*), sum(total), md5(string_agg(t::text, ',' ORDER BY id)) FROM ";
    CHECK(server.psql("warehouse", "SELECT " + rows + "orders t") ==
          server.psql("shop", "SELECT " + rows +
                                  "(SELECT id, customer, total + total / 10 AS total FROM orders "
                                  "WHERE total IS NOT NULL) t"));
  }
  SECTION(
      "etl_pipeline tells of a slice that is refused by its exit code, and writes nothing of that slice") {
    server.psql("warehouse", "INSERT INTO orders VALUES (5501, 'was here', 1)");
    CHECK(run(example("etl_pipeline"), ends + " 2>/dev/null") == 1);
    CHECK(server.psql("warehouse", "SELECT * FROM orders WHERE id BETWEEN 5001 AND 6000") ==
          "5501|was here|1\n");
  }
}
