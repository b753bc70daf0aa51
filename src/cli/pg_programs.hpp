#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/error.hpp"
#include "leat/core/log.hpp"
#include "leat/postgres/session/connection_factory.hpp"

namespace leat::cli {

/// Where a program of PostgreSQL connects: without a password on its command line.
struct ProgramConnection {
  std::string conninfo{};
  std::string password{};
  std::string connect_timeout{};  ///< in seconds, where neither the connection nor the environment says one
};

/// The same server and database that a session is connected to. `connect_timeout`: what replaces the
/// connection's own; libpq counts it in seconds, two at least.
/// @throws Error (config) for a secret that cannot be handed to another program.
[[nodiscard]] ProgramConnection program_connection(const ResolvedConnection& where, Connection& session,
                                                   std::optional<std::chrono::milliseconds> connect_timeout,
                                                   const std::stop_token& stop);

/// pg_dump and pg_restore as they are installed. Used by the main thread.
class PgPrograms {
 public:
  /// `directory`: where both are; empty: they are looked for in PATH.
  /// @throws Error (config) if there is none, or if pg_dump is older than the source's server
  /// (`server_version` as Connection has it), or pg_restore older than pg_dump.
  PgPrograms(const std::string& directory, int server_version, Logger log, const std::stop_token& stop);

  /// Runs pg_dump. What it writes on standard error goes to the log.
  /// @throws Error (source) with its words if it fails, (cancelled) after a stop.
  void dump(const ProgramConnection& source, std::vector<std::string> words,
            const std::stop_token& stop) const;
  /// Runs pg_restore on an archive and into a database. @throws Error (target) with its words if it fails.
  void restore(const ProgramConnection& target, std::vector<std::string> words, const std::string& archive,
               const std::stop_token& stop) const;
  /// Runs pg_restore without a database. Returns what it prints.
  [[nodiscard]] std::string read(std::vector<std::string> words, const std::string& archive,
                                 const std::stop_token& stop) const;
  [[nodiscard]] int major() const { return major_; }

 private:
  [[nodiscard]] std::string run(ErrorKind side, const std::string& path, std::vector<std::string> words,
                                const ProgramConnection* where, const std::stop_token& stop) const;

  std::string dump_;
  std::string restore_;
  int major_ = 0;  // of pg_dump
  Logger log_;
};

/// The name of the sessions of these programs.
inline constexpr const char* program_sessions = "leat clone: ";

}  // namespace leat::cli
