#include "command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>

#include "support/places.hpp"

namespace leat::test {
namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  for (const auto& word : words) result.push_back(const_cast<char*>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

/// Where the words of an error of the library begin that the command should have made its own:
/// ".max_rejects", "Indexes::keep".
std::size_t words_of_library(std::string_view text) {
  constexpr std::array<std::string_view, 10> words{
      "AdHocQuery",    "ConnectionFactory::", "CopyTable",        "CreateTarget::", "Indexes::",
      "Inheritance::", "LargeObjectMode::",   "OnLostSnapshot::", "Triggers::",     "WriteMode::"};
  for (const auto word : words) {
    if (const auto at = text.find(word); at != std::string_view::npos) return at;
  }
  for (auto at = text.find('.', 1); at != std::string_view::npos; at = text.find('.', at + 1)) {
    const bool begins = text[at - 1] == ' ' || text[at - 1] == '(';
    if (begins && at + 1 < text.size() && text[at + 1] >= 'a' && text[at + 1] <= 'z') return at;
  }
  return std::string_view::npos;
}

void refuse_words_of_library(const std::string& text) {
  const auto at = words_of_library(text);
  if (at == std::string::npos) return;
  const auto line = text.rfind('\n', at) + 1;
  throw std::runtime_error("the command speaks of C++: " + text.substr(line, text.find('\n', at) - line));
}

}  // namespace

RunningCommand::RunningCommand(const std::vector<std::string>& arguments, Sinks sinks,
                               const std::vector<std::string>& variables_more,
                               const std::vector<std::string>& before) {
  const std::string command = built_program("leat");
  std::vector<std::string> words = before;
  words.push_back(command);
  words.insert(words.end(), arguments.begin(), arguments.end());
  // The first one of a name counts.
  std::vector<std::string> variables = variables_more;
  variables.push_back("HOME=" + directory_.path().string());
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    if (text.starts_with("PG") || text.starts_with("LEAT_CONNECTIONS=") ||
        text.starts_with("XDG_CONFIG_HOME=") || text.starts_with("HOME=")) {
      continue;
    }
    variables.emplace_back(text);
  }
  const auto argv = pointers(words);
  const auto envp = pointers(variables);
  const std::array<int, 2> written{open_sink(sinks.out, "out"), open_sink(sinks.err, "err")};
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  for (int i = 0; i < 2; ++i) {
    if (written[static_cast<std::size_t>(i)] >= 0) {
      ::posix_spawn_file_actions_adddup2(&files, written[static_cast<std::size_t>(i)], i + 1);
    } else {
      ::posix_spawn_file_actions_addclose(&files, i + 1);
    }
  }
  const int failure =
      ::posix_spawn(&process_, words.front().c_str(), &files, nullptr, argv.data(), envp.data());
  ::posix_spawn_file_actions_destroy(&files);
  for (const int descriptor : written) ::close(descriptor);
  if (failure != 0) throw std::runtime_error("cannot start " + words.front());
}

RunningCommand::~RunningCommand() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  for (const int descriptor : readers_) ::close(descriptor);
}

int RunningCommand::open_sink(Sink sink, const char* file) {
  if (sink == Sink::closed) return -1;
  if (sink == Sink::full) return ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  if (sink == Sink::file) {
    return ::open(directory_.file(file).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  }
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) throw std::runtime_error("cannot make a pipe");
  if (sink == Sink::broken_pipe) {
    ::close(ends[0]);
  } else {
    readers_.push_back(ends[0]);
    while (::write(ends[1], "x", 1) == 1) {
    }
  }
  ::fcntl(ends[1], F_SETFL, 0);
  return ends[1];
}

bool RunningCommand::has_ended() const {
  siginfo_t state{};
  return ::waitid(P_PID, static_cast<id_t>(process_), &state, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         state.si_pid == process_;
}

bool RunningCommand::is_asleep() const {
  const std::string status = text_of("/proc/" + std::to_string(process_) + "/status");
  constexpr std::string_view blocked = "\nSigBlk:\t";
  const auto at = status.find(blocked);
  if (at == std::string::npos || status.find("\nState:\tS") == std::string::npos) return false;
  const auto signals = std::stoull(status.substr(at + blocked.size()), nullptr, 16);
  return ((signals >> (SIGTERM - 1)) & 1U) != 0;
}

void RunningCommand::send(int signal) const {
  ::kill(process_, signal);
}

std::string RunningCommand::err() const {
  return directory_.text("err");
}

Outcome RunningCommand::wait(std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  int status = 0;
  while (::waitpid(process_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("the command hangs");
    ::poll(nullptr, 0, 5);
  }
  process_ = -1;
  Outcome outcome{.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                  .out = directory_.text("out"),
                  .err = directory_.text("err")};
  refuse_words_of_library(outcome.out);
  refuse_words_of_library(outcome.err);
  return outcome;
}

Outcome run_leat(const std::vector<std::string>& arguments, Sinks sinks) {
  return RunningCommand(arguments, sinks).wait();
}

Outcome run_leat_with(const std::vector<std::string>& variables, const std::vector<std::string>& arguments) {
  return RunningCommand(arguments, {}, variables).wait();
}

}  // namespace leat::test
