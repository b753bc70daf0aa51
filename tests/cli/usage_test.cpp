// What the command says of itself and of a command line that it cannot take. None of this needs a server.
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "leat/version.hpp"
#include "support/catch.hpp"
#include "words.hpp"

using namespace leat::test;

TEST_CASE("leat: help and version go to standard output and succeed", "[cli]") {
  const Outcome version = run_leat({"--version"});
  CHECK(version.exit_code == 0);
  CHECK(version.out == "leat " LEAT_VERSION "\n");
  for (const auto& words : std::vector<Words>{
           {"--help"}, {"help"}, {"help", "copy-table"}, {"copy-table", "--help"}, {"query", "--help"}}) {
    const Outcome help = run_leat(words);
    CHECK(help.exit_code == 0);
    CHECK(has(help.out, "leat"));
    CHECK(help.err.empty());
  }
  CHECK(has(run_leat({"help"}).out, "copy-table"));
  CHECK(has(run_leat({"help", "query"}).out, "--param"));
}

TEST_CASE("leat: a command line that cannot be taken is a usage error", "[cli]") {
  const std::vector<Words> lines{
      {},
      {"nothing"},
      {"help", "nothing"},
      {"copy-table"},
      {"copy-table", "--source", "host=a", "--target", "host=b"},
      {"copy-table", "--source", "host=a", "--target", "host=b", "--from", "t", "--no-such-option"},
      {"copy-table", "--source", "host=a", "--target", "host=b", "--from", "t", "--mode", "merge"},
      {"copy-table", "--source", "host=a", "--target", "host=b", "--from", "t", "--memory", "many"},
      {"copy-table", "--source", "host=a", "--target", "host=b", "--from", "t", "--memory", "1MiB"},
      {"copy-table", "--source", "host=a", "--target", "host=b", "--from", "t", "--columns", "a,"},
      {"copy-table", "--source", "host=a", "--target", "host=b", "--from", "t", "--columns", "a", "--exclude",
       "b"},
      {"copy-table", "--source", "host=a", "--target", "host=b", "--from", "a.b.c.d"},
      {"copy-table", "--source", "host=a", "--target", "host=b", "--from", "t", "--log-level", "loud"},
      {"copy-table", "--source", "an_id", "--target", "host=b", "--from", "t"},
      {"copy-table", "--source", "an_id", "--target", "host=b", "--from", "t", "--connections",
       "/no/such/file"},
      {"query", "--source", "host=a", "--target", "host=b", "--to", "t"},
      {"query", "--source", "host=a", "--target", "host=b", "--to", "t", "--sql", "SELECT 1", "--file", "f"},
      {"query", "--source", "host=a", "--target", "host=b", "--to", "t", "--file", "/no/such/file"},
      {"query", "--source", "host=a", "--target", "host=b", "--to", "t", "--sql", "SELECT :a"},
      {"query", "--source", "host=a", "--target", "host=b", "--to", "t", "--sql", "SELECT 1", "--param",
       "a=1"},
      {"query", "--source", "host=a", "--target", "host=b", "--to", "t", "--sql", "SELECT :a", "--param",
       "a"},
      {"query", "--source", "host=a", "--target", "host=b", "--to", "t", "--sql", "SELECT :a", "--param",
       "a=1", "--param", "a=2"},
  };
  for (const auto& line : lines) {
    std::string words;
    for (const auto& word : line) words += word + " ";
    INFO(words);
    const Outcome outcome = run_leat(line);
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.out.empty());
    CHECK(has(outcome.err, "leat: "));
  }
}

TEST_CASE("leat: a choice that there is not is told with those that there are", "[cli]") {
  const std::vector<std::pair<Words, std::vector<std::string>>> lines{
      {{"copy-table", "--output", "xml"}, {"--output", "xml", "text", "json"}},
      {{"copy-table", "--output", "1"}, {"--output", "text", "json"}},
      {{"copy-tables", "--progress", "x"}, {"--progress", "auto", "always", "never"}},
      {{"query", "--log-format", "x"}, {"--log-format", "text", "json"}},
      {{"diff", "--output", "xml"}, {"--output", "xml", "text", "json"}},
      {{"diff", "--log-level", "loud"}, {"--log-level", "loud", "debug", "info", "off"}},
      {{"jobs", "list", "--log-format", "x"}, {"--log-format", "text", "json"}},
      {{"verify", "--output", "xml"}, {"--output", "xml", "text", "json"}},
      {{"verify", "--log-format", "x"}, {"--log-format", "text", "json"}},
      {{"verify", "--differences", "-1"}, {"--differences: a whole number from 0 to 10,000, not \"-1\""}},
      {{"verify", "--differences", "10001"},
       {"--differences: a whole number from 0 to 10,000, not \"10001\""}},
  };
  for (const auto& [words, parts] : lines) {
    const Outcome outcome = run_leat(words);
    INFO(outcome.err);
    CHECK(outcome.exit_code == 2);
    for (const auto& part : parts) CHECK(has(outcome.err, part));
    CHECK_FALSE(has(outcome.err, "FAILED"));
    CHECK_FALSE(has(outcome.err, "->"));
  }
}

TEST_CASE("leat: a usage error is one JSON object where JSON is asked for", "[cli]") {
  const Outcome outcome = run_leat({"copy-table", "--output", "json", "--no-such-option"});
  CHECK(outcome.exit_code == 2);
  const auto report = nlohmann::json::parse(outcome.out);
  CHECK(report.at("status") == "failed");
  CHECK(report.at("kind") == "config");
  CHECK(report.at("side").is_null());
  CHECK(report.at("sqlstate").is_null());
  CHECK(report.at("rows_written") == 0);
}

TEST_CASE("leat: a password on a command line that cannot be taken is not repeated", "[cli]") {
  const std::string uri = "postgresql://u:s3cretWord@127.0.0.1:1/d";
  const std::vector<Words> lines{
      {"copy-table", "--sorce", uri},
      {"copy-table", "--sorce=" + uri},
      {uri},
      {"copy-table", "--source", uri, "--target", uri, "--from", "t", uri},
      {"copy-table", "--source", uri, "--target", uri, "--from", "t", "--mode", uri},
      {"copy-table", "--source", uri, "--target", uri, "--from", "t", "--memory", uri},
      {"copy-table", "--sorce", "host=h password=s3cretWord dbname=d"},
      {"copy-table", "--sorce", "host=h password='s3cretWord' dbname=d"},
      {"copy-table", "--source", "postgresql://u:s3cretWord@[bad/d", "--target", uri, "--from", "t"},
      {"copy-table", "--source", uri, "--target", uri, "--from", "t", "--log-level", "trace"},
      {"copy-table", "--source", "postgresql://u:p@s3cretWord@127.0.0.1:1/d", "--target", uri, "--from", "t"},
      {"copy-table", uri, "--from", "t"},
      {"help", uri},
      {"help", "jobs", uri},
      {"--source", uri},
      {"query", "--source", uri, "--target", uri, "--to", "t", "--sql", "SELECT :a", "--param", "a=1",
       "s3cretWord"},
      {"query", "--source", uri, "--target", uri, "--to", "t", "--sql", "SELECT 1", "--param", "s3cretWord"},
      {"query", "--source", uri, "--target", uri, "--to", "t", "--sql", "SELECT 1", "--param",
       "a=s3cretWord"},
  };
  for (auto line : lines) {
    for (const bool as_json : {false, true}) {
      if (as_json) line.insert(line.end(), {"--output", "json"});
      const Outcome outcome = run_leat(line);
      INFO(outcome.out << outcome.err);
      CHECK(outcome.exit_code != 0);
      CHECK_FALSE(has(outcome.out, "s3cretWord"));
      CHECK_FALSE(has(outcome.err, "s3cretWord"));
    }
  }
}
