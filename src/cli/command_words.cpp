#include "cli/command_words.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>
#include <string_view>

#include "cli/nearest.hpp"
#include "leat/core/error.hpp"

namespace leat::cli {
namespace {

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

[[noreturn]] void refuse(const std::string& message, std::string hint = {}) {
  throw Error(ErrorKind::config, message, {.hint = std::move(hint)});
}

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

/// --source and --target, for which nothing is libpq's environment.
bool may_be_empty(const CLI::Option& option) {
  return option.check_lname("source") || option.check_lname("target");
}

/// "--columns a,b".
std::string with_value(const CLI::Option& option) {
  return option.get_name() + " " + option.get_type_name();
}

/// Reads the words of one command.
class CommandLine {
 public:
  CommandLine(const CLI::App& command, std::string name) : name_(std::move(name)) {
    for (const CLI::Option* option : command.get_options()) {
      if (option->get_positional()) {
        positionals_.push_back(option);
      } else {
        options_.push_back(option);
      }
    }
  }

  std::vector<std::string> read(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size();) i += take(words, i);
    return std::move(out_);
  }

 private:
  /// Returns how many words were taken.
  std::size_t take(const std::vector<std::string>& words, std::size_t i) {
    const std::string& word = words[i];
    if (word.size() < 2 || word.front() != '-') {
      take_word(word);
      return 1;
    }
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const CLI::Option* option = find(name);
    if (option == nullptr) refuse_unknown(name);
    last_ = option;
    if (!takes_value(*option)) return take_flag(words, i, *option);
    if (!repeated(*option) && !given_.insert(option).second) refuse(option->get_name() + " is given twice");
    if (equals == std::string::npos) {
      check_there_is_a_value(*option, words, i);
      add(*option, words[i + 1]);
      return 2;
    }
    add(*option, word.substr(equals + 1));
    return 1;
  }

  void take_word(const std::string& word) {
    if (last_ != nullptr && repeated(*last_) && positionals_.empty()) {
      add(*last_, word);
      return;
    }
    if (words_ > 0 && words_ == positionals_.size() && repeated(*positionals_.back())) {
      out_.push_back(word);
      return;
    }
    if (words_ == positionals_.size()) {
      refuse(shown(word) + " is one word too many" +
                 (last_ == nullptr ? " for leat " + name_ : " after " + last_->get_name()),
             last_ != nullptr && takes_value(*last_) ? "write a value that has spaces in quotes" : "");
    }
    if (is_blank(word)) refuse(positionals_[words_]->get_name(true) + " is empty");
    ++words_;
    out_.push_back(word);
  }

  std::size_t take_flag(const std::vector<std::string>& words, std::size_t i, const CLI::Option& option) {
    const std::string& word = words[i];
    // The one flag that may have a value.
    if (option.check_lname("create")) {
      if (word.ends_with('=')) refuse_empty(option);
      const bool has_more = i + 1 < words.size() && !words[i + 1].starts_with('-');
      if (word.find('=') != std::string::npos || !has_more) {
        out_.push_back(word);
        return 1;
      }
      if (is_blank(words[i + 1])) refuse_empty(option);
      out_.push_back(word + "=" + words[i + 1]);
      return 2;
    }
    if (word.find('=') != std::string::npos) refuse(option.get_name() + " takes no value");
    out_.push_back(word);
    return 1;
  }

  void add(const CLI::Option& option, const std::string& value) {
    if (is_blank(value) && !may_be_empty(option)) refuse_empty(option);
    out_.push_back(option.get_name());
    out_.push_back(value);
  }

  void check_there_is_a_value(const CLI::Option& option, const std::vector<std::string>& words,
                              std::size_t i) const {
    if (i + 1 == words.size()) {
      refuse(option.get_name() + " takes a value, and there is none", "write " + with_value(option));
    }
    const std::string& next = words[i + 1];
    if (find(next.substr(0, next.find('='))) == nullptr) return;
    refuse(
        option.get_name() + " takes a value, and the option " + next.substr(0, next.find('=')) + " follows",
        "write " + with_value(option) + ", or, if that is the value, " + option.get_name() + "=" +
            next.substr(0, next.find('=')));
  }

  [[noreturn]] static void refuse_empty(const CLI::Option& option) {
    refuse(option.get_name() + " is given an empty value", "leave the option out, or give it a value");
  }

  [[noreturn]] void refuse_unknown(const std::string& name) const {
    std::vector<std::string> names;
    for (const CLI::Option* option : options_) {
      for (const auto& known : option->get_lnames()) names.push_back("--" + known);
    }
    refuse(shown(name) + " is no option of leat " + name_ + did_you_mean(name, names));
  }

  [[nodiscard]] const CLI::Option* find(std::string_view name) const {
    const bool is_long = name.starts_with("--");
    const std::string bare(name.substr(std::min<std::size_t>(is_long ? 2 : 1, name.size())));
    const auto found = std::find_if(options_.begin(), options_.end(), [&](const CLI::Option* option) {
      return is_long ? option->check_lname(bare) : name.starts_with('-') && option->check_sname(bare);
    });
    return found == options_.end() ? nullptr : *found;
  }

  [[nodiscard]] static bool repeated(const CLI::Option& option) {
    return option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
  }

  std::string name_;
  std::vector<const CLI::Option*> options_;
  std::vector<const CLI::Option*> positionals_;
  std::set<const CLI::Option*> given_;
  const CLI::Option* last_ = nullptr;
  std::size_t words_ = 0;
  std::vector<std::string> out_;
};

}  // namespace

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> checked_words(const CLI::App& app, const std::vector<std::string>& words) {
  const auto names = command_names(app);
  if (words.empty()) refuse("no command is named; there are " + any_of(names));
  const std::string& first = words.front();
  if (std::find(names.begin(), names.end(), first) == names.end()) {
    if (!first.starts_with('-')) refuse(shown(first) + " is no command" + did_you_mean(first, names));
    const std::string name = first.substr(0, first.find('='));
    const std::vector<std::string> own{"-h", "--help", "-V", "--version"};
    if (std::find(own.begin(), own.end(), name) != own.end()) return {name};
    refuse(shown(name) + " is no option without a command" + did_you_mean(name, own),
           "the command stands first: leat COMMAND --option");
  }
  const CLI::App* command = app.get_subcommand(first);
  auto checked = CommandLine(*command, first).read({words.begin() + 1, words.end()});
  checked.insert(checked.begin(), first);
  return checked;
}

}  // namespace leat::cli
