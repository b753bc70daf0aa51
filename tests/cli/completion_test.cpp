// The completion for bash, as bash runs it, and manual pages: both know all that help tells.
#include <algorithm>
#include <regex>
#include <sstream>

#include "command.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/own_directory.hpp"
#include "support/places.hpp"
#include "words.hpp"

using namespace leat::test;

namespace {

Words lines_of(const std::string& text) {
  Words lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// The commands that help lists.
Words all_commands() {
  Words names;
  const std::string help = run_leat({"help"}).out;
  const auto begin = help.find("\nCommands:\n") + 11;
  for (const auto& line : lines_of(help.substr(begin, help.find("\n\n", begin) - begin))) {
    if (line.size() > 2 && line[2] != ' ') names.push_back(line.substr(2, line.find(' ', 2) - 2));
  }
  return names;
}

/// The long options that the help of a command has, sorted.
Words options_of(const std::string& command) {
  const std::regex option("^  (?:-[a-zA-Z], )?(--[a-z-]+).*");
  Words names;
  for (const auto& line : lines_of(run_leat({"help", command}).out)) {
    std::smatch found;
    if (std::regex_match(line, found, option)) names.push_back(found[1]);
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// A bash that has read the completion.
class Bash {
 public:
  Bash() { directory_.write("completion", run_leat({"completion", "bash"}).out); }

  /// What bash proposes for the last of these words, sorted. Bash cuts --option=value into three.
  [[nodiscard]] Words complete(const Words& words) const {
    const std::string script = "source '" + directory_.file("completion") +
                               "'; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _leat '" +
                               built_program("leat") +
                               "' \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD - 1]}\"; "
                               "for reply in \"${COMPREPLY[@]}\"; do echo \"$reply\"; done";
    const Words command = joined({"bash", "--norc", "-c", script, "bash", "leat"}, words);
    Words replies = lines_of(ChildProcess{command, directory_.file("log"), ChildUser::same}.run());
    std::sort(replies.begin(), replies.end());
    return replies;
  }

  [[nodiscard]] const OwnDirectory& directory() const { return directory_; }

 private:
  OwnDirectory directory_;
};

}  // namespace

TEST_CASE("leat completion: bash proposes all commands, and all options of each", "[cli]") {
  const Bash bash;
  Words commands = all_commands();
  REQUIRE(commands.size() > 10);
  for (const auto& command : commands) {
    INFO(command);
    CHECK(bash.complete({command, "--"}) == options_of(command));
  }
  std::sort(commands.begin(), commands.end());
  CHECK(bash.complete({""}) == commands);
  CHECK(bash.complete({"help", ""}) == commands);
  CHECK(bash.complete({"copy"}) == Words{"copy-table", "copy-tables"});
  CHECK(bash.complete({"-"}) == Words{"--help", "--version"});
  CHECK(bash.complete({"no-such-command", ""}).empty());
}

TEST_CASE("leat completion: bash proposes the words that an option takes", "[cli]") {
  const Bash bash;
  CHECK(bash.complete({"copy-table", "--mode", "s"}) == Words{"swap", "sync"});
  CHECK(bash.complete({"copy-table", "--output", ""}) == Words{"json", "text"});
  CHECK(bash.complete({"copy-table", "--mode", "=", "up"}) == Words{"upsert"});
  CHECK(bash.complete({"copy-table", "--create", "="}) == Words{"columns", "full"});
  CHECK(bash.complete({"copy-table", "--create", "--fro"}) == Words{"--from"});
  CHECK(bash.complete({"copy-table", "--where", ""}).empty());
  CHECK(bash.complete({"jobs", ""}) == Words{"forget", "list", "show", "watch"});
  CHECK(bash.complete({"schema", ""}) == Words{"check", "diff", "list", "register", "show"});
  CHECK(bash.complete({"schema", "check", "a", "--rule", "ful"}) == Words{"full", "full_transitive"});
  const std::string file = bash.directory().write("ids.json", R"({"shop": {"host": "db1"}, "stock": {}})");
  CHECK(bash.complete({"copy-table", "--connections", file, "--source", ""}) == Words{"shop", "stock"});
  CHECK(bash.complete({"copy-table", "--connections", bash.directory().file("ids")}) == Words{file});
}

TEST_CASE("leat help --man: a page has all options that help has", "[cli]") {
  const auto page_of = [](const Words& words) {
    const Outcome outcome = run_leat(joined(words, {"--man"}));
    CHECK(outcome.exit_code == 0);
    return std::regex_replace(outcome.out, std::regex(R"(\\-)"), "-");
  };
  const std::string whole = page_of({"help"});
  CHECK(has(whole, ".SH NAME\nleat - moves rows between PostgreSQL databases\n"));
  CHECK(has(whole, "leat " + run_leat({"--version"}).out.substr(5, 3)));
  for (const auto& command : all_commands()) {
    INFO(command);
    CHECK(has(whole, "\\fBleat-" + command + "\\fR(1)\n"));
    const std::string page = page_of({"help", command});
    CHECK(has(page, ".SH NAME\nleat-" + command + " - "));
    for (const auto& option : options_of(command)) CHECK(has(page, option));
  }
  CHECK(run_leat({"help", "--man", "jobs"}).out == run_leat({"help", "jobs", "--man"}).out);
  CHECK(run_leat({"help", "jobs", "list", "--man"}).out == run_leat({"help", "jobs", "--man"}).out);
  CHECK(run_leat({"help", "--man", "nothing"}).exit_code == 2);
  CHECK(run_leat({"completion", "tcsh"}).exit_code == 2);
}
