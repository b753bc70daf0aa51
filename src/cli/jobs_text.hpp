#pragma once

#include <string>
#include <vector>

#include "leat/jobs/job_registry.hpp"

// Jobs with names, for people.
namespace leat::cli {

/// What it is doing and how far it is, on a line of its own.
[[nodiscard]] std::string job_line(const KnownJob& job);
/// All of them, a line each.
[[nodiscard]] std::string job_list(const std::vector<KnownJob>& jobs);
/// All that is known of one.
[[nodiscard]] std::string job_text(const KnownJob& job);

}  // namespace leat::cli
