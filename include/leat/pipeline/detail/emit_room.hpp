#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <list>
#include <utility>

#include "leat/core/error.hpp"

namespace leat::detail {

/// Places for the items that the coroutines of a stream emit. A coroutine takes one place for each item, and
/// waits if there is none. A place is free again after its item was handed on. Not thread-safe: it lives on a
/// strand.
class EmitRoom {
 public:
  EmitRoom(boost::asio::any_io_executor strand, std::size_t places)
      : strand_(std::move(strand)), free_(places) {}

  /// Takes a place. False: there is none. @throws Stopped if it is closed.
  [[nodiscard]] bool try_take() {
    if (closed_) throw Stopped{};
    if (free_ == 0) return false;
    --free_;
    return true;
  }
  /// Waits until there may be a place, or it is closed.
  [[nodiscard]] boost::asio::awaitable<void> wait() {
    boost::asio::steady_timer turn(strand_, boost::asio::steady_timer::time_point::max());
    const auto place = waiting_.insert(waiting_.end(), &turn);
    boost::system::error_code ignored;
    co_await turn.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    waiting_.erase(place);
  }

  void give_back(std::size_t places) {
    free_ += places;
    wake();
  }
  void close() {
    closed_ = true;
    wake();
  }

 private:
  void wake() {
    for (boost::asio::steady_timer* turn : waiting_) turn->cancel();
  }

  boost::asio::any_io_executor strand_;
  std::size_t free_;
  bool closed_ = false;
  std::list<boost::asio::steady_timer*> waiting_;
};

}  // namespace leat::detail
