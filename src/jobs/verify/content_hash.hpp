#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <stop_token>
#include <string>

#include "jobs/verify/compared_column.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// How both sides hash a row. Rows of the same content have the same hash on both; others have another one
/// but for some 2^-53 of them. Not across servers of different byte order.
enum class HashMethod {
  by_type,   ///< each value by its type's hash function; the quickest
  by_bytes,  ///< the bytes of the row's binary form, which are the same for every version
  by_utf8,   ///< the same with text in UTF-8, for databases of different encodings
};

/// SQL of a text's bytes in UTF-8; of a database without an encoding its own.
[[nodiscard]] std::string utf8_sql(const std::string& text);

/// A row's 64-bit hash as SQL over the columns of the source's table (0) or the target's (1): an int8, not
/// null.
[[nodiscard]] std::string hash_sql(std::span<const ComparedColumn> columns, std::size_t side,
                                   HashMethod method);

/// Parameters of a session by their names.
using Settings = std::map<std::string, std::string>;

/// What both sessions must have set so that what is printed agrees: the source's own, as the copy had them,
/// and, where `qualify_names`, names of objects with their schema. Empty where nothing is needed.
[[nodiscard]] Settings print_settings(Connection& source, std::span<const ComparedColumn> columns,
                                      bool qualify_names, const std::stop_token& stop);

/// Sets them for the rest of the transaction. Returns what was set before, to be put back by the same call.
Settings apply(Connection& session, const Settings& settings, const std::stop_token& stop);

}  // namespace leat::jobs_detail
