#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <mutex>
#include <optional>

#include "leat/core/detail/export.hpp"
#include "leat/core/pool_group.hpp"

namespace leat::detail {

/// The io_context on which a run's coroutines live: the embedder's, or its own with a thread. Thread-safe.
class LEAT_EXPORT IoRunner {
 public:
  explicit IoRunner(boost::asio::io_context* embedders);

  [[nodiscard]] boost::asio::io_context& context() noexcept { return *context_; }

  /// Adds the thread that runs its own context; does nothing if the context is the embedder's.
  void add_pool(PoolGroup& group, std::size_t asynchronous_stages);

  /// Called when a stage has no coroutine left, or gives up waiting for them. After the last stage its own
  /// thread ends.
  void stage_ended(bool gave_up);
  [[nodiscard]] bool is_own() const noexcept { return own_.has_value(); }

 private:
  std::optional<boost::asio::io_context> own_;
  boost::asio::io_context* context_;
  std::mutex mutex_;
  std::size_t stages_ = 0;  // guarded by mutex_
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
};

}  // namespace leat::detail
