#include "leat/pipeline/detail/io_runner.hpp"

#include <exception>
#include <utility>

namespace leat::detail {
namespace {

/// A pool of one thread that runs a context until it has no work.
class IoPool {
 public:
  explicit IoPool(boost::asio::io_context& context) : context_(context) {}
  [[nodiscard]] PoolTask task() && {
    boost::asio::io_context& context = context_;
    return {.options = {.name = "io", .workers = 1},
            .input = nullptr,
            .run = [&context](std::size_t, const std::stop_token&) { context.run(); },
            .fail = [](const std::exception_ptr&) {},
            .sign_off = [](std::size_t) {},
            .abandon = {}};
  }

 private:
  boost::asio::io_context& context_;
};

}  // namespace

IoRunner::IoRunner(boost::asio::io_context* embedders) {
  if (embedders == nullptr) own_.emplace(1);
  context_ = own_ ? &*own_ : embedders;
}

void IoRunner::add_pool(PoolGroup& group, std::size_t asynchronous_stages) {
  stages_ = asynchronous_stages;
  if (!own_ || asynchronous_stages == 0) return;
  work_.emplace(own_->get_executor());
  group.add(IoPool(*own_));
}

void IoRunner::stage_ended(bool gave_up) {
  if (!own_) return;
  const std::lock_guard lock(mutex_);
  if (gave_up) own_->stop();
  if (--stages_ == 0) work_.reset();
}

}  // namespace leat::detail
