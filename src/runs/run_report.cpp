#include "leat/runs/run_report.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <ostream>

#include "leat/core/detail/report_lines.hpp"
#include "leat/core/detail/seconds.hpp"

namespace leat {
namespace runs_detail {
namespace {

using Document = nlohmann::ordered_json;
using detail::counted;
using detail::rows_text;
using detail::seconds_text;

constexpr const char* further = "  ";

/// Reports and errors are JSON already.
Document parsed(const std::string& json) {
  return Document::parse(json);
}

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

std::string json_text(const Document& document) {
  return document.dump(-1, ' ', false, Document::error_handler_t::replace);
}

Document json_of(const LoadOutcome& load) {
  Document json{{"name", load.name}, {"status", to_string(load.status)}, {"job", load.job}};
  if (!load.waits_for.empty()) json["waits_for"] = load.waits_for;
  json["attempts"] = load.attempts;
  json["begun_seconds"] = seconds(load.begun);
  json["seconds"] = seconds(load.elapsed);
  if (load.report) json["report"] = parsed(to_json(*load.report));
  if (load.tables) json["tables"] = parsed(to_json(*load.tables));
  if (!load.remarks.empty()) json["remarks"] = load.remarks;
  if (!load.unusual.empty()) json["unusual"] = load.unusual;
  if (load.error) json["error"] = parsed(to_json(*load.error));
  return json;
}

/// Each line of `text` further in.
std::string indented(const std::string& text) {
  std::string out;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    out.append(further).append(text, begin, end - begin).append("\n");
    begin = end + 1;
  }
  return out;
}

std::string text_of(const LoadOutcome& load) {
  std::string out = load.name + ": ";
  switch (load.status) {
    case LoadStatus::done_before:
      return out + "done by an earlier attempt of this run\n";
    case LoadStatus::rolled_back:
      return out + "rolled back, since " + load.waits_for + " has failed\n";
    case LoadStatus::waits:
      return out + "not begun, since it waits for " + load.waits_for + "\n";
    case LoadStatus::cancelled:
      return out + (load.attempts == 0 ? "not begun\n" : "stopped; nothing of it was committed\n");
    case LoadStatus::done:
    case LoadStatus::done_with_rejects:
    case LoadStatus::failed:
      break;
  }
  if (load.tables) return out + "\n" + indented(to_text(*load.tables));
  if (load.report) {
    std::string text = to_text(*load.report);
    for (const auto& remark : load.remarks) text += "note: " + remark + "\n";
    for (const auto& unusual : load.unusual) text += unusual + "\n";
    return out + "\n" + indented(text);
  }
  if (!load.error) return out + std::string(to_string(load.status)) + "\n";
  if (load.attempts > 1) out += counted(load.attempts, "attempt") + ", ";
  return out + "failed\n" + indented(to_text(*load.error));
}

void add_plan(std::string& out, const LoadPlan& load,
              const std::function<std::string(const JobPlan&)>& text) {
  out += "load " + load.name;
  for (std::size_t i = 0; i < load.after.size(); ++i) out += (i == 0 ? ", after " : ", ") + load.after[i];
  out += "\n";
  for (const auto& plan : load.plans) out += indented(text(plan));
  for (const auto& remark : load.remarks) out += indented("note: " + remark + "\n");
  if (load.error) out += indented(to_text(*load.error));
}

}  // namespace
}  // namespace runs_detail

std::string_view to_string(LoadStatus status) {
  constexpr std::array<std::string_view, 7> names{
      "done", "done_with_rejects", "done_before", "failed", "rolled_back", "waits", "cancelled"};
  return names.at(static_cast<std::size_t>(status));
}

std::size_t RunReport::failed() const {
  return static_cast<std::size_t>(std::count_if(loads.begin(), loads.end(), [](const LoadOutcome& load) {
    return load.status == LoadStatus::failed || load.status == LoadStatus::waits ||
           load.status == LoadStatus::rolled_back;
  }));
}

std::optional<Error> RunReport::first_error() const {
  for (const auto& load : loads) {
    if (load.error && load.status == LoadStatus::failed) return load.error;
  }
  return std::nullopt;
}

std::uint64_t RunReport::rows_written() const {
  std::uint64_t rows = 0;
  for (const auto& load : loads) {
    if (load.status == LoadStatus::rolled_back) continue;
    if (load.report) rows += load.report->rows_written;
    if (load.tables) rows += load.tables->rows_written;
  }
  return rows;
}

std::string to_json(const RunReport& report) {
  using runs_detail::Document;
  Document json{{"run", report.id},
                {"document", report.document},
                {"status", to_string(report.status)},
                {"continued", report.is_continued},
                {"started_at", report.started_at},
                {"seconds", runs_detail::seconds(report.elapsed)},
                {"rows_written", report.rows_written()}};
  if (!report.labels.empty()) json["labels"] = report.labels;
  auto& loads = json["loads"] = Document::array();
  for (const auto& load : report.loads) loads.push_back(runs_detail::json_of(load));
  json["remarks"] = report.remarks;
  return runs_detail::json_text(json);
}

std::string to_text(const RunReport& report) {
  std::string out;
  for (const auto& load : report.loads) out += runs_detail::text_of(load);
  for (const auto& remark : report.remarks) out += "note: " + remark + "\n";
  const auto good = std::count_if(report.loads.begin(), report.loads.end(), [](const LoadOutcome& load) {
    return load.status == LoadStatus::done || load.status == LoadStatus::done_with_rejects ||
           load.status == LoadStatus::done_before;
  });
  out += "run " + report.id + " of " + report.document +
         (report.is_continued ? ", begun " + report.started_at + " and continued" : "") + ": " +
         std::to_string(good) + " of " + detail::counted(report.loads.size(), "load") + ", " +
         detail::rows_text(report.rows_written()) + " in " + detail::seconds_text(report.elapsed) + "\n";
  if (report.failed() > 0 || report.status == JobStatus::cancelled) {
    out += "the same command goes on with this run: what is done is not loaded again\n";
  }
  return out;
}

std::ostream& operator<<(std::ostream& out, const RunReport& report) {
  std::string text = to_text(report);
  if (!text.empty()) text.pop_back();
  return out << text;
}

std::optional<Error> RunPlan::first_error() const {
  for (const auto& load : loads) {
    if (load.error) return load.error;
    for (const auto& plan : load.plans) {
      if (has_error(plan.findings)) return to_error(plan.findings);
    }
  }
  return std::nullopt;
}

std::string to_json(const RunPlan& plan) {
  using runs_detail::Document;
  Document json{{"document", plan.document}};
  auto& loads = json["loads"] = Document::array();
  for (const auto& load : plan.loads) {
    Document one{{"name", load.name}, {"after", load.after}};
    auto& plans = one["plans"] = Document::array();
    for (const auto& table : load.plans) plans.push_back(runs_detail::parsed(to_json(table)));
    one["remarks"] = load.remarks;
    if (load.error) one["error"] = runs_detail::parsed(to_json(*load.error));
    loads.push_back(std::move(one));
  }
  json["remarks"] = plan.remarks;
  return runs_detail::json_text(json);
}

std::string to_text(const RunPlan& plan) {
  std::string out;
  for (const auto& load : plan.loads) {
    runs_detail::add_plan(out, load, [](const JobPlan& one) { return to_text(one); });
  }
  for (const auto& remark : plan.remarks) out += "note: " + remark + "\n";
  return out;
}

std::string findings_text(const RunPlan& plan) {
  std::string out;
  for (const auto& load : plan.loads) {
    runs_detail::add_plan(out, load, [](const JobPlan& one) {
      std::string text = one.source + " -> " + one.target + "\n";
      for (const auto& finding : one.findings) text += to_text(finding);
      return text;
    });
  }
  return out;
}

}  // namespace leat
