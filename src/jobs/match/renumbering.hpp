#pragma once

#include <cstddef>
#include <vector>

#include "leat/data/row_batch.hpp"
#include "leat/postgres/catalog/type_info.hpp"

namespace leat::jobs_detail {

/// Replaces the numbers of types that stand inside the values of arrays, composites and what holds them by
/// those of another database, in place. Needed since the server that reads such a value compares them.
/// Source of the formats: PostgreSQL, src/backend/utils/adt, array_send, record_send, range_send,
/// multirange_send.
class Renumbering {
 public:
  /// Column `position`, which comes after those that were added, goes from the source's type to the target's,
  /// which hold the same bytes otherwise.
  void add(std::size_t position, const TypeInfo& source, const TypeInfo& target);

  [[nodiscard]] bool empty() const noexcept { return columns_.empty(); }

  /// @throws Error (transform) for a value that does not have the form of its type.
  void apply(RowBatch& batch) const;

 private:
  /// What to do with the values of one type.
  struct Step {
    TypeKind kind = TypeKind::base;
    std::vector<Oid> numbers{};  // the target's, of each part
    std::vector<Step> parts{};   // a step of kind base has nothing to replace inside
  };
  struct Column {
    std::size_t position;
    Step step;
  };
  class Value;

  static Step step_for(const TypeInfo& source, const TypeInfo& target);

  std::vector<Column> columns_;  // by position
};

}  // namespace leat::jobs_detail
