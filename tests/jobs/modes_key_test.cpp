// Keys that cannot tell rows apart are refused before anything is changed.
#include <algorithm>

#include "guest.hpp"
#include "modes.hpp"

using namespace leat;
using namespace leat::test;

namespace {

constexpr WriteMode by_key[] = {WriteMode::upsert, WriteMode::insert_missing, WriteMode::delete_insert,
                                WriteMode::sync};

void make_tables_without_key(const Bed& bed) {
  bed.both("CREATE TABLE t (id int, v text, n int)");
  bed.src("INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)");
  bed.dst("INSERT INTO t VALUES (-1, 'old', 0)");
}

/// The plan has that finding, and the job is refused with it.
void check_plan_refuses(const Bed& bed, const CopyTableOptions& options, const std::string& code,
                        const std::string& message) {
  const auto findings = CopyTable(options).plan().findings;
  const auto found = std::find_if(findings.begin(), findings.end(),
                                  [](const Finding& finding) { return finding.severity == Severity::error; });
  REQUIRE(found != findings.end());
  CHECK(found->code == code);
  CHECK(found->side == ErrorKind::target);
  CHECK(found->message == message);
  CHECK_FALSE(found->hint.empty());
  const Error error = error_of(options);
  check_error(error, ErrorKind::target, found->sqlstate);
  CHECK(std::string(error.what()) == message);
  CHECK(bed.dst("SELECT count(*) FROM t WHERE v = 'old'") == bed.dst("SELECT count(*) FROM t"));
}

}  // namespace

TEST_CASE("keys: none", "[server][sql]") {
  const Bed bed;
  make_tables_without_key(bed);
  const WriteMode mode = GENERATE(from_range(std::begin(by_key), std::end(by_key)));
  check_plan_refuses(
      bed, copy_by(bed, mode), "key_missing",
      "public.t has no primary key, so nothing tells which of its rows a row of the source is");
  check_plan_refuses(bed, copy_by(bed, mode, {"nix"}), "key_missing",
                     "the key names the column \"nix\", which public.t lacks");
  bed.dst("ALTER TABLE t ADD PRIMARY KEY (id), ALTER id SET DEFAULT 0");
  auto options = copy_by(bed, mode);
  options.table.exclude = {"id"};
  check_plan_refuses(bed, options, "key_missing",
                     "the key column \"id\" of public.t gets no value from the source");
}

TEST_CASE("keys: not unique in the target", "[server][sql]") {
  const Bed bed;
  make_tables_without_key(bed);
  const WriteMode mode = GENERATE(WriteMode::upsert, WriteMode::insert_missing, WriteMode::sync);
  bed.dst(
      "CREATE INDEX ON t (id); CREATE UNIQUE INDEX ON t (id, n); CREATE UNIQUE INDEX ON t (id) WHERE n > 0; "
      "CREATE UNIQUE INDEX ON t (abs(id + 100))");
  check_plan_refuses(
      bed, copy_by(bed, mode, {"id"}), "key_not_unique",
      "no unique index of public.t is over \"id\", so nothing keeps several of its rows from having "
      "the same key");
  CHECK(run_changes(copy_by(bed, mode, {"n", "id"})).find("2 inserted") == 0);
}

TEST_CASE("keys: rows of the target without a value", "[server][sql]") {
  const Bed bed;
  make_tables_without_key(bed);
  bed.dst("CREATE UNIQUE INDEX ON t (id, n); UPDATE t SET n = NULL");
  check_plan_refuses(bed, copy_by(bed, WriteMode::upsert, {"id", "n"}), "key_null",
                     "rows of public.t have no value in the key column \"n\", so nothing matches them");
}

TEST_CASE("keys: rows of the source without a value", "[server][sql]") {
  const Bed bed;
  make_tables_without_key(bed);
  const WriteMode mode = GENERATE(from_range(std::begin(by_key), std::end(by_key)));
  bed.dst("CREATE UNIQUE INDEX ON t (id)");
  bed.src("INSERT INTO t SELECT nullif(i, 5000), 'x', i FROM generate_series(3, 9000) i");
  const Error error = error_of(copy_by(bed, mode, {"id"}));
  check_error(error, ErrorKind::target, "23502");
  CHECK(std::string(error.what())
            .find("a row has no value in a column of the key, by which " + std::string(to_string(mode)) +
                  " tells rows apart") == 0);
  CHECK(error.column() == "id");
  CHECK_FALSE(std::string(error.hint()).empty());
  CHECK(bed.dst("SELECT count(*) FROM t") == "1");
}

TEST_CASE("keys: that cannot be compared", "[server][sql]") {
  const Bed bed;
  make_tables_without_key(bed);
  bed.both("ALTER TABLE t ADD j json");
  check_plan_refuses(
      bed, copy_by(bed, WriteMode::delete_insert, {"j"}), "key_not_comparable",
      "values of the key cannot be compared: could not identify an equality operator for type json");
}

TEST_CASE("keys: where they are of no use, or named twice", "[server][sql]") {
  const Bed bed;
  for (const WriteMode mode : {WriteMode::replace, WriteMode::append, WriteMode::swap}) {
    CHECK_THROWS_AS(CopyTable(copy_by(bed, mode, {"id"})), Error);
  }
  CHECK_THROWS_AS(CopyTable(copy_by(bed, WriteMode::upsert, {"id", "id"})), Error);
  auto query = bed.query("SELECT 1 AS id");
  query.key = {"id"};
  CHECK_THROWS_AS(AdHocQuery(query), Error);
}

TEST_CASE("keys: tables that are no place for a merge", "[server][sql]") {
  const Bed bed;
  make_tables_without_key(bed);
  bed.dst("ALTER TABLE t ADD PRIMARY KEY (id)");
  SECTION("rules") {
    bed.dst("CREATE RULE r AS ON UPDATE TO t DO INSTEAD NOTHING");
    check_plan_refuses(bed, copy_by(bed, WriteMode::upsert), "rules",
                       "public.t has rules that would do something else than what is asked for: r");
  }
  SECTION("a view") {
    bed.dst("CREATE VIEW w AS SELECT * FROM t");
    auto options = copy_by(bed, WriteMode::upsert);
    options.table.to = "w";
    options.stream.into_view = true;
    check_plan_refuses(
        bed, options, "table_kind",
        "public.w is a view: rows are only appended to it, as they may be those of several tables");
  }
  SECTION("no temporary tables") {
    bed.dst("REVOKE TEMPORARY ON DATABASE dst FROM PUBLIC");
    const Guest guest(bed);
    bed.dst("GRANT ALL ON t TO guest");
    auto options = copy_by(bed, WriteMode::swap);
    options.target = Guest::connection("dst");
    check_plan_refuses(
        bed, options, "privilege_missing",
        "this role may not create temporary tables, in which rows are collected before they get into "
        "public.t");
    bed.dst("GRANT TEMPORARY ON DATABASE dst TO PUBLIC");
  }
}

TEST_CASE("keys: a sync of a part of the source is told to delete the rest", "[server][sql]") {
  const Bed bed;
  make_tables_without_key(bed);
  bed.dst("ALTER TABLE t ADD PRIMARY KEY (id)");
  auto options = copy_by(bed, WriteMode::sync);
  const auto is_told = [](const CopyTableOptions& of) {
    const auto findings = CopyTable(of).plan().findings;
    return std::any_of(findings.begin(), findings.end(),
                       [](const Finding& finding) { return finding.code == "sync_filtered"; });
  };
  CHECK_FALSE(is_told(options));
  options.table.where = "id = 1";
  CHECK(is_told(options));
  CHECK(run_changes(options) == "1 inserted, 1 deleted");
  options.mode = WriteMode::upsert;
  CHECK_FALSE(is_told(options));
}

TEST_CASE("keys: columns that are required but not sent", "[server][sql]") {
  const Bed bed;
  make_tables_without_key(bed);
  bed.dst(
      "TRUNCATE t; ALTER TABLE t ADD PRIMARY KEY (id), ADD must int NOT NULL; INSERT INTO t VALUES (1, 'z', "
      "0, 5)");
  // A row that is there has a value; a new one would not.
  check_error(error_of(copy_by(bed, WriteMode::upsert)), ErrorKind::target, "23502");
  bed.src("DELETE FROM t WHERE id = 2");
  CHECK(run_changes(copy_by(bed, WriteMode::upsert)) == "1 updated");
  CHECK(bed.dst("SELECT t::text FROM t") == "(1,a,1,5)");
}
