#include "cli/hint_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "cli/document_words.hpp"
#include "cli/option_words.hpp"

namespace leat::cli {
namespace {

// What has no option of its own name. A value is an option and its word.
constexpr std::array<std::pair<std::string_view, std::string_view>, 19> library_words{{
    {".before_commit", "--after-sql"},
    {".before_load", "--before-sql"},
    {".name", "--watermark"},
    {".rename_tables", "--rename-table"},
    {"ConnectionFactory::from_file()", "--connections"},
    {"CreateTarget::full", "--create=full"},
    {"IncrementalBound::snapshot", "--bound snapshot"},
    {"Indexes::keep", "--indexes keep"},
    {"Inheritance::only", "--inheritance only"},
    {"Inheritance::tree", "--inheritance tree"},
    {"LargeObjectMode::copied", "--large-objects"},
    {"OnLostSnapshot::carry_on", "--on-lost-snapshot=continue"},
    {"OnLostSnapshot::redo", "--on-lost-snapshot=redo"},
    {"Triggers::disable", "--disable-triggers"},
    {"WriteMode::append", "--mode append"},
    {"WriteMode::replace", "--mode replace"},
    {"WriteMode::upsert", "--mode upsert"},
    {"CopyTable", "copy-table"},
    {"AdHocQuery", "query"},
}};

bool is_of_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Whether a name of the library's may begin at `i`: no path, decimal, or part of another name does there.
bool may_begin(std::string_view text, std::size_t i) {
  if (i == 0) return true;
  return text[i] == '.' ? text[i - 1] == ' ' || text[i - 1] == '('
                        : !is_of_name(text[i - 1]) && text[i - 1] != ':' && text[i - 1] != '.';
}

/// ".max_rejects" at the beginning of a text, or "".
std::string_view field_at(std::string_view text) {
  if (!text.starts_with('.')) return {};
  const auto end = std::find_if_not(text.begin() + 1, text.end(), is_of_name);
  const auto length = static_cast<std::size_t>(end - text.begin());
  return length == 1 ? std::string_view() : text.substr(0, length);
}

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

HintOptions::HintOptions(const CLI::App& app, const std::string& command)
    : command_(command), of_document_(runs_documents(command)) {
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

std::string HintOptions::option_of(std::string_view field) const {
  std::string option = "--" + std::string(field.substr(1));
  std::replace(option.begin(), option.end(), '_', '-');
  if (of_document_) {
    const std::string key = document_key(option);
    if (!key.empty()) return key;
  }
  return own_.contains(option) || owners_.contains(option) ? option : std::string();
}

std::string HintOptions::with_options(std::string_view text) const {
  std::string out;
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    std::size_t taken = 1;
    std::string told(rest.substr(0, 1));
    if (!is_quoted && may_begin(text, i)) {
      for (const auto& [word, option] : library_words) {
        const bool ends = rest.size() <= word.size() || !is_of_name(rest[word.size()]);
        if (!rest.starts_with(word) || !ends) continue;
        taken = word.size();
        told = of_document_ ? in_document(option) : std::string(option);
      }
      const auto field = field_at(rest);
      if (taken == 1 && !field.empty()) {
        const std::string option = option_of(field);
        if (!option.empty()) {
          taken = field.size();
          told = option;
        }
      }
    }
    if (rest[0] == '"') is_quoted = !is_quoted;
    out += told;
    i += taken;
  }
  return out;
}

std::string HintOptions::in_text(std::string text) const {
  return command_.empty() ? text : with_options(text);
}

std::string HintOptions::in_hint(std::string hint) const {
  if (command_.empty()) return hint;
  hint = with_options(hint);
  if (command_ == "query") {
    // What these options do, a query says itself.
    for (const std::string_view option : {"(--where)", "(--map)", "(--exclude)"}) {
      const auto at = hint.find(option);
      if (at != std::string::npos) hint.replace(at, option.size(), "(in the query)");
    }
  }
  return of_document_ ? hint : with_owners(hint);
}

std::string HintOptions::with_owners(const std::string& hint) const {
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
  const Error told = in_words_of_options(error);
  return told.with_message(in_text(told.what())).with_hint(in_hint(std::string(told.hint())));
}

Finding HintOptions::in_finding(Finding finding) const {
  if (finding.side == ErrorKind::config) finding.message = in_words_of_options(finding.message);
  finding.message = in_text(std::move(finding.message));
  finding.hint = in_hint(std::move(finding.hint));
  return finding;
}

void HintOptions::in_texts(std::vector<std::string>& texts) const {
  for (auto& text : texts) text = in_hint(std::move(text));
}

JobPlan HintOptions::in_plan(JobPlan plan) const {
  for (auto& finding : plan.findings) finding = in_finding(std::move(finding));
  in_texts(plan.remarks);
  return plan;
}

std::vector<JobPlan> HintOptions::in_plans(std::vector<JobPlan> plans) const {
  for (auto& plan : plans) plan = in_plan(std::move(plan));
  return plans;
}

JobReport HintOptions::in_report(JobReport report) const {
  in_texts(report.remarks);
  return report;
}

CopyTablesReport HintOptions::in_report(CopyTablesReport report) const {
  in_texts(report.remarks);
  for (auto& table : report.tables) {
    if (table.error) table.error = in_error(*table.error);
    table.report = in_report(std::move(table.report));
  }
  return report;
}

VerifyReport HintOptions::in_report(VerifyReport report) const {
  in_texts(report.remarks);
  return report;
}

TableDiffReport HintOptions::in_report(TableDiffReport report) const {
  for (auto& difference : report.differences) difference.reason = in_hint(std::move(difference.reason));
  return report;
}

RepairReport HintOptions::in_report(RepairReport report) const {
  for (auto& object : report.objects) {
    if (object.error) object.error = in_error(*object.error);
  }
  return report;
}

Logger HintOptions::in_log(LogLevel level, Logger log) const {
  if (command_.empty()) return log;
  return Logger(level, LogRecordSink([words = *this, log = std::move(log)](LogRecord record) {
                  const std::string message = words.in_text(std::string(record.message));
                  record.message = message;
                  log.log(record);
                }));
}

}  // namespace leat::cli
