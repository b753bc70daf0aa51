// What answers as a server does, up to the COPY, and then does not speak the protocol.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <span>
#include <string>
#include <thread>

#include "leat/postgres/copy/copy_reader.hpp"
#include "leat/postgres/copy/copy_writer.hpp"
#include "leat/postgres/session/connection.hpp"
#include "server.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using namespace leat;

namespace {

std::string message(char type, const std::string& body) {
  const std::uint32_t size = htonl(static_cast<std::uint32_t>(body.size() + 4));
  return type + std::string(reinterpret_cast<const char*>(&size), sizeof size) + body;
}

const std::string ready = message('Z', "I");

/// Takes one session, which it lets connect; it answers the first plain statement by `answer`.
class BrokenServer {
 public:
  explicit BrokenServer(std::string answer) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(socket_, 1) == 0);
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this, answer = std::move(answer)] { serve(answer); });
  }
  BrokenServer(const BrokenServer&) = delete;
  BrokenServer& operator=(const BrokenServer&) = delete;
  ~BrokenServer() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }

  [[nodiscard]] Connection connect() const {
    return Connection::open(
        ConnectionTarget::parse("host=127.0.0.1 user=u dbname=d sslmode=disable gssencmode=disable port=" +
                                std::to_string(port_)),
        {.silence_timeout = 10s, .cancel_timeout = 50ms});
  }

 private:
  void serve(const std::string& answer) const {
    const int session = ::accept(socket_, nullptr, nullptr);
    if (session < 0) return;
    const auto put = [&](const std::string& text) {
      return ::send(session, text.data(), text.size(), MSG_NOSIGNAL) >= 0;
    };
    std::string heard;
    char bytes[65536];
    bool knows_name = false;
    while (true) {
      const auto count = ::recv(session, bytes, sizeof bytes, 0);
      if (count <= 0) break;
      heard.append(bytes, static_cast<std::size_t>(count));
      if (!knows_name) {
        knows_name = true;
        heard.clear();
        put(message('R', std::string(4, '\0')) +
            message('S', std::string("server_version\0"
                                     "15.0\0",
                                     20)) +
            ready);
      } else if (heard.front() == 'Q') {
        put(answer);
        heard = "Q";
      } else if (heard.ends_with(std::string("S\0\0\0\4", 5))) {
        // A row of one column that says 7.
        const std::string column = std::string("n\0", 2) + std::string(6, '\0') +
                                   std::string("\0\0\0\x17", 4) + std::string("\0\4\xff\xff\xff\xff\0\0", 8);
        put(message('1', "") + message('2', "") + message('T', std::string("\0\1", 2) + column) +
            message('D', std::string("\0\1\0\0\0\1"
                                     "7",
                                     7)) +
            message('C', std::string("SELECT 1\0", 9)) + ready);
        heard.clear();
      }
    }
    ::close(session);
  }

  int socket_;
  int port_ = 0;
  std::jthread thread_;
};

// Of text, without columns.
const std::string copy_out = message('H', std::string(3, '\0'));
const std::string copy_in = message('G', std::string(3, '\0'));
const std::string endless_row = std::string("d\xff\xff\xff\xff", 5) + std::string(600'000, 'x');
const std::string wide_row = std::string("d\x3f\0\0\0", 5) + std::string(600'000, 'x');

std::shared_ptr<const Schema> one_text() {
  return std::make_shared<const Schema>(std::vector<Column>{{.name = "a", .type = 25}}, RowFormat::text);
}

void check_refused(const Error& error) {
  INFO(error.what());
  CHECK(error.kind() == ErrorKind::source);
  CHECK(error.sqlstate() == "08P01");
}

}  // namespace

TEST_CASE("Broken server: a row that is larger than any server's ends the session", "[postgres]") {
  const BrokenServer server(copy_out + endless_row);
  auto session = server.connect();
  CopyReader reader(session, "COPY t TO STDOUT", one_text());
  check_refused(error_of([&] { static_cast<void>(reader.read()); }));
  CHECK_FALSE(session.is_open());
}

TEST_CASE("Broken server: rows where rows are to be sent end the session", "[postgres]") {
  const BrokenServer server(copy_in + wide_row);
  auto session = server.connect();
  RowBatch batch(one_text());
  batch.append(std::as_bytes(std::span("x\n", 2)));
  check_refused(error_of([&] {
    CopyWriter writer(session, "COPY t FROM STDIN", RowFormat::text);
    writer.write(batch);
    writer.finish();
  }));
  CHECK_FALSE(session.is_open());
}

TEST_CASE("Broken server: rows before the COPY end the session", "[postgres]") {
  const BrokenServer server(wide_row);
  auto session = server.connect();
  check_refused(error_of([&] { const CopyReader reader(session, "COPY t TO STDOUT", one_text()); }));
  CHECK_FALSE(session.is_open());
}

TEST_CASE("Broken server: rows without an end are not taken for all rows", "[postgres]") {
  const std::string row = message('d', "1\n");
  const bool tagged = GENERATE(false, true);
  const std::string end = (tagged ? message('C', std::string("COPY 1\0", 7)) : "") + ready;
  const BrokenServer server(copy_out + row + end);
  auto session = server.connect();
  CopyReader reader(session, "COPY t TO STDOUT", one_text());
  check_refused(error_of([&] {
    while (reader.read()) continue;
  }));
  CHECK_FALSE(session.is_open());
}

TEST_CASE("Broken server: an error behind what is no message tells why the session ended", "[postgres]") {
  const BrokenServer server(copy_out + message('x', "?") +
                            message('E', std::string("C57P01\0Mthe server is going down\0\0", 34)));
  auto session = server.connect();
  CopyReader reader(session, "COPY t TO STDOUT", one_text());
  const Error error = error_of([&] { static_cast<void>(reader.read()); });
  CHECK(std::string(error.what()) == "the server is going down");
  CHECK(error.sqlstate() == "57P01");
  CHECK_FALSE(session.is_open());
}

TEST_CASE("Broken server: bytes that are no message end the session, and are named", "[postgres]") {
  const BrokenServer server(copy_out + "HTTP/1.1 400 Bad Request");
  auto session = server.connect();
  CopyReader reader(session, "COPY t TO STDOUT", one_text());
  const Error error = error_of([&] { static_cast<void>(reader.read()); });
  check_refused(error);
  CHECK(std::string(error.what()) ==
        "the server sent a message of type 'H' among rows; the session was closed");
  CHECK_FALSE(session.is_open());
}
