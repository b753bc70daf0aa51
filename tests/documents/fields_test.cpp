#include <string>

#include "documents/example_fields.hpp"
#include "documents/parsed.hpp"
#include "leat/documents/field_pages.hpp"
#include "leat/documents/read_fields.hpp"
#include "leat/documents/stream_fields.hpp"
#include "leat/jobs/options/throttle.hpp"
#include "support/catch.hpp"

namespace leat::test {
namespace {

using namespace literals;

/// All that is said of a document of ExampleOptions.
std::string complaints(std::string text) {
  Parsed parsed = parse(std::move(text));
  REQUIRE(parsed.root);
  ExampleOptions options;
  read_into(options, *example_fields(), *parsed.root, "", parsed.diagnostics);
  return parsed.said();
}

/// What is said of one line that stands behind a good one.
std::string line_complaint(const std::string& line) {
  return complaints("from: a\n" + line + "\n");
}

/// The same of a line of options.
std::string option_complaint(const std::string& line) {
  return complaints("from: a\noptions:\n  " + line + "\n");
}

}  // namespace

TEST_CASE("Fields: a document fills a struct, and leaves the rest of it alone", "[documents]") {
  Parsed parsed = parse(
      "from: sales.orders\nkey: [Id, line]\nreaders: 0x10\nwhere: a > 1\nafter: [customers]\nlabels: {team: "
      "finance, x y: z}\nverify: TRUE\nx-note: {any: thing}\n"
      "options:\n  batch_bytes: 65536\n  memory: 64MiB\n  max_rate: 50MiB/s\n  max_replica_lag: 30s\n"
      "  lock_timeout: 0\n  statement_timeout: 2h\n  create: full\n  indexes: auto\n  disable_triggers: "
      "true\n"
      "  rejects: {max: 1e3, to: 'table:dwh.bad'}\n  evolve: true\n");
  REQUIRE(parsed.root);
  ExampleOptions options;
  options.stream.analyze = true;
  read_into(options, *example_fields(), *parsed.root, "", parsed.diagnostics);
  CHECK(parsed.said().empty());
  CHECK(options.from == "sales.orders");
  CHECK(options.key == std::vector<std::string>{"Id", "line"});
  CHECK(options.readers == 16);
  CHECK(options.where == "a > 1");
  CHECK(options.after == std::vector<std::string>{"customers"});
  CHECK(options.labels == std::map<std::string, std::string>{{"team", "finance"}, {"x y", "z"}});
  CHECK(options.verify);
  const StreamOptions& stream = options.stream;
  CHECK(stream.batch_bytes == 64_KiB);
  CHECK(stream.memory == 64_MiB);
  CHECK(stream.throttle->rate() == 50_MiB);
  CHECK(stream.throttle->max_replica_lag() == std::chrono::seconds(30));
  CHECK(stream.limits.lock_timeout == std::chrono::milliseconds(0));
  CHECK(stream.limits.statement_timeout == std::chrono::hours(2));
  CHECK_FALSE(stream.limits.connect_timeout);
  CHECK(stream.create == CreateTarget::full);
  CHECK(stream.indexes == Indexes::automatic);
  CHECK(stream.triggers == Triggers::disable);
  CHECK(stream.max_rejects == 1000);
  CHECK(stream.rejects.table == "dwh.bad");
  CHECK(stream.rejects.file.empty());
  CHECK(stream.evolve);
  CHECK(stream.analyze);
}

TEST_CASE("Fields: columns are as in SQL in a text, and as they are in a list", "[documents]") {
  Parsed parsed = parse("from: a\nkey: Id, \"Line, no\"\n");
  ExampleOptions options;
  read_into(options, *example_fields(), *parsed.root, "", parsed.diagnostics);
  CHECK(options.key == std::vector<std::string>{"id", "Line, no"});
}

TEST_CASE("Fields: an unknown key is told with its path and its neighbour", "[documents]") {
  CHECK(option_complaint("lock_timout: 10s") ==
        "a.yaml:3:3: options has no key \"lock_timout\" (options.lock_timout) [unknown-key]\n"
        "    3 |   lock_timout: 10s\n"
        "      |   ^~~~~~~~~~~\n"
        "   hint: did you mean lock_timeout?\n");
  CHECK(option_complaint("max_rejects: 3") ==
        "a.yaml:3:3: options has no key \"max_rejects\" (options.max_rejects) [unknown-key]\n"
        "    3 |   max_rejects: 3\n"
        "      |   ^~~~~~~~~~~\n"
        "   hint: write rejects\n");
  CHECK(line_complaint("xyzzy: 1") ==
        "a.yaml:2:1: the document has no key \"xyzzy\" [unknown-key]\n"
        "    2 | xyzzy: *\n"
        "      | ^~~~~\n"
        "   hint: known keys are from, key, readers, where, password, after, labels, verify or options\n");
}

TEST_CASE("Fields: a wrong type says what was expected and what stands there", "[documents]") {
  CHECK(line_complaint("readers: '4'") ==
        "a.yaml:2:10: readers must be a whole number from 0 to 64, not the text \"4\" [wrong-type]\n"
        "    2 | readers: '4'\n"
        "      |          ^~~\n"
        "   hint: write it without quotes\n");
  CHECK(line_complaint("readers: [4]") ==
        "a.yaml:2:10: readers must be a whole number from 0 to 64, not a list [wrong-type]\n"
        "    2 | readers: [4]\n"
        "      |          ^\n");
  CHECK(line_complaint("readers: -1") ==
        "a.yaml:2:10: readers must be a whole number from 0 to 64, not the number -1 [out-of-range]\n"
        "    2 | readers: -1\n"
        "      |          ^~\n");
  CHECK(line_complaint("readers: 65") ==
        "a.yaml:2:10: readers must be a whole number from 0 to 64, not \"65\" [out-of-range]\n"
        "    2 | readers: 65\n"
        "      |          ^~\n");
  CHECK(line_complaint("readers: 012") ==
        "a.yaml:2:10: readers begins with a zero: 012 may be a number of base 8, one of base 10, or text "
        "[unclear-number]\n"
        "    2 | readers: 012\n"
        "      |          ^~~\n"
        "   hint: write it without the zero, as 0o12, or in quotes\n");
  CHECK(line_complaint("verify: yes") ==
        "a.yaml:2:9: verify must be true or false, not the text \"yes\" [wrong-type]\n"
        "    2 | verify: yes\n"
        "      |         ^~~\n"
        "   hint: write true\n");
  CHECK(line_complaint("where: 1") ==
        "a.yaml:2:8: where must be a condition of SQL, not the number 1 [wrong-type]\n"
        "    2 | where: 1\n"
        "      |        ^\n"
        "   hint: write it in quotes: \"1\"\n");
  CHECK(line_complaint("after: customers") ==
        "a.yaml:2:8: after must be a list, not the text \"customers\" [wrong-type]\n"
        "    2 | after: customers\n"
        "      |        ^~~~~~~~~\n"
        "   hint: write it in brackets: [customers]\n");
  CHECK(line_complaint("after: [a, {b: c}]") ==
        "a.yaml:2:12: after[1] must be a load's name, not a mapping [wrong-type]\n"
        "    2 | after: [a, {b: c}]\n"
        "      |            ^\n");
  CHECK(line_complaint("labels: [a]") ==
        "a.yaml:2:9: labels must be a mapping of names to values, not a list [wrong-type]\n"
        "    2 | labels: [a]\n"
        "      |         ^\n");
  CHECK(line_complaint("labels: {a b: 2}") ==
        "a.yaml:2:15: labels[\"a b\"] must be text, not the number 2 [wrong-type]\n"
        "    2 | labels: {a b: 2}\n"
        "      |               ^\n"
        "   hint: write it in quotes: \"2\"\n");
  CHECK(line_complaint("verify:") ==
        "a.yaml:2:1: verify has no value [no-value]\n"
        "    2 | verify:\n"
        "      | ^~~~~~\n"
        "   hint: leave the key out, or write true or false\n");
  CHECK(complaints("- a\n") ==
        "a.yaml:1:1: the document must be a mapping, not a list [wrong-type]\n"
        "    1 | - a\n"
        "      | ^\n");
}

TEST_CASE("Fields: values of each kind are told with an example", "[documents]") {
  CHECK(
      option_complaint("lock_timeout: ten") ==
      "a.yaml:3:17: options.lock_timeout must be a time from 1ms to 596h, such as 500ms, 10s, 5min or 2h, or "
      "0 for no limit, not \"ten\" [wrong-form]\n"
      "    3 |   lock_timeout: ten\n"
      "      |                 ^~~\n");
  CHECK(
      option_complaint("connect_timeout: 10") ==
      "a.yaml:3:20: options.connect_timeout must be a time from 1ms to 596h, such as 500ms, 10s, 5min or 2h, "
      "not the number 10 [wrong-type]\n"
      "    3 |   connect_timeout: 10\n"
      "      |                    ^~\n"
      "   hint: write the unit, such as 10s\n");
  CHECK(option_complaint("memory: 1KiB") ==
        "a.yaml:3:11: options.memory must be a size from 4.0 KiB to 1024.0 TiB, such as 64KiB or 1.5MiB, not "
        "\"1KiB\" [out-of-range]\n"
        "    3 |   memory: 1KiB\n"
        "      |           ^~~~\n");
  CHECK(option_complaint("max_rate: fast") ==
        "a.yaml:3:13: options.max_rate must be a size for each second, such as 50MiB/s, not \"fast\" "
        "[wrong-form]\n"
        "    3 |   max_rate: fast\n"
        "      |             ^~~~\n");
  CHECK(option_complaint("indexes: rebuilt") ==
        "a.yaml:3:12: options.indexes must be keep, rebuild or auto, not \"rebuilt\" [unknown-word]\n"
        "    3 |   indexes: rebuilt\n"
        "      |            ^~~~~~~\n"
        "   hint: did you mean rebuild?\n");
  CHECK(option_complaint("rejects: [a]") ==
        "a.yaml:3:12: options.rejects must be a file, or table:NAME for a table of the target; or a mapping "
        "with "
        "max or to, not a list [wrong-type]\n"
        "    3 |   rejects: [a]\n"
        "      |            ^\n");
  CHECK(option_complaint("rejects: {maximum: 3}") ==
        "a.yaml:3:13: options.rejects has no key \"maximum\" (options.rejects.maximum) [unknown-key]\n"
        "    3 |   rejects: {maximum: 3}\n"
        "      |             ^~~~~~~\n"
        "   hint: known keys are max or to\n");
  CHECK(complaints("from: a.b.c.d\n") ==
        "a.yaml:1:7: from: \"a.b.c.d\" is not a table name: it has more than two parts [wrong-form]\n"
        "    1 | from: a.b.c.d\n"
        "      |       ^~~~~~~\n"
        "   hint: write table, schema.table, or \"Quoted Schema\".\"Quoted Table\"\n");
}

TEST_CASE("Fields: what is missing, and all else, is told at once", "[documents]") {
  CHECK(complaints("keys: [a]\nreaders: x\n") ==
        "a.yaml:1:1: the document has no key \"keys\" [unknown-key]\n"
        "    1 | keys: [*]\n"
        "      | ^~~~\n"
        "   hint: did you mean key?\n"
        "a.yaml:1:1: from is missing [missing-key]\n"
        "    1 | keys: [*]\n"
        "      | ^\n"
        "   hint: for example from: public.orders\n"
        "a.yaml:2:10: readers must be a whole number from 0 to 64, not the text \"x\" [wrong-type]\n"
        "    2 | readers: x\n"
        "      |          ^\n");
}

TEST_CASE("Fields: a secret in the document is taken, told, and not shown", "[documents]") {
  CHECK(line_complaint("password: {a: hunter2}").find("hunter2") == std::string::npos);
  CHECK(line_complaint("password: hunter2") ==
        "a.yaml:2:11: warning: password stands in the document itself [secret-in-document]\n"
        "    2 | password: *******\n"
        "      |           ^~~~~~~\n"
        "   hint: write ${env:NAME} or ${file:PATH}\n");
  // Under a name that is not quite right, it is not shown either.
  CHECK(line_complaint("pasword: hunter2") ==
        "a.yaml:2:1: the document has no key \"pasword\" [unknown-key]\n"
        "    2 | pasword: *******\n"
        "      | ^~~~~~~\n"
        "   hint: did you mean password?\n");
  CHECK(line_complaint("x: 1\npassword: 7").find("7") == std::string::npos);
}

TEST_CASE("Fields: the values of a struct are what a document would say", "[documents]") {
  StreamOptions stream;
  stream.limits.lock_timeout = std::chrono::minutes(3);
  stream.throttle = std::make_shared<Throttle>(50_MiB);
  std::string text;
  for (const auto& field : stream_fields()->fields()) {
    const FieldValue value = field.get(&stream);
    if (value.is_set()) text += field.name + ": " + to_text(field.type, value) + "\n";
  }
  CHECK(text ==
        "batch_bytes: 1MiB\nmemory: 32MiB\nmax_rate: 50MiB/s\nlock_timeout: 3min\ncreate: never\nevolve: "
        "false\nindexes: keep\ninto_view: false\nanalyze: false\nverify: false\ndisable_triggers: false\n");
  Parsed parsed = parse(text);
  StreamOptions again;
  read_into(again, *stream_fields(), *parsed.root, "", parsed.diagnostics);
  CHECK(parsed.said().empty());
  CHECK(again.limits.lock_timeout == stream.limits.lock_timeout);
  CHECK(again.throttle->rate() == 50_MiB);
}

TEST_CASE("Fields: a limit of a shared throttle is not changed for others", "[documents]") {
  StreamOptions stream;
  const auto shared = std::make_shared<Throttle>(10_MiB);
  stream.throttle = shared;
  Parsed parsed = parse("max_rate: 50MiB/s\n");
  read_into(stream, *stream_fields(), *parsed.root, "", parsed.diagnostics);
  CHECK(shared->rate() == 10_MiB);
  CHECK(stream.throttle->rate() == 50_MiB);
}

TEST_CASE("Fields: options of the command come from the same descriptions", "[documents]") {
  std::string text;
  for (const auto& option : option_descriptions(*stream_fields())) {
    text += option.name + (option.value_name.empty() ? "" : " " + option.value_name) +
            (option.default_value.empty() ? "" : " [" + option.default_value + "]") + " (" + option.path +
            ")\n";
  }
  CHECK(
      text ==
      "--batch-bytes SIZE [1MiB] (batch_bytes)\n--memory SIZE [32MiB] (memory)\n--max-rate RATE (max_rate)\n"
      "--max-replica-lag TIME (max_replica_lag)\n--connect-timeout TIME (connect_timeout)\n--lock-timeout "
      "TIME (lock_timeout)\n--statement-timeout TIME (statement_timeout)\n--silence-timeout TIME "
      "(silence_timeout)\n--create WHAT [never] (create)\n--evolve (evolve)\n--indexes WHAT [keep] "
      "(indexes)\n--max-rejects N (rejects.max)\n--rejects TEXT (rejects.to)\n--into-view (into_view)\n"
      "--analyze (analyze)\n--verify (verify)\n--disable-triggers (disable_triggers)\n");
  for (const auto& option : option_descriptions(*stream_fields())) {
    if (option.name != "--lock-timeout") continue;
    CHECK(option.help ==
          "Longest wait for a lock that another session holds; 0: no limit (default: lock_timeout in the "
          "connection's options, else 10s)");
    CHECK(read_text_value(option.type, "90s").value);
    CHECK(read_text_value(option.type, "ten").fault ==
          "a time from 1ms to 596h, such as 500ms, 10s, 5min or 2h, or 0 for no limit, not \"ten\"");
  }
}

TEST_CASE("Fields: the reference page has each field once", "[documents]") {
  const std::string page = reference_page(*example_fields());
  CHECK(page.find("## load\n\nA load.\n\n| key | value | default | |\n|---|---|---|---|\n"
                  "| `from` (needed) | a table as in SQL, such as public.orders |  | The table. `from: "
                  "public.orders` |\n") == 0);
  CHECK(page.find("| `password` | text; a secret, which is in no message |  | Who may. |\n") !=
        std::string::npos);
  CHECK(page.find("\n## options\n\nHow rows are written, and what that may take.\n\n") != std::string::npos);
  CHECK(page.find("| `create` | never, columns or full | never | Make a missing target") !=
        std::string::npos);
  CHECK(page.find("\n## rejects\n\nRows that the target refuses.\n\n") != std::string::npos);
  for (const auto& field : stream_fields()->fields()) {
    const auto first = page.find("| `" + field.name + "` |");
    INFO(field.name);
    REQUIRE(first != std::string::npos);
    CHECK((page.find("| `" + field.name + "` |", first + 1) == std::string::npos || field.name == "verify"));
  }
}

}  // namespace leat::test
