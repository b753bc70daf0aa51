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
  std::string column;                 ///< of the target
  std::optional<std::string> text{};  ///< as its type prints it; nullopt is NULL
  bool is_hex = false;                ///< no server reads it as that type: the text is its bytes, "\x…"
};

/// A row that the target has refused, and why.
struct RejectedRow {
  /// Its place among the rows that were read, from 1. Not known with a row hook or several readers.
  std::optional<std::uint64_t> row{};
  std::chrono::system_clock::time_point when{};
  std::string sqlstate{};
  std::string message{};
  std::string detail{};
  std::string constraint{};  ///< where the server names one
  std::string column{};      ///< where the server names one
  std::string key{};         ///< "(id, line)=(7, 1)" of the target's primary key, where all of it is sent
  std::vector<RejectedValue> values{};
};

/// Receives a rejected row; of a job with a name when its slice is committed. Never called by two threads at
/// once. What it throws ends the job.
using RejectCallback = std::function<void(const RejectedRow&)>;

/// Where rejected rows go: to each of those that are set. docs/rejects.md tells of the formats.
struct Rejects {
  /// A CSV file that there is not, or that is empty. Rows are in it, on disk, before the others are
  /// committed. A job with a name writes it at the end of an attempt, with the rows of all its slices that
  /// are done, and may find there what an earlier attempt has written.
  std::string file{};
  /// A table of the target, named as in SQL, which is made where it is missing. Rows get into it in the
  /// transaction of the load; those of a job with a name when the others of their slice get into the target.
  std::string table{};
  RejectCallback callback{};

  [[nodiscard]] bool empty() const { return file.empty() && table.empty() && !callback; }
};

}  // namespace leat
