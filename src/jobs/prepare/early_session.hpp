#pragma once

#include <functional>
#include <future>
#include <memory>
#include <stop_token>
#include <thread>

#include "jobs/prepare/prepare_target.hpp"

namespace leat::jobs_detail {

/// A session that a thread of its own opens while its owner does something else: over a slow link two
/// sessions take no longer than one. What nobody has taken is given up. The options must outlive it. Used by
/// one thread.
class EarlySession {
 public:
  EarlySession(const ResolvedConnection& where, ErrorKind side, const StreamOptions& options,
               const std::stop_token& stop)
      : opening_([&where, side, &options](std::stop_token own) {
          return connect(where, side, options, std::move(own));
        }),
        session_(opening_.get_future()),
        thread_(std::ref(opening_)),
        on_stop_(stop, [this] { thread_.request_stop(); }) {}

  /// Waits for it, once. @throws what connect() throws.
  [[nodiscard]] std::shared_ptr<Connection> take() { return session_.get(); }

 private:
  std::packaged_task<std::shared_ptr<Connection>(std::stop_token)> opening_;
  std::future<std::shared_ptr<Connection>> session_;
  std::jthread thread_;
  std::stop_callback<std::function<void()>> on_stop_;
};

}  // namespace leat::jobs_detail
