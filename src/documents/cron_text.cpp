#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "leat/documents/run_settings.hpp"

namespace leat {
namespace {

struct CronField {
  std::string_view name;
  unsigned least;
  unsigned most;
  std::vector<std::string_view> words;  // the first one stands for `least`
};

const std::array<CronField, 5>& cron_fields() {
  static const std::array<CronField, 5> fields{
      {{"minute", 0, 59, {}},
       {"hour", 0, 23, {}},
       {"day of the month", 1, 31, {}},
       {"month", 1, 12, {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
       {"day of the week", 0, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}}}};
  return fields;
}

constexpr std::array<std::string_view, 7> cron_words{"@hourly",  "@daily",  "@midnight", "@weekly",
                                                     "@monthly", "@yearly", "@annually"};

std::vector<std::string_view> split_at(std::string_view text, char mark) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(mark);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::optional<unsigned> number_of(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<unsigned> point_of(std::string_view text, const CronField& field) {
  if (const auto number = number_of(text)) {
    return *number >= field.least && *number <= field.most ? number : std::nullopt;
  }
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto found = std::find(field.words.begin(), field.words.end(), small);
  if (found == field.words.end()) return std::nullopt;
  return field.least + static_cast<unsigned>(found - field.words.begin());
}

std::string field_fault(std::string_view text, const CronField& field) {
  const auto fault = [&](std::string_view part) {
    return "\"" + std::string(part) + "\" is no " + std::string(field.name) + ": " +
           std::to_string(field.least) + " to " + std::to_string(field.most) + ", *, ranges, steps and lists";
  };
  for (const auto part : split_at(text, ',')) {
    const auto steps = split_at(part, '/');
    if (steps.size() > 2) return fault(part);
    if (steps.size() == 2) {
      const auto step = number_of(steps[1]);
      if (!step || *step == 0 || *step > field.most) return fault(part);
    }
    if (steps[0] == "*") continue;
    const auto range = split_at(steps[0], '-');
    if (range.size() > 2) return fault(part);
    const auto from = point_of(range[0], field);
    const auto to = range.size() == 2 ? point_of(range[1], field) : from;
    if (!from || !to || *from > *to) return fault(part);
  }
  return {};
}

}  // namespace

std::string cron_fault(const std::string& text) {
  std::vector<std::string_view> parts;
  for (const auto part : split_at(text, ' ')) {
    if (!part.empty()) parts.push_back(part);
  }
  if (parts.size() == 1 && parts[0].starts_with('@')) {
    if (std::find(cron_words.begin(), cron_words.end(), parts[0]) != cron_words.end()) return {};
    return "\"" + text + "\" is none of @hourly, @daily, @weekly, @monthly and @yearly";
  }
  const auto& fields = cron_fields();
  if (parts.size() != fields.size()) {
    return "a schedule has five fields (minute, hour, day of the month, month, day of the week), and this "
           "one " +
           std::to_string(parts.size());
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (auto fault = field_fault(parts[i], fields.at(i)); !fault.empty()) return fault;
  }
  return {};
}

}  // namespace leat
