#include "support/sql_client.hpp"

#include <libpq-fe.h>

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

}  // namespace

std::string run_sql(const std::string& uri, const std::string& sql) {
  const Session session = connect(uri);
  if (PQsendQuery(session.get(), sql.c_str()) == 0) {
    throw std::runtime_error(PQerrorMessage(session.get()));
  }
  std::string text;
  while (const Answer answer{PQgetResult(session.get()), &PQclear}) {
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

}  // namespace leat::test
