#include "cli/jobs_text.hpp"

#include <nlohmann/json.hpp>

#include "cli/progress_line.hpp"
#include "leat/core/bytes.hpp"

namespace leat::cli {
namespace {

using nlohmann::json;

std::string counted(std::int64_t number, const char* one, const char* several) {
  return with_thousands(static_cast<std::uint64_t>(number)) + " " + (number == 1 ? one : several);
}

std::string extent_text(const KnownJob& job) {
  return std::to_string(job.slices_done) + " of " + counted(job.slices, "slice", "slices") + ", " +
         counted(job.rows, "row", "rows") + ", " +
         format_bytes(ByteCount{static_cast<std::uint64_t>(job.bytes)}) +
         (job.rejected > 0 ? ", " + std::to_string(job.rejected) + " rejected" : "");
}

json parsed_object(const std::string& text) {
  json object = json::parse(text, nullptr, false);
  return object.is_object() ? object : json::object();
}

/// A member of the command for people: texts without quotes, lists with commas. Empty where it says nothing.
std::string value_text(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "";
  if (value.is_null()) return "NULL";
  if (!value.is_array() && !value.is_object())
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
  std::string text;
  for (const auto& [name, part] : value.items()) {
    const std::string one = value_text(part);
    text += (text.empty() ? "" : ", ") + (value.is_object() ? name + "=" + one : one);
  }
  return text;
}

class Lines {
 public:
  void add(const std::string& what, const std::string& value) {
    if (!value.empty()) text_ += "  " + what + ": " + value + "\n";
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void add_command(Lines& lines, const KnownJob& job) {
  json command = parsed_object(job.description);
  const auto take = [&command](const char* name) {
    const std::string text = command.contains(name) ? value_text(command[name]) : "";
    command.erase(name);
    return text;
  };
  const std::string source = take("source");
  const std::string from = take("from");
  lines.add("source", source + (source.empty() || from.empty() ? "" : ": ") + from);
  const std::string to = take("to");
  lines.add("target table", to + (job.target_exists.value_or(true) ? "" : ", which is gone"));
  static_cast<void>(take("query"));
  // How leat knows the database again; and what says only how slices are collected.
  static_cast<void>(take("source_database"));
  static_cast<void>(take("published"));
  for (const auto& [name, word] :
       {std::pair("sql", "query"), std::pair("parameters", "parameters"),
        std::pair("parameter_types", "types of parameters"), std::pair("mode", "mode"),
        std::pair("key", "key"), std::pair("where", "where"), std::pair("map", "map")}) {
    lines.add(word, take(name));
  }
  if (const std::string triggers = take("triggers"); triggers != "fire") lines.add("triggers", triggers);
  for (const auto& member : command.items()) lines.add(member.key(), value_text(member.value()));
}

void add_report(Lines& lines, const KnownJob& job) {
  const json report = parsed_object(job.report);
  if (report.empty()) return;
  const auto count = [&report](const char* name) {
    const auto found = report.find(name);
    return found != report.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
  };
  std::string text = counted(count("rows_read"), "row", "rows") + " read, " +
                     with_thousands(static_cast<std::uint64_t>(count("rows_written"))) + " written";
  for (const auto& [name, word] :
       {std::pair("rows_unchanged", "unchanged"), std::pair("rows_dropped", "dropped"),
        std::pair("rows_added", "added"), std::pair("rows_rejected", "rejected")}) {
    if (count(name) > 0) text += ", " + with_thousands(static_cast<std::uint64_t>(count(name))) + " " + word;
  }
  lines.add("report", text);
  const auto remarks = report.find("remarks");
  if (remarks == report.end() || !remarks->is_array()) return;
  for (const auto& remark : *remarks) lines.add("note", value_text(remark));
}

}  // namespace

std::string job_line(const KnownJob& job) {
  std::string line = job.name + ": " + std::string(status_word(job)) + ", " + extent_text(job);
  if (job.state == JobState::done) {
    line += ", since " + job.finished_at;
  } else if (job.is_live) {
    line += ", " + job.holder;
  } else if (job.state == JobState::failed && !job.error.empty() && status_word(job) != job.error) {
    line += ", " + job.error;
  }
  if (!job.target_exists.value_or(true)) line += "; its table is gone";
  return line + "\n";
}

std::string job_list(const std::vector<KnownJob>& jobs) {
  if (jobs.empty()) return "no jobs\n";
  std::string text;
  for (const auto& job : jobs) text += job_line(job);
  return text;
}

std::string job_text(const KnownJob& job) {
  Lines lines;
  const bool is_stopped = status_word(job) == job.error;
  lines.add("status", std::string(status_word(job)));
  lines.add("done", extent_text(job));
  lines.add("run", std::to_string(job.run) + ", attempt " + std::to_string(job.epoch));
  lines.add(job.is_live ? "held by" : "last held by", job.holder);
  lines.add(job.is_live      ? "until"
            : job.will_retry ? "tries again before"
                             : "was held until",
            job.lease_until);
  lines.add("begun", job.created_at);
  lines.add("last attempt", job.acquired_at);
  lines.add("finished", job.finished_at);
  if (!is_stopped) lines.add("error", job.error);
  if (!job.is_consistent) lines.add("note", "its slices were read in several snapshots of the source");
  if (job.staging && job.staging_exists) lines.add("staging table", job.staging->display());
  add_command(lines, job);
  add_report(lines, job);
  return job.name + "\n" + lines.take();
}

}  // namespace leat::cli
