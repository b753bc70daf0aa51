#pragma once

#include <filesystem>
#include <set>
#include <stop_token>
#include <string>

#include "cli/clone_options.hpp"
#include "cli/clone_parts.hpp"
#include "cli/pg_programs.hpp"

namespace leat::cli {

/// What pg_dump says of the source in one snapshot, in a directory that only this user reads and that goes
/// with this object. Used by the main thread.
class CloneArchive {
 public:
  /// All outlive it. `lock_timeout`: how long pg_dump waits for locks, in milliseconds; "0": without limit.
  /// @throws Error (config) if there is no place for the directory.
  CloneArchive(const CloneOptions& options, const PgPrograms& programs, const ProgramConnection& source,
               const ProgramConnection& target, std::string snapshot, std::string lock_timeout);
  CloneArchive(const CloneArchive&) = delete;
  CloneArchive& operator=(const CloneArchive&) = delete;
  ~CloneArchive();

  /// Reads the definitions.
  void dump_definitions(const std::stop_token& stop);
  /// The text of those that stand before the rows, without what differs each time.
  [[nodiscard]] std::string text(const std::stop_token& stop) const;
  /// Makes them, in one transaction.
  void restore_definitions(const std::stop_token& stop) const;
  /// Copies all large objects, with owners, privileges and comments.
  void copy_large_objects(const std::stop_token& stop) const;
  /// What stands behind the rows.
  [[nodiscard]] CloneParts parts(const std::stop_token& stop) const;
  /// Makes that, `jobs` at a time, but what is there already. `roles`: those of the source.
  void restore_rest(const std::set<std::string>& there, const std::set<std::string>& roles, std::size_t jobs,
                    const std::stop_token& stop) const;

 private:
  [[nodiscard]] std::string file(const char* name) const { return (directory_ / name).string(); }
  [[nodiscard]] std::vector<std::string> restore_words(std::vector<std::string> words) const;
  [[nodiscard]] std::vector<std::string> dump_words(std::vector<std::string> words) const;

  const CloneOptions& options_;
  const PgPrograms& programs_;
  const ProgramConnection& source_;
  const ProgramConnection& target_;
  const std::string snapshot_;
  const std::string lock_timeout_;
  std::filesystem::path directory_;
};

/// Of pg_restore's list of an archive the lines of large objects. A pure function.
[[nodiscard]] std::string large_object_lines(const std::string& list);

/// The list without what is there already. A pure function.
[[nodiscard]] std::string lines_left(const std::string& list, const std::set<std::string>& there,
                                     const std::set<std::string>& roles);

}  // namespace leat::cli
