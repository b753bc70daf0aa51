#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace leat::registry_detail {

/// A value for people: as it is where it is a plain word or number, else in double quotes, on one line,
/// shortened to so many characters; NULL without quotes.
[[nodiscard]] std::string shown_value(const std::optional<std::string>& value, std::size_t most = 60);

/// "id = 1, name = Ann".
[[nodiscard]] std::string shown_row(const std::vector<std::string>& columns,
                                    const std::vector<std::optional<std::string>>& values);

/// The rows in columns of the width that they need, each line with that before it. The first row is the head.
[[nodiscard]] std::string in_columns(const std::vector<std::vector<std::string>>& rows,
                                     const std::string& before);

}  // namespace leat::registry_detail
