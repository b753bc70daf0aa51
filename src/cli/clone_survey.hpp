#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/clone_options.hpp"
#include "leat/data/store/finding.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat::cli {

/// A table of an extension, of which a dump has the rows that the extension's condition chooses.
struct ConfigTable {
  TableName name;
  std::string columns;    ///< as SQL: quoted, with commas between them; empty for none
  std::string condition;  ///< "WHERE …" or nothing
};

/// What the source has, in the snapshot that all is read in.
struct CloneSource {
  std::string identity;  ///< of the database: the same one tells the same
  std::vector<TableName> tables;
  std::vector<TableName> rowless;  ///< of those, the ones that have no column with a value of its own
  std::vector<ConfigTable> config;
  std::vector<TableName> sequences;
  std::uint64_t large_objects = 0;
  std::string lock_timeout;              ///< of this session, in milliseconds; "0": none
  std::vector<std::string> roles;        ///< that the definitions name
  std::vector<std::string> tablespaces;  ///< the same
  std::string encoding;
  std::string locale;
  std::vector<std::string> left_out;  ///< sentences: what a dump of a database does not have
};

/// Begins the transaction in which the whole source is read, and holds its tables. Returns the snapshot.
[[nodiscard]] std::string hold_source(Connection& source, const std::stop_token& stop);

/// Looks at the source in that transaction.
[[nodiscard]] CloneSource survey_clone_source(Connection& source, const CloneOptions& options,
                                              const std::stop_token& stop);

/// What the target lacks for these definitions.
[[nodiscard]] std::vector<Finding> target_findings(Connection& target, const Connection& source,
                                                   const CloneSource& found, const std::stop_token& stop);

/// How many things a complete clone has, counted as those of the source are.
struct CloneCounts {
  std::size_t tables = 0;
  std::size_t sequences = 0;
  std::uint64_t large_objects = 0;
};
[[nodiscard]] CloneCounts counts_of_target(Connection& target, const std::stop_token& stop);

/// The first things that stand in a target, besides leat's own and those of its template: names for people.
[[nodiscard]] std::vector<std::string> objects_of_target(Connection& target, const std::stop_token& stop);

}  // namespace leat::cli
