#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <mutex>
#include <optional>

#include "leat/core/pool_group.hpp"

namespace leat::detail {

/// The io_context that a run's coroutines live on: the embedder's, or its own with a thread. Thread-safe.
class IoRunner {
 public:
  explicit IoRunner(boost::asio::io_context* embedders);

  [[nodiscard]] boost::asio::io_context& context() noexcept { return *context_; }

  /// Adds the thread that runs its own context; nothing where it is the embedder's.
  void add_pool(PoolGroup& group, std::size_t asynchronous_stages);

  /// A stage has no coroutine left, or gives up waiting for them; after the last stage its own thread ends.
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
