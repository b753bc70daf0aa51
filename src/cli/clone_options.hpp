#pragma once

#include <cstddef>
#include <string>

#include "leat/jobs/options/copy_tables_options.hpp"
#include "leat/postgres/session/connection_factory.hpp"

namespace leat::cli {

/// What "leat clone" is to do.
struct CloneOptions {
  ResolvedConnection source{};
  ResolvedConnection target{};
  std::size_t jobs = 2;  ///< tables that are copied at the same time, and then indexes that are made
  std::string pg_bin{};  ///< the directory of pg_dump and pg_restore; empty: PATH
  bool no_owner = false;
  bool no_privileges = false;
  bool no_tablespaces = false;
  TablesProgressCallback on_progress{};
  StreamOptions stream{};
};

/// The name of the sessions of leat itself.
inline constexpr const char* clone_sessions = "leat clone";

/// A session with one side, as the jobs open theirs.
[[nodiscard]] Connection clone_session(const CloneOptions& options, ErrorKind side,
                                       const std::stop_token& stop);

}  // namespace leat::cli
