#pragma once

#include <string>
#include <string_view>

namespace leat::postgres_detail {

/// SQL for a log: in one line, cut where it is long, and with '…' for each text in it, which may be a row's
/// value or a password.
[[nodiscard]] std::string statement_text(std::string_view sql);

}  // namespace leat::postgres_detail
