#include "leat/core/pool_group.hpp"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "leat/core/detail/hand_off_state.hpp"
#include "leat/core/error.hpp"

namespace leat {
namespace {

void name_this_thread(const std::string& pool, std::size_t worker) {
  static constexpr std::size_t longest = 15;
  std::string number(1, '/');
  number += std::to_string(worker);
  const std::size_t room = longest - std::min(longest, number.size());
  const std::string name = pool.substr(0, room) + number;
  static_cast<void>(pthread_setname_np(pthread_self(), name.substr(0, longest).c_str()));
}

}  // namespace

/// Invariant: each started worker decrements `running` exactly once, as the last thing it does; what it found
/// out (failure, unwound) is written before that, under the mutex.
class PoolGroup::State {
 public:
  State(const std::stop_token& caller, ThreadFactory factory)
      : threads_of_(std::move(factory)), link_(caller, Link{stop}) {
    if (!threads_of_) {
      threads_of_ = [](std::function<void()> body) { return std::thread(std::move(body)); };
    }
  }

  void start() {
    if (started) throw std::logic_error("a pool group is started once");
    started = true;
    try {
      for (detail::PoolTask& task : tasks) {
        for (std::size_t i = 0; i < task.options.workers; ++i) spawn(task, i);
      }
    } catch (...) {
      {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
      }
      end_everything(nullptr);
      join();
      throw;
    }
  }

  void join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  void end_everything(const std::exception_ptr& cause) {
    stop.request_stop();
    for (detail::PoolTask& task : tasks) task.fail(cause);
  }

  // Touched by the owner's thread, and constant while workers run
  std::vector<detail::PoolTask> tasks;
  bool started = false;

  std::stop_source stop;

  // Guarded by mutex
  std::mutex mutex;
  std::condition_variable finished;
  std::size_t running = 0;
  std::map<const void*, std::size_t> readers;  // workers that still read a hand-off
  std::exception_ptr failure;
  bool unwound = false;

 private:
  struct Link {
    std::stop_source source;
    void operator()() { source.request_stop(); }
  };

  void spawn(detail::PoolTask& task, std::size_t worker) {
    threads_.reserve(threads_.size() + 1);
    {
      const std::lock_guard lock(mutex);
      ++running;
    }
    try {
      threads_.push_back(threads_of_([this, &task, worker] { work(task, worker); }));
    } catch (...) {
      const std::lock_guard lock(mutex);
      --running;
      throw;
    }
  }

  void work(detail::PoolTask& task, std::size_t worker) noexcept {
    try {
      name_this_thread(task.options.name, worker);
      task.run(worker, stop.get_token());
    } catch (const Stopped&) {
      {
        const std::lock_guard lock(mutex);
        unwound = true;
      }
      task.fail(nullptr);
    } catch (...) {
      {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
      }
      task.fail(std::current_exception());
      stop.request_stop();
    }
    task.sign_off(worker);
    bool last_reader = false;
    if (task.input != nullptr) {
      const std::lock_guard lock(mutex);
      last_reader = --readers[task.input] == 0;
    }
    if (last_reader) task.abandon();
    const std::lock_guard lock(mutex);
    --running;
    finished.notify_all();
  }

  ThreadFactory threads_of_;
  std::vector<std::thread> threads_;
  std::stop_callback<Link> link_;
};

PoolGroup::PoolGroup(const std::stop_token& caller, ThreadFactory threads)
    : state_(std::make_unique<State>(caller, std::move(threads))) {}

PoolGroup::~PoolGroup() {
  state_->stop.request_stop();
  state_->join();
}

void PoolGroup::add(detail::PoolTask task) {
  if (state_->started) throw std::logic_error("a pool was added to a group that was started");
  if (task.options.workers == 0) {
    throw Error(ErrorKind::config,
                "PoolOptions::workers of pool \"" + task.options.name + "\" must be greater than 0");
  }
  if (task.input != nullptr) state_->readers[task.input] += task.options.workers;
  state_->tasks.push_back(std::move(task));
}

void PoolGroup::start() {
  state_->start();
}

std::stop_token PoolGroup::token() const {
  return state_->stop.get_token();
}

void PoolGroup::request_stop() {
  state_->stop.request_stop();
}

bool PoolGroup::wait_for(std::chrono::nanoseconds timeout) {
  std::unique_lock lock(state_->mutex);
  const auto finished = [&] { return state_->running == 0; };
  const auto deadline = detail::Deadline::in(timeout);
  if (deadline.at()) return state_->finished.wait_until(lock, *deadline.at(), finished);
  state_->finished.wait(lock, finished);
  return true;
}

void PoolGroup::wait() {
  if (!state_->started) state_->start();
  state_->join();
  if (state_->failure) std::rethrow_exception(state_->failure);
  if (state_->unwound && state_->stop.stop_requested()) {
    throw Error(ErrorKind::cancelled, "stopped on request");
  }
}

}  // namespace leat
