#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/postgres/session/session_options.hpp"

namespace leat::postgres_detail {

/// Names and values, as set_config() takes them.
using SessionSettings = std::vector<std::pair<std::string, std::string>>;

/// What influences how values are printed and how long the server waits, as leat wants it. The limits of
/// `options` are settled: settle_limits().
[[nodiscard]] SessionSettings pinned_settings(const SessionOptions& options, int server_version);

/// The same as SET LOCAL statements, for a server session that other clients use between two transactions:
/// these may have left it other values of what leat does not pin, so some more are what the role and the
/// database have. None of the statements takes a snapshot. Valid where the server has taken the settings
/// before. `may_silence`: what may_silence_sql() has said.
[[nodiscard]] std::string local_settings_sql(const SessionSettings& settings, bool may_silence);

/// Whether the role may say that triggers are silent. Where it may not, no other client of its can have.
[[nodiscard]] std::string may_silence_sql(int server_version);

/// True for a statement that is the same in a transaction of its own: one that reads or changes rows, by its
/// first word.
[[nodiscard]] bool may_be_wrapped(std::string_view sql);

}  // namespace leat::postgres_detail
