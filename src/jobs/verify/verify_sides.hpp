#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/verify/content_hash.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// One side of a comparison. Used by one thread at a time.
struct VerifySide {
  std::shared_ptr<Connection> session{};  ///< in the transaction that has the snapshot
  std::string from{};                     ///< what follows FROM, without a condition
  std::string where{};                    ///< the user's own condition; empty for none
  std::string row_hash{};                 ///< SQL of an int8
  std::string key_hash{};                 ///< the same over the key's columns; row_hash where there is no key
  std::vector<std::string> key{};         ///< SQL of what keys are ordered by
  bool key_has_nulls = false;             ///< may have
  std::vector<std::string> values{};      ///< SQL of each column's text, cut
  std::vector<std::string> hashes{};      ///< SQL of each column's hash

  /// " FROM … WHERE …" with one more condition; empty for none.
  [[nodiscard]] std::string rows(const std::string& condition) const;
};

/// Runs `work` for both sides at the same time, each on a thread of its own, and waits. When one fails the
/// other is stopped. @throws the first failure; Error (cancelled) after a stop request.
void on_both(std::span<VerifySide, 2> sides,
             const std::function<void(std::size_t side, const std::stop_token& stop)>& work,
             const std::stop_token& stop);

}  // namespace leat::jobs_detail
