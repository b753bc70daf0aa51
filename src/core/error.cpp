#include "leat/core/error.hpp"

#include <utility>

namespace leat {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::config:
      return "config";
    case ErrorKind::source:
      return "source";
    case ErrorKind::target:
      return "target";
    case ErrorKind::transform:
      return "transform";
    case ErrorKind::verify:
      return "verify";
    case ErrorKind::expectation:
      return "expectation";
    case ErrorKind::cancelled:
      return "cancelled";
  }
  return "unknown";
}

Error::Error(ErrorKind kind, const std::string& message, ErrorDetails details)
    : std::runtime_error(message),
      kind_(kind),
      details_(std::make_shared<const ErrorDetails>(std::move(details))) {}

const char* Error::what() const noexcept {
  return std::runtime_error::what();
}

bool Error::retryable() const noexcept {
  return !in_doubt() && is_transient_sqlstate(sqlstate());
}

Error Error::at(std::string where) const {
  if (!details_->where.empty()) return *this;
  return with(&ErrorDetails::where, std::move(where));
}

Error Error::within(std::string outer) const {
  if (!details_->where.empty()) outer += ", " + details_->where;
  return with(&ErrorDetails::where, std::move(outer));
}

Error Error::with_kind(ErrorKind kind) const {
  Error changed = *this;
  changed.kind_ = kind;
  return changed;
}

Error Error::with_message(const std::string& message) const {
  Error changed = *this;
  static_cast<std::runtime_error&>(changed) = std::runtime_error(message);
  return changed;
}

Error Error::with_where(std::string where) const {
  return with(&ErrorDetails::where, std::move(where));
}

Error Error::with_sqlstate(std::string sqlstate) const {
  return with(&ErrorDetails::sqlstate, std::move(sqlstate));
}

Error Error::with_detail(std::string detail) const {
  return with(&ErrorDetails::detail, std::move(detail));
}

Error Error::with_hint(std::string hint) const {
  return with(&ErrorDetails::hint, std::move(hint));
}

Error Error::in_sql(std::string sql, std::size_t position) const {
  ErrorDetails details = *details_;
  details.sql = std::move(sql);
  details.position = position;
  return with(std::move(details));
}

Error Error::with_position(std::size_t position) const {
  ErrorDetails details = *details_;
  details.position = position;
  return with(std::move(details));
}

Error Error::with_further_hint(const std::string& hint) const {
  return with_hint(details_->hint.empty() ? hint : details_->hint + "; " + hint);
}

Error Error::with_work(const WorkDone& work) const {
  ErrorDetails details = *details_;
  details.work = work;
  return with(std::move(details));
}

Error Error::with_doubt() const {
  ErrorDetails details = *details_;
  details.in_doubt = true;
  return with(std::move(details));
}

Error Error::without_doubt() const {
  ErrorDetails details = *details_;
  details.in_doubt = false;
  return with(std::move(details));
}

Error Error::with(ErrorDetails details) const {
  Error changed = *this;
  changed.details_ = std::make_shared<const ErrorDetails>(std::move(details));
  return changed;
}

Error Error::with(std::string ErrorDetails::*field, std::string value) const {
  ErrorDetails details = *details_;
  details.*field = std::move(value);
  return with(std::move(details));
}

const char* Stopped::what() const noexcept {
  return "stopped";
}

bool is_transient_sqlstate(std::string_view sqlstate) noexcept {
  return sqlstate.starts_with("08") || sqlstate.starts_with("53") || sqlstate.starts_with("57P0") ||
         sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "55P03";
}

}  // namespace leat
