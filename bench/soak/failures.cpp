// The rounds whose loads do not arrive, or not at once.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <string>

#include "leat/transform/transform.hpp"
#include "rounds.hpp"

namespace leat::soak {
namespace {

using namespace std::chrono_literals;

/// A port of 127.0.0.1 at which nobody listens, and nobody else can.
class ClosedPort {
 public:
  ClosedPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (socket_ < 0 || ::bind(socket_, generic, size) != 0 || ::getsockname(socket_, generic, &size) != 0) {
      throw std::runtime_error("no port is free");
    }
    number_ = ntohs(address.sin_port);
  }
  ClosedPort(const ClosedPort&) = delete;
  ClosedPort& operator=(const ClosedPort&) = delete;
  ~ClosedPort() { ::close(socket_); }

  [[nodiscard]] int number() const { return number_; }

 private:
  int socket_;
  int number_ = 0;
};

class HookFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace

Tally Rounds::too_many_rejects() {
  servers_.dst("TRUNCATE public.spotty");
  auto options = copy("public.spotty");
  options.stream.max_rejects = 3;
  options.stream.rejects.callback = [](const RejectedRow&) {};
  try {
    static_cast<void>(CopyTable(options).run());
  } catch (const Error& error) {
    if (error.sqlstate() != "23514") throw;
    wait_for_sessions();
    servers_.require_same("(SELECT * FROM public.spotty LIMIT 0)", "public.spotty");
    return {.failures = 1, .injected = 1};
  }
  throw Broken("more rows were rejected than allowed");
}

Tally Rounds::throwing_hook() {
  put_old_rows();
  auto options = copy("public.events");
  options.transform_workers = 1 + one_of(2);
  options.transform = [](const Schema& columns) {
    return [id = columns.field<std::int32_t>("id")](const RowView& row, RowBuilder& out) {
      if (row.get(id) == 77777) throw HookFailure("77777");
      out.copy_row(row);
    };
  };
  const std::string before = servers_.content("public.events");
  try {
    static_cast<void>(CopyTable(options).run());
  } catch (const HookFailure&) {
    wait_for_sessions();
    const std::string after = servers_.content("public.events");
    if (after != before) throw Broken("after a hook that threw the target has " + after);
    return {.failures = 1, .injected = 1};
  }
  throw Broken("the load goes on though its hook has thrown");
}

Tally Rounds::stopped() {
  put_old_rows();
  auto options = copy("public.events");
  options.table.map = {{"v", "public.slow(v, id)"}};
  options.readers = 1 + one_of(2);
  if (maybe()) options.transform = [](const RowView& row, RowBuilder& out) { out.copy_row(row); };
  std::stop_source stop;
  options.stream.progress_interval = 10ms;
  options.stream.on_progress = [&stop](const Progress& progress) {
    if (progress.rows > 0) stop.request_stop();
  };
  Tally tally = run_or_fail(options, ErrorKind::cancelled, stop.get_token());
  tally.injected = 1;
  return tally;
}

Tally Rounds::stopped_job() {
  servers_.dst("TRUNCATE public.events");
  auto options = slow_job();
  std::stop_source stop;
  options.stream.progress_interval = 10ms;
  options.stream.on_progress = [&stop](const Progress& progress) {
    if (progress.slices && progress.slices->done > 0) stop.request_stop();
  };
  Tally tally{.injected = 1};
  try {
    static_cast<void>(CopyTable(options).run(stop.get_token()));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::cancelled) throw;
    tally.failures = 1;
  }
  wait_for_sessions();
  if (tally.failures == 1 && maybe()) {
    forget(options);
    return tally;
  }
  options.stream.on_progress = {};
  tally += deliver(options);
  tally.resumed = tally.failures;
  return tally;
}

Tally Rounds::ended_job(Side side) {
  servers_.dst("TRUNCATE public.events");
  const auto options = slow_job();
  Saboteur saboteur(servers_,
                    {.side = side,
                     .only_copying = false,
                     .most = 1 + static_cast<int>(one_of(3)),
                     .moves_source = side == Side::source && maybe()},
                    random_());
  const JobReport report = CopyTable(options).run();
  const int ended = saboteur.finish();
  servers_.require_same("public.events", "public.events");
  forget(options);
  return {.copies = 1,
          .rows = report.rows_written,
          .injected = static_cast<std::uint64_t>(ended),
          .resumed = ended > 0 ? 1U : 0U};
}

Tally Rounds::ended_plain(Side side) {
  put_old_rows();
  auto options = copy("public.events");
  options.table.map = {{"v", "public.slow(v, id)"}};
  options.readers = 1 + one_of(2);
  if (maybe()) options.mode = WriteMode::upsert;
  if (side == Side::source && maybe()) {
    options.mode = WriteMode::append;
    options.writers = 2;
    servers_.dst("TRUNCATE public.events");
  }
  const ErrorKind kind = side == Side::source ? ErrorKind::source : ErrorKind::target;
  return run_or_fail(options, kind, {}, Sabotage{.side = side});
}

Tally Rounds::unreachable() {
  const ClosedPort port;
  auto options = maybe() ? copy("public.events") : job("public.events");
  if (options.delivery.retries) options.delivery.retries = 1;
  const bool is_source = maybe();
  auto& gone = (is_source ? options.source : options.target).target;
  gone.set("host", "127.0.0.1");
  gone.set("port", std::to_string(port.number()));
  try {
    static_cast<void>(CopyTable(options).run());
  } catch (const Error& error) {
    if (error.kind() != (is_source ? ErrorKind::source : ErrorKind::target) || error.sqlstate() != "08001")
      throw;
    if (is_source) forget_if_known(options);
    return {.failures = 1, .injected = 1};
  }
  throw Broken("a load into nowhere succeeded");
}

}  // namespace leat::soak
