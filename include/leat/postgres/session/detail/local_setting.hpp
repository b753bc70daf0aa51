#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::postgres_detail {

/// Sets a parameter for the rest of the session's open transaction, and returns what it was.
LEAT_EXPORT std::string set_local(Connection& connection, std::string_view name, std::string_view value,
                                  const std::stop_token& stop);

/// A parameter that has another value until restore(), or until the session's open transaction ends. After an
/// error nothing is restored: the transaction has failed then, or it goes on behind a savepoint, which
/// restores. Used by one thread; the connection must outlive it.
class LEAT_EXPORT LocalSetting {
 public:
  LocalSetting(Connection& connection, std::string name, std::string_view value, const std::stop_token& stop);
  LocalSetting(const LocalSetting&) = delete;
  LocalSetting& operator=(const LocalSetting&) = delete;
  ~LocalSetting() = default;

  [[nodiscard]] const std::string& before() const { return before_; }
  void restore(const std::stop_token& stop);

 private:
  Connection& connection_;
  const std::string name_;
  const std::string before_;
};

}  // namespace leat::postgres_detail
