// Incremental loads and `leat watermark`, as people type them.
#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "two_databases.hpp"

using namespace leat::test;
using nlohmann::json;

namespace {

Outcome watermark(const Words& more) {
  return run_leat(at_target(joined({"watermark"}, more)));
}

bool has_text(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

Words new_rows_of_t(const Words& more = {}) {
  return joined(command("copy-table", {"--from", "t", "--incremental", "seen"}), more);
}

}  // namespace

TEST_CASE("leat watermark: loads, and what is known of them", "[cli][server]") {
  make_anew("CREATE TABLE t (id int PRIMARY KEY, seen timestamp NOT NULL)");
  src("INSERT INTO t SELECT i, timestamp '2026-01-01' + i * interval '1 day' FROM generate_series(0, 9) i");
  CHECK(watermark({"list"}).out == "no watermarks\n");
  // The command's own mode would remove all other rows.
  const Outcome replacing = run_leat(new_rows_of_t());
  CHECK(replacing.exit_code == 2);
  CHECK(has_text(replacing.err, "load with --mode upsert"));
  const Outcome first = run_leat(new_rows_of_t({"--mode", "append", "--initial", "2026-01-05"}));
  CHECK(first.exit_code == 0);
  CHECK(has_text(first.out, "watermark public.t: seen from 2026-01-05 00:00:00 up to 2026-01-10 00:00:00\n"));
  CHECK(dst("SELECT count(*) FROM t") == "6\n");
  CHECK(has_text(watermark({"list"}).out,
                 "public.t: seen up to 2026-01-10 00:00:00, in public.t, 6 rows, since 2"));
  const json listed = json::parse(watermark({"list", "--output", "json"}).out);
  CHECK(listed["watermarks"][0]["value"] == "2026-01-10 00:00:00");
  CHECK(run_leat(new_rows_of_t({"--mode", "append"})).exit_code == 0);
  CHECK(dst("SELECT count(*) FROM t") == "6\n");

  const Outcome backfill = run_leat(
      new_rows_of_t({"--mode", "upsert", "--backfill", "2026-01-01..2026-01-03", "--output", "json"}));
  CHECK(backfill.exit_code == 0);
  CHECK(json::parse(backfill.out)["rows_inserted"] == 2);
  CHECK(json::parse(backfill.out)["watermark"]["before"].is_null());
  const Outcome no_range = run_leat(new_rows_of_t({"--mode", "upsert", "--backfill", "2026-01-01"}));
  CHECK(no_range.exit_code == 2);
  CHECK(has_text(no_range.err, "--backfill: \"2026-01-01\" is no range"));

  CHECK(has_text(watermark({"reset", "public.t"}).out, "removed: public.t: seen up to 2026-01-10"));
  const Outcome unknown = watermark({"reset", "public.t"});
  CHECK(unknown.exit_code == 2);
  CHECK(has_text(unknown.err, "there is no watermark \"public.t\""));
  const Outcome doubling = run_leat(new_rows_of_t({"--mode", "append"}));
  CHECK(doubling.exit_code == 2);
  CHECK(has_text(doubling.err, "append could put rows there twice"));
  CHECK(has_text(watermark({"set", "public.t", "2026-01-10"}).out, "public.t: 2026-01-10, since 2"));
  CHECK(run_leat(new_rows_of_t({"--mode", "append"})).exit_code == 0);
  CHECK(dst("SELECT count(*) FROM t") == "8\n");
}

TEST_CASE("leat watermark: words that do not go together", "[cli]") {
  for (const Words& words : {Words{"list", "a"}, Words{"set", "a"}, Words{"reset"}, Words{"reset", "a", "b"},
                             Words{"move", "a"}}) {
    const Outcome outcome = run_leat(joined(joined({"watermark"}, words), {"--target", "host=/nowhere"}));
    INFO(outcome.err);
    CHECK(outcome.exit_code == 2);
  }
  const Outcome alone = run_leat(
      {"copy-table", "--source", "host=/nowhere", "--target", "host=/nowhere", "--from", "t", "--lag", "5"});
  CHECK(alone.exit_code == 2);
  CHECK(has_text(alone.err, "--lag"));
}
