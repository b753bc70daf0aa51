// leat transform: versions of transforms in "dst", on rows of "src".
#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "two_databases.hpp"

using namespace leat::test;
using nlohmann::json;

namespace {

constexpr const char* clean =
    "description: active orders\n"
    "columns: {id: bigint, customer: text, status: text}\n"
    "rename: {customer: name}\n"
    "filter: {status: active}\n"
    "transformations:\n"
    "- {type: apply, column: name, function: strip}\n"
    "tests:\n"
    "- name: inactive orders are dropped\n"
    "  input: [{id: 1, customer: \" Ann \", status: active}, {id: 2, customer: Bob, status: inactive}]\n"
    "  expect: [{id: 1, name: Ann}]\n";

void make_orders() {
  make_anew("CREATE TABLE orders (id bigint PRIMARY KEY, customer text, status text)");
  src("INSERT INTO orders SELECT i, ' C' || i || ' ', CASE WHEN i % 3 = 0 THEN 'inactive' ELSE 'active' END "
      "FROM generate_series(1, 12) i");
}

Words in_store(const Words& words, const Words& more = {}) {
  return joined(joined({"transform"}, words), joined({"--store", server().uri("dst")}, more));
}
Words at_source(const Words& more = {}) {
  return joined({"--source", server().uri("src")}, more);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

void check_fails(const Words& words, int code, const std::vector<std::string>& parts) {
  const Outcome outcome = run_leat(words);
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == code);
  for (const auto& part : parts) {
    INFO(part);
    CHECK(has(outcome.err, part));
  }
}

}  // namespace

TEST_CASE("leat transform: registered once, listed, shown, and never changed", "[cli][server]") {
  make_orders();
  const OwnDirectory directory;
  const std::string file = directory.write("clean.yaml", clean);
  CHECK(run_leat(in_store({"list"})).out == "no transforms\n");
  const Outcome first = run_leat(in_store({"register", file, "--name", "clean"}));
  INFO(first.err);
  CHECK(first.exit_code == 0);
  CHECK(first.out ==
        "clean@1: registered; 1 test passed\n  reads: id bigint, customer text, status text\n  makes: id "
        "bigint, "
        "name text, status text\n");
  const std::string otherwise = directory.write("otherwise.yaml", "# the same\n" + std::string(clean));
  const Outcome again = run_leat(in_store({"register", otherwise, "--name", "clean", "--output", "json"}));
  CHECK(again.exit_code == 0);
  const auto told = json::parse(again.out);
  CHECK(told["registered"] == false);
  CHECK(told["transform"]["version"] == 1);
  const std::string more = directory.write(
      "more.yaml", replaced(clean, "tests:", "add_columns: {year: extract(year FROM now())}\ntests:"));
  const Outcome second =
      run_leat(in_store({"register", more, "--name", "clean"}, at_source({"--from", "orders"})));
  INFO(second.err);
  CHECK(has(second.out, "clean@2: registered; 1 test passed\n"));
  CHECK(has(second.out, "  more than @1: year numeric\n"));
  const Outcome list = run_leat(in_store({"list"}));
  CHECK(has(list.out, "clean@2: config, 2 versions, since "));
  CHECK(has(list.out, ": active orders\n"));
  const auto all = json::parse(run_leat(in_store({"list", "--output", "json"})).out);
  REQUIRE(all["transforms"].size() == 1);
  CHECK(all["transforms"][0]["versions"] == 2);
  CHECK(has(run_leat(in_store({"show", "clean@1"})).out, std::string("\n\n") + clean));
  const auto shown = json::parse(run_leat(in_store({"show", "clean@latest", "--output", "json"})).out);
  CHECK(shown["version"] == 2);
  CHECK(shown["output_columns"][3]["name"] == "year");
  CHECK(shown["document"]["tests"].size() == 1);
}

TEST_CASE("leat transform: what fails its tests, or does not compile, is not registered", "[cli][server]") {
  make_orders();
  const OwnDirectory directory;
  const std::string wrong = directory.write("wrong.yaml", replaced(clean, "name: Ann}", "name: ANN}"));
  const Outcome failed = run_leat(in_store({"register", wrong, "--name", "clean"}));
  CHECK(failed.exit_code == 8);
  CHECK(has(failed.out, "inactive orders are dropped: failed, " + wrong + ":8:3\n"));
  CHECK(has(failed.out, "  id = 1: name is Ann, expected ANN\n"));
  CHECK(has(failed.out, "clean: not registered\n"));
  const Outcome as_json = run_leat(in_store({"register", wrong, "--name", "clean", "--output", "json"}));
  CHECK(as_json.exit_code == 8);
  CHECK(json::parse(as_json.out)["tests"]["failed"] == 1);
  check_fails(in_store({"register", directory.write("a.yaml", "columns: {id: bigint}\nfilter: idd > 1\n"),
                        "--name", "a"}),
              4, {"column \"idd\" does not exist", "a.yaml:2:9"});
  // Its columns are not those of the table.
  src("ALTER TABLE orders RENAME COLUMN customer TO who");
  const std::string good = directory.write("clean.yaml", clean);
  check_fails(in_store({"register", good, "--name", "clean"}, at_source({"--from", "orders"})), 2,
              {"there is no column \"customer\"", "clean.yaml:3:10"});
  check_fails(in_store({"register", directory.write("b.yaml", "select: [id]\n"), "--name", "b"}), 2,
              {"b.yaml does not say which columns it reads", "write columns: {id: bigint, …}",
               "--source and --from"});
  check_fails(
      in_store({"register",
                directory.write("salt.yaml",
                                "columns: {a: text}\ntransformations:\n- {type: mask, column: a, how: "
                                "sha256, salt: pepper}\n"),
                "--name", "c"}),
      2, {"salt.yaml holds a secret", "${env:NAME}"});
  CHECK(run_leat(in_store({"list"})).out == "no transforms\n");
  CHECK(dst("SELECT count(*) FROM pg_namespace WHERE nspname = 'leat_meta'") == "0\n");
}

TEST_CASE("leat transform: one uses another, by its version", "[cli][server]") {
  make_orders();
  const OwnDirectory directory;
  REQUIRE(
      run_leat(in_store({"register", directory.write("clean.yaml", clean), "--name", "clean"})).exit_code ==
      0);
  const std::string chain =
      "columns: {id: bigint, customer: text, status: text}\nsteps:\n- use: clean@1\n- sql: SELECT "
      "upper(nme) AS name FROM input_data\n";
  const std::string wrong = directory.write("wrong.yaml", chain);
  check_fails(in_store({"test", wrong}), 4, {"column \"nme\" does not exist", "wrong.yaml:4:21"});
  const std::string right = directory.write("right.yaml", replaced(chain, "nme", "name"));
  CHECK(run_leat(in_store({"test", right})).out == "no tests\n");
  CHECK(run_leat(in_store({"register", right, "--name", "loud"})).exit_code == 0);
  const std::string latest = directory.write("latest.yaml", replaced(chain, "clean@1", "clean@latest"));
  check_fails(in_store({"register", latest, "--name", "loud"}), 2,
              {"\"clean@latest\" names none", "use: clean@1", "latest.yaml:3:8"});
  check_fails({"transform", "test", right, "--source", server().uri("src")}, 2,
              {"right.yaml:3:8: it is not known where transforms are registered", "--store C"});
  check_fails(in_store({"test", directory.write("near.yaml", replaced(chain, "clean@1", "claen@1"))}), 2,
              {"near.yaml:3:8: there is no transform \"claen\" in ", "did you mean clean?"});
  // What is wrong on the rows is told where it stands: in the registered one.
  REQUIRE(run_leat(in_store({"register",
                             directory.write("cast.yaml",
                                             "columns: {customer: text}\ncast: "
                                             "{customer: integer}\n"),
                             "--name", "numbers"}))
              .exit_code == 0);
  check_fails(in_store({"preview", directory.write("use.yaml", "use: numbers\n")},
                       at_source({"--sql", "SELECT 1 AS other"})),
              2, {"there is no column \"customer\"", "numbers@1:2:8"});
}

TEST_CASE("leat query: a transform uses those that the store keeps", "[cli][server]") {
  make_orders();
  dst("CREATE TABLE names (id bigint, name text)");
  const OwnDirectory directory;
  REQUIRE(
      run_leat(in_store({"register", directory.write("clean.yaml", clean), "--name", "clean"})).exit_code ==
      0);
  const std::string chain = directory.write("chain.yaml", "[{use: clean@latest}, {select: [id, name]}]\n");
  const Words query =
      command("query", {"--sql", "SELECT * FROM orders", "--to", "names", "--transform", chain});
  check_fails(query, 2, {"chain.yaml:1:8: it is not known where transforms are registered", "--store C"});
  const Outcome loaded = run_leat(joined(query, {"--store", server().uri("dst")}));
  INFO(loaded.err);
  CHECK(loaded.exit_code == 0);
  CHECK(dst("SELECT count(*), min(name), max(name) FROM names") == "8|C1|C8\n");
  check_fails(joined(command("query", {"--sql", "SELECT 1 AS id", "--to", "names"}), {"--store", "host=/x"}),
              2, {"--store", "--transform"});
}

TEST_CASE("leat transform: preview and diff read a table and write nothing", "[cli][server]") {
  make_orders();
  const OwnDirectory directory;
  const std::string file = directory.write("clean.yaml", clean);
  const Outcome preview =
      run_leat(joined({"transform", "preview", file, "--rows", "3"}, at_source({"--from", "orders"})));
  INFO(preview.err);
  CHECK(preview.exit_code == 0);
  CHECK(preview.out ==
        "id  customer  status    ->  id          name  status\n"
        "1   \" C1 \"    active    ->  1           C1    active\n"
        "2   \" C2 \"    active    ->  2           C2    active\n"
        "3   \" C3 \"    inactive  ->  (left out)\n"
        "3 rows, 1 left out; nothing was written\n");
  REQUIRE(run_leat(in_store({"register", file, "--name", "clean"})).exit_code == 0);
  const std::string loud = directory.write(
      "loud.yaml",
      replaced(replaced(clean, "function: strip", "function: upper"), "name: Ann}", "name: \" ANN \"}"));
  REQUIRE(run_leat(in_store({"register", loud, "--name", "clean"})).exit_code == 0);
  const Outcome text = run_leat(in_store({"diff", "clean@1", "clean@2"}));
  CHECK(text.exit_code == 1);
  CHECK(has(text.out, "--- clean@1\n+++ clean@2\n@@ line 3, now 3 @@\n"));
  CHECK(has(text.out, "-- {type: apply, column: name, function: strip}\n"));
  const Words with_rows = at_source({"--from", "orders", "--rows", "2"});
  const Outcome rows = run_leat(in_store({"diff", "clean@1", "clean@2"}, with_rows));
  CHECK(rows.exit_code == 1);
  CHECK(has(rows.out,
            "  id = 1: name C1 -> \" C1 \"\n  id = 2: name C2 -> \" C2 \"\n  and 6 more\n"
            "clean@1 makes 8 rows, clean@2 8; 8 differ\n"));
  const auto told =
      json::parse(run_leat(in_store({"diff", "clean@1", "clean@2", "--output", "json"}, with_rows)).out);
  CHECK(told["rows"]["differing"] == 8);
  CHECK(told["rows"]["rows"][0]["after"]["name"] == " C1 ");
  CHECK(run_leat(in_store({"diff", "clean@1", file})).exit_code == 0);
  CHECK(
      run_leat(in_store({"diff", "clean@1", file}, at_source({"--sql", "SELECT * FROM orders"}))).exit_code ==
      0);
  CHECK(src("SELECT count(*) FROM orders") == "12\n");
}

TEST_CASE("leat transform: mistakes in the command line are told before anything is done", "[cli]") {
  const OwnDirectory directory;
  const std::string file = directory.write("clean.yaml", clean);
  const auto leat = [](const Words& words) { return joined({"transform"}, words); };
  const Words store{"--store", "host=/nowhere"};
  const Words source{"--source", "host=/nowhere"};
  check_fails(leat({"regster"}), 2, {"\"regster\" is not register, list, show, ", "did you mean register?"});
  check_fails(leat({"list"}), 2, {"transform list needs --store", "--store C"});
  check_fails(leat(joined({"list", "clean"}, store)), 2, {"transform list takes no name"});
  check_fails(leat(joined({"show"}, store)), 2, {"transform show takes a transform's name"});
  check_fails(leat(joined({"show", "clean@x"}, store)), 2,
              {"\"clean@x\" names no transform: behind @ stands a number from 1 on, or latest"});
  check_fails(leat(joined({"register", file}, store)), 2, {"transform register needs --name"});
  check_fails(leat(joined({"register", file, "--name", "a b"}, store)), 2,
              {"--name: \"a b\" is no name for a transform"});
  check_fails(leat(joined({"register", "clean", "--name", "clean"}, store)), 2,
              {"\"clean\" is no file: it has neither a point nor a slash", "./clean"});
  check_fails(leat(joined({"register", "./gone.yaml", "--name", "clean"}, store)), 2,
              {"./gone.yaml", "No such file"});
  check_fails(leat(joined({"diff", "clean@1"}, store)), 2,
              {"transform diff takes two transforms: NAME@2 NAME@3"});
  check_fails(leat(joined({"diff", "a@1", "a@2", "--from", "t"}, store)), 2,
              {"transform diff needs --source beside --from"});
  check_fails(leat(joined(joined({"diff", "a@1", "a@2"}, store), source)), 2,
              {"transform diff needs --from or --sql beside --source"});
  check_fails(leat(joined({"diff", "a@1", "a@2", "--key", "id"}, store)), 2, {"--key is of rows"});
  check_fails(leat({"test", file}), 2, {"transform test needs a database", "--source"});
  check_fails(leat(joined({"test", "clean"}, source)), 2,
              {"it is not known where transforms are registered", "--store C"});
  check_fails(leat(joined({"preview", file}, source)), 2,
              {"transform preview needs --source, and --from or"});
  check_fails(leat(joined({"preview", file, "--from", "t", "--sql", "SELECT 1"}, source)), 2,
              {"--sql", "--from"});
  check_fails(leat(joined({"show", "clean", "--rows", "3"}, store)), 2,
              {"--rows belongs to transform diff and preview"});
  check_fails(leat(joined({"list", "--name", "x"}, store)), 2, {"--name belongs to transform register"});
  check_fails(leat(joined({"test", directory.write("b.yaml", "renam: {a: b}\n")}, source)), 2,
              {"b.yaml:1:1: the document has no key \"renam\"", "did you mean rename?",
               "b.yaml has an error; nothing was done"});
}
