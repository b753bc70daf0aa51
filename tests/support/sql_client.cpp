#include "support/sql_client.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace leat::test {
namespace {

using Session = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

Session connect(const std::string& uri) {
  const std::array names{"dbname", "application_name", "connect_timeout", static_cast<const char*>(nullptr)};
  const std::array values{uri.c_str(), sql_client_name, "60", static_cast<const char*>(nullptr)};
  constexpr int dbname_is_a_uri = 1;
  Session session(PQconnectdbParams(names.data(), values.data(), dbname_is_a_uri), &PQfinish);
  if (PQstatus(session.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(session.get()));
  PQsetNoticeProcessor(
      session.get(), [](void*, const char*) {}, nullptr);
  return session;
}

void append_rows(std::string& text, const PGresult* answer) {
  const int columns = PQnfields(answer);
  for (int row = 0; row < PQntuples(answer); ++row) {
    for (int column = 0; column < columns; ++column) {
      if (column > 0) text += '|';
      text += PQgetvalue(answer, row, column);
    }
    text += '\n';
  }
}

std::string run_on(PGconn* session, const std::string& sql) {
  if (PQsendQuery(session, sql.c_str()) == 0) throw std::runtime_error(PQerrorMessage(session));
  std::string text;
  while (const Answer answer{PQgetResult(session), &PQclear}) {
    switch (PQresultStatus(answer.get())) {
      case PGRES_TUPLES_OK:
        append_rows(text, answer.get());
        break;
      case PGRES_COMMAND_OK:
      case PGRES_EMPTY_QUERY:
        break;
      default:
        // A COPY would be answered again and again, since nobody goes on with it.
        throw std::runtime_error(PQresultErrorMessage(answer.get()) + (" in: " + sql));
    }
  }
  return text;
}

/// Whether the server has said anything unasked: it has ended the session.
bool is_silent(const PGconn* session) {
  pollfd socket{PQsocket(session), POLLIN, 0};
  return ::poll(&socket, 1, 0) == 0;
}

/// Settings, roles, locks and temporary tables are gone; false where they cannot go.
bool is_as_new(PGconn* session) {
  const Answer answer{PQexec(session, "DISCARD ALL"), &PQclear};
  return PQresultStatus(answer.get()) == PGRES_COMMAND_OK;
}

}  // namespace

std::string run_sql(const std::string& uri, const std::string& sql) {
  return run_on(connect(uri).get(), sql);
}

void SqlClients::Finish::operator()(pg_conn* session) const {
  PQfinish(session);
}

SqlClients::SqlClients() = default;
SqlClients::~SqlClients() = default;

SqlClients::Session SqlClients::take(const std::string& uri) {
  const std::lock_guard lock(mutex_);
  auto& resting = resting_[uri];
  while (!resting.empty()) {
    Session session = std::move(resting.back());
    resting.pop_back();
    if (is_silent(session.get())) return session;
  }
  return nullptr;
}

void SqlClients::forget() {
  const std::lock_guard lock(mutex_);
  resting_.clear();
}

std::string SqlClients::run(const std::string& uri, const std::string& sql) {
  Session session = take(uri);
  if (!session) session.reset(connect(uri).release());
  std::string text = run_on(session.get(), sql);
  if (!is_as_new(session.get())) return text;
  const std::lock_guard lock(mutex_);
  resting_[uri].push_back(std::move(session));
  return text;
}

}  // namespace leat::test
