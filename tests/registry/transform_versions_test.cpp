// Transforms by name and version, in a database and in memory.
#include <memory>
#include <set>
#include <thread>

#include "leat/registry/memory_registry.hpp"
#include "leat/registry/transform_pins.hpp"
#include "registry_bed.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// The same for each kind of registry.
void check_versions(TransformVersions& registry) {
  CHECK(registry.list().empty());
  CHECK(contains(thrown_by([&] { static_cast<void>(registry.find({.name = "clean"})); }).hint(),
                 "no transform is registered there"));
  const auto first = registry.add(new_transform("clean", "select: [id, name]\nfilter: {a: 1, b: 2}\n"));
  CHECK(first.is_new);
  CHECK(first.transform.reference() == "clean@1");
  // The same content, written otherwise.
  const auto again = registry.add(
      new_transform("clean", "# once more\nfilter:\n  b: 2\n  a: 1\nselect:\n  - id\n  - \"name\"\n"));
  CHECK_FALSE(again.is_new);
  CHECK(again.transform.version == 1);
  CHECK(again.transform.text == first.transform.text);
  const auto second = registry.add(new_transform("clean", "select: [name, id]\nfilter: {a: 1, b: 2}\n"));
  CHECK(second.is_new);
  CHECK(second.transform.version == 2);
  CHECK(second.transform.sha256 != first.transform.sha256);
  // Of an older version, too.
  CHECK(registry.add(new_transform("clean", first.transform.text)).transform.version == 1);
  const Error no_name = thrown_by([&] { static_cast<void>(registry.find({.name = "claen"})); });
  CHECK(no_name.kind() == ErrorKind::config);
  CHECK(contains(no_name.what(), "there is no transform \"claen\" in "));
  CHECK(contains(no_name.what(), "did you mean clean?"));
  CHECK(contains(no_name.hint(), "registered are clean"));
  // Names are apart, also by case.
  CHECK(registry.add(new_transform("Clean", first.transform.text)).transform.reference() == "Clean@1");

  const auto latest = registry.find(TransformReference::parse("clean@latest"));
  CHECK(latest.version == 2);
  CHECK(registry.find(TransformReference::parse("clean")).version == 2);
  const auto old = registry.find(TransformReference::parse("clean@1"));
  CHECK(old.text == first.transform.text);
  CHECK(old.sha256 == first.transform.sha256);
  CHECK(old.sha256.size() == 64);
  REQUIRE(old.output.size() == 2);
  CHECK(old.output[1].name == "it's");
  CHECK(old.output[1].type == "numeric(12,2)");
  CHECK_FALSE(old.created_at.empty());

  const auto all = registry.list();
  REQUIRE(all.size() == 2);
  CHECK(all[0].name == "Clean");
  CHECK(all[1].name == "clean");
  CHECK(all[1].version == 2);
  CHECK(all[1].versions == 2);

  const Error no_version =
      thrown_by([&] { static_cast<void>(registry.find({.name = "clean", .version = 7})); });
  CHECK(no_version.kind() == ErrorKind::config);
  CHECK(contains(no_version.what(), "has no version 7"));
  CHECK(no_version.hint() == "its versions are 1 to 2");
  CHECK(thrown_by([&] { static_cast<void>(registry.add(new_transform("a b", "select: [a]\n"))); }).kind() ==
        ErrorKind::config);
}

void check_many_at_once(TransformVersions& registry, const std::string& same) {
  constexpr int many = 20;
  std::vector<std::int32_t> of_same(many);
  std::vector<std::int32_t> of_others(many);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < many; ++i) {
      threads.emplace_back([&, i] {
        const auto at = static_cast<std::size_t>(i);
        try {
          of_same[at] = registry.add(new_transform(same, "select: [a]\n")).transform.version;
          of_others[at] = registry.add(new_transform("others", "select: [a" + std::to_string(i) + "]\n"))
                              .transform.version;
        } catch (const std::exception&) {
          of_same[at] = -1;
        }
      });
    }
  }
  CHECK(std::set<std::int32_t>(of_same.begin(), of_same.end()) == std::set<std::int32_t>{1});
  const std::set<std::int32_t> numbers(of_others.begin(), of_others.end());
  CHECK(numbers.size() == many);
  CHECK(*numbers.begin() == 1);
  CHECK(*numbers.rbegin() == many);
}

}  // namespace

TEST_CASE("registry: versions of transforms in a database", "[server]") {
  const Bed bed;
  TransformRegistry registry(in_dst());
  check_versions(registry);
  CHECK(bed.dst("SELECT version FROM leat_meta.layouts WHERE part = 'transforms'") == "1");
  CHECK(bed.dst("SELECT encode(sha256, 'hex') = encode(pg_catalog.sha256('{\"steps\":[{\"filter\":{\"a\":1,"
                "\"b\":2},\"select\":[\"id\",\"name\"]}]}'), 'hex') FROM leat_meta.transforms WHERE name = "
                "'clean' AND version = 1") == "t");
  CHECK(bed.dst("SELECT document -> 'steps' -> 0 ->> 'select' FROM leat_meta.transforms WHERE name = "
                "'clean' AND version = 2") == "[\"name\", \"id\"]");
}

TEST_CASE("registry: versions of transforms in memory") {
  MemoryRegistry registry;
  check_versions(registry);
}

TEST_CASE("registry: twenty that register one content at once get one version", "[server]") {
  const Bed bed;
  TransformRegistry registry(in_dst());
  check_many_at_once(registry, "same");
  CHECK(bed.dst("SELECT count(*) FROM leat_meta.transforms WHERE name = 'same'") == "1");
  MemoryRegistry memory;
  check_many_at_once(memory, "same");
}

TEST_CASE("registry: the server itself refuses that a version changes", "[server]") {
  const Bed bed;
  TransformRegistry registry(in_dst());
  static_cast<void>(registry.add(new_transform("clean", "select: [a]\n")));
  auto session = Connection::open(Bed::server().uri("dst"), {});
  for (const char* const sql : {"UPDATE leat_meta.transforms SET text = 'x'",
                                "DELETE FROM leat_meta.transforms", "TRUNCATE leat_meta.transforms"}) {
    INFO(sql);
    const Error error = thrown_by([&] { session.execute(sql); });
    CHECK(error.sqlstate() == "55000");
    CHECK(contains(error.what(), "a version of a transform does not change"));
  }
  // It may retire.
  session.execute("UPDATE leat_meta.transforms SET state = 'retired'");
  CHECK(registry.find({.name = "clean"}).text == "select: [a]\n");
}

TEST_CASE("registry: a role that may not says what to grant", "[server]") {
  const Bed bed;
  bed.dst("CREATE ROLE reader LOGIN");
  auto options = in_dst();
  options.store.target.set("user", "reader");
  TransformRegistry of_reader(options);
  const Error no_schema =
      thrown_by([&] { static_cast<void>(of_reader.add(new_transform("clean", "select: [a]\n"))); });
  check_error(no_schema, ErrorKind::target, "42501");
  CHECK(contains(no_schema.hint(), "GRANT CREATE ON DATABASE"));
  CHECK(of_reader.list().empty());
  TransformRegistry registry(in_dst());
  static_cast<void>(registry.add(new_transform("clean", "select: [a]\n")));
  const Error unread = thrown_by([&] { static_cast<void>(of_reader.list()); });
  check_error(unread, ErrorKind::target, "42501");
  CHECK(contains(unread.hint(), "GRANT SELECT ON leat_meta.transforms TO \"reader\""));
  bed.dst(
      "GRANT USAGE ON SCHEMA leat_meta TO reader; GRANT SELECT ON leat_meta.transforms TO reader; GRANT "
      "SELECT ON leat_meta.layouts TO reader");
  CHECK(of_reader.list().size() == 1);
  check_error(thrown_by([&] { static_cast<void>(of_reader.add(new_transform("more", "select: [a]\n"))); }),
              ErrorKind::target, "42501");
  bed.dst("UPDATE leat_meta.layouts SET version = 2 WHERE part = 'transforms'");
  const Error newer = thrown_by([&] { static_cast<void>(registry.list()); });
  check_error(newer, ErrorKind::target, "0A000");
  bed.dst("DROP OWNED BY reader; DROP ROLE reader");
}

TEST_CASE("registry: a stop is told, and nothing is registered", "[server]") {
  const Bed bed;
  TransformRegistry registry(in_dst());
  std::stop_source stop;
  stop.request_stop();
  CHECK(thrown_by([&] {
          static_cast<void>(registry.add(new_transform("clean", "select: [a]\n"), stop.get_token()));
        }).kind() == ErrorKind::cancelled);
  CHECK(registry.list().empty());
}

TEST_CASE("registry: names of transforms and of their versions") {
  CHECK(TransformReference::parse("a_b-9@12") == TransformReference{.name = "a_b-9", .version = 12});
  CHECK(TransformReference::parse("a@latest").text() == "a@latest");
  CHECK(TransformReference::parse("a@3").text() == "a@3");
  for (const char* const text : {"", "@3", "a@", "a@0", "a@-1", "a@3x", "a@99999999999", "a b", "9a",
                                 "a.yaml", "x/a", "a@b@3", "a@ 3", "-a"}) {
    INFO(text);
    const Error error = thrown_by([&] { static_cast<void>(TransformReference::parse(text)); });
    CHECK(error.kind() == ErrorKind::config);
    CHECK(contains(error.what(), "names no transform"));
  }
  CHECK(
      contains(thrown_by([] { static_cast<void>(TransformReference::parse(std::string(300, 'a'))); }).what(),
               "longer than 200 bytes"));
}

TEST_CASE("registry: latest is one version for as long as it is pinned") {
  MemoryRegistry registry;
  static_cast<void>(registry.add(new_transform("clean", "select: [a]\n")));
  TransformPins pins(registry);
  CHECK(pins.find("clean@latest")->name() == "clean@1");
  static_cast<void>(registry.add(new_transform("clean", "select: [b]\n")));
  CHECK(pins.find("clean")->text() == "select: [a]\n");
  CHECK(pins.find("clean@2")->text() == "select: [b]\n");
  CHECK(pins.pinned() == std::map<std::string, std::int32_t>{{"clean", 1}});
  // The same run again, later.
  TransformPins again(registry, pins.pinned());
  CHECK(again.find("clean@latest")->name() == "clean@1");
  CHECK(TransformPins(registry).find("clean@latest")->name() == "clean@2");
  TransformPins of_document(registry);
  const auto document =
      transform_of("[{use: clean@latest}, {sql: SELECT * FROM input_data}]", of_document.sources());
  REQUIRE(document.uses.size() == 1);
  CHECK(document.uses[0].resolved == "clean@2");
  CHECK(document.stages.size() == 2);
}
