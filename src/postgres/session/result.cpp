#include "leat/postgres/session/result.hpp"

#include <libpq-fe.h>

#include <charconv>
#include <stdexcept>

namespace leat {

void Result::Clear::operator()(pg_result* result) const noexcept {
  PQclear(result);
}

std::size_t Result::rows() const {
  return static_cast<std::size_t>(PQntuples(result_.get()));
}

std::size_t Result::columns() const {
  return static_cast<std::size_t>(PQnfields(result_.get()));
}

std::string_view Result::text(std::size_t row, std::size_t column) const {
  const int r = static_cast<int>(row);
  const int c = static_cast<int>(column);
  return {PQgetvalue(result_.get(), r, c), static_cast<std::size_t>(PQgetlength(result_.get(), r, c))};
}

bool Result::is_null(std::size_t row, std::size_t column) const {
  return PQgetisnull(result_.get(), static_cast<int>(row), static_cast<int>(column)) == 1;
}

std::int64_t Result::integer(std::size_t row, std::size_t column) const {
  const auto field = text(row, column);
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(field.data(), field.data() + field.size(), number);
  if (failure != std::errc{} || end != field.data() + field.size()) {
    throw std::invalid_argument("\"" + std::string(field) + "\" is not a whole number");
  }
  return number;
}

std::uint64_t Result::affected() const {
  const std::string_view field = PQcmdTuples(result_.get());
  std::uint64_t number = 0;
  std::from_chars(field.data(), field.data() + field.size(), number);
  return number;
}

std::string_view Result::command_tag() const {
  return PQcmdStatus(result_.get());
}

}  // namespace leat
