#pragma once

#include <functional>
#include <future>
#include <memory>
#include <stop_token>

#include "jobs/prepare/prepare_target.hpp"

namespace leat::jobs_detail {

/// A session that a thread of its own opens while its owner does something else: over a slow link two
/// sessions take no longer than one. The options must outlive it. Used by one thread.
class EarlySession {
 public:
  EarlySession(const ResolvedConnection& where, ErrorKind side, const StreamOptions& options,
               const std::stop_token& stop)
      : on_stop_(stop, [own = own_]() mutable { own.request_stop(); }),
        session_(std::async(std::launch::async, [&where, side, &options, token = own_.get_token()] {
          return connect(where, side, options, token);
        })) {}
  EarlySession(const EarlySession&) = delete;
  EarlySession& operator=(const EarlySession&) = delete;
  /// What nobody has taken is given up.
  ~EarlySession() {
    own_.request_stop();
    if (session_.valid()) session_.wait();
  }

  /// Waits for it, once. @throws what connect() throws.
  [[nodiscard]] std::shared_ptr<Connection> take() { return session_.get(); }

 private:
  std::stop_source own_;
  std::stop_callback<std::function<void()>> on_stop_;
  std::future<std::shared_ptr<Connection>> session_;
};

}  // namespace leat::jobs_detail
