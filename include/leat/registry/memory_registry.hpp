#pragma once

#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/registry/transform_versions.hpp"

namespace leat {

/// Transforms that are kept in this process, for programs that bring their own and for tests. Thread-safe.
class LEAT_EXPORT MemoryRegistry final : public TransformVersions {
 public:
  MemoryRegistry();
  ~MemoryRegistry() override;

  Registration add(const NewTransform& transform, std::stop_token stop = {}) override;
  [[nodiscard]] RegisteredTransform find(const TransformReference& reference,
                                         std::stop_token stop = {}) const override;
  [[nodiscard]] std::vector<TransformSummary> list(std::stop_token stop = {}) const override;

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_
  std::map<std::string, std::vector<RegisteredTransform>> transforms_;  // version 1 is the first one
};

}  // namespace leat
