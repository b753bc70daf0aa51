#include "leat/postgres/session/connection.hpp"

#include <utility>

#include "postgres/session/nul_bytes.hpp"
#include "postgres/session/session.hpp"

namespace leat {

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::Connection(Connection&&) noexcept = default;

Connection& Connection::operator=(Connection&& other) noexcept {
  if (this != &other) {
    if (impl_) impl_->abort();
    impl_ = std::move(other.impl_);
  }
  return *this;
}

Connection::~Connection() {
  if (impl_) impl_->abort();
}

Connection Connection::open(const ConnectionTarget& target, SessionOptions options, std::stop_token stop) {
  auto impl = std::make_unique<Impl>(target, std::move(options));
  impl->connect(stop);
  return Connection(std::move(impl));
}

Result Connection::execute(const std::string& sql, std::span<const Parameter> parameters,
                           std::stop_token stop) {
  return impl_->run_pinned(sql, parameters, impl_->options.reply_timeout, stop);
}

Result Connection::execute_long(const std::string& sql, std::span<const Parameter> parameters,
                                std::stop_token stop) {
  return impl_->run_pinned(sql, parameters, impl_->options.silence_timeout, stop);
}

void Connection::begin(std::string_view modes, std::stop_token stop) {
  if (is_pooled()) {
    impl_->begin_pinned(modes, impl_->options.reply_timeout, stop);
  } else {
    execute("BEGIN " + std::string(modes), {}, stop);
  }
}

void Connection::commit(std::stop_token stop) {
  if (stop.stop_requested()) throw Stopped();
  Impl& session = *impl_;
  session.require_open();  // where no COMMIT was sent nothing is in doubt
  Result last;
  try {
    session.send("COMMIT", {}, ResultFormat::text, session.silence_deadline(), {});
    last = session.finish_commit(stop);
  } catch (const Error& error) {
    const bool lost =
        !is_open() || error.sqlstate().starts_with("08") || error.sqlstate().starts_with("57P0");
    if (!lost) throw;
    throw error.with_message(std::string(error.what()) + " (during COMMIT)")
        .with_hint("the rows may or may not be there: look at the target before the job is run again")
        .with_doubt();
  }
  if (last.command_tag() != "COMMIT") {
    throw Error(session.options.side, "the server rolled the transaction back instead of committing it",
                {.sqlstate = "25P02"});
  }
}

Result Connection::Impl::finish_commit(const std::stop_token& stop) {
  auto deadline = silence_deadline();
  std::stop_token heeded = stop;
  while (PQisBusy(conn) == 1) {
    try {
      if (wake_up.wait(PQsocket(conn), postgres_detail::Readiness::read, deadline, heeded) ==
          postgres_detail::WaitResult::timeout) {
        abort();
        throw Error(stop.stop_requested() ? ErrorKind::cancelled : options.side,
                    "the server did not answer in time", {.sqlstate = "08006"});
      }
      if (PQconsumeInput(conn) != 1) break;
    } catch (const Stopped&) {
      heeded = {};
      deadline = in(options.cancel_timeout);
    }
  }
  return finish_statement(in(options.reply_timeout), {});
}

void Connection::rollback() noexcept {
  impl_->roll_back();
}

void Connection::Impl::roll_back() noexcept {
  try {
    if (conn == nullptr || PQstatus(conn) != CONNECTION_OK) return;
    if (!begin_sql.empty()) {
      begin_sql.clear();
      return;
    }
    const auto status = transaction_status();
    if (status == PQTRANS_ACTIVE) {
      abort();
    } else if (status == PQTRANS_INTRANS || status == PQTRANS_INERROR) {
      run("ROLLBACK", {}, options.cancel_timeout, {});
    }
  } catch (...) {
    abort();
  }
}

void Connection::abort() noexcept {
  impl_->abort();
}

std::string Connection::quote_literal(std::string_view text) const {
  impl_->require_open();
  postgres_detail::refuse_nul(text, "the literal");
  const std::unique_ptr<char, decltype(&PQfreemem)> quoted(
      PQescapeLiteral(impl_->conn, text.data(), text.size()), &PQfreemem);
  if (!quoted) throw impl_->connection_error();
  return quoted.get();
}

std::optional<Error> Connection::last_words() noexcept {
  Impl& session = *impl_;
  const bool is_idle =
      session.conn != nullptr && !session.wire_active && PQtransactionStatus(session.conn) != PQTRANS_ACTIVE;
  if (is_idle && PQconsumeInput(session.conn) >= 0) static_cast<void>(PQisBusy(session.conn));
  return session.last_words;
}

bool Connection::is_open() const noexcept {
  // After its last words the server takes nothing more, though libpq may not have seen the socket's end yet.
  return impl_->conn != nullptr && PQstatus(impl_->conn) == CONNECTION_OK && !impl_->last_words;
}

bool Connection::in_transaction() const noexcept {
  if (!is_open()) return false;
  const auto status = impl_->transaction_status();
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE;
}

bool Connection::has_failed() const noexcept {
  return is_open() && impl_->transaction_status() == PQTRANS_INERROR;
}

bool Connection::is_idle() const noexcept {
  return is_open() && impl_->transaction_status() == PQTRANS_IDLE;
}

int Connection::server_version() const noexcept {
  return is_open() ? PQserverVersion(impl_->conn) : 0;
}

std::string Connection::endpoint() const {
  const auto text = [](const char* value) { return std::string(value != nullptr ? value : ""); };
  ConnectionTarget where;
  where.set("host", text(PQhost(impl_->conn)));
  where.set("port", text(PQport(impl_->conn)));
  where.set("dbname", text(PQdb(impl_->conn)));
  where.set("user", text(PQuser(impl_->conn)));
  return where.describe();
}

bool Connection::is_pooled() const noexcept {
  return !impl_->local_settings.empty();
}

int Connection::backend_pid() const noexcept {
  return impl_->backend;
}

void Connection::log_to(Logger log) {
  impl_->options.log = std::move(log);
}

const SessionOptions& Connection::options() const noexcept {
  return impl_->options;
}

const ConnectionTarget& Connection::target() const noexcept {
  return impl_->target;
}

pg_conn* postgres_detail::SessionAccess::handle(const Connection& connection) noexcept {
  return connection.impl_->conn;
}

}  // namespace leat
