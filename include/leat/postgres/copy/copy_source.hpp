#pragma once

#include "leat/postgres/copy/query_source.hpp"

namespace leat {

/// Reads a query by COPY, which costs the least of both the server and this process. COPY takes no values
/// beside it, so they are written into the query, as literals of the parameters' types, by the server's
/// quoting. It is used as CursorSource is, but for $1, which it does not take.
class CopySource final : public QuerySource {
 public:
  /// Does not connect yet. @throws Error (config) for an empty query.
  explicit CopySource(QuerySourceOptions options) : QuerySource(std::move(options), true) {}
};

}  // namespace leat
