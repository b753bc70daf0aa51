#include "leat/data/store/write_mode.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace leat {
namespace {

constexpr std::array<std::pair<WriteMode, std::string_view>, 7> mode_names{
    {{WriteMode::replace, "replace"},
     {WriteMode::append, "append"},
     {WriteMode::swap, "swap"},
     {WriteMode::upsert, "upsert"},
     {WriteMode::insert_missing, "insert-missing"},
     {WriteMode::delete_insert, "delete-insert"},
     {WriteMode::sync, "sync"}}};

}  // namespace

std::string_view to_string(WriteMode mode) {
  const auto* const at =
      std::find_if(mode_names.begin(), mode_names.end(), [mode](const auto& n) { return n.first == mode; });
  return at->second;
}

std::optional<WriteMode> parse_write_mode(std::string_view name) {
  const auto* const at =
      std::find_if(mode_names.begin(), mode_names.end(), [name](const auto& n) { return n.second == name; });
  if (at == mode_names.end()) return std::nullopt;
  return at->first;
}

}  // namespace leat
