#include "leat/data/schema.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "leat/core/error.hpp"

namespace leat {

Schema::Schema(std::vector<Column> columns, RowFormat format, std::vector<std::size_t> key)
    : columns_(std::move(columns)), by_name_(columns_.size()), format_(format), key_(std::move(key)) {
  std::iota(by_name_.begin(), by_name_.end(), std::uint32_t{0});
  std::stable_sort(by_name_.begin(), by_name_.end(),
                   [this](std::uint32_t a, std::uint32_t b) { return columns_[a].name < columns_[b].name; });
}

std::vector<std::uint32_t>::const_iterator Schema::first_of(std::string_view name) const noexcept {
  const auto found =
      std::lower_bound(by_name_.begin(), by_name_.end(), name,
                       [this](std::uint32_t i, std::string_view key) { return columns_[i].name < key; });
  return found != by_name_.end() && columns_[*found].name == name ? found : by_name_.end();
}

std::optional<std::size_t> Schema::find(std::string_view name) const noexcept {
  const auto found = first_of(name);
  if (found == by_name_.end()) return std::nullopt;
  return *found;
}

std::size_t Schema::index_of(std::string_view name) const {
  const auto found = first_of(name);
  if (found != by_name_.end()) {
    if (std::next(found) == by_name_.end() || columns_[*std::next(found)].name != name) return *found;
    const auto same =
        std::count_if(columns_.begin(), columns_.end(), [name](const Column& c) { return c.name == name; });
    throw Error(ErrorKind::transform, "column \"" + std::string(name) + "\" is ambiguous: " +
                                          std::to_string(same) + " columns have that name");
  }
  std::string message = "there is no column \"" + std::string(name) + "\"; the columns are";
  const char* separator = " ";
  for (const Column& column : columns_) {
    message.append(separator).append("\"").append(column.name).append("\"");
    separator = ", ";
  }
  if (columns_.empty()) message += " none";
  throw Error(ErrorKind::transform, message);
}

bool have_same_columns(const Schema& a, const Schema& b) noexcept {
  return a.format() == b.format() &&
         std::equal(a.columns().begin(), a.columns().end(), b.columns().begin(), b.columns().end(),
                    [](const Column& one, const Column& other) {
                      return one.name == other.name && one.type == other.type;
                    });
}

std::string describe(const Column& column) {
  const std::string type =
      column.type_name.empty() ? "type oid " + std::to_string(column.type) : column.type_name;
  return "\"" + column.name + "\" (" + type + ")";
}

}  // namespace leat
