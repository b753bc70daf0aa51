// --max-rejects and --rejects.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "two_databases.hpp"

using namespace leat::test;
using nlohmann::json;

namespace {

void make_tables() {
  make_anew("CREATE TABLE t (id int PRIMARY KEY, v text)");
  src("INSERT INTO t SELECT i, CASE WHEN i IN (5, 900) THEN 'bad, \"' || i || '\"' ELSE 'good' END FROM "
      "generate_series(1, 1000) i");
  dst("ALTER TABLE t ADD CONSTRAINT good CHECK (v = 'good')");
}

/// A file's name, in a directory that goes with it.
class Place {
 public:
  Place()
      : directory_(std::filesystem::temp_directory_path() / ("leat-rejects-" + std::to_string(::getpid()))) {
    std::filesystem::create_directory(directory_);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  [[nodiscard]] std::string file() const { return (directory_ / "rows.csv").string(); }

 private:
  std::filesystem::path directory_;
};

}  // namespace

TEST_CASE("leat copy-table: rejected rows are in the file, and the exit code is 6", "[server]") {
  make_tables();
  const Place place;
  const auto outcome = run_leat(copy({"--max-rejects", "2", "--rejects", place.file()}));
  INFO(outcome.err);
  CHECK(outcome.exit_code == 6);
  CHECK(has(outcome.out, "998 rows"));
  CHECK(has(outcome.out, "2 rows rejected"));
  CHECK(has(outcome.out, place.file()));
  CHECK(dst("SELECT count(*) FROM t") == "998\n");
  std::ifstream file(place.file());
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  CHECK(has(text, ",\"(id)=(5)\",,\"5\",\"bad, \"\"5\"\"\"\n"));
  // What is there is never touched.
  const auto again = run_leat(copy({"--max-rejects", "2", "--rejects", place.file()}));
  CHECK(again.exit_code == 2);
  CHECK(has(again.err, "holds something already"));
}

TEST_CASE("leat copy-table: rejected rows are in the table, and the report says how to load them",
          "[server]") {
  make_tables();
  const auto outcome =
      run_leat(copy({"--max-rejects", "2", "--rejects", "table:public.rejected", "--output", "json"}));
  INFO(outcome.err);
  CHECK(outcome.exit_code == 6);
  const json report = json::parse(outcome.out);
  CHECK(report.at("status") == "done_with_rejects");
  CHECK(report.at("rows_rejected") == 2);
  CHECK(report.at("rows_written") == 998);
  const std::string remark = report.at("remarks").back();
  dst("UPDATE rejected SET v = 'good'; " + remark.substr(remark.find("INSERT INTO")));
  CHECK(dst("SELECT count(*) FROM t") == "1000\n");
}

TEST_CASE("leat copy-table: one row too many commits nothing, and is an error of the target", "[server]") {
  make_tables();
  const Place place;
  const auto outcome = run_leat(copy({"--max-rejects", "1", "--rejects", place.file()}));
  CHECK(outcome.exit_code == 4);
  CHECK(has(outcome.err, "23514: the target refused 2 rows, more than the 1"));
  CHECK(dst("SELECT count(*) FROM t") == "0\n");
}

TEST_CASE("leat: --max-rejects and --rejects belong together, and to jobs of one table", "[server]") {
  make_tables();
  CHECK(run_leat(copy({"--max-rejects", "1"})).exit_code == 2);
  CHECK(run_leat(copy({"--rejects", "x.csv"})).exit_code == 2);
  CHECK(run_leat(copy({"--max-rejects", "1", "--rejects", "table:"})).exit_code == 2);
  CHECK(run_leat(copy({"--max-rejects", "-1", "--rejects", "x.csv"})).exit_code == 2);
  CHECK_FALSE(std::filesystem::exists("x.csv"));
  const auto plan = run_leat(copy({"--max-rejects", "1", "--rejects", "table:rejected", "--dry-run"}));
  CHECK(plan.exit_code == 0);
  CHECK(has(plan.out, "note: rejects: up to 1 rows"));
  const auto query = run_leat({"query", "--source", server().uri("src"), "--target", server().uri("dst"),
                               "--sql", "SELECT id, v FROM t WHERE id < 10", "--to", "t", "--max-rejects",
                               "1", "--rejects", "table:rejected"});
  CHECK(query.exit_code == 6);
  CHECK(dst("SELECT leat_row FROM rejected") == "5\n");
}
