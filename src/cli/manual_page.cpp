#include "cli/manual_page.hpp"

#include <CLI/CLI.hpp>
#include <sstream>
#include <string_view>
#include <vector>

#include "cli/help_text.hpp"
#include "cli/help_topics.hpp"
#include "leat/version.hpp"

namespace leat::cli {
namespace {

/// Of the 80 columns of a terminal what is left beside the margins.
constexpr std::size_t line_width = 66;

/// A line of text: no character of it is a request, an escape, or typeset as another one.
std::string typeset(std::string_view text) {
  std::string out = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      case '\n':
        out += ' ';
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string bold(std::string_view text) {
  return "\\fB" + typeset(text) + "\\fR";
}

std::string section(const std::string& name) {
  return ".SH " + name + "\n";
}

/// "leat-copy-table".
std::string page_name(const CLI::App& app) {
  return app.get_parent() == nullptr ? "leat" : "leat-" + app.get_name();
}

/// As NAME has it: "moves rows between PostgreSQL databases".
std::string in_lower_case(std::string text) {
  if (!text.empty() && text.front() >= 'A' && text.front() <= 'Z') {
    text.front() = static_cast<char>(text.front() - 'A' + 'a');
  }
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string option_entry(const std::string& name, const std::string& text) {
  return ".TP\n" + bold(name) + "\n" + typeset(text) + "\n";
}

std::string commands_section(const CLI::App& app) {
  std::string out = section("COMMANDS");
  for (const CLI::App* command : app.get_subcommands({})) {
    out += ".TP\n" + bold(page_name(*command)) + "(1)\n" + typeset(command->get_description()) + "\n";
  }
  return out;
}

std::string options_section(const CLI::App& app) {
  std::string out = section("OPTIONS");
  for (const auto& [group, members] : in_groups(app)) {
    out += ".SS " + group + "\n";
    for (const CLI::Option* option : members) out += option_entry(option_name(*option), option_help(*option));
  }
  return out;
}

std::string examples_section(const std::vector<std::string>& lines) {
  std::string out = section("EXAMPLES");
  for (const auto& line : lines) {
    out += ".PP\n.EX\n";
    std::istringstream parts(example_text(line, line_width));
    for (std::string part; std::getline(parts, part);) out += typeset(part) + "\n";
    out += ".EE\n";
  }
  return out;
}

}  // namespace

std::string manual_page(const CLI::App& app) {
  const bool is_whole = app.get_parent() == nullptr;
  const std::string name = page_name(app);
  std::string capitals;
  for (const char c : name) capitals += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  std::string out = ".TH " + capitals + " 1 \"\" \"leat " + std::string(version()) + "\" \"User Commands\"\n";
  // Lines of commands are not filled up to the margin.
  out += ".nh\n.ad l\n";
  out += section("NAME") + typeset(name) + " \\- " + typeset(in_lower_case(app.get_description())) + "\n";
  out += section("SYNOPSIS") + bold(usage_of(app)) + "\n";
  // A command that has no footer shows that of leat, of which this page has a section.
  if (!is_whole && app.get_footer() != app.get_parent()->get_footer()) {
    out += section("DESCRIPTION") + typeset(app.get_footer()) + "\n";
  }
  if (is_whole) out += commands_section(app);
  out += options_section(app);
  if (const auto lines = examples_of(is_whole ? "" : app.get_name()); !lines.empty())
    out += examples_section(lines);
  out += section("\"EXIT STATUS\"") + typeset(exit_codes_text()) + "\n";
  out += section("\"SEE ALSO\"");
  if (!is_whole) return out + bold("leat") + "(1)\n";
  return out + bold("psql") + "(1), " + bold("pg_dump") + "(1)\n";
}

}  // namespace leat::cli
