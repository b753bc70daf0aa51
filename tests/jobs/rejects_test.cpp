// Rows that the target refuses: which ones, and that all others are there.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "jobs/options/validate_options.hpp"
#include "jobs/rejects/row_rejects_file.hpp"
#include "jobs/rejects/row_rejects_values.hpp"
#include "leat/core/memory_budget.hpp"
#include "leat/jobs/copy_tables.hpp"
#include "leat/jobs/options/reject.hpp"
#include "leat/transform/transform.hpp"
#include "modes.hpp"
#include "texts.hpp"

using namespace leat;
using namespace leat::literals;
using namespace leat::test;

namespace {

constexpr int rows_in_all = 4000;
// The first and the last row, neighbours, and some in the middle; batches are of a few hundred rows.
const std::set<int> bad_ids{1, 2, 777, 1500, 1501, 1502, 4000};
const std::string bad_list = "(1, 2, 777, 1500, 1501, 1502, 4000)";

struct Rejection {
  JobReport report{};
  std::vector<RejectedRow> rows{};

  [[nodiscard]] std::set<int> ids() const {
    std::set<int> found;
    for (const auto& row : rows) found.insert(std::stoi(row.values.at(0).text.value()));
    return found;
  }
};

/// Runs the job in small batches; its numbers add up.
Rejection run_rejecting(CopyTableOptions options, std::uint64_t most = 100) {
  Rejection rejection;
  options.stream.max_rejects = most;
  options.stream.rejects.callback = [&rejection](const RejectedRow& row) { rejection.rows.push_back(row); };
  if (options.stream.batch_bytes == StreamOptions{}.batch_bytes) options.stream.batch_bytes = 16_KiB;
  rejection.report = CopyTable(std::move(options)).run();
  const JobReport& report = rejection.report;
  CHECK(report.rows_rejected == rejection.rows.size());
  CHECK(report.rows_read == report.rows_written + report.rows_unchanged + report.rows_superseded +
                                report.rows_dropped + report.rows_rejected + report.rows_suppressed);
  CHECK((report.status == JobStatus::done_with_rejects) == (report.rows_rejected > 0));
  return rejection;
}

void make_bad_rows(const Bed& bed) {
  bed.both("CREATE TABLE t (id int, v int, w text, n numeric(12,2), r int4range)");
  bed.src("INSERT INTO t SELECT i, i, 'value ' || i, i, int4range(i, i + 1) FROM generate_series(1, " +
          std::to_string(rows_in_all) + ") i");
}

std::string content_where(const std::string& condition) {
  return "SELECT count(*), sum(hashtextextended(ROW(id, v, w, n, r)::text, 0)::numeric) FROM t WHERE " +
         condition;
}

struct Fault {
  const char* what;
  std::string target;  // SQL there
  std::string source;  // SET of the bad rows
  const char* sqlstate;
  const char* constraint = "";
  const char* column = "";
};

const std::string raise =
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.v < 0 THEN RAISE EXCEPTION 'no "
    "%', "
    "NEW.id USING ERRCODE = '{}'; END IF; RETURN NEW; END $$; ";

std::string raising(const std::string& code) {
  std::string sql = raise;
  return sql.replace(sql.find("{}"), 2, code);
}

const std::vector<Fault>& faults() {
  static const std::string parents =
      "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p SELECT generate_series(1, 5000); "
      "ALTER TABLE t ADD CONSTRAINT \"Has, line 3\" FOREIGN KEY (v) REFERENCES p ";
  static const std::vector<Fault> all{
      {"check", "ALTER TABLE t ADD CONSTRAINT positive CHECK (v > 0)", "v = -1", "23514", "positive"},
      {"not null", "ALTER TABLE t ALTER w SET NOT NULL", "w = NULL", "23502", "", "w"},
      {"unique within the load", "ALTER TABLE t ADD CONSTRAINT u UNIQUE (v)", "v = 9", "23505", "u"},
      {"unique, existing row", "ALTER TABLE t ADD CONSTRAINT u UNIQUE (v); INSERT INTO t VALUES (-5, 5000)",
       "v = 5000", "23505", "u"},
      {"unique, deferred",
       "ALTER TABLE t ADD CONSTRAINT u UNIQUE (v) DEFERRABLE INITIALLY DEFERRED; INSERT "
       "INTO t VALUES (-5, 5000)",
       "v = 5000", "23505", "u"},
      {"foreign key", parents, "v = 6000", "23503", "Has, line 3"},
      {"foreign key, deferred", parents + "DEFERRABLE INITIALLY DEFERRED", "v = 6000", "23503",
       "Has, line 3"},
      {"exclusion", "ALTER TABLE t ADD CONSTRAINT x EXCLUDE USING gist (r WITH &&)", "r = '[9,10)'", "23P01",
       "x"},
      {"domain", "CREATE DOMAIN pos AS int CONSTRAINT over CHECK (VALUE > 0); ALTER TABLE t ALTER v TYPE pos",
       "v = -1", "23514", "over", "v"},
      {"before trigger",
       raising("P0001") + "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", "v = -1",
       "P0001"},
      {"after trigger",
       raising("45000") + "CREATE TRIGGER x AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", "v = -1",
       "45000"},
      {"constraint trigger, deferred",
       raising("P0001") +
           "CREATE CONSTRAINT TRIGGER x AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
           "EXECUTE FUNCTION f()",
       "v = -1", "P0001"},
      {"generated column", "ALTER TABLE t ADD g int GENERATED ALWAYS AS (100 / v) STORED", "v = 0", "22012"},
      {"type's modifier", "ALTER TABLE t ALTER n TYPE numeric(6,2)", "n = 1e6", "22003", "", "n"},
      {"length", "ALTER TABLE t ALTER w TYPE varchar(12)", "w = repeat('long', 99)", "22001", "", "w"},
      {"index row too wide", "CREATE INDEX ON t (w)",
       "w = (SELECT string_agg(md5(id::text || i), '') FROM generate_series(1, 300) i)", "54000"},
      {"no partition",
       "DROP TABLE t; CREATE TABLE t (id int, v int, w text, n numeric(12,2), r int4range) PARTITION BY "
       "RANGE (v); "
       "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (2000); "
       "CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (2000) TO (9000)",
       "v = -1", "23514"},
      {"check of a partition",
       "DROP TABLE t; CREATE TABLE t (id int, v int, w text, n numeric(12,2), r int4range) PARTITION BY HASH "
       "(id); "
       "CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0); "
       "CREATE TABLE t2 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1); "
       "ALTER TABLE t1 ADD CONSTRAINT c CHECK (v > 0); ALTER TABLE t2 ADD CONSTRAINT c CHECK (v > 0)",
       "v = -1", "23514", "c"},
  };
  return all;
}

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// A path where nothing is; what a test puts there goes with it.
class NewPath {
 public:
  explicit NewPath(const std::string& name)
      : path_(std::filesystem::temp_directory_path() /
              ("leat-rejects-" + std::to_string(::getpid()) + "-" + name)) {
    std::filesystem::remove(path_);
  }
  NewPath(const NewPath&) = delete;
  NewPath& operator=(const NewPath&) = delete;
  ~NewPath() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

  [[nodiscard]] std::string text() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

std::string quoted(std::string text) {
  for (std::size_t i = 0; (i = text.find('\'', i)) != std::string::npos; i += 2) text.insert(i, 1, '\'');
  return "'" + text + "'";
}

}  // namespace

TEST_CASE("rejects: of each kind of fault only the bad rows are left out, by append and replace",
          "[server]") {
  for (const WriteMode mode : {WriteMode::append, WriteMode::replace}) {
    for (const auto& fault : faults()) {
      if (mode == WriteMode::replace && fault.target.find("-5, 5000") != std::string::npos) continue;
      const Bed bed;
      make_bad_rows(bed);
      bed.dst(fault.target);
      bed.src("UPDATE t SET " + fault.source + " WHERE id IN " + bad_list +
              "; CREATE TABLE o AS SELECT * FROM t; "
              "TRUNCATE t; INSERT INTO t SELECT * FROM o ORDER BY id");
      INFO(fault.what << ", " << to_string(mode));
      const auto done = run_rejecting(copy_by(bed, mode));
      const std::set<int> expected = [&] {
        // The first of those that are the same is there, where none was before.
        std::set<int> ids = bad_ids;
        if (fault.source.find("= 9") != std::string::npos || fault.source.find("[9") != std::string::npos) {
          ids = {2, 9, 777, 1500, 1501, 1502, 4000};
        }
        return ids;
      }();
      CHECK(done.ids() == expected);
      std::string list;
      for (const int id : expected) list += (list.empty() ? "" : ", ") + std::to_string(id);
      CHECK(bed.dst(content_where("id > 0")) == bed.src(content_where("id NOT IN (" + list + ")")));
      for (const auto& row : done.rows) {
        CHECK(row.sqlstate == fault.sqlstate);
        CHECK(row.constraint == fault.constraint);
        CHECK(row.column == fault.column);
        CHECK_FALSE(row.message.empty());
        CHECK(row.row == std::stoul(row.values.at(0).text.value()));
        const std::string id = row.values.at(0).text.value();
        CHECK(row.values.at(4).text.value() == bed.src("SELECT r FROM t WHERE id = " + id));
      }
    }
  }
}

TEST_CASE("rejects: all rows of a load may be bad, and nothing is, too", "[server]") {
  const Bed bed;
  make_bad_rows(bed);
  bed.dst("ALTER TABLE t ADD CHECK (v < 0)");
  bed.src("DELETE FROM t WHERE id > 300");
  CHECK(run_rejecting(bed.copy(), 300).rows.size() == 300);
  CHECK(bed.dst("SELECT count(*) FROM t") == "0");
  bed.src("UPDATE t SET v = -v");
  CHECK(run_rejecting(bed.copy(), 1).rows.empty());
  CHECK(bed.dst("SELECT count(*) FROM t") == "300");
  bed.src("TRUNCATE t");
  CHECK(run_rejecting(bed.copy(), 1).rows.empty());
  CHECK(bed.dst("SELECT count(*) FROM t") == "0");
}

TEST_CASE("rejects: with one more than allowed nothing is committed, and the last error is told",
          "[server]") {
  const Bed bed;
  make_bad_rows(bed);
  bed.dst("ALTER TABLE t ADD CONSTRAINT positive CHECK (v > 0); INSERT INTO t VALUES (-1, 1, 'old')");
  bed.src("UPDATE t SET v = -1 WHERE id IN " + bad_list);
  const NewPath first("too many.csv");
  const NewPath second("as many.csv");
  const std::string path = first.text();
  auto options = bed.copy();
  options.stream.max_rejects = 6;
  options.stream.rejects = {.file = path, .table = "rejected"};
  const Error error = error_of(options);
  check_error(error, ErrorKind::target, "23514");
  CHECK(std::string(error.what()).find("refused 7 rows, more than the 6") != std::string::npos);
  CHECK(std::string(error.hint()).find(path) != std::string::npos);
  CHECK(error.constraint() == "positive");
  CHECK(bed.dst("SELECT string_agg(t::text, ',') FROM t") == "(-1,1,old,,)");
  CHECK(bed.dst("SELECT to_regclass('rejected')").empty());
  const std::string text = file_text(path);
  CHECK(std::count(text.begin(), text.end(), '\n') == 8);
  options.stream.max_rejects = 7;
  options.stream.rejects.file = second.text();
  CHECK(CopyTable(options).run().rows_rejected == 7);
}

TEST_CASE("rejects: a row of 20 MB is rejected alone", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.src(
      "INSERT INTO t SELECT i, CASE WHEN i = 50 THEN repeat('0123456789', 2000000) ELSE 'v' END FROM "
      "generate_series(1, 100) i");
  bed.dst("ALTER TABLE t ADD CHECK (length(v) < 1000)");
  auto options = bed.copy();
  options.stream.rejects.table = "big";
  const auto done = run_rejecting(options);
  REQUIRE(done.rows.size() == 1);
  CHECK(done.rows[0].values.at(1).text->size() == 20000000);
  CHECK(done.rows[0].key == "(id)=(50)");
  CHECK(bed.dst("SELECT md5(v) FROM big") == bed.src("SELECT md5(v) FROM t WHERE id = 50"));
  CHECK(bed.dst("SELECT count(*) FROM t") == "99");
}

TEST_CASE("rejects: into a table, from which they are loaded again once repaired", "[server]") {
  const Bed bed;
  bed.both(
      "CREATE TABLE t (\"Id \"\"1\" int GENERATED ALWAYS AS IDENTITY, \"größe\" numeric(8,2), tags text[], "
      "at "
      "timestamptz, b bytea, j json, ok bool, PRIMARY KEY (\"Id \"\"1\"))");
  bed.src(
      "INSERT INTO t (\"größe\", tags, at, b, j, ok) SELECT i, ARRAY['a', NULL, 'it''s ' || i], timestamptz "
      "'2024-02-29 12:00+00' + i * interval '1 day', decode(md5(i::text), 'hex'), '{\"a\" : 1}', NULL FROM "
      "generate_series(1, 1000) i");
  bed.dst("ALTER TABLE t ADD CONSTRAINT small CHECK (\"größe\" < 500)");
  bed.dst("CREATE SCHEMA \"Bad rows\"");
  auto options = bed.copy();
  options.stream.rejects.table = "\"Bad rows\".\"T's\"";
  const auto done = run_rejecting(options, 501);
  CHECK(done.rows.size() == 501);
  CHECK(bed.dst("SELECT count(*), min(leat_row), max(leat_row), min(leat_sqlstate), min(leat_constraint), "
                "count(leat_hex), count(ok) FROM \"Bad rows\".\"T's\"") == "501|500|1000|23514|small|0|0");
  CHECK(bed.dst("SELECT leat_key FROM \"Bad rows\".\"T's\" WHERE leat_row = 500") == "(Id \"1)=(500)");
  REQUIRE_FALSE(done.report.remarks.empty());
  const std::string remark = done.report.remarks.back();
  const auto at = remark.find("INSERT INTO");
  REQUIRE(at != std::string::npos);
  bed.dst("ALTER TABLE t DROP CONSTRAINT small; " + remark.substr(at));
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
  // The next load finds the table.
  bed.dst("ALTER TABLE t ADD CONSTRAINT small CHECK (\"größe\" < 500) NOT VALID");
  CHECK(run_rejecting(options, 501).rows.size() == 501);
  CHECK(bed.dst("SELECT count(*) FROM \"Bad rows\".\"T's\"") == "1002");
  bed.dst("DROP SCHEMA \"Bad rows\" CASCADE");
}

TEST_CASE("rejects: into a file that psql loads again", "[server]") {
  const Bed bed;
  make_bad_rows(bed);
  bed.dst("ALTER TABLE t ADD CONSTRAINT positive CHECK (v > 0)");
  bed.src("UPDATE t SET v = -id, w = E'a \"quoted\", line\\nbreak and ''\\\\''', n = NULL WHERE id IN " +
          bad_list);
  bed.src("UPDATE t SET w = '' WHERE id = 777");
  auto options = bed.copy();
  const NewPath file("rows.csv");
  options.stream.rejects.file = file.text();
  CHECK(run_rejecting(options).rows.size() == 7);
  const auto permissions = std::filesystem::status(options.stream.rejects.file).permissions();
  constexpr auto others = std::filesystem::perms::others_all;
  CHECK((permissions & others) == std::filesystem::perms::none);
  // The server is to read it.
  std::filesystem::permissions(options.stream.rejects.file, std::filesystem::perms::all);
  const std::string text = file_text(options.stream.rejects.file);
  const std::string header = text.substr(0, text.find('\n'));
  CHECK(header ==
        "\"leat_rejected_at\",\"leat_row\",\"leat_sqlstate\",\"leat_message\",\"leat_detail\","
        "\"leat_constraint\",\"leat_column\",\"leat_key\",\"leat_hex\",\"id\",\"v\",\"w\",\"n\",\"r\"");
  std::string columns = header;
  for (std::size_t at = 0; (at = columns.find("\",", at)) != std::string::npos; at += 7)
    columns.insert(at + 1, " text");
  bed.dst("CREATE TABLE again (" + columns + " text); COPY again FROM " +
          quoted(options.stream.rejects.file) +
          " (FORMAT csv, HEADER); ALTER TABLE t DROP CONSTRAINT positive; INSERT INTO t SELECT id::int, "
          "v::int, w, "
          "n::numeric, r::int4range FROM again");
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
  CHECK(bed.dst("SELECT bool_and(leat_rejected_at::timestamptz BETWEEN now() - interval '1 hour' AND now()), "
                "min(leat_sqlstate), count(leat_row) FROM again") == "t|23514|7");
}

TEST_CASE("rejects: a file that cannot be written, or holds something, ends the job before it begins",
          "[server]") {
  const Bed bed;
  make_bad_rows(bed);
  bed.dst("INSERT INTO t VALUES (-1)");
  auto options = bed.copy();
  options.stream.max_rejects = 5;
  options.stream.rejects.file = "/no such directory/rows.csv";
  check_error(error_of(options), ErrorKind::config, "58030");
  const NewPath full("full.csv");
  const NewPath unused("unused.csv");
  const std::string path = full.text();
  std::ofstream(path) << "mine\n";
  options.stream.rejects.file = path;
  check_error(error_of(options), ErrorKind::config, "");
  CHECK(file_text(path) == "mine\n");
  CHECK(bed.dst("SELECT count(*) FROM t") == "1");
  // One that is empty is taken, and where no row was rejected no file is left.
  std::ofstream(path, std::ios::trunc).close();
  CHECK(CopyTable(options).run().rows_rejected == 0);
  CHECK(std::filesystem::exists(path));
  options.stream.rejects.file = unused.text();
  static_cast<void>(CopyTable(options).plan());
  CHECK_FALSE(std::filesystem::exists(options.stream.rejects.file));
  CHECK(CopyTable(options).run().status == JobStatus::done);
  CHECK_FALSE(std::filesystem::exists(options.stream.rejects.file));
}

TEST_CASE("rejects: a table that does not take them is told by the plan, which leaves none behind",
          "[server]") {
  const Bed bed;
  make_bad_rows(bed);
  const auto code = [&](const std::string& table) -> std::string {
    auto options = bed.copy();
    options.stream.max_rejects = 5;
    options.stream.rejects.table = table;
    const JobPlan plan = CopyTable(options).plan();
    return plan.findings.empty() ? "" : plan.findings.front().code + ": " + plan.findings.front().sqlstate;
  };
  CHECK(code("rejected") == "");
  CHECK(bed.dst("SELECT to_regclass('rejected')").empty());
  CHECK(code("nowhere.rejected") == "rejects_table: 3F000");
  CHECK(code("t") == "rejects_table: ");
  bed.dst("CREATE TABLE odd (leat_row int)");
  CHECK(code("odd") == "rejects_table: 42703");
  bed.both("ALTER TABLE t ADD leat_key text");
  CHECK(code("rejected") == "rejects_columns: ");
}

TEST_CASE("rejects: swap keeps rows that were written behind savepoints, and no others", "[server]") {
  for (const bool unique : {false, true}) {
    const Bed bed;
    make_bad_rows(bed);
    bed.dst(
        "ALTER TABLE t ADD CONSTRAINT positive CHECK (v > 0); INSERT INTO t SELECT i, 1, 'old' FROM "
        "generate_series(-500, -1) i");
    if (unique) bed.dst("CREATE UNIQUE INDEX ON t (id)");
    bed.src("UPDATE t SET v = -1 WHERE id IN " + bad_list);
    auto options = copy_by(bed, WriteMode::swap);
    if (unique) {
      // Rows are staged, and what refuses them is the publishing.
      options.stream.max_rejects = 100;
      options.stream.rejects.table = "rejected";
      check_error(error_of(options), ErrorKind::target, "23514");
      CHECK(bed.dst("SELECT count(*) FROM t WHERE w = 'old'") == "500");
      continue;
    }
    const auto done = run_rejecting(options);
    CHECK(done.ids() == bad_ids);
    CHECK(done.report.rows_deleted == 500);
    CHECK(bed.dst(content_where("true")) == bed.src(content_where("id NOT IN " + bad_list)));
  }
}

TEST_CASE("rejects: what types and domains refuse is told apart in the modes that stage rows", "[server]") {
  for (const WriteMode mode :
       {WriteMode::upsert, WriteMode::sync, WriteMode::insert_missing, WriteMode::delete_insert}) {
    const Bed bed;
    make_bad_rows(bed);
    bed.both("ALTER TABLE t ADD PRIMARY KEY (id)");
    bed.dst("ALTER TABLE t ALTER n TYPE numeric(6,2); INSERT INTO t VALUES (1, 5, 'old'), (3, 5, 'old')");
    bed.src("UPDATE t SET n = 1e6 WHERE id IN " + bad_list);
    INFO(to_string(mode));
    const auto done = run_rejecting(copy_by(bed, mode));
    CHECK(done.ids() == bad_ids);
    CHECK(done.rows.front().column == "n");
    CHECK(bed.dst("SELECT count(*) FROM t WHERE id NOT IN " + bad_list) == std::to_string(rows_in_all - 7));
  }
  const Bed bed;
  make_bad_rows(bed);
  bed.src("ALTER TABLE t ALTER id DROP NOT NULL; UPDATE t SET id = NULL WHERE id = 10");
  bed.dst("ALTER TABLE t ADD PRIMARY KEY (id)");
  const auto done = run_rejecting(copy_by(bed, WriteMode::upsert));
  REQUIRE(done.rows.size() == 1);
  CHECK(done.rows[0].sqlstate == "23502");
  CHECK(done.rows[0].values.at(1).text == "10");
}

TEST_CASE("rejects: through a view what COPY refuses is told apart", "[server]") {
  const Bed bed;
  make_bad_rows(bed);
  bed.dst(
      "ALTER TABLE t RENAME TO base; ALTER TABLE base ALTER n TYPE numeric(6,2); CREATE VIEW t AS SELECT * "
      "FROM "
      "base");
  bed.src("UPDATE t SET n = 1e6 WHERE id IN " + bad_list);
  auto options = copy_by(bed, WriteMode::append);
  options.stream.into_view = true;
  CHECK(run_rejecting(options).ids() == bad_ids);
  CHECK(bed.dst("SELECT count(*) FROM base") == std::to_string(rows_in_all - 7));
}

TEST_CASE("rejects: with several readers, and in text format", "[server]") {
  const Bed bed;
  make_bad_rows(bed);
  bed.dst("ALTER TABLE t ADD CONSTRAINT positive CHECK (v > 0)");
  bed.src("UPDATE t SET v = -1, w = E'tab\\tand \\\\ and\\nbreak', n = NULL WHERE id IN " + bad_list);
  auto options = bed.copy();
  options.readers = 2;
  options.slice_bytes = 32_KiB;
  auto done = run_rejecting(options);
  CHECK(done.ids() == bad_ids);
  CHECK_FALSE(done.rows.front().row);
  CHECK(bed.dst(content_where("true")) == bed.src(content_where("id NOT IN " + bad_list)));

  // This type has no binary form.
  bed.both("ALTER TABLE t ADD a aclitem");
  done = run_rejecting(bed.copy());
  CHECK(done.report.format.format == RowFormat::text);
  CHECK(done.ids() == bad_ids);
  CHECK(done.rows.front().values.at(2).text == "tab\tand \\ and\nbreak");
  CHECK_FALSE(done.rows.front().values.at(3).text);
  CHECK(done.rows.front().row);
  CHECK(bed.dst(content_where("true")) == bed.src(content_where("id NOT IN " + bad_list)));
  bed.dst("ALTER TABLE t DROP CONSTRAINT positive, ALTER w TYPE varchar(12)");
  CHECK(run_rejecting(bed.copy()).rows.front().column == "w");
}

TEST_CASE("rejects: rows with a hook are rejected as the hook made them", "[server]") {
  const Bed bed;
  make_bad_rows(bed);
  bed.dst("ALTER TABLE t ADD CONSTRAINT positive CHECK (v > 0)");
  auto options = bed.copy();
  options.transform = [](const Schema& columns) {
    return [v = columns.field<std::int32_t>("v"), id = columns.field<std::int32_t>("id")](const RowView& row,
                                                                                          RowBuilder& out) {
      if (row.get(id) % 2 == 0) return;
      auto edit = out.copy_row(row);
      if (bad_ids.contains(row.get(id))) edit.set(v, -7);
    };
  };
  const auto done = run_rejecting(options);
  CHECK(done.ids() == std::set<int>{1, 777, 1501});
  CHECK(done.rows.front().values.at(1).text == "-7");
  CHECK_FALSE(done.rows.front().row);
  CHECK(done.report.rows_dropped == rows_in_all / 2);
}

TEST_CASE("rejects: a value that no server reads is kept as its bytes", "[server]") {
  const Bed bed;
  bed.src("CREATE DOMAIN pos AS int; CREATE TABLE t (id int, a pos[], w text)");
  bed.dst("CREATE DOMAIN pos AS int CHECK (VALUE > 0); CREATE TABLE t (id int, a pos[], w text)");
  bed.src("INSERT INTO t VALUES (1, '{1,2}', 'one'), (2, '{3,-4}', 'two'), (3, NULL, 'three')");
  auto options = bed.copy();
  options.stream.rejects.table = "rejected";
  const auto done = run_rejecting(options);
  REQUIRE(done.rows.size() == 1);
  const auto& values = done.rows[0].values;
  CHECK(values.at(0).text == "2");
  CHECK(values.at(1).is_hex);
  CHECK(values.at(1).text->starts_with("\\x00000001"));
  CHECK(values.at(2).text == "two");
  CHECK(bed.dst("SELECT leat_hex, w FROM rejected") == "\"a\"|two");
}

TEST_CASE("rejects: rows of a table that references itself wait for the rows they reference", "[server]") {
  for (const std::string deferral : {"", "DEFERRABLE INITIALLY IMMEDIATE", "DEFERRABLE INITIALLY DEFERRED"}) {
    const Bed bed;
    bed.both("CREATE TABLE t (id int PRIMARY KEY, parent int, w text)");
    // A few children stand far before their parents.
    bed.src(
        "INSERT INTO t SELECT i, CASE WHEN i IN (2, 3, 500) THEN 6000 - i WHEN i IN (12, 22) THEN i - 10 "
        "WHEN "
        "i > 30 THEN 1 END, repeat('x', 40) FROM generate_series(1, 6000) i");
    bed.dst("ALTER TABLE t ADD CONSTRAINT tree FOREIGN KEY (parent) REFERENCES t " + deferral);
    INFO(deferral);
    CHECK(run_rejecting(bed.copy()).rows.empty());
    CHECK(bed.dst(content("t")) == bed.src(content("t")));
    bed.src("UPDATE t SET parent = 99999 WHERE id = 2");
    if (deferral.ends_with("DEFERRED")) {
      auto options = bed.copy();
      options.stream.max_rejects = 10;
      options.stream.rejects.table = "rejected";
      check_error(error_of(options), ErrorKind::target, "23503");
      continue;
    }
    // With it goes what hangs on it.
    const auto done = run_rejecting(bed.copy());
    CHECK(done.ids() == std::set<int>{2, 12, 22});
    CHECK(bed.dst("SELECT count(*) FROM t") == "5997");
  }
}

TEST_CASE("rejects: constraints that are dropped for the load are not told to be checked with each batch",
          "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.src("INSERT INTO t VALUES (1, 'a'), (2, 'too long'), (3, 'c')");
  bed.dst(
      "CREATE TABLE u (id int PRIMARY KEY); INSERT INTO u SELECT generate_series(1, 3); ALTER TABLE t ALTER "
      "v TYPE "
      "varchar(3), ADD CONSTRAINT own UNIQUE (v) DEFERRABLE INITIALLY DEFERRED, ADD FOREIGN KEY (id) "
      "REFERENCES u "
      "DEFERRABLE INITIALLY DEFERRED");
  auto options = copy_by(bed, GENERATE(WriteMode::append, WriteMode::replace));
  options.stream.indexes = Indexes::rebuild;
  options.stream.max_rejects = 1;
  options.stream.rejects.callback = [](const RejectedRow&) {};
  const JobPlan plan = CopyTable(options).plan();
  CHECK_FALSE(has_line(plan.target_sql, "SET CONSTRAINTS"));
  CHECK_FALSE(has_line(plan.remarks, "checked with each batch"));
  CHECK(CopyTable(options).run().rows_rejected == 1);
  CHECK(bed.dst("SELECT string_agg(v, '' ORDER BY id) FROM t") == "ac");
  CHECK(bed.dst("SELECT count(*) FROM pg_constraint WHERE conrelid = 't'::regclass AND condeferred") == "2");
}

TEST_CASE("rejects: what is no fault of a row ends the load", "[server]") {
  for (const std::string code : {"40001", "57014", "42501", "53100"}) {
    const Bed bed;
    make_bad_rows(bed);
    bed.dst(raising(code) +
            "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); INSERT INTO t "
            "VALUES (-1, 1, 'old')");
    bed.src("UPDATE t SET v = -1 WHERE id = 777");
    auto options = bed.copy();
    options.stream.max_rejects = 100;
    options.stream.rejects.table = "rejected";
    check_error(error_of(options), ErrorKind::target, code);
    CHECK(bed.dst("SELECT count(*) FROM t") == "1");
  }
}

TEST_CASE("rejects: rows that a trigger leaves out are counted as that", "[server]") {
  const Bed bed;
  make_bad_rows(bed);
  bed.dst(
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id % 2 = 0 THEN RETURN NULL; "
      "END "
      "IF; RETURN NEW; END $$; CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); "
      "ALTER TABLE t ADD CHECK (v > 0)");
  bed.src("UPDATE t SET v = -1 WHERE id IN " + bad_list);
  auto options = bed.copy();
  options.stream.suppressed_rows = SuppressedRows::allow;
  const auto done = run_rejecting(options);
  CHECK(done.ids() == std::set<int>{1, 777, 1501});
  CHECK(done.report.rows_suppressed == 2000);
}

TEST_CASE("rejects: a load without bad rows takes few savepoints, where there is memory for that",
          "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int, v text)");
  bed.src("INSERT INTO t SELECT i, repeat('x', 500) FROM generate_series(1, 20000) i");
  auto options = bed.copy();
  options.mode = WriteMode::append;
  options.stream.batch_bytes = ByteCount{64U << 10U};
  options.stream.max_rejects = 1;
  options.stream.rejects.callback = [](const RejectedRow&) {};
  // Six batches and two sessions.
  const std::string memory = GENERATE("enough", "tight", "shared");
  if (memory == "shared") options.stream.budget = std::make_shared<MemoryBudget>(ByteCount{64U << 20U});
  if (memory == "tight") options.stream.memory = ByteCount{(6U << 16U) + (2U << 20U)};
  CHECK(CopyTable(options).run().rows_written == 20000);
  const int savepoints = std::stoi(bed.dst("SELECT count(DISTINCT xmin::text) FROM t"));
  CHECK((memory == "enough" ? savepoints < 40 : savepoints > 100));
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("rejects: the plan says what they cost and what cannot be told", "[server]") {
  const Bed bed;
  make_bad_rows(bed);
  bed.both("ALTER TABLE t ADD PRIMARY KEY (id)");
  bed.dst("ALTER TABLE t ADD CONSTRAINT late UNIQUE (v) DEFERRABLE INITIALLY DEFERRED");
  const auto remarks = [&](WriteMode mode) {
    auto options = copy_by(bed, mode);
    options.stream.max_rejects = 5;
    options.stream.rejects.table = "rejected";
    std::string text;
    const JobPlan plan = CopyTable(options).plan();
    for (const auto& remark : plan.remarks) text += remark + "\n";
    for (const auto& sql : plan.target_sql) text += sql + "\n";
    return text;
  };
  const std::string append = remarks(WriteMode::append);
  CHECK(append.find("behind a savepoint") != std::string::npos);
  CHECK(append.find("the table rejected") != std::string::npos);
  CHECK(append.find("SET CONSTRAINTS \"public\".\"late\" IMMEDIATE") != std::string::npos);
  CHECK(remarks(WriteMode::upsert).find("ends the load") != std::string::npos);
}

TEST_CASE("rejects: options that do not go together are refused", "[jobs]") {
  StreamOptions options;
  options.max_rejects = 1;
  CHECK_THROWS_AS(jobs_detail::validate(options), Error);
  options.rejects.file = "x.csv";
  CHECK_NOTHROW(jobs_detail::validate(options));
  options.verify = true;
  CHECK_THROWS_AS(jobs_detail::validate(options), Error);
  options.verify = false;
  options.max_rejects = 0;
  CHECK_THROWS_AS(jobs_detail::validate(options), Error);
  options.max_rejects = 1;
  CHECK_THROWS_AS(CopyTables({.include = {"*"}, .stream = options}), Error);
}

TEST_CASE("rejects: lines of COPY's text format are split into values", "[jobs]") {
  using Values = std::vector<std::optional<std::string>>;
  CHECK(jobs_detail::split_text_row("a\t\\N\t\n") == Values{"a", std::nullopt, ""});
  CHECK(jobs_detail::split_text_row("\\\\N\t\\t\\n\\b\\\\\n") == Values{"\\N", "\t\n\b\\"});
  CHECK(jobs_detail::split_text_row("\\x41\\101\\q") == Values{"AAq"});
  CHECK(jobs_detail::csv_line(Values{"", std::nullopt, "a\"b,\n"}) == "\"\",,\"a\"\"b,\n\"\n");
}

TEST_CASE("rejects: the place that a server names is read in any language", "[jobs]") {
  std::vector<TableColumn> columns(2);
  columns[0].name = "a";
  columns[1].name = "a: b";
  const auto place = [&](const std::string& context) {
    const auto found = jobs_detail::place_of(context, "t, line 3", columns);
    return (found.row ? std::to_string(*found.row) : "-") + "/" + found.column;
  };
  CHECK(place("COPY t, line 3, line 7, column a: \"x\"") == "6/a");
  CHECK(place("COPY t, line 3, Zeile 12, Spalte a: b: »x«") == "11/a: b");
  CHECK(place("PL/pgSQL function f() line 3 at RAISE\nCOPY t, line 3, line 5: \"1\t2\"") == "4/");
  CHECK(place("COPY t, line 3, 行 9, 列 a") == "8/a");
  CHECK(place("SQL statement \"SELECT 1\"") == "-/");
  CHECK(place("") == "-/");
}
