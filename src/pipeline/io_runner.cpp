#include "leat/pipeline/detail/io_runner.hpp"

namespace leat::detail {

IoRunner::IoRunner(boost::asio::io_context* embedders) {
  if (embedders == nullptr) own_.emplace(1);
  context_ = own_ ? &*own_ : embedders;
}

void IoRunner::add_pool(PoolGroup& group, std::size_t asynchronous_stages) {
  stages_ = asynchronous_stages;
  if (!own_ || asynchronous_stages == 0) return;
  work_.emplace(own_->get_executor());
  // Until the context has no work.
  group.add({.options = {.name = "io"}, .run = [this](std::size_t, const std::stop_token&) { own_->run(); }});
}

void IoRunner::stage_ended(bool gave_up) {
  if (!own_) return;
  const std::lock_guard lock(mutex_);
  if (gave_up) own_->stop();
  if (--stages_ == 0) work_.reset();
}

}  // namespace leat::detail
