#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/match/column_match.hpp"
#include "leat/transform/transform_class.hpp"

namespace leat::jobs_detail {

/// What a row hook that changes the shape of rows reads and writes, before that is matched with any table.
struct ShapedRows {
  struct Beside {
    std::string table{};  ///< as the hook calls it
    std::vector<SourceColumn> columns{};
  };

  std::vector<SourceColumn> input{};
  std::vector<SourceColumn> written{};
  std::vector<Beside> beside{};
};

/// What the hook declares for rows of these columns; nullopt of one that keeps their shape. `types` is a
/// session that knows the types' numbers: with the source, if that is a server.
/// @throws Error (config) for a column without a name, without a type that is known, or that is there twice;
/// what the declaration throws.
[[nodiscard]] std::optional<ShapedRows> shaped_rows(const Transform& hook,
                                                    const std::vector<SourceColumn>& input, Connection& types,
                                                    const std::stop_token& stop);

/// Matches what the hook writes with the target's columns; what stands against it is added to `findings`. The
/// source is asked for its columns as they are.
[[nodiscard]] ColumnMatch match_shape(const ShapedRows& rows, const TableInfo& target,
                                      std::vector<Finding>& findings);

}  // namespace leat::jobs_detail
