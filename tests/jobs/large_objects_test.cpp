// Columns that name large objects: what is told of them, and how the objects come along.
#include "leat/jobs/copy_tables.hpp"
#include "leat/transform/transform.hpp"
#include "verify_bed.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// Both sides with `lo`, and no objects of an earlier test.
void make_images(const Bed& bed, const std::string& columns = "") {
  bed.both(
      "SELECT lo_unlink(oid) FROM pg_largeobject_metadata; CREATE EXTENSION IF NOT EXISTS lo; CREATE DOMAIN "
      "picture AS lo; CREATE TABLE t (id int PRIMARY KEY, pic lo, thumb picture" +
      columns + ")");
  // Empty, small, of exactly one part, and of several.
  bed.src(
      "INSERT INTO t (id, pic, thumb) SELECT id, lo_from_bytea(0, convert_to(repeat(md5(id::text), n), "
      "'UTF8')), "
      "CASE WHEN id % 2 = 0 THEN lo_from_bytea(0, '\\xdead') END FROM (VALUES (1, 0), (2, 1), (3, 2048), (4, "
      "2049), (5, 40000), (6, 100000)) AS s(id, n); INSERT INTO t (id, pic, thumb) SELECT 7, pic, pic FROM t "
      "WHERE id = 2; INSERT INTO t (id) VALUES (8)");
  // So that numbers differ.
  bed.dst("SELECT lo_create(0) FROM generate_series(1, 3)");
}

constexpr const char* all_content =
    "SELECT string_agg(concat(id, ' ', md5(lo_get(pic)), ' ', md5(lo_get(thumb))), ',' ORDER BY id) FROM t";
constexpr const char* objects = "SELECT count(*) FROM pg_largeobject_metadata";

CopyTableOptions with_objects(const Bed& bed) {
  auto options = bed.copy();
  options.table.large_objects = LargeObjectMode::copied;
  return options;
}

std::vector<std::string> told_columns(const JobPlan& plan) {
  std::vector<std::string> messages;
  for (const auto& finding : plan.findings) {
    if (finding.code == "large_objects")
      messages.push_back(finding.message.substr(0, finding.message.find(" of ")));
  }
  return messages;
}

}  // namespace

TEST_CASE("large objects: the plan tells of columns that name some", "[server]") {
  const Bed bed;
  make_images(bed, ", o oid, other oid, inside lo[]");
  bed.src("UPDATE t SET o = pic WHERE id = 3; UPDATE t SET other = 7");
  CHECK(told_columns(CopyTable(bed.copy()).plan()) ==
        std::vector<std::string>{"column \"pic\"", "column \"thumb\"", "column \"o\"", "column \"inside\""});
  CHECK(told_columns(CopyTable(with_objects(bed)).plan()) ==
        std::vector<std::string>{"column \"o\"", "column \"inside\""});
  auto filtered = bed.copy();
  filtered.table.where = "id = 8 -- none";
  filtered.table.exclude = {"inside"};
  CHECK(told_columns(CopyTable(filtered).plan()).empty());
  bed.src("SELECT lo_unlink(oid) FROM pg_largeobject_metadata");
  CHECK(told_columns(CopyTable(bed.copy()).plan()).empty());
}

TEST_CASE("large objects: what may stay behind of a long table is told, as no more than that", "[server]") {
  const Bed bed;
  make_images(bed, ", o oid");
  const auto told = [&bed](const std::string& where) {
    auto options = bed.copy();
    options.table.where = where;
    for (const auto& finding : CopyTable(options).plan().findings) {
      if (finding.code == "large_objects") return finding.message.substr(0, finding.message.find(" numbers"));
    }
    return std::string();
  };
  // The last of as many values as are looked at, and the one behind them.
  bed.src(
      "TRUNCATE t; INSERT INTO t (id, o) SELECT i, CASE WHEN i % 5 = 0 THEN 5 END FROM generate_series(1, "
      "5000) i");
  CHECK(told("").empty());
  bed.src("INSERT INTO t (id, o) VALUES (5001, 5), (5002, lo_from_bytea(0, 'x'))");
  CHECK(told("") == "column \"o\" of public.t may hold");
  CHECK(told("id > 5000 OR o IS NULL") == "column \"o\" of public.t holds");
  CHECK(told("id <= 5000").empty());
}

TEST_CASE("large objects: nothing is told of those that the caller copies", "[server]") {
  const Bed bed;
  make_images(bed);
  auto options = bed.copy();
  CHECK_FALSE(told_columns(CopyTable(options).plan()).empty());
  options.table.large_objects = LargeObjectMode::by_caller;
  CHECK(told_columns(CopyTable(options).plan()).empty());
  static_cast<void>(CopyTable(options).run());
  constexpr const char* numbers =
      "SELECT string_agg(concat(id, ' ', pic, ' ', thumb), ',' ORDER BY id) FROM t";
  CHECK(bed.dst(numbers) == bed.src(numbers));
}

TEST_CASE("large objects: they come along with the rows", "[server]") {
  const Bed bed;
  make_images(bed);
  auto options = with_objects(bed);
  options.readers = GENERATE(1U, 3U);
  options.mode = GENERATE(WriteMode::replace, WriteMode::append);
  options.stream.verify = true;
  const JobReport report = CopyTable(options).run();
  CHECK(bed.dst(all_content) == bed.src(all_content));
  CHECK(bed.dst(objects) == std::to_string(3 + std::stoi(bed.src(objects))));
  // What two rows share they share there, too.
  CHECK(bed.dst("SELECT count(DISTINCT p) FROM (SELECT pic::oid FROM t WHERE id IN (2, 7) UNION ALL SELECT "
                "thumb::oid FROM t WHERE id = 7) AS s(p)") == "1");
  CHECK(std::count_if(report.remarks.begin(), report.remarks.end(), [](const auto& remark) {
          return remark.starts_with("9 large objects (") && remark.ends_with("each as a new one");
        }) == 1);
  auto compared = verify_options();
  CHECK_FALSE(VerifyTable(compared).run().equal);
  compared.table.large_objects = LargeObjectMode::copied;
  CHECK(differences(compared).empty());
  bed.dst("SELECT lo_put(pic, 3, '\\xff') FROM t WHERE id = 5");
  CHECK(differences(compared).starts_with("changed 5: pic "));
}

TEST_CASE("large objects: only those of the rows that are chosen, into a table that is made", "[server]") {
  const Bed bed;
  make_images(bed);
  bed.dst("DROP TABLE t");
  auto options = with_objects(bed);
  options.table.where = "id <= 2 -- few";
  options.table.rename = {{"pic", "image"}};
  options.stream.create = CreateTarget::full;
  static_cast<void>(CopyTable(options).run());
  CHECK(bed.dst(objects) == "6");
  CHECK(bed.dst("SELECT lo_get(image) = convert_to(md5('2'), 'UTF8') FROM t WHERE id = 2") == "t");
}

TEST_CASE("large objects: a load that fails leaves none, nor does a plan", "[server]") {
  const Bed bed;
  make_images(bed);
  bed.dst("ALTER TABLE t ADD CHECK (id < 8)");
  static_cast<void>(CopyTable(with_objects(bed)).plan());
  check_error(error_of(with_objects(bed)), ErrorKind::target, "23514");
  CHECK(bed.dst(objects) == "3");
}

TEST_CASE("large objects: a number that names none stays, and is told", "[server]") {
  const Bed bed;
  make_images(bed);
  bed.src("UPDATE t SET pic = 5 WHERE id = 1");
  const auto remarks = CopyTable(with_objects(bed)).run().remarks;
  CHECK(bed.dst("SELECT pic FROM t WHERE id = 1") == "5");
  CHECK(std::any_of(remarks.begin(), remarks.end(), [](const auto& remark) {
    return remark.find("1 values name none of the source's, and stay as they are") != std::string::npos;
  }));
}

TEST_CASE("large objects: what would leave objects without rows is refused", "[server]") {
  const Bed bed;
  make_images(bed);
  auto options = with_objects(bed);
  SECTION("a mode") {
    options.mode = GENERATE(WriteMode::upsert, WriteMode::sync, WriteMode::insert_missing,
                            WriteMode::delete_insert, WriteMode::swap);
  }
  SECTION("a job") {
    options.delivery.job = "images";
  }
  SECTION("several writers") {
    options.writers = 2;
    options.mode = WriteMode::append;
  }
  SECTION("rejects") {
    options.stream.max_rejects = 1;
    options.stream.rejects.callback = [](const RejectedRow&) {};
  }
  SECTION("a row hook") {
    options.transform = [](const RowView&, RowBuilder&) {};
  }
  const auto findings = CopyTable(options).plan().findings;
  REQUIRE_FALSE(findings.empty());
  CHECK(findings.front().code == "options_conflict");
  CHECK(findings.front().message.starts_with("large_objects "));
  CHECK(error_of(options).kind() == ErrorKind::config);
  CHECK(bed.dst(objects) == "3");
}

TEST_CASE("large objects: a table that goes as text is refused", "[server]") {
  const Bed bed;
  make_images(bed, ", r regclass");
  CHECK(std::string(error_of(with_objects(bed)).what()).find("in binary form only") != std::string::npos);
}

TEST_CASE("large objects: of many tables", "[server]") {
  const Bed bed;
  make_images(bed);
  bed.both("CREATE TABLE u (id int PRIMARY KEY REFERENCES t, o lo)");
  bed.src("INSERT INTO u SELECT id, lo_from_bytea(0, '\\xbeef') FROM t");
  const auto report = CopyTables({.source = ConnectionFactory().resolve(Bed::server().uri("src")),
                                  .target = ConnectionFactory().resolve(Bed::server().uri("dst")),
                                  .include = {"public.*"},
                                  .large_objects = LargeObjectMode::copied,
                                  .stream = {.application_name = application}})
                          .run();
  CHECK(report.failed() == 0);
  CHECK(bed.dst(all_content) == bed.src(all_content));
  CHECK(bed.dst("SELECT count(*) FROM u WHERE lo_get(o) = '\\xbeef'") == "8");
}
