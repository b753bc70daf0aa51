#include "cli/completion.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "cli/command_words.hpp"
#include "cli/value_checks.hpp"

namespace leat::cli {
namespace {

constexpr const char* script_begin = R"(# Completion of leat in bash, as "leat completion bash" prints it.
_leat_ids() {
  local i file=()
  for ((i = 1; i < COMP_CWORD; ++i)); do
    if [[ ${COMP_WORDS[i]} == --connections ]]; then file=(--connections "${COMP_WORDS[i + 1]}"); fi
  done
  "$1" connections "${file[@]}" 2>/dev/null | sed -n 's/^\([^ ]*\): .*, line [0-9]*$/\1/p'
}
_leat() {
  local word=$2 before=$3 words="" options=""
  # bash takes --option=value for three words.
  if [[ $word == = ]]; then
    word=""
  elif [[ $before == = && $COMP_CWORD -ge 2 ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  COMPREPLY=()
)";

constexpr const char* script_end = R"(  if [[ $word == -* ]]; then words=$options; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _leat leat
)";

/// The words that one_of() lets through, separated by spaces.
std::string words_for(CLI::Option& option) {
  std::string words;
  try {
    words = option.get_validator(0)->get_name();
  } catch (const CLI::OptionNotFound&) {
    return {};
  }
  std::replace(words.begin(), words.end(), '|', ' ');
  return words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// What is done behind an option; several options may have the same.
std::string answer_for(CLI::Option& option) {
  const std::string words = words_for(option);
  const std::string give_words = "COMPREPLY=($(compgen -W \"" + words + "\" -- \"$word\")); return";
  if (option.get_items_expected_max() == 0) {
    // A flag, which the next option may follow; --create may have a value.
    return words.empty() ? "" : "if [[ $word != -* ]]; then " + give_words + "; fi";
  }
  const std::string type = option.get_type_name();
  if (type.starts_with("FILE")) return "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$word\")); return";
  if (type == "DIR") return "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$word\")); return";
  if (type == "C") return "COMPREPLY=($(compgen -W \"$(_leat_ids \"$1\")\" -- \"$word\")); return";
  return words.empty() ? "return" : give_words;
}

/// The cases of the options of one command that have a value.
std::string value_cases(CLI::App& command) {
  std::map<std::string, std::string> names_by_answer;
  for (CLI::Option* option : command.get_options()) {
    if (option->get_positional()) continue;
    const std::string answer = answer_for(*option);
    if (answer.empty()) continue;
    std::string& names = names_by_answer[answer];
    names += (names.empty() ? "" : " | ") + option->get_name();
  }
  std::string cases;
  for (const auto& [answer, names] : names_by_answer) {
    cases += "        " + names + ") " + answer + " ;;\n";
  }
  return cases.empty() ? "" : "      case $before in\n" + cases + "      esac\n";
}

std::string command_case(CLI::App& app, CLI::App& command) {
  std::vector<std::string> options;
  std::string words;
  for (CLI::Option* option : command.get_options()) {
    if (option->get_positional()) {
      if (words.empty()) words = words_for(*option);
    } else {
      options.push_back(option->get_name());
    }
  }
  if (command.get_name() == "help") words = joined(command_names(app));
  std::string text = "    " + command.get_name() + ")\n" + value_cases(command);
  text += "      options=\"" + joined(options) + "\"\n";
  if (!words.empty()) text += "      if ((COMP_CWORD == 2)); then words=\"" + words + "\"; fi\n";
  return text + "      ;;\n";
}

}  // namespace

CLI::App* add_completion_command(CLI::App& app) {
  auto* completion = app.add_subcommand("completion", "Print what has a shell complete leat's words");
  completion->add_option("SHELL", "bash")->required()->transform(one_of({"bash"}));
  completion->footer(
      "Packages of leat install it. Without them, write into ~/.bashrc: source <(leat completion bash)");
  return completion;
}

std::string bash_completion(CLI::App& app) {
  std::string text = script_begin;
  text += "  if ((COMP_CWORD == 1)); then\n    words=\"" + joined(command_names(app)) + "\"\n";
  text += "    options=\"--help --version\"\n  fi\n";
  text += "  case ${COMP_WORDS[1]} in\n";
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    text += command_case(app, *command);
  }
  return text + "  esac\n" + script_end;
}

}  // namespace leat::cli
