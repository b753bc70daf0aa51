#include <nlohmann/json.hpp>
#include <utility>

#include "leat/registry/transform_difference.hpp"
#include "registry/shown_rows.hpp"

namespace leat {
namespace registry_detail {
namespace {

using DifferenceJson = nlohmann::ordered_json;

std::string columns_line(const std::string& who, const std::vector<QueryColumn>& columns) {
  std::string text;
  for (const auto& column : columns) text += (text.empty() ? "" : ", ") + column.name + " " + column.type;
  return text.empty() ? "" : "only " + who + " makes " + text + "\n";
}

/// "id = 7: name is Ann, now ANN".
std::string row_line(const TransformDifference& difference, const TransformDifference::Row& row,
                     const std::string& before, const std::string& after) {
  if (!row.before || !row.after) {
    return "only " + (row.before ? before : after) + ": " +
           shown_row(difference.columns, row.before ? *row.before : *row.after);
  }
  std::string key;
  std::string other;
  for (std::size_t i = 0; i < difference.columns.size(); ++i) {
    const auto& value = (*row.before)[i];
    if (i < difference.key.size()) {
      key += (key.empty() ? "" : ", ") + difference.columns[i] + " = " + shown_value(value);
    } else if (value != (*row.after)[i]) {
      other += (other.empty() ? "" : "; ") + difference.columns[i] + " " + shown_value(value) + " -> " +
               shown_value((*row.after)[i]);
    }
  }
  return key + ": " + other;
}

DifferenceJson column_array(const std::vector<QueryColumn>& columns) {
  DifferenceJson list = DifferenceJson::array();
  for (const auto& column : columns) list.push_back({{"name", column.name}, {"type", column.type}});
  return list;
}

DifferenceJson object_of(const std::vector<std::string>& columns,
                         const std::optional<TransformDifference::Values>& values) {
  if (!values) return {};
  DifferenceJson object = DifferenceJson::object();
  for (std::size_t i = 0; i < columns.size() && i < values->size(); ++i) {
    object[columns[i]] = (*values)[i] ? DifferenceJson(*(*values)[i]) : DifferenceJson();
  }
  return object;
}

}  // namespace
}  // namespace registry_detail

std::string to_text(const TransformDifference& difference, const std::string& before,
                    const std::string& after) {
  using namespace registry_detail;
  std::string text =
      columns_line(before, difference.only_before) + columns_line(after, difference.only_after);
  for (const auto& one : difference.retyped) {
    text += one.column + " is " + one.before + ", now " + one.after + "\n";
  }
  for (const auto& row : difference.rows) text += "  " + row_line(difference, row, before, after) + "\n";
  if (difference.differing > difference.rows.size()) {
    text += "  and " + std::to_string(difference.differing - difference.rows.size()) + " more\n";
  }
  text += before + " makes " + std::to_string(difference.rows_before) + " rows, " + after + " " +
          std::to_string(difference.rows_after) + "; ";
  const std::string number = std::to_string(difference.differing);
  if (difference.differing == 0) return text + "they are equal\n";
  if (difference.key.empty()) return text + number + " are only in one of them\n";
  return text + number + (difference.differing == 1 ? " differs" : " differ") + "\n";
}

std::string to_json(const TransformDifference& difference) {
  using namespace registry_detail;
  DifferenceJson retyped = DifferenceJson::array();
  for (const auto& one : difference.retyped) {
    retyped.push_back({{"column", one.column}, {"before", one.before}, {"after", one.after}});
  }
  DifferenceJson rows = DifferenceJson::array();
  for (const auto& row : difference.rows) {
    rows.push_back({{"before", object_of(difference.columns, row.before)},
                    {"after", object_of(difference.columns, row.after)}});
  }
  const DifferenceJson all{{"equal", difference.equal()},
                           {"rows_before", difference.rows_before},
                           {"rows_after", difference.rows_after},
                           {"differing", difference.differing},
                           {"key", difference.key},
                           {"only_before", column_array(difference.only_before)},
                           {"only_after", column_array(difference.only_after)},
                           {"retyped", std::move(retyped)},
                           {"rows", std::move(rows)}};
  return all.dump(-1, ' ', false, DifferenceJson::error_handler_t::replace);
}

}  // namespace leat
