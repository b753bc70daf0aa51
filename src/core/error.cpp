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
    case ErrorKind::cancelled:
      return "cancelled";
  }
  return "unknown";
}

Error::Error(ErrorKind kind, const std::string& message, ErrorDetails details)
    : std::runtime_error(message),
      kind_(kind),
      details_(std::make_shared<const ErrorDetails>(std::move(details))) {}

bool Error::retryable() const noexcept {
  return !in_doubt() && is_transient_sqlstate(sqlstate());
}

Error Error::at(std::string where) const {
  if (!details_->where.empty()) return *this;
  ErrorDetails details = *details_;
  details.where = std::move(where);
  return Error(kind_, what(), std::move(details));
}

Error Error::within(std::string outer) const {
  ErrorDetails details = *details_;
  details.where = details.where.empty() ? std::move(outer) : std::move(outer) + ", " + details.where;
  return Error(kind_, what(), std::move(details));
}

bool is_transient_sqlstate(std::string_view sqlstate) noexcept {
  return sqlstate.starts_with("08") || sqlstate.starts_with("53") || sqlstate.starts_with("57P0") ||
         sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "55P03";
}

}  // namespace leat
