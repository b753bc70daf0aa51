#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"

namespace leat {

/// How an incremental load finds rows that were committed after others with larger values.
enum class IncrementalBound {
  column,    ///< by the column: what lies above the watermark, or less than `lag` below it
  snapshot,  ///< also by the transactions that had not ended when the load before was read: all rows that
             ///< were written since are read, whatever the column has. Of tables, not of queries
};

/// "column" or "snapshot".
[[nodiscard]] LEAT_EXPORT std::string_view to_string(IncrementalBound bound);

/// Values from `from` to before `to`, as the column's type is written. One of them may be empty: no bound.
struct BackfillRange {
  std::string from{};
  std::string to{};
};

/// A load that reads what is new since the one before. How far it has come, the watermark, is a row in the
/// target's leat_meta.watermarks that is committed in the transaction of its rows. docs/incremental.md says
/// what is promised, and what no watermark can do.
///
/// It goes with the modes upsert, insert_missing and delete_insert, and with append where no row can come
/// twice: without `lag`, IncrementalBound::snapshot and `backfill`.
struct IncrementalOptions {
  // Behaviour

  /// Which watermark: 1 to 200 characters. Loads of the same name go on where the last one of them ended, so
  /// two loads need two names. Empty: the name of the target's table.
  std::string name{};
  /// The column by which rows are new: of the table that is read, or of the query's result. It grows with
  /// each change that is to be found, and is never NULL. Of the types smallint, integer, bigint, numeric,
  /// date, timestamp, timestamptz, text, varchar (both compared by bytes) and uuid, or domains over them.
  std::string column{};
  /// So far below the watermark a load begins: `"15 minutes"`, as SQL writes intervals, for times and dates;
  /// `"1000"` for numbers. Rows that were committed so much later than their value says are found; the rows
  /// between are read again. Empty: it begins right above the watermark.
  std::string lag{};
  /// Where the first load begins, with this value. Empty: it reads everything.
  std::string initial{};
  IncrementalBound bound = IncrementalBound::column;
  /// Reads this range instead of what is new, and leaves the watermark where it is.
  std::optional<BackfillRange> backfill{};
};

}  // namespace leat
