#include "leat/pipeline/detail/node.hpp"

#include <utility>

#include "leat/pipeline/detail/source.hpp"

namespace leat::detail {

StagePool::StagePool(PoolOptions options, HandOffBox* in, HandOffBox* out, Body body)
    : options_(std::move(options)), in_(in), out_(out), body_(std::move(body)) {
  if (out_ == nullptr) return;
  for (std::size_t i = 0; i < options_.workers; ++i) registrations_.push_back(out_->register_producer());
}

PoolTask StagePool::task() && {
  auto registrations = std::make_shared<std::vector<Registration>>(std::move(registrations_));
  PoolTask task{.options = std::move(options_),
                .input = in_,
                .run = std::move(body_),
                .fail =
                    [in = in_, out = out_](const std::exception_ptr& failure) {
                      if (in != nullptr) in->fail(failure);
                      if (out != nullptr) out->fail(failure);
                    },
                .sign_off =
                    [registrations](std::size_t worker) {
                      if (!registrations->empty()) (*registrations)[worker].sign_off();
                    },
                .abandon = {}};
  if (in_ != nullptr) task.abandon = [in = in_] { in->abandon(); };
  return task;
}

StageNode::StageNode(std::string&& name, StageOptions&& options)
    : name_(std::move(name)), options_(std::move(options)) {}
StageNode::~StageNode() = default;

EitherStop::EitherStop(const std::stop_token& one, const std::stop_token& other)
    : on_one_(one, Request{source_}), on_other_(other, Request{source_}) {}
EitherStop::~EitherStop() = default;

}  // namespace leat::detail
