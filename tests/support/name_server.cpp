#include "support/name_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "support/deadline.hpp"

namespace leat::test {
namespace {

constexpr std::size_t header_size = 12;

bool is_late(const std::string& message) {
  return message[header_size + 1] == 'l';
}

/// The answer to a question (RFC 1035): its header and the question itself, then maybe one address. Empty:
/// none.
std::string answer_to(const std::string& message) {
  std::size_t end = header_size;
  while (end < message.size() && message[end] != 0) end += 1 + static_cast<unsigned char>(message[end]);
  end += 5;  // the end of the name, type and class
  if (end > message.size() || end < header_size + 6) return {};
  constexpr char of_ipv4 = 1;
  constexpr char of_ipv6 = 28;
  const char letter = message[header_size + 1];
  const char type = message[end - 3];
  std::string address;
  char code = 0;
  const bool has_both = letter == 'a' || is_late(message);
  if ((has_both || letter == 'v') && type == of_ipv4) {
    address = std::string("\x7f\0\0\1", 4);
  } else if (has_both && type == of_ipv6) {
    address = std::string(15, '\0') + '\1';
  } else if (letter == 'f') {
    code = 2;
  } else if (letter == 'n') {
    code = 3;
  } else if (!has_both) {
    return {};
  }
  std::string answer = message.substr(0, end);
  answer[2] = static_cast<char>(0x81);
  answer[3] = static_cast<char>(0x80 + code);
  answer[7] = address.empty() ? 0 : 1;
  for (const std::size_t zero : {6U, 8U, 9U, 10U, 11U}) answer[zero] = 0;
  if (!address.empty()) {
    answer += std::string("\xc0\x0c\0", 3) + type + std::string("\0\1\0\0\0\x3c\0", 7) +
              static_cast<char>(address.size()) + address;
  }
  return answer;
}

}  // namespace

NameServer::NameServer(const std::string& address, int port)
    : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_port = htons(static_cast<std::uint16_t>(port));
  socklen_t size = sizeof place;
  if (socket_ < 0 || ::inet_pton(AF_INET, address.c_str(), &place.sin_addr) != 1 ||
      ::bind(socket_, reinterpret_cast<sockaddr*>(&place), size) != 0 ||
      ::getsockname(socket_, reinterpret_cast<sockaddr*>(&place), &size) != 0) {
    const int failure = errno;
    if (socket_ >= 0) ::close(socket_);
    throw std::system_error(failure, std::generic_category(), "a name server on " + address);
  }
  place_ = address + ":" + std::to_string(ntohs(place.sin_port));
  thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
}

NameServer::~NameServer() {
  close();
}

void NameServer::close() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  ::close(socket_);
}

void NameServer::serve(const std::stop_token& stop) {
  struct Answer {
    std::string text;
    sockaddr_in client;
  };
  std::vector<Answer> late;
  const auto send = [this](const Answer& answer) {
    [[maybe_unused]] const auto sent =
        ::sendto(socket_, answer.text.data(), answer.text.size(), MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr*>(&answer.client), sizeof answer.client);
  };
  while (!stop.stop_requested()) {
    pollfd polled{.fd = socket_, .events = POLLIN, .revents = 0};
    if (::poll(&polled, 1, 20) <= 0) {
      for (const Answer& answer : std::exchange(late, {})) send(answer);
      continue;
    }
    std::string message(4096, '\0');
    sockaddr_in client{};
    socklen_t size = sizeof client;
    const auto count = ::recvfrom(socket_, message.data(), message.size(), MSG_DONTWAIT,
                                  reinterpret_cast<sockaddr*>(&client), &size);
    if (count < 0) continue;
    message.resize(static_cast<std::size_t>(count));
    ++asked_;
    const Answer answer{.text = answer_to(message), .client = client};
    if (answer.text.empty()) continue;
    if (is_late(message)) {
      late.push_back(answer);
    } else {
      send(answer);
    }
  }
}

void NameServer::wait_until_asked(std::size_t questions) const {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (asked_ < questions) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("no name was asked for");
    ::poll(nullptr, 0, 5);
  }
}

}  // namespace leat::test
