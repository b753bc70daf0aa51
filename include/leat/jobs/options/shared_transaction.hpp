#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

/// One transaction of a target in which several jobs load, one after the other, each given it as
/// StreamOptions::transaction. Their rows are there when commit() has returned, and none of them before. A
/// job that fails ends the transaction, so whoever runs the jobs begins all of them anew.
///
/// A job in such a transaction has one writer, and a name only with Delivery::whole. Used by one thread at a
/// time.
class LEAT_EXPORT SharedTransaction {
 public:
  /// @param session with the target, in no transaction. It begins one. @throws Error of the session.
  explicit SharedTransaction(std::shared_ptr<Connection> session, const std::stop_token& stop = {});
  SharedTransaction(const SharedTransaction&) = delete;
  SharedTransaction& operator=(const SharedTransaction&) = delete;
  /// Rolls back what is not committed.
  ~SharedTransaction();

  [[nodiscard]] const std::shared_ptr<Connection>& session() const noexcept { return session_; }
  /// Of the next job: tables that jobs make for themselves have it in their names.
  [[nodiscard]] std::size_t take_number() noexcept { return number_++; }

  /// COMMIT. Where its answer is lost, the server is asked what became of it; then a remark that says so is
  /// returned. @throws Error: in_doubt() only where the server could not tell. @throws Stopped: nothing was
  /// committed.
  std::optional<std::string> commit(const std::stop_token& stop = {});

 private:
  std::shared_ptr<Connection> session_;
  std::string server_run_;
  std::size_t number_ = 0;
};

}  // namespace leat
