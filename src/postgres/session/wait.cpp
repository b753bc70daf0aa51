#include "postgres/session/wait.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <ctime>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <system_error>

#include "leat/core/error.hpp"

namespace leat::postgres_detail {

WakeUp::WakeUp() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

WakeUp::~WakeUp() {
  ::close(descriptor_);
}

void WakeUp::signal() noexcept {
  const std::uint64_t one = 1;
  // The counter cannot overflow by one write a wait, so the result says nothing new.
  [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
}

void WakeUp::drain() noexcept {
  std::uint64_t drained = 0;
  [[maybe_unused]] const auto count = ::read(descriptor_, &drained, sizeof drained);
}

void WakeUp::pause(std::chrono::microseconds moment, const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { signal(); });
  pollfd polled{.fd = descriptor_, .events = POLLIN, .revents = 0};
  const timespec longest{.tv_sec = 0, .tv_nsec = static_cast<long>(moment.count() * 1000)};
  if (::ppoll(&polled, 1, &longest, nullptr) > 0) drain();
}

WaitResult WakeUp::wait(int socket, Readiness readiness, Clock::time_point deadline,
                        const std::stop_token& stop) {
  short events = 0;
  if (readiness != Readiness::write) events |= POLLIN;
  if (readiness != Readiness::read) events |= POLLOUT;
  std::array<pollfd, 2> polled{{{.fd = socket, .events = events, .revents = 0}, {}}};
  return wait(polled, deadline, stop);
}

WaitResult WakeUp::wait(std::span<pollfd> polled, Clock::time_point deadline, const std::stop_token& stop) {
  if (stop.stop_requested()) throw Stopped();
  const std::stop_callback wake(stop, [this] { signal(); });
  pollfd& own = polled.back();
  own = {.fd = descriptor_, .events = POLLIN, .revents = 0};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    const auto longest = static_cast<std::int64_t>(std::numeric_limits<int>::max());
    const int timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, longest));
    const int ready = ::poll(polled.data(), static_cast<nfds_t>(polled.size()), timeout);
    if (ready < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
    const bool was_signalled = ready > 0 && own.revents != 0;
    if (was_signalled) {
      // Also by a stop request that came as an earlier wait ended. The request is visible before it writes,
      // so none is lost when the descriptor is emptied first and the token is asked then.
      drain();
    }
    if (stop.stop_requested()) throw Stopped();
    if (ready > (was_signalled ? 1 : 0)) return WaitResult::ready;
    if (ready == 0 && Clock::now() >= deadline) return WaitResult::timeout;
  }
}

}  // namespace leat::postgres_detail
