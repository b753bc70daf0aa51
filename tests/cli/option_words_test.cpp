// Options of every command whose value is empty or missing, and words that are misspelt.
#include "option_values.hpp"

using namespace leat::test;

TEST_CASE("leat: an empty value is not an absent one", "[cli]") {
  for (const auto& [name, command] : commands()) {
    for (const auto& option : command.options) {
      INFO(name << " " << option.name);
      if (option.takes == Takes::nothing) {
        check_refused(run_leat({name, option.name + "=yes"}), {option.name + " takes no value"});
      } else if (option.takes == Takes::connection) {
        // join would wait long for who answers.
        const bool waits = name == "join" && option.name == "--target";
        const Words tail = waits ? Words{"--source", "nowhere"} : Words{};
        CHECK_FALSE(has(run(name, command, option.name, joined({""}, tail)).err, "empty"));
        CHECK_FALSE(has(run(name, command, option.name + "=", tail).err, "empty"));
      } else {
        const std::vector<std::string> parts{option.name + " is given an empty value"};
        check_refused(run(name, command, option.name, {""}), parts);
        check_refused(run(name, command, option.name, {"  "}), parts);
        check_refused(run(name, command, option.name + "=", {}), parts);
      }
    }
  }
}

TEST_CASE("leat: a missing value is told by its option, and no other option is taken for it", "[cli]") {
  for (const auto& [name, command] : commands()) {
    for (const auto& option : command.options) {
      if (option.takes == Takes::nothing || option.takes == Takes::create) continue;
      INFO(name << " " << option.name);
      check_refused(run(name, command, option.name, {}), {option.name + " takes a value, and there is none"});
      check_refused(run(name, command, option.name, {"--help"}),
                    {option.name + " takes a value, and the option --help follows"});
    }
  }
}

TEST_CASE("leat: a misspelt word of a choice is told with the nearest one", "[cli]") {
  for (const auto& [name, command] : commands()) {
    for (const auto& option : command.options) {
      if (option.takes != Takes::choice && option.takes != Takes::create) continue;
      INFO(name << " " << option.name);
      check_refused(
          run(name, command, option.name, {swapped(option.good)}),
          {option.name + ": \"" + swapped(option.good) + "\" is not ", "did you mean " + option.good + "?"});
    }
  }
}

TEST_CASE("leat: a misspelt option is told before all else, with the nearest one", "[cli]") {
  for (const auto& [name, command] : commands()) {
    for (const auto& option : command.options) {
      std::string wrong = option.name;
      wrong.erase(3, 1);
      INFO(name << " " << wrong);
      // All that is required is missing, too.
      check_refused(run_leat({name, wrong, "x"}),
                    {"\"" + wrong + "\" is no ", "did you mean " + option.name + "?"});
    }
  }
}
