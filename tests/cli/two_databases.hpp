#pragma once

#include <chrono>
#include <string>

#include "command.hpp"
#include "support/private_server.hpp"
#include "words.hpp"

namespace leat::test {

/// The one server of these tests, with the databases "src" and "dst". It starts with the first call.
[[nodiscard]] PrivateServer& server();

/// Runs SQL in "src" or in "dst". Returns what psql prints.
std::string src(const std::string& sql);
std::string dst(const std::string& sql);

/// Empties both databases, leat's own tables included; then each has what `tables` makes.
void make_anew(const std::string& tables = "");

/// The command of that name from "src" to "dst".
[[nodiscard]] Words command(const std::string& name, const Words& more = {});
/// A command that has "dst" alone.
[[nodiscard]] Words at_target(const Words& words, const Words& more = {});
/// copy-table of t.
[[nodiscard]] Words copy(const Words& more = {});

/// Returns once SQL's answer is `wanted`; fails the test when it does not become that.
void wait_for(const std::string& sql, const std::string& wanted, std::chrono::milliseconds limit = patience);
/// Returns once there are so many sessions of leat's that meet this condition on pg_stat_activity.
void wait_for_sessions(int count, const std::string& condition = "true",
                       std::chrono::milliseconds limit = patience);

}  // namespace leat::test
