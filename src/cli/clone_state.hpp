#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat::cli {

/// How far a clone has come.
enum class CloneStep : std::uint8_t {
  begun,        ///< definitions are being made
  definitions,  ///< tables are there, and get their rows
  rows,         ///< the rows of all tables are there
  objects,      ///< and large objects
  all,          ///< and indexes, constraints, triggers and what else belongs behind the rows
};

/// What the target knows of a clone into it.
struct CloneRecord {
  std::string source{};       ///< the database
  std::string choices{};      ///< the options that decide what arrives
  std::string definitions{};  ///< a hash of the source's definitions
  CloneStep step = CloneStep::begun;
  std::vector<TableName> tables{};  ///< whose rows are there
};

/// Keeps that in the target, in leat_meta. Takes the session, which nobody else may use meanwhile; it holds
/// a lock by which no other clone goes on with the same target.
class CloneState {
 public:
  /// Waits a while for those of a process that was killed. @throws Error (target, 55006) if another clone is
  /// at work there.
  CloneState(Connection& target, const std::stop_token& stop);

  [[nodiscard]] std::optional<CloneRecord> read(const std::stop_token& stop);
  void create(const CloneRecord& record, const std::stop_token& stop);
  void reach(CloneStep step, const std::stop_token& stop);
  /// Of the tables in the record those that have no longer as many rows as they got; they are forgotten.
  [[nodiscard]] std::vector<TableName> forget_changed(const CloneRecord& record, const std::stop_token& stop);
  /// Takes the record away, and the schema if the clone has made it.
  void finish(const std::stop_token& stop);

  /// In the transaction that has loaded them.
  static void add_tables(Connection& session, const std::vector<TableName>& tables,
                         const std::stop_token& stop);

 private:
  Connection& target_;
};

}  // namespace leat::cli
