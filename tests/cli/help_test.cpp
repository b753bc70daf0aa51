// What help prints, and that what it prints is true. None of this needs a server.
#include <cstdlib>
#include <sstream>

#include "command.hpp"
#include "leat/version.hpp"
#include "support/catch.hpp"
#include "support/own_directory.hpp"
#include "words.hpp"

using namespace leat::test;

namespace {

const std::vector<std::string> helped{"copy-table",  "check",   "copy-tables", "clone",  "query",
                                      "jobs",        "join",    "repair",      "verify", "diff",
                                      "connections", "convert", "watermark",   "schema", "transform",
                                      "init",        "help"};

/// As many as a terminal shows.
std::size_t columns_of(const std::string& line) {
  std::size_t count = 0;
  for (const char c : line) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return count;
}

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, columns_of(line));
  return widest;
}

/// The command lines under "Examples:", each in one line.
std::vector<std::string> examples_in(const std::string& help) {
  std::vector<std::string> examples;
  std::istringstream lines(help.substr(help.find("\nExamples:\n") + 11));
  bool goes_on = false;
  for (std::string line; std::getline(lines, line) && !line.empty();) {
    const bool continued = goes_on;
    goes_on = line.ends_with(" \\");
    if (goes_on) line.resize(line.size() - 2);
    line.erase(0, line.find_first_not_of(' '));
    if (continued) {
      examples.back() += " " + line;
    } else {
      examples.push_back(line);
    }
  }
  return examples;
}

/// As a shell takes it, with quotes, without the first word.
Words words_of(const std::string& line) {
  Words words(1);
  char quote = 0;
  for (const char c : line) {
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (quote == 0 && c == ' ') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  words.erase(words.begin());
  return words;
}

class ColumnsVariable {
 public:
  explicit ColumnsVariable(const char* value) { ::setenv("COLUMNS", value, 1); }
  ColumnsVariable(const ColumnsVariable&) = delete;
  ColumnsVariable& operator=(const ColumnsVariable&) = delete;
  ~ColumnsVariable() { ::unsetenv("COLUMNS"); }
};

}  // namespace

TEST_CASE("leat help: no line is wider than the terminal", "[cli]") {
  ::unsetenv("COLUMNS");
  for (const auto& name : helped) {
    INFO(name);
    const std::string help = run_leat({"help", name}).out;
    CHECK(widest_line(help) <= 80);
    CHECK(run_leat({name, "--help"}).out == help);
    const ColumnsVariable narrow("60");
    CHECK(widest_line(run_leat({"help", name}).out) <= 75);  // an option of an example stays whole
  }
  CHECK(widest_line(run_leat({"help"}).out) <= 80);
  const ColumnsVariable wide("200");
  CHECK(widest_line(run_leat({"help", "copy-table"}).out) > 80);
}

TEST_CASE("leat help: options stand in groups, required ones first", "[cli]") {
  const std::string help = run_leat({"help", "copy-table"}).out;
  std::size_t before = 0;
  for (const char* group :
       {"\nWhat:\n  --source C", "--target C", "--from S.T", "--to S.T", "\nMode:\n  --mode",
        "\nSafety:\n  --dry-run", "\nSpeed:\n  --readers", "\nOutput:\n", "\nExamples:\n"}) {
    INFO(group);
    const auto place = help.find(group, before);
    CHECK(place != std::string::npos);
    if (place != std::string::npos) before = place;
  }
}

TEST_CASE("leat help: each command has three examples, which it takes", "[cli]") {
  for (const auto& name : helped) {
    const auto examples = examples_in(run_leat({"help", name}).out);
    CHECK(examples.size() == 3);
    for (const auto& example : examples) {
      INFO(example);
      CHECK(example.starts_with("leat " + name));
      const Outcome outcome = run_leat(words_of(example));
      INFO(outcome.err);
      // Its files and databases are not here.
      CHECK_FALSE(has(outcome.err, "Run \"leat help"));
    }
  }
  CHECK(examples_in(run_leat({"help"}).out).size() == 3);
}

TEST_CASE("leat: words for help and version that people try", "[cli]") {
  for (const auto& words : std::vector<Words>{{"-V"}, {"--version"}, {"version"}}) {
    const Outcome version = run_leat(words);
    CHECK(version.exit_code == 0);
    CHECK(version.out == "leat " LEAT_VERSION "\n");
  }
  const std::string jobs = run_leat({"help", "jobs"}).out;
  CHECK(has(jobs, "Usage: leat jobs ACTION [NAME] --target C"));
  CHECK(run_leat({"help", "jobs", "list"}).out == jobs);
  CHECK(run_leat({"jobs", "list", "--help"}).out == jobs);
  CHECK(run_leat({"-h"}).out == run_leat({"help"}).out);
  CHECK(run_leat({"help", "version"}).exit_code == 0);
  CHECK(run_leat({"version", "--help"}).exit_code == 0);
}

TEST_CASE("leat: an unknown word is named, with the nearest one", "[cli]") {
  const std::vector<std::pair<Words, std::vector<std::string>>> lines{
      {{}, {"no command is named", "copy-table"}},
      {{"copy-tabel"}, {"\"copy-tabel\" is no command", "did you mean copy-table?"}},
      {{"copy"}, {"\"copy\" is no command", "did you mean copy-table?"}},
      {{"verfy", "--source", "a"}, {"\"verfy\" is no command", "did you mean verify?"}},
      {{"zebra"}, {"\"zebra\" is no command\n"}},
      {{"--sorce", "x"}, {"\"--sorce\" is no option without a command"}},
      {{"--vresion"}, {"did you mean --version?"}},
      {{"help", "qeury"}, {"\"qeury\" is no command", "did you mean query?"}},
      {{"help", "jobs", "lsit"}, {"\"lsit\" is no action of leat jobs", "did you mean list?"}},
      {{"help", "schema", "lsit"}, {"\"lsit\" is no action of leat schema", "did you mean list?"}},
      {{"help", "query", "list"}, {"\"list\" is one word too many for leat help query"}},
      {{"jobs", "lsit", "--target", "a"},
       {"\"lsit\" is not list, show, watch or forget", "did you mean list?"}},
      {{"jobs", "show", "", "--target", "a"}, {"NAME is empty"}},
      {{"jobs", "show", "a", "b", "--target", "a"}, {"\"b\" is one word too many for leat jobs"}},
      {{"copy-table", "-from", "t"}, {"\"-from\" is no option of leat copy-table", "did you mean --from?"}},
      {{"copy-table", "--max_rejects=5"}, {"\"--max_rejects\" is no option", "did you mean --max-rejects?"}},
      {{"copy-table", "--columns", "a", "b"}, {"\"b\" is one word too many after --columns"}},
      {{"copy-table", "--from", "t", "--from", "u"}, {"--from is given twice"}},
      {{"copy-table", "--create", "fulll"},
       {"--create: \"fulll\" is not columns or full; did you mean full?"}},
  };
  for (const auto& [words, parts] : lines) {
    const Outcome outcome = run_leat(words);
    INFO(outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.out.empty());
    for (const auto& part : parts) CHECK(has(outcome.err, part));
    CHECK(has(outcome.err, "\nRun \"leat help"));
  }
}

TEST_CASE("leat: messages about options name them as they are written", "[cli]") {
  const Words both{"--source", "host=/nowhere", "--target", "host=/nowhere"};
  const Words copy = joined({"copy-table", "--from", "t"}, both);
  const Words tables = joined({"copy-tables", "--include", "t"}, both);
  const Words query = joined({"query", "--to", "t"}, both);
  const std::vector<std::pair<Words, std::string>> lines{
      {joined(copy, {"--max-rejects", "5"}), "leat: --max-rejects needs a place"},
      {joined(copy, {"--rejects", "f"}), "leat: --rejects says where rejected rows go, but --max-rejects"},
      {joined(copy, {"--memory", "8KiB"}), "leat: --memory must be at least"},
      {joined(tables, {"--memory", "16MiB", "--jobs", "64"}),
       "leat: --memory of 16.0 MiB is shared by 64 jobs: --mem"},
      {joined(tables, {"--include", "a.b.c.d"}), "a.b.c.d"},
      {joined(query, {"--file", "/tmp"}), "leat: --file: /tmp is a directory"},
      {joined(copy, {"--connections", "/tmp"}), "leat: --connections: /tmp is a directory"},
      {{"copy-table", "--source", "shop", "--target", "x", "--from", "t"},
       "leat: --source: connection id \"shop\""},
  };
  for (const auto& [words, part] : lines) {
    const Outcome outcome = run_leat(words);
    INFO(outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK(has(outcome.err, part));
  }
}

TEST_CASE("leat query --file: a byte order mark is no part of a query", "[cli]") {
  const OwnDirectory directory;
  const std::string file = directory.write("empty.sql", "\xef\xbb\xbf\n");
  const Outcome outcome = run_leat(
      {"query", "--source", "host=/nowhere", "--target", "host=/nowhere", "--to", "t", "--file", file});
  INFO(outcome.err);
  CHECK(outcome.exit_code == 2);
  CHECK(has(outcome.err, "leat: --file: " + file + " holds no query"));
}

TEST_CASE("leat --max-rate: a number without a unit is told to be bytes", "[cli]") {
  const auto rate = [](const char* text) {
    return run_leat({"copy-table", "--source", "host=/nowhere", "--target", "host=/nowhere", "--from", "t",
                     "--max-rate", text})
        .err;
  };
  CHECK(has(rate("50"), "--max-rate 50 is 50 B a second"));
  CHECK(has(rate("50"), "50MiB/s"));
  CHECK_FALSE(has(rate("50000000"), "--max-rate"));
  CHECK_FALSE(has(rate("50KiB/s"), "--max-rate"));
}

TEST_CASE("leat: several values may follow one --include", "[cli]") {
  for (const Words& tail :
       std::vector<Words>{{"--include", "a", "b"}, {"--include", "a", "--exclude", "b", "c"}}) {
    const Outcome outcome =
        run_leat(joined({"copy-tables", "--source", "host=/nowhere", "--target", "host=/nowhere"}, tail));
    INFO(outcome.err);
    CHECK(outcome.exit_code == 3);
  }
}
