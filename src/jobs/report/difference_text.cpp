#include "leat/jobs/report/difference_text.hpp"

#include <array>

#include "jobs/options/lists.hpp"
#include "jobs/options/sql_text.hpp"
#include "leat/core/detail/printable.hpp"
#include "leat/jobs/report/verify_report.hpp"

namespace leat {

std::string jobs_detail::key_text(const std::vector<std::string>& parts) {
  const std::string text = comma_list(parts);
  return parts.size() == 1 ? text : "(" + text + ")";
}

namespace {

/// A value as SQL would have it: NULL, or in single quotes.
std::string value_text(const ShownValue& value) {
  if (!value) return "NULL";
  constexpr std::string_view special = "'\n\r\t";
  constexpr std::array<std::string_view, special.size()> shown{"''", "\\n", "\\r", "\\t"};
  std::string text = "'";
  for (const char c : *value) {
    if (const auto at = special.find(c); at != std::string_view::npos) {
      text += shown[at];
    } else {
      text += c;
    }
  }
  return detail::printable(text + "'");
}

std::string key_values_text(const std::vector<ShownValue>& key) {
  std::vector<std::string> values;
  for (const auto& value : key) values.push_back(value_text(value));
  return jobs_detail::key_text(values);
}

std::string bound_text(const std::vector<std::string>& bound) {
  return key_values_text({bound.begin(), bound.end()});
}

/// A row without a key as its values, the first ones of many.
std::string row_text(const RowDifference& difference) {
  constexpr std::size_t most = 8;
  std::string text;
  for (std::size_t i = 0; i < difference.columns.size() && i < most; ++i) {
    const auto& column = difference.columns[i];
    const auto& value = difference.source_rows > 0 ? column.source : column.target;
    text += (text.empty() ? "" : ", ") + column.column + " = " + value_text(value);
  }
  return difference.columns.size() > most ? text + ", …" : text;
}

}  // namespace

std::string to_text(const RowDifference& difference) {
  std::string text = std::string(to_string(difference.kind)) + ": ";
  if (!difference.key.empty()) {
    text += key_values_text(difference.key);
  } else {
    text += row_text(difference);
  }
  if (difference.kind == RowDifferenceKind::changed) {
    return text + ": " + jobs_detail::text_list(difference.columns, [](const auto& column) {
             return column.column + " " + value_text(column.source) + " -> " + value_text(column.target);
           });
  }
  const bool alone = difference.source_rows + difference.target_rows == 1;
  if (difference.key.empty() || !alone) {
    text += " (" + std::to_string(difference.source_rows) + " in the source, " +
            std::to_string(difference.target_rows) + " in the target)";
  }
  return text;
}

std::string to_text(const KeyRange& range) {
  std::string text = range.from || range.before ? "keys" : "all keys";
  if (range.from) text += " from " + bound_text(*range.from) + (range.before ? " to" : " on");
  if (range.before) text += " before " + bound_text(*range.before);
  return text + ": " + std::to_string(range.source_rows) + " rows" + " in the source, " +
         std::to_string(range.target_rows) + " in the target";
}

}  // namespace leat
