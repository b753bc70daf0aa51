// COPY through libpq, with the statements that stand beside it.
#include "postgres/copy/libpq_copy.hpp"

namespace leat::postgres_detail {
namespace {

/// Keeps the rows of a statement that is no COPY.
void keep_beside(const Result& result, std::vector<BesideRow>& beside) {
  for (std::size_t i = 0; i < result.rows() && beside.size() < most_beside_rows; ++i) {
    auto& row = beside.emplace_back();
    for (std::size_t j = 0; j < result.columns(); ++j) {
      row.emplace_back(result.is_null(i, j) ? std::nullopt : std::optional(std::string(result.text(i, j))));
    }
  }
}

bool is_of_statement(const Result& result) {
  const auto status = PQresultStatus(SessionAccess::handle(result));
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

}  // namespace

std::string join(std::string_view before, std::string_view sql, std::string_view after) {
  std::string all(before);
  for (const auto part : {sql, after}) {
    if (!all.empty() && !part.empty()) all += "; ";
    all += part;
  }
  return all;
}

void start_copy(Connection::Impl& session, const std::string& sql, int expected,
                std::vector<BesideRow>& beside, const std::stop_token& stop) {
  const auto deadline = session.silence_deadline();
  session.send(session.with_settings(sql), {}, ResultFormat::text, deadline, stop);
  Result result = session.next_result(deadline, stop);
  while (result && is_of_statement(result)) {
    keep_beside(result, beside);
    result = session.next_result(deadline, stop);
  }
  if (!result || PQresultStatus(SessionAccess::handle(result)) != expected) {
    session.abort();
    throw Error(ErrorKind::config, "the statement is no COPY in the expected direction");
  }
}

Result finish_copy(Connection::Impl& session, std::vector<BesideRow>& beside, const std::stop_token& stop) {
  const auto deadline = session.silence_deadline();
  Result copy;
  while (Result result = session.next_result(deadline, stop)) {
    if (!copy) {
      copy = std::move(result);
    } else {
      keep_beside(result, beside);
    }
  }
  return copy;
}

}  // namespace leat::postgres_detail
