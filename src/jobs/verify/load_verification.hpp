#pragma once

#include <stop_token>
#include <string>

#include "jobs/load/publication.hpp"
#include "jobs/verify/compared_sides.hpp"
#include "jobs/verify/content_hash.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/transform/transform_class.hpp"

namespace leat::jobs_detail {

/// @throws Error (config) where the rows are not the source's.
void validate_verify(const StreamOptions& options, const Transform& transform);

/// Compares what a load has written with what the source has, in both transactions, before the commit. Used
/// by one thread at a time.
struct LoadVerification {
  WriteMode mode = WriteMode::replace;
  ComparedSides compared{};  ///< all but what of the target is compared, which follows from the mode
  TableInfo table{};         ///< the target
  Settings settings{};       ///< for what is printed
  std::string note{};        ///< what was found to be equal

  /// What is compared, for the plan.
  [[nodiscard]] std::string remark() const;
  /// Rows that were collected in `staging`, as they came, where the mode matches them by a key. @throws Error
  /// (verify) with a few differences.
  void check_staged(const TableName& staging, const std::stop_token& stop);
  /// The table, when its rows are there; `publication` is null where nothing was staged. @throws Error
  /// (verify) with a few differences.
  void check_table(const Publication* publication, const std::stop_token& stop);

 private:
  void compare(const std::string& target_from, const std::string& target_where, const std::string& what,
               const std::stop_token& stop);
};

}  // namespace leat::jobs_detail
