#pragma once

namespace leat::postgres_detail {

// As Connection::server_version() has them.

/// pg_xact_status() and its kin take the place of txid_status().
inline constexpr int first_version_with_xid8 = 130000;

inline constexpr int first_version_with_multiranges = 140000;

/// CREATE INDEX, REINDEX, CLUSTER, ANALYZE and REFRESH run functions with pg_catalog, pg_temp as search_path.
inline constexpr int first_version_with_safe_search_path = 170000;

}  // namespace leat::postgres_detail
