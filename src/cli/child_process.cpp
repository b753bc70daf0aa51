#include "cli/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "leat/core/error.hpp"

namespace leat::cli {
namespace {

constexpr int signal_code = 128;
constexpr auto time_to_end = std::chrono::seconds(5);

Error no_child(const std::string& path, int number) {
  return {ErrorKind::config, path + " cannot be run: " + std::strerror(number)};
}

/// A descriptor that is closed with it.
class OwnDescriptor {
 public:
  explicit OwnDescriptor(int descriptor = -1) : descriptor_(descriptor) {}
  OwnDescriptor(const OwnDescriptor&) = delete;
  OwnDescriptor& operator=(const OwnDescriptor&) = delete;
  ~OwnDescriptor() { close(); }
  void take(int descriptor) {
    close();
    descriptor_ = descriptor;
  }
  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

struct ChildPipe {
  OwnDescriptor read;
  OwnDescriptor write;

  explicit ChildPipe(const std::string& path) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw no_child(path, errno);
    read.take(ends[0]);
    write.take(ends[1]);
  }
};

/// The environment of a program.
std::vector<std::string> child_environment(const ChildProgram& program) {
  std::vector<std::string> result;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::string_view name = text.substr(0, text.find('='));
    bool replaced = false;
    for (const auto& [own, value] : program.variables) replaced = replaced || own == name;
    if (!replaced) result.emplace_back(text);
  }
  for (const auto& [name, value] : program.variables) {
    if (!value.empty()) result.push_back(name + "=" + value);
  }
  return result;
}

std::vector<char*> word_pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (auto& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

/// What the child does before it is another program. Only calls that are allowed between fork and exec.
[[noreturn]] void become(const char* path, char* const* argv, char* const* envp, int out, int err, int failed,
                         pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(signal_code);
  sigset_t none;
  sigemptyset(&none);
  for (const int signal : {SIGPIPE, SIGHUP, SIGINT, SIGTERM, SIGUSR1}) ::signal(signal, SIG_DFL);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDONLY);
  if (::dup2(null, STDIN_FILENO) >= 0 && ::dup2(out, STDOUT_FILENO) >= 0 && ::dup2(err, STDERR_FILENO) >= 0) {
    ::execve(path, argv, envp);
  }
  const int number = errno;
  [[maybe_unused]] const auto written = ::write(failed, &number, sizeof number);
  ::_exit(signal_code - 1);
}

/// A child process, ended with this object where it has not ended by itself.
class Child {
 public:
  explicit Child(pid_t process) : process_(process) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (process_ <= 0) return;
    signal(SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  void signal(int number) const {
    // It may not be the head of its group yet.
    if (::kill(-process_, number) != 0) ::kill(process_, number);
  }
  int wait() {
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : signal_code + WTERMSIG(status);
  }

 private:
  pid_t process_;
};

/// Hands on whole lines.
class LineCutter {
 public:
  explicit LineCutter(const std::function<void(const std::string&)>& on_line) : on_line_(on_line) {}
  void add(std::string_view text) {
    rest_ += text;
    for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
      hand_on(rest_.substr(0, end));
      rest_.erase(0, end + 1);
    }
  }
  void end() {
    if (!rest_.empty()) hand_on(rest_);
    rest_.clear();
  }

 private:
  void hand_on(const std::string& line) const {
    if (on_line_ && !line.empty()) on_line_(line);
  }
  const std::function<void(const std::string&)>& on_line_;
  std::string rest_;
};

/// Reads what both pipes hold until their writers are gone. Returns whether a stop has ended the child.
bool read_child(const Child& child, ChildPipe& out, ChildPipe& err, int stopped, std::string& output,
                LineCutter& lines) {
  using Clock = std::chrono::steady_clock;
  constexpr std::size_t most = 65'536;
  std::string buffer(most, '\0');
  Clock::time_point killed_at;
  bool stops = false;
  while (out.read.get() >= 0 || err.read.get() >= 0) {
    std::array<pollfd, 3> waits{
        {{out.read.get(), POLLIN, 0}, {err.read.get(), POLLIN, 0}, {stops ? -1 : stopped, POLLIN, 0}}};
    int limit = -1;
    if (stops) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(killed_at - Clock::now());
      limit = left.count() > 0 ? static_cast<int>(left.count()) : 0;
    }
    const int ready = ::poll(waits.data(), waits.size(), limit);
    if (ready == 0 && stops) {
      child.signal(SIGKILL);
      return true;
    }
    if (ready < 0) continue;
    if (waits[2].revents != 0) {
      child.signal(SIGTERM);
      stops = true;
      killed_at = Clock::now() + time_to_end;
    }
    for (std::size_t i = 0; i < 2; ++i) {
      if (waits[i].revents == 0) continue;
      ChildPipe& pipe = i == 0 ? out : err;
      const auto count = ::read(pipe.read.get(), buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) {
        pipe.read.close();
        continue;
      }
      const std::string_view text(buffer.data(), static_cast<std::size_t>(count));
      if (i == 0) {
        output += text;
      } else {
        lines.add(text);
      }
    }
  }
  lines.end();
  return stops;
}

}  // namespace

ChildEnd run_child(const ChildProgram& program, const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped");
  std::vector<std::string> words{program.path};
  words.insert(words.end(), program.words.begin(), program.words.end());
  auto variables = child_environment(program);
  const auto argv = word_pointers(words);
  const auto envp = word_pointers(variables);
  ChildPipe out(program.path);
  ChildPipe err(program.path);
  ChildPipe failed(program.path);
  OwnDescriptor stopped(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  if (process < 0) throw no_child(program.path, errno);
  if (process == 0) {
    become(program.path.c_str(), argv.data(), envp.data(), out.write.get(), err.write.get(),
           failed.write.get(), parent);
  }
  Child child(process);
  for (ChildPipe* const pipe : {&out, &err, &failed}) pipe->write.close();
  int number = 0;
  if (::read(failed.read.get(), &number, sizeof number) == sizeof number) {
    static_cast<void>(child.wait());
    throw no_child(program.path, number);
  }
  ChildEnd end;
  LineCutter lines(program.on_line);
  const std::stop_callback on_stop(stop, [&stopped] {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(stopped.get(), &one, sizeof one);
  });
  const bool was_stopped = read_child(child, out, err, stopped.get(), end.output, lines);
  end.code = child.wait();
  if (was_stopped) throw Error(ErrorKind::cancelled, "stopped");
  return end;
}

}  // namespace leat::cli
