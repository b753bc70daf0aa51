// leat schema.
#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "support/own_directory.hpp"
#include "two_databases.hpp"

using namespace leat::test;
using nlohmann::json;

namespace {

Words schema(const Words& words, const Words& more = {}) {
  return joined(joined({"schema"}, words), joined({"--store", server().uri("dst")}, more));
}

/// A table of "src" as --from takes it.
std::string table(const std::string& name) {
  return server().uri("src") + ":" + name;
}

}  // namespace

TEST_CASE("leat schema: a table's versions are registered, listed, shown and compared", "[cli][server]") {
  make_anew();
  src("CREATE TABLE orders (id int PRIMARY KEY, amount numeric(8,2))");
  CHECK(run_leat(schema({"list"})).out == "no schemas\n");
  Outcome outcome = run_leat(schema({"register", "orders"}, {"--from", table("public.orders")}));
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out == "orders@1 is registered (readers)\n");
  CHECK(outcome.err.empty());
  outcome = run_leat(schema({"register", "orders"}, {"--from", table("public.orders")}));
  CHECK(outcome.out == "orders@1 is the same, and was registered before\n");

  src("ALTER TABLE orders ADD note text");
  CHECK(run_leat(schema({"check", "orders"}, {"--from", table("orders")})).exit_code == 0);
  outcome = run_leat(schema({"register", "orders"}, {"--from", table("orders")}));
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out ==
        "orders@2 is registered (readers)\n  remark: note: text is new [column_added; readers, version 1]\n"
        "    hint: a SELECT * has one column more\n");

  outcome = run_leat(schema({"list"}));
  CHECK(has(outcome.out, "orders: 2 versions, readers, since "));
  outcome = run_leat(schema({"show", "orders@1"}));
  CHECK(has(outcome.out, "orders@1: table, "));
  CHECK(has(outcome.out, "  id      integer       not null, key 1\n  amount  numeric(8,2)\n"));
  CHECK_FALSE(has(outcome.out, "note"));
  const json shown = json::parse(run_leat(schema({"show", "orders"}, {"--output", "json"})).out);
  CHECK(shown.at("version") == 2);
  CHECK(shown.at("checked_against") == json::array({1}));
  CHECK(shown.at("columns").size() == 3);
  CHECK(shown.at("sha256").get<std::string>().size() == 64);

  outcome = run_leat(schema({"diff", "orders@1", "orders@2"}, {"--rule", "full"}));
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.out == "orders@1 -> orders@2\n  ok: note: text is new [column_added; full, version 1]\n");
  outcome = run_leat(schema({"diff", "orders@2", "orders"}));
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out == "orders@2 and orders@2 are equal\n");
}

TEST_CASE("leat schema: what the rule does not allow is refused, with every reason", "[cli][server]") {
  make_anew();
  src("CREATE TABLE orders (id int PRIMARY KEY, amount numeric(8,2))");
  CHECK(run_leat(schema({"register", "orders"}, {"--from", table("orders"), "--rule", "full"})).exit_code ==
        0);
  src("ALTER TABLE orders ALTER amount TYPE int; ALTER TABLE orders ADD n int NOT NULL");
  Outcome outcome = run_leat(schema({"check", "orders"}, {"--from", table("orders")}));
  CHECK(outcome.exit_code == 1);
  CHECK(has(outcome.out, "it does not fit orders (full)\n"));
  CHECK(has(outcome.out, "  no: amount: numeric(8,2) became integer [type_changed; full, version 1]\n"));
  CHECK(has(outcome.out, "  no: n: integer is new [required_column_added; full, version 1]\n"));
  outcome = run_leat(schema({"register", "orders"}, {"--from", table("orders"), "--output", "json"}));
  CHECK(outcome.exit_code == 1);
  const json refused = json::parse(outcome.out);
  CHECK(refused.at("accepted") == false);
  CHECK(refused.at("version").is_null());
  REQUIRE(refused.at("changes").size() == 2);
  for (const auto& change : refused.at("changes")) {
    CHECK(change.at("severity") == "no");
    CHECK(change.at("rule") == "full");
    CHECK(change.at("version") == 1);
  }
  CHECK(has(run_leat(schema({"list"})).out, "orders: 1 version, full, since "));
}

TEST_CASE("leat schema: a file describes a schema, and what is wrong with it has a place", "[cli][server]") {
  make_anew();
  const OwnDirectory directory;
  const std::string good = directory.write("orders.yaml", "columns:\n  - {name: id, type: int, key: true}\n");
  const std::string bad =
      directory.write("bad.json", "{\"columns\": [{\"name\": \"id\", \"type\": \"itn\"}]}");
  CHECK(run_leat(schema({"register", "orders"}, {"--from", good})).exit_code == 0);
  src("CREATE TABLE orders (id int PRIMARY KEY)");
  const Outcome same = run_leat(schema({"check", "orders"}, {"--from", table("orders")}));
  CHECK(same.exit_code == 0);
  CHECK(same.out == "it is orders@1\n");
  const Outcome outcome = run_leat(schema({"register", "orders"}, {"--from", bad}));
  CHECK(outcome.exit_code == 2);
  CHECK(has(outcome.err, "bad.json:1:37: columns[0].type: \"itn\" is no built-in type [unknown-type]\n"));
  CHECK(has(outcome.err, "did you mean int?"));
  CHECK(run_leat(schema({"register", "orders"}, {"--from", directory.file("none.yaml")})).exit_code == 2);
}

TEST_CASE("leat schema: what does not go together is refused before anything is opened", "[cli]") {
  const auto refused = [](const Words& words, const std::string& why) {
    const Outcome outcome = run_leat(joined(joined({"schema"}, words), {"--store", "host=/nowhere"}));
    INFO(outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK(has(outcome.err, why));
  };
  refused({"list", "orders"}, "schema list takes no subject");
  refused({"show"}, "schema show takes a subject");
  refused({"show", "a", "b"}, "schema show takes one subject");
  refused({"register", "a"}, "schema register takes --from");
  refused({"show", "a", "--from", "x.yaml"}, "--from belongs to");
  refused({"list", "--rule", "full"}, "--rule belongs to");
  refused({"register", "a@2", "--from", "x.yaml"}, "takes a subject without a version");
  refused({"check", "a", "--from", "x.yaml", "--rule", "backwards"}, "did you mean backward?");
  refused({"regsiter", "a"}, "did you mean register?");
  refused({"check", "a", "--from", "shop:no table here"}, "--from");
}

TEST_CASE("leat schema: the side that fails has its exit code", "[cli][server]") {
  make_anew();
  CHECK(run_leat(schema({"show", "orders"})).exit_code == 2);
  CHECK(run_leat(schema({"register", "orders"}, {"--from", table("nothing")})).exit_code == 3);
  CHECK(run_leat({"schema", "list", "--store", "host=/nowhere"}).exit_code == 4);
}
