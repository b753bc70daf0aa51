#include "leat/postgres/session/detail/questions.hpp"

#include <exception>
#include <utility>

#include "postgres/session/session.hpp"

namespace leat::postgres_detail {

void Questions::ask(Connection& session, const std::stop_token& stop) {
  ask_within(session.options().reply_timeout, session, stop);
}

void Questions::ask_long(Connection& session, const std::stop_token& stop) {
  ask_within(session.options().silence_timeout, session, stop);
}

void Questions::ask_within(std::chrono::milliseconds limit, Connection& session,
                           const std::stop_token& stop) {
  const auto statements = std::exchange(statements_, {});
  const auto takes = std::exchange(takes_, {});
  if (statements.empty()) return;
  std::vector<Result> answers;
  std::exception_ptr error;
  try {
    SessionAccess::impl(session).ask_all(statements, answers, limit, stop);
  } catch (const Error&) {
    error = std::current_exception();
  }
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (takes[i]) takes[i](std::move(answers[i]));
  }
  if (error) std::rethrow_exception(error);
}

Result ask_one(Connection& session, std::string sql, std::span<const Parameter> parameters,
               const std::stop_token& stop) {
  Result answer;
  Questions question;
  question.add(std::move(sql), {parameters.begin(), parameters.end()},
               [&answer](Result result) { answer = std::move(result); });
  question.ask(session, stop);
  return answer;
}

bool asks_first(Connection& session, const std::string& what) {
  return SessionAccess::impl(session).asks_first(what);
}

}  // namespace leat::postgres_detail
