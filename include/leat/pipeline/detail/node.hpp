#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/core/detail/registration.hpp"
#include "leat/core/monitor.hpp"
#include "leat/core/pool_group.hpp"
#include "leat/pipeline/detail/flow.hpp"
#include "leat/pipeline/pipeline_options.hpp"
#include "leat/pipeline/work_item.hpp"

namespace leat::detail {

class IoRunner;

/// The hand-off before a stage, independent of the type of its items.
class LEAT_EXPORT HandOffBox {
 public:
  HandOffBox() = default;
  HandOffBox(const HandOffBox&) = delete;
  HandOffBox& operator=(const HandOffBox&) = delete;
  virtual ~HandOffBox() = default;
  [[nodiscard]] virtual MonitorStats stats() const = 0;
  [[nodiscard]] virtual Registration register_producer() = 0;
  virtual void fail(const std::exception_ptr& failure) noexcept = 0;
  virtual void abandon() noexcept = 0;
};

template <class T>
class BoxOf final : public HandOffBox {
 public:
  explicit BoxOf(const StageOptions& options)
      : monitor({.items = options.queue_items, .bytes = bound_of<T>(options.queue_bytes)}) {}
  [[nodiscard]] MonitorStats stats() const override { return monitor.stats(); }
  [[nodiscard]] Registration register_producer() override { return monitor.register_producer(); }
  void fail(const std::exception_ptr& failure) noexcept override { monitor.fail(failure); }
  void abandon() noexcept override { monitor.abandon(); }

  Monitor<WorkItem<T>> monitor;
};

template <class T>
[[nodiscard]] Monitor<WorkItem<T>>& monitor_in(HandOffBox& box) {
  return static_cast<BoxOf<T>&>(box).monitor;
}

/// Workers between two hand-offs, like Producer, Stage and Consumer, but compiled once for all item types.
/// Every worker is registered as a producer of `out` when the pool is constructed. Move-only; add it to a
/// PoolGroup.
class LEAT_EXPORT StagePool {
 public:
  /// Several workers call it at the same time.
  using Body = std::function<void(std::size_t worker, const std::stop_token& stop)>;

  /// Null: there is no such hand-off. Both must outlive the group.
  StagePool(PoolOptions options, HandOffBox* in, HandOffBox* out, Body body);

  /// Used by PoolGroup.
  [[nodiscard]] PoolTask task() &&;

 private:
  PoolOptions options_;
  HandOffBox* in_;
  HandOffBox* out_;
  Body body_;
  std::vector<Registration> registrations_;
};

/// The parts of a run that a stage needs. All of them outlive the run's threads.
struct StageSeat {
  PoolGroup& group;
  Flow& flow;
  IoRunner* io;  // where a stage is asynchronous
  std::size_t index;
  HandOffBox& in;
  HandOffBox* out;  // null after the last stage
};

/// One stage of a pipeline, between runs. It makes its part of each run.
class LEAT_EXPORT StageNode {
 public:
  StageNode(std::string&& name, StageOptions&& options);
  StageNode(const StageNode&) = delete;
  StageNode& operator=(const StageNode&) = delete;
  virtual ~StageNode();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const StageOptions& options() const { return options_; }

  [[nodiscard]] virtual std::unique_ptr<HandOffBox> make_input() const = 0;
  /// How many threads count its work.
  [[nodiscard]] virtual std::size_t tallies() const = 0;
  [[nodiscard]] virtual bool is_stream() const = 0;
  [[nodiscard]] virtual bool is_asynchronous() const = 0;
  /// Adds its pools to the group. The return value is kept until all threads of the run are gone.
  [[nodiscard]] virtual std::shared_ptr<void> add_pools(const StageSeat& seat) = 0;

 private:
  std::string name_;
  StageOptions options_;
};

/// The source of items, between runs.
class LEAT_EXPORT SourceNode {
 public:
  SourceNode() = default;
  SourceNode(const SourceNode&) = delete;
  SourceNode& operator=(const SourceNode&) = delete;
  virtual ~SourceNode() = default;
  /// @param drain a stop request there ends the source; items that it has given go on.
  virtual void add_pool(PoolGroup& group, Flow& flow, HandOffBox& out, std::stop_token drain) = 0;
};

}  // namespace leat::detail
