// copy-tables with its choices, and verify, diff and check of many tables.
#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "two_databases.hpp"

using namespace leat::test;
using nlohmann::json;

namespace {

/// "src" has two tables, and "dst" what copy-tables makes of them in the schema "there".
void make_copies() {
  make_anew();
  src("DROP SCHEMA IF EXISTS there CASCADE; CREATE TABLE a (id int PRIMARY KEY, email text); CREATE TABLE b "
      "(id int "
      "PRIMARY KEY, note text); INSERT INTO a SELECT i, 'e' || i FROM generate_series(1, 10) i; "
      "INSERT INTO b SELECT i, 'n' || i FROM generate_series(1, 10) i");
  dst("DROP SCHEMA IF EXISTS there CASCADE");
  const Outcome outcome =
      run_leat(command("copy-tables", {"--include", "public.*", "--to-schema", "there", "--create=full",
                                       "--map", "*.*.email=md5(email)", "--exclude-columns", "b.note"}));
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK(has(outcome.out, "public.a -> there.a  "));
  CHECK(has(outcome.out, "note: schema there was made\n"));
}

const Words same_choice{"--include", "public.*", "--to-schema", "there", "--exclude-columns", "b.note"};

Outcome verify(const Words& more = {}) {
  return run_leat(command("verify", joined(joined(same_choice, {"--map", "*.*.email=md5(email)"}), more)));
}

}  // namespace

TEST_CASE("leat verify --include: as the tables were copied", "[cli][server]") {
  make_copies();
  const Outcome equal = verify();
  INFO(equal.err);
  CHECK(equal.exit_code == 0);
  CHECK(has(equal.out, "2 of 2 tables are equal\n"));
  dst("UPDATE there.b SET id = 99 WHERE id = 3");
  const Outcome different = verify({"--output", "json"});
  CHECK(different.exit_code == 7);
  const json report = json::parse(different.out);
  CHECK(report.at("status") == "different");
  CHECK(report.at("tables").at(0).at("table") == "public.a");
  CHECK(report.at("tables").at(0).at("exit_code") == 0);
  CHECK(report.at("tables").at(1).at("exit_code") == 7);
  dst("DROP TABLE there.a");
  const Outcome failed = verify();
  CHECK(failed.exit_code == 4);
  CHECK(has(failed.out, "0 of 2 tables are equal\n"));
  CHECK(has(failed.out, "different: "));
  const Words without_a = joined(same_choice, {"--exclude", "a", "--exclude", "*.none*"});
  CHECK(run_leat(command("verify", without_a)).exit_code == 7);
}

TEST_CASE("leat diff --include: each table, and the worst exit code", "[cli][server]") {
  make_copies();
  const Outcome equal = run_leat(command("diff", same_choice));
  INFO(equal.out << equal.err);
  CHECK(equal.exit_code == 0);
  CHECK(has(equal.out, "2 of 2 tables are equal\n"));
  dst("CREATE INDEX ON there.b (id)");
  const Outcome different = run_leat(command("diff", joined(same_choice, {"--output=json"})));
  CHECK(different.exit_code == 1);
  CHECK(json::parse(different.out).at("tables").at(1).at("status") == "different");
}

TEST_CASE("leat check --include: what stands against each", "[cli][server]") {
  make_copies();
  const Outcome good = run_leat(command("check", same_choice));
  INFO(good.out << good.err);
  CHECK(good.exit_code == 0);
  dst("ALTER TABLE there.a DROP email");
  const Outcome bad = run_leat(command("check", same_choice));
  CHECK(bad.exit_code == 4);
  CHECK(has(bad.out, "column_missing"));
  CHECK(has(bad.out, "(--exclude-columns)"));
  CHECK(has(bad.out, "nothing stands against this job"));
  CHECK(dst("SELECT count(*) FROM there.b") == "10\n");
}

TEST_CASE("leat verify, diff, check: one table or many", "[cli]") {
  for (const std::string name : {"verify", "diff", "check"}) {
    INFO(name);
    const auto refused = [&name](const Words& more, const std::string& text) {
      const Outcome outcome =
          run_leat(joined({name, "--source", "host=/nowhere", "--target", "host=/nowhere"}, more));
      INFO(outcome.err);
      CHECK(outcome.exit_code == 2);
      CHECK(has(outcome.err, text));
    };
    refused({}, "--from or --include is required");
    refused({"--include", "a", "--from", "b"},
            "--from is for one table (--from), and --include chooses many");
    refused({"--include", "a", "--columns", "b"}, "--columns is for one table");
    refused({"--from", "a", "--to-schema", "s"}, "--to-schema is for many tables, which --include chooses");
    refused({"--from", "a", "--exclude", "b", "--exclude", "c"}, "--exclude is given twice");
    refused({"--from", "a", "--exclude", "b", "--columns", "c"}, "--exclude excludes --columns");
    refused({"--include", "a", "--exclude-columns", "b"}, "--exclude-columns takes S.T.a");
  }
}

TEST_CASE("leat verify --include: hints are in the options of many tables", "[cli][server]") {
  make_anew();
  src("CREATE TABLE t (id int PRIMARY KEY, v text, extra int); CREATE TABLE u (v text)");
  dst("CREATE TABLE t (id int PRIMARY KEY, v int); CREATE TABLE u (v text)");
  src("INSERT INTO u VALUES ('a')");
  const Outcome many = run_leat(command("verify", {"--include", "public.*"}));
  INFO(many.out << many.err);
  CHECK(many.exit_code == 4);
  CHECK(has(many.out, "(--exclude-columns)"));
  CHECK(has(many.out, "--map 'public.t.v="));
  CHECK_FALSE(has(many.out, "(--exclude)"));
  CHECK_FALSE(has(many.out, "(--rename)"));
  CHECK(has(many.out, "; verify --from T --key names one"));
  const json report =
      json::parse(run_leat(command("verify", {"--include", "public.*", "--output", "json"})).out);
  CHECK(has(report.at("tables").at(0).at("hint").get<std::string>(), "--exclude-columns"));
  CHECK(has(report.at("tables").at(1).at("remarks").dump(), "verify --from T --key names one"));
  // Of one table they stay as they are.
  const Outcome one = run_leat(command("verify", {"--from", "t"}));
  CHECK(has(one.err, "(--exclude)"));
  CHECK(has(run_leat(command("verify", {"--from", "u"})).out, "; --key names one"));
}

TEST_CASE("leat copy-tables --job: the same command goes on", "[cli][server]") {
  make_anew("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY)");
  src("INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (1)");
  const Words line =
      command("copy-tables", {"--include", "public.*", "--job", "nightly", "--mode", "append"});
  CHECK(run_leat(line).exit_code == 0);
  const Outcome again = run_leat(line);
  CHECK(again.exit_code == 0);
  CHECK(has(again.out, "job nightly/public.a was done at "));
  CHECK(dst("SELECT count(*) FROM a") == "2\n");
  CHECK(has(run_leat(at_target({"jobs", "list"})).out, "nightly/public.b"));
}

TEST_CASE("leat: a hint names options that the command has, or whose they are", "[cli][server]") {
  make_anew("CREATE TABLE t (id int, v int)");
  src("ALTER TABLE t ALTER v TYPE text");
  const auto hints = [](const Words& line) {
    const json plan = json::parse(run_leat(joined(line, {"--dry-run", "--output", "json"})).out);
    std::string all;
    const auto add = [&all](const json& one) {
      for (const auto& finding : one.at("findings")) all += finding.at("hint").get<std::string>() + "\n";
    };
    if (plan.contains("tables")) {
      for (const auto& table : plan.at("tables")) add(table);
    } else {
      add(plan);
    }
    return all;
  };
  const std::string one = hints(command("copy-table", {"--from", "t", "--mode", "upsert"}));
  INFO(one);
  CHECK(has(one, "(--exclude)"));
  const std::string many = hints(command("copy-tables", {"--include", "t", "--mode", "upsert"}));
  INFO(many);
  CHECK(has(many, "(--exclude-columns)"));
  CHECK(has(many, "--map 'public.t."));
  CHECK_FALSE(has(many, "(--key"));
  const std::string query =
      hints(command("query", {"--to", "t", "--sql", "SELECT id, v FROM t", "--mode", "upsert"}));
  INFO(query);
  CHECK_FALSE(has(query, "--exclude"));
  CHECK_FALSE(has(query, "--map"));
  src("ALTER TABLE t ALTER v TYPE int USING v::int");
}

TEST_CASE("leat copy-tables --job: a name that leaves no room for those of the tables is refused",
          "[cli][server]") {
  make_anew("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE long_name_of_a_table (id int PRIMARY KEY)");
  src("INSERT INTO a VALUES (1)");
  // "/public.long_name_of_a_table" has 28 characters.
  const std::string longest = "é" + std::string(171, 'x');
  const auto run = [](const std::string& name, const Words& more = {}) {
    return run_leat(
        command("copy-tables", joined({"--include", "public.*", "--mode", "append", "--job", name}, more)));
  };
  const Outcome refused = run(longest + "x");
  CHECK(refused.exit_code == 2);
  CHECK(has(refused.err, "--job may have 172 characters at most for these tables, and has 173"));
  CHECK(dst("SELECT count(*) FROM a") == "0\n");
  CHECK(run(longest + "x", {"--dry-run"}).exit_code == 2);
  const Outcome without_room = run(std::string(200, 'x'));
  CHECK(without_room.exit_code == 2);
  CHECK(has(without_room.err, "--job may have 196 characters at most"));
  const Outcome good = run(longest);
  INFO(good.err);
  CHECK(good.exit_code == 0);
  CHECK(dst("SELECT count(*) FROM a") == "1\n");
}
