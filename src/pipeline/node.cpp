#include "leat/pipeline/detail/node.hpp"

#include <array>
#include <string>
#include <utility>

#include "leat/pipeline/detail/source.hpp"
#include "leat/pipeline/detail/worker_hook.hpp"

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

void require_commit(const StageFlow& here, CommitPoint of_hook) {
  if (here.options.commit == of_hook) return;
  constexpr std::array names{"item", "worker", "run"};
  const std::string name = names.at(static_cast<std::size_t>(of_hook));
  throw Error(ErrorKind::config,
              here.name + ".commit must be CommitPoint::" + name + ", since that is when its hook commits",
              {.hint = "set it in the stage's options, or add the stage by into()"});
}

EitherStop::EitherStop(const std::stop_token& one, const std::stop_token& other)
    : on_one_(one, Request{source_}), on_other_(other, Request{source_}) {}
EitherStop::~EitherStop() = default;

}  // namespace leat::detail
