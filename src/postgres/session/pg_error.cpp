#include "postgres/session/pg_error.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string>

#include "leat/postgres/session/connection_target.hpp"

namespace leat::postgres_detail {
namespace {

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string() : std::string(text);
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return std::string(text);
}

std::size_t number_in(const std::string& text) {
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool is_sqlstate(std::string_view text) {
  return text.size() == 5 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
         });
}

}  // namespace

Error error_from_result(ErrorKind kind, const pg_result* result) {
  ErrorDetails details{.sqlstate = field(result, PG_DIAG_SQLSTATE),
                       .detail = field(result, PG_DIAG_MESSAGE_DETAIL),
                       .hint = field(result, PG_DIAG_MESSAGE_HINT),
                       .context = field(result, PG_DIAG_CONTEXT),
                       .constraint = field(result, PG_DIAG_CONSTRAINT_NAME),
                       .column = field(result, PG_DIAG_COLUMN_NAME),
                       .position = number_in(field(result, PG_DIAG_STATEMENT_POSITION))};
  std::string message = field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (message.empty()) message = trimmed(PQresultErrorMessage(result));
  if (message.empty()) message = "the connection to the server was lost";
  if (details.sqlstate.empty()) {
    details.sqlstate = "08006";
    details.hint = "the server ended the connection without a word: look into its log";
  }
  return Error(kind, message, std::move(details));
}

Error error_from_connect(ErrorKind kind, std::string_view verbose_text) {
  std::string message;
  std::string sqlstate = "08001";
  std::string hint = "check host, port, database and user, and that the server runs and accepts connections";
  while (!verbose_text.empty()) {
    const auto end = verbose_text.find('\n');
    std::string line(verbose_text.substr(0, end));
    verbose_text.remove_prefix(end == std::string_view::npos ? verbose_text.size() : end + 1);
    if (line.starts_with("LOCATION:")) continue;
    // "… FATAL:  28P01: password authentication failed": the code stands between the severity and the text.
    for (auto at = line.find(":  "); at != std::string::npos; at = line.find(":  ", at + 1)) {
      const auto code = std::string_view(line).substr(at + 3, 5);
      if (is_sqlstate(code) && line.substr(at + 8, 2) == ": ") {
        sqlstate = code;
        hint.clear();
        line.erase(at + 1, 8);
        break;
      }
    }
    if (!message.empty()) message += '\n';
    message += line;
  }
  message = trimmed(redact_secrets(message));
  if (message.empty()) message = "cannot connect";
  return Error(kind, message, {.sqlstate = sqlstate, .hint = hint});
}

}  // namespace leat::postgres_detail
