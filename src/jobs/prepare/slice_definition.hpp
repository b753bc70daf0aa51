#pragma once

#include <string>
#include <string_view>

#include "jobs/prepare/slice.hpp"

namespace leat::jobs_detail {

/// A slice as the ledger's plan has it, as JSON: the table by its oid and the file of its rows, and the
/// range: of places, or of a key with its column, what orders its values, and bounds that keep their bytes;
/// and what an incremental load takes for new.
[[nodiscard]] std::string slice_definition(const SlicedTable& table, const Slice& slice);

/// The slice of `table` that a definition means. @throws Error (source, 55000) where the table is gone, its
/// rows were moved since, or the key is not known or was changed.
[[nodiscard]] Slice parse_slice(const SlicedTable& table, std::string_view definition);

/// A number that grows in the order in which one session would read the slices.
[[nodiscard]] std::uint64_t reading_order(const Slice& slice, std::uint64_t number);

}  // namespace leat::jobs_detail
