// Documents that use what a store keeps: transforms by name and version, schemas that loads are checked
// against.
#include "leat/documents/transform_document.hpp"
#include "leat/registry/transform_registry.hpp"
#include "leat/runs/store_transforms.hpp"
#include "runs.hpp"
#include "support/own_directory.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// The document of a file, with the store of the bed's target.
PipelineDocument of_file(const OwnDirectory& directory, const std::string& lines, Diagnostics& diagnostics) {
  const std::string path = directory.write(
      "orders.yaml", "leat: 1\nconnections: {a: \"" + Bed::server().uri("src") + "\", b: \"" +
                         Bed::server().uri("dst") + "\"}\nsource: a\ntarget: b\nstore: b\n" + lines);
  return read_pipeline_file(path, {}, diagnostics, transforms_of_store({}, ""));
}

void make_orders(const Bed& bed) {
  bed.src(
      "CREATE TABLE orders (id int PRIMARY KEY, v text); INSERT INTO orders SELECT i, 'v' || i FROM "
      "generate_series(1, 10) i");
  bed.dst("CREATE TABLE orders (id int PRIMARY KEY, v text)");
}

}  // namespace

TEST_CASE("runs: a load uses a registered transform, of the version that its document says", "[server]") {
  const Bed bed;
  make_orders(bed);
  TransformRegistry registry({.store = Bed::server().uri("dst")});
  const auto add = [&](const std::string& steps) {
    Diagnostics told;
    const auto root = read_document(std::make_shared<const SourceText>("clean.yaml", steps), told);
    REQUIRE(root);
    static_cast<void>(registry.add(
        {.name = "clean", .text = steps, .document = normal_transform(*root), .kind = "config"}));
  };
  add("filter: {id: {\"<=\": 4}}\n");
  add("filter: {id: {\"<=\": 6}}\n");
  const OwnDirectory directory;
  const auto rows_of = [&](const std::string& use) {
    Diagnostics diagnostics;
    auto document = of_file(
        directory,
        "loads: [{sql: SELECT * FROM orders, to: orders, mode: replace, transform: {use: " + use + "}}]\n",
        diagnostics);
    if (diagnostics.has_error()) return to_text(diagnostics);
    const RunReport report = DocumentRun(std::move(document), {}).run();
    CHECK(report.status == JobStatus::done);
    return bed.dst("SELECT count(*) FROM orders");
  };
  CHECK(rows_of("clean@1") == "4");
  CHECK(rows_of("clean@latest") == "6");
  CHECK(rows_of("clean@7").find("clean") != std::string::npos);
  CHECK(rows_of("claen@1").find("clean") != std::string::npos);
}

TEST_CASE("runs: a load whose source has other columns than are registered does not begin", "[server]") {
  const Bed bed;
  make_orders(bed);
  const OwnDirectory directory;
  const auto run = [&](const std::string& on_change) {
    Diagnostics diagnostics;
    auto document = of_file(
        directory,
        "loads: [{from: orders, mode: sync, retries: 0, schema: {subject: orders, on_change: " + on_change +
            "}}]\n",
        diagnostics);
    INFO(to_text(diagnostics));
    REQUIRE_FALSE(diagnostics.has_error());
    return DocumentRun(std::move(document), {}).run();
  };
  const RunReport first = run("record");
  CHECK(names_of(first) == "orders:done");
  REQUIRE(first.loads[0].remarks.size() == 1);
  CHECK(first.loads[0].remarks[0] == "schema orders@1, registered by this load");
  CHECK(run("fail").loads[0].remarks.at(0) == "schema orders@1");
  bed.src("ALTER TABLE orders DROP COLUMN v");
  const RunReport changed = run("fail");
  CHECK(names_of(changed) == "orders:failed");
  CHECK(bed.dst("SELECT count(v) FROM orders") == "10");
  CHECK(run("record").loads[0].remarks.at(0) == "schema orders@2, registered by this load");
}
