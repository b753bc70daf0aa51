// Targets whose rows a publication sends on: what the server refuses is told before the first row.
#include <algorithm>

#include "bed.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// The finding that tells of it; nullptr for none.
const Finding* about_identity(const std::vector<Finding>& findings) {
  const auto found = std::find_if(findings.begin(), findings.end(),
                                  [](const Finding& finding) { return finding.code == "replica_identity"; });
  return found == findings.end() ? nullptr : &*found;
}

/// A publication of the target, for as long as the test lasts.
class Publication {
 public:
  Publication(const Bed& bed, const std::string& of) : bed_(bed) {
    bed_.dst("SET client_min_messages = error; CREATE PUBLICATION p " + of);
  }
  Publication(const Publication&) = delete;
  Publication& operator=(const Publication&) = delete;
  ~Publication() { bed_.dst("DROP PUBLICATION p"); }

 private:
  const Bed& bed_;
};

void make_identified_by_nothing(const Bed& bed) {
  bed.src("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b')");
  bed.dst(
      "CREATE TABLE t (id int PRIMARY KEY, v text); ALTER TABLE t REPLICA IDENTITY NOTHING; INSERT INTO t "
      "VALUES (1, 'x'), (3, 'y')");
}

void check_identity_refused(const Bed& bed, const CopyTableOptions& options) {
  const std::string before = bed.dst(content("t"));
  const auto findings = CopyTable(options).plan().findings;
  const Finding* const told = about_identity(findings);
  REQUIRE(told != nullptr);
  CHECK(told->severity == Severity::error);
  CHECK(told->message.find("public.t is published") != std::string::npos);
  CHECK(told->hint.find("REPLICA IDENTITY") != std::string::npos);
  check_error(error_of(options), ErrorKind::target, "55000");
  CHECK(bed.dst(content("t")) == before);
}

/// It is loaded, and nothing was told that is not so.
void check_loads(const CopyTableOptions& options) {
  CHECK(about_identity(CopyTable(options).plan().findings) == nullptr);
  static_cast<void>(CopyTable(options).run());
}

}  // namespace

TEST_CASE("published: modes that update or delete need a replica identity, and the others do not",
          "[server]") {
  const Bed bed;
  make_identified_by_nothing(bed);
  const Publication publication(bed, GENERATE("FOR ALL TABLES", "FOR TABLE t"));
  auto options = bed.copy();
  for (const auto mode : {WriteMode::swap, WriteMode::upsert, WriteMode::delete_insert, WriteMode::sync}) {
    INFO(to_string(mode));
    options.mode = mode;
    check_identity_refused(bed, options);
  }
  for (const auto mode : {WriteMode::replace, WriteMode::insert_missing}) {
    INFO(to_string(mode));
    options.mode = mode;
    check_loads(options);
  }
  options.mode = WriteMode::sync;
  bed.dst("ALTER TABLE t REPLICA IDENTITY FULL");
  check_loads(options);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("published: a table that a foreign key references is replaced by DELETE, which is told, too",
          "[server]") {
  const Bed bed;
  make_identified_by_nothing(bed);
  bed.dst("CREATE TABLE other (t int REFERENCES t)");
  const Publication publication(bed, "FOR TABLE t");
  auto options = bed.copy();
  options.mode = WriteMode::replace;
  check_identity_refused(bed, options);
}

TEST_CASE("published: a partition that nothing identifies is named", "[server]") {
  const Bed bed;
  bed.src("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.dst(
      "CREATE TABLE t (id int PRIMARY KEY, v text) PARTITION BY RANGE (id); CREATE TABLE part PARTITION OF t "
      "FOR VALUES FROM (0) TO (9); ALTER TABLE part REPLICA IDENTITY NOTHING");
  const Publication publication(bed, "FOR TABLE t");
  auto options = bed.copy();
  options.mode = WriteMode::sync;
  const auto findings = CopyTable(options).plan().findings;
  REQUIRE(about_identity(findings) != nullptr);
  CHECK(about_identity(findings)->message.find("\"part\"") != std::string::npos);
}

TEST_CASE("published: what a publication does not send on is nothing to it", "[server]") {
  const Bed bed;
  make_identified_by_nothing(bed);
  bed.dst("CREATE TABLE other (id int)");
  const Publication publication(
      bed, GENERATE("FOR TABLE t WITH (publish = 'insert, truncate')", "FOR TABLE other"));
  auto options = bed.copy();
  options.mode = WriteMode::sync;
  check_loads(options);
}

TEST_CASE("published: two jobs that look at one table do not keep each other out", "[server]") {
  const Bed bed;
  make_identified_by_nothing(bed);
  bed.dst("ALTER TABLE t REPLICA IDENTITY FULL");
  const Publication publication(bed, "FOR TABLE t");
  auto options = bed.copy();
  options.mode = WriteMode::upsert;
  bool had_own_lock = true;
  options.stream.before_commit = [&](Connection&, const std::stop_token& stop) {
    auto other = options;
    other.stream.before_commit = nullptr;
    // It would wait for the lock of this one, if it wanted it.
    other.stream.limits.lock_timeout = 2s;
    had_own_lock = about_identity(CopyTable(other).plan(stop).findings) != nullptr;
  };
  static_cast<void>(CopyTable(options).run());
  CHECK_FALSE(had_own_lock);
}
