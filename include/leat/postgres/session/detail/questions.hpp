#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::postgres_detail {

/// Questions to one server that need no answer of each other, so that they are asked together. Used by one
/// thread.
class LEAT_EXPORT Questions {
 public:
  using Take = std::function<void(Result)>;

  /// `take` is called by ask(); what it refers to must live until then. Without one the answer does not
  /// matter.
  void add(std::string sql, std::vector<Parameter> parameters = {}, Take take = {}) {
    statements_.push_back({.sql = std::move(sql), .parameters = std::move(parameters)});
    takes_.push_back(std::move(take));
  }
  [[nodiscard]] bool empty() const { return statements_.empty(); }

  /// Asks what was added, in that order, and gives each answer to its `take`. Then there are none.
  /// @throws what Connection::execute_all() does; answers that came before the error are given, too.
  void ask(Connection& session, const std::stop_token& stop);
  /// The same for what may work or wait for long: each for at most silence_timeout.
  void ask_long(Connection& session, const std::stop_token& stop);

 private:
  void ask_within(std::chrono::milliseconds limit, Connection& session, const std::stop_token& stop);

  std::vector<Statement> statements_;
  std::vector<Take> takes_;
};

/// One question of leat's own, which a session that serves many jobs has the server prepare.
[[nodiscard]] LEAT_EXPORT Result ask_one(Connection& session, std::string sql,
                                         std::span<const Parameter> parameters, const std::stop_token& stop);

/// Whether nobody has asked that of the session: what holds as long as it lives is asked once. True always of
/// a session that serves one job.
[[nodiscard]] LEAT_EXPORT bool asks_first(Connection& session, const std::string& what);

}  // namespace leat::postgres_detail
