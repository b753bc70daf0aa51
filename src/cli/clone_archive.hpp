#pragma once

#include <filesystem>
#include <set>
#include <stop_token>
#include <string>

#include "cli/clone_options.hpp"
#include "cli/pg_programs.hpp"

namespace leat::cli {

/// What pg_dump says of the source in one snapshot, in a directory that only this user reads and that goes
/// with this object. Used by the main thread.
class CloneArchive {
 public:
  /// All outlive it. @throws Error (config) if there is no place for the directory.
  CloneArchive(const CloneOptions& options, const PgPrograms& programs, const ProgramConnection& source,
               const ProgramConnection& target, std::string snapshot);
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
  /// Makes what stands behind the rows, several at a time, but what is there already (see
  /// parts_that_stand()). `roles`: those of the source.
  void restore_rest(const std::set<std::string>& there, const std::set<std::string>& roles,
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
  std::filesystem::path directory_;
};

/// Of pg_restore's list of an archive the lines of large objects. A pure function.
[[nodiscard]] std::string large_object_lines(const std::string& list);

/// The list without what is there already. A pure function.
[[nodiscard]] std::string lines_left(const std::string& list, const std::set<std::string>& there,
                                     const std::set<std::string>& roles);

/// Takes away what is quickly made again, and returns the other things behind the rows that an earlier run
/// has made, each as pg_restore lists it, without its owner: "INDEX public orders_by_day".
[[nodiscard]] std::set<std::string> parts_that_stand(Connection& target, const std::stop_token& stop);

}  // namespace leat::cli
