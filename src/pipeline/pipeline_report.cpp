#include "leat/pipeline/pipeline_report.hpp"

#include <cstdio>

namespace leat {
namespace {

std::string rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

}  // namespace

double PipelineReport::items_per_second() const {
  const double seconds = std::chrono::duration<double>(elapsed).count();
  return seconds > 0 ? static_cast<double>(completed) / seconds : 0;
}

std::string PipelineReport::slowest_stage() const {
  const StageReport* slowest = nullptr;
  for (const StageReport& stage : stages) {
    const auto waited = [](const StageReport& of) {
      return (of.waited_for_items + of.waited_for_room) /
             static_cast<std::int64_t>(of.threads != 0 ? of.threads : 1);
    };
    if (slowest == nullptr || waited(stage) < waited(*slowest)) slowest = &stage;
  }
  return slowest != nullptr ? slowest->name : std::string();
}

std::string to_string(const PipelineReport& report) {
  std::string text = "pipeline " + report.name + ": " + std::to_string(report.completed) +
                     (report.completed == 1 ? " item completed (" : " items completed (") +
                     rounded(report.items_per_second()) + "/s), " + std::to_string(report.failed) +
                     " failed, " + std::to_string(report.in_flight) + " on their way";
  for (const StageReport& stage : report.stages) {
    text += "; " + stage.name + ": " + std::to_string(stage.completed) + " done, " +
            std::to_string(stage.waiting) + " waiting";
    if (stage.average.count() != 0) {
      text += ", " + rounded(std::chrono::duration<double, std::milli>(stage.average).count()) + " ms each";
    }
  }
  return text;
}

}  // namespace leat
