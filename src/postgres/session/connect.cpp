// From a target to a session: limits, names of hosts, libpq's start, leat's settings.
#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <new>
#include <system_error>
#include <utility>
#include <vector>

#include "postgres/session/host_list.hpp"
#include "postgres/session/nul_bytes.hpp"
#include "postgres/session/pg_error.hpp"
#include "postgres/session/session.hpp"
#include "postgres/session/session_limits.hpp"
#include "postgres/session/session_settings.hpp"

namespace leat {
namespace {

using postgres_detail::Clock;
using postgres_detail::FoundName;
using postgres_detail::HostList;
using postgres_detail::NameState;
using postgres_detail::Readiness;
using postgres_detail::WaitResult;
using std::chrono::milliseconds;

std::string milliseconds_text(std::chrono::milliseconds value) {
  return std::to_string(value.count());
}

void check_positive(std::chrono::milliseconds value, const char* field) {
  if (value.count() <= 0) {
    throw Error(ErrorKind::config, std::string("SessionOptions.") + field + " must be greater than zero");
  }
}

void validate(const SessionOptions& options) {
  if (options.connect_timeout) check_positive(*options.connect_timeout, "connect_timeout");
  check_positive(options.reply_timeout, "reply_timeout");
  check_positive(options.silence_timeout, "silence_timeout");
  check_positive(options.cancel_timeout, "cancel_timeout");
  if (options.lock_timeout && options.lock_timeout->count() < 0) {
    throw Error(ErrorKind::config, "SessionOptions.lock_timeout is negative");
  }
  if (options.statement_timeout && options.statement_timeout->count() < 0) {
    throw Error(ErrorKind::config, "SessionOptions.statement_timeout is negative");
  }
  if (options.side != ErrorKind::source && options.side != ErrorKind::target) {
    throw Error(ErrorKind::config, "SessionOptions.side must be source or target");
  }
}

void receive_notice(void* session, const PGresult* notice) {
  auto& self = *static_cast<Connection::Impl*>(session);
  ++self.notices;
  // Between two statements libpq takes the server's last words for a notice.
  const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity != nullptr &&
      (std::string_view(severity) == "FATAL" || std::string_view(severity) == "PANIC")) {
    self.last_words = postgres_detail::error_from_result(self.options.side, notice);
  }
  const char* text = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
  self.options.log.debug(std::string(to_string(self.options.side)) +
                         " says: " + (text == nullptr ? "" : text));
}

/// A service file that is a pipe: only the first who reads it gets something.
bool reads_services_once(const ConnectionTarget& target) {
  std::string file(target.get("servicefile"));
  if (const char* named = std::getenv("PGSERVICEFILE"); file.empty() && named != nullptr) file = named;
  std::error_code ignored;
  return std::filesystem::is_fifo(std::filesystem::status(file, ignored));
}

/// True where names of hosts may have to be looked up: those of the target, or of what else libpq reads.
bool may_name_hosts(const ConnectionTarget& target) {
  if (!postgres_detail::looks_up_names() || !target.get("hostaddr").empty()) return false;
  const auto host = target.get("host");
  return host.empty() ? !reads_services_once(target) : !HostList(host, "", "").names().empty();
}

/// What libpq makes of the target, the environment and service files. It never connects.
std::unique_ptr<PGconn, decltype(&PQfinish)> read_parameters(ConnectionTarget target,
                                                             const SessionOptions& options) {
  target.set("password", "none");          // no file of passwords is read
  target.set("sslmode", "not connected");  // which libpq refuses once it has read all
  return {postgres_detail::start_connecting(target, options), &PQfinish};
}

/// A line for each name that nobody has answered.
std::string not_looked_up(const std::vector<FoundName>& found) {
  std::string lines;
  for (const FoundName& one : found) {
    if (one.state != NameState::unanswered) continue;
    lines += (lines.empty() ? "" : "\n") + ("the host name \"" + one.name) +
             "\" could not be looked up: no name server has answered in time";
  }
  return lines;
}

}  // namespace

namespace postgres_detail {

PGconn* start_connecting(const ConnectionTarget& target, const SessionOptions& options) {
  // Defaults stand first: libpq takes the last value of a keyword.
  std::vector<std::pair<std::string, std::string>> parameters{
      {"fallback_application_name", options.application_name},
      {"keepalives_idle", "30"},
      {"keepalives_interval", "10"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "60000"},
  };
  parameters.insert(parameters.end(), target.parameters().begin(), target.parameters().end());
  parameters.emplace_back("client_encoding", "UTF8");
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : parameters) {
    refuse_nul(value, "the connection's " + keyword);
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  return PQconnectStartParams(keywords.data(), values.data(), 0);
}

}  // namespace postgres_detail

std::vector<FoundName> Connection::Impl::look_up_hosts(ConnectionTarget& where, Clock::time_point start,
                                                       const std::stop_token& stop) {
  const auto known = read_parameters(where, options);
  if (!known) throw std::bad_alloc();
  const auto value = [&](const char* keyword) { return postgres_detail::parameter_of(known.get(), keyword); };
  const HostList hosts(value("host"), value("hostaddr"), value("port"));
  if (hosts.names().empty()) return {};
  postgres_detail::settle_limits(options, known.get());
  const milliseconds limit = options.connect_timeout.value();
  // Where others can be connected with, a name that nobody answers must leave them time. Usually a second
  // name server is asked after five seconds, half of the usual limit.
  const auto rest = start + limit * 2 / 3;
  auto found = postgres_detail::look_up_names(
      hosts.names(), {.deadline = hosts.has_others() ? rest : start + limit, .rest = rest}, wake_up, stop);
  if (!hosts.set_addresses(where, found)) {
    throw Error(
        options.side, not_looked_up(found) + " (connect_timeout is " + milliseconds_text(limit) + " ms)",
        {.sqlstate = "08001",
         .hint = "check the name and the name servers (/etc/resolv.conf), or give the server's address "
                 "(hostaddr)"});
  }
  return found;
}

void Connection::Impl::connect(const std::stop_token& stop) {
  validate(options);
  const auto start = Clock::now();
  ConnectionTarget where = target;
  std::vector<FoundName> found;
  if (may_name_hosts(target)) found = look_up_hosts(where, start, stop);
  conn = postgres_detail::start_connecting(where, options);
  if (conn == nullptr) throw std::bad_alloc();
  PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);  // the only way to learn the SQLSTATE of a refused connection
  PQsetNoticeReceiver(conn, &receive_notice, this);
  postgres_detail::settle_limits(options, conn);  // what was settled before stays
  const milliseconds connect_timeout = options.connect_timeout.value();
  const auto deadline = start + connect_timeout;
  auto status = PQstatus(conn) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (status != PGRES_POLLING_OK) {
    if (status == PGRES_POLLING_FAILED) {
      const std::string message = postgres_detail::with_names(PQerrorMessage(conn), found);
      throw postgres_detail::error_from_connect(options.side, message + not_looked_up(found));
    }
    const auto readiness = status == PGRES_POLLING_READING ? Readiness::read : Readiness::write;
    if (wake_up.wait(PQsocket(conn), readiness, deadline, stop) == WaitResult::timeout) {
      throw Error(
          options.side,
          "the server did not answer within " + milliseconds_text(connect_timeout) +
              " ms while connecting to " + target.describe(),
          {.sqlstate = "08001", .hint = "check host and port, and that a PostgreSQL server listens there"});
    }
    status = PQconnectPoll(conn);
  }
  PQsetErrorVerbosity(conn, PQERRORS_DEFAULT);
  if (PQsetnonblocking(conn, 1) != 0) throw connection_error();
  if (PQserverVersion(conn) < 120000) {
    throw Error(options.side, "the server is older than PostgreSQL 12, the oldest that leat knows",
                {.sqlstate = "0A000"});
  }
  pin_session(stop);
}

void Connection::Impl::pin_session(const std::stop_token& stop) {
  const auto settings = postgres_detail::pinned_settings(options, PQserverVersion(conn));
  // A pooler makes the number of a process up, and its server session is other clients', too: there they
  // hold for this statement alone, which the server knows better than this process could ask before.
  std::vector<Parameter> parameters{std::to_string(PQbackendPID(conn))};
  const std::string is_local = "pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.<>) $1::pg_catalog.int4";
  std::string sql = "SELECT pg_catalog.pg_backend_pid(), " + is_local;
  for (const auto& [name, value] : settings) {
    parameters.emplace_back(name);
    parameters.emplace_back(value);
    sql += ", pg_catalog.set_config($" + std::to_string(parameters.size() - 1) + ", $" +
           std::to_string(parameters.size()) + ", " + is_local + ")";
  }
  const auto result = run(sql, parameters, options.connect_timeout.value(), stop);
  backend = static_cast<int>(result.integer(0, 0));
  if (!result.boolean(0, 1)) return;
  const auto may_silence =
      run(postgres_detail::may_silence_sql(PQserverVersion(conn)), {}, options.connect_timeout.value(), stop);
  local_settings = postgres_detail::local_settings_sql(settings, may_silence.boolean(0, 0));
}

}  // namespace leat
