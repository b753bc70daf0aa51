#pragma once

namespace leat::postgres_detail {

// Numbers as Connection::server_version() returns them.

/// From this version on, pg_xact_status() and related functions take the place of txid_status().
inline constexpr int first_version_with_xid8 = 130000;

inline constexpr int first_version_with_multiranges = 140000;

/// From this version on, the text of a "char" beyond ASCII is a backslash and its number.
inline constexpr int first_version_with_char_numbers = 160000;

/// From this version on, an interval may be infinite; before, the bytes of such a one are a finite value.
inline constexpr int first_version_with_infinite_intervals = 170000;

/// From this version on, CREATE INDEX, REINDEX, CLUSTER, ANALYZE and REFRESH run functions with pg_catalog,
/// pg_temp as search_path.
inline constexpr int first_version_with_safe_search_path = 170000;

}  // namespace leat::postgres_detail
