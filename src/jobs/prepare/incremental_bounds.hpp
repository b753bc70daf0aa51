#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "leat/data/schema.hpp"

namespace leat::jobs_detail {

/// What can be done with a column's values.
enum class WatermarkKind {
  whole,  ///< smallint, integer, bigint
  numeric,
  time,  ///< timestamp, timestamptz
  date,
  text,
  uuid,
};

/// A type by which rows may be new.
struct WatermarkType {
  std::string sql{};  ///< without a modifier
  WatermarkKind kind = WatermarkKind::text;
  std::string least{};  ///< the smallest value, of whole numbers
};

/// nullopt for a type that cannot be one. `type` is the one under all domains.
[[nodiscard]] std::optional<WatermarkType> watermark_type(Oid type);

/// Which rows an incremental load reads: values are text, as the source prints them.
struct IncrementalBounds {
  std::string name{};    ///< of the watermark
  std::string column{};  ///< of the source
  std::string type{};    ///< as SQL
  bool is_text = false;  ///< compared by bytes
  bool is_backfill = false;
  std::optional<std::string> after{};     ///< rows that are greater
  std::optional<std::string> from{};      ///< rows that are not smaller
  std::optional<std::string> before{};    ///< rows that are smaller
  std::optional<std::string> upto{};      ///< rows that are not greater; that is where the watermark goes
  std::optional<std::int64_t> since{};    ///< rows of this and later transactions, whatever their values are
  std::optional<std::int64_t> horizon{};  ///< the number for the next load
  std::string source{};                   ///< the database in which those numbers mean something
  std::optional<std::string> was{};       ///< where the watermark was
  std::int64_t rows = 0;                  ///< that loads had brought then
  std::int64_t version = 0;               ///< of the watermark that was read, 0 for none

  friend bool operator==(const IncrementalBounds&, const IncrementalBounds&) = default;

  /// The condition over the source's rows. "false" where there is none that is new.
  [[nodiscard]] std::string condition() const;
  /// The column as SQL that orders its values.
  [[nodiscard]] std::string ordered_column() const;
  /// A value as SQL.
  [[nodiscard]] std::string literal(const std::string& value) const;
  /// "changed_at above … up to …", for people.
  [[nodiscard]] std::string display() const;
};

/// Both conditions, of which the user's may be empty.
[[nodiscard]] std::string with_bounds(const std::string& where, const IncrementalBounds& bounds);

/// The rows of a query that are new; all of them without bounds.
[[nodiscard]] std::string new_rows_of(const std::string& query,
                                      const std::optional<IncrementalBounds>& bounds);

/// As JSON, which the plan of a job keeps.
[[nodiscard]] std::string to_json(const IncrementalBounds& bounds);
/// Of to_json().
[[nodiscard]] IncrementalBounds parse_bounds(const std::string& json);
/// Those that the definition of a slice has; nullopt for none.
[[nodiscard]] std::optional<IncrementalBounds> bounds_of_definition(const std::string& definition);

}  // namespace leat::jobs_detail
