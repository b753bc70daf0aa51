#include "support/private_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "support/child_process.hpp"
#include "support/server_template.hpp"
#include "support/sql_client.hpp"

namespace leat::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

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

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '_' || c == '-' || c == '.' || c == '/') {
      result += c;
    } else {
      result += {'%', digits[byte >> 4U], digits[byte & 15U]};
    }
  }
  return result;
}

int signal_of(StopMode mode) {
  switch (mode) {
    case StopMode::smart:
      return SIGTERM;
    case StopMode::fast:
      return SIGINT;
    case StopMode::immediate:
      break;
  }
  return SIGQUIT;
}

/// True when the child has ended, and then it is awaited.
bool has_ended(pid_t process) {
  const pid_t ended = ::waitpid(process, nullptr, WNOHANG);
  return ended == process || (ended < 0 && errno == ECHILD);
}

}  // namespace

PrivateServer::PrivateServer(Options options) : options_(std::move(options)) {
  directory_ = make_server_directory();
  data_ = directory_ / "data";
  try {
    make_data();
    constexpr int tries = 5;
    for (int attempt = 1;; ++attempt) {
      port_ = free_port();
      spawn();
      if (wait_until_ready()) return;
      const std::string log = log_tail();
      // Somebody else may have taken the port since.
      if (attempt == tries || log.find("could not bind") == std::string::npos) {
        throw std::runtime_error("the private server did not start: " + log);
      }
      fs::remove(directory_ / "log");
    }
  } catch (...) {
    stop(StopMode::immediate);
    remove_server_directory(directory_);
    throw;
  }
}

PrivateServer::~PrivateServer() {
  stop(StopMode::immediate);
  remove_server_directory(directory_);
}

const ServerTemplate& PrivateServer::made() const {
  return options_.programs.empty() ? ServerTemplate::instance() : ServerTemplate::of(options_.programs);
}

void PrivateServer::make_data() {
  if (options_.standby_of == nullptr) {
    made().copy_to(data_);
    return;
  }
  static_cast<void>(
      ChildProcess{{made().program("pg_basebackup"), "--pgdata", data_, "--dbname",
                    options_.standby_of->uri(), "--checkpoint", "fast", "--write-recovery-conf", "--no-sync"},
                   directory_ / "log"}
          .run());
}

void PrivateServer::spawn() {
  std::vector<std::string> command{made().program("postgres"), "-D", data_,     "-p",
                                   std::to_string(port_),      "-k", directory_};
  const auto set = [&command](const std::string& name, const std::string& value) {
    command.insert(command.end(), {"-c", name + "=" + value});
  };
  set("listen_addresses", "127.0.0.1");
  set("max_connections", "50");
  set("fsync", "off");
  set("full_page_writes", "off");
  set("shared_buffers", "24MB");
  set("TimeZone", "UTC");
  for (const auto& [name, value] : options_.settings) set(name, value);
  process_ = ChildProcess{command, directory_ / "log"}.spawn();
}

/// The eighth line of postmaster.pid tells, as it tells pg_ctl. False when the server has ended instead.
bool PrivateServer::wait_until_ready() {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (std::chrono::steady_clock::now() < deadline) {
    if (has_ended(process_)) {
      process_ = -1;
      return false;
    }
    std::ifstream file(data_ / "postmaster.pid");
    std::string first;
    std::string line;
    std::getline(file, first);
    for (int number = 2; number <= 8; ++number) std::getline(file, line);
    // A file that a crashed server left behind names another process.
    if (file && first == std::to_string(process_) && line.starts_with("ready")) return true;
    std::this_thread::sleep_for(5ms);
  }
  throw std::runtime_error("the private server is not ready after a minute: " + log_tail());
}

void PrivateServer::start() {
  if (process_ > 0) return;
  spawn();
  if (!wait_until_ready()) throw std::runtime_error("the private server did not start: " + log_tail());
}

void PrivateServer::stop(StopMode mode) {
  if (process_ <= 0) return;
  clients_.forget();
  ::kill(process_, SIGCONT);
  ::kill(process_, signal_of(mode));
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!has_ended(process_)) {
    if (std::chrono::steady_clock::now() > deadline) ::kill(process_, SIGKILL);
    std::this_thread::sleep_for(5ms);
  }
  process_ = -1;
}

void PrivateServer::restart(StopMode mode) {
  stop(mode);
  start();
}

std::string PrivateServer::uri(std::string_view database) const {
  return "postgresql://leat@/" + percent_encoded(database) + "?host=" + percent_encoded(directory_.string()) +
         "&port=" + std::to_string(port_);
}

std::string PrivateServer::tcp_uri(std::string_view database) const {
  return "postgresql://leat@127.0.0.1:" + std::to_string(port_) + "/" + percent_encoded(database);
}

std::string PrivateServer::log_tail() const {
  return tail_of(directory_ / "log");
}

void PrivateServer::create_database(const std::string& name) const {
  std::string quoted;
  for (const char c : name) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  psql("postgres", "CREATE DATABASE \"" + quoted + "\"");
}

std::string PrivateServer::psql(const std::string& database, const std::string& sql) const {
  return clients_.run(uri(database), sql);
}

}  // namespace leat::test
