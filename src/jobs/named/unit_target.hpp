#pragma once

#include <string>

namespace leat::jobs_detail {

// Units that are committed straight into a table say which: its files as files_of_table() has them. They are
// a member of the definition, which its source does not look at.

/// The definition with these files; as it is, if there are none.
[[nodiscard]] std::string with_target(const std::string& definition, const std::string& files);

/// The files of a stored definition; empty if it does not say.
[[nodiscard]] std::string target_of(const std::string& definition);

}  // namespace leat::jobs_detail
