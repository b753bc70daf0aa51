#include "cli/help_text.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "cli/help_topics.hpp"

namespace leat::cli {
namespace {

constexpr std::size_t narrowest = 40;
constexpr std::size_t usual_width = 80;
constexpr std::size_t left_column = 24;

/// As many as a terminal shows: each UTF-8 letter counts once.
std::size_t letters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::size_t begin = 0;
  while ((begin = text.find_first_not_of(" \n", begin)) != std::string::npos) {
    const auto end = std::min(text.find_first_of(" \n", begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

/// Words in lines: the first begins at column `at`, the others at `indent`.
std::string in_lines(const std::string& text, std::size_t at, std::size_t indent, std::size_t width) {
  std::string out;
  bool is_first = true;
  for (const auto& word : words_of(text)) {
    if (!is_first && at + 1 + letters(word) > width) {
      out += "\n" + std::string(indent, ' ');
      at = indent;
    } else if (!is_first) {
      out += ' ';
      ++at;
    }
    out += word;
    at += letters(word);
    is_first = false;
  }
  return out + "\n";
}

/// "  name      what it is", with the second column beside the first or below it.
std::string entry(const std::string& name, const std::string& text, std::size_t width) {
  const std::string left = "  " + name;
  const std::size_t indent = std::min(left_column, width / 3);
  const std::size_t begin = letters(left) + 2 <= indent ? indent - letters(left) : 0;
  if (begin > 0) return left + std::string(begin, ' ') + in_lines(text, indent, indent, width);
  return left + "\n" + std::string(indent, ' ') + in_lines(text, indent, indent, width);
}

std::string names_of(const std::set<CLI::Option*>& options) {
  std::string text;
  for (const CLI::Option* option : options) text += (text.empty() ? "" : ", ") + option->get_name();
  return text;
}

std::string options_text(const CLI::App& app, std::size_t width) {
  std::string out;
  for (const auto& [group, options] : in_groups(app)) {
    out += "\n" + group + ":\n";
    for (const CLI::Option* option : options) out += entry(option_name(*option), option_help(*option), width);
  }
  return out;
}

std::string commands_text(const CLI::App& app, std::size_t width) {
  std::string out;
  for (const CLI::App* command : app.get_subcommands({})) {
    out += entry(command->get_name(), command->get_description(), width);
  }
  return out.empty() ? out : "\nCommands:\n" + out;
}

}  // namespace

std::size_t help_width() {
  std::size_t width = 0;
  if (const char* columns = std::getenv("COLUMNS"))
    std::from_chars(columns, columns + std::strlen(columns), width);
  winsize size{};
  if (width == 0 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) width = size.ws_col;
  return width == 0 ? usual_width : std::max(width, narrowest);
}

std::string option_name(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name(true);
  if (!option.get_option_text().empty()) return option.get_name() + option.get_option_text();
  std::string name;
  for (const auto& letter : option.get_snames()) name += "-" + letter + ", ";
  name += option.get_name();
  return option.get_items_expected_max() == 0 ? name : name + " " + option.get_type_name();
}

std::string option_help(const CLI::Option& option) {
  std::string text = option.get_required() ? "(required) " : "";
  text += option.get_description();
  if (!option.get_default_str().empty()) text += " (default: " + option.get_default_str() + ")";
  if (!option.get_needs().empty()) text += " (with " + names_of(option.get_needs()) + ")";
  if (!option.get_excludes().empty()) text += " (not with " + names_of(option.get_excludes()) + ")";
  return text;
}

std::string usage_of(const CLI::App& app) {
  std::string text = app.get_parent() == nullptr ? "leat" : "leat " + app.get_name();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      text += option->get_required() ? " " + option->get_name(true) : " [" + option->get_name(true) + "]";
    }
  }
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional() && option->get_required()) text += " " + option_name(*option);
  }
  const CLI::Option* const from = app.get_option_no_throw("--from");
  const CLI::Option* const include = app.get_option_no_throw("--include");
  if (from != nullptr && include != nullptr) {
    text += " (" + option_name(*from) + " | " + option_name(*include) + ")";
  }
  return text + (app.get_parent() == nullptr ? " COMMAND [option]..." : " [option]...");
}

std::string example_text(const std::string& line, std::size_t width) {
  std::string out = "  ";
  std::size_t at = 2;
  const auto words = words_of(line);
  for (std::size_t i = 0; i < words.size(); ++i) {
    // An option and its value stay together; a value in quotes may have spaces, which stay as they are.
    std::string part = words[i];
    while (i + 1 < words.size() && !words[i + 1].starts_with("--")) part += " " + words[++i];
    if (at > 2 && at + 1 + letters(part) + 2 > width) {
      out += " \\\n      ";
      at = 6;
    } else if (at > 2) {
      out += ' ';
      ++at;
    }
    out += part;
    at += letters(part);
  }
  return out + "\n";
}

std::string help_text(const CLI::App& app, std::size_t width) {
  width = std::max(width, narrowest);
  std::string out =
      in_lines("Usage: " + usage_of(app), 0, 6, width) + "\n" + in_lines(app.get_description(), 0, 0, width);
  out += commands_text(app, width) + options_text(app, width);
  const auto lines = examples_of(app.get_parent() == nullptr ? "" : app.get_name());
  if (!lines.empty()) out += "\nExamples:\n";
  for (const auto& line : lines) out += example_text(line, width);
  if (!app.get_footer().empty()) out += "\n" + in_lines(app.get_footer(), 0, 0, width);
  return out;
}

}  // namespace leat::cli
