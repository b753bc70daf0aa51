#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace leat {

/// One value of a rejected row.
struct RejectedValue {
  std::string column;                 ///< name of the target's column
  std::optional<std::string> text{};  ///< as the type prints it; nullopt is NULL
  bool is_hex = false;  ///< no server accepts the value as that type: `text` holds its bytes, "\x…"
};

/// A row that the target refused, and the reason.
struct RejectedRow {
  /// The row's position among the rows that were read, counted from 1. Not known with a row hook or several
  /// readers.
  std::optional<std::uint64_t> row{};
  std::chrono::system_clock::time_point when{};
  std::string sqlstate{};
  std::string message{};
  std::string detail{};
  std::string constraint{};  ///< if the server names one
  std::string column{};      ///< if the server names one
  std::string key{};         ///< "(id, line)=(7, 1)": the target's primary key, if all its columns are sent
  std::vector<RejectedValue> values{};
};

/// Receives a rejected row. If the job has a name, the call comes when the row's slice is committed. Never
/// called by two threads at the same time. An exception from it ends the job.
using RejectCallback = std::function<void(const RejectedRow&)>;

/// Where rejected rows go: to every destination that is set. docs/rejects.md describes the formats.
struct Rejects {
  /// A CSV file: `"rejected.csv"`. It must be missing or empty. The rejected rows are on disk before the
  /// other rows are committed. A job with a name writes the file at the end of each attempt, with the
  /// rejected rows of all its finished slices; the file may then already hold rows that an earlier attempt of
  /// the job wrote.
  std::string file{};
  /// A table of the target, named as in SQL: `public.orders_rejected`. It is created if it is missing.
  /// Rejected rows are inserted in the transaction of the load. If the job has a name, they are inserted when
  /// the other rows of their slice get into the target.
  std::string table{};
  /// Called for every rejected row.
  RejectCallback callback{};

  [[nodiscard]] bool empty() const { return file.empty() && table.empty() && !callback; }
};

}  // namespace leat
