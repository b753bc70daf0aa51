#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/bytes.hpp"
#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat::cli {

struct InitColumn {
  std::string name{};
  std::string type{};  ///< without its modifier: "timestamp with time zone"
  bool is_key = false;
  bool counts = false;  ///< a serial or an identity
};

/// A table for which leat init writes a load.
struct InitTable {
  TableName name{};
  std::string kind{};  ///< "partitioned table", "view", …; empty for a table
  bool is_readable = true;
  std::optional<std::uint64_t> rows{};  ///< an estimate
  ByteCount size{};                     ///< with its indexes; of all partitions
  std::vector<InitColumn> columns{};
  std::vector<std::size_t> references{};  ///< other tables of the survey
  /// Others inherit from it: "only" if all of them are tables of the survey, else "tree".
  std::string inheritance{};
};

struct InitSurvey {
  std::vector<InitTable> tables{};      // by name
  std::vector<std::string> left_out{};  // a sentence each
};

/// Looks at the tables that patterns choose: a partitioned table stands for its partitions if it is chosen
/// itself. Reads only catalogs. @throws Error (config) for a pattern that matches nothing.
[[nodiscard]] InitSurvey survey_tables(Connection& session, const std::vector<std::string>& include,
                                       const std::vector<std::string>& exclude, const std::stop_token& stop);

}  // namespace leat::cli
