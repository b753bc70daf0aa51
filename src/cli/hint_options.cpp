#include "cli/hint_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>
#include <utility>

namespace leat::cli {
namespace {

bool is_of_option(char c) {
  return (c >= 'a' && c <= 'z') || c == '-';
}

/// Whether the words before an option say already of which command it is: "copy-table --where", or "leat
/// copy-table … --job".
bool names_command(std::string_view before, const std::vector<std::string>& commands) {
  const auto open = before.rfind(')');
  if (open != std::string_view::npos) before.remove_prefix(open);
  return std::any_of(commands.begin(), commands.end(), [before](const std::string& command) {
    return before.ends_with(command + " ") || before.find("leat " + command + " ") != std::string_view::npos;
  });
}

}  // namespace

HintOptions::HintOptions(const CLI::App& app, const std::string& command) : command_(command) {
  for (const CLI::App* const one : app.get_subcommands({})) {
    commands_.push_back(one->get_name());
    for (const CLI::Option* const option : one->get_options()) {
      for (const auto& name : option->get_lnames()) {
        if (one->get_name() == command) {
          own_.insert("--" + name);
        } else {
          owners_.emplace("--" + name, one->get_name());
        }
      }
    }
  }
}

std::string HintOptions::in_hint(std::string hint) const {
  if (command_.empty()) return hint;
  if (command_ == "query") {
    // What these options do, a query says itself.
    for (const std::string_view option : {"(--where)", "(--map)", "(--exclude)"}) {
      const auto at = hint.find(option);
      if (at != std::string::npos) hint.replace(at, option.size(), "(in the query)");
    }
  }
  std::string out;
  for (std::size_t i = 0; i < hint.size();) {
    const bool begins = hint.compare(i, 2, "--") == 0 && (i == 0 || !is_of_option(hint[i - 1]));
    if (!begins) {
      out += hint[i++];
      continue;
    }
    const auto end =
        std::find_if_not(hint.begin() + static_cast<std::ptrdiff_t>(i), hint.end(), is_of_option);
    const std::string option(hint.begin() + static_cast<std::ptrdiff_t>(i), end);
    const auto owner = owners_.find(option);
    if (!own_.contains(option) && owner != owners_.end() && !names_command(out, commands_)) {
      out += owner->second + " ";
    }
    out += option;
    i += option.size();
  }
  return out;
}

bool HintOptions::names_others(std::string_view hint) const {
  for (auto at = hint.find("--"); at != std::string_view::npos; at = hint.find("--", at + 1)) {
    if (at > 0 && is_of_option(hint[at - 1])) continue;
    const auto end =
        std::find_if_not(hint.begin() + static_cast<std::ptrdiff_t>(at), hint.end(), is_of_option);
    const std::string option(hint.begin() + static_cast<std::ptrdiff_t>(at), end);
    if (!own_.contains(option) && owners_.contains(option)) return true;
  }
  return false;
}

Error HintOptions::in_error(const Error& error) const {
  return error.hint().empty() ? error : error.with_hint(in_hint(std::string(error.hint())));
}

JobPlan HintOptions::in_plan(JobPlan plan) const {
  for (auto& finding : plan.findings) finding.hint = in_hint(std::move(finding.hint));
  return plan;
}

std::vector<JobPlan> HintOptions::in_plans(std::vector<JobPlan> plans) const {
  for (auto& plan : plans) plan = in_plan(std::move(plan));
  return plans;
}

CopyTablesReport HintOptions::in_report(CopyTablesReport report) const {
  for (auto& table : report.tables) {
    if (table.error) table.error = in_error(*table.error);
  }
  return report;
}

}  // namespace leat::cli
