#pragma once

#include <stop_token>
#include <utility>

#include "jobs/prepare/slice.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// Weighs rows of a part whose pages do not tell where its bytes are, by the sizes that the server keeps with
/// them. For one thread.
class SliceScale {
 public:
  /// Table and session outlive it. The part of the slices that it is asked for has `row_bytes`.
  SliceScale(const SlicedTable& table, Connection& session, std::stop_token stop)
      : table_(table), session_(session), stop_(std::move(stop)) {}

  [[nodiscard]] ByteCount weigh(const Slice& slice) const;

  /// The slice from its beginning on as far as its rows take about so many bytes at most, or one place of it.
  [[nodiscard]] Slice lighten(Slice slice, ByteCount most) const;

  /// Where a slice that has an end is cut so that both parts take about as many bytes.
  [[nodiscard]] RowPlace middle(const Slice& slice, ByteCount weight) const;

 private:
  const SlicedTable& table_;
  Connection& session_;
  const std::stop_token stop_;
};

}  // namespace leat::jobs_detail
