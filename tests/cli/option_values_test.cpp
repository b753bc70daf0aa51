// Values of every option of every command: those that are taken, and those that are too large.
#include "option_values.hpp"

using namespace leat::test;

TEST_CASE("leat: help tells of the options that there are", "[cli]") {
  std::vector<std::string> names;
  for (const auto& [name, command] : commands()) {
    INFO(name);
    std::vector<std::string> options;
    for (const auto& option : command.options) options.push_back(option.name);
    if (name == "help") options.emplace_back("--man");  // which prints a page, and so is tested there
    std::sort(options.begin(), options.end());
    CHECK(options_in_help(name) == options);
    // What no group of help names would stand there.
    CHECK_FALSE(has(run_leat({"help", name}).out, "\nMore:"));
    CHECK(has(run_leat({"help"}).out, "\n  " + name + " "));
  }
}

TEST_CASE("leat: a huge value is refused with what is allowed, or taken", "[cli]") {
  const std::string number = "99999999999999999999999999";
  for (const auto& [name, command] : commands()) {
    for (const auto& option : command.options) {
      INFO(name << " " << option.name);
      switch (option.takes) {
        case Takes::nothing:
          break;
        case Takes::text:
          check_taken(run(name, command, option.name, {huge}));
          break;
        case Takes::pairs:
          check_taken(
              run(name, command, option.name, {option.good.substr(0, option.good.find('=') + 1) + huge}));
          check_refused(run(name, command, option.name, {huge}), {option.name});
          break;
        case Takes::range:
          check_taken(run(name, command, option.name, {huge + ".."}));
          check_refused(run(name, command, option.name, {huge}), {option.name});
          break;
        case Takes::columns:
          check_taken(run(name, command, option.name, {"*.*." + huge}));
          check_refused(run(name, command, option.name, {huge}), {option.name});
          break;
        case Takes::number:
          for (const auto& wrong :
               {number, std::string("-1"), std::string("1e3"), std::string("0x10"), huge}) {
            check_refused(run(name, command, option.name, {wrong}), {option.name + ": a whole number from "});
          }
          break;
        case Takes::size:
          for (const auto& wrong :
               {number, std::string("-1"), std::string("0"), std::string("5 PiB"), huge}) {
            check_refused(run(name, command, option.name, {wrong}), {option.name + ": a size "});
          }
          break;
        case Takes::rate:
          for (const auto& wrong :
               {number, std::string("-1"), std::string("0"), std::string("0MiB/s"), huge}) {
            check_refused(run(name, command, option.name, {wrong}), {option.name + ": "});
          }
          break;
        case Takes::time:
          for (const auto& wrong :
               {number + "s", std::string("-1s"), std::string("0s"), std::string("30"), huge}) {
            check_refused(run(name, command, option.name, {wrong}), {option.name + ": a time with its unit"});
          }
          break;
        case Takes::limit:
          for (const auto& wrong : {number + "s", std::string("-1s"), std::string("30"), huge}) {
            check_refused(run(name, command, option.name, {wrong}), {option.name + ": a time from 1ms to "});
          }
          break;
        case Takes::connection:
        case Takes::name:
        case Takes::table:
        case Takes::choice:
        case Takes::file:
          check_refused(run(name, command, option.name, {huge}), {option.name + ": "});
          break;
        case Takes::create:
          check_refused(run(name, command, option.name, {huge}), {option.name + ": "});
          check_refused(run(name, command, option.name + "=" + huge, {}), {option.name + ": "});
          break;
      }
    }
  }
}

TEST_CASE("leat: a good value of every option is taken", "[cli]") {
  for (const auto& [name, command] : commands()) {
    for (const auto& option : command.options) {
      if (option.name == "--help" || option.takes == Takes::file) continue;
      INFO(name << " " << option.name);
      const Outcome outcome =
          run(name, command, option.name, option.takes == Takes::nothing ? Words{} : Words{option.good});
      if (name == "connections") {
        CHECK(outcome.exit_code == 0);  // asks nobody
      } else {
        check_taken(outcome);
      }
    }
  }
}
