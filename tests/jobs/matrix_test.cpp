// Every base type that the server has, in both formats.
#include <random>
#include <sstream>

#include "bed.hpp"
#include "support/random.hpp"
#include "type_samples.hpp"

using namespace leat;
using namespace leat::test;

namespace {

std::string in_catalog(const std::string& name) {
  return "pg_catalog.\"" + name + "\"";
}

}  // namespace

TEST_CASE("types: every base type that the server has, and arrays of it, in both formats",
          "[server][sql][random]") {
  const Bed bed;
  const RandomRun run;
  std::mt19937 random(run.seed());
  const bool as_text = GENERATE(false, true);
  const std::string types = bed.src(
      "SELECT string_agg(typname, ' ' ORDER BY typname) FROM pg_type WHERE typnamespace = "
      "'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm') AND typcategory <> 'A' OR typname IN "
      "('int2vector', 'oidvector')");
  std::istringstream names(types);
  for (std::string name; names >> name;) {
    if (std::string(types_without_input).find("'" + name + "'") != std::string::npos) continue;
    INFO(name);
    const auto sample = samples.find(name);
    REQUIRE(sample != samples.end());
    if (!is_chosen(random)) continue;
    const std::string type = in_catalog(name);
    bed.both("DROP TABLE IF EXISTS t; CREATE TABLE t (id serial, v " + type + ", a " + type + "[]" +
             (as_text ? ", r regclass DEFAULT 'pg_class'" : "") + ")");
    bed.src("INSERT INTO t (v, a) SELECT v, ARRAY[v, NULL, v] FROM unnest(ARRAY[" + sample->second + "]::" +
            type + "[]) AS v; INSERT INTO t (v, a) VALUES (NULL, NULL), (NULL, '{}'), (NULL, '{NULL}')");
    const JobReport report = CopyTable(bed.copy()).run();
    if (as_text) CHECK(report.format.format == RowFormat::text);
    CHECK(bed.dst("SELECT string_agg(t::text, '; ' ORDER BY id) FROM t") ==
          bed.src("SELECT string_agg(t::text, '; ' ORDER BY id) FROM t"));
    CHECK(report.rows_written >= 4);
  }
}
