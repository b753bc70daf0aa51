// Every command hears signals at any moment, and what it says then is so.
#include <random>
#include <string>

#include "signals.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"
#include "two_databases.hpp"

using namespace leat::test;

namespace {

/// A command, the exit code that it ends with if nobody stops it, and whether it is to load rows.
struct Stoppable {
  Words words;
  int exit_code = 0;
  bool loads = false;
};

/// The lines of standard error that tell how it ended.
std::size_t last_words(const std::string& err) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < err.size(); at = err.find('\n', at) + 1) {
    if (err.compare(at, 6, "leat: ") == 0) ++count;
    if (err.find('\n', at) == std::string::npos) break;
  }
  return count;
}

}  // namespace

TEST_CASE("leat: every command hears a signal at any moment, and tells nothing that is not so",
          "[cli][server]") {
  const RandomRun run(300, 24);
  std::mt19937 random(run.seed());
  make_anew("CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE u (id int PRIMARY KEY)");
  src("INSERT INTO t SELECT i, repeat('v', 50) FROM generate_series(1, 30000) i; INSERT INTO u SELECT "
      "generate_series(1, 30000)");
  const std::string old = "TRUNCATE t, u; INSERT INTO t VALUES (-1, 'old'); INSERT INTO u VALUES (-1)";
  const std::string content = "SELECT count(*), min(id) FROM t UNION ALL SELECT count(*), min(id) FROM u";
  dst(old);
  REQUIRE(run_leat(copy({"--job", "done"})).exit_code == 0);
  const std::vector<Stoppable> all{
      {command("query", {"--to", "t", "--sql", "SELECT * FROM t"}), 0, true},
      {command("copy-tables", {"--include", "public.*", "--jobs", "1"}), 0, true},
      {command("check", {"--from", "t"}), 0, false},
      {command("verify", {"--from", "t"}), 7, false},
      {command("diff", {"--from", "t"}), 0, false},
      {at_target({"repair"}), 0, false},
      {at_target({"jobs", "list"}), 0, false},
      {at_target({"jobs", "show", "done"}), 0, false},
      {at_target({"join", "done"}, {"--source", server().uri("src")}), 0, false},
      {{"help", "copy-table"}, 0, false},
  };
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    const Stoppable& one = all[round % all.size()];
    dst(old);
    const std::string before = dst(content);
    const auto [signal, outcome] = stop_at_any_moment(one.words, 200, random);
    INFO("round " << round << ", " << one.words.front() << ", signal " << signal << ": " << outcome.err);
    CHECK(last_words(outcome.err) <= 1);
    if (outcome.exit_code == one.exit_code) {
      if (!one.loads) continue;
      CHECK(dst("SELECT count(*), min(id) FROM t") == "30000|1\n");
      if (one.words.front() == "copy-tables") CHECK(dst("SELECT count(*), min(id) FROM u") == "30000|1\n");
    } else {
      CHECK(outcome.exit_code == 128 + signal);
      // Of many tables some may be done; each is as it was, or whole.
      for (const char* table : {"t", "u"}) {
        const std::string rows = dst("SELECT count(*), min(id) FROM " + std::string(table));
        CHECK((rows == "1|-1\n" || (one.words.front() == "copy-tables" && rows == "30000|1\n")));
      }
    }
    if (!one.loads) CHECK(dst(content) == before);
  }
}
