#pragma once

#include <string>

namespace leat::postgres_detail {

/// Of the type `t` (an alias of pg_type): what its values are made of alike, for an array or a multirange,
/// else the type itself.
[[nodiscard]] std::string element_sql(const std::string& t, int server_version);

/// A collation with its schema where `own` is not the type's, else nothing.
[[nodiscard]] std::string collation_sql(const std::string& own, const std::string& of_type);

}  // namespace leat::postgres_detail
