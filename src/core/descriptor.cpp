#include "leat/core/detail/descriptor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <ctime>
#include <limits>

#include "leat/core/error.hpp"

namespace leat::detail {
namespace {

/// Keeps this thread from the SIGPIPE that a write may bring.
class WithoutPipeSignal {
 public:
  WithoutPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  WithoutPipeSignal(const WithoutPipeSignal&) = delete;
  WithoutPipeSignal& operator=(const WithoutPipeSignal&) = delete;
  ~WithoutPipeSignal() {
    const timespec none{};
    if (!was_pending_) {
      while (sigtimedwait(&pipe_, nullptr, &none) < 0 && errno == EINTR) {
      }
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

/// Returns whether the descriptor is ready, or has something to say of itself; else a stop was requested.
bool becomes_ready(int descriptor, short events, const std::stop_token& stop) {
  constexpr int tick_ms = 20;
  pollfd polled{.fd = descriptor, .events = events, .revents = 0};
  while (true) {
    const bool is_over = stop.stop_requested();
    const int ready = ::poll(&polled, 1, is_over ? 0 : stop.stop_possible() ? tick_ms : -1);
    if (ready > 0 || (ready < 0 && errno != EINTR)) return true;
    if (is_over) return false;
  }
}

/// What a descriptor that is ready takes without a wait. Only a file has no such limit.
std::size_t most_at_once(int descriptor) {
  struct stat status {};
  const bool is_file = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  return is_file ? std::numeric_limits<std::size_t>::max() : PIPE_BUF;
}

Error unreadable(const std::string& path, std::string_view what, int code) {
  return {ErrorKind::config, "cannot read " + std::string(what) + " " + path + ": " + std::strerror(code)};
}

class OpenFile {
 public:
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

int write_all(int descriptor, std::string_view text, const std::stop_token& stop) {
  const WithoutPipeSignal quiet;
  const std::size_t most = most_at_once(descriptor);
  while (!text.empty()) {
    if (!becomes_ready(descriptor, POLLOUT, stop)) return ECANCELED;
    const auto count = ::write(descriptor, text.data(), std::min(most, text.size()));
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR && errno != EAGAIN) {
      return errno;
    }
  }
  return 0;
}

bool takes_bytes(int descriptor) noexcept {
  pollfd polled{.fd = descriptor, .events = POLLOUT, .revents = 0};
  return ::poll(&polled, 1, 0) > 0;
}

std::string read_all(const std::string& path, std::string_view what, const std::stop_token& stop,
                     std::size_t most) {
  // A pipe without a writer would not open otherwise; with this it is as one that has nothing yet.
  const OpenFile file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (file.get() < 0) throw unreadable(path, what, errno);
  std::string text;
  std::array<char, 65536> part;
  while (true) {
    if (!becomes_ready(file.get(), POLLIN, stop)) {
      throw Error(ErrorKind::cancelled, "stopped while " + std::string(what) + " " + path + " was read");
    }
    const auto count = ::read(file.get(), part.data(), part.size());
    if (count == 0) return text;
    if (count > 0) {
      text.append(part.data(), static_cast<std::size_t>(count));
      if (text.size() > most) return text;
    } else if (errno != EINTR && errno != EAGAIN) {
      throw unreadable(path, what, errno);
    }
  }
}

}  // namespace leat::detail
