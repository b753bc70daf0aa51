#pragma once

#include "leat/postgres/copy/query_source.hpp"

namespace leat {

/// Reads a query by a server-side cursor. Values are sent beside the SQL, so the server parses the same text
/// each time, and it gives the first rows before it has all. For a pipeline:
///
///     CursorSource orders({.source = shop, .sql = "SELECT id, total FROM orders WHERE id >= :a AND id <
///     :b"}); pipeline_of<std::pair<long, long>>(ranges).from("fetch", {.workers = 2}, orders) …
///
/// A query may have $1, $2, … instead of names.
class CursorSource final : public QuerySource {
 public:
  /// Does not connect yet. @throws Error (config) for an empty query, or one that has both $1 and :name.
  explicit CursorSource(QuerySourceOptions options) : QuerySource(std::move(options), false) {}
};

}  // namespace leat
