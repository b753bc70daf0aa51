#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/row_batch.hpp"
#include "leat/transform/row_output.hpp"
#include "leat/transform/row_shape.hpp"

namespace leat::jobs_detail {

/// The batches that a hook which changes the shape of rows fills. One thread at a time.
class LEAT_EXPORT HookBatches {
 public:
  /// Batches of `schemas`; is_full() from `most_bytes` on.
  HookBatches(const ShapedSchemas& schemas, RowBatch first, std::size_t most_bytes)
      : rows(std::move(first)), most_bytes_(most_bytes) {
    for (const auto& table : schemas.beside) beside.emplace_back(table.columns);
  }
  HookBatches(const HookBatches&) = delete;
  HookBatches& operator=(const HookBatches&) = delete;
  virtual ~HookBatches() = default;

  [[nodiscard]] bool is_full() const noexcept {
    std::size_t bytes = rows.bytes();
    for (const auto& batch : beside) bytes += batch.bytes();
    return bytes >= most_bytes_;
  }
  /// Passes on what there is; the batches are empty then, in the same places.
  virtual void hand_on() = 0;

  RowBatch rows;
  std::vector<RowBatch> beside{};  ///< of each table
  std::uint64_t added = 0;         ///< rows beyond the first one of each row of the input

 private:
  const std::size_t most_bytes_;
};

/// Such a hook of one thread.
struct ShapedHook {
  using Run = std::function<void(const RowBatch& in, HookBatches& out)>;

  Run run{};
  std::shared_ptr<const ShapedSchemas> schemas{};
  std::size_t batch_bytes = 0;
};

/// What Transform::shaped() was given. Thread-safe.
class LEAT_EXPORT ShapedTransform {
 public:
  ShapedTransform() = default;
  ShapedTransform(const ShapedTransform&) = delete;
  ShapedTransform& operator=(const ShapedTransform&) = delete;
  virtual ~ShapedTransform() = default;

  /// What the hook writes for rows of these columns.
  [[nodiscard]] virtual RowShape shape(const Schema& input) const = 0;
  /// Makes a hook.
  [[nodiscard]] virtual ShapedHook::Run prepare(
      const std::shared_ptr<const ShapedSchemas>& schemas) const = 0;
};

}  // namespace leat::jobs_detail
