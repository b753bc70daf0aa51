#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "leat/postgres/copy/beside_copy.hpp"
#include "postgres/session/session.hpp"

namespace leat::postgres_detail {

/// Statements in one text, of which those before and after may be empty.
[[nodiscard]] std::string join(std::string_view before, std::string_view sql, std::string_view after);

/// Starts a COPY through libpq, beside which other statements may stand; the session is then in COPY mode.
/// `expected` is PGRES_COPY_OUT or PGRES_COPY_IN. Adds the rows of statements before the COPY to `beside`.
void start_copy(Connection::Impl& session, const std::string& sql, int expected,
                std::vector<BesideRow>& beside, const std::stop_token& stop);
/// Reads to the end of what was sent, and adds the rows of statements after the COPY to `beside`. Returns the
/// result of the COPY; empty where there was none.
[[nodiscard]] Result finish_copy(Connection::Impl& session, std::vector<BesideRow>& beside,
                                 const std::stop_token& stop);

}  // namespace leat::postgres_detail
