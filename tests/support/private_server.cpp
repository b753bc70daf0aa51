#include "support/private_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace leat::test {
namespace {

namespace fs = std::filesystem;

/// PostgreSQL refuses to run as root.
const passwd* server_user() {
  if (::geteuid() != 0) return nullptr;
  const passwd* user = ::getpwnam("postgres");
  return user != nullptr ? user : ::getpwnam("nobody");
}

struct Child {
  std::vector<std::string> command;
  const passwd* user = nullptr;
  int output = -1;           // descriptor for standard output and error
  bool ends_with_us = true;  // killed when the thread that started it dies
};

pid_t spawn(const Child& child) {
  std::vector<char*> arguments;
  for (const auto& word : child.command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t process = ::fork();
  if (process < 0) throw std::runtime_error("fork failed");
  if (process > 0) return process;
  ::dup2(child.output, STDOUT_FILENO);
  ::dup2(child.output, STDERR_FILENO);
  ::setenv("LC_ALL", "C", 1);
  if (child.user != nullptr && (::setgroups(0, nullptr) != 0 || ::setgid(child.user->pw_gid) != 0 ||
                                ::setuid(child.user->pw_uid) != 0 || ::chdir("/") != 0)) {
    ::_exit(126);
  }
  if (child.ends_with_us) ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

std::string read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// Runs a program to its end; returns its exit code and what it printed.
std::pair<int, std::string> run(std::vector<std::string> command, const passwd* user) {
  std::array<int, 2> pipe_ends{};
  if (::pipe2(pipe_ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  const pid_t process = spawn({.command = std::move(command), .user = user, .output = pipe_ends[1]});
  ::close(pipe_ends[1]);
  std::string output;
  std::array<char, 4096> buffer{};
  for (ssize_t count = 0; (count = ::read(pipe_ends[0], buffer.data(), buffer.size())) > 0;) {
    output.append(buffer.data(), static_cast<std::size_t>(count));
  }
  ::close(pipe_ends[0]);
  int status = 0;
  ::waitpid(process, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

std::string program_directory() {
  std::string best;
  int newest = 0;
  const fs::path versions = "/usr/lib/postgresql";
  if (fs::exists(versions)) {
    for (const auto& entry : fs::directory_iterator(versions)) {
      const int version = std::atoi(entry.path().filename().c_str());
      if (version > newest && fs::exists(entry.path() / "bin/initdb")) {
        newest = version;
        best = entry.path() / "bin/";
      }
    }
  }
  return best;  // empty: by PATH
}

int free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(listener);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

}  // namespace

PrivateServer::PrivateServer(PrivateServerOptions options)
    : options_(std::move(options)), programs_(program_directory()) {
  std::string name = fs::temp_directory_path() / "leat-test.XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory: " + name);
  directory_ = name;
  const passwd* user = server_user();
  if (user != nullptr && ::chown(directory_.c_str(), user->pw_uid, user->pw_gid) != 0) {
    throw std::runtime_error("cannot hand " + directory_ + " to " + user->pw_name);
  }
  fs::permissions(directory_, fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
  const auto [code, output] = run({programs_ + "initdb", "-D", data_dir(), "-U", "leat", "-A", "trust",
                                   "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"},
                                  user);
  if (code != 0) throw std::runtime_error("initdb failed: " + output);
  for (int attempt = 1;; ++attempt) {
    port_ = free_port();
    try {
      start();
      return;
    } catch (const std::runtime_error&) {
      if (attempt == 3) throw;
    }
  }
}

PrivateServer::~PrivateServer() {
  stop();
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void PrivateServer::start() {
  Child server{
      .command = {programs_ + "postgres", "-D", data_dir(), "-k", directory_, "-p", std::to_string(port_)},
      .user = server_user()};
  std::vector<std::pair<std::string, std::string>> settings{
      {"listen_addresses", "127.0.0.1"}, {"fsync", "off"}, {"max_connections", "50"}};
  settings.insert(settings.end(), options_.settings.begin(), options_.settings.end());
  for (const auto& [name, value] : settings) {
    server.command.insert(server.command.end(), {"-c", name + "=" + value});
  }
  const std::string log = directory_ + "/log";
  server.output = ::open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
  postmaster_ = spawn(server);
  ::close(server.output);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (run({programs_ + "psql", "-XAtq", uri(), "-c", "SELECT 1"}, nullptr).first != 0) {
    int status = 0;
    const bool ended = ::waitpid(postmaster_, &status, WNOHANG) == postmaster_;
    if (ended) postmaster_ = -1;
    if (ended || std::chrono::steady_clock::now() > deadline) {
      stop();
      throw std::runtime_error("the private PostgreSQL does not start: " + read_file(log));
    }
    ::poll(nullptr, 0, 10);
  }
}

void PrivateServer::stop() {
  if (postmaster_ <= 0) return;
  ::kill(postmaster_, SIGQUIT);
  int status = 0;
  ::waitpid(postmaster_, &status, 0);
  postmaster_ = -1;
}

std::string PrivateServer::uri(std::string_view database) const {
  return "postgresql://leat@/" + std::string(database) + "?host=" + directory_ +
         "&port=" + std::to_string(port_);
}

std::string PrivateServer::tcp_uri(std::string_view database) const {
  return "postgresql://leat@127.0.0.1:" + std::to_string(port_) + "/" + std::string(database);
}

void PrivateServer::create_database(const std::string& name) {
  psql("postgres", "CREATE DATABASE \"" + name + "\"");
}

std::string PrivateServer::psql(const std::string& database, const std::string& sql) {
  auto [code, output] =
      run({programs_ + "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", uri(database), "-c", sql}, nullptr);
  if (code != 0) throw std::runtime_error("psql: " + output + "in: " + sql);
  return output;
}

}  // namespace leat::test
