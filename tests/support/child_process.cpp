#include "support/child_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>

namespace leat::test {
namespace {

struct UserChange {
  bool switch_to = false;
  uid_t uid = 0;
  gid_t gid = 0;
};

/// Whom a child becomes where this process is root.
UserChange unprivileged_user() {
  if (::geteuid() != 0) return {};
  const passwd* user = ::getpwnam("postgres");
  if (user == nullptr) user = ::getpwnam("nobody");
  if (user == nullptr)
    throw std::runtime_error("root needs a user \"postgres\" or \"nobody\" to run PostgreSQL as");
  return {true, user->pw_uid, user->pw_gid};
}

std::vector<std::string> child_environment() {
  std::vector<std::string> variables{"LC_ALL=C.UTF-8", "HOME=/", "TZ=UTC"};
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (text.starts_with("PATH=") || text.starts_with("LD_LIBRARY_PATH=") || text.starts_with("TMPDIR=")) {
      variables.emplace_back(text);
    }
  }
  return variables;
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  for (const auto& word : words) result.push_back(const_cast<char*>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

/// Forks and executes. After the fork only what is safe in a copy of a program with threads.
pid_t fork_and_exec(const std::vector<std::string>& command, ChildUser as, int out, int err) {
  const UserChange user = as == ChildUser::same ? UserChange{} : unprivileged_user();
  const auto environment = child_environment();
  auto arguments = pointers(command);
  auto variables = pointers(environment);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
  if (child > 0) return child;

  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  ::close_range(3, ~0U, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  if (user.switch_to &&
      (::setgroups(0, nullptr) != 0 || ::setgid(user.gid) != 0 || ::setuid(user.uid) != 0)) {
    ::_exit(126);
  }
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (::getppid() != parent || ::chdir("/") != 0) ::_exit(126);
  ::execvpe(arguments[0], arguments.data(), variables.data());
  ::_exit(127);
}

int open_log(const std::filesystem::path& log) {
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) throw std::runtime_error("cannot open " + log.string() + ": " + std::strerror(errno));
  return file;
}

std::string drain(int pipe) {
  std::string text;
  std::array<char, 65536> buffer;
  while (true) {
    const ssize_t count = ::read(pipe, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace

pid_t ChildProcess::spawn() const {
  const int file = open_log(log);
  const pid_t child = fork_and_exec(command, user, file, file);
  ::close(file);
  return child;
}

std::string ChildProcess::run() const {
  const int file = open_log(log);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  const pid_t child = fork_and_exec(command, user, ends[1], file);
  ::close(ends[1]);
  ::close(file);
  std::string output = drain(ends[0]);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0) {
    const std::string how = WIFEXITED(status) ? "exit code " + std::to_string(WEXITSTATUS(status))
                                              : "signal " + std::to_string(WTERMSIG(status));
    throw std::runtime_error(command.front() + " failed (" + how + "): " + output + tail_of(log));
  }
  return output;
}

void give_to_child_user(const std::filesystem::path& path) {
  const UserChange user = unprivileged_user();
  if (user.switch_to && ::chown(path.c_str(), user.uid, user.gid) != 0) {
    throw std::runtime_error("cannot give away " + path.string() + ": " + std::strerror(errno));
  }
}

std::string tail_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::string text(std::istreambuf_iterator<char>(stream), {});
  constexpr std::size_t limit = 4000;
  return text.size() <= limit ? text : "..." + text.substr(text.size() - limit);
}

}  // namespace leat::test
