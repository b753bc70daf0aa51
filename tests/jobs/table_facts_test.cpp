// What is known of many tables is told of each by itself.
#include <map>

#include "bed.hpp"
#include "leat/jobs/copy_tables.hpp"

using namespace leat;
using namespace leat::test;

TEST_CASE("copy tables: constraints that are not valid are told of their own table, each name once",
          "[server]") {
  const Bed bed;
  bed.both(
      "CREATE TABLE a (id int); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE c (id int); CREATE TABLE p "
      "(id int) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1) PARTITION BY LIST "
      "(id); CREATE TABLE p11 PARTITION OF p1 DEFAULT; CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2)");
  bed.dst(
      "ALTER TABLE a ADD CONSTRAINT \"no 7\" CHECK (id <> 7) NOT VALID, ADD CONSTRAINT no8 CHECK (id <> 8) "
      "NOT VALID, ADD CONSTRAINT no9 CHECK (id <> 9); ALTER TABLE p11 ADD CONSTRAINT leaf CHECK (id <> 7) "
      "NOT VALID; ALTER TABLE p2 ADD CONSTRAINT leaf CHECK (id <> 8) NOT VALID");
  const ConnectionFactory connections;
  const CopyTables job({.source = connections.resolve(Bed::server().uri("src")),
                        .target = connections.resolve(Bed::server().uri("dst")),
                        .include = {"a", "b", "c", "p"},
                        .stream = {.application_name = application}});
  std::map<std::string, std::string> told;
  for (const auto& plan : job.plan()) {
    for (const auto& finding : plan.findings) {
      if (finding.code == "constraint_not_valid") {
        told[plan.source.substr(plan.source.rfind('.') + 1)] += finding.message;
      }
    }
  }
  REQUIRE(told.size() == 2);
  CHECK(told.at("a").find("\"no 7\", no8") != std::string::npos);
  CHECK(told.at("a").find("no9") == std::string::npos);
  CHECK(told.at("p").find("leaf") != std::string::npos);
  CHECK(told.at("p").find("leaf") == told.at("p").rfind("leaf"));
}
