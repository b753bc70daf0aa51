// Fetches over HTTP with coroutines: 32 requests wait at the same time, and one thread serves all of them.
//
//   refill: numbers ──▶ fetch: GET /n, Async<> ──▶ process: parse ──▶ store: add up
//                              │    ▲
//                         a server on 127.0.0.1
//
// The server answers /n with twice n after 5 ms.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <atomic>
#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <thread>

#include "leat/pipeline/async.hpp"
#include "leat/pipeline/etl_pipeline.hpp"

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::use_awaitable;
using asio::ip::tcp;
using leat::Awaitable;
using leat::WorkItem;
using namespace std::chrono_literals;
using Stop = const std::stop_token&;

/// Serves until it is destroyed, on a thread of its own.
class Server {
 public:
  Server() {
    asio::co_spawn(io_, accept(), asio::detached);
    thread_ = std::thread([this] { io_.run(); });
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    io_.stop();
    thread_.join();
  }
  [[nodiscard]] tcp::endpoint endpoint() const { return endpoint_; }

 private:
  Awaitable<void> accept() {
    for (;;) asio::co_spawn(io_, answer(co_await acceptor_.async_accept(use_awaitable)), asio::detached);
  }
  static Awaitable<void> answer(tcp::socket socket) {
    beast::tcp_stream stream(std::move(socket));
    beast::flat_buffer buffer;
    http::request<http::empty_body> request;
    co_await http::async_read(stream, buffer, request, use_awaitable);
    asio::steady_timer work(stream.get_executor(), 5ms);
    co_await work.async_wait(use_awaitable);
    http::response<http::string_body> response(http::status::ok, request.version());
    response.body() = std::to_string(2 * std::stol(std::string(request.target().substr(1))));
    response.prepare_payload();
    co_await http::async_write(stream, response, use_awaitable);
  }

  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  tcp::endpoint endpoint_ = acceptor_.local_endpoint();
  std::thread thread_;
};

class Fetcher final : public leat::ETLPipeline<long, leat::Async<std::string>, long> {
 public:
  Fetcher(tcp::endpoint server, long most)
      : ETLPipeline({.name = "fetcher", .fetch = {.workers = 32}}), server_(server), most_(most) {}

  leat::Refill<long> refill(std::size_t count, Stop) override {
    std::vector<long> numbers;
    while (numbers.size() < count && next_ <= most_) numbers.push_back(next_++);
    return numbers.empty() ? leat::Refill<long>::done() : leat::Refill<long>::items(std::move(numbers));
  }
  Awaitable<std::string> fetch(WorkItem<long>& number, Stop) override {
    beast::tcp_stream stream(co_await asio::this_coro::executor);
    stream.expires_after(10s);
    co_await stream.async_connect(server_, use_awaitable);
    http::request<http::empty_body> request(http::verb::get, "/" + std::to_string(*number), 11);
    request.set(http::field::host, "127.0.0.1");
    co_await http::async_write(stream, request, use_awaitable);
    beast::flat_buffer buffer;
    http::response<http::string_body> response;
    co_await http::async_read(stream, buffer, response, use_awaitable);
    co_return response.body();
  }
  long process(WorkItem<std::string>& body, Stop) override { return std::stol(*body); }
  void store(WorkItem<long>& value, Stop) override { sum_ += *value; }

  [[nodiscard]] long sum() const { return sum_; }

 private:
  const tcp::endpoint server_;
  const long most_;
  long next_ = 1;  // refill's
  std::atomic<long> sum_{0};
};

}  // namespace

int main() try {
  const Server server;
  Fetcher fetcher(server.endpoint(), 500);
  const leat::PipelineReport report = fetcher.run();
  std::cout << report.completed << " answers, " << report.failed << " failed, sum " << fetcher.sum() << ", "
            << report.elapsed / 1ms << " ms\n";
  return report.completed == 500 && fetcher.sum() == 500 * 501 ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << '\n';
  return 1;
}
