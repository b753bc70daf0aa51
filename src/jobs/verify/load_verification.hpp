#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "jobs/load/publication.hpp"
#include "jobs/survey/survey.hpp"
#include "jobs/verify/compared_sides.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/transform/transform_class.hpp"

namespace leat::jobs_detail {

/// What a load is compared with.
struct VerificationSetup {
  WriteMode mode = WriteMode::replace;
  std::shared_ptr<Connection> source{};  ///< in the transaction that has the snapshot
  std::shared_ptr<Connection> target{};  ///< in the transaction of the load
  std::string source_from{};             ///< what may stand after FROM
  std::string source_where{};
  TableInfo table{};  ///< the target
  std::vector<ComparedColumn> columns{};
  Settings settings{};  ///< for what is printed
  HashMethod method = HashMethod::by_type;
  bool same_encoding = true;
};

/// @throws Error (config) where the rows are not the source's.
void validate_verify(const StreamOptions& options, const Transform& transform);

/// Compares what a load has written with what the source has, in both transactions, before the commit. Used
/// by one thread at a time.
class LoadVerification {
 public:
  explicit LoadVerification(VerificationSetup setup) : setup_(std::move(setup)) {}

  /// What is compared, for the plan.
  [[nodiscard]] std::string remark() const;
  /// Rows that were collected in `staging`, as they came, where the mode matches them by a key. @throws Error
  /// (verify) with a few differences.
  void check_staged(const TableName& staging, const std::stop_token& stop);
  /// The table, when its rows are there; `publication` is null where nothing was staged. @throws Error
  /// (verify) with a few differences.
  void check_table(const Publication* publication, const std::stop_token& stop);
  /// What was found to be equal.
  [[nodiscard]] const std::string& note() const { return note_; }

 private:
  void compare(const std::string& target_from, const std::string& target_where, const std::string& what,
               const std::stop_token& stop);

  const VerificationSetup setup_;
  std::string note_;
};

}  // namespace leat::jobs_detail
